//! The media plane seen from a classroom: open a room, publish, subscribe, leave.
//!
//! Rooms live on worker threads that own their sockets and never share state. Everything goes in as a
//! [`Command`] through a bounded queue and comes out as an [`Event`]; packets never pass through here.

pub mod codec;
pub mod control;
#[doc(hidden)]
pub mod fuzz;
pub mod sdp;
pub mod srtp;

mod allocate;
mod allowance;
mod audio;
mod batch;
mod command;
mod counters;
mod estimate;
mod event;
mod follow;
mod forward;
mod keyframes;
mod layers;
mod packet;
mod quality;
mod receive;
mod red;
mod relay;
mod report;
mod resend;
mod rewrite;
mod ring;
mod sound;
pub(crate) mod stream;
mod tally;
mod worker;

use std::{
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
};

use crossbeam_channel::{Sender, TrySendError};
use signaling::id::SeanceId;
use tokio::sync::{mpsc, oneshot};

use self::{batch::Waker, control::Certificate, sdp::Candidate, stream::Streams, worker::Order};
pub use self::{
    command::{Command, PublishedTrack, TapItem},
    counters::Counters,
    event::{Event, MediaRefusal},
    sdp::Codec,
    sound::Sounds,
    tally::{Arrived, Delivered, RoomTally, StreamTally, SubscriberTally, TrackTally},
};

/// What the media plane needs to start.
#[derive(Debug)]
pub struct MediaConfig {
    /// Bound already, one per worker thread.
    pub sockets: Vec<UdpSocket>,
    /// The addresses clients reach this machine at; each worker announces them with the port of its socket.
    pub announced: Vec<IpAddr>,
    /// Ports of these addresses that take ICE over TCP, for all workers.
    pub tcp_ports: Vec<u16>,
    pub limits: Limits,
    /// Runs of packets to one peer leave in one piece (UDP_SEGMENT) where the system can.
    pub gso: bool,
}

/// How much one participant may ask of the media plane.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub tracks_per_participant: usize,
    /// Tracks one participant receives at once, 60 at most: 30 sounds and 30 pictures. Of more that are asked for,
    /// who is heard comes before who is muted, screens before cameras, and what is in view before what is not.
    pub subscriptions_per_participant: usize,
    /// Viewers of one room that its worker serves before others take part. A frame reaches that many within about two
    /// milliseconds.
    pub viewers_per_worker: usize,
    /// What a publisher is told it may send, bit/s.
    pub publish_bitrate: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tracks_per_participant: 6,
            subscriptions_per_participant: 60,
            viewers_per_worker: 300,
            publish_bitrate: 5_000_000,
        }
    }
}

/// Why the media plane did not start.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error("no media socket was given; give at least one")]
    NoSocket,
    #[error("no address is announced to the browsers; set the announced addresses")]
    NothingAnnounced,
    #[error("media socket: {0}")]
    Socket(#[from] io::Error),
    #[error(transparent)]
    Certificate(#[from] control::CertificateError),
}

/// The queue of the room's worker is full, or the plane was shut down. Gives the command back.
#[derive(Debug, thiserror::Error)]
#[error("the media worker does not take any more orders")]
pub struct MediaBusy(pub Command);

/// Orders waiting for one worker at most.
const ORDERS: usize = 4096;
/// Events waiting for one room's task at most.
const EVENTS: usize = 1024;

/// The largest number of a worker: one character of a ufrag tells them apart.
const MOST_WORKERS: u8 = 63;

/// A room weighs as much as so many connections before anybody is there: many open at the same hour, and fill up
/// after that.
const ROOM: usize = 20;

/// What the rest of the process shares with one worker.
#[derive(Debug)]
struct Desk {
    orders: Sender<Order>,
    waker: Waker,
    /// Where this worker's socket is announced.
    candidates: Vec<SocketAddr>,
    /// From peers that do not come through the socket.
    streams: Sender<stream::Input>,
    /// Connections it serves.
    load: AtomicUsize,
    /// Rooms it is the home of, those included that it is about to open.
    rooms: AtomicUsize,
    counters: Mutex<Counters>,
}

impl Desk {
    /// What it has to do and is about to have.
    fn weight(&self) -> usize {
        self.load.load(Ordering::Relaxed) + ROOM * self.rooms.load(Ordering::Relaxed)
    }

    fn room_closed(&self) {
        let _ = self.rooms.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |rooms| rooms.checked_sub(1));
    }
}

/// The running media plane.
#[derive(Clone, Debug)]
pub struct Media {
    desks: Arc<[Arc<Desk>]>,
    streams: Streams,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
    rooms: Arc<AtomicU64>,
}

impl Media {
    /// Starts one thread per socket.
    ///
    /// # Errors
    /// No socket or address was given, a socket cannot be configured, or there is no randomness.
    pub fn start(config: MediaConfig) -> Result<Self, MediaError> {
        if config.sockets.is_empty() {
            return Err(MediaError::NoSocket);
        }
        if config.announced.is_empty() {
            return Err(MediaError::NothingAnnounced);
        }
        let certificate = Certificate::generate()?;
        let (mut desks, mut queues) = (Vec::new(), Vec::new());
        for socket in &config.sockets {
            let port = socket.local_addr()?.port();
            let (orders, queue) = crossbeam_channel::bounded(ORDERS);
            let (streams, from_streams) = crossbeam_channel::bounded(stream::WAITING);
            desks.push(Arc::new(Desk {
                orders,
                waker: Waker::new()?,
                candidates: config.announced.iter().map(|ip| SocketAddr::new(*ip, port)).collect(),
                streams,
                load: AtomicUsize::new(0),
                rooms: AtomicUsize::new(0),
                counters: Mutex::default(),
            }));
            queues.push((queue, from_streams));
        }
        let desks: Arc<[Arc<Desk>]> = desks.into();
        let mut threads = Vec::new();
        for ((number, socket), (queue, from_streams)) in (0..=MOST_WORKERS).zip(config.sockets).zip(queues) {
            let port = socket.local_addr()?.port();
            let at = |port: u16| config.announced.iter().map(move |ip| SocketAddr::new(*ip, port));
            let tcp = config.tcp_ports.iter().flat_map(|port| at(*port));
            let settings = worker::Settings {
                certificate: certificate.clone(),
                number,
                candidates: at(port).map(Candidate::Udp).chain(tcp.map(Candidate::Tcp)).collect(),
                streams: from_streams,
                limits: config.limits,
                gso: config.gso,
            };
            let worker = worker::Worker::new(socket, Arc::clone(&desks), settings)?;
            threads.push(
                std::thread::Builder::new()
                    .name(format!("media-{number}"))
                    .spawn(move || worker.run(&queue))?,
            );
        }
        let streams = Streams::new(Arc::clone(&desks));
        Ok(Self { desks, streams, threads: Arc::new(Mutex::new(threads)), rooms: Arc::default() })
    }

    /// For peers that do not come through the sockets.
    pub(crate) fn streams(&self) -> &Streams {
        &self.streams
    }

    /// Opens a room on the least loaded worker; what happens in it comes out of the receiver. Dropping the receiver
    /// closes the room.
    ///
    /// # Panics
    /// Never: [`Media::start`] made at least one worker.
    #[must_use]
    pub fn open(&self, seance: SeanceId) -> (RoomMedia, mpsc::Receiver<Event>) {
        let (events, receiver) = mpsc::channel(EVENTS);
        let room = self.rooms.fetch_add(1, Ordering::Relaxed);
        let desk = self.desks.iter().min_by_key(|desk| desk.weight()).map(Arc::clone);
        if let Some(desk) = &desk {
            desk.rooms.fetch_add(1, Ordering::Relaxed);
            // A full queue leaves the receiver without a sender: the room hears at once that it is closed.
            if desk.orders.try_send(Order::Open { room, seance, events }).is_err() {
                desk.room_closed();
            }
            desk.waker.wake();
        }
        (RoomMedia { room, desk }, receiver)
    }

    /// The figures of all workers together, at most a second old.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let mut sum = Counters::default();
        for desk in self.desks.iter() {
            sum.add(&desk.counters.lock().unwrap_or_else(PoisonError::into_inner));
        }
        sum
    }

    /// The figures of each worker, at most a second old.
    #[must_use]
    pub fn counters_by_worker(&self) -> Vec<Counters> {
        let figures = |desk: &Arc<Desk>| *desk.counters.lock().unwrap_or_else(PoisonError::into_inner);
        self.desks.iter().map(figures).collect()
    }

    /// Every room as each worker has it, with its tracks and subscribers. `None` when a worker does not take the question.
    pub async fn tallies(&self) -> Option<Vec<RoomTally>> {
        let mut rooms = Vec::new();
        for desk in self.desks.iter() {
            let (answer, answered) = oneshot::channel();
            desk.orders.try_send(Order::Tally { answer }).ok()?;
            desk.waker.wake();
            rooms.extend(answered.await.ok()?);
        }
        Some(rooms)
    }

    /// Stops the workers and waits for them; every room's receiver ends.
    pub fn shutdown(&self) {
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for desk in self.desks.iter().filter(|_| !threads.is_empty()) {
            // Waits for room in a full queue: the worker is emptying it.
            let _ = desk.orders.send(Order::Stop);
            desk.waker.wake();
        }
        for thread in threads {
            let _ = thread.join();
        }
    }
}

/// One room of the media plane.
#[derive(Clone, Debug)]
pub struct RoomMedia {
    room: u64,
    desk: Option<Arc<Desk>>,
}

impl RoomMedia {
    /// Hands a command to the room's worker; commands are carried out in order.
    ///
    /// # Errors
    /// [`MediaBusy`] when the worker's queue is full or the plane was shut down.
    pub fn send(&self, command: Command) -> Result<(), MediaBusy> {
        let Some(desk) = self.desk.as_ref() else { return Err(MediaBusy(command)) };
        match desk.orders.try_send(Order::Room { room: self.room, command }) {
            Ok(()) => {
                desk.waker.wake();
                Ok(())
            }
            Err(TrySendError::Full(order) | TrySendError::Disconnected(order)) => match order {
                Order::Room { command, .. } => Err(MediaBusy(command)),
                // Only room orders were handed over here.
                Order::Open { .. } | Order::Shared { .. } | Order::Tally { .. } | Order::Stop => Ok(()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock;

    #[test]
    fn rooms_that_open_at_once_are_shared_out_and_closed_ones_count_no_more() {
        let config = MediaConfig {
            sockets: (0..3).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect(),
            announced: vec!["127.0.0.1".parse().unwrap()],
            tcp_ports: Vec::new(),
            limits: Limits::default(),
            gso: false,
        };
        let media = Media::start(config).unwrap();
        let on = |rooms: &[(RoomMedia, mpsc::Receiver<Event>)]| -> Vec<usize> {
            let on = |desk: &Arc<Desk>| {
                rooms.iter().filter(|(room, _)| Arc::ptr_eq(room.desk.as_ref().unwrap(), desk)).count()
            };
            media.desks.iter().map(on).collect()
        };
        let open = || media.open(SeanceId(clock::mint()));
        let mut rooms: Vec<_> = (0..6).map(|_| open()).collect();
        assert_eq!(on(&rooms), [2, 2, 2]);
        // Those of one worker end; it gets the next ones.
        let first = rooms.first().and_then(|(room, _)| room.desk.clone()).unwrap();
        rooms.retain(|(room, _)| !Arc::ptr_eq(room.desk.as_ref().unwrap(), &first));
        let deadline = clock::instant() + Duration::from_secs(60);
        while first.rooms.load(Ordering::Relaxed) > 0 {
            assert!(clock::instant() < deadline, "its rooms are closed");
            std::thread::yield_now();
        }
        rooms.extend([open(), open()]);
        assert_eq!(on(&rooms), [2, 2, 2]);
        media.shutdown();
    }
}
