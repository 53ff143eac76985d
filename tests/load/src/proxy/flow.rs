//! The thread of the proxy: one socket in front, one towards the server for each client, and a queue by time.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    io::{self, Read},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    os::{fd::AsFd, unix::net::UnixStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender},
    },
    time::Instant,
};

use nix::{
    poll::{PollFd, PollFlags, ppoll},
    sys::time::TimeSpec,
};
use server::clock;
use socket2::SockRef;

use super::{Line, Network, Order, Passage, Passed, Tally};

/// Clients at once at most; more are not served.
const MAX_FLOWS: usize = 2_048;
/// Datagrams on their way at most, in all.
const MAX_PARCELS: usize = 65_536;
/// Bytes the system holds for a socket.
const SOCKET_BUFFER: usize = 1 << 20;
/// Strange datagrams that go with each, where they are wished for.
const STRANGE: usize = 4;
/// Datagrams read from one socket before the others have their turn.
const TURN: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Direction {
    Up,
    Down,
}

/// A datagram on its way, ordered by when it comes out.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Parcel {
    due: Instant,
    /// Among those due at once, the order in which they came.
    number: u64,
    flow: usize,
    direction: Direction,
    datagram: Arc<[u8]>,
}

/// One client.
#[derive(Debug)]
struct Flow {
    client: SocketAddr,
    back: UdpSocket,
    up: Line,
    down: Line,
}

/// What the thread owns.
#[derive(Debug)]
pub(super) struct Run {
    front: UdpSocket,
    server: SocketAddr,
    seed: u64,
    network: Network,
    woken: UnixStream,
    orders: Receiver<Order>,
    tallies: Arc<[Tally; 2]>,
    flows: Vec<Flow>,
    known: HashMap<SocketAddr, usize>,
    parcels: BinaryHeap<Reverse<Parcel>>,
    number: u64,
    watcher: Option<SyncSender<Passed>>,
    /// What goes to the server besides, and how many of it have gone.
    strange: Vec<Vec<u8>>,
    gone: usize,
}

impl Run {
    pub(super) fn new(
        front: UdpSocket,
        server: SocketAddr,
        seed: u64,
        network: Network,
        (woken, orders): (UnixStream, Receiver<Order>),
        tallies: Arc<[Tally; 2]>,
    ) -> io::Result<Self> {
        tune(&front)?;
        woken.set_nonblocking(true)?;
        Ok(Self {
            front,
            server,
            seed,
            network,
            woken,
            orders,
            tallies,
            flows: Vec::new(),
            known: HashMap::new(),
            parcels: BinaryHeap::new(),
            number: 0,
            watcher: None,
            strange: Vec::new(),
            gone: 0,
        })
    }

    /// Until it is told to stop, or polling fails.
    pub(super) fn run(mut self) {
        loop {
            let Ok(ready) = self.wait() else { return };
            let mut ready = ready.into_iter();
            if ready.next() == Some(true) && !self.obey() {
                return;
            }
            if ready.next() == Some(true) {
                self.receive();
            }
            for flow in ready.enumerate().filter_map(|(flow, ready)| ready.then_some(flow)) {
                self.receive_back(flow);
            }
            self.deliver();
        }
    }

    /// Until something can be read or is due: which of orders, front and flows can be read.
    fn wait(&self) -> io::Result<Vec<bool>> {
        let sockets = self.flows.iter().map(|flow| flow.back.as_fd());
        let mut polled: Vec<PollFd<'_>> = [self.woken.as_fd(), self.front.as_fd()]
            .into_iter()
            .chain(sockets)
            .map(|fd| PollFd::new(fd, PollFlags::POLLIN))
            .collect();
        let timeout = self.parcels.peek().map(|Reverse(parcel)| {
            TimeSpec::from_duration(parcel.due.saturating_duration_since(clock::instant()))
        });
        match ppoll(&mut polled, timeout, None) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(polled.iter().map(|polled| polled.revents().is_some_and(|events| !events.is_empty())).collect())
    }

    /// False when it is time to stop.
    fn obey(&mut self) -> bool {
        while matches!(self.woken.read(&mut [0; 64]), Ok(1..)) {}
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::Set(network) => {
                    let now = clock::instant();
                    self.network = network;
                    for flow in &mut self.flows {
                        flow.up.set(network.up, now);
                        flow.down.set(network.down, now);
                    }
                }
                Order::Watch(watcher) => self.watcher = Some(watcher),
                Order::Spoil(strange) => self.strange = strange,
                Order::Roam => {
                    for flow in &mut self.flows {
                        // Without a new port the old one stays.
                        if let Ok(back) = toward(self.server) {
                            flow.back = back;
                        }
                    }
                }
                Order::Stop => return false,
            }
        }
        true
    }

    fn receive(&mut self) {
        let mut buffer = [0; 2048];
        for _ in 0..TURN {
            // Errors are ICMP answers to what was sent before; the next turn reads on.
            let Ok((length, client)) = self.front.recv_from(&mut buffer) else { return };
            if let (Some(flow), Some(datagram)) = (self.flow(client), buffer.get(..length)) {
                self.take(flow, Direction::Up, datagram);
                self.spoil(flow, datagram);
            }
        }
    }

    fn spoil(&mut self, flow: usize, datagram: &[u8]) {
        let Some(Flow { back, .. }) = self.flows.get(flow).filter(|_| !self.strange.is_empty()) else {
            return;
        };
        let mut changed = datagram.to_vec();
        if let Some(byte) = changed.last_mut() {
            *byte ^= 1;
        }
        let (half, _) = datagram.split_at(datagram.len() / 2);
        let strange = self.strange.iter().cycle().skip(self.gone % self.strange.len()).take(STRANGE);
        for copy in [datagram, &changed, half].into_iter().chain(strange.map(Vec::as_slice)) {
            // What does not get through does no harm.
            let _ = back.send(copy);
        }
        self.gone += STRANGE;
    }

    fn receive_back(&mut self, flow: usize) {
        let mut buffer = [0; 2048];
        for _ in 0..TURN {
            let Some(Ok(length)) = self.flows.get(flow).map(|flow| flow.back.recv(&mut buffer)) else {
                return;
            };
            if let Some(datagram) = buffer.get(..length) {
                self.take(flow, Direction::Down, datagram);
            }
        }
    }

    /// The client's flow, opened at its first datagram.
    fn flow(&mut self, client: SocketAddr) -> Option<usize> {
        if let Some(flow) = self.known.get(&client) {
            return Some(*flow);
        }
        if self.flows.len() >= MAX_FLOWS {
            return None;
        }
        let (flow, now) = (self.flows.len(), clock::instant());
        let seed = self.seed.wrapping_add((flow as u64) << 32);
        self.flows.push(Flow {
            client,
            back: toward(self.server).ok()?,
            up: Line::new(self.network.up, seed, now),
            down: Line::new(self.network.down, seed ^ 1 << 63, now),
        });
        self.known.insert(client, flow);
        Some(flow)
    }

    fn take(&mut self, flow: usize, direction: Direction, datagram: &[u8]) {
        let now = clock::instant();
        let Some(lines) = self.flows.get_mut(flow) else { return };
        let (line, tally) = match direction {
            Direction::Up => (&mut lines.up, &self.tallies[0]),
            Direction::Down => (&mut lines.down, &self.tallies[1]),
        };
        let (first, again) = match line.carry(datagram.len(), now) {
            Passage::Lost => return count(&tally.lost),
            Passage::Overflowed => return count(&tally.overflowed),
            Passage::Carried { .. } if self.parcels.len() >= MAX_PARCELS => return count(&tally.overflowed),
            Passage::Carried { at, again } => (at, again),
        };
        if again.is_some() {
            count(&tally.doubled);
        }
        let datagram = Arc::<[u8]>::from(datagram);
        for due in [Some(first), again].into_iter().flatten() {
            self.number += 1;
            let (number, datagram) = (self.number, Arc::clone(&datagram));
            self.parcels.push(Reverse(Parcel { due, number, flow, direction, datagram }));
        }
    }

    /// Sends what is due.
    fn deliver(&mut self) {
        let now = clock::instant();
        while let Some(Reverse(parcel)) = self.parcels.peek()
            && parcel.due <= now
        {
            let Some(Reverse(parcel)) = self.parcels.pop() else { return };
            let Some(flow) = self.flows.get(parcel.flow) else { continue };
            let (sent, tally) = match parcel.direction {
                Direction::Up => (flow.back.send(&parcel.datagram), &self.tallies[0]),
                Direction::Down => (self.front.send_to(&parcel.datagram, flow.client), &self.tallies[1]),
            };
            if let (Some(watcher), Direction::Down, Some(head)) =
                (&self.watcher, parcel.direction, parcel.datagram.first_chunk())
            {
                // A watcher that does not keep up misses some.
                let _ = watcher.try_send(Passed { at: now, length: parcel.datagram.len(), head: *head });
            }
            count(if sent.is_ok() { &tally.carried } else { &tally.overflowed });
        }
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// A fresh port that talks to the server alone.
fn toward(server: SocketAddr) -> io::Result<UdpSocket> {
    let local = match server.ip() {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    let socket = UdpSocket::bind((local, 0))?;
    socket.connect(server)?;
    tune(&socket)?;
    Ok(socket)
}

fn tune(socket: &UdpSocket) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    // Smaller than wished for is good enough.
    let _ = SockRef::from(socket).set_recv_buffer_size(SOCKET_BUFFER);
    let _ = SockRef::from(socket).set_send_buffer_size(SOCKET_BUFFER);
    Ok(())
}
