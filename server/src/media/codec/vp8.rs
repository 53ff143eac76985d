//! The VP8 payload descriptor, RFC 7741 §4.2, and the size in a key frame, RFC 6386 §9.1.

use super::{Numbers, Picture, Size, TEMPORAL};

/// The descriptor and how long it is. `ends` is not in it.
fn descriptor(payload: &[u8]) -> Option<(Picture, usize)> {
    let first = *payload.first()?;
    let starts = first & 0x10 != 0 && first & 0x07 == 0;
    let mut picture = Picture::default();
    let mut at: u8 = 1;
    if first & 0x80 != 0 {
        let flags = *payload.get(1)?;
        at = 2;
        if flags & 0x80 != 0 {
            let wide = payload.get(2)? & 0x80 != 0;
            picture.numbers = Numbers { id_at: at, wide, base_at: 0, dense: true };
            at += 1 + u8::from(wide);
        }
        if flags & 0x40 != 0 {
            picture.numbers.base_at = at;
            at += 1;
        }
        if flags & 0x30 != 0 {
            let layer = *payload.get(usize::from(at))?;
            if flags & 0x20 != 0 {
                picture.temporal = (layer >> 6).min(TEMPORAL as u8 - 1);
                // The layer sync bit: it depends on nothing but the base layer.
                picture.up = (layer >> 5 & 1) << picture.temporal;
            }
            at += 1;
        }
    }
    let at = usize::from(at);
    let byte = *payload.get(at)?;
    picture.keyframe = starts && byte & 0x01 == 0;
    Some((picture, at))
}

/// What the packet is; `None` when it ends within its descriptor.
#[must_use]
pub fn read(payload: &[u8]) -> Option<Picture> {
    descriptor(payload).map(|(picture, _)| picture)
}

/// The size of the pictures from this key frame on.
#[must_use]
pub fn size(payload: &[u8]) -> Option<Size> {
    let (_, at) = descriptor(payload).filter(|(picture, _)| picture.keyframe)?;
    let [_, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..] = *payload.get(at..)? else { return None };
    Some((u16::from_le_bytes([w0, w1]) & 0x3fff, u16::from_le_bytes([h0, h1]) & 0x3fff))
}
