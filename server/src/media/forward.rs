//! One subscriber's share of one track: which packets it gets, and how they look to it.

mod terms;

use std::time::{Duration, Instant};

pub(super) use self::terms::{Demand, Mid, Shown, Terms};
use super::{
    codec::{Patch, Picture},
    layers::Choice,
    packet::Outgoing,
    red::{PLAIN, REDUNDANT},
    report::StreamClock,
    resend::{Copied, Sent, Shape},
    rewrite::{Epoch, Numbered, Rewrite},
    ring::{Kept, Packet, Position},
    tally::Delivered,
};

const FIRST_ROUND_TRIP: Duration = Duration::from_millis(100);
const MIN_ROUND_TRIP: Duration = Duration::from_millis(20);
const MAX_ROUND_TRIP: Duration = Duration::from_secs(1);

/// One subscriber of one track.
#[derive(Debug)]
pub(super) struct Subscription {
    /// The connection it goes over (the worker's key).
    pub(super) connection: usize,
    pub(super) terms: Terms,
    /// How large it is on the screen, and what was decided about it.
    pub(super) demand: Demand,
    /// Its viewer has the speaker large: hears them even when others are louder.
    pub(super) pinned: bool,
    /// What is to be forwarded, `None` while nothing is.
    target: Option<Choice>,
    /// The encoding that is forwarded.
    encoding: Option<u8>,
    /// The highest layers of it that are forwarded.
    spatial: u8,
    temporal: u8,
    /// What is forwarded is too much: until the encoding it is to go over to comes, as little of it as can be.
    hurried: bool,
    frame: Frame,
    rewrite: Rewrite,
    sent: Sent,
    next_rtx: u64,
    /// What was sent of it.
    pub(super) delivered: Delivered,
    /// The last sender report: how reports quote it, and when it left.
    reported: Option<(u32, Instant)>,
    round_trip: Duration,
}

/// The frame of one spatial layer whose packets come in: it is forwarded as a whole or not at all.
#[derive(Clone, Copy, Debug, Default)]
struct Frame {
    timestamp: u32,
    spatial: u8,
    admitted: bool,
    /// A frame of its picture was left out already.
    skipped: bool,
}

impl Subscription {
    /// Forwards everything of the first encoding that was agreed on until it is [aimed](Self::aim).
    #[must_use]
    pub(super) fn new(connection: usize, terms: Terms) -> Self {
        let encoding = if terms.redundant { REDUNDANT } else { PLAIN };
        Self {
            connection,
            terms,
            demand: Demand { shown: Shown::Somewhere, desired: None, fresh: true },
            pinned: false,
            target: Some(Choice { encoding, ..Choice::default() }),
            encoding: None,
            spatial: Choice::default().spatial,
            temporal: Choice::default().temporal,
            hurried: false,
            frame: Frame::default(),
            rewrite: Rewrite::new(terms.first, terms.clock_rate),
            sent: Sent::new(terms.video),
            next_rtx: u64::from(terms.first_rtx & 0x7fff),
            delivered: Delivered::default(),
            reported: None,
            round_trip: FIRST_ROUND_TRIP,
        }
    }

    /// What is to be forwarded from now on. Another encoding, and a higher spatial layer, begin with a keyframe; until
    /// then what is forwarded goes on, `hurried` with as few pictures as can be. `true` when one has to be asked for.
    pub(super) fn aim(&mut self, target: Option<Choice>, hurried: bool) -> bool {
        if self.target == target {
            return false;
        }
        self.target = target;
        self.hurried = hurried;
        match target {
            None => {
                self.pause();
                false
            }
            Some(target) => self.encoding != Some(target.encoding) || target.spatial > self.spatial,
        }
    }

    /// The encoding that is to be forwarded.
    #[must_use]
    pub(super) fn target(&self) -> Option<Choice> {
        self.target
    }

    /// The encoding that is forwarded.
    #[must_use]
    pub(super) fn encoding(&self) -> Option<u8> {
        self.encoding
    }

    /// Whether its stream goes on in this epoch of an encoding.
    #[must_use]
    pub(super) fn follows(&self, epoch: Epoch) -> bool {
        self.rewrite.follows(epoch)
    }

    /// Whether packets of this encoding may be for it: forwarded now, or wanted.
    #[must_use]
    pub(super) fn takes(&self, encoding: u8) -> bool {
        self.target.is_some_and(|target| target.encoding == encoding || self.encoding == Some(encoding))
    }

    /// The header for a new packet of the track and the roll-over counter to seal it with; `None` when this
    /// subscriber does not get it. A stream begins, and goes on after a switch, with a keyframe.
    pub(super) fn forward<'p>(
        &'p mut self,
        packet: &Packet<'p>,
        layer: u8,
        position: Position,
        now: Instant,
    ) -> Option<(Outgoing<'p>, u32)> {
        let (kept, target) = (packet.kept, self.target?);
        let numbers = kept.picture.numbers;
        let numbered = Numbered {
            epoch: kept.epoch,
            index: kept.index,
            timestamp: kept.timestamp,
            to_wall: kept.to_wall,
            id: numbers.id(packet.payload),
            base: numbers.base(packet.payload),
        };
        if !self.rewrite.follows(kept.epoch) {
            let wanted = layer == target.encoding || self.encoding == Some(layer);
            if !wanted || self.terms.video && !kept.picture.keyframe {
                return None;
            }
            self.begin(&numbered, layer, target, now);
        } else if self.terms.video && !self.admits(kept, layer, target) {
            return None;
        }
        let ours = self.rewrite.forward(&numbered, now)?;
        let shape = Shape { layer, run: ours.run, id_by: ours.id_by, marker: self.ends_picture(kept) };
        if !self.sent.claim(ours.index, position, shape) {
            return None;
        }
        self.sent.count(packet.payload.len());
        self.delivered.packets += 1;
        self.delivered.bytes += packet.payload.len() as u64;
        let outgoing = self.outgoing(packet, shape, ours.index, (ours.timestamp, ours.base_by));
        Some((outgoing, rollover(ours.index)))
    }

    fn begin(&mut self, packet: &Numbered, layer: u8, target: Choice, now: Instant) {
        self.rewrite.begin(packet, now);
        let before = self.encoding.replace(layer);
        self.delivered.switches += u64::from(before.is_some_and(|before| before != layer));
        if layer == target.encoding {
            (self.spatial, self.temporal) = (target.spatial, target.temporal);
        }
        self.frame = Frame { timestamp: packet.timestamp, spatial: 0, admitted: true, skipped: false };
    }

    /// Whether a packet of the run is forwarded; one that is not leaves no gap. Decided once a frame. A packet that
    /// comes late fills the place that was kept for it, whatever its layer.
    fn admits(&mut self, kept: &Kept, layer: u8, target: Choice) -> bool {
        if !self.rewrite.is_newest(kept.index) {
            return true;
        }
        let picture = kept.picture;
        let new_picture = self.frame.timestamp != kept.timestamp;
        let mut newly_skipped = false;
        if new_picture || self.frame.spatial != picture.spatial {
            if layer == target.encoding {
                self.adapt(&picture, new_picture, target);
            } else if self.hurried && new_picture {
                self.temporal = 0;
            }
            let admitted = picture.spatial <= self.spatial && picture.temporal <= self.temporal;
            let skipped = !new_picture && self.frame.skipped;
            newly_skipped = !admitted && !skipped;
            self.frame = Frame {
                timestamp: kept.timestamp,
                spatial: picture.spatial,
                admitted,
                skipped: skipped || !admitted,
            };
        }
        if !self.frame.admitted {
            self.rewrite.skip(kept.index, newly_skipped && picture.numbers.are_dense());
        }
        self.frame.admitted
    }

    /// Follows the target as far as this frame allows: down at once, up where nothing is missing.
    fn adapt(&mut self, picture: &Picture, new_picture: bool, target: Choice) {
        if picture.keyframe {
            (self.spatial, self.temporal) = (target.spatial, target.temporal);
            return;
        }
        if new_picture {
            self.spatial = self.spatial.min(target.spatial);
            self.temporal = self.temporal.min(target.temporal);
        }
        let up = |temporal: &u8| picture.up >> temporal & 1 == 1;
        if picture.temporal <= self.temporal {
            // Everything up to there can be decoded from here on.
            let reached = (self.temporal + 1..=target.temporal.min(7)).rev().find(up);
            self.temporal = reached.unwrap_or(self.temporal);
        } else if picture.temporal == self.temporal + 1 && picture.temporal <= target.temporal {
            self.temporal += u8::from(up(&picture.temporal));
        }
    }

    /// The last packet of a picture as this subscriber gets it: higher spatial layers may follow at the source.
    fn ends_picture(&self, kept: &Kept) -> bool {
        kept.marker || self.terms.video && kept.picture.ends && kept.picture.spatial == self.spatial
    }

    /// Whether a run of this encoding leaves something to be desired until a keyframe of it comes.
    #[must_use]
    pub(super) fn needs_keyframe(&self, layer: u8, epoch: Epoch) -> bool {
        self.terms.video
            && self.target.is_some_and(|target| {
                target.encoding == layer && (!self.rewrite.follows(epoch) || target.spatial > self.spatial)
            })
    }

    fn outgoing<'p>(
        &'p self,
        packet: &Packet<'p>,
        shape: Shape,
        index: u64,
        (timestamp, base_by): (u32, u8),
    ) -> Outgoing<'p> {
        Outgoing {
            marker: shape.marker,
            payload_type: self.terms.payload_type,
            sequence: sequence(index),
            timestamp,
            ssrc: self.terms.ssrc,
            elements: packet.extensions,
            two_byte: packet.two_byte,
            mid: self.terms.mid.as_ref().map(|(id, mid)| (*id, mid.as_bytes())),
            transport: None,
            patch: packet.kept.picture.numbers.lowered(packet.payload, shape.id_by, base_by),
        }
    }

    /// Nothing is forwarded until the track goes on (video: with a keyframe).
    pub(super) fn pause(&mut self) {
        self.rewrite.pause();
        self.encoding = None;
    }

    /// A packet that carries nothing, to probe the network with; `None` without a repair stream to send it in.
    pub(super) fn padding(&mut self) -> Option<(Outgoing<'_>, u32)> {
        let (ssrc, payload_type) = self.terms.rtx?;
        let index = self.next_rtx;
        self.next_rtx += 1;
        let outgoing = Outgoing {
            marker: false,
            payload_type,
            sequence: sequence(index),
            // It repairs nothing, so there is no time it belongs to.
            timestamp: 0,
            ssrc,
            elements: &[],
            two_byte: false,
            mid: self.terms.mid.as_ref().map(|(id, mid)| (*id, mid.as_bytes())),
            transport: None,
            patch: Patch::default(),
        };
        Some((outgoing, rollover(index)))
    }

    /// The packet behind a sequence number that the subscriber reports lost, when it may have it again: where it
    /// lies. Without a repair stream it would have to be the very bytes that were sent, so nothing is repeated that
    /// bore a number of the connection.
    pub(super) fn lost(&mut self, sequence: u16, now: Instant) -> Option<Copied> {
        if self.terms.transport.is_some() && self.terms.rtx.is_none() {
            return None;
        }
        self.sent.resend(sequence, self.round_trip, now)
    }

    /// The header to resend a packet with, the roll-over counter, and the original sequence number to put before
    /// the payload (RFC 4588 §4). Without a repair stream it is the very packet that was sent before.
    pub(super) fn resend<'p>(
        &'p mut self,
        lost: &Copied,
        packet: &Packet<'p>,
    ) -> Option<(Outgoing<'p>, u32, Option<u16>)> {
        let in_run = self.rewrite.in_run(lost.shape.run, packet.kept.timestamp)?;
        self.sent.count_resent(packet.payload.len());
        let index = self.next_rtx;
        if self.terms.rtx.is_some() {
            self.next_rtx += 1;
        }
        let first_copy = self.outgoing(packet, lost.shape, lost.index, in_run);
        Some(match self.terms.rtx {
            None => (first_copy, rollover(lost.index), None),
            Some((ssrc, payload_type)) => {
                let outgoing = Outgoing { ssrc, payload_type, sequence: sequence(index), ..first_copy };
                (outgoing, rollover(index), Some(sequence(lost.index)))
            }
        })
    }

    /// What to report about the stream: packets and payload octets sent, both modulo 2^32.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "reports count modulo 2^32")]
    pub(super) fn sent(&self) -> (u32, u32) {
        (self.delivered.packets as u32, self.delivered.bytes as u32)
    }

    #[must_use]
    pub(super) fn timestamp_offset(&self) -> u32 {
        self.rewrite.timestamp_offset()
    }

    /// A sender report with this clock left.
    pub(super) fn reported(&mut self, clock: &StreamClock, now: Instant) {
        self.reported = Some((clock.quoted(), now));
    }

    /// How long a packet takes there and back; a guess before the first report.
    #[must_use]
    pub(super) fn round_trip(&self) -> Duration {
        self.round_trip
    }

    /// The subscriber's report about our stream: learns the round trip, RFC 3550 §6.4.1. `delay` in 1/65536 s.
    pub(super) fn reception(&mut self, last_report: u32, delay: u32, now: Instant) {
        let Some((quoted, at)) = self.reported else { return };
        let delay = Duration::from_micros(u64::from(delay) * 1_000_000 / 65_536);
        if quoted == last_report
            && let Some(round_trip) = now.duration_since(at).checked_sub(delay)
        {
            self.round_trip = round_trip.clamp(MIN_ROUND_TRIP, MAX_ROUND_TRIP);
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are the sequence number")]
fn sequence(index: u64) -> u16 {
    index as u16
}

#[expect(clippy::cast_possible_truncation, reason = "an index has 48 bits")]
fn rollover(index: u64) -> u32 {
    (index >> 16) as u32
}

#[cfg(test)]
mod tests;
