//! How much the way to one subscriber carries, estimated from its transport-wide feedback.
//!
//! After "A Google Congestion Control Algorithm for Real-Time Communication" (draft-ietf-rmcat-gcc-02): a growing delay
//! lowers the estimate to what really arrives, heavy loss lowers it too. What differs is due to forwarding: the rate is
//! the publishers', so the estimate rises by probes, and is not pulled down because little was sent.

mod pacing;
mod probing;

use std::time::{Duration, Instant};

use self::probing::PAUSE;
use super::{
    history::{History, REMEMBERED},
    losses::Losses,
    message::{Message, TICK},
    meter::Meter,
    pace::Pace,
    probe::Probe,
    slump::Slump,
    train::Trains,
    trend::{Trend, Usage},
};

/// Bits per second: the first estimate, the least and the highest.
const FIRST: f64 = 1e6;
const LEAST: f64 = 60e3;
const MOST: f64 = 30e6;
/// What subscribers need until they say so.
const USUAL_NEED: f64 = 2.5e6;
/// An estimate so far above the need is enough.
const MARGIN: f64 = 1.2;
/// The sender is limited by what there is to send when it sends less than this share of the estimate.
const LIMITED: f64 = 0.75;
/// Share of what arrives that is sent once a queue was seen: less, the longer the queue.
const BACK_OFF: (f64, f64) = (0.5, 0.85);
/// Growth per second far from the known capacity.
const GROWTH: f64 = 1.08;
/// Bits of a packet: growth per round trip near the known capacity.
const STEP: f64 = 9_600.0;
/// Queues shorter than this, in ms, count as none.
const EMPTY: f64 = 15.0;
/// A queue of less than so many ms may be chance, and one of so many is long.
const SHORTEST: f64 = 120.0;
const STANDING: f64 = 200.0;
/// One large frame makes one that passes, seen in so many messages.
const PASSING: u8 = 3;
/// With more loss than this there is no growth, and with more than that no probe.
const LOSS: (f64, f64) = (0.1, 0.2);
/// Windows of rates, in microseconds.
const LONG: u64 = 500_000;
const SHORT: u64 = 300_000;
const QUICK: u64 = 100_000;
/// In a slump less than the first share of what is sent arrives; the rate is not lowered below the second at once; and
/// what is late is a queue of so many bytes at least, not a subscriber that was busy with something else.
const SLUMP: (f64, f64, f64) = (0.6, 0.2, 3_000.0);
/// With more loss than this over the last seconds no slump is told.
const LOSSY: f64 = 0.02;
/// Nothing was reported for so long: feedback or media do not come through.
const SILENCE: u64 = 1_500_000;
/// Messages read in a second at most; browsers send 20.
const MESSAGES: u32 = 100;
/// A datagram's IP and UDP headers.
const OVERHEAD: u16 = 28;

/// What is known of the way to a subscriber, or of one from a publisher.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::media) struct Quality {
    /// Share of the packets lost in the last seconds.
    pub(in crate::media) lost: f64,
    pub(in crate::media) round_trip: Option<Duration>,
    /// Bits per second.
    pub(in crate::media) estimate: Option<u64>,
}

/// Estimates the rate for one subscriber.
#[derive(Debug)]
pub(in crate::media) struct Estimator {
    history: History,
    probe: Option<Probe>,
    began: Instant,
    /// The latest time seen, in microseconds.
    latest: u64,
    trend: Trend,
    slump: Slump,
    trains: Trains,
    pace: Pace,
    /// What arrived, by the subscriber's clock, and what was sent, by ours.
    arrived: Meter,
    offered: Meter,
    losses: Losses,
    estimate: f64,
    /// What arrived when the link was last seen full.
    capacity: Option<f64>,
    need: f64,
    /// Microseconds, smoothed.
    round_trip: Option<u64>,
    /// When the last message came.
    heard: Option<u64>,
    /// The estimate is more than the one to begin with.
    known: bool,
    changed: u64,
    lowered: Option<u64>,
    probed: Option<u64>,
    pause: u64,
    probes: u8,
    /// Messages in a row that showed a queue which overflows.
    overflowing: u8,
    /// Messages in the second that began then.
    messages: (u64, u32),
    /// The latest tick that a message counted from.
    reference: Option<u64>,
}

impl Estimator {
    #[must_use]
    pub(in crate::media) fn new(now: Instant) -> Self {
        Self {
            history: History::default(),
            probe: None,
            began: now,
            trend: Trend::default(),
            slump: Slump::default(),
            trains: Trains::default(),
            pace: Pace::default(),
            arrived: Meter::default(),
            offered: Meter::default(),
            losses: Losses::default(),
            estimate: FIRST,
            capacity: None,
            need: USUAL_NEED,
            round_trip: None,
            heard: None,
            known: false,
            latest: 0,
            changed: 0,
            lowered: None,
            probed: None,
            pause: PAUSE.0,
            probes: 0,
            overflowing: 0,
            messages: (0, 0),
            reference: None,
        }
    }

    /// Microseconds since the beginning. A worker's beat may have read the clock before the packets of its turn did:
    /// time does not go back for that.
    fn micros(&self, now: Instant) -> u64 {
        let micros = u64::try_from(now.duration_since(self.began).as_micros()).unwrap_or(u64::MAX);
        micros.max(self.latest)
    }

    fn advance(&mut self, now: Instant) -> u64 {
        self.latest = self.micros(now);
        self.latest
    }

    /// Takes note of a packet of so many bytes that leaves now, and numbers it.
    pub(in crate::media) fn stamp(&mut self, bytes: usize, now: Instant) -> u16 {
        let micros = self.advance(now);
        let bytes = u16::try_from(bytes).unwrap_or(u16::MAX).saturating_add(OVERHEAD);
        let mut number = 0;
        if let Some(probe) = self.probe.as_mut().filter(|probe| probe.sending()) {
            number = probe.number;
            probe.sent(bytes, micros);
        }
        self.pace.sent(bytes);
        self.history.push(bytes, number, micros)
    }

    /// What may be sent, in bits per second; `None` while nothing speaks against sending everything.
    #[must_use]
    pub(in crate::media) fn budget(&self) -> Option<u64> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between LEAST and MOST")]
        self.known.then_some(self.estimate as u64)
    }

    /// How many bits per second the subscriber would get if the way carried everything.
    pub(in crate::media) fn need(&mut self, bitrate: u64) {
        #[expect(clippy::cast_precision_loss, reason = "bounded at once")]
        let need = (bitrate as f64).clamp(LEAST, MOST / MARGIN);
        if need > self.need * MARGIN {
            // Somebody wants more: it is worth looking at once.
            self.pause = PAUSE.0;
        }
        self.need = need;
    }

    #[must_use]
    pub(in crate::media) fn quality(&self) -> Quality {
        let round_trip = self.round_trip.map(Duration::from_micros);
        Quality { lost: self.losses.lately(), round_trip, estimate: self.budget() }
    }

    /// Reads a feedback message of the subscriber, one RTCP packet.
    pub(in crate::media) fn feedback(&mut self, packet: &[u8], now: Instant) {
        let micros = self.advance(now);
        if micros >= self.messages.0 + 1_000_000 {
            self.messages = (micros, 0);
        }
        self.messages.1 += 1;
        if self.messages.1 > MESSAGES {
            return;
        }
        let Some(message) = Message::read(packet, REMEMBERED) else { return };
        let message = message.after(self.reference);
        self.reference = self.reference.max(Some(message.reference()));
        let mut newest = None;
        for (sequence, tick) in message.statuses() {
            let Some(fate) = self.history.settle(sequence, tick.is_some(), micros) else { continue };
            let arrived = tick.map(|tick| tick * TICK);
            let counts = self.lowered.is_none_or(|at| fate.sent >= at);
            self.losses.count(arrived.is_some(), fate.was_missing, counts);
            if let Some(probe) = self.probe.as_mut().filter(|probe| probe.number == fate.probe) {
                probe.report(fate.sent, arrived, fate.bytes);
            }
            if !fate.was_missing {
                self.offered.add(fate.sent, fate.bytes);
            }
            if let Some(arrived) = arrived {
                newest = newest.max(Some(fate.sent));
                self.arrived.add(arrived, fate.bytes);
                self.trend.packet(fate.sent, arrived);
                self.trains.packet(fate.sent, arrived, fate.bytes);
                if !fate.was_missing {
                    let waited = self.trend.waited(fate.sent, arrived);
                    self.slump.packet(fate.sent, fate.bytes, waited, self.estimate);
                }
            }
        }
        if let Some(newest) = newest {
            self.heard_of(newest, micros);
        }
        self.adjust(micros);
    }

    fn heard_of(&mut self, newest: u64, micros: u64) {
        if self.heard.is_none() {
            self.changed = micros;
        }
        let sample = micros - newest;
        self.pace.heard(self.heard.map(|at| micros - at), sample, micros);
        self.heard = Some(micros);
        self.round_trip = Some(self.round_trip.map_or(sample, |known| (known * 7 + sample) / 8));
    }

    fn lower(&mut self, to: f64, micros: u64) {
        self.estimate = to.min(self.estimate).max(LEAST);
        (self.changed, self.lowered, self.known) = (micros, Some(micros), true);
        // Padding is the last thing the way needs now.
        self.probe = None;
    }

    fn since_lowered(&self, micros: u64) -> u64 {
        self.lowered.map_or(u64::MAX, |at| micros - at)
    }

    /// Draws the conclusions of what was reported.
    fn adjust(&mut self, micros: u64) {
        let round_trip = self.round_trip.unwrap_or(100_000);
        self.conclude_probe(round_trip, micros);
        let reaction = round_trip.min(300_000) + 100_000;
        self.overflowing = if self.overflows() { self.overflowing.saturating_add(1) } else { 0 };
        let overuse = self.trend.usage() == Usage::Over || self.overflowing > PASSING;
        let loss = self.losses.judge(micros);
        let slump = self.slump.seen().and_then(|late| self.slumped(late));
        if let Some(carried) = slump
            && self.since_lowered(micros) > reaction
        {
            self.capacity = Some(carried);
            self.lower(carried * BACK_OFF.1, micros);
        } else if overuse && self.since_lowered(micros) > reaction {
            self.back_off(micros);
        } else if let Some(loss) = loss
            && self.since_lowered(micros) > reaction
        {
            self.lower(self.estimate * (1.0 - loss.max(0.0) / 2.0), micros);
        } else if self.trend.usage() == Usage::Normal {
            self.grow(round_trip, micros);
        }
        self.changed = micros;
    }

    /// What a link carries that has become much narrower, whose packets are so many ms late; `None` when it carries
    /// what is sent. Where packets get lost all the time, what arrives says too little.
    fn slumped(&self, late: f64) -> Option<f64> {
        if self.losses.lately() > LOSSY {
            return None;
        }
        let (arrived, offered) = (self.arrived.rate(QUICK)?, self.offered.rate(QUICK)?);
        let narrow = arrived < offered * SLUMP.0 && arrived < self.estimate * SLUMP.0;
        let queued = arrived / 8_000.0 * late > SLUMP.2;
        (narrow && queued).then_some(arrived.max(self.estimate * SLUMP.1))
    }

    /// The link is full: sends a little less than it carries, so that the queue empties.
    fn back_off(&mut self, micros: u64) {
        let queue = self.trend.queue();
        let carried = self.arrived.rate(SHORT).unwrap_or(self.estimate);
        let offered = self.offered.rate(SHORT).unwrap_or(carried);
        if queue < SHORTEST && self.losses.excess() < LOSS.0 && (self.limited() || carried > offered * 0.9) {
            // Everything still arrives as fast as it is sent. Should a queue be growing slowly, it will show.
            self.lower((self.estimate * BACK_OFF.1).max(offered * 1.1), micros);
            return;
        }
        // Where nothing at all arrived for a moment the way stood still: that does not say how narrow it is.
        let carried = carried.max(self.estimate * SLUMP.1);
        self.capacity = Some(carried);
        let share = (0.9 - queue / 1_000.0).clamp(BACK_OFF.0, BACK_OFF.1);
        self.lower(carried * share, micros);
    }

    /// A long queue grows no more because it drops: less arrives than is sent.
    fn overflows(&self) -> bool {
        let (arrived, offered) = (self.arrived.rate(SHORT), self.offered.rate(SHORT));
        self.trend.queue() > STANDING
            && self.trend.usage() != Usage::Under
            && arrived.zip(offered).is_some_and(|(arrived, offered)| arrived < offered * 0.8)
    }

    fn limited(&self) -> bool {
        self.offered.rate(LONG).is_none_or(|rate| rate < self.estimate * LIMITED)
    }

    fn grow(&mut self, round_trip: u64, micros: u64) {
        let empty = self.trend.queue() < EMPTY;
        let lossless = self.losses.excess() < LOSS.0;
        if let Some(arrived) = self.arrived.rate(LONG).filter(|_| empty && lossless) {
            // What comes through without a queue is carried.
            self.estimate = self.estimate.max(arrived).min(MOST);
        }
        if let Some(capacity) = self.capacity
            && empty
            && self.estimate < capacity * BACK_OFF.1
            && self.since_lowered(micros) > round_trip
        {
            // The queue that was to be emptied is.
            self.estimate = capacity * BACK_OFF.1;
            return;
        }
        if self.limited() || !lossless {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "at most a second")]
        let passed = (micros - self.changed).min(1_000_000) as f64 / 1e6;
        let near = self.capacity.is_some_and(|capacity| (0.8..1.2).contains(&(self.estimate / capacity)));
        #[expect(clippy::cast_precision_loss, reason = "a round trip")]
        let grown = if near {
            self.estimate + STEP / (round_trip as f64 / 1e6 + 0.1) * passed
        } else {
            self.estimate * GROWTH.powf(passed)
        };
        let arrived = self.arrived.rate(LONG).unwrap_or(self.estimate);
        if self.capacity.is_some_and(|capacity| arrived > capacity * MARGIN) {
            self.capacity = None;
        }
        self.estimate = grown.min((arrived * 1.5 + 10e3).max(self.estimate)).min(MOST);
    }

    /// Time passed, whether or not something was reported; to be called about every 20 ms.
    pub(in crate::media) fn beat(&mut self, now: Instant) {
        // Where no picture is being sent nobody else would notice that what was under way has arrived.
        self.go_on(false, now);
        let micros = self.latest;
        let round_trip = self.round_trip.unwrap_or(100_000);
        self.conclude_probe(round_trip, micros);
        let Some(heard) = self.heard else { return };
        if micros - heard > SILENCE
            && self.since_lowered(micros) > SILENCE / 2
            && self.history.flying(heard, micros)
        {
            self.lower(self.estimate * BACK_OFF.0, micros);
        }
    }
}

#[cfg(test)]
mod simulation;
