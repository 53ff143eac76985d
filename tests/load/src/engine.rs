//! One thread of peers: epoll, timers, counts. No runtime, no lock.

use std::{
    os::fd::AsFd,
    sync::atomic::{AtomicU64, Ordering},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use nix::{
    errno::Errno,
    sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout},
};
use server::clock;

use crate::{
    peer::{Desk, Media, Peer},
    process,
    sdp::Description,
    tally::Tally,
};

/// Orders that may wait.
const ORDERS: usize = 4096;
/// Sockets looked at after one wait.
const EVENTS: usize = 256;
/// The longest wait: orders are looked at that often.
const LONGEST: Duration = Duration::from_millis(2);
/// How often timers are looked at.
const TICK: Duration = Duration::from_micros(500);
const FAILURES: usize = 5;

enum Order {
    Add(u64, Box<Peer>),
    Expect(u64, Box<Description>),
    Pause(bool),
    Read(Sender<Tally>),
    Stop,
}

/// A running thread of peers.
#[derive(Debug)]
pub struct Engine {
    orders: Sender<Order>,
    next: AtomicU64,
    thread: Option<JoinHandle<()>>,
    task: u64,
}

impl Engine {
    /// Starts the thread, on one processor if one is given.
    ///
    /// # Errors
    /// No thread or descriptor is left.
    pub fn start(name: &str, cpu: Option<usize>) -> Result<Self> {
        let (orders, queue) = bounded(ORDERS);
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let (told, task) = bounded(1);
        let run = move || {
            // It is waited for.
            let _ = told.send(process::task());
            if let Some(cpu) = cpu {
                // Without it the figures are less steady, not wrong.
                let _ = process::pin(cpu);
            }
            Running::new(epoll).run(&queue);
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run)?;
        Ok(Self { orders, next: AtomicU64::new(0), thread: Some(thread), task: task.recv()? })
    }

    /// Adds a peer; gives its number.
    ///
    /// # Errors
    /// The thread is gone.
    pub(crate) fn add(&self, peer: Peer) -> Result<u64> {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        self.order(Order::Add(key, Box::new(peer)))?;
        Ok(key)
    }

    /// The server offers more to a viewer.
    ///
    /// # Errors
    /// The thread is gone.
    pub(crate) fn expect(&self, peer: u64, offer: Description) -> Result<()> {
        self.order(Order::Expect(peer, Box::new(offer)))
    }

    /// Publishers stop sending media, or go on.
    ///
    /// # Errors
    /// The thread is gone.
    pub fn pause(&self, paused: bool) -> Result<()> {
        self.order(Order::Pause(paused))
    }

    /// What was counted since the last reading.
    ///
    /// # Errors
    /// The thread is gone.
    pub fn read(&self) -> Result<Tally> {
        let (reply, answer) = bounded(1);
        self.order(Order::Read(reply))?;
        answer.recv_timeout(Duration::from_secs(10)).context("a thread of the generator does not answer")
    }

    /// Processor time of the thread so far.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        process::own_task_cpu(self.task)
    }

    fn order(&self, order: Order) -> Result<()> {
        self.orders.send(order).map_err(|_| anyhow!("a thread of the generator is gone"))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The thread's own state.
struct Running {
    epoll: Epoll,
    peers: Vec<Option<Box<Peer>>>,
    /// When each peer wants to be woken: side by side, to be looked through often.
    dues: Vec<Option<Instant>>,
    desk: Desk,
    tally: Tally,
    now: Instant,
    looked: Instant,
}

impl Running {
    fn new(epoll: Epoll) -> Self {
        let now = clock::instant();
        let (peers, dues, tally) = (Vec::new(), Vec::new(), Tally::default());
        Self { epoll, peers, dues, desk: Desk::new(), tally, now, looked: now }
    }

    fn run(mut self, queue: &Receiver<Order>) {
        let mut events = vec![EpollEvent::empty(); EVENTS];
        loop {
            self.now = clock::instant();
            loop {
                match queue.try_recv() {
                    Ok(Order::Stop) | Err(TryRecvError::Disconnected) => return,
                    Ok(order) => self.carry_out(order),
                    Err(TryRecvError::Empty) => break,
                }
            }
            let due = self.wake();
            let wait = due.saturating_duration_since(self.now).min(LONGEST);
            let millis = u8::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(1);
            let ready = match self.epoll.wait(&mut events, EpollTimeout::from(millis)) {
                Ok(ready) => ready,
                Err(Errno::EINTR) => 0,
                Err(_) => return,
            };
            self.now = clock::instant();
            for event in events.iter().take(ready) {
                self.readable(event.data() as usize);
            }
        }
    }

    fn readable(&mut self, key: usize) {
        if let (Some(Some(peer)), Some(due)) = (self.peers.get_mut(key), self.dues.get_mut(key)) {
            peer.read(self.now, &mut self.desk, &mut self.tally);
            *due = peer.due();
        }
    }

    /// Wakes the peers that are due; gives when the next one is.
    fn wake(&mut self) -> Instant {
        let latest = self.now + LONGEST;
        if self.now < self.looked + TICK {
            return self.looked + TICK;
        }
        self.looked = self.now;
        let mut next = latest;
        for (due, peer) in self.dues.iter_mut().zip(&mut self.peers) {
            let (Some(at), Some(peer)) = (*due, peer) else { continue };
            if at <= self.now {
                peer.wake(self.now, &mut self.desk, &mut self.tally);
                *due = peer.due();
            }
            next = due.map_or(next, |at| next.min(at));
        }
        next
    }

    fn carry_out(&mut self, order: Order) {
        match order {
            Order::Add(key, peer) => self.add(key as usize, peer),
            Order::Expect(key, offer) => {
                if let Some(Some(peer)) = self.peers.get_mut(key as usize) {
                    peer.expect(&offer);
                }
            }
            Order::Pause(paused) => {
                for (peer, due) in self.peers.iter_mut().zip(&mut self.dues) {
                    let Some(peer) = peer else { continue };
                    peer.pause(paused, self.now);
                    *due = peer.due();
                }
            }
            Order::Read(reply) => {
                let tally = self.summed();
                // Who asked may have given up.
                let _ = reply.send(tally);
            }
            Order::Stop => {}
        }
    }

    fn add(&mut self, key: usize, mut peer: Box<Peer>) {
        let event = EpollEvent::new(EpollFlags::EPOLLIN, key as u64);
        if let Err(error) = self.epoll.add(peer.socket.as_fd(), event) {
            peer.failure = Some(error.to_string());
        }
        if self.peers.len() <= key {
            self.peers.resize_with(key + 1, || None);
            self.dues.resize(key + 1, None);
        }
        let due = peer.due();
        if let (Some(slot), Some(at)) = (self.peers.get_mut(key), self.dues.get_mut(key)) {
            (*slot, *at) = (Some(peer), due);
        }
    }

    fn summed(&mut self) -> Tally {
        let mut tally = std::mem::take(&mut self.tally);
        // One of each viewer, kept to the end.
        self.tally.entered.clone_from(&tally.entered);
        tally.total += tally.packets;
        self.tally.total = tally.total;
        for peer in self.peers.iter().flatten() {
            tally.peers += 1;
            tally.connected += usize::from(peer.is_connected());
            if let Media::Receive(receiver) = &peer.media {
                let (expected, missing) = receiver.balance();
                tally.expected += expected;
                tally.missing += missing;
                tally.served += usize::from(receiver.is_served());
                tally.streams += receiver.flowing();
            }
            if let Some(failure) = peer.failure.as_ref().filter(|_| tally.failures.len() < FAILURES) {
                tally.failures.push(failure.clone());
            }
        }
        tally
    }
}
