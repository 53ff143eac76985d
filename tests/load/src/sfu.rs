//! One SFU as the generator sees it: session descriptions in and out. The media is the generator's own business.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::Result;
use async_trait::async_trait;
use signaling::protocol::stage::Source;

/// What one media section of a publisher's offer carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub mid: String,
    pub source: Source,
}

/// Answers the offers that a server makes to one viewer: the first one, and those of later renegotiations.
pub type Answerer = Box<dyn FnMut(&str) -> Result<String> + Send>;

/// A description with a candidate (`candidate:…`) that came in a message of its own.
#[must_use]
pub fn with_candidate(sdp: &str, candidate: &str) -> String {
    let candidate = candidate.trim_start_matches("a=");
    format!("{}\r\na={candidate}\r\n", sdp.trim_end())
}

/// A server that forwards media, by its own signalling. Used by many tasks at once.
///
/// Publishers come first: viewers are added once every publisher's media connection stands.
#[async_trait]
pub trait Sfu: Send + Sync {
    /// As in `--target`.
    fn name(&self) -> &'static str;

    /// Where the generator's media sockets are bound for this server.
    fn local(&self) -> IpAddr {
        IpAddr::V4(Ipv4Addr::LOCALHOST)
    }

    /// One more publisher, who sees nothing. Gives the server's answer, with its candidates, to `offer`, which has
    /// the generator's credentials and no candidate: the server learns the address from the first check.
    async fn publish(&self, offer: &str, tracks: &[Published]) -> Result<String>;

    /// One more viewer of all that is published by then, who sends nothing. Ends when the server has the first answer.
    async fn subscribe(&self, answerer: Answerer) -> Result<()>;

    /// Everybody leaves.
    async fn close(&self) -> Result<()>;
}
