//! How fast pictures leave for one subscriber: what the way carries, with a little on top, and never more under way
//! than it can take in.
//!
//! Where the way is wide a frame of usual size leaves at once, and what exceeds that, a keyframe mostly, waits for its
//! turn. Where it is not, a frame is spread over the time to the next: its narrowest place would queue it, and the
//! sound behind it, and should it become narrower still, that is what silence lasts for.

/// How soon pictures are to leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Haste {
    /// A frame at a time.
    #[default]
    AtOnce,
    /// Something has waited: a keyframe should not take a second.
    Soon,
    /// A frame while the next is made.
    Evenly,
}

impl Haste {
    /// How many times faster than the rate says pictures leave, and what may leave at once, in seconds of it.
    /// That in bytes, at least.
    const fn bounds(self) -> (f64, f64, f64) {
        match self {
            Self::AtOnce => (5.0, 0.08, 2_400.0),
            Self::Soon => (2.5, 0.04, 2_400.0),
            Self::Evenly => (1.2, 0.0, 1_200.0),
        }
    }
}

/// Bytes under way count as too many beyond the round trip, the subscriber's pause between reports and this, in
/// microseconds: where frames leave at once and elsewhere.
const GRACE: (u64, u64) = (60_000, 20_000);
/// Bounds of that pause, in microseconds, and what it is taken for at first.
const INTERVAL: (u64, u64) = (20_000, 250_000);
const FIRST_INTERVAL: u64 = 100_000;
/// Fewer bytes under way are never too many: sound and a probe.
const FEW: f64 = 8_000.0;
/// Who has not reported for so long does not say that anything is under way still.
const DEAF: u64 = 500_000;
/// Where packets get lost, so many reports in a row may get lost too: half intervals beyond the round trip, without
/// and with.
const LATE: (u64, u64) = (3, 7);
/// The least round trip is that of the last one or two of these, in microseconds: ways change.
const EPOCH: u64 = 2_000_000;

/// What is known of the way to one subscriber.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Way {
    pub(super) haste: Haste,
    /// Bits per second that are under way of late, or may be.
    pub(super) usual: f64,
    /// It loses packets, and so reports.
    pub(super) lossy: bool,
    /// Bytes that were sent and not reported on; `None` while that says nothing.
    pub(super) under_way: Option<u64>,
    /// Microseconds since the subscriber was last heard.
    pub(super) silent: u64,
}

/// A bucket that leaks at the pace of one subscriber.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Bytes that may leave now; below zero after a packet that was larger.
    credit: f64,
    /// When that was so, in microseconds.
    at: u64,
    /// Too much is under way.
    full: bool,
    least_round_trip: Least,
    interval: u64,
}

/// The least round trip of the present epoch and of the one before, and when the present one began.
#[derive(Clone, Copy, Debug, Default)]
struct Least {
    now: Option<u64>,
    before: Option<u64>,
    began: u64,
}

impl Least {
    fn add(&mut self, round_trip: u64, micros: u64) {
        if micros >= self.began + EPOCH {
            *self = Self { now: None, before: self.now, began: micros };
        }
        self.now = Some(self.now.map_or(round_trip, |least| least.min(round_trip)));
    }

    fn get(&self) -> Option<u64> {
        self.now.into_iter().chain(self.before).min()
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self { credit: 0.0, at: 0, full: false, least_round_trip: Least::default(), interval: FIRST_INTERVAL }
    }
}

impl Pace {
    /// A message came at `micros`: the time since the one before, and the round trip it shows, in microseconds.
    pub(super) fn heard(&mut self, passed: Option<u64>, round_trip: u64, micros: u64) {
        self.least_round_trip.add(round_trip, micros);
        if let Some(passed) = passed {
            let passed = passed.clamp(INTERVAL.0, INTERVAL.1);
            self.interval = (self.interval * 7 + passed) / 8;
        }
    }

    /// Time went on. `rate` in bit/s.
    pub(super) fn go_on(&mut self, micros: u64, rate: f64, way: &Way) {
        let &Way { haste, usual, lossy, under_way, silent } = way;
        let (faster, depth, least) = haste.bounds();
        #[expect(clippy::cast_precision_loss, reason = "at most a second")]
        let passed = micros.saturating_sub(self.at).min(1_000_000) as f64 / 1e6;
        self.at = self.at.max(micros);
        let depth = (rate / 8.0 * depth).max(least);
        self.credit = (self.credit + rate / 8.0 * faster * passed).min(depth);
        let late = self.interval * if lossy { LATE.1 } else { LATE.0 } / 2;
        let grace = if haste == Haste::AtOnce { GRACE.0 } else { GRACE.1 };
        self.full = under_way.zip(self.least_round_trip.get()).is_some_and(|(bytes, round_trip)| {
            #[expect(clippy::cast_precision_loss, reason = "bytes and microseconds of a second or two")]
            let most = usual / 8e6 * (round_trip + late + grace) as f64;
            #[expect(clippy::cast_precision_loss, reason = "bytes of a second or two")]
            let bytes = bytes as f64;
            silent < DEAF && bytes > most.max(FEW)
        });
    }

    /// A packet leaves.
    pub(super) fn sent(&mut self, bytes: u16) {
        self.credit -= f64::from(bytes);
    }

    /// Whether a picture's packet may leave.
    #[must_use]
    pub(super) const fn is_open(&self) -> bool {
        self.credit > 0.0 && !self.full
    }

    /// More is under way than the way takes in.
    #[must_use]
    pub(super) const fn is_full(&self) -> bool {
        self.full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends as much as may leave in ticks of 5 ms; the bytes of each.
    fn bytes_by_tick(haste: Haste, ticks: u64) -> Vec<u64> {
        let mut pace = Pace::default();
        let tick = |n| {
            let mut bytes = 0;
            pace.go_on(1_000_000 + n * 5_000, 2e6, &Way { haste, ..Way::default() });
            while pace.is_open() {
                pace.sent(1_000);
                bytes += 1_000;
            }
            bytes
        };
        (0..ticks).map(tick).collect()
    }

    #[test]
    fn a_frame_leaves_at_once_where_the_way_is_wide_and_a_keyframe_at_its_pace() {
        let wide = bytes_by_tick(Haste::AtOnce, 41);
        assert!((20_000..=21_000).contains(&wide[0]), "80 ms of it: {wide:?}");
        let soon = bytes_by_tick(Haste::Soon, 41);
        let rest: u64 = soon[1..].iter().sum();
        assert!((120_000..=130_000).contains(&rest), "2.5 times as fast for 200 ms: {rest}");
        assert!(soon[1..].iter().all(|bytes| *bytes <= 4_000), "{soon:?}");
    }

    #[test]
    fn elsewhere_little_leaves_between_two_sounds() {
        let evenly = bytes_by_tick(Haste::Evenly, 41);
        let sum: u64 = evenly.iter().sum();
        assert!((60_000..=63_000).contains(&sum), "1.2 times the rate for 200 ms: {sum}");
        assert!(evenly[1..].windows(4).all(|bytes| bytes.iter().sum::<u64>() <= 7_000), "{evenly:?}");
    }

    #[test]
    fn what_is_under_way_closes_it_while_there_is_word() {
        let mut pace = Pace::default();
        for n in 0..50 {
            pace.heard(Some(50_000), 40_000, n * 50_000);
        }
        // 40 + 75 + 20 ms of 800 kbit/s, about.
        let open = |pace: &mut Pace, under_way, silent, lossy| {
            pace.go_on(
                9_000_000,
                8e5,
                &Way { haste: Haste::Soon, usual: 8e5, lossy, under_way: Some(under_way), silent },
            );
            pace.is_open()
        };
        assert!(open(&mut pace, 12_000, 10_000, false));
        assert!(!open(&mut pace, 15_000, 10_000, false), "more than the way takes in");
        assert!(open(&mut pace, 15_000, DEAF, false), "no word for long");
        assert!(open(&mut pace, 15_000, 10_000, true), "two reports may be lost");
        assert!(!open(&mut pace, 25_000, 10_000, true));
        // The way became longer.
        for n in 50..150 {
            pace.heard(Some(50_000), 140_000, n * 50_000);
        }
        assert!(open(&mut pace, 22_000, 10_000, false));
    }
}
