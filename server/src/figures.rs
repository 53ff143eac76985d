//! What the process counts for its operators. Nobody can be recognised in it: no names, no addresses, no labels by
//! person.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Metrics of one name, read from a `T`; their members differ by a label.
#[derive(Debug)]
pub struct Family<T: 'static> {
    pub metric: &'static str,
    /// `gauge` or `counter`.
    pub kind: &'static str,
    pub help: &'static str,
    /// The label's name; empty when there is but one member.
    pub label: &'static str,
    pub members: &'static [Member<T>],
}

/// One metric of a family.
#[derive(Debug)]
pub struct Member<T: 'static> {
    /// The label's value.
    pub value: &'static str,
    pub read: fn(&T) -> u64,
}

/// Upper bounds of the durations told apart, microseconds: from a turn of a worker to a disk that hangs.
pub const LADDER_US: [u64; 17] = [
    50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000,
    2_000_000, 5_000_000, 10_000_000,
];

/// How often what took how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latencies {
    /// By [`LADDER_US`], each above the bound before it.
    pub counts: [u64; LADDER_US.len()],
    /// Longer than the last bound.
    pub longer: u64,
    pub sum_us: u64,
}

impl Latencies {
    /// Counts one that took so long.
    pub fn observe(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let at = LADDER_US.partition_point(|bound| *bound < micros);
        *self.counts.get_mut(at).unwrap_or(&mut self.longer) += 1;
        self.sum_us = self.sum_us.saturating_add(micros);
    }

    /// How many were observed.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum::<u64>() + self.longer
    }

    /// The bound that 99 of 100 stayed below, microseconds; 0 when nothing was observed.
    #[must_use]
    pub fn p99_us(&self) -> u64 {
        let total = self.total();
        let enough = total - total / 100;
        let mut below = 0;
        for (bound, count) in LADDER_US.iter().zip(self.counts) {
            below += count;
            if total > 0 && below >= enough {
                return *bound;
            }
        }
        if total > 0 { LADDER_US.last().map_or(0, |last| last * 2) } else { 0 }
    }

    /// Sums up.
    pub fn add(&mut self, other: &Self) {
        self.counts.iter_mut().zip(other.counts).for_each(|(sum, count)| *sum += count);
        self.longer += other.longer;
        self.sum_us = self.sum_us.saturating_add(other.sum_us);
    }
}

/// What happens at the door, far from any packet.
#[derive(Debug, Default)]
pub struct Door {
    sockets: AtomicU64,
    joins: AtomicU64,
    refusals: AtomicU64,
}

impl Door {
    /// The metrics of the door.
    pub const FAMILIES: &[Family<Self>] = &[
        Family {
            metric: "preau_websockets",
            kind: "gauge",
            help: "WebSocket connections now",
            label: "",
            members: &[Member { value: "", read: |door| door.sockets.load(Ordering::Relaxed) }],
        },
        Family {
            metric: "preau_joins_total",
            kind: "counter",
            help: "Entries into rooms, by outcome",
            label: "outcome",
            members: &[
                Member { value: "admitted", read: |door| door.joins.load(Ordering::Relaxed) },
                Member { value: "refused", read: |door| door.refusals.load(Ordering::Relaxed) },
            ],
        },
    ];

    /// A WebSocket was opened; it is counted until the value is dropped.
    #[must_use]
    pub fn opened(self: &Arc<Self>) -> Open {
        self.sockets.fetch_add(1, Ordering::Relaxed);
        Open(Arc::clone(self))
    }

    /// Somebody said hello.
    pub fn asked(&self, admitted: bool) {
        let counter = if admitted { &self.joins } else { &self.refusals };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// One open WebSocket.
#[derive(Debug)]
pub struct Open(Arc<Door>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.sockets.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_counted_by_the_bound_they_stay_below() {
        let mut latencies = Latencies::default();
        for micros in [0, 50, 51, 20_000, 10_000_000, 10_000_001] {
            latencies.observe(Duration::from_micros(micros));
        }
        assert_eq!((latencies.counts[0], latencies.counts[1], latencies.counts[8]), (2, 1, 1));
        assert_eq!((latencies.counts[16], latencies.longer, latencies.total()), (1, 1, 6));
        assert_eq!(latencies.sum_us, 20_020_102);
    }

    #[test]
    fn the_ninety_ninth_of_a_hundred_is_found() {
        assert_eq!(Latencies::default().p99_us(), 0);
        let mut latencies = Latencies::default();
        (0..99).for_each(|_| latencies.observe(Duration::from_micros(80)));
        latencies.observe(Duration::from_millis(40));
        assert_eq!(latencies.p99_us(), 100, "one of a hundred may be slow");
        latencies.observe(Duration::from_millis(40));
        assert_eq!(latencies.p99_us(), 50_000);
    }
}
