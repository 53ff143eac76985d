//! Which packets start a keyframe: the only thing the plane reads inside a payload.
//!
//! VP8 RFC 7741 §4, VP9 RFC 9628 §4, H.264 RFC 6184 §5, AV1 "RTP Payload Format For AV1" §4.

use super::sdp::Codec;

/// Whether a decoder can begin with this packet. Audio can begin anywhere. Never panics, whatever the bytes.
#[must_use]
pub(super) fn starts_keyframe(codec: Codec, payload: &[u8]) -> bool {
    match codec {
        Codec::Opus => true,
        Codec::Vp8 => vp8(payload).unwrap_or(false),
        Codec::Vp9 { .. } => vp9(payload).unwrap_or(false),
        Codec::H264 { .. } => h264(payload).unwrap_or(false),
        Codec::Av1 => av1(payload).unwrap_or(false),
    }
}

fn vp8(payload: &[u8]) -> Option<bool> {
    let first = *payload.first()?;
    let (start, partition) = (first & 0x10 != 0, first & 0x07);
    if !start || partition != 0 {
        return Some(false);
    }
    let mut at = 1;
    if first & 0x80 != 0 {
        let flags = *payload.get(at)?;
        at += 1;
        if flags & 0x80 != 0 {
            at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
        }
        at += usize::from(flags & 0x40 != 0);
        at += usize::from(flags & 0x30 != 0);
    }
    Some(payload.get(at)? & 0x01 == 0)
}

fn vp9(payload: &[u8]) -> Option<bool> {
    let first = *payload.first()?;
    let (predicted, begins) = (first & 0x40 != 0, first & 0x08 != 0);
    if predicted || !begins {
        return Some(false);
    }
    let mut at = 1;
    if first & 0x80 != 0 {
        at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
    }
    // With layer indices only the lowest spatial layer is decodable by itself.
    Some(first & 0x20 == 0 || payload.get(at)? >> 1 & 0x07 == 0)
}

/// A sequence parameter set or a slice of an instantaneous decoding refresh.
fn h264_unit(kind: u8) -> bool {
    matches!(kind & 0x1f, 5 | 7)
}

fn h264(payload: &[u8]) -> Option<bool> {
    const STAP_A: u8 = 24;
    const FU_A: u8 = 28;
    match payload.first()? & 0x1f {
        STAP_A => {
            let mut rest = payload.get(1..)?;
            while let [high, low, unit @ ..] = rest {
                if h264_unit(*unit.first()?) {
                    return Some(true);
                }
                rest = unit.get(usize::from(u16::from_be_bytes([*high, *low]))..)?;
            }
            Some(false)
        }
        FU_A => payload.get(1).map(|fragment| fragment & 0x80 != 0 && h264_unit(*fragment)),
        kind => Some(h264_unit(kind)),
    }
}

/// The N bit announces a new coded video sequence; encoders that forget it still send the sequence header first.
fn av1(payload: &[u8]) -> Option<bool> {
    const SEQUENCE_HEADER: u8 = 1;
    let aggregation = *payload.first()?;
    let (continues, count, new_sequence) =
        (aggregation & 0x80 != 0, aggregation >> 4 & 0x03, aggregation & 0x08 != 0);
    if continues {
        return Some(false);
    }
    if new_sequence {
        return Some(true);
    }
    let mut at = 1;
    if count != 1 {
        while payload.get(at)? & 0x80 != 0 {
            at += 1;
        }
        at += 1;
    }
    Some(payload.get(at)? >> 3 & 0x0f == SEQUENCE_HEADER)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn vp8_keyframes() {
        assert_eq!(vp8(&[0x10, 0x00]), Some(true));
        assert_eq!(vp8(&[0x10, 0x01]), Some(false), "interframe");
        assert_eq!(vp8(&[0x00, 0x00]), Some(false), "not the start of a partition");
        assert_eq!(vp8(&[0x90, 0x80, 0x81, 0x02, 0x50]), Some(true), "15-bit picture id");
        assert_eq!(vp8(&[0x90, 0xe0, 0x11, 0x22, 0x33, 0x51]), Some(false), "picture id, TL0, TID");
        assert_eq!(vp8(&[0x90, 0x80, 0x81]), None);
    }

    #[test]
    fn vp9_keyframes() {
        assert_eq!(vp9(&[0x08, 0xff]), Some(true));
        assert_eq!(vp9(&[0x48, 0xff]), Some(false), "predicted");
        assert_eq!(vp9(&[0x00]), Some(false), "middle of a frame");
        assert_eq!(vp9(&[0xa8, 0x81, 0x02, 0x00]), Some(true), "base layer");
        assert_eq!(vp9(&[0xa8, 0x81, 0x02, 0x02]), Some(false), "upper layer");
    }

    #[test]
    fn h264_keyframes() {
        assert_eq!(h264(&[0x67, 1]), Some(true));
        assert_eq!(h264(&[0x65, 1]), Some(true));
        assert_eq!(h264(&[0x41, 1]), Some(false));
        assert_eq!(h264(&[0x78, 0, 1, 0x68, 0, 2, 0x65, 0]), Some(true), "aggregated");
        assert_eq!(h264(&[0x78, 0, 1, 0x68]), Some(false));
        assert_eq!(h264(&[0x7c, 0x85]), Some(true), "first fragment");
        assert_eq!(h264(&[0x7c, 0x05]), Some(false), "later fragment");
    }

    #[test]
    fn av1_keyframes() {
        assert_eq!(av1(&[0x18, 0x30]), Some(true), "new sequence announced");
        assert_eq!(av1(&[0x10, 0x0a]), Some(true), "sequence header comes first");
        assert_eq!(av1(&[0x10, 0x30]), Some(false), "a frame");
        assert_eq!(av1(&[0x98, 0x0a]), Some(false), "continues a fragment");
        assert_eq!(av1(&[0x20, 0x81, 0x01, 0x0a]), Some(true), "length of two bytes");
    }

    proptest! {
        #[test]
        fn arbitrary_payloads_never_panic(payload in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = (vp8(&payload), vp9(&payload), h264(&payload), av1(&payload));
        }
    }
}
