//! What one publisher sends, or one disk refuses, is felt nowhere else.

use std::fs;

use recorder::{Codec, Opening, Recorder, RecorderError};

use crate::class::*;

/// Rubbish of every length on every kind of track, beside one honest track.
#[test]
fn rubbish_on_one_track_is_not_felt_on_another() {
    let plain = tempfile::tempdir().unwrap();
    record(plain.path(), Codec::Vp8);
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path());
    recorder.track_started(1_000_000, track(1, Codec::Vp8)).unwrap();
    for (number, codec) in (2..).zip(ALL) {
        recorder.track_started(1_000_000, track(number, codec)).unwrap();
    }
    let mut dice = Dice(1);
    let mut roll = || dice.roll(256) as u8;
    let packets = sample_of(Codec::Vp8);
    for (index, sent) in packets.iter().enumerate() {
        let now_us = 1_000_000 + sent.at_us;
        recorder.packet(now_us, track_id(1), &sent.bytes);
        for number in 2..7 {
            for _ in 0..8 {
                let mut bytes: Vec<u8> = (0..usize::from(roll())).map(|_| roll()).collect();
                // Half of it looks like RTP.
                if index % 2 == 0 && bytes.len() >= 12 {
                    bytes[..4].copy_from_slice(&[0x80, 96, 0, index as u8]);
                    bytes[8..12].copy_from_slice(&[0, 0, 0, 9]);
                }
                recorder.packet(now_us, track_id(number), &bytes);
                recorder.sender_report(
                    now_us,
                    track_id(number),
                    u64::from(roll()) << 56,
                    u32::from(roll()) << 24,
                );
            }
        }
        recorder.tick(now_us);
    }
    assert!(recorder.counters().malformed > 1_000);
    assert!(recorder.failure().is_none());
    let end = 1_000_000 + packets.last().unwrap().at_us + 40_000;
    let manifest = recorder.finish(end).unwrap();
    let honest = folder.path().join(&manifest.tracks[0].segments[0].file);
    assert_eq!(fs::read(honest).unwrap(), contents(&plain.path().join("media"))[0].1);
}

/// Real packets with bytes changed at random: files may be poor, but there is no panic and no failure.
#[test]
fn corrupted_media_is_survived() {
    for codec in ALL {
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = begin(folder.path());
        recorder.track_started(0, track(1, codec)).unwrap();
        let mut packets = sample_of(codec);
        let mut dice = Dice(12_345);
        for sent in &mut packets {
            let reach = (sent.bytes.len() - 12).min(24);
            let at = 12 + dice.roll(reach as u64) as usize;
            sent.bytes[at] ^= dice.roll(256) as u8;
        }
        let end = play(&mut recorder, 0, track_id(1), &packets);
        recorder.finish(end).unwrap();
    }
}

/// A publisher that changes its SSRC with every packet does not make a file with every packet.
#[test]
fn inventing_sources_makes_no_flood_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path());
    recorder.track_started(0, track(1, Codec::Opus)).unwrap();
    let mut packets = sample_of(Codec::Opus);
    for (index, sent) in packets.iter_mut().enumerate() {
        sent.set_ssrc(index as u32);
    }
    let end = play(&mut recorder, 0, track_id(1), &packets);
    recorder.finish(end).unwrap();
    assert!(contents(&folder.path().join("media")).len() <= 9);
}

#[test]
fn impossible_tracks_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path());
    let mut clockless = track(1, Codec::Vp8);
    clockless.clock_rate = 0;
    assert!(matches!(recorder.track_started(0, clockless), Err(RecorderError::ClockRate(_))));
    recorder.track_started(0, track(1, Codec::Vp8)).unwrap();
    assert!(matches!(recorder.track_started(0, track(1, Codec::Vp8)), Err(RecorderError::Repeated(_))));
    recorder.packet(0, track_id(9), &[0x80; 20]);
    assert_eq!(recorder.counters().unknown, 1);
    recorder.track_ended(0, track_id(9));
    assert!(recorder.finish(1).unwrap().tracks.is_empty());
}

#[test]
fn a_folder_holds_one_recording() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = record(folder.path(), Codec::Opus);
    let opening = Opening {
        seance: manifest.seance,
        recording: manifest.recording,
        title: String::new(),
        started_ms: 0,
    };
    assert!(matches!(Recorder::begin(folder.path(), opening), Err(RecorderError::FolderInUse(_))));
}

#[test]
fn a_disk_error_stops_the_recording_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path());
    recorder.track_started(0, track(1, Codec::Opus)).unwrap();
    fs::remove_dir(folder.path().join("media")).unwrap();
    let end = play(&mut recorder, 0, track_id(1), &sample_of(Codec::Opus));
    assert!(matches!(recorder.failure(), Some(RecorderError::Write { .. })));
    assert!(recorder.keyframes_wanted().is_empty());
    assert!(matches!(recorder.track_started(end, track(2, Codec::Vp8)), Err(RecorderError::Stopped)));
    assert!(matches!(recorder.finish(end), Err(RecorderError::Write { .. })));
}
