//! Packets of a track that wait to be fanned out together.
//!
//! A run to one subscriber costs far less than its packets one by one. So pictures for many wait for the end of their
//! frame, but never long; sound never waits.

use std::time::{Duration, Instant};

use crate::media::ring::Position;

/// With fewer subscribers a longer run saves nothing worth a delay.
const MANY: usize = 8;
/// No longer run is waited for: more packets in one piece save little.
const LONG: usize = 16;
/// No packet waits longer. A pacing browser spreads a frame over a few milliseconds.
const HOLD: Duration = Duration::from_millis(2);

/// Packets of one layer that follow each other in its ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) layer: usize,
    pub(super) from: Position,
    pub(super) to: Position,
    /// Only for those who have its speaker large: others are louder.
    pub(super) quiet: bool,
}

/// What came in since the last fan-out.
#[derive(Debug, Default)]
pub(super) struct Pending {
    runs: Vec<Run>,
    packets: usize,
    since: Option<Instant>,
    /// The last packet of a frame is here.
    complete: bool,
}

impl Pending {
    /// A packet to fan out; `last`: it ends a frame. `true` when it is the first since the last fan-out.
    pub(super) fn add(&mut self, layer: usize, position: Position, last: bool, now: Instant) -> bool {
        self.add_for(false, layer, position, last, now)
    }

    /// The same, and whether it is `quiet`.
    pub(super) fn add_for(
        &mut self,
        quiet: bool,
        layer: usize,
        position: Position,
        last: bool,
        now: Instant,
    ) -> bool {
        let first = self.runs.is_empty();
        if first {
            self.since = Some(now);
        }
        self.packets += 1;
        self.complete |= last;
        match self.runs.iter_mut().rev().find(|run| run.layer == layer) {
            Some(run) if run.to == position && run.quiet == quiet => run.to = position + 1,
            Some(_) | None => self.runs.push(Run { layer, from: position, to: position + 1, quiet }),
        }
        first
    }

    pub(super) fn runs(&self) -> &[Run] {
        &self.runs
    }

    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.runs.clear();
        self.packets = 0;
        self.complete = false;
    }

    /// Until when it is worth waiting for more; `None` when it is not.
    pub(super) fn worth_waiting(&self, subscribers: usize, now: Instant) -> Option<Instant> {
        let short = subscribers >= MANY && self.packets < LONG && !self.complete;
        let until = self.since? + HOLD;
        (short && now < until).then_some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packets_of_a_layer_are_one_run() {
        let now = crate::clock::instant();
        let mut pending = Pending::default();
        assert!(pending.add(0, 7, false, now));
        assert!(!pending.add(1, 3, false, now) && !pending.add(0, 8, false, now));
        let runs: Vec<_> = pending.runs().iter().map(|run| (run.layer, run.from, run.to)).collect();
        assert_eq!(runs, [(0, 7, 9), (1, 3, 4)]);
        pending.clear();
        assert!(pending.is_empty() && pending.add(0, 9, false, now));
    }

    #[test]
    fn a_frame_for_many_is_waited_for_but_not_long() {
        let now = crate::clock::instant();
        let mut pending = Pending::default();
        pending.add(0, 0, false, now);
        assert_eq!(pending.worth_waiting(MANY - 1, now), None, "few");
        assert_eq!(pending.worth_waiting(MANY, now), Some(now + HOLD));
        pending.add(0, 1, false, now + HOLD / 2);
        assert_eq!(pending.worth_waiting(MANY, now + HOLD / 2), Some(now + HOLD), "since the first");
        assert_eq!(pending.worth_waiting(MANY, now + HOLD), None);
        for n in 2..LONG as u64 {
            assert!(pending.worth_waiting(MANY, now).is_some(), "{n}");
            pending.add(0, n, false, now);
        }
        assert_eq!(pending.worth_waiting(MANY, now), None, "long enough");
        pending.clear();
        pending.add(0, 20, true, now);
        assert_eq!(pending.worth_waiting(MANY, now), None, "a whole frame");
    }
}
