//! The control half of one peer connection: ICE-lite, DTLS and consent, without sockets and without a clock.
//!
//! It sees STUN, DTLS and time, never SRTP: datagrams and instants go in, [`Output`] comes out. The media worker
//! owns the socket, the address map and the packets.

use std::net::SocketAddr;
use std::time::Instant;

use crate::media::srtp;

pub use certificate::{Certificate, CertificateError};
pub(crate) use credentials::worker_of;
pub use credentials::{CredentialsError, IceCredentials, Remote};
pub use lite::Lite;
pub use stun::local_ufrag_of;
pub(crate) use stun::{integrity_key, is_authentic, sign};

mod certificate;
mod credentials;
mod dtls;
mod ice;
mod lite;
mod stun;
#[cfg(test)]
mod tests;

/// What a media worker needs of whoever answers the client's STUN and DTLS.
pub trait PeerControl {
    /// The credentials of this side that a session description must announce: the fresh ones from
    /// [`PeerControl::restart`] on.
    fn local(&self) -> &IceCredentials;

    /// The client's credentials and certificate fingerprint, from its offer or answer; again whenever a description
    /// arrives. New credentials mean that the client restarts ICE; the fingerprint is fixed by the first call.
    fn set_remote(&mut self, remote: Remote);

    /// Restarts ICE (RFC 8445 §9) with fresh credentials of this side, whoever asked for it. The old ones are answered
    /// until a pair is validated with the new ones, then [`Output::Retired`] tells their ufrag. DTLS goes on.
    fn restart(&mut self, fresh: IceCredentials);

    /// One datagram from the network whose first byte says STUN or DTLS (RFC 7983); anything else is ignored.
    fn input(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        self.input_as(now, from, from, datagram);
    }

    /// The same of a peer whose address here is not the one that the network gave it: it is told that it is `mapped`.
    fn input_as(&mut self, now: Instant, from: SocketAddr, mapped: SocketAddr, datagram: &[u8]);

    /// Authentic media came from the client: the handshake is over on its side too, and it has not gone.
    fn heard(&mut self);

    /// Nothing more can be sent to this address. Another one that is validated takes its place; the last one stays
    /// until its consent ends.
    fn gone(&mut self, address: SocketAddr);

    /// Authentic media comes from this validated address, and where media goes nothing comes from any more: a NAT in
    /// between changed the client's port, of which the client knows nothing. Media follows.
    fn roam(&mut self, to: SocketAddr);

    /// Time passed; to be called at [`PeerControl::deadline`], harmless at any other time.
    fn wake(&mut self, now: Instant);

    /// When [`PeerControl::wake`] is due; `None` once closed.
    fn deadline(&self) -> Option<Instant>;

    /// What there is to do, in order; to be drained after every other call.
    fn output(&mut self) -> Option<Output>;
}

/// What the worker has to do or to know.
#[derive(Debug)]
pub enum Output {
    /// Send this datagram.
    Send { to: SocketAddr, datagram: Vec<u8> },
    /// The client proved that it receives at this address: its DTLS and SRTP are welcome from there. Comes with every
    /// authenticated ping.
    Validated(SocketAddr),
    /// The client has gone from this address, or proved too many: nothing is accepted from there any more.
    Forgotten(SocketAddr),
    /// Send media here from now on: the client nominated it, or it is the first validated one.
    Nominated(SocketAddr),
    /// This local ufrag is no longer answered: drop it from the demultiplexer.
    Retired(String),
    /// The handshake is complete and the client's certificate is the one its description announced. Comes once.
    Keys(srtp::Keys),
    /// The connection is over; nothing follows.
    Closed(Closed),
}

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    #[error("the client closed the connection")]
    CloseNotify,
    #[error("the client has not been heard for 30 seconds")]
    ConsentLost,
    #[error("the DTLS handshake failed: {0}")]
    Dtls(String),
    #[error("the client's certificate is not the one its session description announced")]
    WrongFingerprint,
    #[error("the server failed on this connection")]
    Failed,
    #[error("the client did not complete ICE and DTLS within 30 seconds")]
    HandshakeTimeout,
}
