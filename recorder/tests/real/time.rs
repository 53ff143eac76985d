//! Silences, pauses, reports and restarts: where things are on the clock of the séance.

use recorder::{Codec, Event, Kind, Recorder};
use serde_json::json;

use crate::class::*;

/// A picture that stops for a while is a jump of media time.
#[test]
fn a_silence_of_pictures_stays_in_the_file() {
    for codec in PICTURES {
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = begin(folder.path());
        recorder.track_started(0, track(1, codec)).unwrap();
        let mut packets = sample_of(codec);
        let silence = packets.iter().position(|sent| sent.at_us >= 4_000_000).unwrap();
        for sent in &mut packets[silence..] {
            sent.at_us += 20_000_000;
            sent.set_timestamp(sent.timestamp().wrapping_add(20 * 90_000));
        }
        let end = play(&mut recorder, 0, track_id(1), &packets);
        let manifest = recorder.finish(end + 40_000).unwrap();
        let file = only_file(folder.path(), &manifest);
        decodes(&file);
        decodes_from(&file, "25");
        assert_eq!(frames(&file), 200);
        assert!((duration(&file) - 28.0).abs() < 0.05, "{codec:?}: {}", duration(&file));
        assert!((times(&file)[100] - 24.0).abs() < 0.002, "{codec:?}");
        let gaps = &manifest.tracks[0].segments[0].gaps;
        assert_eq!(gaps.len(), 1);
        assert!(
            gaps[0][0].abs_diff(4_000_000) < 2_000 && gaps[0][1].abs_diff(24_000_000) < 2_000,
            "{gaps:?}"
        );
    }
}

/// Sound that stops for more than a second ends its file; shorter stops are filled with "nothing".
#[test]
fn a_silence_of_sound_never_shifts_it() {
    for (silence_us, files) in [(600_000, 1), (900_000, 1), (5_000_000, 2)] {
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = begin(folder.path());
        recorder.track_started(0, track(1, Codec::Opus)).unwrap();
        let mut packets = sample_of(Codec::Opus);
        let silence = packets.iter().position(|sent| sent.at_us >= 4_000_000).unwrap();
        for sent in &mut packets[silence..] {
            sent.at_us += silence_us;
            sent.set_timestamp(sent.timestamp().wrapping_add((silence_us * 48 / 1_000) as u32));
        }
        let end = play(&mut recorder, 0, track_id(1), &packets);
        let manifest = recorder.finish(end + 20_000).unwrap();
        let segments = &manifest.tracks[0].segments;
        assert_eq!(segments.len(), files, "{silence_us}");
        for segment in segments {
            let file = folder.path().join(&segment.file);
            decodes(&file);
            let apart: Vec<_> = times(&file).windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert!(apart.iter().all(|apart| *apart < 0.0215), "no silence inside a file");
        }
        let last = segments.last().unwrap();
        assert!((last.t_us + last.dur_us).abs_diff(8_000_000 + silence_us) < 40_000, "{last:?}");
    }
}

#[test]
fn nothing_is_written_in_a_pause() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path());
    let mut packets = Vec::new();
    for (number, codec) in [(1, Codec::Opus), (2, Codec::Vp8)] {
        recorder.track_started(0, track(number, codec)).unwrap();
        packets.extend(sample_of(codec).into_iter().map(|sent| (number, sent)));
    }
    packets.sort_by_key(|(_, sent)| sent.at_us);
    let send = |recorder: &mut Recorder, from_us: u64, until_us: u64| {
        for (number, sent) in packets.iter().filter(|(_, sent)| (from_us..until_us).contains(&sent.at_us)) {
            recorder.packet(sent.at_us, track_id(*number), &sent.bytes);
            recorder.tick(sent.at_us);
        }
    };
    send(&mut recorder, 0, 3_000_000);
    recorder.event(2_900_000, 1, "chat", json!({"text": "avant"}));
    recorder.pause(3_000_000);
    let paused = contents(folder.path());
    send(&mut recorder, 3_000_000, 5_000_000);
    recorder.event(4_000_000, 2, "chat", json!({"text": "entre nous"}));
    assert!(recorder.keyframes_wanted().is_empty());
    assert_eq!(contents(folder.path()), paused);
    recorder.resume(5_000_000);
    recorder.event(5_100_000, 3, "chat", json!({"text": "après"}));
    send(&mut recorder, 5_000_000, 9_000_000);
    let manifest = recorder.finish(8_000_000).unwrap();
    assert_eq!(manifest.pauses, [[3_000_000, 5_000_000]]);
    let sound = &manifest.tracks[0];
    assert_eq!((sound.kind, sound.segments.len()), (Kind::Audio, 2));
    assert!(sound.segments[0].dur_us.abs_diff(3_000_000) < 40_000);
    assert!(sound.segments[1].t_us.abs_diff(5_000_000) < 40_000);
    for track in &manifest.tracks {
        for segment in &track.segments {
            decodes(&folder.path().join(&segment.file));
        }
    }
    let log = std::fs::read_to_string(folder.path().join(&manifest.events[0].file)).unwrap();
    let events: Vec<Event> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn events_go_to_the_file_of_their_minute() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path());
    for (seq, t_us) in [(1, 0), (2, 59_999_999), (3, 60_000_000), (4, 200_000_000)] {
        recorder.event(t_us, seq, "hand", json!({"raised": true}));
    }
    let manifest = recorder.finish(200_000_001).unwrap();
    let files: Vec<_> = manifest.events.iter().map(|file| (file.file.as_str(), file.t_us)).collect();
    assert_eq!(
        files,
        [
            ("events/000000.ndjson", 0),
            ("events/000001.ndjson", 60_000_000),
            ("events/000003.ndjson", 180_000_000)
        ]
    );
    let log = std::fs::read_to_string(folder.path().join("events/000000.ndjson")).unwrap();
    assert_eq!(log.lines().next().unwrap(), r#"{"seq":1,"t":0,"k":"hand","d":{"raised":true}}"#);
    assert_eq!(manifest.duration_us, 200_000_001);
}

/// Voice and picture left together; the picture took 150 ms longer to come.
#[test]
fn reports_bring_voice_and_picture_together() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path());
    let mut picture = track(2, Codec::Vp8);
    picture.participant = participant(1);
    recorder.track_started(0, track(1, Codec::Opus)).unwrap();
    recorder.track_started(0, picture).unwrap();
    let (voice, picture) = (sample_of(Codec::Opus), sample_of(Codec::Vp8));
    let start_us = 2_000_000;
    let wall = |us: u64| ((3_900_000_000 + us / 1_000_000) << 32) | (((us % 1_000_000) << 32) / 1_000_000);
    let mut all: Vec<_> = voice.iter().map(|sent| (start_us + 10_000 + sent.at_us, 1, sent)).collect();
    all.extend(picture.iter().map(|sent| (start_us + 160_000 + sent.at_us, 2, sent)));
    all.sort_by_key(|(at_us, ..)| *at_us);
    let mut reported = false;
    for (at_us, number, sent) in all {
        if at_us > start_us + 3_000_000 && !reported {
            reported = true;
            // Both were captured at the same instant, the sender's 0; the report took 10 ms.
            let rtp = |first: &Sent, rate: u32| first.timestamp().wrapping_add(rate * 3);
            recorder.sender_report(
                start_us + 3_010_000,
                track_id(1),
                wall(3_000_000),
                rtp(&voice[0], 48_000),
            );
            recorder.sender_report(
                start_us + 3_010_000,
                track_id(2),
                wall(3_000_000),
                rtp(&picture[0], 90_000),
            );
        }
        recorder.packet(at_us, track_id(number), &sent.bytes);
        recorder.tick(at_us);
    }
    let manifest = recorder.finish(11_000_000).unwrap();
    for track in &manifest.tracks {
        let segment = &track.segments[0];
        assert!(segment.t_us.abs_diff(start_us + 10_000) < 10, "{:?} at {}", track.kind, segment.t_us);
        assert_eq!(segment.sync.len(), 1);
        assert!(segment.sync[0].server_us.abs_diff(start_us + 3_010_000) < 10);
    }
}

#[test]
fn a_source_that_starts_again_gets_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path());
    recorder.track_started(0, track(1, Codec::H264)).unwrap();
    let packets = sample_of(Codec::H264);
    play(&mut recorder, 0, track_id(1), &packets);
    let mut again = packets.clone();
    for sent in &mut again {
        sent.set_ssrc(77);
        sent.set_seq(sent.seq().wrapping_add(40_000));
        sent.set_timestamp(sent.timestamp().wrapping_add(1 << 31));
    }
    let end = play(&mut recorder, 9_000_000, track_id(1), &again);
    let manifest = recorder.finish(end + 40_000).unwrap();
    let segments = &manifest.tracks[0].segments;
    assert_eq!(segments.iter().map(|segment| segment.t_us).collect::<Vec<_>>(), [0, 9_000_000]);
    for segment in segments {
        let file = folder.path().join(&segment.file);
        decodes(&file);
        assert_eq!(frames(&file), 200);
    }
}

/// The last picture of a shared screen stands until the sharing ends.
#[test]
fn a_still_picture_lasts_until_its_track_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path());
    recorder.track_started(0, track(1, Codec::Vp8)).unwrap();
    let end = play(&mut recorder, 0, track_id(1), &sample_of(Codec::Vp8));
    wait(&mut recorder, end, 30_000_000);
    recorder.track_ended(30_000_000, track_id(1));
    let manifest = recorder.finish(31_000_000).unwrap();
    let segment = &manifest.tracks[0].segments[0];
    assert_eq!(segment.t_us + segment.dur_us, 30_000_000);
    assert_eq!(segment.gaps, [[8_000_000, 30_000_000]]);
}

#[test]
fn a_track_published_again_goes_on_in_new_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path());
    for from_us in [0, 10_000_000] {
        recorder.track_started(from_us, track(1, Codec::Vp9)).unwrap();
        let end = play(&mut recorder, from_us, track_id(1), &sample_of(Codec::Vp9));
        recorder.track_ended(end, track_id(1));
    }
    let manifest = recorder.finish(20_000_000).unwrap();
    assert_eq!(manifest.tracks.len(), 1);
    let files: Vec<_> = manifest.tracks[0].segments.iter().map(|segment| segment.file.as_str()).collect();
    assert_eq!(files, ["media/0-camera-0.mp4", "media/0-camera-1.mp4"]);
    assert_eq!(manifest.tracks[0].segments[1].t_us, 10_000_000);
}
