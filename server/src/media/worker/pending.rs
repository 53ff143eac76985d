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

/// What came in since the last fan-out, and since the present one began.
#[derive(Debug, Default)]
pub(super) struct Pending {
    now: Gathered,
    /// What comes in while a fan-out is under way.
    later: Gathered,
    /// The fan-out under way goes on with the subscriber in this place.
    resumes: Option<usize>,
}

#[derive(Debug, Default)]
struct Gathered {
    runs: Vec<Run>,
    packets: usize,
    since: Option<Instant>,
    /// The last packet of a frame is here.
    complete: bool,
}

impl Pending {
    /// A packet to fan out, [`quiet`](Run::quiet) or not; `last`: it ends a frame. `true` when it is the first since the
    /// last fan-out.
    pub(super) fn add(
        &mut self,
        quiet: bool,
        layer: usize,
        position: Position,
        last: bool,
        now: Instant,
    ) -> bool {
        let first = self.is_empty();
        let Gathered { runs, packets, since, complete } =
            if self.resumes.is_some() { &mut self.later } else { &mut self.now };
        if runs.is_empty() {
            *since = Some(now);
        }
        *packets += 1;
        *complete |= last;
        match runs.iter_mut().rev().find(|run| run.layer == layer) {
            Some(run) if run.to == position && run.quiet == quiet => run.to = position + 1,
            Some(_) | None => runs.push(Run { layer, from: position, to: position + 1, quiet }),
        }
        first
    }

    pub(super) fn runs(&self) -> &[Run] {
        &self.now.runs
    }

    pub(super) fn is_empty(&self) -> bool {
        self.now.runs.is_empty()
    }

    /// The place of the subscriber with whom a fan-out under way goes on.
    pub(super) fn resumes(&self) -> Option<usize> {
        self.resumes
    }

    /// The fan-out is interrupted, to go on with the subscriber in that place.
    pub(super) fn interrupt(&mut self, slot: usize) {
        self.resumes = Some(slot);
    }

    /// Everybody was served. `true` when more came in meanwhile.
    pub(super) fn finish(&mut self) -> bool {
        self.now.clear();
        self.resumes = None;
        std::mem::swap(&mut self.now, &mut self.later);
        !self.is_empty()
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.now.clear();
        self.later.clear();
        self.resumes = None;
    }

    /// Until when it is worth waiting for more; `None` when it is not.
    pub(super) fn worth_waiting(&self, subscribers: usize, now: Instant) -> Option<Instant> {
        let Gathered { packets, since, complete, .. } = &self.now;
        let short = subscribers >= MANY && *packets < LONG && !complete && self.resumes.is_none();
        let until = (*since)? + HOLD;
        (short && now < until).then_some(until)
    }
}

impl Gathered {
    fn clear(&mut self) {
        self.runs.clear();
        self.packets = 0;
        self.complete = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packets_of_a_layer_are_one_run() {
        let now = crate::clock::instant();
        let mut pending = Pending::default();
        assert!(pending.add(false, 0, 7, false, now));
        assert!(!pending.add(false, 1, 3, false, now) && !pending.add(false, 0, 8, false, now));
        let runs: Vec<_> = pending.runs().iter().map(|run| (run.layer, run.from, run.to)).collect();
        assert_eq!(runs, [(0, 7, 9), (1, 3, 4)]);
        pending.clear();
        assert!(pending.is_empty() && pending.add(false, 0, 9, false, now));
    }

    #[test]
    fn a_frame_for_many_is_waited_for_but_not_long() {
        let now = crate::clock::instant();
        let mut pending = Pending::default();
        pending.add(false, 0, 0, false, now);
        assert_eq!(pending.worth_waiting(MANY - 1, now), None, "few");
        assert_eq!(pending.worth_waiting(MANY, now), Some(now + HOLD));
        pending.add(false, 0, 1, false, now + HOLD / 2);
        assert_eq!(pending.worth_waiting(MANY, now + HOLD / 2), Some(now + HOLD), "since the first");
        assert_eq!(pending.worth_waiting(MANY, now + HOLD), None);
        for n in 2..LONG as u64 {
            assert!(pending.worth_waiting(MANY, now).is_some(), "{n}");
            pending.add(false, 0, n, false, now);
        }
        assert_eq!(pending.worth_waiting(MANY, now), None, "long enough");
        pending.clear();
        pending.add(false, 0, 20, true, now);
        assert_eq!(pending.worth_waiting(MANY, now), None, "a whole frame");
    }

    #[test]
    fn what_comes_during_a_fan_out_waits_for_the_next() {
        let now = crate::clock::instant();
        let mut pending = Pending::default();
        pending.add(false, 0, 0, true, now);
        pending.interrupt(7);
        assert!(!pending.add(false, 0, 1, false, now));
        assert_eq!((pending.resumes(), pending.runs().len(), pending.runs()[0].to), (Some(7), 1, 1));
        assert_eq!(pending.worth_waiting(MANY, now), None, "it goes on at once");
        assert!(pending.finish());
        assert_eq!((pending.resumes(), pending.runs()[0].from), (None, 1));
        assert!(pending.worth_waiting(MANY, now).is_some(), "the rest of that frame is to come");
        assert!(!pending.finish() && pending.is_empty());
    }
}
