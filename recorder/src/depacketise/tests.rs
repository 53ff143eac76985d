use proptest::prelude::*;
use rtc_rtp::{
    codec::{av1::Av1Payloader, h264::H264Payloader, vp8::Vp8Payloader, vp9::Vp9Payloader},
    packetizer::Payloader,
};

use super::*;

const CODECS: [Codec; 5] = [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];

fn packet(payload: &[u8], timestamp: u32, marker: bool) -> Packet<'_> {
    Packet { marker, seq: 0, timestamp, ssrc: 1, payload }
}

/// Sends frames through a foreign packetiser and back.
fn round_trip(codec: Codec, payloader: &mut dyn Payloader, frames: &[Vec<u8>], mtu: usize) -> Vec<Vec<u8>> {
    let mut assembler = Assembler::new(codec);
    let mut out = Vec::new();
    for (index, frame) in frames.iter().enumerate() {
        let payloads = payloader.payload(mtu, &frame.clone().into()).unwrap();
        let last = payloads.len() - 1;
        for (position, payload) in payloads.iter().enumerate() {
            let outcome = assembler.push(false, 0, &packet(payload, index as u32, position == last));
            assert!(!outcome.malformed, "{codec:?} frame {index} payload {position}");
            out.extend(outcome.frames.into_iter().map(|frame| frame.data));
        }
    }
    out
}

/// A VP9 key frame header, as far as the payloader reads it.
fn vp9_frame(rest: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x82, 0x49, 0x83, 0x42, 0x00, 0x13, 0xf0, 0x0b, 0x30];
    frame.extend_from_slice(rest);
    frame
}

fn obu(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![kind << 3 | 0x02];
    av1::push_leb128(body.len(), &mut out);
    out.extend_from_slice(body);
    out
}

#[test]
fn a_lost_packet_costs_its_frame_and_no_other() {
    let mut assembler = Assembler::new(Codec::Vp8);
    assert_eq!(assembler.push(false, 0, &packet(&[0x10, 1, 2], 0, true)).frames.len(), 1);
    let broken = assembler.push(true, 0, &packet(&[0x00, 3], 1, true));
    assert!(broken.broken && broken.frames.is_empty(), "the beginning is missing");
    assert_eq!(assembler.push(false, 0, &packet(&[0x10, 4], 2, true)).frames.len(), 1);
}

#[test]
fn a_missing_marker_does_not_join_two_frames() {
    let mut assembler = Assembler::new(Codec::Vp8);
    assert!(assembler.push(false, 0, &packet(&[0x10, 1], 0, false)).frames.is_empty());
    let frames = assembler.push(false, 0, &packet(&[0x10, 2], 1, true)).frames;
    assert_eq!(frames.iter().map(|frame| frame.data.clone()).collect::<Vec<_>>(), [[1], [2]]);
}

#[test]
fn the_six_bytes_that_panic_elsewhere_are_refused() {
    let mut assembler = Assembler::new(Codec::H264);
    assembler.push(false, 0, &packet(&[0x09, 0x10], 0, false));
    let outcome = assembler.push(false, 0, &packet(&[24, 0, 2, 0x67, 1, 9], 0, true));
    assert!(outcome.malformed && outcome.frames.is_empty());
}

#[test]
fn fragments_of_two_units_are_never_joined() {
    let mut assembler = Assembler::new(Codec::H264);
    assembler.push(false, 0, &packet(&[0x67, 1, 2], 0, true));
    assembler.push(false, 0, &packet(&[0x7c, 0x85, 1], 1, false));
    let outcome = assembler.push(false, 0, &packet(&[0x7c, 0x85, 2], 1, false));
    assert!(outcome.malformed && outcome.broken);
}

#[test]
fn layers_of_one_picture_become_a_superframe() {
    let mut assembler = Assembler::new(Codec::Vp9);
    // I=0 P=0 L=1 F=0 B=1 E=1: layer 0 then layer 1.
    assembler.push(false, 0, &packet(&[0x2c, 0x00, 0, 1, 2, 3], 0, false));
    let outcome = assembler.push(false, 0, &packet(&[0x2c, 0x02, 0, 4, 5], 0, true));
    assert_eq!(outcome.frames[0].data, [1, 2, 3, 4, 5, 0xd9, 3, 0, 0, 0, 2, 0, 0, 0, 0xd9]);
}

#[test]
fn three_references_and_a_one_byte_tail_are_legitimate() {
    let mut vp9 = Assembler::new(Codec::Vp9);
    vp9.push(false, 0, &packet(&[0x0c, 1], 0, true));
    let outcome = vp9.push(false, 0, &packet(&[0x5c, 3, 5, 6, 9], 1, true));
    assert_eq!(outcome.frames[0].data, [9]);
    let mut vp8 = Assembler::new(Codec::Vp8);
    vp8.push(false, 0, &packet(&[0x10, 1, 2, 3], 0, false));
    assert_eq!(vp8.push(false, 0, &packet(&[0x00, 4], 0, true)).frames[0].data, [1, 2, 3, 4]);
}

proptest! {
    #[test]
    fn vp8_comes_back_as_it_went(frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..400), 1..6), mtu in 8usize..200) {
        let mut payloader = Vp8Payloader::default();
        payloader.enable_picture_id = true;
        prop_assert_eq!(round_trip(Codec::Vp8, &mut payloader, &frames, mtu), frames);
    }

    #[test]
    fn vp9_comes_back_as_it_went(bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..400), 1..6), mtu in 20usize..200) {
        let frames: Vec<_> = bodies.iter().map(|body| vp9_frame(body)).collect();
        let mut payloader = Vp9Payloader::default();
        prop_assert_eq!(round_trip(Codec::Vp9, &mut payloader, &frames, mtu), frames);
    }

    #[test]
    fn h264_comes_back_as_it_went(sizes in prop::collection::vec(3usize..400, 1..6), mtu in 40usize..200) {
        let annex_b = |nal: &[u8]| [&[0, 0, 0, 1], nal].concat();
        let slice = |size: usize| [vec![0x65], vec![0xab; size]].concat();
        let frames: Vec<Vec<u8>> = sizes.iter()
            .map(|&size| [annex_b(&[0x67, 66, 1, 2]), annex_b(&[0x68, 3]), annex_b(&slice(size))].concat())
            .collect();
        let expected: Vec<Vec<u8>> = sizes.iter().map(|&size| {
            let length = (size as u32 + 1).to_be_bytes();
            [&[0, 0, 0, 4, 0x67, 66, 1, 2, 0, 0, 0, 2, 0x68, 3], &length[..], &slice(size)].concat()
        }).collect();
        let mut payloader = H264Payloader::default();
        prop_assert_eq!(round_trip(Codec::H264, &mut payloader, &frames, mtu), expected);
    }

    #[test]
    fn av1_comes_back_as_it_went(bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..400), 1..6), mtu in 16usize..200) {
        let frames: Vec<Vec<u8>> = bodies.iter().map(|body| [obu(1, &[0; 10]), obu(6, body)].concat()).collect();
        let mut payloader = Av1Payloader::default();
        prop_assert_eq!(round_trip(Codec::Av1, &mut payloader, &frames, mtu), frames);
    }

    /// No bytes whatever make an assembler panic, and what it holds stays bounded.
    #[test]
    fn hostile_payloads_are_refused(payloads in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..60), any::<bool>(), any::<bool>(), 0u32..3), 0..60)) {
        for codec in CODECS {
            let mut assembler = Assembler::new(codec);
            for (payload, hole, marker, timestamp) in &payloads {
                let outcome = assembler.push(*hole, 0, &packet(payload, *timestamp, *marker));
                prop_assert!(outcome.frames.iter().all(|frame| !frame.data.is_empty()));
            }
        }
    }
}
