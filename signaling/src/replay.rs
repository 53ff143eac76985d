//! Time spent on a recording (domain rules §2.2, *Replay*): a column of its own, which gives no presence and no hour.
//!
//! What counts is how much of the recording was played, each stretch once, at a speed at which it can be followed.
//! Whether anybody looked is not asked.

use serde::{Deserialize, Serialize};

use crate::id::{PersonId, RecordingId};

/// Stretches in one report, and stretches kept of one person in one recording.
pub const MOST_TOLD: usize = 64;
const MOST_KEPT: usize = 512;
/// Played faster, it does not count: in half-milliseconds of recording for each millisecond.
const HALVES_PER_MS: u64 = 3;
/// Clocks of pages and of the server do not tick together.
const GRACE_MS: u64 = 3_000;

/// A stretch of a recording: milliseconds of its playing time, `from` before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
pub struct Stretch(pub u64, pub u64);

/// What somebody played of one recording: in order, apart from each other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched(Vec<Stretch>);

/// What one person played of one recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    pub person: PersonId,
    pub recording: RecordingId,
    pub watched: Watched,
}

impl Watched {
    /// Takes in what a page reports, as far as it fits into the recording and into the time that has `passed_ms` since
    /// the report before: nobody sees an hour in a minute.
    #[must_use]
    pub fn with(&self, told: &[Stretch], passed_ms: u64, length_ms: u64) -> Self {
        let mut room = passed_ms.saturating_add(GRACE_MS).saturating_mul(HALVES_PER_MS) / 2;
        let mut all = self.0.clone();
        for Stretch(from, to) in told.iter().take(MOST_TOLD) {
            let to = (*to).min(length_ms).min(from.saturating_add(room));
            if *from < to {
                room -= to - from;
                all.push(Stretch(*from, to));
            }
        }
        Self(bounded(union(all)))
    }

    /// What either of two saw: the same stretch counts once.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(union(self.0.iter().chain(&other.0).copied().collect()))
    }

    /// How much, without where: what stays when the recording is deleted.
    #[must_use]
    pub fn summed(&self) -> Self {
        Self(Some(Stretch(0, self.total_ms())).filter(|one| one.1 > 0).into_iter().collect())
    }

    /// How much of the recording was played, milliseconds.
    #[must_use]
    pub fn total_ms(&self) -> u64 {
        self.0.iter().map(|Stretch(from, to)| to.saturating_sub(*from)).sum()
    }
}

/// In order; what overlaps or touches becomes one.
fn union(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_unstable();
    let mut joined: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for Stretch(from, to) in stretches {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            Some(_) | None => joined.push(Stretch(from, to)),
        }
    }
    joined
}

/// Of too many, the shortest are given up.
fn bounded(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    if stretches.len() > MOST_KEPT {
        stretches.sort_by_key(|Stretch(from, to)| std::cmp::Reverse(to - from));
        stretches.truncate(MOST_KEPT);
        stretches.sort_unstable();
    }
    stretches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: u64 = 3_600_000;

    fn seen(told: &[Stretch], passed_ms: u64) -> Watched {
        Watched::default().with(told, passed_ms, HOUR)
    }

    #[test]
    fn the_same_minute_counts_once() {
        let once = seen(&[Stretch(0, 60_000), Stretch(30_000, 90_000)], 90_000);
        assert_eq!(once.total_ms(), 90_000);
        assert_eq!(once.with(&[Stretch(0, 90_000)], 90_000, HOUR), once);
        assert_eq!(once.and(&seen(&[Stretch(80_000, 100_000)], HOUR)).total_ms(), 100_000);
        assert_eq!(once.summed().total_ms(), 90_000);
        assert_eq!(Watched::default().summed(), Watched::default());
    }

    #[test]
    fn nobody_sees_an_hour_in_a_minute_nor_more_than_there_is() {
        assert_eq!(seen(&[Stretch(0, HOUR)], 60_000).total_ms(), 94_500);
        assert_eq!(seen(&[Stretch(0, 90_000)], 60_000).total_ms(), 90_000, "at one and a half");
        assert_eq!(seen(&[Stretch(HOUR - 10, HOUR + 10)], 60_000).total_ms(), 10);
        assert_eq!(seen(&[Stretch(10, 5), Stretch(u64::MAX, u64::MAX)], u64::MAX).total_ms(), 0);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_in_order_bounded_and_never_more_than_was_possible(
            reports in prop::collection::vec(
                (prop::collection::vec((0_u64..HOUR * 2, 0_u64..HOUR * 2), 0..80), 0_u64..120_000), 0..20)
        ) {
            let (mut watched, mut room) = (Watched::default(), 0);
            for (told, passed) in reports {
                let told: Vec<Stretch> = told.into_iter().map(|(from, to)| Stretch(from, to)).collect();
                watched = watched.with(&told, passed, HOUR);
                room += (passed + GRACE_MS) * HALVES_PER_MS / 2;
                prop_assert!(watched.total_ms() <= room.min(HOUR));
                prop_assert!(watched.0.len() <= MOST_KEPT);
                prop_assert!(watched.0.windows(2).all(|pair| pair[0].1 < pair[1].0));
            }
        }
    }
}
