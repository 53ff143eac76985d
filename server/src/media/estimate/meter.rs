//! Bytes over the last second.

/// Microseconds that one bucket covers.
const BUCKET: u64 = 25_000;
const BUCKETS: usize = 40;

/// Counts bytes by time; the clock is whoever's, as long as it goes on.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    bytes: [u32; BUCKETS],
    /// Number of the newest bucket.
    newest: u64,
    /// Number of the first bucket ever.
    first: Option<u64>,
}

impl Default for Meter {
    fn default() -> Self {
        Self { bytes: [0; BUCKETS], newest: 0, first: None }
    }
}

fn slot(bucket: u64) -> usize {
    usize::try_from(bucket % BUCKETS as u64).unwrap_or(0)
}

impl Meter {
    /// Bytes at a time; those of more than a second ago are left out.
    pub(super) fn add(&mut self, micros: u64, bytes: u16) {
        let bucket = micros / BUCKET;
        if self.first.is_none() || bucket >= self.newest + BUCKETS as u64 {
            (self.bytes, self.newest) = ([0; BUCKETS], bucket);
            self.first.get_or_insert(bucket);
        }
        for passed in self.newest + 1..=bucket {
            self.bytes.get_mut(slot(passed)).into_iter().for_each(|bytes| *bytes = 0);
        }
        self.newest = self.newest.max(bucket);
        if bucket + BUCKETS as u64 > self.newest
            && let Some(sum) = self.bytes.get_mut(slot(bucket))
        {
            *sum = sum.saturating_add(bytes.into());
        }
    }

    /// Bits per second over the last `window` microseconds (a second at most) before the newest bucket, which is not
    /// complete yet. `None` before a quarter of the window has passed.
    #[must_use]
    pub(super) fn rate(&self, window: u64) -> Option<f64> {
        let first = self.first?;
        let known = (self.newest - first).min(BUCKETS as u64 - 1);
        let buckets = (window / BUCKET).min(known);
        if buckets == 0 || buckets * 4 * BUCKET < window {
            return None;
        }
        let bytes: u64 = (1..=buckets)
            .filter_map(|back| self.bytes.get(slot(self.newest - back)))
            .map(|n| u64::from(*n))
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "a second's worth of bits")]
        let rate = (bytes * 8) as f64 * 1e6 / (buckets * BUCKET) as f64;
        Some(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_the_last_while() {
        let mut meter = Meter::default();
        for ms in 0..2_000 {
            meter.add(ms * 1_000, if ms < 1_000 { 1_000 } else { 125 });
        }
        assert_eq!(meter.rate(500_000), Some(1e6));
        meter.add(60_000_000, 100);
        assert_eq!(meter.rate(500_000), Some(0.0), "a minute of silence");
        meter.add(1_000, 100);
        assert_eq!(meter.rate(500_000), Some(0.0), "long past");
    }

    #[test]
    fn a_beginning_tells_little() {
        let mut meter = Meter::default();
        assert_eq!(meter.rate(500_000), None);
        for ms in 0..130 {
            meter.add(7_000_000 + ms * 1_000, 125);
            assert_eq!(meter.rate(500_000).is_some(), ms >= 125);
        }
        assert_eq!(meter.rate(500_000), Some(1e6));
    }
}
