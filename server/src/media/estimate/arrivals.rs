//! When the packets of one publisher arrived, to be told to its browser, which estimates what it may send.

use std::time::{Duration, Instant};

use super::message::{self, LONGEST, TICK, Title};

/// Packets remembered: a second of the fastest publisher.
const REMEMBERED: u64 = 1024;
/// Between two messages, while many packets come.
const OFTEN: Duration = Duration::from_millis(60);
const MANY: u32 = 8;
/// Between two messages otherwise.
const SELDOM: Duration = Duration::from_millis(100);

/// The arrivals on one connection by transport-wide sequence number.
#[derive(Debug)]
pub(in crate::media) struct Arrivals {
    /// One more than the tick of arrival; 0 where nothing arrived.
    ticks: Box<[u32]>,
    /// Ticks count from here.
    since: Instant,
    /// One past the highest index seen; an index is a sequence number with its roll-overs, one roll-over up.
    next: Option<u64>,
    /// The first index to tell of.
    begin: u64,
    /// Arrivals not told yet.
    untold: u32,
    told: Instant,
    number: u8,
    /// An SSRC of the publisher: messages name one, though they are about all.
    ssrc: u32,
}

impl Arrivals {
    #[must_use]
    pub(in crate::media) fn new(now: Instant) -> Self {
        Self {
            ticks: vec![0; usize::try_from(REMEMBERED).unwrap_or(0)].into_boxed_slice(),
            since: now,
            next: None,
            begin: 0,
            untold: 0,
            told: now,
            number: 0,
            ssrc: 0,
        }
    }

    fn slot(&mut self, index: u64) -> Option<&mut u32> {
        self.ticks.get_mut(usize::try_from(index % REMEMBERED).ok()?)
    }

    /// Takes note of a packet.
    pub(in crate::media) fn arrived(&mut self, sequence: u16, ssrc: u32, now: Instant) {
        let next = *self.next.get_or_insert_with(|| {
            self.begin = (1 << 16) + u64::from(sequence);
            self.begin
        });
        #[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are the sequence number")]
        let ahead = i64::from(sequence.wrapping_sub(next as u16).cast_signed());
        let Some(index) = next.checked_add_signed(ahead) else { return };
        if index + REMEMBERED < next {
            return;
        }
        if index >= next {
            if index - next >= REMEMBERED {
                self.ticks.fill(0);
            } else {
                for passed in next..index {
                    self.slot(passed).into_iter().for_each(|slot| *slot = 0);
                }
            }
            self.next = Some(index + 1);
            self.begin = self.begin.max((index + 1).saturating_sub(REMEMBERED));
        }
        // Who comes late is told of once more, with everything since.
        self.begin = self.begin.min(index);
        self.ssrc = ssrc;
        let micros = now.duration_since(self.since).as_micros();
        let tick = u32::try_from(micros / u128::from(TICK) + 1).unwrap_or(u32::MAX);
        if let Some(slot) = self.slot(index) {
            *slot = tick;
            self.untold += 1;
        }
    }

    /// Whether a message is due.
    #[must_use]
    pub(in crate::media) fn due(&self, now: Instant) -> bool {
        let spacing = if self.untold >= MANY { OFTEN } else { SELDOM };
        self.untold > 0 && now.duration_since(self.told) >= spacing
    }

    /// Writes the next message (an RTCP packet, unencrypted) and gives its length; `None` when everything was told.
    /// `sender` is our SSRC. `out` needs [`Arrivals::LONGEST`] bytes.
    pub(in crate::media) fn tell(&mut self, sender: u32, out: &mut [u8], now: Instant) -> Option<usize> {
        let next = self.next?;
        // Nothing is told of a hole before anything after it arrived.
        let first = (self.begin..next).find(|index| self.at(*index).is_some());
        let Some(first) = first else {
            (self.begin, self.untold, self.told) = (next, 0, now);
            return None;
        };
        if first - self.begin >= message::MOST as u64 / 2 {
            self.begin = first;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are the sequence number")]
        let title = Title { sender, media: self.ssrc, number: self.number, base: self.begin as u16 };
        let (len, covered) = message::write(out, &title, (self.begin..next).map(|index| self.at(index)))?;
        self.begin += covered as u64;
        self.number = self.number.wrapping_add(1);
        if self.begin >= next {
            (self.untold, self.told) = (0, now);
        }
        Some(len)
    }

    /// Room that a message always fits in.
    pub(in crate::media) const LONGEST: usize = LONGEST;

    fn at(&self, index: u64) -> Option<u64> {
        let slot = self.ticks.get(usize::try_from(index % REMEMBERED).ok()?)?;
        slot.checked_sub(1).map(u64::from)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::message::Message, *};

    fn told(arrivals: &mut Arrivals, now: Instant) -> Vec<(u16, Option<u64>)> {
        let mut out = [0; Arrivals::LONGEST];
        let Some(len) = arrivals.tell(1, &mut out, now) else { return Vec::new() };
        Message::read(&out[..len], 1024).unwrap().statuses().collect()
    }

    #[test]
    fn every_arrival_is_told_once_with_the_holes_between() {
        let start = crate::clock::instant();
        let at = |ms| start + Duration::from_millis(ms);
        let mut arrivals = Arrivals::new(start);
        arrivals.arrived(65_534, 7, at(10));
        arrivals.arrived(1, 7, at(11));
        assert!(!arrivals.due(at(99)) && arrivals.due(at(100)));
        let expected = [(65_534, Some(40)), (65_535, None), (0, None), (1, Some(44))];
        assert_eq!(told(&mut arrivals, at(100)), expected);
        assert!(told(&mut arrivals, at(100)).is_empty() && !arrivals.due(at(300)));
        // What comes late is told with everything since.
        arrivals.arrived(2, 7, at(110));
        arrivals.arrived(0, 7, at(111));
        assert_eq!(told(&mut arrivals, at(200)), [(0, Some(444)), (1, Some(44)), (2, Some(440))]);
    }

    #[test]
    fn a_busy_publisher_hears_often_and_of_everything() {
        let start = crate::clock::instant();
        let mut arrivals = Arrivals::new(start);
        for n in 0..600_u16 {
            arrivals.arrived(n, 7, start + Duration::from_micros(u64::from(n) * 100));
        }
        assert!(arrivals.due(start + OFTEN));
        let mut heard = Vec::new();
        for _ in 0..3 {
            heard.extend(told(&mut arrivals, start + OFTEN));
        }
        assert_eq!(heard.len(), 600);
        assert!(heard.iter().all(|(_, arrival)| arrival.is_some()));
        assert!(!arrivals.due(start + OFTEN * 3));
    }

    #[test]
    fn jumps_are_survived() {
        let start = crate::clock::instant();
        let mut arrivals = Arrivals::new(start);
        for sequence in [5, 20_000, 19_990, 20_001, 40_000, 3] {
            arrivals.arrived(sequence, 7, start);
        }
        let heard = told(&mut arrivals, start);
        assert_eq!(heard.first(), Some(&(3, Some(0))), "the newest, not what was long before");
        assert_eq!(told(&mut arrivals, start), []);
        // An old one does not lead back.
        arrivals.arrived(60_000, 7, start);
        assert_eq!(told(&mut arrivals, start), []);
    }
}
