//! What an Opus packet says about itself (RFC 6716 §3), and the packet that says nothing.

/// Ticks of Opus in RTP and in every container, whatever was encoded.
pub(crate) const CLOCK_RATE: u32 = 48_000;
/// Longest packet: 120 ms.
const LONGEST: u32 = 5_760;

/// Duration of a packet, in ticks of 48 kHz; `None` when the packet contradicts itself.
pub(crate) fn duration(packet: &[u8]) -> Option<u32> {
    let toc = *packet.first()?;
    let frames = match toc & 0x03 {
        0 => 1,
        1 | 2 => 2,
        _ => u32::from(packet.get(1)? & 0x3f),
    };
    let ticks = frames * frame_ticks(toc);
    (1..=LONGEST).contains(&ticks).then_some(ticks)
}

/// A packet that carries nothing and lasts one frame of the kind of `like`, with its duration in ticks.
///
/// An empty frame is what an encoder's discontinuous transmission stands for: the decoder conceals it (RFC 6716
/// §2.1.9), which is what it does live.
pub(crate) fn nothing(like: u8) -> (Vec<u8>, u32) {
    let toc = like & 0xfc;
    (vec![toc], frame_ticks(toc))
}

fn frame_ticks(toc: u8) -> u32 {
    let config = toc >> 3;
    match config {
        // SILK: 10, 20, 40, 60 ms.
        0..=11 => [480, 960, 1_920, 2_880].get(usize::from(config & 3)).copied().unwrap_or(960),
        // Hybrid: 10, 20 ms.
        12..=15 => 480 << (config & 1),
        // CELT: 2.5, 5, 10, 20 ms.
        _ => 120 << (config & 3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_length_of_the_rfc() {
        let of = |config: u8, code: u8| duration(&[(config << 3) | code, 3]);
        assert_eq!(
            [of(0, 0), of(1, 0), of(2, 0), of(3, 0)],
            [Some(480), Some(960), Some(1_920), Some(2_880)]
        );
        assert_eq!([of(12, 0), of(15, 0)], [Some(480), Some(960)]);
        assert_eq!(
            [of(16, 0), of(17, 0), of(18, 0), of(31, 0)],
            [Some(120), Some(240), Some(480), Some(960)]
        );
        assert_eq!([of(31, 1), of(31, 2), of(31, 3)], [Some(1_920), Some(1_920), Some(2_880)]);
    }

    #[test]
    fn packets_that_contradict_themselves_have_no_duration() {
        assert_eq!(duration(&[]), None);
        assert_eq!(duration(&[0xff]), None, "a count must follow");
        assert_eq!(duration(&[0xff, 0]), None, "no frame");
        assert_eq!(duration(&[0xff, 7]), None, "140 ms");
    }
}
