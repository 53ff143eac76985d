//! Packets in order become whole frames.
//!
//! Written here instead of on `rtc_rtp`'s depacketisers: those panic on some packets (STAP-A, AV1 extension), keep
//! flags from one packet to the next, join fragments over a loss, and refuse legitimate packets (VP8 under four
//! bytes, VP9 with three references), each of which would cost the picture until the next keyframe. The checks they
//! need amount to reading the payload; here that is all there is. `rtc_rtp`'s payloaders are the other side in the tests.

mod av1;
mod h264;
mod vp8;
mod vp9;

use crate::{Codec, rtp::Packet};

/// Largest frame assembled, in bytes; a longer one is dropped.
const LARGEST_FRAME: usize = 8 << 20;

/// A payload that does not follow its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// One whole coded frame, in the form its container wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) timestamp: u32,
    /// Arrival of its first packet.
    pub(crate) arrival_us: u64,
    pub(crate) data: Vec<u8>,
}

/// What came out of one packet.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Usually none or one; two when the marker of the previous frame was not set.
    pub(crate) frames: Vec<Frame>,
    /// A frame was dropped after those: what follows may refer to a picture that was never seen. A hole says so itself.
    pub(crate) broken: bool,
    pub(crate) malformed: bool,
}

/// How one codec's payloads become frames.
trait Payload: std::fmt::Debug + Send {
    /// Whether this payload certainly begins a frame: only there can assembly start after a loss.
    fn begins_frame(&self, payload: &[u8]) -> bool;
    /// Adds what the payload carries to the frame.
    fn append(&mut self, payload: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed>;
    /// Ends the frame; an error when a fragment is still open.
    fn finish(&mut self, frame: &mut Vec<u8>) -> Result<(), Malformed>;
    /// Forgets everything kept between payloads.
    fn reset(&mut self);
}

/// Opus: one packet, one frame (RFC 7587 §4.2).
#[derive(Debug)]
struct Whole;

impl Payload for Whole {
    fn begins_frame(&self, _: &[u8]) -> bool {
        true
    }

    fn append(&mut self, payload: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
        frame.extend_from_slice(payload);
        Ok(())
    }

    fn finish(&mut self, _: &mut Vec<u8>) -> Result<(), Malformed> {
        Ok(())
    }

    fn reset(&mut self) {}
}

/// Assembles the frames of one RTP source.
#[derive(Debug)]
pub(crate) struct Assembler {
    payload: Box<dyn Payload>,
    /// Audio has no marker worth waiting for: every packet ends its frame.
    every_packet: bool,
    current: Option<Frame>,
    /// Packets were lost: nothing is assembled until a payload certainly begins a frame.
    lost: bool,
}

impl Assembler {
    pub(crate) fn new(codec: Codec) -> Self {
        let payload: Box<dyn Payload> = match codec {
            Codec::Opus => Box::new(Whole),
            Codec::Vp8 => Box::new(vp8::Vp8),
            Codec::Vp9 => Box::<vp9::Vp9>::default(),
            Codec::H264 => Box::<h264::H264>::default(),
            Codec::Av1 => Box::<av1::Av1>::default(),
        };
        Self { payload, every_packet: codec == Codec::Opus, current: None, lost: true }
    }

    /// Takes the next packet in order; `hole` when packets before it are lost.
    pub(crate) fn push(&mut self, hole: bool, arrival_us: u64, packet: &Packet<'_>) -> Outcome {
        let mut outcome = Outcome::default();
        if hole {
            self.reset();
        }
        if packet.payload.is_empty() {
            return outcome;
        }
        if self.current.as_ref().is_some_and(|frame| frame.timestamp != packet.timestamp) {
            self.end_frame(&mut outcome);
        }
        if self.current.is_none() {
            if self.lost && !self.payload.begins_frame(packet.payload) {
                outcome.broken = true;
                return outcome;
            }
            self.lost = false;
            self.current = Some(Frame { timestamp: packet.timestamp, arrival_us, data: Vec::new() });
        }
        self.append(packet, &mut outcome);
        outcome
    }

    fn append(&mut self, packet: &Packet<'_>, outcome: &mut Outcome) {
        let Some(frame) = &mut self.current else { return };
        let appended = self.payload.append(packet.payload, &mut frame.data);
        if appended.is_err() || frame.data.len() > LARGEST_FRAME {
            outcome.malformed = true;
            self.drop_frame(outcome);
        } else if packet.marker || self.every_packet {
            self.end_frame(outcome);
        }
    }

    /// Forgets the frame being assembled: packets of it are lost, or its source has changed.
    pub(crate) fn reset(&mut self) {
        self.drop_frame(&mut Outcome::default());
    }

    fn drop_frame(&mut self, outcome: &mut Outcome) {
        outcome.broken = true;
        self.current = None;
        self.lost = true;
        self.payload.reset();
    }

    fn end_frame(&mut self, outcome: &mut Outcome) {
        let Some(mut frame) = self.current.take() else { return };
        if self.payload.finish(&mut frame.data).is_err() {
            outcome.malformed = true;
            self.drop_frame(outcome);
        } else if !frame.data.is_empty() {
            outcome.frames.push(frame);
        }
    }
}

#[cfg(test)]
mod tests;
