//! Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1), as browsers send it.

use std::time::{Duration, Instant};

use crate::rtp;

/// Browsers send it every 50 to 250 ms.
const EVERY: Duration = Duration::from_millis(100);
/// Packets told about at once, at most.
const MOST: u32 = 1_000;
/// Units of the reference time and of the deltas, microseconds.
const REFERENCE: u64 = 64_000;
const DELTA: u64 = 250;

/// Arrivals since the last feedback.
#[derive(Debug)]
pub(super) struct Feedback {
    id: u8,
    /// Unwrapped number and time of arrival.
    arrivals: Vec<(u32, Instant)>,
    newest: Option<u32>,
    /// The first number not yet told about.
    next: Option<u32>,
    epoch: Option<Instant>,
    due: Instant,
    count: u8,
    media_ssrc: u32,
}

impl Feedback {
    pub(super) fn new(id: u8) -> Self {
        let due = server::clock::instant();
        Self { id, arrivals: Vec::new(), newest: None, next: None, epoch: None, due, count: 0, media_ssrc: 0 }
    }

    /// When there is something to say.
    pub(super) fn due(&self) -> Option<Instant> {
        (!self.arrivals.is_empty()).then_some(self.due)
    }

    /// A media packet came.
    pub(super) fn arrived(&mut self, packet: &[u8], now: Instant) {
        let Some(&number) = rtp::extension(packet, self.id).and_then(|value| value.first_chunk()) else {
            return;
        };
        let number = u16::from_be_bytes(number);
        let newest = self.newest.unwrap_or_else(|| 1 << 16 | u32::from(number));
        let number = newest.wrapping_add_signed(i32::from(number.wrapping_sub(newest as u16) as i16));
        self.newest = Some(newest.max(number));
        self.epoch.get_or_insert(now);
        if self.arrivals.is_empty() {
            self.due = self.due.max(now);
        }
        if self.arrivals.len() < MOST as usize {
            self.arrivals.push((number, now));
        }
        if let Some((_, _, ssrc)) = rtp::identity(packet) {
            self.media_ssrc = ssrc;
        }
    }

    /// Writes one feedback packet on all arrivals.
    pub(super) fn write(&mut self, ssrc: u32, out: &mut Vec<u8>) {
        self.arrivals.sort_unstable();
        self.arrivals.dedup_by_key(|(number, _)| *number);
        let (Some(&(first, at)), Some(&(last, _))) = (self.arrivals.first(), self.arrivals.last()) else {
            return;
        };
        let base = self.next.filter(|&next| next < first && last - next < MOST).unwrap_or(first);
        let epoch = self.epoch.unwrap_or(at);
        let micros = |at: Instant| at.saturating_duration_since(epoch).as_micros() as u64;
        let reference = micros(at) / REFERENCE;
        let start = rtp::begin(out, rtp::TRANSPORT_CC, rtp::TRANSPORT_FEEDBACK, ssrc);
        out.extend_from_slice(&self.media_ssrc.to_be_bytes());
        out.extend_from_slice(&(base as u16).to_be_bytes());
        out.extend_from_slice(&((last - base + 1) as u16).to_be_bytes());
        out.extend_from_slice(&((reference as u32) << 8 | u32::from(self.count)).to_be_bytes());
        let mut previous = reference * REFERENCE / DELTA;
        let mut deltas = Vec::with_capacity(self.arrivals.len());
        let mut arrivals = self.arrivals.iter().peekable();
        let mut symbols = (base..=last).map(|number| {
            let Some((_, at)) = arrivals.next_if(|(arrived, _)| *arrived == number) else { return 0_u16 };
            let tick = micros(*at) / DELTA;
            let delta = tick as i64 - previous as i64;
            previous = tick;
            match u8::try_from(delta) {
                Ok(small) => {
                    deltas.push(small);
                    1
                }
                Err(_) => {
                    let large = delta.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
                    deltas.extend_from_slice(&large.to_be_bytes());
                    2
                }
            }
        });
        // Status vectors of seven two-bit symbols.
        let mut left = last - base + 1;
        while left > 0 {
            let seven = left.min(7);
            let chunk =
                (0..seven).fold(0xc000, |chunk, n| chunk | symbols.next().unwrap_or(0) << (12 - 2 * n));
            out.extend_from_slice(&chunk.to_be_bytes());
            left -= seven;
        }
        drop(symbols);
        out.extend_from_slice(&deltas);
        rtp::end(out, start);
        self.count = self.count.wrapping_add(1);
        self.next = Some(last + 1);
        self.arrivals.clear();
        self.due += EVERY;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_and_times_are_told() {
        let mut feedback = Feedback::new(3);
        let start = server::clock::instant();
        let mut packet = Vec::new();
        for (number, millis) in [(65_535_u16, 0), (0, 1), (2, 100)] {
            packet.clear();
            rtp::Header::default().write(&[(3, &number.to_be_bytes())], &mut packet);
            feedback.arrived(&packet, start + Duration::from_millis(millis));
        }
        let mut out = Vec::new();
        feedback.write(7, &mut out);
        let report = rtp::reports(&out).next().unwrap();
        assert_eq!((report.format, report.typ), (15, 205));
        // Base, count, reference and number; one chunk: small, small, lost, large; then the deltas.
        let expected = [0xff, 0xff, 0, 4, 0, 0, 0, 0, 0b1101_0100, 0b1000_0000, 0, 4, 0x01, 0x8c];
        assert_eq!(&report.body[8..8 + expected.len()], expected);
    }
}
