//! What a video packet is in its stream, read from the first bytes of its payload: all the plane looks at inside.
//!
//! VP8 RFC 7741 §4, VP9 RFC 9628 §4, H.264 RFC 6184 §5, AV1 "RTP Payload Format For AV1" §4 and its dependency
//! descriptor. Every function takes the bytes of a stranger and gives `None` when they end too early; none panics.

pub mod av1;
pub mod dependency;
pub mod h264;
pub mod vp8;
pub mod vp9;

use super::sdp::Codec;

/// Spatial layers told apart; higher ones count as the highest.
pub const SPATIAL: usize = 4;
/// Temporal layers told apart; higher ones count as the highest.
pub const TEMPORAL: usize = 4;

/// What one packet is in its stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// A decoder can begin with this packet.
    pub keyframe: bool,
    /// Last packet of one frame of one spatial layer.
    pub ends: bool,
    pub spatial: u8,
    pub temporal: u8,
    /// Bit `t`: from this frame on the temporal layers up to `t` can be decoded, even if they were left out before.
    pub up: u8,
    pub numbers: Numbers,
}

/// Where in the payload the picture is numbered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Offset of the picture id; 0 when there is none.
    id_at: u8,
    /// It has 15 bits, not 7.
    wide: bool,
    /// Offset of the index of the last picture of temporal layer 0; 0 when there is none.
    base_at: u8,
    /// A picture left out must not leave a gap in the ids.
    dense: bool,
}

/// A few bytes to be written over those of a payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    at: u8,
    len: u8,
    bytes: [u8; 4],
}

impl Patch {
    /// Nothing is to be changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Writes the bytes over the beginning of a copy of the payload it was made for.
    pub fn apply(&self, payload: &mut [u8]) {
        let (at, len) = (usize::from(self.at), usize::from(self.len));
        if let (Some(room), Some(bytes)) = (payload.get_mut(at..at + len), self.bytes.get(..len)) {
            room.copy_from_slice(bytes);
        }
    }
}

impl Numbers {
    /// The picture's id, 7 or 15 bits.
    #[must_use]
    pub fn id(&self, payload: &[u8]) -> Option<u16> {
        let at = usize::from(self.id_at);
        match (self.id_at, self.wide) {
            (0, _) => None,
            (_, false) => Some(u16::from(*payload.get(at)? & 0x7f)),
            (_, true) => Some(u16::from_be_bytes(*payload.get(at..)?.first_chunk()?) & 0x7fff),
        }
    }

    /// Whether a gap in the ids would look like a loss to the receiver.
    #[must_use]
    pub fn are_dense(&self) -> bool {
        self.dense
    }

    /// The index of the last picture of temporal layer 0.
    #[must_use]
    pub fn base(&self, payload: &[u8]) -> Option<u8> {
        if self.base_at == 0 { None } else { payload.get(usize::from(self.base_at)).copied() }
    }

    /// Lowers the picture's id and the index of the base layer by these, modulo their width.
    #[must_use]
    pub fn lowered(&self, payload: &[u8], id_by: u16, base_by: u8) -> Patch {
        self.patch(payload, id_by, base_by).unwrap_or_default()
    }

    fn patch(&self, payload: &[u8], id_by: u16, base_by: u8) -> Option<Patch> {
        if id_by == 0 && base_by == 0 || self.id_at == 0 && self.base_at == 0 {
            return None;
        }
        let start = if self.id_at == 0 { self.base_at } else { self.id_at };
        let end = if self.base_at == 0 { self.id_at + u8::from(self.wide) } else { self.base_at };
        let mut bytes = [0; 4];
        let len = usize::from(end.checked_sub(start)?) + 1;
        bytes.get_mut(..len)?.copy_from_slice(payload.get(usize::from(start)..)?.get(..len)?);
        if let Some(id) = self.id(payload) {
            let [first, second, ..] = &mut bytes;
            if self.wide {
                let [high, low] = (id.wrapping_sub(id_by) & 0x7fff | 0x8000).to_be_bytes();
                (*first, *second) = (high, low);
            } else {
                let [_, low] = (id.wrapping_sub(id_by) & 0x7f).to_be_bytes();
                *first = low;
            }
        }
        if let Some(base) = self.base(payload) {
            *bytes.get_mut(len - 1)? = base.wrapping_sub(base_by);
        }
        Some(Patch { at: start, len: u8::try_from(len).ok()?, bytes })
    }
}

/// Width and height in pixels of one spatial layer.
pub type Size = (u16, u16);

/// Reads one packet. `marker` is that of its header: the last packet of a picture. `dependency` is its dependency
/// descriptor, read already. A payload that cannot be read is an ordinary packet of the lowest layer.
#[must_use]
pub fn read(codec: Codec, payload: &[u8], marker: bool, dependency: Option<&dependency::Frame>) -> Picture {
    let plain = Picture { ends: marker, ..Picture::default() };
    let own = match codec {
        Codec::Opus => Some(Picture { keyframe: true, ends: true, ..plain }),
        Codec::Vp8 => vp8::read(payload).map(|picture| Picture { ends: marker, ..picture }),
        Codec::Vp9 { .. } => vp9::read(payload),
        Codec::H264 { .. } => h264::starts_keyframe(payload).map(|keyframe| Picture { keyframe, ..plain }),
        Codec::Av1 => av1::starts_keyframe(payload).map(|keyframe| Picture { keyframe, ..plain }),
    };
    let picture = own.unwrap_or(plain);
    match (codec, dependency) {
        // VP8 says it all itself, and in VP9 its own descriptor comes first.
        (Codec::H264 { .. } | Codec::Av1, Some(frame)) => Picture {
            ends: frame.ends,
            spatial: frame.spatial.min(SPATIAL as u8 - 1),
            temporal: frame.temporal.min(TEMPORAL as u8 - 1),
            up: frame.up,
            keyframe: picture.keyframe && frame.spatial == 0,
            ..picture
        },
        _ => picture,
    }
}

/// The sizes of the spatial layers that begin with this packet, as far as it or the dependency structure tells.
#[must_use]
pub fn sizes(
    codec: Codec,
    payload: &[u8],
    structure: Option<&dependency::Structure>,
) -> [Option<Size>; SPATIAL] {
    let first = |size| [size, None, None, None];
    match codec {
        Codec::Vp8 => first(vp8::size(payload)),
        Codec::Vp9 { .. } => vp9::sizes(payload).unwrap_or_default(),
        Codec::H264 { .. } => first(h264::size(payload)),
        Codec::Av1 => structure.map(dependency::Structure::sizes).unwrap_or_default(),
        Codec::Opus => [None; SPATIAL],
    }
}

#[cfg(test)]
mod tests;
