//! What a track offers: its encodings and layers as a ladder, each rung with its rate and size.

use std::time::{Duration, Instant};

use super::codec::{Picture, SPATIAL, Size, TEMPORAL};

/// An encoding is gone when another one of its track went on for so long without it.
const GONE: Duration = Duration::from_millis(500);
/// It is gone already when others sent so many pictures meanwhile, and it none for so long and for so many times as
/// long as one of its pictures follows another: its browser has switched it off.
const MISSED: u8 = 6;
const LATE: Duration = Duration::from_millis(300);
const PICTURES: u32 = 3;
/// A layer below this sends nothing, bit/s.
const SILENT: u32 = 256;
/// What the lowest rung is taken for until it was measured, bit/s.
const FIRST_RATE: u64 = 150_000;
/// A picture may be stretched to its tile by a third.
const STRETCH: (u32, u32) = (3, 4);

/// What of a track is forwarded: one encoding, and the highest layers of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) encoding: u8,
    pub(super) spatial: u8,
    pub(super) temporal: u8,
}

/// All layers, however many there are.
const ALL_SPATIAL: u8 = SPATIAL as u8 - 1;
const ALL_TEMPORAL: u8 = TEMPORAL as u8 - 1;

impl Default for Choice {
    /// The first encoding with all its layers.
    fn default() -> Self {
        Self { encoding: 0, spatial: ALL_SPATIAL, temporal: ALL_TEMPORAL }
    }
}

/// What was measured of one encoding.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    bytes: [[u32; TEMPORAL]; SPATIAL],
    /// Smoothed, bit/s.
    rates: [[u32; TEMPORAL]; SPATIAL],
    pub(super) sizes: [Option<Size>; SPATIAL],
    last: Option<Instant>,
    /// When its last picture was complete, and how long after the one before they usually are.
    complete: Option<Instant>,
    pace: Option<Duration>,
    /// Pictures that other encodings of its track sent since its last packet.
    missed: u8,
}

impl Flow {
    /// A packet arrived; `true` when it is the first one, or the first after a rest.
    pub(super) fn packet(&mut self, picture: &Picture, bytes: usize, now: Instant) -> bool {
        let news = self.last.is_none_or(|last| now.duration_since(last) > GONE) || self.has_stopped(now);
        self.last = Some(now);
        self.missed = 0;
        let layer = self.bytes.get_mut(usize::from(picture.spatial));
        if let Some(count) = layer.and_then(|layer| layer.get_mut(usize::from(picture.temporal))) {
            *count = count.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        }
        news
    }

    /// A picture of it is complete.
    pub(super) fn completes(&mut self, now: Instant) {
        let since = self.complete.replace(now).map(|before| now.duration_since(before));
        if let Some(since) = since.filter(|since| *since < GONE) {
            self.pace = Some(self.pace.map_or(since, |pace| (pace * 7 + since) / 8));
        }
    }

    /// Another encoding of its track sent a picture.
    pub(super) fn misses(&mut self) {
        self.missed = self.missed.saturating_add(1);
    }

    /// Whether it has stopped, when something of its track came `now`.
    #[must_use]
    pub(super) fn has_stopped(&self, now: Instant) -> bool {
        let Some(rests) = self.last.map(|last| now.saturating_duration_since(last)) else { return false };
        let late = self.pace.is_some_and(|pace| rests >= LATE.max(pace * PICTURES));
        rests >= GONE || late && self.missed >= MISSED
    }

    /// Sizes told by a keyframe; what it does not tell stays. `true` when that is news.
    pub(super) fn sized(&mut self, sizes: [Option<Size>; SPATIAL]) -> bool {
        let mut news = false;
        for (known, told) in self.sizes.iter_mut().zip(sizes) {
            let before = std::mem::replace(known, told.or(*known));
            news |= before != *known;
        }
        news
    }

    /// Takes the rates of the time since the last call. An encoding that rests keeps them.
    pub(super) fn measure(&mut self, elapsed: Duration) {
        let millis = elapsed.as_millis().max(1);
        if self.bytes.iter().flatten().all(|count| *count == 0) {
            return;
        }
        for (count, rate) in self.bytes.iter_mut().flatten().zip(self.rates.iter_mut().flatten()) {
            let now = u128::from(std::mem::take(count)) * 8_000 / millis;
            let now = u64::try_from(now).unwrap_or(u64::MAX);
            let smooth = if *rate == 0 { now } else { (u64::from(*rate) * 7 + now) / 8 };
            *rate = u32::try_from(smooth).unwrap_or(u32::MAX);
            if *rate < SILENT {
                *rate = 0;
            }
        }
    }

    /// Whether something came in this time.
    #[must_use]
    pub(super) fn is_fresh(&self, now: Instant, within: Duration) -> bool {
        self.last.is_some_and(|last| now.duration_since(last) < within)
    }

    /// The rate of everything, bit/s.
    #[must_use]
    pub(super) fn total(&self) -> u64 {
        self.rates.iter().flatten().map(|rate| u64::from(*rate)).sum()
    }

    fn rate(&self, spatial: u8, temporal: u8) -> u64 {
        let layers = self.rates.iter().take(usize::from(spatial) + 1);
        layers
            .flat_map(|layer| layer.iter().take(usize::from(temporal) + 1))
            .map(|rate| u64::from(*rate))
            .sum()
    }

    /// The highest spatial and temporal layers that send something.
    fn top(&self) -> (u8, u8) {
        let sends = |(n, layer): (u8, &[u32; TEMPORAL])| layer.iter().any(|rate| *rate > 0).then_some(n);
        let spatial = (0..).zip(&self.rates).filter_map(sends).max().unwrap_or(0);
        let highest =
            |layer: &[u32; TEMPORAL]| (0..).zip(layer).filter(|(_, rate)| **rate > 0).map(|(n, _)| n).max();
        let temporal = self.rates.iter().filter_map(highest).max().unwrap_or(0);
        (spatial, temporal)
    }

    fn size(&self, spatial: u8) -> Option<Size> {
        self.sizes.get(usize::from(spatial)).copied().flatten()
    }
}

/// One step of quality.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rung {
    pub(super) choice: Choice,
    /// Of everything up to it, bit/s.
    pub(super) rate: u64,
    size: Size,
    /// Packets of its encoding arrive.
    pub(super) alive: bool,
}

/// Rungs of one track at most: eight encodings, and the layers of the lowest.
pub(super) const RUNGS: usize = 16;
const ENCODINGS: usize = 8;

/// The steps of quality of one track, the lowest first: the temporal layers of the lowest encoding, its spatial
/// layers, then the higher encodings whole.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ladder {
    rungs: [Rung; RUNGS],
    count: usize,
    /// The first rung with the full frame rate.
    smooth: usize,
}

impl Ladder {
    /// The ladder of the encodings of one track as they are.
    #[must_use]
    pub(super) fn of<'f>(flows: &(impl ExactSizeIterator<Item = &'f Flow> + Clone)) -> Self {
        let newest = flows.clone().filter_map(|flow| flow.last).max();
        let mut order: [(u64, u8); ENCODINGS] = [(u64::MAX, 0); ENCODINGS];
        let mut seen = flows.clone().filter(|flow| flow.last.is_some());
        let sized = seen.all(|flow| flow.size(flow.top().0).is_some());
        for ((n, flow), place) in (0..).zip(flows.clone()).zip(&mut order) {
            let (spatial, temporal) = flow.top();
            let (width, height) = flow.size(spatial).unwrap_or_default();
            let weight =
                if sized { u64::from(width) * u64::from(height) } else { flow.rate(spatial, temporal) };
            // What was never seen is taken for the best, in the order of the description.
            *place = (if flow.last.is_some() { weight } else { u64::MAX - 100 + u64::from(n) }, n);
        }
        let order = order.get_mut(..flows.len().min(ENCODINGS)).unwrap_or_default();
        order.sort_unstable();
        let mut ladder = Self::default();
        for (place, (_, encoding)) in order.iter().enumerate() {
            let Some(flow) = flows.clone().nth(usize::from(*encoding)) else { continue };
            let alive = flow.last.is_some() && newest.is_some_and(|newest| !flow.has_stopped(newest));
            ladder.climb(flow, *encoding, alive, place == 0);
        }
        ladder.guess_sizes();
        ladder
    }

    /// Adds the rungs of the next higher encoding.
    fn climb(&mut self, flow: &Flow, encoding: u8, alive: bool, lowest: bool) {
        let (spatial, temporal) = flow.top();
        let first = if lowest { 0 } else { temporal };
        if lowest {
            self.smooth = usize::from(temporal);
        }
        let frame_rates = (first..=temporal).map(|temporal| (0, temporal));
        let sizes = (1..=spatial).map(|spatial| (spatial, temporal));
        for (s, t) in frame_rates.chain(sizes) {
            let below = self.count.checked_sub(1).and_then(|n| self.rungs.get(n)).map_or(0, |rung| rung.rate);
            let measured = flow.rate(s, t);
            let guess = if below == 0 { FIRST_RATE } else { below * 3 };
            let rung = Rung {
                choice: Choice {
                    encoding,
                    // The highest stands for any that may come.
                    spatial: if s == spatial { ALL_SPATIAL } else { s },
                    temporal: if t == temporal { ALL_TEMPORAL } else { t },
                },
                rate: if measured == 0 { guess } else { measured },
                size: flow.size(s).unwrap_or_default(),
                alive,
            };
            if let Some(room) = self.rungs.get_mut(self.count) {
                *room = rung;
                self.count += 1;
            }
        }
    }

    /// Where no size was told: the highest is taken for 1280 × 720, each one below for half of the next.
    fn guess_sizes(&mut self) {
        let smooth = self.smooth;
        let mut above = (2560, 1440);
        for rung in self.rungs.iter_mut().take(self.count).skip(smooth).rev() {
            if rung.size == (0, 0) {
                rung.size = (above.0 / 2, above.1 / 2);
            }
            above = rung.size;
        }
        for rung in self.rungs.iter_mut().take(smooth) {
            rung.size = above;
        }
    }

    #[must_use]
    pub(super) fn rungs(&self) -> &[Rung] {
        self.rungs.get(..self.count).unwrap_or_default()
    }

    /// The highest rung that is worth its bits on a tile of this size in pixels: the first that need not be stretched
    /// much. A picture that `covers` its tile needs both its sides, one that is shown whole the tighter one.
    #[must_use]
    pub(super) fn useful(&self, tile: Size, covers: bool) -> usize {
        let fills = |side: u16, tile: u16| u32::from(side) * STRETCH.1 >= u32::from(tile) * STRETCH.0;
        let suffices = |rung: &Rung| {
            let (wide, high) = (fills(rung.size.0, tile.0), fills(rung.size.1, tile.1));
            if covers { wide && high } else { wide || high }
        };
        let found = self.rungs().iter().skip(self.smooth).position(suffices);
        found.map_or(self.count.saturating_sub(1), |found| found + self.smooth)
    }

    /// What can be forwarded in place of a rung: itself while it is alive, else the next lower one that is, else the
    /// next higher one.
    #[must_use]
    pub(super) fn nearest_alive(&self, rung: usize) -> Option<Choice> {
        let below = self.rungs().iter().take(rung + 1).rev().find(|rung| rung.alive);
        let above = || self.rungs().iter().skip(rung).find(|rung| rung.alive);
        below.or_else(above).map(|rung| rung.choice)
    }

    /// The rung of a choice.
    #[must_use]
    pub(super) fn position(&self, choice: Choice) -> Option<usize> {
        self.rungs().iter().position(|rung| rung.choice == choice)
    }

    /// Whether an encoding that was alive has stopped since, by what is known of the `flows` now.
    #[must_use]
    pub(super) fn lacks<'f>(&self, flows: &(impl Iterator<Item = &'f Flow> + Clone)) -> bool {
        let Some(newest) = flows.clone().filter_map(|flow| flow.last).max() else { return false };
        let alive = |n: u8| self.rungs().iter().any(|rung| rung.alive && rung.choice.encoding == n);
        (0..).zip(flows.clone()).any(|(n, flow)| flow.has_stopped(newest) && alive(n))
    }

    /// The highest rung that is alive.
    #[must_use]
    pub(super) fn best(&self) -> Option<Choice> {
        self.nearest_alive(self.count.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests;
