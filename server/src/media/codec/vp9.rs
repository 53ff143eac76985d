//! The VP9 payload descriptor, RFC 9628 §4.2, flexible mode and not, with its scalability structure.

use super::{Numbers, Picture, SPATIAL, Size, TEMPORAL};

/// Reference differences of one picture at most.
const REFERENCES: usize = 3;

/// Takes bytes one after the other.
struct Bytes<'p> {
    payload: &'p [u8],
    at: usize,
}

impl Bytes<'_> {
    fn next(&mut self) -> Option<u8> {
        let byte = *self.payload.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn pair(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes([self.next()?, self.next()?]))
    }

    fn offset(&self) -> u8 {
        u8::try_from(self.at).unwrap_or(0)
    }
}

/// The descriptor up to its scalability structure, and where that begins when there is one.
fn descriptor(payload: &[u8]) -> Option<(Picture, Option<usize>)> {
    let mut bytes = Bytes { payload, at: 0 };
    let flags = bytes.next()?;
    let (predicted, flexible) = (flags & 0x40 != 0, flags & 0x10 != 0);
    let (starts, ends) = (flags & 0x08 != 0, flags & 0x04 != 0);
    let mut picture = Picture { ends, ..Picture::default() };
    if flags & 0x80 != 0 {
        let at = bytes.offset();
        let wide = bytes.next()? & 0x80 != 0;
        if wide {
            bytes.next()?;
        }
        picture.numbers = Numbers { id_at: at, wide, base_at: 0, dense: false };
    }
    let mut base_layer = true;
    if flags & 0x20 != 0 {
        let layer = bytes.next()?;
        let spatial = layer >> 1 & 0x07;
        picture.spatial = spatial.min(SPATIAL as u8 - 1);
        picture.temporal = (layer >> 5).min(TEMPORAL as u8 - 1);
        base_layer = spatial == 0;
        // The switching up point frees its own layer and those above from what came before.
        picture.up = if layer & 0x10 == 0 { 0 } else { 0xff << picture.temporal };
        if !flexible {
            picture.numbers.base_at = bytes.offset();
            bytes.next()?;
        }
    }
    if flexible && predicted {
        for _ in 0..REFERENCES {
            if bytes.next()? & 0x01 == 0 {
                break;
            }
        }
    }
    picture.keyframe = !predicted && starts && base_layer;
    Some((picture, (flags & 0x02 != 0).then_some(bytes.at)))
}

/// What the packet is; `None` when it ends within its descriptor.
#[must_use]
pub fn read(payload: &[u8]) -> Option<Picture> {
    descriptor(payload).map(|(picture, _)| picture)
}

/// The sizes of the spatial layers, from the scalability structure.
#[must_use]
pub fn sizes(payload: &[u8]) -> Option<[Option<Size>; SPATIAL]> {
    let (_, at) = descriptor(payload)?;
    let mut bytes = Bytes { payload, at: at? };
    let head = bytes.next()?;
    let mut sizes = [None; SPATIAL];
    if head & 0x10 != 0 {
        for layer in 0..=usize::from(head >> 5) {
            let size = (bytes.pair()?, bytes.pair()?);
            if let Some(room) = sizes.get_mut(layer) {
                *room = Some(size);
            }
        }
    }
    Some(sizes)
}
