//! Sequence numbers and timestamps of one forwarded stream, continuous across pauses and switches.
//!
//! A subscriber's SSRC has one sequence space from its first packet to its last, whatever happens to the
//! source: mute, a new SSRC of the publisher, another simulcast layer. The index (roll-over counter and
//! sequence number) is what SRTP makes its nonce of, so it never steps back and never names two packets.

use std::time::Instant;

/// Names one run of a source's sequence numbers: a new one begins when the source restarts or another layer
/// takes over. Unique within a track.
pub(super) type Epoch = u32;

/// Maps a source's packets to the indexes and timestamps a subscriber sees.
#[derive(Clone, Debug)]
pub(super) struct Rewrite {
    /// Where the current run began: (epoch, index there, index here).
    anchor: Option<Anchor>,
    /// The index the next run begins with: one past the highest given out.
    next: u64,
    timestamp_offset: u32,
    /// The last timestamp given out and when.
    last: Option<(u32, Instant)>,
    clock_rate: u32,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    epoch: Epoch,
    source: u64,
    ours: u64,
}

impl Rewrite {
    /// `first` is the first index given out; below 2^15, so that a receiver that misses the first packets still
    /// guesses roll-over counter 0. `clock_rate` in Hz.
    #[must_use]
    pub(super) fn new(first: u16, clock_rate: u32) -> Self {
        Self { anchor: None, next: u64::from(first & 0x7fff), timestamp_offset: 0, last: None, clock_rate }
    }

    /// Begins a run at the source's packet `index`: what came before it in this epoch will not be forwarded.
    pub(super) fn begin(&mut self, epoch: Epoch, index: u64, timestamp: u32, now: Instant) {
        let same_clock = self.anchor.is_some_and(|anchor| anchor.epoch == epoch);
        if let (false, Some((last, at))) = (same_clock, self.last) {
            let elapsed = now.duration_since(at).as_micros() * u128::from(self.clock_rate) / 1_000_000;
            #[expect(clippy::cast_possible_truncation, reason = "RTP timestamps wrap")]
            let continued = last.wrapping_add((elapsed as u32).max(1));
            self.timestamp_offset = continued.wrapping_sub(timestamp);
        }
        self.anchor = Some(Anchor { epoch, source: index, ours: self.next });
    }

    /// Ends the run: nothing is forwarded until the next [`begin`](Self::begin).
    pub(super) fn pause(&mut self) {
        if let Some(anchor) = &mut self.anchor {
            anchor.source = u64::MAX;
        }
    }

    /// Whether a run of this epoch is under way.
    #[must_use]
    pub(super) fn follows(&self, epoch: Epoch) -> bool {
        self.anchor.is_some_and(|anchor| anchor.epoch == epoch && anchor.source != u64::MAX)
    }

    /// Index and timestamp for the source's packet, `None` when it is not part of the run.
    pub(super) fn forward(
        &mut self,
        epoch: Epoch,
        index: u64,
        timestamp: u32,
        now: Instant,
    ) -> Option<(u64, u32)> {
        let anchor = self.anchor.filter(|anchor| anchor.epoch == epoch)?;
        let ours = anchor.ours.checked_add(index.checked_sub(anchor.source)?)?;
        let timestamp = timestamp.wrapping_add(self.timestamp_offset);
        if ours >= self.next {
            self.next = ours + 1;
            self.last = Some((timestamp, now));
        }
        Some((ours, timestamp))
    }

    /// What to add to the source's timestamps, to shift a sender report.
    #[must_use]
    pub(super) fn timestamp_offset(&self) -> u32 {
        self.timestamp_offset
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn gaps_of_the_source_stay_gaps() {
        let now = crate::clock::instant();
        let mut rewrite = Rewrite::new(100, 90_000);
        rewrite.begin(1, 5_000, 10, now);
        assert_eq!(rewrite.forward(1, 5_000, 10, now), Some((100, 10)));
        assert_eq!(rewrite.forward(1, 5_003, 40, now), Some((103, 40)));
        assert_eq!(rewrite.forward(1, 5_001, 20, now), Some((101, 20)), "recovered late");
        assert_eq!(rewrite.forward(1, 4_999, 0, now), None, "before the run");
        assert_eq!(rewrite.forward(2, 5_002, 0, now), None, "another run");
    }

    #[test]
    fn a_pause_leaves_no_hole_and_keeps_the_clock() {
        let now = crate::clock::instant();
        let mut rewrite = Rewrite::new(100, 48_000);
        rewrite.begin(1, 10, 960, now);
        assert_eq!(rewrite.forward(1, 10, 960, now), Some((100, 960)));
        rewrite.pause();
        assert!(!rewrite.follows(1));
        assert_eq!(rewrite.forward(1, 11, 1920, now), None);
        rewrite.begin(1, 500, 96_000, now);
        assert_eq!(rewrite.forward(1, 500, 96_000, now), Some((101, 96_000)));
    }

    #[test]
    fn a_switch_continues_the_timestamps_by_the_time_passed() {
        let now = crate::clock::instant();
        let mut rewrite = Rewrite::new(0, 90_000);
        rewrite.begin(1, 10, 1_000_000, now);
        rewrite.forward(1, 10, 1_000_000, now);
        let later = now + Duration::from_millis(100);
        rewrite.begin(2, 7, 42, later);
        assert_eq!(rewrite.forward(2, 7, 42, later), Some((1, 1_009_000)));
        assert_eq!(rewrite.forward(2, 8, 3_042, later), Some((2, 1_012_000)));
    }

    proptest! {
        /// The heart of the nonce rule: one index of ours never names two packets of the source.
        #[test]
        fn no_index_is_given_to_two_packets(
            steps in prop::collection::vec((0_u8..6, 0_u64..40, 0_u32..3), 1..300),
        ) {
            let start = crate::clock::instant();
            let mut rewrite = Rewrite::new(7, 90_000);
            let mut heads = [1_000_u64; 3];
            let mut given: std::collections::HashMap<u64, (u32, u64)> = std::collections::HashMap::new();
            for (n, (action, distance, epoch)) in steps.into_iter().enumerate() {
                let now = start + Duration::from_millis(n as u64);
                let head = &mut heads[epoch as usize];
                let index = match action {
                    0 => { rewrite.pause(); continue; }
                    1 => { rewrite.begin(epoch, *head, 0, now); *head }
                    2 => head.saturating_sub(distance),
                    _ => { *head += distance.min(5); *head }
                };
                if let Some((ours, _)) = rewrite.forward(epoch, index, 0, now) {
                    prop_assert_eq!(*given.entry(ours).or_insert((epoch, index)), (epoch, index));
                }
            }
        }
    }
}
