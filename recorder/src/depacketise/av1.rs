//! AV1 payloads (RTP Payload Format for AV1, §4): OBU elements, the last of which may go on in the next packet.
//!
//! Frames come out as the low-overhead format with a size in every OBU, without temporal delimiters, which is what
//! an MP4 sample holds (AV1 in ISOBMFF §2.4).

use super::{Malformed, Payload};

const TEMPORAL_DELIMITER: u8 = 2;
const TILE_LIST: u8 = 8;
const PADDING: u8 = 15;

#[derive(Debug, Default)]
pub(super) struct Av1 {
    /// The OBU element that the next packet continues.
    fragment: Option<Vec<u8>>,
}

impl Payload for Av1 {
    /// N: the first packet of a coded video sequence.
    fn begins_frame(&self, payload: &[u8]) -> bool {
        payload.first().is_some_and(|flags| flags & 0x88 == 0x08)
    }

    fn append(&mut self, payload: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
        let (&flags, mut rest) = payload.split_first().ok_or(Malformed)?;
        let (continues, continued, count) = (flags & 0x80 != 0, flags & 0x40 != 0, (flags >> 4) & 0x03);
        if continues != self.fragment.is_some() {
            return Err(Malformed);
        }
        let mut index = 0;
        while !rest.is_empty() {
            index += 1;
            let (element, after) = if count != 0 && index == count { (rest, &[][..]) } else { sized(rest)? };
            rest = after;
            let whole = match self.fragment.take() {
                Some(mut begun) => {
                    begun.extend_from_slice(element);
                    begun
                }
                None => element.to_vec(),
            };
            if whole.len() > super::LARGEST_FRAME {
                return Err(Malformed);
            }
            if rest.is_empty() && continued {
                self.fragment = Some(whole);
            } else {
                push_obu(&whole, frame)?;
            }
        }
        if index == 0 || (count != 0 && index != count) { Err(Malformed) } else { Ok(()) }
    }

    fn finish(&mut self, _: &mut Vec<u8>) -> Result<(), Malformed> {
        if self.fragment.is_none() { Ok(()) } else { Err(Malformed) }
    }

    fn reset(&mut self) {
        self.fragment = None;
    }
}

/// An element preceded by its length, and what follows it.
fn sized(bytes: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let (length, rest) = leb128(bytes)?;
    rest.split_at_checked(length).ok_or(Malformed)
}

/// A number of at most 32 bits in LEB128 (AV1 specification §4.10.5), and what follows it.
fn leb128(bytes: &[u8]) -> Result<(usize, &[u8]), Malformed> {
    let mut value = 0usize;
    for (index, &byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok((value, bytes.get(index + 1..).ok_or(Malformed)?));
        }
    }
    Err(Malformed)
}

pub(super) fn push_leb128(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Adds one OBU with its size field, whether or not it came with one.
fn push_obu(obu: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
    let (&header, rest) = obu.split_first().ok_or(Malformed)?;
    let (extension, body) = rest.split_at_checked(usize::from(header & 0x04 != 0)).ok_or(Malformed)?;
    let body = if header & 0x02 == 0 {
        body
    } else {
        let (body, after) = sized(body)?;
        if !after.is_empty() {
            return Err(Malformed);
        }
        body
    };
    if matches!((header >> 3) & 0x0f, TEMPORAL_DELIMITER | TILE_LIST | PADDING) {
        return Ok(());
    }
    frame.push(header | 0x02);
    frame.extend_from_slice(extension);
    push_leb128(body.len(), frame);
    frame.extend_from_slice(body);
    Ok(())
}
