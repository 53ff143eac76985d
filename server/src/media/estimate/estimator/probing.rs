//! When to probe for more, and what a probe tells.

use std::time::Instant;

use super::{EMPTY, Estimator, LOSS, MARGIN, MOST, Probe, Usage};

/// Between probes in vain, in microseconds: the first pause and the longest.
pub(super) const PAUSE: (u64, u64) = (700_000, 4_000_000);
/// After a back-off the queue has so long to empty before anything is probed.
const CALM: u64 = 700_000;

impl Estimator {
    pub(super) fn conclude_probe(&mut self, round_trip: u64, micros: u64) {
        let Some(probe) = self.probe.filter(|probe| probe.over(round_trip, micros)) else { return };
        self.probe = None;
        let Some(result) = probe.result() else {
            // Reports were lost, or packets bundled: that says nothing.
            self.pause = PAUSE.0;
            return;
        };
        self.known = true;
        if result < self.estimate * 1.05 {
            self.pause = (self.pause * 2).min(PAUSE.1);
            return;
        }
        if self.trend.usage() == Usage::Over {
            return;
        }
        self.estimate = result.min(MOST);
        self.capacity = self.capacity.filter(|capacity| *capacity > self.estimate);
        // It went well: the next one may follow at once.
        self.pause = PAUSE.0;
        if result > probe.rate * 0.7 {
            self.probed = None;
        }
    }

    /// Whether a probe should begin now, and begins it. Only to be called when there is something to probe with.
    pub(in crate::media) fn probe(&mut self, now: Instant) -> bool {
        let micros = self.advance(now);
        let enough = self.estimate >= self.need * MARGIN;
        let calm = self.trend.usage() == Usage::Normal
            && !self.pace.is_full()
            && self.trend.queue() < 2.0 * EMPTY
            && self.since_lowered(micros) > CALM
            && self.losses.excess() < LOSS.1;
        let rested = self.probed.is_none_or(|at| micros - at > self.pause);
        if self.heard.is_none() || self.probe.is_some() || enough || !calm || !rested {
            return false;
        }
        self.probes = self.probes.wrapping_add(1).max(1);
        // The first looks for what is needed, the later ones feel their way.
        let factor = if self.probed.is_none() && self.lowered.is_none() { 3.0 } else { 2.0 };
        let rate =
            (self.estimate * factor).min(self.need * MARGIN * 1.1).max(self.estimate * MARGIN).min(MOST);
        self.probe = Some(Probe::new(self.probes, rate, micros));
        self.probed = Some(micros);
        true
    }

    /// Bytes of padding that the running probe needs now; `None` when none is being sent.
    #[must_use]
    pub(in crate::media) fn padding(&self, now: Instant) -> Option<u64> {
        let micros = self.micros(now);
        self.probe.filter(Probe::sending).map(|probe| probe.due(micros))
    }
}
