//! Descriptors as encoders write them, bit by bit, and any bytes at all.

use proptest::prelude::*;

use super::*;

#[test]
fn vp8_says_where_a_picture_begins_and_how_it_is_numbered() {
    let keyframe = |payload: &[u8]| vp8::read(payload).map(|picture| picture.keyframe);
    assert_eq!(keyframe(&[0x10, 0x00]), Some(true));
    assert_eq!(keyframe(&[0x10, 0x01]), Some(false), "interframe");
    assert_eq!(keyframe(&[0x00, 0x00]), Some(false), "not the start of a partition");
    assert_eq!(keyframe(&[0x90, 0x80, 0x81, 0x02, 0x50]), Some(true), "15-bit picture id");
    assert_eq!(keyframe(&[0x90, 0xe0, 0x11, 0x22, 0x33, 0x51]), Some(false), "picture id, TL0, TID");
    assert_eq!(keyframe(&[0x90, 0x80, 0x81]), None);
    let payload = [0x90, 0xf0, 0x92, 0x34, 0x56, 0xa3, 0x01];
    let picture = vp8::read(&payload).unwrap();
    assert_eq!((picture.temporal, picture.up), (2, 0b100), "in sync");
    assert_eq!(picture.numbers.id(&payload), Some(0x1234));
    assert_eq!(picture.numbers.base(&payload), Some(0x56));
    let short = [0x90, 0xc0, 0x7f, 0x00, 0x01];
    let numbers = vp8::read(&short).unwrap().numbers;
    assert_eq!((numbers.id(&short), numbers.base(&short)), (Some(0x7f), Some(0)));
}

#[test]
fn vp8_numbers_are_written_over_in_either_form() {
    let patched = |payload: &[u8], id_by, base_by| {
        let mut copy = payload.to_vec();
        vp8::read(payload).unwrap().numbers.lowered(payload, id_by, base_by).apply(&mut copy);
        copy
    };
    let wide = [0x90, 0xf0, 0x80, 0x01, 0x03, 0x20, 0x01];
    assert_eq!(patched(&wide, 3, 5), [0x90, 0xf0, 0xff, 0xfe, 0xfe, 0x20, 0x01], "both wrap");
    let narrow = [0x90, 0xe0, 0x05, 0x09, 0x20, 0x01];
    assert_eq!(patched(&narrow, 2, 0), [0x90, 0xe0, 0x03, 0x09, 0x20, 0x01]);
    assert_eq!(patched(&[0x90, 0x40, 0x09, 0x01], 7, 1), [0x90, 0x40, 0x08, 0x01], "no picture id");
    assert_eq!(patched(&[0x90, 0x80, 0x09, 0x01], 1, 7), [0x90, 0x80, 0x08, 0x01], "no base index");
    assert_eq!(patched(&[0x10, 0x01], 1, 1), [0x10, 0x01]);
}

#[test]
fn vp8_and_h264_tell_their_size() {
    let keyframe = [0x90, 0x80, 0x05, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x00, 0x45, 0xd0, 0x02];
    assert_eq!(vp8::size(&keyframe), Some((1280, 720)), "the scale is not part of it");
    assert_eq!(vp8::size(&keyframe[..12]), None);
    // As OpenH264 (640 × 360, baseline) and x264 (1920 × 1080, high) write them.
    let baseline = [0x67, 0x42, 0xc0, 0x1e, 0x8c, 0x8d, 0x40, 0x50, 0x17, 0xfc, 0xb0, 0x0f, 0x08, 0x84, 0x6a];
    assert_eq!(h264::size(&baseline), Some((640, 360)));
    let high = [
        0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04,
        0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc6, 0x58,
    ];
    assert_eq!(h264::size(&high), Some((1920, 1080)));
    let aggregated = [&[0x78, 0, 1, 0x68, 0, 15][..], &baseline].concat();
    assert_eq!(h264::size(&aggregated), Some((640, 360)));
    assert_eq!(h264::size(&high[..6]), None);
}

#[test]
fn vp9_says_its_layers() {
    let keyframe = |payload: &[u8]| vp9::read(payload).map(|picture| picture.keyframe);
    assert_eq!(keyframe(&[0x08, 0xff]), Some(true));
    assert_eq!(keyframe(&[0x48, 0xff]), Some(false), "predicted");
    assert_eq!(keyframe(&[0x00]), Some(false), "middle of a frame");
    assert_eq!(keyframe(&[0xa8, 0x81, 0x02, 0x00, 0x00]), Some(true), "base layer");
    assert_eq!(keyframe(&[0xa8, 0x81, 0x02, 0x02, 0x00]), Some(false), "upper layer");
    assert_eq!(keyframe(&[0xa8, 0x81, 0x02]), None);
    // Not flexible: 15-bit id, layers (temporal 2, switching up, spatial 1, inter-layer), base index.
    let payload = [0xac, 0x92, 0x34, 0x53, 0x07, 0xff];
    let picture = vp9::read(&payload).unwrap();
    assert_eq!((picture.spatial, picture.temporal, picture.ends), (1, 2, true));
    assert_eq!(picture.up, 0b1111_1100);
    assert_eq!((picture.numbers.id(&payload), picture.numbers.base(&payload)), (Some(0x1234), Some(7)));
    let mut copy = payload;
    picture.numbers.lowered(&payload, 0x0234, 8).apply(&mut copy);
    assert_eq!(copy, [0xac, 0x90, 0x00, 0x53, 0xff, 0xff], "what lies between stays");
    // Flexible: two references, no base index, a structure of two layers with their sizes.
    let flexible = [0xfa, 0x11, 0x20, 0x03, 0x04, 0x30, 0x01, 0x40, 0x00, 0xb4, 0x02, 0x80, 0x01, 0x68, 0xff];
    let picture = vp9::read(&flexible).unwrap();
    assert_eq!((picture.spatial, picture.temporal, picture.keyframe), (0, 1, false));
    assert_eq!(picture.numbers.base(&flexible), None);
    let sizes = vp9::sizes(&flexible).unwrap();
    assert_eq!(sizes[..2], [Some((320, 180)), Some((640, 360))]);
    assert_eq!(vp9::sizes(&flexible[..12]), None);
}

#[test]
fn h264_keyframes() {
    assert_eq!(h264::starts_keyframe(&[0x67, 1]), Some(true));
    assert_eq!(h264::starts_keyframe(&[0x65, 1]), Some(true));
    assert_eq!(h264::starts_keyframe(&[0x41, 1]), Some(false));
    assert_eq!(h264::starts_keyframe(&[0x78, 0, 1, 0x68, 0, 2, 0x65, 0]), Some(true), "aggregated");
    assert_eq!(h264::starts_keyframe(&[0x78, 0, 1, 0x68]), Some(false));
    assert_eq!(h264::starts_keyframe(&[0x7c, 0x85]), Some(true), "first fragment");
    assert_eq!(h264::starts_keyframe(&[0x7c, 0x05]), Some(false), "later fragment");
}

#[test]
fn av1_keyframes() {
    assert_eq!(av1::starts_keyframe(&[0x18, 0x30]), Some(true), "new sequence announced");
    assert_eq!(av1::starts_keyframe(&[0x10, 0x0a]), Some(true), "sequence header comes first");
    assert_eq!(av1::starts_keyframe(&[0x10, 0x30]), Some(false), "a frame");
    assert_eq!(av1::starts_keyframe(&[0x98, 0x0a]), Some(false), "continues a fragment");
    assert_eq!(av1::starts_keyframe(&[0x20, 0x81, 0x01, 0x0a]), Some(true), "length of two bytes");
}

/// Writes bits, for the descriptors below.
#[derive(Default)]
struct Writer(Vec<bool>);

impl Writer {
    fn put(&mut self, count: u8, value: u32) -> &mut Self {
        self.0.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
        self
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.chunks(8).map(|bits| (0..).zip(bits).map(|(n, bit)| u8::from(*bit) << (7 - n)).sum()).collect()
    }
}

/// The first descriptor of two spatial layers with two temporal ones each, every spatial layer after the keyframe
/// for itself: decode targets S0T0, S0T1, S1T0, S1T1.
fn keyframe() -> Vec<u8> {
    let mut bits = Writer::default();
    bits.put(1, 1).put(1, 0).put(6, 60).put(16, 500);
    bits.put(5, 0b11000).put(6, 60).put(5, 3);
    // Templates: key S0, S0T0, S0T1 | key S1, S1T0, S1T1.
    for next in [0, 1, 2, 0, 1, 3] {
        bits.put(2, next);
    }
    let targets = [[2, 2, 2, 2], [2, 2, 0, 0], [0, 1, 0, 0], [0, 0, 2, 2], [0, 0, 2, 2], [0, 0, 0, 1_u32]];
    targets.iter().flatten().for_each(|target| {
        bits.put(2, *target);
    });
    for references in [0, 1, 1, 1, 1, 1] {
        (0..references).for_each(|_| {
            bits.put(1, 1).put(4, 2);
        });
        bits.put(1, 0);
    }
    // Two chains of at most four (ns(5)), protecting two targets each (ns(2)); six templates of two differences.
    bits.put(2, 2).put(1, 0).put(1, 0).put(1, 1).put(1, 1);
    (0..12).for_each(|_| {
        bits.put(4, 1);
    });
    bits.put(1, 1).put(16, 319).put(16, 179).put(16, 639).put(16, 359);
    bits.put(4, 0b1111);
    bits.bytes()
}

#[test]
fn a_dependency_descriptor_explains_the_ones_after_it() {
    let mut known = None;
    assert_eq!(dependency::read(&[0xc1, 0, 1], &mut known), None, "nothing explains it");
    let first = dependency::read(&keyframe(), &mut known).unwrap();
    assert_eq!((first.starts, first.ends, first.number), (true, false, 500));
    assert_eq!((first.spatial, first.temporal, first.up), (0, 0, 0b11));
    assert_eq!((first.active, first.structure), (Some(0b1111), true));
    assert_eq!(known.as_ref().unwrap().sizes()[..2], [Some((320, 180)), Some((640, 360))]);
    // Templates are counted from 60 and begin anew after 63: 62 is S0T1, 1 is S1T1.
    let next = dependency::read(&[0xc0 | 62, 0x01, 0xf5], &mut known).unwrap();
    assert_eq!((next.number, next.spatial, next.temporal, next.up), (501, 0, 1, 0));
    let upper = dependency::read(&[0x40 | 1, 0x01, 0xf6], &mut known).unwrap();
    assert_eq!((upper.starts, upper.ends, upper.spatial, upper.temporal), (false, true, 1, 1));
    assert_eq!(dependency::read(&[0xc0 | 30, 0, 1], &mut known), None, "no such template");
    // Its own indications: it may be gone up with.
    let mut bits = Writer::default();
    bits.put(2, 3).put(6, 62).put(16, 502).put(5, 0b00100).put(8, 0b00_10_00_00);
    assert_eq!(dependency::read(&bits.bytes(), &mut known).unwrap().up, 0b10);
    for cut in 3..keyframe().len() {
        assert_eq!(dependency::read(&keyframe()[..cut], &mut None), None, "{cut}");
    }
}

#[test]
fn av1_takes_its_layers_from_the_descriptor() {
    let mut known = None;
    let first = dependency::read(&keyframe(), &mut known).unwrap();
    let picture = read(Codec::Av1, &[0x18, 0x0a], false, Some(&first));
    assert!(picture.keyframe && !picture.ends);
    let upper = dependency::read(&[0x40 | 1, 0x01, 0xf6], &mut known).unwrap();
    let picture = read(Codec::Av1, &[0x10, 0x30], false, Some(&upper));
    assert_eq!((picture.keyframe, picture.ends, picture.spatial, picture.temporal), (false, true, 1, 1));
    assert_eq!(sizes(Codec::Av1, &[0x18], known.as_deref())[1], Some((640, 360)));
}

proptest! {
    #[test]
    fn arbitrary_payloads_never_panic(
        payload in prop::collection::vec(any::<u8>(), 0..60), marker: bool, by: (u16, u8),
    ) {
        let codecs = [Codec::Vp8, Codec::Vp9 { profile: 0 }, Codec::Av1, Codec::H264 {
            profile: crate::media::sdp::H264Profile::Main, packetization_mode: 1,
        }];
        for codec in codecs {
            let picture = read(codec, &payload, marker, None);
            prop_assert!(usize::from(picture.spatial) < SPATIAL && usize::from(picture.temporal) < TEMPORAL);
            let _ = sizes(codec, &payload, None);
            let mut copy = payload.clone();
            picture.numbers.lowered(&payload, by.0, by.1).apply(&mut copy);
            prop_assert_eq!(copy.len(), payload.len());
            // A second reading finds the same picture, numbered lower.
            let again = read(codec, &copy, marker, None);
            prop_assert_eq!(again, picture);
            if let (Some(before), Some(after)) = (picture.numbers.base(&payload), picture.numbers.base(&copy)) {
                prop_assert_eq!(before.wrapping_sub(by.1), after);
            }
        }
    }

    #[test]
    fn arbitrary_descriptors_never_panic(
        descriptors in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..4), seeded: bool,
    ) {
        let mut known = None;
        if seeded {
            dependency::read(&keyframe(), &mut known);
        }
        for descriptor in descriptors {
            dependency::read(&descriptor, &mut known);
        }
    }
}
