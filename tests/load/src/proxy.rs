//! A bad network in user space: stands in front of a server's media port and hurts what passes, by a seed.
//!
//! Each client has a line of its own in each direction, as each has its own access network. One thread does it
//! all: it sleeps in the kernel until a datagram comes or is due. Only loopback addresses.

mod behind;
mod flow;
mod line;
mod script;

use std::{
    io::{self, Write},
    net::{SocketAddr, UdpSocket},
    os::unix::net::UnixStream,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread::JoinHandle,
    time::Instant,
};

pub use self::{
    behind::Behind,
    line::{HELD_BACK, Impairment, Line, Passage},
    script::{Phase, Script, ScriptError},
};

/// Both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Network {
    /// From the clients to the server.
    pub up: Impairment,
    /// From the server to the clients.
    pub down: Impairment,
}

impl Network {
    /// The same in both directions.
    #[must_use]
    pub fn both(impairment: Impairment) -> Self {
        Self { up: impairment, down: impairment }
    }
}

/// What happened to the datagrams of one direction so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub carried: u64,
    pub lost: u64,
    /// Dropped at the tail of a full queue, ours or the system's.
    pub overflowed: u64,
    pub doubled: u64,
}

/// [`Counts`] as the thread writes them.
#[derive(Debug, Default)]
struct Tally {
    carried: AtomicU64,
    lost: AtomicU64,
    overflowed: AtomicU64,
    doubled: AtomicU64,
}

impl Tally {
    fn read(&self) -> Counts {
        Counts {
            carried: self.carried.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed),
            overflowed: self.overflowed.load(Ordering::Relaxed),
            doubled: self.doubled.load(Ordering::Relaxed),
        }
    }
}

/// A datagram that came out towards a client.
#[derive(Clone, Copy, Debug)]
pub struct Passed {
    pub at: Instant,
    /// Of the UDP payload.
    pub length: usize,
    head: [u8; 8],
}

impl Passed {
    /// That of RTP; `None` for anything else (RFC 7983, RFC 5761 §4).
    #[must_use]
    pub fn payload_type(&self) -> Option<u8> {
        let [first, second, ..] = self.head;
        ((128..=191).contains(&first) && !(192..=223).contains(&second)).then_some(second & 0x7f)
    }

    /// That of RTP, in units of the payload's clock.
    #[must_use]
    pub fn timestamp(&self) -> u32 {
        let [.., t0, t1, t2, t3] = self.head;
        u32::from_be_bytes([t0, t1, t2, t3])
    }
}

/// Datagrams that a watcher may leave unread.
const WATCHED: usize = 1 << 16;

/// What the thread is told.
#[derive(Debug)]
enum Order {
    Set(Network),
    Watch(SyncSender<Passed>),
    Spoil(Vec<Vec<u8>>),
    Roam,
    Stop,
}

/// The running proxy; it ends when dropped.
#[derive(Debug)]
pub struct Proxy {
    front: SocketAddr,
    orders: Sender<Order>,
    wake: UnixStream,
    tallies: Arc<[Tally; 2]>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Forwards between the clients that talk to `front` and `server`. Port 0 takes a free one.
    ///
    /// # Errors
    /// An address is not on the loopback, or the sockets or the thread cannot be had.
    pub fn start(front: SocketAddr, server: SocketAddr, seed: u64, network: Network) -> io::Result<Self> {
        if !front.ip().is_loopback() || !server.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the proxy works on loopback addresses only",
            ));
        }
        let socket = UdpSocket::bind(front)?;
        let front = socket.local_addr()?;
        let (wake, woken) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        let (orders, taken) = channel();
        let tallies = Arc::<[Tally; 2]>::default();
        let run = flow::Run::new(socket, server, seed, network, (woken, taken), Arc::clone(&tallies))?;
        let thread = std::thread::Builder::new().name("proxy".to_owned()).spawn(move || run.run())?;
        Ok(Self { front, orders, wake, tallies, thread: Some(thread) })
    }

    /// Where clients reach it.
    #[must_use]
    pub fn front(&self) -> SocketAddr {
        self.front
    }

    /// The network is like this from now on, for everybody.
    pub fn set(&self, network: Network) {
        self.tell(Order::Set(network));
    }

    /// Every client reaches the server from another port from now on, as after a change of network; what is on its
    /// way to the old one is lost.
    pub fn roam(&self) {
        self.tell(Order::Roam);
    }

    /// From now on every datagram to the server comes with copies of itself, one whole, one changed, one cut short, and
    /// with four of these strange ones, from the very address of its sender. None of these: no longer.
    pub fn spoil(&self, strange: Vec<Vec<u8>>) {
        self.tell(Order::Spoil(strange));
    }

    /// Tells from now on of every datagram that comes out towards a client. What the watcher leaves unread for too
    /// long is not told.
    #[must_use]
    pub fn watch(&self) -> Receiver<Passed> {
        let (sender, receiver) = sync_channel(WATCHED);
        self.tell(Order::Watch(sender));
        receiver
    }

    /// What happened so far: from the clients to the server, and back.
    #[must_use]
    pub fn counts(&self) -> (Counts, Counts) {
        let [up, down] = &*self.tallies;
        (up.read(), down.read())
    }

    fn tell(&self, order: Order) {
        // The thread only ends early when its sockets fail; then nothing passes any more, which callers notice.
        let _ = self.orders.send(order);
        let _ = (&self.wake).write(&[0]);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.tell(Order::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
