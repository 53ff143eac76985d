//! Short bursts at a higher rate, to find out whether the link carries more than what is being sent.
//!
//! A server that forwards cannot send faster than its publishers do: without probes an estimate would never rise above
//! what was needed so far.

use std::time::Duration;

/// How long a probe lasts, in microseconds, and how many packets and bytes it has at least.
const LASTS: u64 = 25_000;
const LEAST_PACKETS: u32 = 8;
const LEAST_BYTES: u64 = 2_000;
/// Bytes are sent in advance for so many microseconds: one tick of the sender.
const AHEAD: u64 = 5_000;
/// After so many microseconds a probe that is not answered has failed, besides the round trip.
const PATIENCE: u64 = 400_000;
/// A probe that did not lose more than this tells the rate.
const LEAST_ARRIVED: f64 = 0.7;
/// A link that slows the burst by more than a tenth is full; of what it carried then so much is used.
const UNSLOWED: f64 = 0.9;
const USED: f64 = 0.95;
/// Arriving much faster than sent, the packets were held back and bundled: that tells nothing.
const BUNDLED: f64 = 2.0;

/// How often the sender looks whether a probe has to go on.
pub(in crate::media) const TICK: Duration = Duration::from_millis(5);

/// One probe, being sent or waiting for its reports.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    pub(super) number: u8,
    /// Bits per second.
    pub(super) rate: f64,
    began: u64,
    target: u64,
    sent_bytes: u64,
    sent_packets: u32,
    ended: Option<u64>,
    reported: u32,
    echo: Echo,
}

/// What arrived of a probe.
#[derive(Clone, Copy, Debug)]
struct Echo {
    bytes: u64,
    /// First and last departure, and the bytes of the last.
    sent: (u64, u64),
    last_sent: u64,
    /// First and last arrival, and the bytes of the first.
    arrived: (u64, u64),
    first_arrived: u64,
}

impl Probe {
    /// Begins a probe at so many bits per second. `number` is not 0.
    pub(super) fn new(number: u8, rate: f64, micros: u64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "25 ms of a rate"
        )]
        let bytes = (rate / 8e6 * LASTS as f64) as u64;
        let echo =
            Echo { bytes: 0, sent: (u64::MAX, 0), last_sent: 0, arrived: (u64::MAX, 0), first_arrived: 0 };
        Self {
            number,
            rate,
            began: micros,
            target: bytes.max(LEAST_BYTES),
            sent_bytes: 0,
            sent_packets: 0,
            ended: None,
            reported: 0,
            echo,
        }
    }

    /// Whether packets that leave now are part of it.
    #[must_use]
    pub(super) fn sending(&self) -> bool {
        self.ended.is_none()
    }

    /// Bytes that should leave now besides what left already.
    #[must_use]
    pub(super) fn due(&self, micros: u64) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a few milliseconds of a rate"
        )]
        let by_now = (self.rate / 8e6 * (micros - self.began + AHEAD) as f64) as u64;
        let most = if self.sent_packets < LEAST_PACKETS { u64::MAX } else { self.target };
        by_now.min(most).saturating_sub(self.sent_bytes)
    }

    /// A packet left as part of it.
    pub(super) fn sent(&mut self, bytes: u16, micros: u64) {
        self.sent_bytes += u64::from(bytes);
        self.sent_packets += 1;
        let done = self.sent_bytes >= self.target && self.sent_packets >= LEAST_PACKETS;
        // Whoever cannot send in time gets no result, but does not probe for ever either.
        if done || micros > self.began + 4 * LASTS {
            self.ended = Some(micros);
        }
    }

    /// A packet of it was reported on.
    pub(super) fn report(&mut self, sent: u64, arrived: Option<u64>, bytes: u16) {
        self.reported += 1;
        let Some(arrived) = arrived else { return };
        let (echo, bytes) = (&mut self.echo, u64::from(bytes));
        echo.bytes += bytes;
        echo.last_sent = if sent == echo.sent.1 { echo.last_sent + bytes } else { bytes };
        echo.sent = (echo.sent.0.min(sent), echo.sent.1.max(sent));
        if arrived <= echo.arrived.0 {
            echo.first_arrived = if arrived == echo.arrived.0 { echo.first_arrived + bytes } else { bytes };
        }
        echo.arrived = (echo.arrived.0.min(arrived), echo.arrived.1.max(arrived));
    }

    /// Whether nothing more will be heard of it.
    #[must_use]
    pub(super) fn over(&self, round_trip: u64, micros: u64) -> bool {
        match self.ended {
            Some(ended) => self.reported >= self.sent_packets || micros > ended + round_trip + PATIENCE,
            None => micros > self.began + 8 * LASTS,
        }
    }

    /// Bits per second that the link carried; `None` when it cannot be told.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "bytes and microseconds of one burst")]
    pub(super) fn result(&self) -> Option<f64> {
        let Echo { bytes, sent, last_sent, arrived, first_arrived } = self.echo;
        if (bytes as f64) < self.sent_bytes as f64 * LEAST_ARRIVED || self.ended.is_none() {
            return None;
        }
        let sent_in = sent.1.checked_sub(sent.0).filter(|micros| *micros >= LASTS / 4)? as f64;
        let arrived_in = arrived.1.checked_sub(arrived.0).filter(|micros| *micros > 0)? as f64;
        let left = (bytes - last_sent) as f64 * 8e6 / sent_in;
        let came = (bytes - first_arrived) as f64 * 8e6 / arrived_in;
        if came > left * BUNDLED {
            return None;
        }
        Some(if came < left * UNSLOWED { came * USED } else { left.min(came) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends a probe of 300-byte packets over a link of so many bits per second.
    fn over_link(rate: f64, capacity: f64) -> Option<f64> {
        let mut probe = Probe::new(1, rate, 0);
        let (mut micros, mut free) = (0, 0.0_f64);
        let mut fates = Vec::new();
        while probe.sending() {
            while probe.due(micros) > 0 && probe.sending() {
                probe.sent(300, micros);
                free = free.max(micros as f64) + 2_400.0 / capacity * 1e6;
                fates.push((micros, free as u64 + 20_000));
            }
            micros += 5_000;
        }
        for (sent, arrived) in fates {
            assert!(!probe.over(50_000, micros));
            probe.report(sent, Some(arrived), 300);
        }
        assert!(probe.over(50_000, micros));
        probe.result()
    }

    #[test]
    fn tells_what_the_link_carries_up_to_its_own_rate() {
        let close = |result: Option<f64>, to: f64| {
            assert!(result.is_some_and(|rate| (0.8..1.1).contains(&(rate / to))), "{result:?} for {to}")
        };
        close(over_link(3e6, 1e6), 1e6);
        close(over_link(3e6, 100e6), 3e6);
        close(over_link(6e6, 4e6), 4e6);
        close(over_link(0.4e6, 100e6), 0.4e6);
    }

    #[test]
    fn a_probe_without_answer_ends() {
        let mut probe = Probe::new(1, 1e6, 0);
        assert!(!probe.over(100_000, 100_000) && probe.over(100_000, 300_000), "nothing could be sent");
        for _ in 0..20 {
            probe.sent(300, 10_000);
        }
        assert!(!probe.sending() && !probe.over(100_000, 400_000) && probe.over(100_000, 520_000));
        assert_eq!(probe.result(), None);
    }
}
