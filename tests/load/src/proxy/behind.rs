//! Viewers of a server behind a bad network: what it offers them leads to the proxy. Publishers reach it straight.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use anyhow::Result;
use async_trait::async_trait;

use crate::sfu::{Answerer, Published, Sfu};

/// A server, seen by its viewers through a [`Proxy`](super::Proxy).
pub struct Behind {
    server: Arc<dyn Sfu>,
    front: SocketAddr,
}

impl Behind {
    /// `front` is that of a proxy before the server's media port.
    #[must_use]
    pub fn new(server: Arc<dyn Sfu>, front: SocketAddr) -> Self {
        Self { server, front }
    }
}

impl std::fmt::Debug for Behind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Behind").field("server", &self.server.name()).field("front", &self.front).finish()
    }
}

/// The description with its UDP candidates at another address.
fn moved(sdp: &str, front: SocketAddr) -> String {
    let mut out = String::with_capacity(sdp.len());
    for line in sdp.lines() {
        let mut words: Vec<&str> = line.split(' ').collect();
        let (ip, port) = (front.ip().to_string(), front.port().to_string());
        if let (true, [_, _, protocol, _, its_ip, its_port, ..]) =
            (line.starts_with("a=candidate:"), words.as_mut_slice())
            && protocol.eq_ignore_ascii_case("udp")
        {
            (*its_ip, *its_port) = (&ip, &port);
        }
        out.push_str(&words.join(" "));
        out.push_str("\r\n");
    }
    out
}

#[async_trait]
impl Sfu for Behind {
    fn name(&self) -> &'static str {
        self.server.name()
    }

    fn local(&self) -> IpAddr {
        self.server.local()
    }

    async fn publish(&self, offer: &str, tracks: &[Published]) -> Result<String> {
        self.server.publish(offer, tracks).await
    }

    async fn subscribe(&self, mut answerer: Answerer) -> Result<()> {
        let front = self.front;
        self.server.subscribe(Box::new(move |offer| answerer(&moved(offer, front)))).await
    }

    async fn close(&self) -> Result<()> {
        self.server.close().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_udp_candidates_move() {
        let sdp = "v=0\r\na=mid:0\r\na=candidate:1 1 udp 9 127.0.0.1 7700 typ host\r\n\
                   a=candidate:2 1 tcp 8 127.0.0.1 7700 typ host tcptype passive\r\na=end-of-candidates\r\n";
        let expected = sdp.replacen("127.0.0.1 7700", "127.0.0.1 9", 1);
        assert_eq!(moved(sdp, "127.0.0.1:9".parse().unwrap()), expected);
    }
}
