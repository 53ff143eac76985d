//! What a subscriber was sent: which of its sequence numbers is which packet of a [`Ring`](super::ring::Ring).
//!
//! [`Sent`] also refuses to give one index out twice, the last guard of the nonce rule.

use std::time::{Duration, Instant};

use super::ring::{Position, low};

/// How many of the last sent packets a subscriber may ask again: at first, and after it asked for older ones. Powers of
/// two.
const PICTURES: usize = 128;
const SOUNDS: usize = 32;
const MOST: usize = 512;
/// Resent bytes may be this share of the bytes sent lately: each sent byte earns so much…
const RATIO_PERCENT: usize = 15;
/// …up to this, which is also there at the start: what two seconds of a good picture earn.
const ALLOWANCE: usize = 128 * 1024;

/// A packet that was sent to a subscriber. Kept small: a fan-out writes one for every subscriber and packet. The low
/// halves of index and position say enough, for only the last few are here.
#[derive(Clone, Copy, Debug)]
struct Entry {
    index: u32,
    position: u32,
    resent: Resent,
    shape: Shape,
}

/// How often a packet was resent, in the two lower bits, and when last, in units of 4 ms of a clock of 14 bits.
#[derive(Clone, Copy, Debug, Default)]
struct Resent(u16);

impl Resent {
    /// Each copy is lost as rarely as the first one. Some clients ask again and again for what they have received.
    const MOST: u32 = 3;

    /// Counts another copy at `clock` milliseconds; `None` when there were enough, or the last one may still be on its
    /// way: after the second copy twice as long is waited.
    fn again(self, clock: u128, round_trip: Duration) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "the low 14 bits are what is kept")]
        let clock = (clock / 4) as u16 & 0x3fff;
        let copies = u32::from(self.0 & 3);
        let passed = clock.wrapping_sub(self.0 >> 2) & 0x3fff;
        let early = copies > 0 && u128::from(passed) * 4 < round_trip.as_millis() << (copies - 1);
        (copies < Self::MOST && !early).then_some(Self(clock << 2 | ((self.0 & 3) + 1)))
    }
}

/// How a subscriber's copy of a packet was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Which ring of the track it is from.
    pub(super) layer: u8,
    /// Which run of the subscription it belongs to.
    pub(super) run: u16,
    /// By how much its picture id was lowered.
    pub(super) id_by: u16,
    /// It ended its picture.
    pub(super) marker: bool,
}

/// A packet that a subscriber may have again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Copied {
    /// The subscriber's index of it.
    pub(super) index: u64,
    /// Where in its ring: see [`Ring::position`].
    pub(super) position: u32,
    pub(super) shape: Shape,
}

/// What one subscriber was sent, by its own indexes.
#[derive(Debug)]
pub(super) struct Sent {
    entries: Box<[Entry]>,
    highest: Option<u64>,
    /// Of the indexes below, nobody can tell any more whether they were taken.
    floor: u64,
    /// Bytes that may be resent.
    credit: usize,
    /// Where that clock began.
    begun: Option<Instant>,
}

impl Sent {
    #[must_use]
    pub(super) fn new(video: bool) -> Self {
        let length = if video { PICTURES } else { SOUNDS };
        Self { entries: Self::vacant(length), highest: None, floor: 0, credit: ALLOWANCE, begun: None }
    }

    /// So many entries, each with an index that does not belong into its place.
    fn vacant(length: usize) -> Box<[Entry]> {
        let vacant = |place: u32| Entry {
            index: !place,
            position: 0,
            resent: Resent::default(),
            shape: Shape::default(),
        };
        (0..).map(vacant).take(length).collect()
    }

    /// Remembers twice as much from now on.
    fn grow(&mut self, highest: u64) {
        let length = self.entries.len();
        let mut larger = Self { entries: Self::vacant(2 * length), ..*self };
        larger.floor = self.floor.max((highest + 1).saturating_sub(length as u64));
        for index in larger.floor..=highest {
            let (from, to) = (self.place(index), larger.place(index));
            if let Some(entry) = self.entries.get(from).filter(|entry| entry.index == low(index))
                && let Some(place) = larger.entries.get_mut(to)
            {
                *place = *entry;
            }
        }
        *self = larger;
    }

    fn place(&self, index: u64) -> usize {
        // The remainder is below the length, which is a usize.
        usize::try_from(index % self.entries.len().max(1) as u64).unwrap_or(0)
    }

    /// Takes the index for this packet. `false` when the index was taken before, or is so old that nobody can
    /// tell any more: then the packet must not be sealed.
    #[must_use]
    pub(super) fn claim(&mut self, index: u64, position: Position, shape: Shape) -> bool {
        let old = |highest| index + self.entries.len() as u64 <= highest;
        if index < self.floor || self.highest.is_some_and(old) {
            return false;
        }
        let place = self.place(index);
        let Some(entry) = self.entries.get_mut(place) else { return false };
        if entry.index == low(index) {
            return false;
        }
        *entry = Entry { index: low(index), position: low(position), resent: Resent::default(), shape };
        self.highest = Some(self.highest.map_or(index, |highest| highest.max(index)));
        true
    }

    /// Counts bytes that left, the base of the resend ratio.
    pub(super) fn count(&mut self, bytes: usize) {
        self.credit = (self.credit + bytes * RATIO_PERCENT / 100).min(ALLOWANCE);
    }

    /// The packet behind a sequence number that the subscriber reports lost; `None` when it is unknown, was
    /// resent less than `round_trip` ago or often enough, or the subscriber asks for more than its share.
    pub(super) fn resend(&mut self, sequence: u16, round_trip: Duration, now: Instant) -> Option<Copied> {
        let highest = self.highest?;
        #[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are the sequence number")]
        let behind = (highest as u16).wrapping_sub(sequence);
        let index = highest.checked_sub(u64::from(behind))?;
        if self.credit == 0 {
            return None;
        }
        if usize::from(behind) >= self.entries.len() {
            if usize::from(behind) < MOST && self.entries.len() < MOST {
                self.grow(highest);
            }
            return None;
        }
        let begun = *self.begun.get_or_insert(now);
        let place = self.place(index);
        let entry = self.entries.get_mut(place).filter(|entry| entry.index == low(index))?;
        entry.resent = entry.resent.again(now.duration_since(begun).as_millis(), round_trip)?;
        Some(Copied { index, position: entry.position, shape: entry.shape })
    }

    /// Counts bytes that left again.
    pub(super) fn count_resent(&mut self, bytes: usize) {
        self.credit = self.credit.saturating_sub(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_claimed_once() {
        let mut sent = Sent::new(true);
        assert!(sent.claim(1_000, 0, Shape::default()));
        assert!(!sent.claim(1_000, 1, Shape::default()));
        assert!(sent.claim(1_002, 2, Shape::default()));
        assert!(sent.claim(1_001, 3, Shape::default()), "late, but new");
        assert!(sent.claim(1_002 + 128, 4, Shape::default()));
        assert!(!sent.claim(1_002, 5, Shape::default()), "too old to tell");
        assert!(!sent.claim(999, 6, Shape::default()));
    }

    #[test]
    fn who_asks_for_older_packets_can_have_more_of_them() {
        let mut sent = Sent::new(true);
        let now = crate::clock::instant();
        let taken = |sent: &mut Sent, index| sent.claim(index, index, Shape::default());
        assert!((0..300).all(|index| index == 290 || taken(&mut sent, index)));
        assert!(sent.resend(100, Duration::ZERO, now).is_none(), "forgotten");
        assert_eq!(sent.entries.len(), 256);
        assert!(!(100..=299).any(|index| index != 290 && taken(&mut sent, index)), "an index is taken once");
        assert!(taken(&mut sent, 290), "late, but new");
        assert!((300..500).all(|index| taken(&mut sent, index)));
        assert_eq!(sent.resend(280, Duration::ZERO, now).map(|copied| copied.index), Some(280));
        assert!(sent.resend(9, Duration::ZERO, now).is_none());
        for index in 500..5_000 {
            assert!(taken(&mut sent, index));
            sent.resend(u16::try_from(index - 300).unwrap(), Duration::ZERO, now);
        }
        assert_eq!(sent.entries.len(), MOST);
        assert!(!taken(&mut sent, 4_999 - 200));
    }

    #[test]
    fn the_first_index_of_every_place_is_free() {
        for video in [true, false] {
            let mut sent = Sent::new(video);
            for index in 0..1_000 {
                assert!(sent.claim(index, index, Shape::default()), "{index}");
            }
        }
    }

    /// Of the clock of copies.
    const STEP: Duration = Duration::from_millis(4);

    #[test]
    fn nacks_are_answered_once_per_round_trip_and_within_a_share() {
        let now = crate::clock::instant();
        let round_trip = Duration::from_millis(50);
        let mut sent = Sent::new(true);
        for n in 0..100 {
            assert!(sent.claim(65_500 + n, (1 << 32) + n, Shape { layer: 1, ..Shape::default() }));
            sent.count(1_000);
        }
        let copied = sent.resend(65_535, round_trip, now).unwrap();
        assert_eq!((copied.index, copied.shape.layer, copied.position), (65_535, 1, 35));
        assert!(sent.resend(65_535, round_trip, now + round_trip / 2).is_none(), "too soon");
        assert_eq!(sent.resend(3, round_trip, now).map(|copied| copied.index), Some(65_539), "wrapped");
        assert!(sent.resend(65_535, round_trip, now + round_trip + STEP).is_some());
        assert!(
            sent.resend(65_535, round_trip, now + 2 * round_trip + STEP).is_none(),
            "longer after the second"
        );
        assert!(sent.resend(65_535, round_trip, now + 4 * round_trip).is_some());
        assert!(sent.resend(65_535, round_trip, now + 99 * round_trip).is_none(), "often enough");
        assert!(sent.resend(200, round_trip, now).is_none(), "never sent");
        sent.count_resent(ALLOWANCE);
        assert!(sent.resend(10, round_trip, now).is_none(), "more than its share");
        // However much was sent before: what counts is what is sent lately.
        sent.count(10_000);
        assert!(sent.resend(10, round_trip, now).is_some());
        sent.count_resent(1_500);
        assert!(sent.resend(11, round_trip, now).is_none());
    }
}
