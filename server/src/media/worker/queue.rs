//! Pictures and repairs that wait for their turn towards one subscriber.
//!
//! Nothing is copied: a packet waits in its track's ring, and what it looks like to the subscriber is decided when it
//! leaves. So what waited too long is left out without leaving a gap.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::{TrackKey, pending::Run};
use crate::media::ring::Position;

/// A picture that waits longer is given up until its next keyframe, …
const PATIENCE: Duration = Duration::from_millis(300);
/// … which may take longer itself.
const KEYFRAME_PATIENCE: Duration = Duration::from_secs(2);
/// What waits longer than a picture that is spread evenly over the time to the next is in a hurry.
const EVENLY: Duration = Duration::from_millis(60);
/// Runs that wait at most: every picture of a large class, for as long as that.
const RUNS: usize = 512;
/// Repairs that wait at most. Who misses more needs a keyframe.
const REPAIRS: usize = 128;

/// A stream of the subscriber: its track, its place there, and its SSRC, which no other stream ever has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stream {
    pub(super) track: TrackKey,
    pub(super) slot: usize,
    pub(super) ssrc: u32,
}

/// Packets that wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) stream: Stream,
    pub(super) run: Run,
    /// A keyframe is among them.
    pub(super) keyframe: bool,
    since: Instant,
}

impl Waiting {
    /// The rest of it from this position on.
    #[must_use]
    pub(super) fn from(mut self, position: Position) -> Self {
        self.run.from = position;
        self
    }
}

/// What waits for one subscriber, in the order in which it is to leave. Repairs come first: somebody waits for them.
#[derive(Debug, Default)]
pub(super) struct Queue {
    runs: VecDeque<Waiting>,
    repairs: VecDeque<(Stream, u16)>,
    /// When a keyframe left last: what came behind it waited for it.
    keyframed: Option<Instant>,
}

impl Queue {
    #[must_use]
    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.repairs.is_empty()
    }

    /// Packets that have to wait.
    pub(super) fn wait(&mut self, stream: Stream, run: Run, keyframe: bool, now: Instant) {
        self.runs.push_back(Waiting { stream, run, keyframe, since: now });
    }

    /// A sequence number to be sent again. What does not fit will be asked for again.
    pub(super) fn repair(&mut self, stream: Stream, sequence: u16) {
        if self.repairs.len() < REPAIRS && !self.repairs.contains(&(stream, sequence)) {
            self.repairs.push_back((stream, sequence));
        }
    }

    pub(super) fn next_repair(&mut self) -> Option<(Stream, u16)> {
        self.repairs.pop_front()
    }

    pub(super) fn next_run(&mut self) -> Option<Waiting> {
        self.runs.pop_front()
    }

    /// The rest of a run, whose first packets left.
    pub(super) fn put_back(&mut self, rest: Waiting) {
        self.runs.push_front(rest);
    }

    /// A packet of a run left.
    pub(super) fn left(&mut self, waiting: &Waiting, now: Instant) {
        if waiting.keyframe {
            self.keyframed = Some(now);
        }
    }

    /// The stream whose pictures waited too long, or are too many.
    #[must_use]
    pub(super) fn overdue(&self, now: Instant) -> Option<Stream> {
        let first = self.runs.front()?;
        if self.runs.len() > RUNS {
            return Some(first.stream);
        }
        let (since, patience) = match self.keyframed {
            _ if first.keyframe => (first.since, KEYFRAME_PATIENCE),
            Some(keyframed) => (first.since.max(keyframed), PATIENCE),
            None => (first.since, PATIENCE),
        };
        (now.duration_since(since) > patience).then_some(first.stream)
    }

    /// Whether something has waited for longer than an evenly sent picture does.
    #[must_use]
    pub(super) fn hurries(&self, now: Instant) -> bool {
        self.runs.front().is_some_and(|first| now.duration_since(first.since) > EVENLY)
    }

    /// Gives up what waits of a stream; how many packets.
    pub(super) fn give_up(&mut self, stream: Stream) -> u64 {
        let mut packets = 0;
        self.runs.retain(|waiting| {
            let stays = waiting.stream != stream;
            packets += if stays { 0 } else { waiting.run.to - waiting.run.from };
            stays
        });
        packets
    }

    /// Whether a keyframe of this layer of the stream waits.
    #[must_use]
    pub(super) fn has_keyframe(&self, stream: Stream, layer: usize) -> bool {
        self.runs
            .iter()
            .any(|waiting| waiting.keyframe && waiting.stream == stream && waiting.run.layer == layer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: Stream = Stream { track: 1, slot: 2, ssrc: 3 };

    fn run(from: u64) -> Run {
        Run { layer: 0, from, to: from + 5, quiet: false }
    }

    #[test]
    fn pictures_are_given_up_after_a_while_and_keyframes_later() {
        let now = crate::clock::instant();
        let mut queue = Queue::default();
        queue.wait(STREAM, run(0), true, now);
        queue.wait(STREAM, run(5), false, now);
        assert_eq!(queue.overdue(now + KEYFRAME_PATIENCE), None);
        assert!(!queue.hurries(now + EVENLY) && queue.hurries(now + EVENLY * 2));
        let keyframe = queue.next_run().unwrap();
        let later = now + Duration::from_secs(1);
        queue.left(&keyframe, later);
        assert_eq!(queue.overdue(later + PATIENCE), None, "it waited for the keyframe");
        assert_eq!(queue.overdue(later + PATIENCE * 2), Some(STREAM));
        let other = Stream { ssrc: 4, ..STREAM };
        queue.wait(other, run(0), true, now);
        assert!(queue.has_keyframe(other, 0));
        assert_eq!((queue.give_up(STREAM), queue.is_empty()), (5, false));
    }

    #[test]
    fn what_waits_is_bounded() {
        let now = crate::clock::instant();
        let mut queue = Queue::default();
        (0..=RUNS as u64).for_each(|n| queue.wait(STREAM, run(n), false, now));
        assert_eq!(queue.overdue(now), Some(STREAM), "too many");
        (0..1_000).for_each(|n| queue.repair(STREAM, n % 500));
        assert_eq!(std::iter::from_fn(|| queue.next_repair()).count(), REPAIRS);
    }
}
