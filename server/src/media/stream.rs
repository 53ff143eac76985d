//! Peers whose datagrams reach a worker through this process, not through its UDP socket: ICE over TCP, and those
//! behind the TURN server.
//!
//! Towards the worker such a peer is an address inside 100::/64, the discard prefix (RFC 6666) that nothing comes from:
//! its low 64 bits number the stream. Both ways the queues are bounded, towards the peer by bytes and age of each stream,
//! and what does not fit is dropped, pictures first: a stream is a network too.

mod lane;
mod line;

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::BytesMut;
use crossbeam_channel::TrySendError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use self::line::Hold;
pub(super) use self::line::{Line, Lines};
pub(crate) use self::{lane::Lane, line::Outgoing};
use super::{Desk, control};

/// Streams at once.
const PLACES: usize = 4096;
/// Datagrams that wait for one worker.
pub(super) const WAITING: usize = 2048;
/// Datagrams that wait for one stream.
const QUEUE: usize = 256;
/// 100::/64.
const PREFIX: u128 = 0x0100 << 112;
/// No peer listens there either.
const PORT: u16 = 9;

/// How the worker sees the stream of this number.
pub(super) fn address(number: u64) -> SocketAddr {
    SocketAddrV6::new(Ipv6Addr::from(PREFIX | u128::from(number)), PORT, 0, 0).into()
}

/// The number of the stream, when the address is one; `None` for what goes through the socket.
#[inline]
pub(super) fn number(address: SocketAddr) -> Option<u64> {
    let SocketAddr::V6(v6) = address else { return None };
    let bits = v6.ip().to_bits();
    // The low half is the number.
    (bits >> 64 == PREFIX >> 64).then_some(bits as u64)
}

/// What a worker hears of streams, in order.
#[derive(Debug)]
pub(super) enum Input {
    /// A peer comes. It may be sent to, until nobody takes what its line carries.
    Opened {
        number: u64,
        line: Line,
    },
    Datagram {
        number: u64,
        datagram: BytesMut,
    },
}

/// Where streams begin: the media plane as the front sees it. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Streams {
    desks: Arc<[Arc<Desk>]>,
    next: Arc<AtomicU64>,
    places: Arc<Semaphore>,
}

impl Streams {
    pub(super) fn new(desks: Arc<[Arc<Desk>]>) -> Self {
        Self { desks, next: Arc::new(AtomicU64::new(1)), places: Arc::new(Semaphore::new(PLACES)) }
    }

    /// A place for one connection of a peer; `None` when all are taken.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// A number that no other stream has or will have.
    pub(crate) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// The queue from the workers to one connection.
    pub(crate) fn queue() -> (mpsc::Sender<Outgoing>, Lane) {
        let (queue, outgoing) = mpsc::channel(QUEUE);
        (queue, Lane::new(outgoing))
    }

    /// Opens a stream to the worker that a binding request is for; `None` when it is for nobody, or all are busy.
    /// `mapped` is the address that the peer is told it has.
    pub(crate) fn open_for(
        &self,
        request: &[u8],
        mapped: SocketAddr,
        outgoing: &mpsc::Sender<Outgoing>,
    ) -> Option<Stream> {
        let worker = control::worker_of(control::local_ufrag_of(request)?)?;
        self.open(self.desks.get(worker)?, mapped, outgoing)
    }

    /// Opens a stream to the worker that announces this address; `None` when none does, or it is busy.
    pub(crate) fn open_at(
        &self,
        candidate: SocketAddr,
        mapped: SocketAddr,
        outgoing: &mpsc::Sender<Outgoing>,
    ) -> Option<Stream> {
        let desk = self.desks.iter().find(|desk| desk.candidates.contains(&candidate))?;
        self.open(desk, mapped, outgoing)
    }

    /// Whether a worker announces this address, and how many addresses they announce.
    pub(crate) fn announces(&self, candidate: SocketAddr) -> bool {
        self.desks.iter().any(|desk| desk.candidates.contains(&candidate))
    }

    /// Whether a worker announces any port of this machine's address.
    pub(crate) fn announces_ip(&self, ip: IpAddr) -> bool {
        self.desks.iter().any(|desk| desk.candidates.iter().any(|candidate| candidate.ip() == ip))
    }

    /// One of the announced addresses of this kind.
    pub(crate) fn announced_ip(&self, v6: bool) -> Option<IpAddr> {
        let mut all = self.desks.iter().flat_map(|desk| &desk.candidates).map(SocketAddr::ip);
        all.find(|ip| ip.is_ipv6() == v6)
    }

    fn open(
        &self,
        desk: &Arc<Desk>,
        mapped: SocketAddr,
        outgoing: &mpsc::Sender<Outgoing>,
    ) -> Option<Stream> {
        let number = self.number();
        let line = Line::new(outgoing.clone(), mapped);
        let hold = line.hold();
        desk.streams.try_send(Input::Opened { number, line }).ok()?;
        desk.waker.wake();
        Some(Stream { number, desk: Arc::clone(desk), _hold: hold })
    }
}

/// The way of one peer to its worker. The way back ends with it, or when the queue's receiver is dropped.
#[derive(Debug)]
pub(crate) struct Stream {
    number: u64,
    desk: Arc<Desk>,
    _hold: Hold,
}

impl Stream {
    /// As in [`Outgoing::stream`].
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Hands a datagram to the worker; false when it has too much to do already, and the datagram is lost.
    pub(crate) fn send(&self, datagram: BytesMut) -> bool {
        match self.desk.streams.try_send(Input::Datagram { number: self.number, datagram }) {
            Ok(()) => {
                self.desk.waker.wake();
                true
            }
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_streams_address_tells_its_number_and_no_other_address_does() {
        for n in [0, 1, 77, u64::MAX] {
            assert_eq!(number(address(n)), Some(n));
        }
        for other in ["127.0.0.1:9", "[::1]:9", "[100:0:0:1::5]:9", "[2001:db8::1]:9", "[::ffff:100.0.0.1]:9"]
        {
            assert_eq!(number(other.parse().unwrap()), None);
        }
    }
}
