//! One stream by its sequence numbers.

use std::time::Instant;

/// What a sequence number is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// Newer than all before; so many were skipped.
    New { before: u64 },
    /// Fills a hole.
    Late,
    /// Seen, or too old to tell.
    Again,
}

/// What a stream carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    Sound,
    Picture,
    #[default]
    Unknown,
}

/// Sequence numbers of one SSRC.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// First and newest number, extended; zero before the first packet.
    first: u64,
    newest: u64,
    received: u64,
    /// Bit n: the n-th before the newest was received.
    window: u64,
    pub(super) kind: Kind,
    /// A packet was authentic.
    pub(super) proven: bool,
    /// Middle of the NTP time of the last sender report, and when it came.
    pub(super) reported: Option<(u32, Instant)>,
    /// Balance at the last receiver report.
    told: (u64, u64),
}

impl Stream {
    pub(super) fn count(&mut self, sequence: u16) -> Counted {
        if self.received == 0 {
            self.first = 1 << 16 | u64::from(sequence);
            (self.newest, self.received, self.window) = (self.first, 1, 1);
            return Counted::New { before: 0 };
        }
        let ahead = sequence.wrapping_sub(self.newest as u16) as i16;
        if ahead > 0 {
            let ahead = u64::from(ahead.unsigned_abs());
            self.newest += ahead;
            self.received += 1;
            self.window = self.window.checked_shl(ahead as u32).unwrap_or(0) | 1;
            return Counted::New { before: ahead - 1 };
        }
        let bit = 1_u64.checked_shl(ahead.unsigned_abs().into()).unwrap_or(0);
        let back = u64::from(ahead.unsigned_abs());
        if bit == 0 || self.window & bit != 0 || self.newest - back < self.first {
            return Counted::Again;
        }
        self.window |= bit;
        self.received += 1;
        Counted::Late
    }

    /// A hole was filled by the repair stream.
    pub(super) fn recovered(&mut self) {
        self.received += 1;
    }

    /// Expected and missing so far.
    pub(super) fn balance(&self) -> (u64, u64) {
        if self.received == 0 {
            return (0, 0);
        }
        let expected = self.newest - self.first + 1;
        (expected, expected.saturating_sub(self.received))
    }

    /// A report block (RFC 3550 §6.4.1) on what came since the last one. Jitter is not measured.
    pub(super) fn block(&mut self, ssrc: u32, now: Instant, out: &mut Vec<u8>) {
        let (expected, lost) = self.balance();
        let (then, told) = std::mem::replace(&mut self.told, (expected, lost));
        let fraction = (lost.saturating_sub(told) * 256 / expected.saturating_sub(then).max(1)).min(255);
        let (last, delay) = self.reported.map_or((0, 0), |(ntp, at)| {
            let delay = now.saturating_duration_since(at).as_micros() * 65_536 / 1_000_000;
            (ntp, u32::try_from(delay).unwrap_or(u32::MAX))
        });
        let lost = (lost.min(0x7f_ffff) as u32) | (fraction as u32) << 24;
        for word in [ssrc, lost, self.newest as u32, 0, last, delay] {
            out.extend_from_slice(&word.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_late_packets_and_repetitions_are_told_apart() {
        let mut stream = Stream::default();
        assert_eq!(stream.count(65_534), Counted::New { before: 0 });
        assert_eq!(stream.count(1), Counted::New { before: 2 });
        assert_eq!(stream.balance(), (4, 2));
        assert_eq!(stream.count(65_535), Counted::Late);
        assert_eq!(stream.count(65_535), Counted::Again);
        assert_eq!(stream.count(65_533), Counted::Again, "before the first");
        assert_eq!(stream.balance(), (4, 1));
        stream.recovered();
        assert_eq!(stream.balance(), (4, 0));
        assert_eq!(stream.count(201), Counted::New { before: 199 });
        assert_eq!(stream.count(2), Counted::Again, "too old to tell");
    }
}
