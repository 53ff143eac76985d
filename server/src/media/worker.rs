//! One media worker: a thread that owns a socket, its rooms and everything in them.
//!
//! The loop takes in a batch of datagrams, opens each once into its track's ring, then fans the new packets out
//! to the subscribers and sends the lot. One reading of the clock per batch, no lock, and no allocation per
//! packet. A panic costs the peer that caused it, never the thread.

mod annex;
mod arrival;
mod congestion;
mod connection;
mod copy;
mod fanout;
mod feedback;
mod figures;
mod inbound;
mod order;
mod pacing;
mod pending;
mod publish;
mod publisher;
mod queue;
mod room;
mod sharing;
mod sound;
mod spread;
mod subscribe;
mod subscriber;
mod tally;
mod tick;
mod track;
mod translation;
mod urgency;

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    io,
    net::{SocketAddr, UdpSocket},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use crossbeam_channel::Receiver;
use rustc_hash::FxHashMap;
use slab::Slab;

pub(super) use self::order::Order;
use self::{connection::Connection, figures::count_flush, room::Room, track::Track};
use super::{
    Counters, Desk, Event, Limits, MediaRefusal,
    batch::{self, Inbox, Outbox, Woken, Worth},
    control::{Certificate, Closed, PeerControl, local_ufrag_of},
    packet::{self, Kind},
    relay::Pool,
    report,
    sdp::Candidate,
    stream,
};
use crate::{clock, figures::Latencies};

/// What a worker is told besides its socket.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) certificate: Certificate,
    /// This worker's, which its connections' ufrags begin with.
    pub(super) number: u8,
    pub(super) candidates: Vec<Candidate>,
    /// From peers that do not come through the socket.
    pub(super) streams: Receiver<stream::Input>,
    pub(super) limits: Limits,
    /// Runs of packets leave in one piece where the system can.
    pub(super) gso: bool,
}

/// The work was cut short by a panic, which is counted and logged already.
struct Panicked;

/// Keys of the worker's slabs.
type RoomKey = usize;
type ConnectionKey = usize;
type TrackKey = usize;

/// Kernel buffers: a burst of keyframes to a full class fits.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;
/// The beat of NACKs, keyframe requests and timeouts while anybody is connected.
const BEAT: Duration = Duration::from_millis(20);
/// Beats over which slow turns are looked for: 10 s.
const WINDOW: u64 = 500;
/// One turn in so many is measured.
const MEASURED: u8 = 4;
/// Batches taken in before orders and timers get their turn.
const BATCHES_PER_TURN: usize = 8;
/// Orders carried out before packets get their turn: the costliest, an offer, takes about a tenth of a millisecond.
const ORDERS_PER_TURN: usize = 32;
/// Datagrams of streams taken in before the socket gets its turn.
const STREAMS_PER_TURN: usize = 512;
/// An address is another peer's again after so long without a packet from its present one.
const ADDRESS_HOLD: Duration = Duration::from_secs(5);

pub(super) struct Worker {
    socket: UdpSocket,
    desk: Arc<Desk>,
    settings: Settings,
    rooms: Slab<Room>,
    rooms_by_number: FxHashMap<u64, RoomKey>,
    connections: Slab<Connection>,
    tracks: Slab<Track>,
    by_ufrag: FxHashMap<String, ConnectionKey>,
    by_address: FxHashMap<SocketAddr, ConnectionKey>,
    outbox: Outbox,
    /// Tracks with packets that were not fanned out yet.
    dirty: Vec<TrackKey>,
    /// When the first of those that wait for the end of a frame has waited long enough.
    fan_out_at: Option<Instant>,
    division: sharing::Division,
    /// Rooms where something waits for those who hear by WebSocket.
    hearing: Vec<RoomKey>,
    /// Subscribers whose network is being probed, and when to go on with it.
    probing: Vec<ConnectionKey>,
    probe_at: Option<Instant>,
    /// Subscribers for whom something waits, and when to go on with it.
    pacing: Vec<ConnectionKey>,
    pace_at: Option<Instant>,
    /// All workers' desks; orders that have no room at one yet; packets on their way there.
    desks: Arc<[Arc<Desk>]>,
    waiting_for: Vec<VecDeque<Order>>,
    batches: Pool,
    /// Room for the recorder's copies.
    scraps: BytesMut,
    /// What the compound at hand says, kept for its room.
    told: Vec<report::Told>,
    counters: Counters,
    /// Those of the last seconds among the turns measured.
    turns: Latencies,
    turn: u8,
    next_beat: Instant,
    beats: u64,
}

impl Worker {
    /// `desks`: of all workers, the one of this worker at its number.
    ///
    /// # Errors
    /// The socket cannot be configured, or the number is wrong.
    pub(super) fn new(socket: UdpSocket, desks: Arc<[Arc<Desk>]>, settings: Settings) -> io::Result<Self> {
        let desk =
            desks.get(usize::from(settings.number)).map(Arc::clone).ok_or(io::ErrorKind::InvalidInput)?;
        socket.set_nonblocking(true)?;
        let options = socket2::SockRef::from(&socket);
        // The kernel caps both at its own limits; smaller buffers still work.
        let _ = options.set_recv_buffer_size(SOCKET_BUFFER);
        let _ = options.set_send_buffer_size(SOCKET_BUFFER);
        let outbox = Outbox::of(&socket, settings.gso)?;
        Ok(Self {
            socket,
            desk,
            settings,
            rooms: Slab::new(),
            rooms_by_number: FxHashMap::default(),
            connections: Slab::new(),
            tracks: Slab::new(),
            by_ufrag: FxHashMap::default(),
            by_address: FxHashMap::default(),
            outbox,
            dirty: Vec::new(),
            fan_out_at: None,
            division: sharing::Division::default(),
            hearing: Vec::new(),
            probing: Vec::new(),
            probe_at: None,
            pacing: Vec::new(),
            pace_at: None,
            desks,
            waiting_for: Vec::new(),
            batches: Pool::default(),
            scraps: BytesMut::new(),
            told: Vec::new(),
            counters: Counters::default(),
            turns: Latencies::default(),
            turn: 0,
            next_beat: clock::instant(),
            beats: 0,
        })
    }

    /// Works until told to stop.
    pub(super) fn run(mut self, orders: &Receiver<Order>) {
        let mut inbox = Inbox::default();
        let mut now = clock::instant();
        loop {
            let woken = batch::wait(&self.socket, &self.desk.waker, self.patience(now));
            let woken = woken.unwrap_or_else(|error| {
                tracing::error!(%error, "waiting for media packets failed");
                std::thread::sleep(BEAT);
                Woken { packets: true, called: true }
            });
            now = clock::instant();
            self.outbox.lines.begin(now);
            if woken.called {
                if !self.carry_out(orders, now) {
                    self.publish_figures();
                    break;
                }
                self.take_in_streams(now);
                if self.idle() {
                    // There will be no beat to publish at.
                    self.publish_figures();
                }
            }
            if woken.packets {
                self.take_in(&mut inbox, now);
            }
            // From another worker, or held for the end of its frame.
            if self.fan_out_at.is_some_and(|at| at <= now) || woken.called && !self.dirty.is_empty() {
                self.fan_out(now);
            }
            if now >= self.next_beat {
                self.guarded_beat(now);
            }
            if self.pace_at.is_some_and(|at| at <= now) {
                self.let_out(now);
            }
            if self.probe_at.is_some_and(|at| at <= now) {
                let _ = self.guard(|worker| worker.probe(now));
            }
            let _ = self.guard(|worker| worker.reach_sockets(now));
            self.flush();
            self.took(now);
        }
    }

    /// Measures one turn in a few: reading the clock has a price.
    fn took(&mut self, began: Instant) {
        self.turn = self.turn.wrapping_add(1);
        if self.turn.is_multiple_of(MEASURED) {
            let took = clock::instant().duration_since(began);
            self.counters.turns.observe(took);
            self.turns.observe(took);
        }
    }

    /// How long nothing is to be done by itself. `None` when nobody is here: only an order or a packet can change
    /// anything.
    fn patience(&self, now: Instant) -> Option<Duration> {
        let timers = [self.fan_out_at, self.probe_at, self.pace_at];
        let next = timers.into_iter().flatten().fold(self.next_beat, Instant::min);
        (!self.idle()).then(|| next.saturating_duration_since(now))
    }

    fn idle(&self) -> bool {
        self.connections.is_empty() && self.rooms.is_empty()
    }

    /// `false` when the worker is to stop.
    fn carry_out(&mut self, orders: &Receiver<Order>, now: Instant) -> bool {
        self.desk.waker.reset();
        for order in orders.try_iter().take(ORDERS_PER_TURN) {
            if matches!(order, Order::Stop) {
                return false;
            }
            let asked_by = order.asked_by();
            if let Err(Panicked) = self.guard(|worker| worker.order(order, now))
                && let Some((room, participant, of)) = asked_by
                && let Some(room) = self.rooms_by_number.get(&room).copied()
            {
                self.tell(room, Event::Refused { participant, of, reason: MediaRefusal::Internal });
            }
        }
        if !orders.is_empty() {
            self.desk.waker.wake();
        }
        true
    }

    /// `now`: when it was noticed that there is something.
    fn take_in(&mut self, inbox: &mut Inbox, mut now: Instant) {
        for batch in 0..BATCHES_PER_TURN {
            let received = inbox.receive(&self.socket).unwrap_or_else(|error| {
                tracing::error!(%error, "receiving media packets failed");
                0
            });
            if received == 0 {
                return;
            }
            if batch > 0 {
                now = clock::instant();
            }
            self.counters.received += received as u64;
            for n in 0..received {
                if let Some((from, datagram)) = inbox.get(n) {
                    if stream::number(from).is_some() {
                        // Nobody lives there: the sender is forged.
                        self.counters.strangers += 1;
                        continue;
                    }
                    self.guarded_datagram(from, datagram, now);
                }
            }
            self.fan_out(now);
            let _ = self.guard(|worker| worker.reach_sockets(now));
            self.flush();
            if received < batch::BATCH {
                return;
            }
        }
    }

    /// Datagrams of peers that do not come through the socket.
    fn take_in_streams(&mut self, now: Instant) {
        let mut taken = 0;
        while taken < STREAMS_PER_TURN
            && let Ok(input) = self.settings.streams.try_recv()
        {
            taken += 1;
            match input {
                stream::Input::Opened { number, line } => self.outbox.lines.open(number, line),
                stream::Input::Datagram { number, mut datagram } => {
                    if self.outbox.lines.is_open(number) {
                        self.counters.received += 1;
                        self.guarded_datagram(stream::address(number), &mut datagram, now);
                    }
                }
            }
        }
        if taken > 0 {
            self.fan_out(now);
        }
        if !self.settings.streams.is_empty() {
            self.desk.waker.wake();
        }
    }

    fn guarded_datagram(&mut self, from: SocketAddr, datagram: &mut [u8], now: Instant) {
        if let Err(Panicked) = self.guard(|worker| worker.datagram(from, datagram, now))
            && let Some(connection) = self.by_address.get(&from).copied()
        {
            self.fail(connection, now);
        }
    }

    /// Does a piece of work on behalf of one peer, room or track; should it panic, the others go on.
    fn guard<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Result<T, Panicked> {
        catch_unwind(AssertUnwindSafe(|| work(self))).map_err(|_| {
            self.counters.panics += 1;
            tracing::error!("the media worker panicked; what caused it is closed");
            Panicked
        })
    }

    /// Closes a connection whose state a panic left behind, and says so.
    fn fail(&mut self, connection: ConnectionKey, now: Instant) {
        let _ = self.guard(|worker| worker.lost(connection, Closed::Failed, now));
    }

    fn guarded_beat(&mut self, now: Instant) {
        self.next_beat = now + BEAT;
        let _ = self.guard(|worker| worker.beat(now));
    }

    fn datagram(&mut self, from: SocketAddr, datagram: &mut [u8], now: Instant) {
        match packet::kind(datagram) {
            Kind::Rtp => self.rtp(from, datagram, now),
            Kind::Rtcp => self.rtcp(from, datagram, now),
            Kind::Stun => {
                let named = local_ufrag_of(datagram).and_then(|ufrag| self.by_ufrag.get(ufrag));
                match named.copied() {
                    Some(connection) => self.control_input(connection, from, datagram, now),
                    None => self.counters.strangers += 1,
                }
            }
            Kind::Dtls => match self.by_address.get(&from).copied() {
                Some(connection) => self.control_input(connection, from, datagram, now),
                None => self.counters.strangers += 1,
            },
            Kind::Unknown => self.counters.strangers += 1,
        }
    }

    fn control_input(&mut self, key: ConnectionKey, from: SocketAddr, datagram: &[u8], now: Instant) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        let mapped = stream::number(from).and_then(|number| self.outbox.lines.mapped(number)).unwrap_or(from);
        connection.control.input_as(now, from, mapped, datagram);
        self.drain_control(key, now);
    }

    /// Puts a datagram into the outbox, sending first when that is full.
    fn post(&mut self, to: SocketAddr, datagram: &[u8]) {
        if self.outbox.is_full() {
            self.flush();
        }
        if let Some(room) = self.outbox.room().get_mut(..datagram.len()) {
            room.copy_from_slice(datagram);
            self.outbox.commit(to, datagram.len(), Worth::Sound);
        }
    }

    fn flush(&mut self) {
        if !self.outbox.is_empty() {
            count_flush(&mut self.counters, self.outbox.flush(&self.socket));
        }
    }
}
