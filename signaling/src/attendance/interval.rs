//! Stretches of time: union, bridging, clipping. Nothing here knows what a stretch is.

use jiff::{SignedDuration, Timestamp};

/// From one instant to another one that is not earlier. May be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Interval {
    /// Empty at `from` when `to` is earlier.
    #[must_use]
    pub fn new(from: Timestamp, to: Timestamp) -> Self {
        Self { from, to: to.max(from) }
    }

    #[must_use]
    pub fn length(&self) -> SignedDuration {
        self.to.duration_since(self.from)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from >= self.to
    }
}

/// In order and apart from each other: intervals that overlap or touch become one.
#[must_use]
pub fn union(intervals: impl IntoIterator<Item = Interval>) -> Vec<Interval> {
    bridge(intervals, SignedDuration::ZERO)
}

/// The union, in which every gap of at most `tolerance` is filled.
#[must_use]
pub fn bridge(intervals: impl IntoIterator<Item = Interval>, tolerance: SignedDuration) -> Vec<Interval> {
    let mut sorted: Vec<Interval> = intervals.into_iter().collect();
    sorted.sort_unstable();
    let mut joined: Vec<Interval> = Vec::with_capacity(sorted.len());
    for next in sorted {
        match joined.last_mut() {
            Some(last) if next.from.duration_since(last.to) <= tolerance => last.to = last.to.max(next.to),
            Some(_) | None => joined.push(next),
        }
    }
    joined
}

/// What of `intervals` lies inside `bounds`, without empty pieces.
#[must_use]
pub fn clip(intervals: &[Interval], bounds: Interval) -> Vec<Interval> {
    intervals
        .iter()
        .map(|one| Interval::new(one.from.max(bounds.from), one.to.min(bounds.to)))
        .filter(|one| !one.is_empty())
        .collect()
}

/// What of `from` is not in `away`, without empty pieces. Both are unions.
#[must_use]
pub fn subtract(from: &[Interval], away: &[Interval]) -> Vec<Interval> {
    let mut left = Vec::new();
    for one in from {
        let mut start = one.from;
        let first = away.partition_point(|hole| hole.to <= one.from);
        let holes = away.iter().skip(first).take_while(|hole| hole.from < one.to);
        for hole in holes {
            left.push(Interval::new(start, hole.from));
            start = start.max(hole.to);
        }
        left.push(Interval::new(start, one.to));
    }
    left.retain(|one| !one.is_empty());
    left
}

/// What is in both unions.
#[must_use]
pub fn common(left: &[Interval], right: &[Interval]) -> Vec<Interval> {
    subtract(left, &subtract(left, right))
}

/// True when two of them overlap in time; touching, or lying inside without length, is not overlapping.
#[must_use]
pub fn any_overlap(intervals: &[Interval]) -> bool {
    let mut sorted: Vec<&Interval> = intervals.iter().filter(|one| !one.is_empty()).collect();
    sorted.sort_unstable();
    // As long as nothing overlapped, the end of the one before is the latest end.
    sorted.iter().zip(sorted.iter().skip(1)).any(|(before, next)| next.from < before.to)
}

/// The length of a union.
#[must_use]
pub fn total(union: &[Interval]) -> SignedDuration {
    union.iter().map(Interval::length).sum()
}

/// The length of a union in whole milliseconds.
#[must_use]
pub fn total_ms(union: &[Interval]) -> u64 {
    u64::try_from(total(union).as_millis()).unwrap_or(0)
}
