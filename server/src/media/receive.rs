//! What arrives of one source: which packets are new, which are missing, and how well it goes.
//!
//! RFC 3550 §6.4.1 and appendix A (loss, jitter), RFC 4585 §6.2.1 (NACK).

use std::time::{Duration, Instant};

/// Packets older than this many behind the newest are not accepted any more.
const WINDOW: u64 = 1024;
const WORDS: usize = (WINDOW / 64) as usize;
/// A jump further than this is a restart of the source, RFC 3550 appendix A.1 (MAX_DROPOUT).
const MAX_JUMP: i32 = 3000;
/// More holes than this are not worth asking for: a keyframe is cheaper.
const MAX_MISSING: usize = 256;
const MAX_TRIES: u8 = 10;
const FIRST_ROUND_TRIP: Duration = Duration::from_millis(60);
const MIN_ROUND_TRIP: Duration = Duration::from_millis(20);
const MAX_ROUND_TRIP: Duration = Duration::from_millis(500);

/// What a packet is to its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Seen for the first time; the index counts roll-overs.
    New { index: u64 },
    /// The source began anew (first packet, or a jump); what came before has no relation to it.
    Restart { index: u64 },
    /// Seen before, or too old to tell.
    Old,
}

#[derive(Clone, Copy, Debug)]
struct Missing {
    index: u64,
    tries: u8,
    asked: Option<Instant>,
}

/// One reception report block's worth of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reception {
    pub(super) fraction_lost: u8,
    /// At most 2^23 - 1, as the field is 24 bits and signed.
    pub(super) total_lost: u32,
    pub(super) highest: u32,
    /// In timestamp units.
    pub(super) jitter: u32,
    /// Middle 32 bits of the last sender report's NTP time, 0 when there was none.
    pub(super) last_report: u32,
    /// Since that report, in 1/65536 s.
    pub(super) delay: u32,
}

/// A sender report as it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SenderClock {
    pub(super) ntp: u64,
    pub(super) rtp: u32,
    pub(super) at: Instant,
}

/// The reception state of one source (one SSRC; its RTX recoveries count as arrivals of it).
#[derive(Debug)]
pub(super) struct Receive {
    started: bool,
    highest: u64,
    first: u64,
    /// Bit `index % WINDOW` says whether the packet arrived.
    seen: [u64; WORDS],
    /// Sorted by index.
    missing: Vec<Missing>,
    gave_up: bool,
    round_trip: Duration,
    received: u64,
    expected_before: u64,
    received_before: u64,
    jitter: f64,
    transit: Option<(Instant, u32)>,
    clock_rate: u32,
    clock: Option<SenderClock>,
}

impl Receive {
    /// `clock_rate` in Hz, for jitter.
    #[must_use]
    pub(super) fn new(clock_rate: u32) -> Self {
        Self {
            started: false,
            highest: 0,
            first: 0,
            seen: [0; WORDS],
            missing: Vec::with_capacity(MAX_MISSING),
            gave_up: false,
            round_trip: FIRST_ROUND_TRIP,
            received: 0,
            expected_before: 0,
            received_before: 0,
            jitter: 0.0,
            transit: None,
            clock_rate,
            clock: None,
        }
    }

    fn bit(&mut self, index: u64) -> (Option<&mut u64>, u64) {
        let at = index % WINDOW;
        (self.seen.get_mut(usize::try_from(at / 64).unwrap_or(0)), 1 << (at % 64))
    }

    fn mark(&mut self, index: u64) {
        if let (Some(word), bit) = self.bit(index) {
            *word |= bit;
        }
    }

    fn clear(&mut self, index: u64) {
        if let (Some(word), bit) = self.bit(index) {
            *word &= !bit;
        }
    }

    fn marked(&mut self, index: u64) -> bool {
        matches!(self.bit(index), (Some(word), bit) if *word & bit != 0)
    }

    /// Takes note of a packet. `recovered`: it came by RTX, so it may fill holes but not move the source about.
    pub(super) fn packet(&mut self, sequence: u16, recovered: bool, now: Instant) -> Arrival {
        if !self.started {
            return if recovered { Arrival::Old } else { self.restart(sequence) };
        }
        #[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are the sequence number")]
        let jump = i32::from(sequence.wrapping_sub(self.highest as u16).cast_signed());
        if jump > 0 {
            if jump > MAX_JUMP {
                return if recovered { Arrival::Old } else { self.restart(sequence) };
            }
            return self.advance(u64::from(jump.unsigned_abs()));
        }
        let behind = u64::from(jump.unsigned_abs());
        if behind >= WINDOW {
            return if recovered || jump > -MAX_JUMP { Arrival::Old } else { self.restart(sequence) };
        }
        let Some(index) = self.highest.checked_sub(behind) else { return Arrival::Old };
        if index < self.first || self.marked(index) {
            return Arrival::Old;
        }
        self.mark(index);
        self.received += 1;
        self.found(index, now);
        Arrival::New { index }
    }

    /// Begins anew at this sequence number, one roll-over up so that indexes before it exist.
    fn restart(&mut self, sequence: u16) -> Arrival {
        let index = (1 << 16) + u64::from(sequence);
        *self = Self {
            started: true,
            highest: index,
            first: index,
            received: 1,
            round_trip: self.round_trip,
            clock: self.clock,
            missing: std::mem::take(&mut self.missing),
            ..Self::new_without_buffers(self.clock_rate)
        };
        self.missing.clear();
        self.mark(index);
        Arrival::Restart { index }
    }

    fn new_without_buffers(clock_rate: u32) -> Self {
        Self { missing: Vec::new(), ..Self::new(clock_rate) }
    }

    fn advance(&mut self, jump: u64) -> Arrival {
        let index = self.highest + jump;
        // What is out of the window already cannot be recovered.
        let oldest = index.saturating_sub(WINDOW - 1).max(self.highest + 1);
        if oldest > self.highest + 1 {
            self.seen = [0; WORDS];
            self.gave_up = true;
        }
        for passed in oldest..index {
            self.clear(passed);
            if self.missing.len() < MAX_MISSING {
                self.missing.push(Missing { index: passed, tries: 0, asked: None });
            } else {
                self.gave_up = true;
            }
        }
        self.highest = index;
        self.mark(index);
        self.received += 1;
        Arrival::New { index }
    }

    fn found(&mut self, index: u64, now: Instant) {
        if let Ok(at) = self.missing.binary_search_by_key(&index, |missing| missing.index) {
            let missing = self.missing.remove(at);
            // Only the first request tells how long an answer takes.
            if let (1, Some(asked)) = (missing.tries, missing.asked) {
                let sample = now.duration_since(asked).clamp(MIN_ROUND_TRIP, MAX_ROUND_TRIP);
                self.round_trip = (self.round_trip * 7 + sample) / 8;
            }
        }
    }

    /// Forgets the holes, for a source whose packets nobody needs any more.
    pub(super) fn forgive(&mut self) {
        self.missing.clear();
        self.gave_up = false;
    }

    /// The newest index seen.
    #[must_use]
    pub(super) fn highest(&self) -> u64 {
        self.highest
    }

    /// Adds the sequence numbers to ask for now to `out`.
    pub(super) fn ask(&mut self, now: Instant, out: &mut Vec<u16>) {
        let (round_trip, oldest) = (self.round_trip, self.highest.saturating_sub(WINDOW - 1));
        let mut gave_up = false;
        self.missing.retain_mut(|missing| {
            if missing.asked.is_some_and(|asked| now.duration_since(asked) < round_trip) {
                return true;
            }
            if missing.tries >= MAX_TRIES || missing.index < oldest {
                gave_up = true;
                return false;
            }
            missing.tries += 1;
            missing.asked = Some(now);
            #[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are the sequence number")]
            out.push(missing.index as u16);
            true
        });
        self.gave_up |= gave_up;
    }

    /// Whether packets were given up since the last call: a decoder needs a keyframe now.
    pub(super) fn gave_up(&mut self) -> bool {
        std::mem::take(&mut self.gave_up)
    }

    /// Updates the jitter by a packet that came at first hand, RFC 3550 §6.4.1.
    pub(super) fn time(&mut self, timestamp: u32, now: Instant) {
        if let Some((at, before)) = self.transit {
            let arrival = now.duration_since(at).as_secs_f64() * f64::from(self.clock_rate);
            let sending = f64::from(timestamp.wrapping_sub(before).cast_signed());
            let deviation = (arrival - sending).abs();
            // A minute of deviation is a restarted clock, not jitter.
            if deviation < 60.0 * f64::from(self.clock_rate) {
                self.jitter += (deviation - self.jitter) / 16.0;
            }
        }
        self.transit = Some((now, timestamp));
    }

    /// Takes note of the publisher's sender report.
    pub(super) fn sender_report(&mut self, ntp: u64, rtp: u32, now: Instant) {
        self.clock = Some(SenderClock { ntp, rtp, at: now });
    }

    /// The publisher's clock as it last told it.
    #[must_use]
    pub(super) fn clock(&self) -> Option<SenderClock> {
        self.clock
    }

    /// The figures for a report block; the fraction covers the time since the last call. `None` before the
    /// first packet.
    pub(super) fn report(&mut self, now: Instant) -> Option<Reception> {
        if !self.started {
            return None;
        }
        let expected = self.highest - self.first + 1;
        let (expected_now, received_now) =
            (expected - self.expected_before, self.received.saturating_sub(self.received_before));
        let lost_now = expected_now.saturating_sub(received_now);
        self.expected_before = expected;
        self.received_before = self.received;
        let fraction = (lost_now * 256).checked_div(expected_now).unwrap_or(0).min(255);
        let (last_report, delay) = self.clock.map_or((0, 0), |clock| {
            let delay = now.duration_since(clock.at).as_micros() * 65_536 / 1_000_000;
            (middle(clock.ntp), u32::try_from(delay).unwrap_or(u32::MAX))
        });
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "jitter is small and positive"
        )]
        let jitter = self.jitter as u32;
        Some(Reception {
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            total_lost: u32::try_from(expected.saturating_sub(self.received)).unwrap_or(0).min((1 << 23) - 1),
            #[expect(clippy::cast_possible_truncation, reason = "the field holds the low 32 bits")]
            highest: (self.highest - (1 << 16)) as u32,
            jitter,
            last_report,
            delay,
        })
    }
}

/// The middle 32 bits of an NTP timestamp, as reports quote it.
#[must_use]
pub(super) fn middle(ntp: u64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the middle is what is wanted")]
    let middle = (ntp >> 16) as u32;
    middle
}

#[cfg(test)]
mod tests;
