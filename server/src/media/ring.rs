//! The packets of a track kept for forwarding and for NACKs: once, whatever the number of subscribers.

use super::{codec::Picture, packet::Block, rewrite::Epoch};

/// Room of a ring at first, bytes, for each of its places; it grows to what its span takes, up to [`SLOT`] for each.
const LEAN: usize = 128;

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
    /// Where its bytes begin, counted since the ring began.
    start: u64,
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

/// The last packets of one layer of one track, decrypted: those of its span.
#[derive(Debug)]
pub(super) struct Ring {
    slots: Box<[Slot]>,
    bytes: Box<[u8]>,
    next: Position,
    /// The first packet whose bytes are still there.
    oldest: Position,
    /// Bytes taken up since the ring began, those left free at the end of a round included.
    written: u64,
    /// How long packets should stay, in units of their timestamps.
    span: u32,
}

impl Ring {
    /// For so many packets at most, of about so long: `span`, in units of their timestamps.
    #[must_use]
    pub(super) fn new(slots: usize, span: u32) -> Self {
        let slots = slots.max(1);
        Self {
            slots: vec![Slot::default(); slots].into_boxed_slice(),
            bytes: vec![0; (slots * LEAN).max(SLOT)].into_boxed_slice(),
            next: 0,
            oldest: 0,
            written: 0,
            span,
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
        let length = head.len() + payload.len();
        if length > SLOT {
            return None;
        }
        let start = self.clear(length, kept.timestamp);
        let at = self.offset(start);
        let bytes = self.bytes.get_mut(at..at + length)?;
        let (front, back) = bytes.split_at_mut_checked(head.len())?;
        front.copy_from_slice(head);
        back.copy_from_slice(payload);
        *self.slots.get_mut(slot)? = Slot {
            kept,
            start,
            two_byte,
            extensions: u16::try_from(head.len()).ok()?,
            payload: u16::try_from(payload.len()).ok()?,
        };
        self.next += 1;
        self.written = start + length as u64;
        Some(position)
    }

    /// Where the byte of this number lies.
    fn offset(&self, start: u64) -> usize {
        // The remainder is below the length, which is a usize.
        usize::try_from(start % self.bytes.len().max(1) as u64).unwrap_or(0)
    }

    /// Makes room for so many bytes in one piece; gives the number of the first. Forgets the oldest packets for it, or
    /// grows when those are young.
    fn clear(&mut self, length: usize, timestamp: u32) -> u64 {
        loop {
            let (size, at) = (self.bytes.len(), self.offset(self.written));
            let skipped = if at + length > size { size - at } else { 0 };
            let start = self.written + skipped as u64;
            let Some(oldest) = self.slots.get(self.slot(self.oldest)).filter(|_| self.oldest < self.next)
            else {
                return start;
            };
            if self.next - self.oldest >= self.slots.len() as u64 {
                self.oldest += 1;
            } else if oldest.start + size as u64 >= start + length as u64 {
                return start;
            } else if size < self.slots.len() * SLOT
                && timestamp.wrapping_sub(oldest.kept.timestamp) < self.span
            {
                self.grow();
            } else {
                self.oldest += 1;
            }
        }
    }

    fn grow(&mut self) {
        let room = (2 * self.bytes.len()).min(self.slots.len() * SLOT);
        let mut bytes = vec![0; room].into_boxed_slice();
        let mut written = 0;
        for position in self.oldest..self.next {
            let at = self.slot(position);
            let Some(slot) = self.slots.get(at) else { continue };
            let (from, length) =
                (self.offset(slot.start), usize::from(slot.extensions) + usize::from(slot.payload));
            if let (Some(old), Some(new)) =
                (self.bytes.get(from..from + length), bytes.get_mut(written..written + length))
            {
                new.copy_from_slice(old);
            }
            if let Some(slot) = self.slots.get_mut(at) {
                slot.start = written as u64;
            }
            written += length;
        }
        (self.bytes, self.written) = (bytes, written as u64);
    }

    /// The packet at a position, while it is still there.
    #[must_use]
    pub(super) fn get(&self, position: Position) -> Option<Packet<'_>> {
        if position < self.oldest || position >= self.next {
            return None;
        }
        let slot = self.slots.get(self.slot(position))?;
        let extensions = usize::from(slot.extensions);
        let end = extensions + usize::from(slot.payload);
        let bytes = self.bytes.get(self.offset(slot.start)..)?.get(..end)?;
        let (extensions, payload) = bytes.split_at_checked(extensions)?;
        Some(Packet { kept: &slot.kept, extensions, two_byte: slot.two_byte, payload })
    }
}

/// The low half of a position or an index: it says enough of those that are kept.
#[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are what is kept")]
pub(super) fn low(number: u64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(index: u64) -> Kept {
        Kept { index, ..Kept::default() }
    }

    #[test]
    fn a_ring_keeps_the_last_packets() {
        let mut ring = Ring::new(4, 1);
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
        let mut ring = Ring::new(2, 1);
        assert_eq!(ring.push(kept(1), &Block::new(false), &[0; SLOT + 1]), None);
        assert_eq!(ring.push(kept(1), &Block::new(false), &[0; SLOT]), Some(0));
    }

    #[test]
    fn a_ring_grows_to_its_span() {
        let mut ring = Ring::new(64, 1_000);
        let room = ring.bytes.len();
        let frame = |n: u64| {
            let byte = u8::try_from(n % 251).unwrap();
            vec![byte; 700 + usize::from(byte)]
        };
        let packet = |index, timestamp| Kept { index, timestamp, ..Kept::default() };
        // Ten in a second, then fifty.
        for n in 0..100_u64 {
            let now = u32::try_from(n).unwrap() * 100;
            assert_eq!(ring.push(packet(n, now), &Block::new(false), &frame(n)), Some(n));
        }
        assert_eq!(ring.bytes.len(), 2 * room, "what ten packets take");
        for n in 100..1_000_u64 {
            let now = 10_000 + u32::try_from(n).unwrap() * 20;
            assert_eq!(ring.push(packet(n, now), &Block::new(false), &frame(n)), Some(n));
            assert_eq!(ring.get(n).map(|packet| packet.payload), Some(&frame(n)[..]));
        }
        assert!(ring.bytes.len() <= 64 * SLOT);
        let kept = (0..1_000).filter(|n| ring.get(*n).is_some()).count();
        assert!((50..=64).contains(&kept), "{kept}");
        for n in 1_000 - kept as u64..1_000 {
            let packet = ring.get(n).unwrap();
            assert_eq!((packet.kept.index, packet.payload), (n, &frame(n)[..]));
        }
    }

    #[test]
    fn a_position_is_known_by_its_low_half() {
        let mut ring = Ring::new(4, 1);
        ring.next = (1 << 32) + 2;
        assert_eq!(ring.position(1), (1 << 32) + 1);
        assert_eq!(ring.position(u32::MAX), (1 << 32) - 1);
    }
}
