//! How fast packets arrive that left together.
//!
//! A frame that leaves at once is a train of packets. The narrowest place of the way lets them through one by one, so
//! what lies between their arrivals says how much it carries, without a packet sent for that.

/// Packets that leave so many microseconds after the one before belong to its train.
const TOGETHER: u64 = 1_000;
/// A train of fewer packets says nothing.
const LEAST: u16 = 3;
/// Share of what was known that the next train leaves.
const MEMORY: f64 = 0.8;
/// Microseconds by which arrivals are uncertain: a tick of the reports.
const TICK: f64 = 250.0;

/// Follows the trains to one subscriber.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trains {
    /// The last packet of the present train: when it was sent and when it arrived, in microseconds of two clocks.
    sent: u64,
    arrived: u64,
    /// When its first packet arrived, how many there are, and the bytes behind the first.
    began: u64,
    packets: u16,
    behind: u32,
    /// Bytes of the trains so far and the microseconds they took, the older the less.
    bytes: f64,
    micros: f64,
}

impl Trains {
    /// A packet arrived. To be told in the order of sending.
    pub(super) fn packet(&mut self, sent: u64, arrived: u64, bytes: u16) {
        if self.packets > 0 && sent <= self.sent + TOGETHER && arrived >= self.arrived {
            self.packets = self.packets.saturating_add(1);
            self.behind = self.behind.saturating_add(bytes.into());
        } else {
            self.end();
            (self.began, self.packets, self.behind) = (arrived, 1, 0);
        }
        (self.sent, self.arrived) = (sent, arrived);
    }

    fn end(&mut self) {
        if self.packets < LEAST {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "microseconds of a second or two")]
        let took = (self.arrived - self.began) as f64 + TICK;
        self.bytes = self.bytes * MEMORY + f64::from(self.behind);
        self.micros = self.micros * MEMORY + took;
    }

    /// Bits per second at which trains arrive; `None` before there was one.
    #[must_use]
    pub(super) fn rate(&self) -> Option<f64> {
        (self.micros > 0.0).then(|| self.bytes * 8e6 / self.micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What trains of so many packets say of a link of so many bit/s.
    fn seen(packets: u64, capacity: f64) -> Option<f64> {
        let mut trains = Trains::default();
        for frame in 0..20 {
            for n in 0..packets {
                let sent = frame * 33_000 + n * 20;
                let passes = (1_100.0 * 8e6 / capacity * (n + 1) as f64) as u64;
                trains.packet(sent, (frame * 33_000 + passes) / 250 * 250, 1_100);
            }
        }
        trains.rate()
    }

    #[test]
    fn a_train_tells_what_the_narrowest_place_carries() {
        for capacity in [0.5e6, 3e6, 8e6] {
            let rate = seen(6, capacity).unwrap();
            assert!((0.85..=1.05).contains(&(rate / capacity)), "{rate} of {capacity}");
        }
        assert!(seen(6, 1e9).unwrap() > 50e6, "no narrow place");
        assert_eq!(seen(2, 3e6), None, "too short");
    }

    #[test]
    fn what_overtakes_ends_a_train() {
        let mut trains = Trains::default();
        for (n, arrived) in [9_000, 1_000, 500, 400].into_iter().enumerate() {
            trains.packet(n as u64, arrived, 1_000);
        }
        assert_eq!(trains.rate(), None);
    }
}
