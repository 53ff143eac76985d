//! H.264 payloads (RFC 6184): single NAL units, STAP-A and FU-A, packetization modes 0 and 1.
//!
//! Frames come out as NAL units each preceded by its length in four bytes (ISO/IEC 14496-15).

use super::{Malformed, Payload};

const SPS: u8 = 7;
const DELIMITER: u8 = 9;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

#[derive(Debug, Default)]
pub(super) struct H264 {
    /// The NAL unit of which fragments have come; empty when none is open.
    fragment: Vec<u8>,
}

impl Payload for H264 {
    /// H.264 marks the end of a frame but not its beginning; parameter sets and delimiters only come first.
    fn begins_frame(&self, payload: &[u8]) -> bool {
        let kind = |nal: &[u8]| nal.first().map(|header| header & 0x1f);
        let first = match payload.split_first() {
            Some((header, units)) if header & 0x1f == STAP_A => units.get(2..).and_then(kind),
            _ => kind(payload),
        };
        matches!(first, Some(SPS | DELIMITER))
    }

    fn append(&mut self, payload: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
        let (header, rest) = payload.split_first().ok_or(Malformed)?;
        let kind = header & 0x1f;
        if kind != FU_A && !self.fragment.is_empty() {
            return Err(Malformed);
        }
        match kind {
            1..=23 => push_unit(payload, frame),
            STAP_A => push_aggregate(rest, frame),
            FU_A => self.push_fragment(*header, rest, frame),
            _ => Err(Malformed),
        }
    }

    fn finish(&mut self, _: &mut Vec<u8>) -> Result<(), Malformed> {
        if self.fragment.is_empty() { Ok(()) } else { Err(Malformed) }
    }

    fn reset(&mut self) {
        self.fragment.clear();
    }
}

impl H264 {
    fn push_fragment(&mut self, indicator: u8, rest: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
        let (flags, data) = rest.split_first().ok_or(Malformed)?;
        let (start, end) = (flags & 0x80 != 0, flags & 0x40 != 0);
        if start != self.fragment.is_empty() {
            return Err(Malformed);
        }
        if start {
            self.fragment.push((indicator & 0xe0) | (flags & 0x1f));
        }
        self.fragment.extend_from_slice(data);
        if self.fragment.len() > super::LARGEST_FRAME {
            return Err(Malformed);
        }
        if end {
            let unit = std::mem::take(&mut self.fragment);
            push_unit(&unit, frame)?;
        }
        Ok(())
    }
}

fn push_unit(unit: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
    let length = u32::try_from(unit.len()).map_err(|_| Malformed)?;
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(unit);
    Ok(())
}

fn push_aggregate(mut units: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
    if units.is_empty() {
        return Err(Malformed);
    }
    while !units.is_empty() {
        let (length, rest) = units.split_first_chunk::<2>().ok_or(Malformed)?;
        let (unit, rest) =
            rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(Malformed)?;
        if unit.is_empty() {
            return Err(Malformed);
        }
        push_unit(unit, frame)?;
        units = rest;
    }
    Ok(())
}
