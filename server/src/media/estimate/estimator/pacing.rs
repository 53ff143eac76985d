//! How soon pictures leave, from what is known of the way.

use std::time::Instant;

use super::{
    super::pace::{Haste, Way},
    Estimator, LONG, LOSSY,
};

/// A way is wide whose narrowest place carries so many times the estimate.
const WIDE: f64 = 4.0;
/// A way that carries so many bits per second has let a usual frame through before the next sound.
const FAST: f64 = 8e6;
/// Share of the estimate that may be under way though less was used lately.
const UNUSED: f64 = 0.4;

impl Estimator {
    /// To be called before pictures are sent: time went on for [`is_open`](Self::is_open). `hurry`: something has
    /// waited for longer than an evenly sent picture does.
    pub(in crate::media) fn go_on(&mut self, hurry: bool, now: Instant) {
        let micros = self.advance(now);
        // While nothing speaks against sending everything, that is what is to leave soon.
        let most = if self.known { self.estimate } else { self.estimate.max(self.need) };
        let (haste, rate, usual) = if self.is_wide(most) {
            (Haste::AtOnce, most, most)
        } else {
            // What such a way can take in is only known of what went over it lately.
            let used = self.need.max(self.offered.rate(LONG).unwrap_or(0.0));
            let usual = most.min(used.max(most * UNUSED));
            if hurry { (Haste::Soon, most, usual) } else { (Haste::Evenly, most.min(used), usual) }
        };
        let under_way = self.known.then(|| self.history.under_way());
        let silent = self.heard.map_or(u64::MAX, |at| micros - at);
        let lossy = self.losses.lately() > LOSSY;
        self.pace.go_on(micros, rate, &Way { haste, usual, lossy, under_way, silent });
    }

    /// Whether a frame that leaves at once does not stand in the way of the sound behind it.
    fn is_wide(&self, rate: f64) -> bool {
        rate > FAST || self.trains.rate().map_or(self.lowered.is_none(), |carried| carried > rate * WIDE)
    }

    /// Whether a packet of a picture may leave now. Sound never waits.
    #[must_use]
    pub(in crate::media) const fn is_open(&self) -> bool {
        self.pace.is_open()
    }
}
