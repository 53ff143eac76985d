//! How much one publisher may send: more than it was told, for a moment, is an encoder that has not settled yet; for
//! seconds, it is somebody who would have the whole class pay for it.

use std::time::{Duration, Instant};

/// Above what it was told, so that only gross excess is cut: probes, repairs and keyframes have room.
const MARGIN: u64 = 2;
/// The whole margin may be used up at once for so long.
const BURST: Duration = Duration::from_secs(3);
/// A packet costs at least this many bytes: tiny ones cost the server as much as large ones.
const LEAST: u64 = 200;
/// How often the person is told.
const SPACING: Duration = Duration::from_secs(10);

/// The bytes one publisher has left, refilled as time passes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Allowance {
    /// Spent beyond what was refilled, bytes.
    spent: u64,
    refilled: Option<Instant>,
    told: Option<Instant>,
}

impl Allowance {
    /// Whether an authentic packet of this length may pass; `bitrate` is what the publisher was told, bit/s.
    pub(super) fn admits(&mut self, length: usize, bitrate: u32, now: Instant) -> bool {
        let rate = u64::from(bitrate) / 8 * MARGIN;
        let since = self.refilled.map_or(Duration::ZERO, |at| now.duration_since(at)).min(BURST);
        let refill = rate * u64::try_from(since.as_micros()).unwrap_or(0) / 1_000_000;
        // Not refilled by less than a byte: the time counts with the next packet.
        if refill > 0 || self.refilled.is_none() {
            self.spent = self.spent.saturating_sub(refill);
            self.refilled = Some(now);
        }
        let cost = (length as u64).max(LEAST);
        let admitted = self.spent + cost <= rate * BURST.as_secs();
        self.spent += if admitted { cost } else { 0 };
        admitted
    }

    /// Whether the person is to be told now of what was cut; `true` counts as told.
    pub(super) fn tells(&mut self, now: Instant) -> bool {
        let due = self.told.is_none_or(|told| now.duration_since(told) >= SPACING);
        if due {
            self.told = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BITRATE: u32 = 5_000_000;

    /// Sends packets for so long at this rate; how many of a hundred pass.
    fn passes(seconds: u64, packets_a_second: u64, length: usize) -> u64 {
        let (mut allowance, start) = (Allowance::default(), crate::clock::instant());
        let sent = seconds * packets_a_second;
        let at = |n: u64| start + Duration::from_micros(n * 1_000_000 / packets_a_second);
        let passed = (0..sent).filter(|n| allowance.admits(length, BITRATE, at(*n))).count() as u64;
        passed * 100 / sent
    }

    #[test]
    fn what_was_promised_passes_and_bursts_too() {
        assert_eq!(passes(60, 625, 1_000), 100, "5 Mbit/s");
        assert_eq!(passes(1, 3_500, 1_000), 100, "28 Mbit/s, for a second");
    }

    #[test]
    fn a_flood_is_cut_to_the_margin() {
        let share = passes(60, 12_500, 1_000);
        assert!((9..=12).contains(&share), "{share} % of 100 Mbit/s for a minute");
        let share = passes(60, 50_000, 20);
        assert!((11..=15).contains(&share), "{share} % of 50,000 tiny packets a second");
    }

    #[test]
    fn the_person_is_told_every_ten_seconds_at_most() {
        let (mut allowance, now) = (Allowance::default(), crate::clock::instant());
        assert!(
            allowance.tells(now) && !allowance.tells(now + SPACING / 2) && allowance.tells(now + SPACING)
        );
    }
}
