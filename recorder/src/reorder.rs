//! Puts packets back in order. Pure: arrival times come in, nothing is read from a clock.
//!
//! A hole is waited for (its packet may be retransmitted) until 256 packets or one second are held behind it;
//! then it is declared lost and the reader told how wide it was.

use std::collections::BTreeMap;

/// Packets held behind a hole before it is given up.
const MOST_HELD: usize = 256;
/// Longest wait for a hole, in µs.
const LONGEST_WAIT_US: u64 = 1_000_000;
/// Consecutive packets from far behind after which the sender is taken to have started again.
const RESTART_RUN: u16 = 64;

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Held,
    /// Already held or already handed on.
    Duplicate,
    /// Its place had been given up.
    Late,
}

/// The next packet in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Next<T> {
    /// Packets lost just before this one.
    pub(crate) missing: u64,
    /// Sequence number without wrap, strictly growing from one packet to the next.
    pub(crate) seq: u64,
    pub(crate) arrival_us: u64,
    pub(crate) item: T,
}

/// The reorder buffer of one RTP source.
#[derive(Debug)]
pub(crate) struct Reorder<T> {
    /// The extended sequence number to hand on next; `None` before the first packet.
    next: Option<u64>,
    highest: u64,
    held: BTreeMap<u64, (u64, T)>,
    late_run: u16,
    late_seq: u16,
}

impl<T> Default for Reorder<T> {
    fn default() -> Self {
        Self { next: None, highest: 0, held: BTreeMap::new(), late_run: 0, late_seq: 0 }
    }
}

impl<T> Reorder<T> {
    /// Takes a packet that arrived at `arrival_us`.
    pub(crate) fn push(&mut self, arrival_us: u64, seq: u16, item: T) -> Verdict {
        let Some(next) = self.next else {
            // Room below zero for a late packet, so that the extended numbers never go negative.
            let first = u64::from(seq) + (1 << 16);
            self.next = Some(first);
            self.highest = first;
            self.held.insert(first, (arrival_us, item));
            return Verdict::Held;
        };
        let extended = self.extend(seq);
        if extended < next {
            return self.late(arrival_us, seq, extended, item);
        }
        self.late_run = 0;
        if self.held.contains_key(&extended) {
            return Verdict::Duplicate;
        }
        self.highest = self.highest.max(extended);
        self.held.insert(extended, (arrival_us, item));
        Verdict::Held
    }

    /// The next packet, if its turn has come at `now_us`. Call until `None`.
    pub(crate) fn pop(&mut self, now_us: u64) -> Option<Next<T>> {
        let next = self.next?;
        let first = *self.held.keys().next()?;
        if first != next && !self.hole_is_given_up(now_us) {
            return None;
        }
        self.take_first(next)
    }

    /// The next packet whatever is missing before it: the source has ended.
    pub(crate) fn flush(&mut self) -> Option<Next<T>> {
        let next = self.next?;
        self.take_first(next)
    }

    fn take_first(&mut self, next: u64) -> Option<Next<T>> {
        let (seq, (arrival_us, item)) = self.held.pop_first()?;
        self.next = Some(seq + 1);
        Some(Next { missing: seq.saturating_sub(next), seq, arrival_us, item })
    }

    fn hole_is_given_up(&self, now_us: u64) -> bool {
        self.held.len() > MOST_HELD
            || self
                .held
                .values()
                .map(|(arrival, _)| *arrival)
                .min()
                .is_some_and(|oldest| now_us >= oldest + LONGEST_WAIT_US)
    }

    fn extend(&self, seq: u16) -> u64 {
        // The low 16 bits of the highest number; the difference is read as signed (RFC 3550 A.1).
        let low = (self.highest & 0xffff) as u16;
        let distance = i64::from(seq.wrapping_sub(low).cast_signed());
        self.highest.saturating_add_signed(distance)
    }

    fn late(&mut self, arrival_us: u64, seq: u16, extended: u64, item: T) -> Verdict {
        self.late_run = if seq == self.late_seq.wrapping_add(1) { self.late_run + 1 } else { 1 };
        self.late_seq = seq;
        if self.late_run >= RESTART_RUN {
            // Keep counting upwards: the same low 16 bits, one cycle further on.
            let restarted = extended + (1 << 16);
            self.held.clear();
            self.late_run = 0;
            self.highest = restarted;
            self.held.insert(restarted, (arrival_us, item));
            return Verdict::Held;
        }
        if self.highest - extended <= MOST_HELD as u64 { Verdict::Duplicate } else { Verdict::Late }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drain(reorder: &mut Reorder<u32>, now_us: u64) -> Vec<(u64, u32)> {
        std::iter::from_fn(|| reorder.pop(now_us)).map(|next| (next.missing, next.item)).collect()
    }

    #[test]
    fn a_swap_over_the_wrap_is_put_right() {
        let mut reorder = Reorder::default();
        for (seq, item) in [(65_534, 1), (0, 3), (65_535, 2), (1, 4)] {
            reorder.push(0, seq, item);
        }
        assert_eq!(drain(&mut reorder, 0), [(0, 1), (0, 2), (0, 3), (0, 4)]);
    }

    #[test]
    fn a_hole_is_waited_for_one_second() {
        let mut reorder = Reorder::default();
        reorder.push(0, 10, 10);
        reorder.push(5_000, 12, 12);
        assert_eq!(drain(&mut reorder, 1_004_999), [(0, 10)]);
        assert_eq!(drain(&mut reorder, 1_005_000), [(1, 12)]);
        assert_eq!(reorder.push(1_006_000, 11, 11), Verdict::Duplicate);
    }

    #[test]
    fn a_hole_is_given_up_after_256_packets() {
        let mut reorder = Reorder::default();
        reorder.push(0, 0, 0);
        for seq in 2..=257u16 {
            reorder.push(0, seq, u32::from(seq));
        }
        assert_eq!(drain(&mut reorder, 0).len(), 1);
        reorder.push(0, 258, 258);
        assert_eq!(drain(&mut reorder, 0).len(), 257);
    }

    #[test]
    fn a_sender_that_starts_again_is_followed() {
        let mut reorder = Reorder::default();
        reorder.push(0, 30_000, 0);
        drain(&mut reorder, 0);
        for seq in 5_000..5_000 + RESTART_RUN {
            reorder.push(0, seq, u32::from(seq));
        }
        assert_eq!(drain(&mut reorder, 1_000_000).len(), 1);
        reorder.push(0, 5_000 + RESTART_RUN, 1);
        assert_eq!(drain(&mut reorder, 0), [(0, 1)]);
    }

    proptest! {
        /// Whatever arrives, and when: what comes out only grows, and no packet comes out twice.
        #[test]
        fn never_backwards_and_never_twice(steps in prop::collection::vec((0u64..400_000, any::<u16>(), any::<bool>()), 0..600)) {
            let mut reorder = Reorder::default();
            let (mut now, mut near, mut last) = (0, 0u16, None);
            let mut seen = std::collections::HashSet::new();
            for (index, (wait, seq, wild)) in steps.into_iter().enumerate() {
                now += wait;
                near = if wild { seq } else { near.wrapping_add(seq % 7).wrapping_sub(2) };
                reorder.push(now, near, index);
                while let Some(next) = reorder.pop(now) {
                    prop_assert!(last.is_none_or(|last| last < next.seq));
                    prop_assert!(seen.insert(next.item));
                    last = Some(next.seq);
                }
                prop_assert!(reorder.held.len() <= MOST_HELD + 1);
            }
        }

        /// Packets shuffled within the buffer's reach all come out, in order, without a hole.
        #[test]
        fn a_shuffle_loses_nothing(count in 2usize..200, swaps in prop::collection::vec((1usize..200, 1usize..200), 0..40), first in any::<u16>()) {
            let mut order: Vec<usize> = (0..count).collect();
            for (a, b) in swaps {
                if a < count && b < count { order.swap(a, b); }
            }
            let mut reorder = Reorder::default();
            let mut out = Vec::new();
            for index in order {
                reorder.push(0, first.wrapping_add(index as u16), index);
                while let Some(next) = reorder.pop(0) {
                    prop_assert_eq!(next.missing, 0);
                    out.push(next.item);
                }
            }
            prop_assert_eq!(out, (0..count).collect::<Vec<_>>());
        }
    }
}
