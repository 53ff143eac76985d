//! The floor: what the kernel and AES cost alone. Receives, opens once, seals for every viewer, sends; no signalling,
//! no RTCP, no state. Same SRTP profile, same pace and same live receivers as the servers it is held against.

mod batch;

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    os::fd::AsFd,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded, unbounded};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustc_hash::FxHashMap;
use server::{
    clock,
    media::srtp::{Keys, OpenContext, Profile, SealContext},
};

use crate::{process, rtp, socket};
use batch::{Batch, Viewer};

/// As Préau waits for the rest of a frame, so that the runs are alike: to its end, so many packets, so long.
const LONG: usize = 16;
const HOLD: Duration = Duration::from_millis(2);
/// Orders are looked at that often.
const LOOK: u8 = 20;

enum Order {
    Publisher { from: SocketAddr, open: Box<OpenContext>, ssrcs: Vec<u32> },
    Viewer(Box<Viewer>),
}

/// The running thread.
#[derive(Debug)]
pub struct Floor {
    address: SocketAddr,
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
    task: u64,
}

impl Floor {
    /// Starts it on one processor; with `gso` a viewer's run of packets leaves as one message with segments.
    ///
    /// # Errors
    /// No socket or thread is left.
    pub fn start(cpu: Option<usize>, gso: bool) -> Result<Self> {
        let socket = socket::bind(Ipv4Addr::LOCALHOST.into())?;
        socket::enlarge(&socket)?;
        let address = socket.local_addr()?;
        let (orders, queue) = unbounded();
        let (told, task) = bounded(1);
        let run = move || {
            // It is waited for.
            let _ = told.send(process::task());
            if let Some(cpu) = cpu {
                // Without it the figures are less steady, not wrong.
                let _ = process::pin(cpu);
            }
            Running::new(socket, gso).run(&queue);
        };
        let thread = std::thread::Builder::new().name("floor".to_owned()).spawn(run)?;
        Ok(Self { address, orders: Some(orders), thread: Some(thread), task: task.recv()? })
    }

    /// Where it receives.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its thread's number.
    #[must_use]
    pub const fn task(&self) -> u64 {
        self.task
    }

    /// Forwards what comes from that address; gives the publisher's keys.
    ///
    /// # Errors
    /// The thread is gone.
    pub(crate) fn publisher(&self, from: SocketAddr, ssrcs: Vec<u32>) -> Result<Keys> {
        let keys = keys()?;
        let open = Box::new(OpenContext::new(keys.profile, &keys.open)?);
        self.order(Order::Publisher { from, open, ssrcs })?;
        Ok(keys.reversed())
    }

    /// Forwards everything to that address; gives the viewer's keys.
    ///
    /// # Errors
    /// The thread is gone.
    pub(crate) fn viewer(&self, to: SocketAddr) -> Result<Keys> {
        let keys = keys()?;
        let to = socket::raw(to).context("the floor speaks IPv4")?;
        self.order(Order::Viewer(Box::new(Viewer {
            to,
            seal: SealContext::new(keys.profile, &keys.seal)?,
        })))?;
        Ok(keys.reversed())
    }

    fn order(&self, order: Order) -> Result<()> {
        let sent = self.orders.as_ref().map(|orders| orders.send(order));
        sent.and_then(Result::ok).ok_or_else(|| anyhow!("the floor's thread is gone"))
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Fresh keys of the profile that browsers and servers agree on here.
fn keys() -> Result<Keys> {
    let material: [u8; 88] = clock::random();
    Keys::from_server_export(Profile::AeadAes256Gcm, &material).context("keys")
}

/// What one publisher sent and nobody has yet.
struct Publisher {
    open: OpenContext,
    pictures: Pending,
}

#[derive(Default)]
struct Pending {
    packets: Vec<Opened>,
    since: Option<Instant>,
}

/// A packet in clear.
pub(crate) struct Opened {
    bytes: Vec<u8>,
    header: usize,
    roc: u32,
}

struct Running {
    socket: UdpSocket,
    batch: Batch,
    publishers: FxHashMap<SocketAddr, Publisher>,
    viewers: Vec<Viewer>,
    inbox: socket::Inbox,
    /// Buffers to use again.
    spare: Vec<Vec<u8>>,
}

impl Running {
    fn new(socket: UdpSocket, gso: bool) -> Self {
        Self {
            socket,
            batch: Batch::new(gso),
            publishers: FxHashMap::default(),
            viewers: Vec::new(),
            inbox: socket::Inbox::new(),
            spare: Vec::new(),
        }
    }

    fn run(mut self, queue: &Receiver<Order>) {
        loop {
            loop {
                match queue.try_recv() {
                    Ok(Order::Publisher { from, mut open, ssrcs }) => {
                        let _ = ssrcs.into_iter().try_for_each(|ssrc| open.allow(ssrc));
                        self.publishers.insert(from, Publisher { open: *open, pictures: Pending::default() });
                    }
                    Ok(Order::Viewer(viewer)) => self.viewers.push(*viewer),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
            }
            let now = clock::instant();
            let due =
                self.publishers.values().filter_map(|p| p.pictures.since).min().map(|since| since + HOLD);
            let wait = due.map_or(LOOK, |due| {
                u8::try_from(due.saturating_duration_since(now).as_micros().div_ceil(1000)).unwrap_or(LOOK)
            });
            let mut watched = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
            // An interruption is as good as a wake-up.
            let _ = poll(&mut watched, PollTimeout::from(wait));
            self.receive();
        }
    }

    fn receive(&mut self) {
        let now = clock::instant();
        while let Ok(received) = self.inbox.receive_from(&self.socket) {
            for n in 0..received {
                let Some((from, datagram)) = self.inbox.get_from(n) else { continue };
                if !rtp::is_rtcp(datagram)
                    && let Some(publisher) = self.publishers.get_mut(&from)
                    && let Some(sound) = publisher.take(now, datagram, &mut self.spare)
                {
                    self.batch.send(&self.socket, std::slice::from_ref(&sound), &self.viewers);
                    self.spare.push(sound.bytes);
                }
            }
            if received < socket::BATCH {
                break;
            }
        }
        for publisher in self.publishers.values_mut() {
            let pending = &mut publisher.pictures;
            if pending.is_ready(now) {
                self.batch.send(&self.socket, &pending.packets, &self.viewers);
                self.spare.extend(pending.packets.drain(..).map(|packet| packet.bytes));
                pending.since = None;
            }
        }
    }
}

impl Publisher {
    /// Opens a packet. Pictures are kept for their run; sound is given back to be sent at once.
    fn take(&mut self, now: Instant, datagram: &mut [u8], spare: &mut Vec<Vec<u8>>) -> Option<Opened> {
        let sound = datagram.get(1).is_some_and(|m| m & 0x7f == crate::sdp::OPUS);
        let opened = self.open.open_rtp(datagram).ok()?;
        let mut bytes = spare.pop().unwrap_or_default();
        bytes.clear();
        bytes.extend_from_slice(datagram.get(..opened.length)?);
        let packet = Opened { bytes, header: opened.header, roc: (opened.index >> 16) as u32 };
        if sound {
            return Some(packet);
        }
        self.pictures.since.get_or_insert(now);
        self.pictures.packets.push(packet);
        None
    }
}

impl Pending {
    fn is_ready(&self, now: Instant) -> bool {
        let complete = self.packets.iter().any(|packet| packet.bytes.get(1).is_some_and(|m| m & 0x80 != 0));
        !self.packets.is_empty()
            && (complete || self.packets.len() >= LONG || self.since.is_some_and(|since| now >= since + HOLD))
    }
}

impl Opened {
    /// Header and payload.
    pub(crate) fn parts(&self) -> (&[u8], &[u8], u32) {
        let (header, payload) = self.bytes.split_at_checked(self.header).unwrap_or_default();
        (header, payload, self.roc)
    }

    /// Bytes of the packet once sealed.
    pub(crate) fn sealed(&self) -> usize {
        self.bytes.len() + Profile::AeadAes256Gcm.tag_len()
    }
}

#[cfg(test)]
mod tests;
