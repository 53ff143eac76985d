//! The numbered notices of the last minute, for those who come back in time.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use crate::protocol::Notice;

/// A notice can be replayed that long.
const KEPT: SignedDuration = SignedDuration::from_secs(60);
/// At most that many are kept.
const MOST: usize = 4_096;

/// The recent numbered notices, oldest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Backlog {
    last: u64,
    kept: VecDeque<(Timestamp, u64, Notice)>,
}

impl Backlog {
    /// The number of the last notice.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Numbers a notice and keeps it.
    pub(super) fn push(&mut self, now: Timestamp, notice: Notice) -> u64 {
        self.last += 1;
        self.kept.push_back((now, self.last, notice));
        while self.kept.len() > MOST
            || self.kept.front().is_some_and(|(at, ..)| now.duration_since(*at) > KEPT)
        {
            self.kept.pop_front();
        }
        self.last
    }

    /// What follows `seen`, or `None` when part of it is gone (or was never said).
    pub(super) fn after(&self, seen: u64) -> Option<Vec<(u64, Notice)>> {
        let oldest = self.kept.front().map_or(self.last + 1, |(_, seq, _)| *seq);
        if seen > self.last || seen + 1 < oldest {
            return None;
        }
        let missed = self.kept.iter().filter(|(_, seq, _)| *seq > seen);
        Some(missed.map(|(_, seq, notice)| (*seq, notice.clone())).collect())
    }
}
