//! How many of a subscriber's packets are lost, and whether that is because too much is sent.

/// A judgement covers at least so many packets and microseconds.
const LEAST_PACKETS: u32 = 50;
const LEAST_TIME: u64 = 200_000;
/// Weight of the newest share in the smoothed one.
const WEIGHT: f64 = 0.2;
/// Loss above this is too much. Below, radio links may lose without being full.
const TOO_MUCH: f64 = 0.12;
/// Loss that stays like this, however much less is sent, is not ours.
const STAYS: f64 = 0.75;
/// So many times the rate is lowered before the loss counts as the link's own.
const TRIES: u8 = 4;
/// Microseconds of the newest of the five parts of "lately".
const PART: u64 = 1_000_000;

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    arrived: u32,
    lost: u32,
}

impl Tally {
    fn packets(self) -> u32 {
        self.arrived + self.lost
    }

    fn share(self) -> f64 {
        if self.packets() == 0 { 0.0 } else { f64::from(self.lost) / f64::from(self.packets()) }
    }

    fn count(&mut self, arrived: bool, was_missing: bool) {
        if was_missing {
            self.lost = self.lost.saturating_sub(1);
        }
        let side = if arrived { &mut self.arrived } else { &mut self.lost };
        *side = side.saturating_add(1);
    }
}

/// Counts one subscriber's losses.
#[derive(Clone, Debug, Default)]
pub(super) struct Losses {
    window: Tally,
    began: u64,
    smoothed: f64,
    /// What the link loses by itself.
    own: f64,
    /// The loss when lowering the rate began, and how often it was lowered.
    trying: Option<(f64, u8)>,
    parts: [Tally; 5],
    part: (u64, usize),
}

impl Losses {
    /// A packet was reported for the first time, or arrived though it was reported missing before. `counts`: it left
    /// after the rate was last lowered, so its fate says something of the present rate.
    pub(super) fn count(&mut self, arrived: bool, was_missing: bool, counts: bool) {
        if counts {
            self.window.count(arrived, was_missing);
        }
        if let Some(part) = self.parts.get_mut(self.part.1) {
            part.count(arrived, was_missing);
        }
    }

    /// The smoothed share of lost packets, without what the link loses by itself.
    #[must_use]
    pub(super) fn excess(&self) -> f64 {
        self.smoothed - self.own
    }

    /// The share over the last five seconds.
    #[must_use]
    pub(super) fn lately(&self) -> f64 {
        let sum = |sum: Tally, part: &Tally| Tally {
            arrived: sum.arrived + part.arrived,
            lost: sum.lost + part.lost,
        };
        self.parts.iter().fold(Tally::default(), sum).share()
    }

    /// The share that is too much, when the rate should be lowered.
    pub(super) fn judge(&mut self, micros: u64) -> Option<f64> {
        if micros >= self.part.0 + PART {
            self.part = (micros, (self.part.1 + 1) % self.parts.len());
            self.parts.get_mut(self.part.1).into_iter().for_each(|part| *part = Tally::default());
        }
        if self.window.packets() < LEAST_PACKETS || micros < self.began + LEAST_TIME {
            return None;
        }
        let share = std::mem::take(&mut self.window).share();
        self.began = micros;
        self.smoothed += WEIGHT * (share - self.smoothed);
        self.own = self.own.min(self.smoothed);
        if self.excess() < TOO_MUCH {
            self.trying = None;
            return None;
        }
        match &mut self.trying {
            Some((before, tries)) if *tries >= TRIES => {
                if share > *before * STAYS {
                    self.own = self.smoothed;
                }
                self.trying = None;
            }
            Some((_, tries)) => *tries += 1,
            none @ None => *none = Some((share, 1)),
        }
        Some(share - self.own).filter(|_| self.excess() >= TOO_MUCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(losses: &mut Losses, from: u64, percent: u64) -> Vec<Option<f64>> {
        (0..4)
            .map(|quarter| {
                for n in 0..60 {
                    losses.count((n * 37 + quarter * 11) % 100 >= percent, false, true);
                }
                losses.judge(from + quarter * 250_000)
            })
            .collect()
    }

    #[test]
    fn a_little_loss_is_nobody_s_fault_and_much_is_ours_at_first() {
        let mut losses = Losses::default();
        for n in 0..20 {
            assert!(second(&mut losses, n * 1_000_000, 6).iter().all(Option::is_none));
        }
        assert!((0.02..0.1).contains(&losses.lately()));
        let judged = second(&mut losses, 20_000_000, 60);
        assert!(judged.iter().any(|share| share.is_some_and(|share| share > 0.1)));
        // However little is sent: it is the link's own.
        let judged: Vec<_> = (21..30).flat_map(|n| second(&mut losses, n * 1_000_000, 60)).collect();
        assert!(judged.iter().rev().take(8).all(Option::is_none), "{judged:?}");
        // Back to normal, more would be ours again.
        for n in 30..40 {
            second(&mut losses, n * 1_000_000, 0);
        }
        let judged = second(&mut losses, 40_000_000, 60);
        assert!(judged.iter().any(Option::is_some));
    }

    #[test]
    fn what_comes_late_was_not_lost() {
        let mut losses = Losses::default();
        for _ in 0..10 {
            losses.count(false, false, true);
        }
        for _ in 0..10 {
            losses.count(true, true, true);
        }
        assert!(losses.lately() == 0.0);
    }
}
