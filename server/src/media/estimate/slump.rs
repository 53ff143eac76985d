//! Whether the way suddenly carries much less than was believed.
//!
//! The trend of the delays needs a few hundred milliseconds to be sure. When a link becomes several times narrower
//! that is a second of sound waiting in its queue. So each packet's delay is also compared with what it would be if the
//! link carried just the estimate: a large frame explains itself, a link that has become narrow does not.

/// Delays beyond what the estimate explains, in ms: one message that ends like this says enough, …
const ENOUGH: f64 = 250.0;
/// … or two in a row that end like these.
const TWICE: (f64, f64) = (40.0, 90.0);
/// From one message to the next it grows by so much.
const GROWS: f64 = 25.0;
/// What was sent in so many microseconds before the newest packet is how a message ends: a frame or two. The first
/// packets of a frame tell most.
const END: f64 = 40_000.0;

/// Follows the delays of one subscriber's packets against the estimate.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slump {
    /// When a link of the estimated rate would have carried everything sent so far, in microseconds of our clock.
    clear: f64,
    /// The longest delay of the newest packets beyond what that explains, in ms, and when that packet was sent.
    excess: f64,
    at: f64,
    /// The same of the message before.
    before: f64,
}

impl Slump {
    /// A packet sent at `sent`, in microseconds, arrived `waited` ms later than the fastest. `rate`: the estimate,
    /// bit/s. To be told in the order of sending.
    pub(super) fn packet(&mut self, sent: u64, bytes: u16, waited: f64, rate: f64) {
        #[expect(clippy::cast_precision_loss, reason = "microseconds since the beginning")]
        let sent = sent as f64;
        self.clear = self.clear.max(sent) + f64::from(bytes) * 8e6 / rate.max(1.0);
        let excess = waited - (self.clear - sent) / 1e3;
        if excess >= self.excess || sent > self.at + END {
            (self.excess, self.at) = (excess, sent);
        }
    }

    /// At the end of a message: by how much the packets are too late, in ms, when that shows a link much narrower than
    /// estimated.
    pub(super) fn seen(&mut self) -> Option<f64> {
        let grows = self.excess > self.before + GROWS;
        let seen = grows && (self.excess > ENOUGH || self.before > TWICE.0 && self.excess > TWICE.1);
        self.before = self.excess.max(0.0);
        seen.then_some(self.excess)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of eight packets over a link; messages every 50 ms. The first message that shows a slump.
    fn seen(estimate: f64, capacity: f64, frame: impl Fn(u64) -> u64) -> Option<u64> {
        let (mut slump, mut free) = (Slump::default(), 0.0_f64);
        (0..40).find(|message| {
            for n in 0..2 {
                let sent = message * 50_000 + n * 25_000;
                for _ in 0..frame(message * 2 + n) {
                    free = free.max(sent as f64) + 1_000.0 * 8e6 / capacity;
                    slump.packet(sent, 1_000, (free - sent as f64) / 1e3, estimate);
                }
            }
            slump.seen().is_some()
        })
    }

    #[test]
    fn a_link_that_became_narrow_is_seen_at_once_and_a_large_frame_is_none() {
        assert!(seen(2.5e6, 0.5e6, |_| 6).is_some_and(|message| message <= 5));
        assert_eq!(seen(2.5e6, 2.5e6, |n| if n == 20 { 60 } else { 5 }), None, "a keyframe");
        assert_eq!(seen(2.5e6, 2.1e6, |_| 6), None, "a little less than believed is the trend's business");
    }
}
