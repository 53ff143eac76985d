//! How well a person's connections carry media: from the reports of both sides, smoothed, without a history.
//!
//! It is there so that nobody takes a bad network for inattention; nothing of it is kept.

use std::time::{Duration, Instant};

use signaling::protocol::media::QualityLevel;

/// Figures are told at most this often.
const SPACING: Duration = Duration::from_secs(2);
/// A connection is called weak, or no longer so, after this long.
const PERSISTENCE: Duration = Duration::from_secs(10);
/// Loss in percent and round trip from which pictures suffer, and from which sound does.
const FAIR: (f32, Duration) = (3.0, Duration::from_millis(250));
const POOR: (f32, Duration) = (10.0, Duration::from_millis(500));
/// A level is left again below this share of its threshold, so that it does not flicker.
const RELIEF: f32 = 0.7;
/// A round trip that was measured longer ago says nothing any more.
const LASTS: Duration = Duration::from_secs(10);
/// How much the last seconds count against those before.
const SHARE: f32 = 0.5;

/// What one person is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) level: QualityLevel,
    pub(super) loss_percent: u8,
    pub(super) round_trip_ms: u16,
}

/// What is new since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    pub(super) figures: Option<Figures>,
    /// Those who lead are to know.
    pub(super) weak: Option<bool>,
}

/// How a person receives, as the worker that serves it says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reception {
    loss: f32,
    round_trip: Duration,
    left_out: (usize, usize),
}

/// Loss in one direction, percent.
#[derive(Clone, Copy, Debug, Default)]
struct Loss {
    fractions: u32,
    reports: u32,
    smoothed: f32,
}

impl Loss {
    fn settle(&mut self) -> f32 {
        if self.reports > 0 {
            #[expect(clippy::cast_precision_loss, reason = "a few hundred reports of a byte each")]
            let percent = self.fractions as f32 / self.reports as f32 * 100.0 / 256.0;
            self.smoothed += (percent - self.smoothed) * SHARE;
            (self.fractions, self.reports) = (0, 0);
        }
        self.smoothed
    }

    fn report(&mut self, fraction: u8) {
        self.fractions += u32::from(fraction);
        self.reports += 1;
    }
}

/// The quality of one person's connections.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Quality {
    up: Loss,
    down: Loss,
    /// There and back, and when that was measured: by what the person sends, and by what it receives.
    round_trips: [Option<(Duration, Instant)>; 2],
    reported: bool,
    /// Pictures on the screen that the network is too slow for, and how many there are in all.
    left_out: (usize, usize),
    told: Option<Figures>,
    looked: Option<Instant>,
    /// Since when the connection is poor though not called weak, or the reverse.
    changing: Option<Instant>,
    weak: bool,
}

impl Quality {
    /// How one of the person's streams arrives here; the fraction is that of RFC 3550 §6.4.1, of 256.
    pub(super) fn arrives(&mut self, fraction_lost: u8) {
        self.up.report(fraction_lost);
        self.reported = true;
    }

    /// How long it took until the person, who sends, answered.
    pub(super) fn answered(&mut self, round_trip: Duration, now: Instant) {
        let [by_sent, _] = &mut self.round_trips;
        *by_sent = Some((round_trip, now));
        self.reported = true;
    }

    /// How one stream arrives at the person, and how long a packet takes there and back.
    pub(super) fn received(&mut self, fraction_lost: u8, round_trip: Duration, now: Instant) {
        self.down.report(fraction_lost);
        let [_, by_received] = &mut self.round_trips;
        *by_received = Some((round_trip, now));
        self.reported = true;
    }

    /// The longer of the two, as far as they were measured lately.
    fn round_trip(&self, now: Instant) -> Duration {
        let lately = self.round_trips.iter().flatten().filter(|(_, at)| now.duration_since(*at) < LASTS);
        lately.map(|(round_trip, _)| *round_trip).max().unwrap_or_default()
    }

    /// So many of the pictures on the person's screen are left out, because its network is too slow for them.
    pub(super) fn left_out(&mut self, pictures: usize, of: usize) {
        self.left_out = (pictures, of);
        self.reported |= pictures > 0;
    }

    /// Whether it is time to tell something: not before the first report, nor twice within two seconds.
    fn due(&mut self, now: Instant) -> bool {
        let early = self.looked.is_some_and(|looked| now.duration_since(looked) < SPACING);
        let due = self.reported && !early;
        if due {
            self.looked = Some(now);
        }
        due
    }

    /// What is to be told where the person publishes, for both directions make one quality.
    pub(super) fn pass_on(&mut self, now: Instant) -> Option<Reception> {
        self.due(now).then(|| Reception {
            loss: self.down.settle(),
            round_trip: self.round_trip(now),
            left_out: self.left_out,
        })
    }

    /// The person is served elsewhere, and this was told there.
    pub(super) fn received_elsewhere(&mut self, reception: Reception, now: Instant) {
        let [_, by_received] = &mut self.round_trips;
        *by_received = Some((reception.round_trip, now));
        self.down.smoothed = reception.loss;
        self.left_out = reception.left_out;
        self.reported = true;
    }

    /// What is to be told now.
    pub(super) fn poll(&mut self, now: Instant) -> News {
        if !self.due(now) {
            return News::default();
        }
        let loss = self.up.settle().max(self.down.settle());
        let round_trip = self.round_trip(now);
        let level = self.level(loss, round_trip);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
        let loss_percent = loss.clamp(0.0, 100.0).round() as u8;
        let round_trip_ms = u16::try_from(round_trip.as_millis()).unwrap_or(u16::MAX);
        let figures = Figures { level, loss_percent, round_trip_ms };
        let changed = self.told.is_none_or(|told| differs(&told, &figures));
        if changed {
            self.told = Some(figures);
        }
        News { figures: changed.then_some(figures), weak: self.weakness(level, now) }
    }

    fn level(&self, loss: f32, round_trip: Duration) -> QualityLevel {
        let before = self.told.map_or(QualityLevel::Good, |told| told.level);
        let beyond = |(most, longest): (f32, Duration), inside: bool| {
            let share = if inside { RELIEF } else { 1.0 };
            loss >= most * share || round_trip >= longest.mul_f32(share)
        };
        let (left_out, pictures) = self.left_out;
        if left_out > 0 && left_out == pictures || beyond(POOR, before == QualityLevel::Poor) {
            QualityLevel::Poor
        } else if left_out > 0 || beyond(FAIR, before != QualityLevel::Good) {
            QualityLevel::Fair
        } else {
            QualityLevel::Good
        }
    }

    fn weakness(&mut self, level: QualityLevel, now: Instant) -> Option<bool> {
        let poor = level == QualityLevel::Poor;
        if poor == self.weak {
            self.changing = None;
            return None;
        }
        let since = *self.changing.get_or_insert(now);
        if now.duration_since(since) < PERSISTENCE {
            return None;
        }
        self.changing = None;
        self.weak = poor;
        Some(poor)
    }
}

/// Whether a person would see a difference.
fn differs(told: &Figures, now: &Figures) -> bool {
    told.level != now.level
        || told.loss_percent != now.loss_percent
        || told.round_trip_ms.abs_diff(now.round_trip_ms) > 10 + told.round_trip_ms / 5
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Line {
        quality: Quality,
        now: Instant,
        told: Vec<Figures>,
        weak: Vec<bool>,
    }

    impl Line {
        fn new() -> Self {
            let now = crate::clock::instant();
            Self { quality: Quality::default(), now, told: Vec::new(), weak: Vec::new() }
        }

        /// A report each second that way, `lost` of 256 towards the person.
        fn run(&mut self, seconds: u64, lost: u8, round_trip_ms: u64) {
            for _ in 0..seconds {
                self.now += Duration::from_secs(1);
                self.quality.arrives(0);
                self.quality.received(lost, Duration::from_millis(round_trip_ms), self.now);
                let news = self.quality.poll(self.now);
                self.told.extend(news.figures);
                self.weak.extend(news.weak);
            }
        }

        fn level(&self) -> QualityLevel {
            self.told.last().unwrap().level
        }
    }

    #[test]
    fn pictures_that_are_left_out_are_told() {
        let mut line = Line::new();
        line.run(3, 0, 40);
        for (left_out, of, level) in
            [(1, 3, QualityLevel::Fair), (2, 2, QualityLevel::Poor), (0, 3, QualityLevel::Good)]
        {
            line.quality.left_out(left_out, of);
            line.run(3, 0, 40);
            assert_eq!(line.level(), level);
        }
    }

    #[test]
    fn nothing_is_told_before_a_report_and_nothing_twice() {
        let mut line = Line::new();
        assert_eq!(line.quality.poll(line.now), News::default());
        line.run(20, 0, 40);
        assert_eq!(line.told, [Figures { level: QualityLevel::Good, loss_percent: 0, round_trip_ms: 40 }]);
    }

    #[test]
    fn who_is_served_elsewhere_has_one_quality() {
        let (mut home, mut annex) = (Quality::default(), Quality::default());
        let (mut now, mut told) = (crate::clock::instant(), Vec::new());
        for _ in 0..20 {
            now += Duration::from_secs(1);
            home.arrives(0);
            annex.received(51, Duration::from_millis(40), now);
            if let Some(reception) = annex.pass_on(now) {
                home.received_elsewhere(reception, now);
            }
            told.extend(home.poll(now).figures);
        }
        let worst = Figures { level: QualityLevel::Poor, loss_percent: 20, round_trip_ms: 40 };
        assert_eq!(told.last(), Some(&worst));
        assert!(told.is_sorted_by_key(|figures| figures.loss_percent), "to and fro: {told:?}");
    }

    #[test]
    fn loss_and_delay_each_lower_the_level() {
        let mut line = Line::new();
        line.run(10, 13, 40);
        assert_eq!(line.level(), QualityLevel::Fair, "5 % lost");
        line.run(10, 51, 40);
        assert_eq!(line.level(), QualityLevel::Poor, "20 % lost");
        line.run(30, 0, 300);
        assert_eq!(line.level(), QualityLevel::Fair, "300 ms there and back");
        line.run(10, 0, 200);
        assert_eq!(line.level(), QualityLevel::Fair, "not so much better that it stays better");
        line.run(10, 0, 100);
        assert_eq!(line.level(), QualityLevel::Good);
    }

    #[test]
    fn the_way_of_what_is_sent_counts_as_well() {
        let mut line = Line::new();
        line.run(10, 0, 40);
        line.quality.answered(Duration::from_millis(600), line.now);
        line.run(4, 0, 40);
        assert_eq!((line.level(), line.told.last().unwrap().round_trip_ms), (QualityLevel::Poor, 600));
        // Who sends no more is measured by what is received alone.
        line.run(10, 0, 40);
        assert_eq!((line.level(), line.told.last().unwrap().round_trip_ms), (QualityLevel::Good, 40));
    }

    #[test]
    fn figures_come_every_two_seconds_at_most() {
        let mut line = Line::new();
        for n in 0..20 {
            line.run(1, n * 12, 40);
        }
        assert!(line.told.len() <= 10, "{} in twenty seconds", line.told.len());
    }

    #[test]
    fn weakness_is_told_after_ten_seconds_of_it_and_ends_as_late() {
        let mut line = Line::new();
        line.run(4, 100, 40);
        line.run(6, 0, 40);
        assert!(line.weak.is_empty(), "a bad moment is not told");
        line.run(20, 100, 40);
        assert_eq!(line.weak, [true]);
        line.run(10, 0, 40);
        assert_eq!(line.weak, [true], "not at the first good second");
        line.run(20, 0, 40);
        assert_eq!(line.weak, [true, false]);
    }
}
