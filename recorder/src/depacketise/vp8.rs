//! VP8 payloads (RFC 7741 §4.2).

use super::{Malformed, Payload};

#[derive(Debug)]
pub(super) struct Vp8;

impl Payload for Vp8 {
    fn begins_frame(&self, payload: &[u8]) -> bool {
        // S set and partition 0: the first packet of a frame.
        payload.first().is_some_and(|flags| flags & 0x17 == 0x10)
    }

    fn append(&mut self, payload: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
        let data = without_descriptor(payload).filter(|data| !data.is_empty()).ok_or(Malformed)?;
        frame.extend_from_slice(data);
        Ok(())
    }

    fn finish(&mut self, _: &mut Vec<u8>) -> Result<(), Malformed> {
        Ok(())
    }

    fn reset(&mut self) {}
}

fn without_descriptor(payload: &[u8]) -> Option<&[u8]> {
    let (flags, rest) = payload.split_first()?;
    if flags & 0x80 == 0 {
        return Some(rest);
    }
    let (extension, mut rest) = rest.split_first()?;
    if extension & 0x80 != 0 {
        // PictureID: 15 bits when its first bit is set, else 7.
        rest = rest.get(if rest.first()? & 0x80 != 0 { 2 } else { 1 }..)?;
    }
    if extension & 0x40 != 0 {
        rest = rest.get(1..)?;
    }
    if extension & 0x30 != 0 {
        rest = rest.get(1..)?;
    }
    Some(rest)
}
