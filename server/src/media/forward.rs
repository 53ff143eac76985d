//! One subscriber's share of one track: which packets it gets, and how they look to it.

use std::time::{Duration, Instant};

use super::{
    packet::Outgoing,
    report::StreamClock,
    resend::{Packet, Position, Sent},
    rewrite::{Epoch, Rewrite},
};

const FIRST_ROUND_TRIP: Duration = Duration::from_millis(100);
const MIN_ROUND_TRIP: Duration = Duration::from_millis(20);
const MAX_ROUND_TRIP: Duration = Duration::from_secs(1);

/// A mid we gave: short digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mid {
    bytes: [u8; 4],
    len: u8,
}

impl Mid {
    /// `None` when it is longer than the mids this server writes.
    #[must_use]
    pub(super) fn new(mid: &str) -> Option<Self> {
        let mut bytes = [0; 4];
        bytes.get_mut(..mid.len())?.copy_from_slice(mid.as_bytes());
        Some(Self { bytes, len: u8::try_from(mid.len()).ok()? })
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// What was agreed on with the subscriber for this track.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) ssrc: u32,
    pub(super) payload_type: u8,
    /// SSRC and payload type of the repair stream.
    pub(super) rtx: Option<(u32, u8)>,
    /// Extension id and mid, when the subscriber took the extension.
    pub(super) mid: Option<(u8, Mid)>,
    pub(super) clock_rate: u32,
    /// Decoding can begin with keyframes only.
    pub(super) video: bool,
    /// First sequence numbers of the stream and of its repair stream.
    pub(super) first: u16,
    pub(super) first_rtx: u16,
}

/// One subscriber of one track.
#[derive(Debug)]
pub(super) struct Subscription {
    /// The connection it goes over (the worker's key).
    pub(super) connection: usize,
    pub(super) terms: Terms,
    rewrite: Rewrite,
    sent: Sent,
    next_rtx: u64,
    packets: u32,
    octets: u32,
    /// The last sender report: how reports quote it, and when it left.
    reported: Option<(u32, Instant)>,
    round_trip: Duration,
}

impl Subscription {
    #[must_use]
    pub(super) fn new(connection: usize, terms: Terms) -> Self {
        Self {
            connection,
            terms,
            rewrite: Rewrite::new(terms.first, terms.clock_rate),
            sent: Sent::new(terms.video),
            next_rtx: u64::from(terms.first_rtx & 0x7fff),
            packets: 0,
            octets: 0,
            reported: None,
            round_trip: FIRST_ROUND_TRIP,
        }
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
        let kept = packet.kept;
        if !self.rewrite.follows(kept.epoch) {
            if self.terms.video && !kept.keyframe {
                return None;
            }
            self.rewrite.begin(kept.epoch, kept.index, kept.timestamp, now);
        }
        let (index, timestamp) = self.rewrite.forward(kept.epoch, kept.index, kept.timestamp, now)?;
        if !self.sent.claim(index, layer, position, timestamp) {
            return None;
        }
        self.sent.count(packet.payload.len());
        self.packets = self.packets.wrapping_add(1);
        #[expect(clippy::cast_possible_truncation, reason = "a packet is far shorter than 4 GiB")]
        let octets = packet.payload.len() as u32;
        self.octets = self.octets.wrapping_add(octets);
        Some((self.outgoing(packet, index, timestamp), rollover(index)))
    }

    /// Whether packets of this epoch stay behind until a keyframe comes.
    #[must_use]
    pub(super) fn needs_keyframe(&self, epoch: Epoch) -> bool {
        self.terms.video && !self.rewrite.follows(epoch)
    }

    fn outgoing<'p>(&'p self, packet: &Packet<'p>, index: u64, timestamp: u32) -> Outgoing<'p> {
        Outgoing {
            marker: packet.kept.marker,
            payload_type: self.terms.payload_type,
            sequence: sequence(index),
            timestamp,
            ssrc: self.terms.ssrc,
            elements: packet.extensions,
            two_byte: packet.two_byte,
            mid: self.terms.mid.as_ref().map(|(id, mid)| (*id, mid.as_bytes())),
        }
    }

    /// Nothing is forwarded until the track goes on (video: with a keyframe).
    pub(super) fn pause(&mut self) {
        self.rewrite.pause();
    }

    /// The packet behind a sequence number that the subscriber reports lost, when it may have it again: where it
    /// lies.
    pub(super) fn lost(&mut self, sequence: u16, now: Instant) -> Option<Lost> {
        let entry = self.sent.resend(sequence, self.round_trip, now)?;
        Some(Lost {
            layer: entry.layer,
            position: entry.position,
            index: entry.index,
            timestamp: entry.timestamp,
        })
    }

    /// The header to resend a packet with, the roll-over counter, and the original sequence number to put before
    /// the payload (RFC 4588 §4). Without a repair stream it is the very packet that was sent before.
    pub(super) fn resend<'p>(
        &'p mut self,
        lost: &Lost,
        packet: &Packet<'p>,
    ) -> (Outgoing<'p>, u32, Option<u16>) {
        self.sent.count_resent(packet.payload.len());
        let index = self.next_rtx;
        if self.terms.rtx.is_some() {
            self.next_rtx += 1;
        }
        let first_copy = self.outgoing(packet, lost.index, lost.timestamp);
        match self.terms.rtx {
            None => (first_copy, rollover(lost.index), None),
            Some((ssrc, payload_type)) => {
                let outgoing = Outgoing { ssrc, payload_type, sequence: sequence(index), ..first_copy };
                (outgoing, rollover(index), Some(sequence(lost.index)))
            }
        }
    }

    /// What to report about the stream: packets and payload octets sent, both modulo 2^32.
    #[must_use]
    pub(super) fn sent(&self) -> (u32, u32) {
        (self.packets, self.octets)
    }

    #[must_use]
    pub(super) fn timestamp_offset(&self) -> u32 {
        self.rewrite.timestamp_offset()
    }

    /// A sender report with this clock left.
    pub(super) fn reported(&mut self, clock: &StreamClock, now: Instant) {
        self.reported = Some((clock.quoted(), now));
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

/// A packet to be resent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lost {
    pub(super) layer: u8,
    /// In the ring, its low half.
    pub(super) position: u32,
    index: u64,
    timestamp: u32,
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
