//! Sequence numbers, timestamps and picture numbers of one forwarded stream, continuous across pauses, switches and
//! layers left out.
//!
//! A subscriber's SSRC has one sequence space from its first packet to its last, whatever happens to the
//! source: mute, a new SSRC of the publisher, another simulcast layer. The index (roll-over counter and
//! sequence number) is what SRTP makes its nonce of, so it never steps back and never names two packets.

use std::time::Instant;

/// Names one run of a source's sequence numbers: a new one begins when the source restarts or another layer
/// takes over. Unique within a track.
pub(super) type Epoch = u32;

/// Packets left out that are remembered apart; of older ones nobody can tell any more what came between.
const SKIPS: usize = 32;

/// A packet of the source, as far as its numbers go.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbered {
    pub(super) epoch: Epoch,
    pub(super) index: u64,
    pub(super) timestamp: u32,
    /// What added to the timestamp gives the publisher's wall clock in the same units, once it told.
    pub(super) to_wall: Option<u32>,
    /// Picture id and index of the base layer, where the codec has them.
    pub(super) id: Option<u16>,
    pub(super) base: Option<u8>,
}

/// The numbers a subscriber sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Renumbered {
    pub(super) index: u64,
    pub(super) timestamp: u32,
    /// By how much picture id and base layer index are lower than the source's.
    pub(super) id_by: u16,
    pub(super) base_by: u8,
    /// Which run it belongs to; counts on with every run.
    pub(super) run: u16,
}

/// The last runs, for packets that are sent again.
const RUNS: usize = 8;

/// What the packets of a run have in common.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    timestamp_offset: u32,
    base_by: u8,
}

/// Maps a source's packets to the numbers a subscriber sees.
#[derive(Clone, Debug)]
pub(super) struct Rewrite {
    /// Where the current run began: (epoch, index there, index here).
    anchor: Option<Anchor>,
    /// The index the next run begins with: one past the highest given out.
    next: u64,
    /// The highest index of the source in this run that was forwarded or left out.
    newest: u64,
    timestamp_offset: u32,
    /// The last timestamp given out and when.
    last: Option<(u32, Instant)>,
    to_wall: Option<u32>,
    clock_rate: u32,
    id_by: u16,
    base_by: u8,
    /// The last picture's id and base layer index, as given out.
    last_id: Option<u16>,
    last_base: Option<u8>,
    runs: [Run; RUNS],
    run: u16,
    /// Made when the first packet is left out: most streams are forwarded whole.
    skips: Option<Box<Skips>>,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    epoch: Epoch,
    source: u64,
    ours: u64,
}

/// The source's packets `from` to `at` were left out, and with them so many packets and pictures since the run began.
#[derive(Clone, Copy, Debug, Default)]
struct Skip {
    from: u64,
    at: u64,
    packets: u64,
    pictures: u16,
}

/// The last packets that were left out, in a ring.
#[derive(Clone, Copy, Debug, Default)]
struct Skips {
    ring: [Skip; SKIPS],
    count: usize,
}

impl Skips {
    fn newest(&self) -> Option<&Skip> {
        self.ring.get(self.count.checked_sub(1)? % SKIPS)
    }

    fn add(&mut self, at: u64, new_picture: bool) {
        let before = self.newest().copied().unwrap_or_default();
        // Right behind the last one there is nothing between them to be told apart.
        let follows = self.count > 0 && before.at + 1 == at;
        let skip = Skip {
            from: if follows { before.from } else { at },
            at,
            packets: before.packets + 1,
            pictures: before.pictures.wrapping_add(u16::from(new_picture)),
        };
        let slot = if follows { self.count - 1 } else { self.count };
        if let Some(room) = self.ring.get_mut(slot % SKIPS) {
            *room = skip;
        }
        self.count = slot + 1;
    }

    /// What was left out before the packet; `None` when it was itself, or is too old to tell.
    fn before(&self, index: u64) -> Option<(u64, u16)> {
        let oldest = self.count.saturating_sub(SKIPS);
        for n in (oldest..self.count).rev() {
            let skip = self.ring.get(n % SKIPS)?;
            if skip.at < index {
                return Some((skip.packets, skip.pictures));
            }
            if skip.from <= index {
                return None;
            }
        }
        (oldest == 0).then_some((0, 0))
    }
}

impl Rewrite {
    /// `first` is the first index given out; below 2^15, so that a receiver that misses the first packets still
    /// guesses roll-over counter 0. `clock_rate` in Hz.
    #[must_use]
    pub(super) fn new(first: u16, clock_rate: u32) -> Self {
        Self {
            anchor: None,
            next: u64::from(first & 0x7fff),
            newest: 0,
            timestamp_offset: 0,
            last: None,
            to_wall: None,
            clock_rate,
            id_by: 0,
            base_by: 0,
            last_id: None,
            last_base: None,
            runs: [Run::default(); RUNS],
            run: 0,
            skips: None,
        }
    }

    /// Begins a run at this packet of the source: what came before it in this epoch will not be forwarded.
    pub(super) fn begin(&mut self, packet: &Numbered, now: Instant) {
        let same_clock = self.anchor.is_some_and(|anchor| anchor.epoch == packet.epoch);
        if let (false, Some((last, at))) = (same_clock, self.last) {
            self.timestamp_offset = self.continued(packet, last, at, now).wrapping_sub(packet.timestamp);
        }
        if let (Some(id), Some(last)) = (packet.id, self.last_id) {
            self.id_by = id.wrapping_sub(last.wrapping_add(1));
        }
        if let (Some(base), Some(last)) = (packet.base, self.last_base) {
            self.base_by = base.wrapping_sub(last.wrapping_add(1));
        }
        if let Some(skips) = &mut self.skips {
            **skips = Skips::default();
        }
        self.newest = packet.index;
        self.run = self.run.wrapping_add(1);
        if let Some(run) = self.runs.get_mut(usize::from(self.run) % RUNS) {
            *run = Run { timestamp_offset: self.timestamp_offset, base_by: self.base_by };
        }
        self.anchor = Some(Anchor { epoch: packet.epoch, source: packet.index, ours: self.next });
    }

    /// The timestamp another clock goes on with: by the publisher's wall clock when both runs know it and it makes
    /// sense, else by the time that passed. Always later than the last one.
    fn continued(&self, packet: &Numbered, last: u32, at: Instant, now: Instant) -> u32 {
        let elapsed = now.duration_since(at).as_micros() * u128::from(self.clock_rate) / 1_000_000;
        #[expect(clippy::cast_possible_truncation, reason = "RTP timestamps wrap")]
        let elapsed = elapsed as u32;
        let by_clock = self.to_wall.zip(packet.to_wall).map(|(ours, theirs)| {
            let shift = self.timestamp_offset.wrapping_sub(ours).wrapping_add(theirs);
            packet.timestamp.wrapping_add(shift).wrapping_sub(last).cast_signed()
        });
        let plausible =
            |step: &i32| step.wrapping_sub(elapsed.cast_signed()).unsigned_abs() < self.clock_rate;
        let step = by_clock.filter(plausible).map_or(elapsed, |step| step.max(1).unsigned_abs());
        last.wrapping_add(step.max(1))
    }

    /// Ends the run: nothing is forwarded until the next [`begin`](Self::begin).
    pub(super) fn pause(&mut self) {
        if let Some(anchor) = &mut self.anchor {
            anchor.source = u64::MAX;
        }
    }

    /// Whether a run of this epoch is under way.
    #[must_use]
    pub(super) fn follows(&self, epoch: Epoch) -> bool {
        self.anchor.is_some_and(|anchor| anchor.epoch == epoch && anchor.source != u64::MAX)
    }

    /// Whether the packet is newer than all before it in its run: it can still be left out without a trace.
    #[must_use]
    pub(super) fn is_newest(&self, index: u64) -> bool {
        index > self.newest
    }

    /// Leaves out a packet of the run, as if the source had never sent it. Only for the newest one: the index of an
    /// earlier one is given away already. `new_picture` when picture ids are counted and it is its picture's first.
    pub(super) fn skip(&mut self, index: u64, new_picture: bool) {
        if self.is_newest(index) {
            self.newest = index;
            self.skips.get_or_insert_default().add(index, new_picture);
        }
    }

    /// The numbers for the source's packet, `None` when it is not part of the run.
    pub(super) fn forward(&mut self, packet: &Numbered, now: Instant) -> Option<Renumbered> {
        let anchor = self.anchor.filter(|anchor| anchor.epoch == packet.epoch)?;
        let distance = packet.index.checked_sub(anchor.source)?;
        let (packets, pictures) = match &self.skips {
            Some(skips) => skips.before(packet.index)?,
            None => (0, 0),
        };
        let index = anchor.ours.checked_add(distance.checked_sub(packets)?)?;
        let timestamp = packet.timestamp.wrapping_add(self.timestamp_offset);
        let (id_by, base_by) = (self.id_by.wrapping_add(pictures), self.base_by);
        self.newest = self.newest.max(packet.index);
        if index >= self.next {
            self.next = index + 1;
            self.last = Some((timestamp, now));
            self.to_wall = packet.to_wall;
            self.last_id = packet.id.map(|id| id.wrapping_sub(id_by));
            self.last_base = packet.base.map(|base| base.wrapping_sub(base_by));
        }
        Some(Renumbered { index, timestamp, id_by, base_by, run: self.run })
    }

    /// Timestamp and lowering of the base layer index of a packet that was sent in that run; `None` when that is too
    /// long ago.
    #[must_use]
    pub(super) fn in_run(&self, run: u16, timestamp: u32) -> Option<(u32, u8)> {
        if usize::from(self.run.wrapping_sub(run)) >= RUNS {
            return None;
        }
        let run = self.runs.get(usize::from(run) % RUNS)?;
        Some((timestamp.wrapping_add(run.timestamp_offset), run.base_by))
    }

    /// What to add to the source's timestamps, to shift a sender report.
    #[must_use]
    pub(super) fn timestamp_offset(&self) -> u32 {
        self.timestamp_offset
    }
}

#[cfg(test)]
mod tests;
