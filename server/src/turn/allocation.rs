//! What one client may reach through the relay: media workers of this server, nobody else.

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use rtc_stun::message::TransactionId;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::quota::Share;
use crate::media::stream::{Outgoing, Stream, Streams};

/// How long a permission and a channel last without being renewed (RFC 8656 §9, §12).
const PERMISSION: Duration = Duration::from_secs(300);
const CHANNEL: Duration = Duration::from_secs(600);

/// A relayed transport address, on paper: packets go to the workers inside the process.
#[derive(Debug)]
pub(super) struct Allocation {
    username: String,
    relayed: SocketAddr,
    asked_by: TransactionId,
    expires: Instant,
    /// By address, as many as are announced at most.
    permissions: Vec<(IpAddr, Instant)>,
    /// By transport address, as many as are announced at most.
    peers: Vec<Peer>,
    /// Given back with it.
    _shares: (Share, OwnedSemaphorePermit),
}

#[derive(Debug)]
struct Peer {
    address: SocketAddr,
    stream: Stream,
    channel: Option<(u16, Instant)>,
}

/// Why data goes nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// Not an address of this server's media workers.
    Foreign,
    /// No permission, or none any more.
    Unpermitted,
    /// The worker takes nobody now.
    Busy,
    /// The channel is another peer's, or the peer has another channel.
    Taken,
}

impl Allocation {
    pub(super) fn new(
        username: &str,
        shares: (Share, OwnedSemaphorePermit),
        relayed: SocketAddr,
        asked_by: TransactionId,
        expires: Instant,
    ) -> Self {
        let (permissions, peers) = (Vec::new(), Vec::new());
        let username = username.to_owned();
        Self { username, relayed, asked_by, expires, permissions, peers, _shares: shares }
    }

    pub(super) fn username(&self) -> &str {
        &self.username
    }

    pub(super) const fn relayed(&self) -> SocketAddr {
        self.relayed
    }

    pub(super) const fn asked_by(&self) -> TransactionId {
        self.asked_by
    }

    pub(super) const fn expires(&self) -> Instant {
        self.expires
    }

    pub(super) fn extend(&mut self, expires: Instant) {
        self.expires = expires;
    }

    pub(super) fn streams(&self) -> impl Iterator<Item = u64> {
        self.peers.iter().map(|peer| peer.stream.number())
    }

    /// `ip` is one that a worker announces.
    pub(super) fn permit(&mut self, ip: IpAddr, now: Instant) {
        self.permissions.retain(|(known, _)| *known != ip);
        self.permissions.push((ip, now + PERMISSION));
    }

    fn is_permitted(&self, ip: IpAddr, now: Instant) -> bool {
        self.permissions.iter().any(|(known, until)| *known == ip && *until > now)
    }

    /// The way to a worker, opened when it is first used.
    pub(super) fn stream_to(
        &mut self,
        address: SocketAddr,
        streams: &Streams,
        queue: &mpsc::Sender<Outgoing>,
        now: Instant,
    ) -> Result<&Stream, Denied> {
        if !streams.announces(address) {
            return Err(Denied::Foreign);
        }
        if !self.is_permitted(address.ip(), now) {
            return Err(Denied::Unpermitted);
        }
        self.peer(address, streams, queue).map(|peer| &peer.stream)
    }

    /// Gives the peer a channel, or renews it.
    pub(super) fn bind(
        &mut self,
        channel: u16,
        address: SocketAddr,
        streams: &Streams,
        queue: &mpsc::Sender<Outgoing>,
        now: Instant,
    ) -> Result<(), Denied> {
        let held = |peer: &Peer| peer.channel.filter(|(_, until)| *until > now).map(|(channel, _)| channel);
        let taken = self.peers.iter().any(|peer| held(peer) == Some(channel) && peer.address != address);
        let peer = self.peer(address, streams, queue)?;
        if taken || held(peer).is_some_and(|other| other != channel) {
            return Err(Denied::Taken);
        }
        peer.channel = Some((channel, now + CHANNEL));
        Ok(())
    }

    fn peer(
        &mut self,
        address: SocketAddr,
        streams: &Streams,
        queue: &mpsc::Sender<Outgoing>,
    ) -> Result<&mut Peer, Denied> {
        let at = match self.peers.iter().position(|peer| peer.address == address) {
            Some(at) => at,
            None => {
                let stream = streams.open_at(address, self.relayed, queue).ok_or(Denied::Busy)?;
                self.peers.push(Peer { address, stream, channel: None });
                self.peers.len() - 1
            }
        };
        self.peers.get_mut(at).ok_or(Denied::Busy)
    }

    /// The way to the peer of a channel.
    pub(super) fn stream_of(&self, channel: u16, now: Instant) -> Option<&Stream> {
        let bound = |peer: &&Peer| peer.channel.is_some_and(|(known, until)| known == channel && until > now);
        let peer = self.peers.iter().find(bound)?;
        self.is_permitted(peer.address.ip(), now).then_some(&peer.stream)
    }

    /// Which peer sent through this stream, and its channel; `None` without a permission.
    pub(super) fn peer_of(&self, stream: u64, now: Instant) -> Option<(SocketAddr, Option<u16>)> {
        let peer = self.peers.iter().find(|peer| peer.stream.number() == stream)?;
        let channel = peer.channel.filter(|(_, until)| *until > now).map(|(channel, _)| channel);
        self.is_permitted(peer.address.ip(), now).then_some((peer.address, channel))
    }
}
