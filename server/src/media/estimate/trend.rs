//! Whether a queue is growing on the way to a subscriber, told by how the packets' delay develops.
//!
//! After "A Google Congestion Control Algorithm for Real-Time Communication" (draft-ietf-rmcat-gcc-02 §5) with the
//! trendline filter that replaced its Kalman filter. A difference: a forwarded frame leaves as one burst, and how
//! long a link takes to serialise it says nothing about a queue. So the least delay within a burst counts.

/// Packets sent within so many microseconds are one burst.
const BURST: u64 = 5_000;
/// Bursts that the line is laid through.
const POINTS: usize = 20;
const SMOOTHING: f64 = 0.9;
const GAIN: f64 = 4.0;
/// Bursts from which on the trend counts fully.
const FULL: f64 = 60.0;
/// Bounds of the threshold and how fast it follows.
const THRESHOLD: (f64, f64) = (6.0, 600.0);
const FIRST_THRESHOLD: f64 = 12.5;
const RISE: f64 = 0.0087;
const FALL: f64 = 0.039;
/// A trend this far above the threshold does not move it.
const SPIKE: f64 = 15.0;
/// A trend must last so long, in ms, to count.
const LASTING: f64 = 10.0;
/// Delays above the least by less than this, in ms, are noise.
const NOISE: f64 = 8.0;
/// The least delay is sought over one to two of these, in microseconds: clocks drift apart and routes change.
const EPOCH: u64 = 10_000_000;

/// What the delays say of the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Usage {
    #[default]
    Normal,
    /// A queue is growing.
    Over,
    /// A queue is being emptied.
    Under,
}

#[derive(Clone, Copy, Debug)]
struct Burst {
    sent: u64,
    arrived: u64,
    /// Least difference of arrival and departure, on two clocks.
    delay: i64,
}

/// Follows the delay of one subscriber's packets.
#[derive(Clone, Debug)]
pub(super) struct Trend {
    burst: Option<Burst>,
    /// Arrival and smoothed delay of the last bursts, in ms, a ring.
    points: [(f64, f64); POINTS],
    bursts: u64,
    origin: Option<(u64, i64)>,
    smoothed: f64,
    last_arrival: f64,
    threshold: f64,
    over_for: Option<f64>,
    before: f64,
    usage: Usage,
    /// Least delay of this epoch and of the one before, and when this one began.
    least: (i64, i64),
    epoch: u64,
    /// How much the last burst's delay was above the least, in ms, and that of the bursts before, smoothed.
    queue: f64,
    queue_before: f64,
}

impl Default for Trend {
    fn default() -> Self {
        Self {
            burst: None,
            points: [(0.0, 0.0); POINTS],
            bursts: 0,
            origin: None,
            smoothed: 0.0,
            last_arrival: 0.0,
            threshold: FIRST_THRESHOLD,
            over_for: None,
            before: 0.0,
            usage: Usage::Normal,
            least: (i64::MAX, i64::MAX),
            epoch: 0,
            queue: 0.0,
            queue_before: 0.0,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "delays in microseconds are far below 2^52")]
fn ms(micros: i64) -> f64 {
    micros as f64 / 1e3
}

impl Trend {
    #[must_use]
    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// Milliseconds that packets waited lately beyond what the way takes at its best.
    #[must_use]
    pub(super) fn queue(&self) -> f64 {
        self.queue
    }

    /// Milliseconds that a packet took longer than the fastest of late; 0 while that is not known.
    #[must_use]
    pub(super) fn waited(&self, sent: u64, arrived: u64) -> f64 {
        let least = self.least.0.min(self.least.1);
        if least == i64::MAX { 0.0 } else { ms(arrived.cast_signed() - sent.cast_signed() - least).max(0.0) }
    }

    /// A packet sent at `sent` arrived at `arrived`, in microseconds on the clock of each side. To be told in the order
    /// of sending.
    pub(super) fn packet(&mut self, sent: u64, arrived: u64) {
        let delay = arrived.cast_signed() - sent.cast_signed();
        match &mut self.burst {
            Some(burst) if sent < burst.sent => {}
            Some(burst) if sent - burst.sent <= BURST => {
                burst.delay = burst.delay.min(delay);
                burst.arrived = burst.arrived.min(arrived);
            }
            burst => {
                if let Some(burst) = burst.replace(Burst { sent, arrived, delay }) {
                    self.finished(&burst);
                }
            }
        }
    }

    fn finished(&mut self, burst: &Burst) {
        let (from, first) = *self.origin.get_or_insert((burst.arrived, burst.delay));
        if burst.sent >= self.epoch + EPOCH || self.bursts == 0 {
            self.least = (i64::MAX, if self.bursts == 0 { i64::MAX } else { self.least.0 });
            self.epoch = burst.sent;
        }
        self.least.0 = self.least.0.min(burst.delay);
        self.queue_before += (self.queue - self.queue_before) / 2.0;
        self.queue = ms(burst.delay - self.least.0.min(self.least.1));
        let arrival = ms(burst.arrived.cast_signed() - from.cast_signed());
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * ms(burst.delay - first);
        let at = usize::try_from(self.bursts % POINTS as u64).unwrap_or(0);
        if let Some(point) = self.points.get_mut(at) {
            *point = (arrival, self.smoothed);
        }
        self.bursts += 1;
        let passed = (arrival - self.last_arrival).clamp(0.0, 100.0);
        self.last_arrival = arrival;
        if self.bursts >= POINTS as u64 {
            #[expect(clippy::cast_precision_loss, reason = "capped at once")]
            let weight = (self.bursts as f64).min(FULL);
            let trend = slope(&self.points).map_or(self.before, |slope| slope * weight * GAIN);
            self.judge(trend, passed);
        }
    }

    /// One large frame makes a queue that shrinks at once: the line through the last bursts still rises then.
    fn grows(&self) -> bool {
        self.queue > NOISE && self.queue >= self.queue_before
    }

    fn judge(&mut self, trend: f64, passed: f64) {
        if trend > self.threshold {
            let lasted = self.over_for.map_or(passed / 2.0, |lasted| lasted + passed);
            let again = self.over_for.is_some();
            self.over_for = Some(lasted);
            if lasted > LASTING && again && trend >= self.before && self.grows() {
                self.over_for = Some(0.0);
                self.usage = Usage::Over;
            }
        } else {
            self.over_for = None;
            self.usage = if trend < -self.threshold { Usage::Under } else { Usage::Normal };
        }
        self.before = trend;
        let size = trend.abs();
        if size <= self.threshold + SPIKE {
            let speed = if size < self.threshold { FALL } else { RISE };
            let moved = self.threshold + speed * (size - self.threshold) * passed;
            self.threshold = moved.clamp(THRESHOLD.0, THRESHOLD.1);
        }
    }
}

/// The slope of the line with the least squares; `None` when all points have one abscissa.
fn slope(points: &[(f64, f64); POINTS]) -> Option<f64> {
    let count = POINTS as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let (above, below) = points.iter().fold((0.0, 0.0), |(above, below), point| {
        let distance = point.0 - x;
        (above + distance * (point.1 - y), below + distance * distance)
    });
    (below > 0.0).then(|| above / below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bursts of three packets every 20 ms with this delay in microseconds at each.
    fn feed(trend: &mut Trend, from: u64, bursts: u64, delay: impl Fn(u64) -> u64) -> Vec<Usage> {
        let mut usages = Vec::new();
        for n in from..from + bursts {
            let sent = n * 20_000;
            for packet in 0..3 {
                trend.packet(sent, sent + 40_000 + delay(n - from) + packet * 3_000);
            }
            usages.push(trend.usage());
        }
        usages
    }

    #[test]
    fn a_growing_queue_is_seen_and_a_shrinking_one_too() {
        let mut trend = Trend::default();
        assert!(feed(&mut trend, 0, 100, |_| 0).iter().all(|usage| *usage == Usage::Normal));
        let usages = feed(&mut trend, 100, 30, |n| n * 5_000);
        let seen = usages.iter().position(|usage| *usage == Usage::Over);
        assert!(seen.is_some_and(|at| at < 15), "within 300 ms: {usages:?}");
        assert!(trend.queue() > 100.0);
        let usages = feed(&mut trend, 130, 60, |n| (30_u64.saturating_sub(n)) * 5_000);
        assert!(usages.contains(&Usage::Under));
        assert!(feed(&mut trend, 190, 100, |_| 0).last() == Some(&Usage::Normal) && trend.queue() < 1.0);
    }

    #[test]
    fn jitter_alone_is_no_queue() {
        let mut trend = Trend::default();
        let mut dice = 1_u64;
        let usages: Vec<Usage> = (0..50)
            .flat_map(|round| {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let salt = dice;
                feed(&mut trend, round * 20, 20, move |n| (salt >> (n + 13)) % 6_000)
            })
            .collect();
        assert!(!usages.contains(&Usage::Over));
    }

    #[test]
    fn clocks_may_run_apart() {
        let mut trend = Trend::default();
        // 100 parts in a million, ten minutes.
        let usages = feed(&mut trend, 0, 30_000, |n| n * 2);
        assert!(!usages.contains(&Usage::Over) && trend.queue() < 3.0);
    }
}
