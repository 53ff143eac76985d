//! The embedded TURN server (RFC 8656): for people whose network lets neither UDP nor foreign TCP ports through.
//!
//! It relays to this server's own media workers only, inside the process. No socket is ever opened for anybody: the
//! address a client is given exists on paper, and any peer but an announced address of a worker is refused and counted.

mod address;
mod allocation;
mod client;
mod credentials;
mod framing;
pub(crate) mod fuzz;
mod message;
mod nonce;
mod quota;
mod tcp;
#[cfg(test)]
mod tests;
mod udp;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use signaling::{
    id::{PersonId, SeanceId},
    protocol::media::IceServer,
    ticket::Key,
};

pub(crate) use self::{
    address::{Doors, urls},
    udp::Socket,
};
use self::{credentials::Credentials, nonce::Nonces, quota::Quota};
use crate::{
    clock::Clock,
    figures::{Family, Member},
    media::stream::Streams,
};

/// What relayed addresses begin counting at: the dynamic ports (RFC 6335 §6).
const FIRST_PORT: u16 = 49_152;

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

    /// What one page needs: nothing when there is no relay, otherwise the addresses with fresh credentials. What they
    /// open counts on the person in this séance, on its open link where the person is not known yet.
    pub(crate) fn issue(&self, seance: SeanceId, person: Option<PersonId>, now: Timestamp) -> Vec<IceServer> {
        if self.urls.is_empty() {
            return Vec::new();
        }
        let (username, credential) = self.credentials.issue(seance, person, now);
        vec![IceServer { urls: self.urls.clone(), username, credential }]
    }
}

/// What all clients of the relay share.
#[derive(Debug)]
pub(crate) struct Turn {
    clock: Clock,
    credentials: Credentials,
    nonces: Nonces,
    streams: Streams,
    quota: Quota,
    figures: Counted,
}

/// Since the start.
#[derive(Debug, Default)]
struct Counted {
    peers_refused: AtomicU64,
    clients_refused: AtomicU64,
}

impl Counted {
    fn refused_a_peer(&self) {
        self.peers_refused.fetch_add(1, Ordering::Relaxed);
    }

    fn refused_a_client(&self) {
        self.clients_refused.fetch_add(1, Ordering::Relaxed);
    }
}

impl Turn {
    pub(crate) fn new(key: &Key, clock: Clock, streams: Streams) -> Arc<Self> {
        Arc::new(Self {
            clock,
            credentials: Credentials::new(key),
            nonces: Nonces::new(key),
            streams,
            quota: Quota::default(),
            figures: Counted::default(),
        })
    }

    /// For the operators.
    pub(crate) const FAMILIES: &[Family<Self>] = &[
        Family {
            metric: "preau_relay_allocations",
            kind: "gauge",
            help: "Allocations of the relay now",
            label: "",
            members: &[Member { value: "", read: |turn| turn.quota.total() }],
        },
        Family {
            metric: "preau_relay_refused_total",
            kind: "counter",
            help: "What the relay refused, by what it was",
            label: "what",
            members: &[
                // Not a media worker of this server.
                Member { value: "peer", read: |turn| turn.figures.peers_refused.load(Ordering::Relaxed) },
                // Wrong or expired credentials, and people with too many allocations.
                Member { value: "client", read: |turn| turn.figures.clients_refused.load(Ordering::Relaxed) },
            ],
        },
    ];

    /// An address for an allocation. Nothing listens there. `v6` as asked for; else IPv4 when it is announced.
    fn relayed_address(&self, v6: Option<bool>) -> Option<SocketAddr> {
        let ip = match v6 {
            Some(v6) => self.streams.announced_ip(v6),
            None => self.streams.announced_ip(false).or_else(|| self.streams.announced_ip(true)),
        }?;
        let offset = self.streams.number() % u64::from(u16::MAX - FIRST_PORT);
        Some(SocketAddr::new(ip, FIRST_PORT + u16::try_from(offset).unwrap_or(0)))
    }
}
