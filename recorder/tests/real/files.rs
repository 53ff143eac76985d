//! What is recorded is an ordinary file: every frame there, decoded, seekable.

use recorder::{Codec, Kind, Manifest, State};

use crate::class::*;

#[test]
fn every_codec_becomes_an_ordinary_file() {
    for codec in ALL {
        let folder = tempfile::tempdir().unwrap();
        let manifest = record(folder.path(), codec);
        let file = only_file(folder.path(), &manifest);
        decodes(&file);
        let expected = if codec == Codec::Opus { 400 } else { 200 };
        // The encoder of the tone adds a packet for its own delay.
        assert!(
            frames(&file).abs_diff(expected) <= usize::from(codec == Codec::Opus),
            "{codec:?}: {}",
            frames(&file)
        );
        assert!((duration(&file) - 8.0).abs() < 0.05, "{codec:?}: {}", duration(&file));
        let segment = &manifest.tracks[0].segments[0];
        assert_eq!(segment.bytes, std::fs::metadata(&file).unwrap().len());
        assert!(segment.dur_us.abs_diff(8_000_000) < 50_000, "{codec:?}: {}", segment.dur_us);
        assert_eq!(segment.t_us, 1_000_000);
        assert!(segment.gaps.is_empty());
        assert_eq!(times(&file)[0], 0.0, "media time 0 is the first sample");
        assert_eq!(Manifest::read(folder.path()).unwrap(), manifest);
        assert_eq!((manifest.state, manifest.interrupted), (State::Ready, false));
        assert!(contents(folder.path()).iter().all(|(path, _)| path.extension().unwrap() != "part"));
    }
}

#[test]
fn pictures_can_be_sought() {
    for codec in PICTURES {
        let folder = tempfile::tempdir().unwrap();
        let manifest = record(folder.path(), codec);
        let file = only_file(folder.path(), &manifest);
        for seek in ["0.5", "2", "4.3", "7.9"] {
            decodes_from(&file, seek);
        }
        let segment = &manifest.tracks[0].segments[0];
        assert_eq!((segment.w, segment.h), (Some(320), Some(180)), "{codec:?}");
        assert_eq!(manifest.tracks[0].kind, Kind::Video);
        let expected = match codec {
            Codec::Vp8 => "vp8",
            Codec::Vp9 => "vp09.00.11.08",
            Codec::H264 => "avc1.42c00c",
            Codec::Av1 => "av01.0.00M.08",
            Codec::Opus => "opus",
        };
        assert_eq!(segment.codec, expected);
    }
}

/// Between fragments nothing of the file is hidden: a reader that knows fragments plays what is there so far.
#[test]
fn a_live_file_can_be_read() {
    for codec in ALL {
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = begin(folder.path());
        recorder.track_started(0, track(1, codec)).unwrap();
        play(&mut recorder, 0, track_id(1), &sample_of(codec));
        let live = contents(folder.path())
            .into_iter()
            .find(|(path, _)| path.extension().unwrap() == "part")
            .unwrap()
            .0;
        decodes(&live);
        assert!(frames(&live) >= 150);
        drop(recorder);
    }
}

#[test]
fn several_tracks_are_recorded_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path());
    let mut packets = Vec::new();
    for (number, codec) in (1u128..).zip(ALL) {
        recorder.track_started(0, track(number, codec)).unwrap();
        packets.extend(sample_of(codec).into_iter().map(|sent| (sent.at_us, number, sent.bytes)));
    }
    packets.sort_by_key(|(at_us, ..)| *at_us);
    for (at_us, number, bytes) in &packets {
        recorder.packet(*at_us, track_id(*number), bytes);
        recorder.tick(*at_us);
    }
    recorder.track_ended(8_000_000, track_id(1));
    let manifest = recorder.finish(8_100_000).unwrap();
    assert_eq!(manifest.tracks.iter().map(|track| track.codec).collect::<Vec<_>>(), ALL);
    for track in &manifest.tracks {
        assert_eq!(track.segments.len(), 1);
        decodes(&folder.path().join(&track.segments[0].file));
    }
}

#[test]
fn a_change_of_size_begins_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path());
    recorder.track_started(0, track(1, Codec::Vp8)).unwrap();
    let large = sample_of(Codec::Vp8);
    let end = play(&mut recorder, 0, track_id(1), &large);
    // The same source goes on, smaller.
    let mut small = sample("vp8-small.rtp", 90_000);
    let (first, last) = (small[0].clone(), large.last().unwrap());
    let ssrc = u32::from_be_bytes(last.bytes[8..12].try_into().unwrap());
    for sent in &mut small {
        sent.set_ssrc(ssrc);
        sent.set_seq(last.seq().wrapping_add(1).wrapping_add(sent.seq().wrapping_sub(first.seq())));
        sent.set_timestamp(
            last.timestamp()
                .wrapping_add(3_600)
                .wrapping_add(sent.timestamp().wrapping_sub(first.timestamp())),
        );
    }
    let end = play(&mut recorder, end + 40_000, track_id(1), &small);
    let manifest = recorder.finish(end + 40_000).unwrap();
    let segments = &manifest.tracks[0].segments;
    assert_eq!(
        segments.iter().map(|segment| (segment.w, segment.h)).collect::<Vec<_>>(),
        [(Some(320), Some(180)), (Some(160), Some(90))]
    );
    assert_eq!(segments[1].t_us, 8_000_000);
    for segment in segments {
        decodes(&folder.path().join(&segment.file));
    }
}

#[test]
fn packets_with_extensions_and_padding_are_the_same_packets() {
    let plain = tempfile::tempdir().unwrap();
    let expected = record(plain.path(), Codec::Vp8);
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path());
    recorder.track_started(1_000_000, track(1, Codec::Vp8)).unwrap();
    let mut packets = sample_of(Codec::Vp8);
    for sent in &mut packets {
        sent.bytes[0] |= 0x30;
        let (header, payload) = sent.bytes.split_at(12);
        // Audio level in a one-byte extension block; three bytes of padding.
        sent.bytes = [header, &[0xbe, 0xde, 0, 1, 0x10, 0x55, 0, 0], payload, &[0, 0, 3]].concat();
    }
    let end = play(&mut recorder, 1_000_000, track_id(1), &packets);
    let manifest = recorder.finish(end + 40_000).unwrap();
    assert_eq!(contents(&folder.path().join("media"))[0].1, contents(&plain.path().join("media"))[0].1);
    assert_eq!(manifest, expected);
}
