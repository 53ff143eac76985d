//! Divides what a subscriber's network carries among what it watches.
//!
//! Sound always comes first, then shared screens, then the larger pictures. A picture gives up layers before it is
//! left out altogether, and equal pictures are treated alike.

use super::layers::{Ladder, RUNGS};

/// To go up a rung this much of it must fit, percent; to stay on one a little less than the whole is enough, as rates
/// are never measured exactly.
const CLIMB: u64 = 115;
const STAY: u64 = 90;

/// One picture that a subscriber has on the screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched {
    pub(super) screen: bool,
    /// Of its tile.
    pub(super) pixels: u32,
    rates: [u64; RUNGS],
    /// Rungs worth having on that tile.
    rungs: usize,
    /// The rung it has now; `None` when it is left out.
    pub(super) held: Option<usize>,
}

impl Watched {
    /// A picture whose rungs up to `top` are worth having.
    #[must_use]
    pub(super) fn new(ladder: &Ladder, top: usize, screen: bool, pixels: u32, held: Option<usize>) -> Self {
        let mut rates = [0; RUNGS];
        let mut below = 0;
        for (rate, rung) in rates.iter_mut().zip(ladder.rungs()) {
            // More quality never counts as cheaper.
            below = rung.rate.max(below);
            *rate = below;
        }
        Self { screen, pixels, rates, rungs: ladder.rungs().len().min(top + 1), held }
    }

    fn rate(&self, rung: usize) -> u64 {
        self.rates.get(rung).copied().unwrap_or(0)
    }

    /// Bits per second of the best rung worth having, and whether that is more than this one.
    #[must_use]
    pub(super) fn best(&self, rung: Option<usize>) -> (u64, bool) {
        let best = self.rungs.checked_sub(1);
        (best.map_or(0, |best| self.rate(best)), best > rung)
    }

    /// Equal pictures differ by less than a factor of two.
    fn rank(&self) -> (bool, u32) {
        (self.screen, self.pixels.checked_ilog2().unwrap_or(0))
    }

    /// What must be left for this rung, given what it has already.
    fn needs(&self, rung: usize, has: u64, climb: bool) -> Option<u64> {
        let stays = self.held.is_some_and(|held| rung <= held);
        // What was left out comes back as soon as there is room: a small picture is much better than none.
        if stays {
            Some((self.rate(rung) * STAY / 100).saturating_sub(has))
        } else {
            (climb || rung == 0).then(|| (self.rate(rung) * CLIMB / 100).saturating_sub(has))
        }
    }
}

/// Gives each picture its rung, `None` for those that are left out, in the same order. `budget` is what is left of the
/// network after the sound, bit/s; `None` when nothing is known of it. Without `climb` nothing goes up, but for what
/// is left out.
pub(super) fn allocate(
    budget: Option<u64>,
    climb: bool,
    watched: &[Watched],
    rungs: &mut Vec<Option<usize>>,
) {
    rungs.clear();
    let Some(mut left) = budget else {
        rungs.extend(watched.iter().map(|picture| picture.rungs.checked_sub(1)));
        return;
    };
    rungs.resize(watched.len(), None);
    // The lowest rung of as many as possible, the most important first.
    let mut below = None;
    while let Some(rank) = next_rank(watched, below) {
        for (picture, rung) in
            watched.iter().zip(rungs.iter_mut()).filter(|(picture, _)| picture.rank() == rank)
        {
            if picture.rungs > 0 && picture.needs(0, 0, climb).is_some_and(|needs| needs <= left) {
                *rung = Some(0);
                left = left.saturating_sub(picture.rate(0));
            }
        }
        below = Some(rank);
    }
    // Then up, rank by rank, equal ones a rung each in turn.
    below = None;
    while let Some(rank) = next_rank(watched, below) {
        while raise(watched, rungs, rank, climb, &mut left) {}
        below = Some(rank);
    }
}

/// The most important rank below another one.
fn next_rank(watched: &[Watched], below: Option<(bool, u32)>) -> Option<(bool, u32)> {
    watched.iter().map(Watched::rank).filter(|rank| below.is_none_or(|below| *rank < below)).max()
}

/// Gives those of a rank the next rung where it fits; `true` when one got it.
fn raise(
    watched: &[Watched],
    rungs: &mut [Option<usize>],
    rank: (bool, u32),
    climb: bool,
    left: &mut u64,
) -> bool {
    let mut raised = false;
    for (picture, rung) in watched.iter().zip(rungs).filter(|(picture, _)| picture.rank() == rank) {
        let Some(now) = *rung else { continue };
        let (next, has) = (now + 1, picture.rate(now));
        if next < picture.rungs && picture.needs(next, has, climb).is_some_and(|needs| needs <= *left) {
            *rung = Some(next);
            *left = left.saturating_sub(picture.rate(next) - has);
            raised = true;
        }
    }
    raised
}

#[cfg(test)]
mod tests;
