//! The packets kept for forwarding and for NACKs: once per track, whatever the number of subscribers.
//!
//! A [`Ring`] holds the plaintext, a [`Sent`] says for one subscriber which of its sequence numbers is which
//! packet of the ring. `Sent` also refuses to give one index out twice, the last guard of the nonce rule.

use std::time::{Duration, Instant};

use super::{packet::Block, rewrite::Epoch};

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
    pub(super) keyframe: bool,
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

    /// Keeps a packet in place of the oldest; `None` when it is larger than a slot.
    pub(super) fn push(&mut self, kept: Kept, extensions: &Block, payload: &[u8]) -> Option<Position> {
        let (position, slot) = (self.next, self.slot(self.next));
        let head = extensions.bytes();
        let end = head.len() + payload.len();
        let bytes = self.bytes.get_mut(slot * SLOT..(slot + 1) * SLOT)?.get_mut(..end)?;
        let (front, back) = bytes.split_at_mut_checked(head.len())?;
        front.copy_from_slice(head);
        back.copy_from_slice(payload);
        *self.slots.get_mut(slot)? = Slot {
            kept,
            two_byte: extensions.two_byte(),
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

/// How many of the last sent packets a subscriber may ask again.
pub(super) const REMEMBERED: usize = 512;
/// Resent bytes may be this share of the bytes sent, after a first allowance.
const RATIO_PERCENT: u64 = 15;
const ALLOWANCE: u64 = 64 * 1024;

/// A packet that was sent to a subscriber.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// The subscriber's index of it.
    pub(super) index: u64,
    /// Which ring of the track, and where.
    pub(super) layer: u8,
    pub(super) position: Position,
    pub(super) timestamp: u32,
    resent: Option<Instant>,
}

/// What one subscriber was sent, by its own indexes.
#[derive(Debug)]
pub(super) struct Sent {
    entries: Box<[Option<Entry>]>,
    highest: Option<u64>,
    bytes: u64,
    resent_bytes: u64,
}

impl Default for Sent {
    fn default() -> Self {
        Self { entries: vec![None; REMEMBERED].into(), highest: None, bytes: 0, resent_bytes: 0 }
    }
}

fn entry_slot(index: u64) -> usize {
    usize::try_from(index % REMEMBERED as u64).unwrap_or(0)
}

impl Sent {
    /// Takes the index for this packet. `false` when the index was taken before, or is so old that nobody can
    /// tell any more: then the packet must not be sealed.
    #[must_use]
    pub(super) fn claim(&mut self, index: u64, layer: u8, position: Position, timestamp: u32) -> bool {
        if self.highest.is_some_and(|highest| index + REMEMBERED as u64 <= highest) {
            return false;
        }
        let Some(slot) = self.entries.get_mut(entry_slot(index)) else { return false };
        if slot.is_some_and(|entry| entry.index >= index) {
            return false;
        }
        *slot = Some(Entry { index, layer, position, timestamp, resent: None });
        self.highest = Some(self.highest.map_or(index, |highest| highest.max(index)));
        true
    }

    /// Counts bytes that left, the base of the resend ratio.
    pub(super) fn count(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// The packet behind a sequence number that the subscriber reports lost; `None` when it is unknown, was
    /// resent less than `round_trip` ago, or the subscriber asks for more than its share.
    pub(super) fn resend(&mut self, sequence: u16, round_trip: Duration, now: Instant) -> Option<Entry> {
        let highest = self.highest?;
        #[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are the sequence number")]
        let behind = (highest as u16).wrapping_sub(sequence);
        let index = highest.checked_sub(u64::from(behind))?;
        if self.resent_bytes > ALLOWANCE + self.bytes * RATIO_PERCENT / 100 {
            return None;
        }
        let entry = self.entries.get_mut(entry_slot(index))?.as_mut()?;
        if entry.index != index || entry.resent.is_some_and(|at| now.duration_since(at) < round_trip) {
            return None;
        }
        entry.resent = Some(now);
        Some(*entry)
    }

    /// Counts bytes that left again.
    pub(super) fn count_resent(&mut self, bytes: usize) {
        self.resent_bytes += bytes as u64;
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
        let mut sent = Sent::default();
        assert!(sent.claim(1_000, 0, 0, 0));
        assert!(!sent.claim(1_000, 0, 1, 0));
        assert!(sent.claim(1_002, 0, 2, 0));
        assert!(sent.claim(1_001, 0, 3, 0), "late, but new");
        assert!(sent.claim(1_002 + 512, 0, 4, 0));
        assert!(!sent.claim(1_002, 0, 5, 0), "too old to tell");
        assert!(!sent.claim(999, 0, 6, 0));
    }

    #[test]
    fn nacks_are_answered_once_per_round_trip_and_within_a_share() {
        let now = crate::clock::instant();
        let round_trip = Duration::from_millis(50);
        let mut sent = Sent::default();
        for n in 0..100 {
            assert!(sent.claim(65_500 + n, 1, n, 0));
            sent.count(1_000);
        }
        let entry = sent.resend(65_535, round_trip, now).unwrap();
        assert_eq!((entry.index, entry.layer, entry.position), (65_535, 1, 35));
        assert!(sent.resend(65_535, round_trip, now + round_trip / 2).is_none(), "too soon");
        assert_eq!(sent.resend(3, round_trip, now).map(|entry| entry.index), Some(65_539), "wrapped");
        assert!(sent.resend(65_535, round_trip, now + round_trip).is_some());
        assert!(sent.resend(200, round_trip, now).is_none(), "never sent");
        sent.count_resent(100_000);
        assert!(sent.resend(10, round_trip, now).is_none(), "more than its share");
    }
}
