//! One RTP packet, read in place (RFC 3550 §5.1). Every length is checked; nothing is copied.

/// Longest packet accepted, in bytes: a jumbo frame. Senders of WebRTC stay near 1,200.
const LONGEST: usize = 9_000;
const FIXED_HEADER: usize = 12;

/// What the recorder needs of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packet<'a> {
    pub(crate) marker: bool,
    pub(crate) seq: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    /// Without header extensions and padding; empty when the packet was padding only.
    pub(crate) payload: &'a [u8],
}

/// Reads one packet; `None` when it is not RTP version 2 or lies about its own lengths.
pub(crate) fn parse(bytes: &[u8]) -> Option<Packet<'_>> {
    if bytes.len() > LONGEST {
        return None;
    }
    let (fixed, rest) = bytes.split_first_chunk::<FIXED_HEADER>()?;
    let [flags, kind, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3] = *fixed;
    if flags >> 6 != 2 {
        return None;
    }
    let sources = usize::from(flags & 0x0f) * 4;
    let mut payload = rest.get(sources..)?;
    if flags & 0x10 != 0 {
        let ([_, _, words_high, words_low], after) = payload.split_first_chunk::<4>()?;
        let extension = usize::from(u16::from_be_bytes([*words_high, *words_low])) * 4;
        payload = after.get(extension..)?;
    }
    if flags & 0x20 != 0 {
        let padding = usize::from(*payload.last()?);
        if padding == 0 {
            return None;
        }
        payload = payload.get(..payload.len().checked_sub(padding)?)?;
    }
    Some(Packet {
        marker: kind & 0x80 != 0,
        seq: u16::from_be_bytes([s0, s1]),
        timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
        ssrc: u32::from_be_bytes([i0, i1, i2, i3]),
        payload,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtc_rtp::header::{EXTENSION_PROFILE_ONE_BYTE, Extension, Header};
    use rtc_shared::marshal::Marshal;

    use super::*;

    #[test]
    fn extensions_sources_and_padding_are_skipped() {
        let header = Header {
            version: 2,
            padding: true,
            extension: true,
            marker: true,
            payload_type: 96,
            sequence_number: 65_535,
            timestamp: 7,
            ssrc: 9,
            csrc: vec![1, 2],
            extension_profile: EXTENSION_PROFILE_ONE_BYTE,
            extensions: vec![Extension { id: 1, payload: vec![1, 2, 3].into() }],
            extensions_padding: 0,
        };
        let bytes = rtc_rtp::Packet { header, payload: vec![10, 11, 12].into() }.marshal().unwrap();
        let packet = parse(&bytes).unwrap();
        assert_eq!(
            packet,
            Packet { marker: true, seq: 65_535, timestamp: 7, ssrc: 9, payload: &[10, 11, 12] }
        );
    }

    #[test]
    fn a_packet_of_padding_has_an_empty_payload() {
        let mut bytes = vec![0xa0, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend([0, 0, 0, 4]);
        assert_eq!(parse(&bytes).unwrap().payload, &[] as &[u8]);
        *bytes.last_mut().unwrap() = 5;
        assert_eq!(parse(&bytes), None, "more padding than payload");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some(packet) = parse(&bytes) {
                prop_assert!(packet.payload.len() + FIXED_HEADER <= bytes.len());
            }
        }
    }
}
