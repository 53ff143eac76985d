//! The packets kept for forwarding and for NACKs: once per track, whatever the number of subscribers.
//!
//! A [`Ring`] holds the plaintext, a [`Sent`] says for one subscriber which of its sequence numbers is which
//! packet of the ring. `Sent` also refuses to give one index out twice, the last guard of the nonce rule.

use std::time::{Duration, Instant};

use super::{codec::Picture, packet::Block, rewrite::Epoch};

/// Rewritten extensions and payload of one packet fit in this many bytes.
pub(super) const SLOT: usize = 1536;

/// Where a packet lies in a ring: counts up from 0, never reused.
pub(super) type Position = u64;

/// What a subscriber's copy is made from, besides the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kept {
    pub(super) epoch: Epoch,
    /// The source's index: roll-overs and sequence number.
    pub(super) index: u64,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    /// What added to the timestamp gives the publisher's wall clock in the same units, once it told.
    pub(super) to_wall: Option<u32>,
    pub(super) picture: Picture,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    kept: Kept,
    two_byte: bool,
    extensions: u16,
    payload: u16,
}

/// One packet as it lies in the ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'r> {
    pub(super) kept: &'r Kept,
    pub(super) extensions: &'r [u8],
    pub(super) two_byte: bool,
    pub(super) payload: &'r [u8],
}

/// The last packets of one layer of one track, decrypted.
#[derive(Debug)]
pub(super) struct Ring {
    slots: Box<[Slot]>,
    bytes: Box<[u8]>,
    next: Position,
}

impl Ring {
    #[must_use]
    pub(super) fn new(slots: usize) -> Self {
        let slots = slots.max(1);
        Self {
            slots: vec![Slot::default(); slots].into_boxed_slice(),
            bytes: vec![0; slots * SLOT].into_boxed_slice(),
            next: 0,
        }
    }

    fn slot(&self, position: Position) -> usize {
        // The remainder is below the number of slots, which is a usize.
        usize::try_from(position % self.slots.len() as u64).unwrap_or(0)
    }

    /// The position whose low half this is, the last such.
    #[must_use]
    pub(super) fn position(&self, low_half: u32) -> Position {
        self.next.saturating_sub(u64::from(low(self.next).wrapping_sub(low_half)))
    }

    /// Keeps a packet in place of the oldest; `None` when it is larger than a slot.
    pub(super) fn push(&mut self, kept: Kept, extensions: &Block, payload: &[u8]) -> Option<Position> {
        self.keep(kept, extensions.bytes(), extensions.two_byte(), payload)
    }

    /// The same with extensions that were written before.
    pub(super) fn keep(
        &mut self,
        kept: Kept,
        head: &[u8],
        two_byte: bool,
        payload: &[u8],
    ) -> Option<Position> {
        let (position, slot) = (self.next, self.slot(self.next));
        let end = head.len() + payload.len();
        let bytes = self.bytes.get_mut(slot * SLOT..(slot + 1) * SLOT)?.get_mut(..end)?;
        let (front, back) = bytes.split_at_mut_checked(head.len())?;
        front.copy_from_slice(head);
        back.copy_from_slice(payload);
        *self.slots.get_mut(slot)? = Slot {
            kept,
            two_byte,
            extensions: u16::try_from(head.len()).ok()?,
            payload: u16::try_from(payload.len()).ok()?,
        };
        self.next += 1;
        Some(position)
    }

    /// The packet at a position, while it is still there.
    #[must_use]
    pub(super) fn get(&self, position: Position) -> Option<Packet<'_>> {
        let age = self.next.checked_sub(position)?;
        if age == 0 || age > self.slots.len() as u64 {
            return None;
        }
        let at = self.slot(position);
        let slot = self.slots.get(at)?;
        let extensions = usize::from(slot.extensions);
        let end = extensions + usize::from(slot.payload);
        let bytes = self.bytes.get(at * SLOT..)?.get(..end)?;
        let (extensions, payload) = bytes.split_at_checked(extensions)?;
        Some(Packet { kept: &slot.kept, extensions, two_byte: slot.two_byte, payload })
    }
}

/// How many of the last sent packets a subscriber may ask again. Powers of two.
const PICTURES: usize = 512;
const SOUNDS: usize = 64;
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
    /// Bytes that may be resent.
    credit: usize,
    /// Where that clock began.
    begun: Option<Instant>,
}

#[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are what is kept")]
fn low(number: u64) -> u32 {
    number as u32
}

impl Sent {
    #[must_use]
    pub(super) fn new(video: bool) -> Self {
        let length = if video { PICTURES } else { SOUNDS };
        // No index that belongs into a place: nothing was sent yet.
        let vacant = |place: u32| Entry {
            index: !place,
            position: 0,
            resent: Resent::default(),
            shape: Shape::default(),
        };
        Self {
            entries: (0..).map(vacant).take(length).collect(),
            highest: None,
            credit: ALLOWANCE,
            begun: None,
        }
    }

    fn place(&self, index: u64) -> usize {
        // The remainder is below the length, which is a usize.
        usize::try_from(index % self.entries.len().max(1) as u64).unwrap_or(0)
    }

    /// Takes the index for this packet. `false` when the index was taken before, or is so old that nobody can
    /// tell any more: then the packet must not be sealed.
    #[must_use]
    pub(super) fn claim(&mut self, index: u64, position: Position, shape: Shape) -> bool {
        if self.highest.is_some_and(|highest| index + self.entries.len() as u64 <= highest) {
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

    fn kept(index: u64) -> Kept {
        Kept { index, ..Kept::default() }
    }

    #[test]
    fn a_ring_keeps_the_last_packets() {
        let mut ring = Ring::new(4);
        let mut block = Block::new(false);
        block.push(1, b"level");
        for n in 0..10_u8 {
            assert_eq!(ring.push(kept(n.into()), &block, &[n; 3]), Some(n.into()));
        }
        assert!(ring.get(5).is_none(), "overwritten");
        assert!(ring.get(10).is_none(), "not there yet");
        let packet = ring.get(6).unwrap();
        assert_eq!((packet.kept.index, packet.payload), (6, &[6, 6, 6][..]));
        assert_eq!(packet.extensions, block.bytes());
    }

    #[test]
    fn a_packet_larger_than_a_slot_is_refused() {
        let mut ring = Ring::new(2);
        assert_eq!(ring.push(kept(1), &Block::new(false), &[0; SLOT + 1]), None);
        assert_eq!(ring.push(kept(1), &Block::new(false), &[0; SLOT]), Some(0));
    }

    #[test]
    fn an_index_is_claimed_once() {
        let mut sent = Sent::new(true);
        assert!(sent.claim(1_000, 0, Shape::default()));
        assert!(!sent.claim(1_000, 1, Shape::default()));
        assert!(sent.claim(1_002, 2, Shape::default()));
        assert!(sent.claim(1_001, 3, Shape::default()), "late, but new");
        assert!(sent.claim(1_002 + 512, 4, Shape::default()));
        assert!(!sent.claim(1_002, 5, Shape::default()), "too old to tell");
        assert!(!sent.claim(999, 6, Shape::default()));
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

    #[test]
    fn a_position_is_known_by_its_low_half() {
        let mut ring = Ring::new(4);
        ring.next = (1 << 32) + 2;
        assert_eq!(ring.position(1), (1 << 32) + 1);
        assert_eq!(ring.position(u32::MAX), (1 << 32) - 1);
    }
}
