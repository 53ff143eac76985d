//! Places RTP timestamps on the clock of the séance.
//!
//! A sender's reports (RFC 3550 §6.4.1) tie its RTP clocks to its wall clock; the least (arrival − wall clock) of its
//! recent reports ties that wall clock to the séance's. All tracks of one sender share that second tie, so that lips
//! and voice stay together. Until a report comes, the least (arrival − media time) of the first seconds stands in.
//! Pure: times come in as arguments, in microseconds of the séance.

/// How far media time and arrival may drift apart before the source is taken to have started again, in µs.
const RESTART_US: i64 = 10_000_000;
/// How far a report may move a track from where its packets arrived before it is not believed, in µs.
const BELIEVED_US: i64 = 3_000_000;
/// How long packets are looked at for the earliest arrival, in µs.
const ARRIVALS_US: u64 = 10_000_000;
/// Width of one bucket of the sliding minimum over reports, in µs.
const BUCKET_US: u64 = 60_000_000;

/// Microseconds of an NTP timestamp (32.32 fixed point seconds).
pub(crate) fn ntp_us(ntp: u64) -> i64 {
    let seconds = (ntp >> 32) * 1_000_000;
    let fraction = ((ntp & 0xffff_ffff) * 1_000_000) >> 32;
    (seconds + fraction).cast_signed()
}

/// The wall clock of one sender, as seen from the séance.
#[derive(Debug, Default)]
pub(crate) struct SenderClock {
    /// Start of the current bucket, its least offset, and the least offset of the one before.
    bucket: Option<(u64, i64, Option<i64>)>,
}

impl SenderClock {
    /// A report written at `ntp_us` on the sender's clock arrived at `t_us`.
    pub(crate) fn report(&mut self, t_us: u64, ntp_us: i64) {
        let offset = t_us.cast_signed().saturating_sub(ntp_us);
        self.bucket = Some(match self.bucket {
            Some((start, least, before)) if t_us < start + BUCKET_US => (start, least.min(offset), before),
            Some((_, least, _)) => (t_us, offset, Some(least)),
            None => (t_us, offset, None),
        });
    }

    /// What to add to the sender's wall clock to get the séance's; `None` before the first report.
    pub(crate) fn offset_us(&self) -> Option<i64> {
        self.bucket.map(|(_, least, before)| before.map_or(least, |before| before.min(least)))
    }
}

/// Where a timestamp falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Continues {
        ticks: i64,
    },
    /// The source started again: these ticks have nothing to do with the earlier ones.
    Restarts {
        ticks: i64,
    },
}

/// The RTP clock of one track.
#[derive(Debug)]
pub(crate) struct TrackClock {
    rate: i64,
    /// Ticks (unwrapped to 64 bits) and arrival of the last frame.
    last: Option<(i64, u64)>,
    /// The earliest arrival relative to media time: the first arrival looked at, then ticks and arrival of the least.
    earliest: Option<(u64, i64, u64)>,
    /// Ticks and sender's wall clock of the last report, in µs.
    report: Option<(i64, i64)>,
}

impl TrackClock {
    pub(crate) fn new(clock_rate: u32) -> Self {
        Self { rate: i64::from(clock_rate), last: None, earliest: None, report: None }
    }

    /// Takes the timestamp of a frame whose first packet arrived at `arrival_us`.
    pub(crate) fn advance(&mut self, timestamp: u32, arrival_us: u64) -> Step {
        let Some((last, last_arrival)) = self.last else { return self.start(timestamp, arrival_us) };
        let ticks = unwrap(last, timestamp);
        let media_us = self.us(ticks - last);
        let waited_us = arrival_us.cast_signed() - last_arrival.cast_signed();
        if (media_us - waited_us).abs() > RESTART_US {
            return self.start(timestamp, arrival_us);
        }
        self.last = Some((ticks, arrival_us));
        if let Some((first, at, arrival)) = self.earliest
            && arrival_us < first + ARRIVALS_US
            && arrival_us.cast_signed() < arrival.cast_signed() + self.us(ticks - at)
        {
            self.earliest = Some((first, ticks, arrival_us));
        }
        Step::Continues { ticks }
    }

    fn start(&mut self, timestamp: u32, arrival_us: u64) -> Step {
        let ticks = i64::from(timestamp);
        self.last = Some((ticks, arrival_us));
        self.earliest = Some((arrival_us, ticks, arrival_us));
        self.report = None;
        Step::Restarts { ticks }
    }

    /// Forgets everything: the next timestamp comes from another source.
    pub(crate) fn restart(&mut self) {
        self.last = None;
        self.report = None;
    }

    /// A report ties `timestamp` to `ntp_us` on the sender's wall clock. Returns its ticks, when it can be placed.
    pub(crate) fn report(&mut self, ntp_us: i64, timestamp: u32) -> Option<i64> {
        let ticks = unwrap(self.last?.0, timestamp);
        self.report = Some((ticks, ntp_us));
        Some(ticks)
    }

    /// The instant of the séance at which the media of `ticks` was captured, as well as it is known now.
    pub(crate) fn at(&self, ticks: i64, sender: &SenderClock) -> u64 {
        let arrival = self.earliest.map_or(0, |(_, at, arrival)| arrival.cast_signed() + self.us(ticks - at));
        let reported = self
            .report
            .zip(sender.offset_us())
            .map(|((at, ntp), offset)| ntp.saturating_add(offset).saturating_add(self.us(ticks - at)))
            .filter(|reported| reported.abs_diff(arrival) <= BELIEVED_US.unsigned_abs());
        u64::try_from(reported.unwrap_or(arrival)).unwrap_or(0)
    }

    /// Microseconds in a number of ticks.
    pub(crate) fn us(&self, ticks: i64) -> i64 {
        let us = i128::from(ticks) * 1_000_000 / i128::from(self.rate.max(1));
        i64::try_from(us).unwrap_or(if us < 0 { i64::MIN / 4 } else { i64::MAX / 4 })
    }
}

/// The 64-bit value nearest to `last` whose low 32 bits are `timestamp`.
fn unwrap(last: i64, timestamp: u32) -> i64 {
    let low = (last & 0xffff_ffff) as u32;
    last + i64::from(timestamp.wrapping_sub(low).cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_wrap_of_32_bits_is_no_restart() {
        let mut clock = TrackClock::new(90_000);
        assert_eq!(clock.advance(u32::MAX - 2_999, 0), Step::Restarts { ticks: i64::from(u32::MAX - 2_999) });
        assert_eq!(clock.advance(0, 33_333), Step::Continues { ticks: 1 << 32 });
        assert_eq!(clock.advance(3_000, 66_666), Step::Continues { ticks: (1 << 32) + 3_000 });
    }

    #[test]
    fn a_long_mute_continues_and_a_jump_restarts() {
        let mut clock = TrackClock::new(48_000);
        clock.advance(1_000, 0);
        let hour = 48_000 * 3_600;
        assert_eq!(
            clock.advance(1_000 + hour, 3_600_000_000),
            Step::Continues { ticks: i64::from(1_000 + hour) }
        );
        assert_eq!(clock.advance(7, 3_600_020_000), Step::Restarts { ticks: 7 });
    }

    #[test]
    fn the_earliest_arrival_stands_in_for_reports() {
        let mut clock = TrackClock::new(90_000);
        // The first frame was held up for 80 ms.
        clock.advance(0, 1_080_000);
        clock.advance(3_000, 1_033_333 + 5_000);
        assert_eq!(clock.at(0, &SenderClock::default()), 1_005_000);
    }

    #[test]
    fn reports_put_voice_and_picture_of_one_sender_together() {
        let (mut voice, mut picture, mut sender) =
            (TrackClock::new(48_000), TrackClock::new(90_000), SenderClock::default());
        voice.advance(480, 1_000_000);
        picture.advance(9_000, 1_150_000);
        let wall = 3_900_000_000_000_000;
        for (t_us, ntp) in [(1_200_000, wall), (2_190_000, wall + 1_000_000)] {
            sender.report(t_us, ntp);
        }
        assert_eq!(sender.offset_us(), Some(1_190_000 - wall));
        voice.report(wall, 480 + 4_800);
        picture.report(wall, 9_000 + 9_000);
        assert_eq!(voice.at(480 + 4_800, &sender), 1_190_000);
        assert_eq!(picture.at(18_000, &sender), 1_190_000);
        assert_eq!(picture.at(9_000, &sender), 1_090_000);
    }

    #[test]
    fn a_report_that_moves_the_track_by_minutes_is_not_believed() {
        let (mut clock, mut sender) = (TrackClock::new(90_000), SenderClock::default());
        clock.advance(0, 5_000_000);
        sender.report(5_000_000, i64::MIN);
        clock.report(i64::MAX, 0);
        assert_eq!(clock.at(0, &sender), 5_000_000);
    }

    #[test]
    fn ntp_fractions_become_microseconds() {
        assert_eq!(ntp_us((5 << 32) | (1 << 31)), 5_500_000);
    }

    proptest! {
        /// No timestamps, arrivals or reports whatever overflow.
        #[test]
        fn any_input_is_placed(steps in prop::collection::vec((any::<u32>(), 0u64..1 << 50, any::<u64>()), 1..50), rate in 1u32..) {
            let (mut clock, mut sender) = (TrackClock::new(rate), SenderClock::default());
            for (timestamp, t_us, ntp) in steps {
                sender.report(t_us, ntp_us(ntp));
                let (Step::Continues { ticks } | Step::Restarts { ticks }) = clock.advance(timestamp, t_us);
                clock.report(ntp_us(ntp), timestamp.wrapping_add(ntp as u32));
                clock.at(ticks, &sender);
            }
        }
    }
}
