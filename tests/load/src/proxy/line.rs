//! One direction of a bad network, without sockets or clock: says when a datagram comes out, if it does.

use std::time::{Duration, Instant};

/// What a direction does to datagrams. The default lets everything pass at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impairment {
    /// Share of the datagrams that is lost, 0 to 1.
    pub loss: f64,
    pub delay: Duration,
    /// Most that is added to the delay, evenly spread. The order is kept, as on one path.
    pub jitter: Duration,
    /// Share of the datagrams, 0 to 1, held back by [`HELD_BACK`] while others overtake them.
    pub reordering: f64,
    /// Share of the datagrams that come twice, 0 to 1.
    pub duplication: f64,
    /// Of the narrowest place, bit/s with IP and UDP headers. `None`: no limit.
    pub rate: Option<u64>,
    /// Bytes that wait in front of the narrowest place; more are dropped at the tail.
    pub queue: usize,
}

/// How much later than its turn a reordered datagram comes.
pub const HELD_BACK: Duration = Duration::from_millis(10);

/// A router's usual tenth of a second at 5 Mbit/s.
const QUEUE: usize = 64 * 1024;

/// IPv4 and UDP headers.
const HEADERS: usize = 28;

impl Default for Impairment {
    fn default() -> Self {
        Self {
            loss: 0.0,
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            reordering: 0.0,
            duplication: 0.0,
            rate: None,
            queue: QUEUE,
        }
    }
}

/// What becomes of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    Lost,
    /// The queue was full.
    Overflowed,
    Carried {
        at: Instant,
        again: Option<Instant>,
    },
}

/// One direction of one client's network.
#[derive(Clone, Debug)]
pub struct Line {
    impairment: Impairment,
    dice: Dice,
    /// Bytes in front of the narrowest place, and when that was so.
    backlog: (f64, Instant),
    /// When the last datagram in order comes out.
    last: Instant,
}

impl Line {
    /// The same seed and datagrams give the same passages.
    #[must_use]
    pub fn new(impairment: Impairment, seed: u64, now: Instant) -> Self {
        Self { impairment, dice: Dice(seed), backlog: (0.0, now), last: now }
    }

    /// From now on it is like this. What is on its way arrives as it was going to.
    pub fn set(&mut self, impairment: Impairment, now: Instant) {
        self.drain(now);
        self.impairment = impairment;
    }

    /// Takes a datagram with so many bytes of UDP payload.
    pub fn carry(&mut self, bytes: usize, now: Instant) -> Passage {
        let it = self.impairment;
        // Drawn each time, whatever the settings: a change of one does not shift what the others decide.
        let [lost, late, held, doubled] = std::array::from_fn(|_| self.dice.draw());
        self.drain(now);
        if lost < it.loss {
            return Passage::Lost;
        }
        let mut at = now;
        if let Some(rate) = it.rate {
            #[expect(clippy::cast_precision_loss, reason = "sizes and rates are far below 2^52")]
            let (size, rate, queue) = ((bytes + HEADERS) as f64, rate.max(1) as f64, it.queue as f64);
            if self.backlog.0 + size > queue {
                return Passage::Overflowed;
            }
            self.backlog.0 += size;
            at += Duration::from_secs_f64(self.backlog.0 * 8.0 / rate);
        }
        at += it.delay + it.jitter.mul_f64(late);
        if held < it.reordering {
            at += HELD_BACK;
        } else {
            self.last = self.last.max(at);
            at = self.last;
        }
        Passage::Carried { at, again: (doubled < it.duplication).then_some(at) }
    }

    /// What the narrowest place let through since the last look.
    fn drain(&mut self, now: Instant) {
        let (backlog, since) = self.backlog;
        #[expect(clippy::cast_precision_loss, reason = "rates are far below 2^52")]
        let passed = self.impairment.rate.map_or(f64::INFINITY, |rate| {
            now.saturating_duration_since(since).as_secs_f64() * rate as f64 / 8.0
        });
        self.backlog = ((backlog - passed).max(0.0), now);
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and good enough for dice.
#[derive(Clone, Debug)]
struct Dice(u64);

impl Dice {
    /// Evenly from 0 up to, but not including, 1.
    fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let draw = ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        draw
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Ten thousand datagrams of 1,000 bytes, one a millisecond.
    fn passages(impairment: Impairment, seed: u64, start: Instant) -> Vec<Passage> {
        let mut line = Line::new(impairment, seed, start);
        (0..10_000).map(|n| line.carry(1_000, start + MS * n)).collect()
    }

    fn exits(passages: &[Passage]) -> Vec<Instant> {
        let exit = |passage: &Passage| match passage {
            Passage::Carried { at, .. } => Some(*at),
            Passage::Lost | Passage::Overflowed => None,
        };
        passages.iter().filter_map(exit).collect()
    }

    #[test]
    fn a_good_network_changes_nothing() {
        let start = server::clock::instant();
        let passages = passages(Impairment::default(), 1, start);
        for (n, passage) in (0..).zip(passages) {
            assert_eq!(passage, Passage::Carried { at: start + MS * n, again: None });
        }
    }

    #[test]
    fn losses_and_doubles_come_as_often_as_asked_and_by_the_seed() {
        let start = server::clock::instant();
        let bad = Impairment { loss: 0.05, duplication: 0.02, jitter: MS * 20, ..Impairment::default() };
        let first = passages(bad, 7, start);
        let lost = first.iter().filter(|passage| **passage == Passage::Lost).count();
        assert!((430..570).contains(&lost), "{lost} of 10,000 at 5 %");
        let doubled =
            first.iter().filter(|passage| matches!(passage, Passage::Carried { again: Some(_), .. })).count();
        assert!((140..250).contains(&doubled), "{doubled} of 10,000 at 2 %");
        assert_eq!(first, passages(bad, 7, start), "the same seed");
        assert_ne!(first, passages(bad, 8, start), "another seed");
    }

    #[test]
    fn jitter_delays_and_keeps_the_order() {
        let start = server::clock::instant();
        let bad = Impairment { delay: MS * 50, jitter: MS * 30, ..Impairment::default() };
        let exits = exits(&passages(bad, 3, start));
        assert!(exits.is_sorted());
        for (n, at) in (0..).zip(&exits) {
            let delay = at.duration_since(start + MS * n);
            assert!((MS * 50..=MS * 80).contains(&delay), "{delay:?}");
        }
    }

    #[test]
    fn a_reordered_datagram_is_overtaken() {
        let start = server::clock::instant();
        let bad = Impairment { reordering: 0.01, ..Impairment::default() };
        let exits = exits(&passages(bad, 3, start));
        let overtaken = exits.windows(2).filter(|pair| pair[0] > pair[1]).count();
        assert!((50..160).contains(&overtaken), "{overtaken} of 10,000 at 1 %");
    }

    #[test]
    fn the_rate_holds_and_the_queue_is_bounded() {
        let start = server::clock::instant();
        // 8 Mbit/s of payload into 1 Mbit/s.
        let narrow = Impairment { rate: Some(1_000_000), queue: 20_000, ..Impairment::default() };
        let passages = passages(narrow, 1, start);
        let exits = exits(&passages);
        assert!(exits.is_sorted());
        // Ten seconds, and the tail of the queue, at 1 Mbit/s are 1,250,000 bytes of 1,028 each.
        assert!((1_205..1_240).contains(&exits.len()), "{}", exits.len());
        assert_eq!(
            passages.iter().filter(|passage| **passage == Passage::Overflowed).count(),
            10_000 - exits.len()
        );
        for (n, passage) in (0..).zip(&passages) {
            if let Passage::Carried { at, .. } = passage {
                let waited = at.duration_since(start + MS * n);
                assert!(waited <= MS * 160, "20,000 bytes at 1 Mbit/s, not {waited:?}");
            }
        }
    }

    #[test]
    fn a_change_of_rate_meets_what_already_waits() {
        let start = server::clock::instant();
        let wide = Impairment { rate: Some(8_000_000), ..Impairment::default() };
        let mut line = Line::new(wide, 1, start);
        let before = line.carry(972, start);
        assert_eq!(before, Passage::Carried { at: start + MS, again: None });
        line.set(Impairment { rate: Some(80_000), ..wide }, start);
        let after = line.carry(972, start);
        assert_eq!(after, Passage::Carried { at: start + MS * 200, again: None });
    }
}
