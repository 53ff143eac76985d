//! The embedded TURN server (RFC 8656): for people whose network lets neither UDP nor foreign TCP ports through.
//!
//! It relays to this server's own media workers only, inside the process. No socket is ever opened for anybody.

#[cfg_attr(not(test), expect(dead_code, reason = "the relay that recognises them lands next"))]
mod credentials;

use jiff::Timestamp;
use signaling::{protocol::media::IceServer, ticket::Key};

use self::credentials::Credentials;

/// The relays that pages are told of.
#[derive(Clone, Debug)]
pub(crate) struct Relays {
    urls: Vec<String>,
    credentials: Credentials,
}

impl Relays {
    /// `urls` are `turn:` and `turns:` addresses (RFC 7065) of this server.
    pub(crate) fn new(key: &Key, urls: Vec<String>) -> Self {
        Self { urls, credentials: Credentials::new(key) }
    }

    /// What one person's page needs: nothing when there is no relay, otherwise the addresses with fresh credentials.
    pub(crate) fn issue(&self, now: Timestamp) -> Vec<IceServer> {
        if self.urls.is_empty() {
            return Vec::new();
        }
        let (username, credential) = self.credentials.issue(now);
        vec![IceServer { urls: self.urls.clone(), username, credential }]
    }
}
