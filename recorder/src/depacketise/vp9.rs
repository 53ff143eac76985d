//! VP9 payloads (RFC 9628 §4.2).
//!
//! The frames of several spatial layers share a timestamp and become one superframe; the index that tells a decoder
//! where each begins (VP9 bitstream specification, Annex B) is written here, since RTP leaves it out.

use super::{Malformed, Payload};

/// A superframe holds at most eight frames.
const MOST_LAYERS: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Vp9 {
    /// Where the layers already begun start in the frame.
    starts: Vec<usize>,
}

impl Payload for Vp9 {
    fn begins_frame(&self, payload: &[u8]) -> bool {
        parse(payload).is_some_and(|piece| piece.begins_layer && piece.spatial_layer == 0)
    }

    fn append(&mut self, payload: &[u8], frame: &mut Vec<u8>) -> Result<(), Malformed> {
        let piece = parse(payload).filter(|piece| !piece.data.is_empty()).ok_or(Malformed)?;
        if piece.begins_layer {
            if self.starts.len() == MOST_LAYERS {
                return Err(Malformed);
            }
            self.starts.push(frame.len());
        } else if self.starts.is_empty() {
            return Err(Malformed);
        }
        frame.extend_from_slice(piece.data);
        Ok(())
    }

    fn finish(&mut self, frame: &mut Vec<u8>) -> Result<(), Malformed> {
        let starts = std::mem::take(&mut self.starts);
        if starts.len() > 1 {
            append_index(&starts, frame)?;
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.starts.clear();
    }
}

/// Superframe index: a marker, the sizes, the marker again; four bytes a size.
fn append_index(starts: &[usize], frame: &mut Vec<u8>) -> Result<(), Malformed> {
    let count = u8::try_from(starts.len() - 1).map_err(|_| Malformed)?;
    let marker = 0b1100_0000 | (3 << 3) | count;
    let ends = starts.iter().skip(1).copied().chain([frame.len()]);
    let sizes: Vec<u32> = starts
        .iter()
        .zip(ends)
        .map(|(start, end)| u32::try_from(end - start))
        .collect::<Result<_, _>>()
        .map_err(|_| Malformed)?;
    frame.push(marker);
    for size in sizes {
        frame.extend_from_slice(&size.to_le_bytes());
    }
    frame.push(marker);
    Ok(())
}

struct Piece<'a> {
    begins_layer: bool,
    spatial_layer: u8,
    data: &'a [u8],
}

fn parse(payload: &[u8]) -> Option<Piece<'_>> {
    let (&flags, mut rest) = payload.split_first()?;
    let has = |bit: u8| flags & bit != 0;
    let (picture_id, predicted, layers, flexible) = (has(0x80), has(0x40), has(0x20), has(0x10));
    let mut spatial_layer = 0;
    if picture_id {
        rest = rest.get(if rest.first()? & 0x80 != 0 { 2 } else { 1 }..)?;
    }
    if layers {
        spatial_layer = (rest.first()? >> 1) & 0x07;
        // TL0PICIDX follows in non-flexible mode only.
        rest = rest.get(if flexible { 1 } else { 2 }..)?;
    }
    if flexible && predicted {
        rest = without_references(rest)?;
    }
    if has(0x02) {
        rest = without_structure(rest)?;
    }
    Some(Piece { begins_layer: has(0x08), spatial_layer, data: rest })
}

/// One to three reference differences, each saying whether another follows.
fn without_references(mut rest: &[u8]) -> Option<&[u8]> {
    for _ in 0..3 {
        let (difference, after) = rest.split_first()?;
        rest = after;
        if difference & 1 == 0 {
            return Some(rest);
        }
    }
    None
}

/// Scalability structure: layer sizes and picture group.
fn without_structure(rest: &[u8]) -> Option<&[u8]> {
    let (&flags, mut rest) = rest.split_first()?;
    if flags & 0x10 != 0 {
        let layers = usize::from(flags >> 5) + 1;
        rest = rest.get(layers * 4..)?;
    }
    if flags & 0x08 != 0 {
        let (&pictures, after) = rest.split_first()?;
        rest = after;
        for _ in 0..pictures {
            let (&picture, after) = rest.split_first()?;
            rest = after.get(usize::from((picture >> 2) & 0x03)..)?;
        }
    }
    Some(rest)
}
