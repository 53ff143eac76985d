//! Which simulcast layer is forwarded.
//!
//! One layer per track for every subscriber: the best one the publisher really sends. The best is the one with
//! the most bytes, as the order of rids says nothing.

use std::time::{Duration, Instant};

const MEASURE: Duration = Duration::from_secs(1);
/// A layer must send this much more than the current one to be worth a keyframe.
const BETTER_PERCENT: u64 = 130;

#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    bytes: u64,
    /// Bytes in the last whole measure.
    rate: u64,
}

/// Chooses among the layers of one track.
#[derive(Clone, Debug)]
pub(super) struct Layers {
    flows: Vec<Flow>,
    current: Option<usize>,
    wanted: Option<usize>,
    measured: Option<Instant>,
}

impl Layers {
    #[must_use]
    pub(super) fn new(layers: usize) -> Self {
        Self { flows: vec![Flow::default(); layers.max(1)], current: None, wanted: None, measured: None }
    }

    /// The layer that is forwarded.
    #[must_use]
    pub(super) fn current(&self) -> Option<usize> {
        self.current
    }

    /// A packet of a layer arrived; says whether it is forwarded. A switch happens only on a keyframe.
    pub(super) fn packet(&mut self, layer: usize, bytes: usize, keyframe: bool) -> bool {
        if let Some(flow) = self.flows.get_mut(layer) {
            flow.bytes += bytes as u64;
        }
        if self.flows.len() == 1 {
            self.current = Some(0);
            return layer == 0;
        }
        if self.current.is_none() && self.wanted.is_none() {
            self.wanted = Some(layer);
        }
        if keyframe && (self.wanted == Some(layer) || self.current.is_none()) {
            self.current = Some(layer);
            if self.wanted == Some(layer) {
                self.wanted = None;
            }
        }
        self.current == Some(layer)
    }

    /// Measures once a second; gives the layer to ask a keyframe of, when another one became better.
    pub(super) fn tick(&mut self, now: Instant) -> Option<usize> {
        if self.flows.len() == 1 || self.measured.is_some_and(|at| now.duration_since(at) < MEASURE) {
            return None;
        }
        self.measured = Some(now);
        for flow in &mut self.flows {
            flow.rate = std::mem::take(&mut flow.bytes);
        }
        let (best, rate) =
            (0..).zip(&self.flows).map(|(n, flow)| (n, flow.rate)).max_by_key(|(_, rate)| *rate)?;
        let current = self.current.and_then(|at| self.flows.get(at)).map_or(0, |flow| flow.rate);
        if rate == 0 || self.current == Some(best) || rate * 100 < current * BETTER_PERCENT {
            self.wanted = None;
            return None;
        }
        self.wanted = Some(best);
        self.wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_layer_wins_on_a_keyframe() {
        let start = crate::clock::instant();
        let mut layers = Layers::new(2);
        assert!(!layers.packet(0, 100, false), "nothing without a keyframe");
        assert!(layers.packet(0, 100, true));
        assert!(!layers.packet(1, 900, true), "better, but not chosen yet");
        assert_eq!(layers.tick(start), Some(1));
        assert!(!layers.packet(1, 900, false));
        assert!(layers.packet(0, 100, false), "the old one goes on until then");
        assert!(layers.packet(1, 900, true));
        assert!(!layers.packet(0, 100, false));
    }

    #[test]
    fn a_layer_that_stops_is_left() {
        let start = crate::clock::instant();
        let mut layers = Layers::new(2);
        layers.packet(1, 900, true);
        assert_eq!(layers.tick(start), None);
        layers.packet(0, 100, false);
        assert_eq!(layers.tick(start + MEASURE), Some(0));
        assert!(layers.packet(0, 100, true));
    }

    #[test]
    fn a_single_layer_is_always_forwarded() {
        let mut layers = Layers::new(1);
        assert!(layers.packet(0, 10, false));
        assert_eq!(layers.tick(crate::clock::instant()), None);
    }
}
