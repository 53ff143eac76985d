//! Loss, disorder and repetition cost frames, never a file.

use recorder::Codec;

use crate::class::*;

#[test]
fn lost_packets_never_spoil_a_file() {
    for codec in ALL {
        for seed in 1..=3 {
            let folder = tempfile::tempdir().unwrap();
            let mut recorder = begin(folder.path());
            recorder.track_started(0, track(1, codec)).unwrap();
            let mut dice = Dice(seed);
            let packets: Vec<_> = sample_of(codec)
                .into_iter()
                .enumerate()
                .filter(|(index, _)| *index < 3 || dice.roll(50) != 0)
                .map(|(_, sent)| sent)
                .collect();
            let end = play(&mut recorder, 0, track_id(1), &packets);
            let counters = recorder.counters();
            let manifest = recorder.finish(end).unwrap();
            assert!(counters.lost > 0, "{codec:?} {seed}");
            assert_eq!(counters.malformed, 0);
            let mut seen = 0;
            for segment in &manifest.tracks[0].segments {
                let file = folder.path().join(&segment.file);
                decodes(&file);
                decodes_from(&file, "2");
                seen += frames(&file);
            }
            assert!(seen > 0, "{codec:?} {seed}");
            if codec == Codec::Opus {
                assert!(seen >= 399, "what was lost is concealed: {seen}");
            }
        }
    }
}

#[test]
fn disorder_and_repetition_change_nothing() {
    for codec in ALL {
        let plain = tempfile::tempdir().unwrap();
        record(plain.path(), codec);
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = begin(folder.path());
        recorder.track_started(1_000_000, track(1, codec)).unwrap();
        let mut packets = sample_of(codec);
        let mut dice = Dice(7);
        for index in 1..packets.len() - 1 {
            // Times stay where they are: only the contents change places.
            if dice.roll(4) == 0 {
                let bytes = packets[index].bytes.clone();
                packets[index].bytes = std::mem::replace(&mut packets[index + 1].bytes, bytes);
            }
        }
        let doubled: Vec<_> = packets.into_iter().flat_map(|sent| [sent.clone(), sent]).collect();
        let end = play(&mut recorder, 1_000_000, track_id(1), &doubled);
        let counters = recorder.counters();
        recorder.finish(end + 40_000).unwrap();
        assert_eq!((counters.lost, counters.duplicates), (0, doubled.len() as u64 / 2), "{codec:?}");
        let (expected, found) =
            (contents(&plain.path().join("media")), contents(&folder.path().join("media")));
        assert_eq!(frames(&found[0].0), frames(&expected[0].0), "{codec:?}");
        assert_eq!(times(&found[0].0), times(&expected[0].0), "{codec:?}");
    }
}

#[test]
fn a_keyframe_is_asked_for_when_it_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path());
    recorder.track_started(0, track(1, Codec::Vp8)).unwrap();
    recorder.track_started(0, track(2, Codec::Opus)).unwrap();
    assert_eq!(recorder.keyframes_wanted(), [track_id(1)], "at the start");
    assert!(recorder.keyframes_wanted().is_empty(), "at most twice a second");
    let packets = sample_of(Codec::Vp8);
    // A packet is lost and nobody retransmits it.
    let lost = packets.iter().position(|sent| sent.at_us >= 400_000).unwrap();
    play(&mut recorder, 0, track_id(1), &packets[..lost]);
    assert!(recorder.keyframes_wanted().is_empty(), "nothing is missing");
    let mut asked = 0;
    for sent in &packets[lost + 1..] {
        recorder.packet(sent.at_us, track_id(1), &sent.bytes);
        recorder.tick(sent.at_us);
        asked += recorder.keyframes_wanted().len();
        if sent.at_us > 3_500_000 {
            break;
        }
    }
    // Given up after a second, then twice a second until the sample's next keyframe, at the end of the second one.
    assert_eq!(asked, 2);
    assert!(recorder.keyframes_wanted().len() <= 1);
}

#[test]
fn an_old_keyframe_is_replaced_while_packets_come() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path());
    recorder.track_started(0, track(1, Codec::Vp8)).unwrap();
    let packets = sample_of(Codec::Vp8);
    let second = packets.iter().position(|sent| sent.at_us >= 1_900_000).unwrap();
    play(&mut recorder, 0, track_id(1), &packets[..second]);
    recorder.tick(3_700_000);
    assert!(recorder.keyframes_wanted().is_empty());
    // A picture that is not moving, four seconds on: the sender is alive, its last keyframe is old.
    let mut late = packets[second].clone();
    late.set_timestamp(late.timestamp().wrapping_add(90_000 * 3));
    recorder.packet(4_900_000, track_id(1), &late.bytes);
    assert_eq!(recorder.keyframes_wanted(), [track_id(1)]);
    recorder.tick(7_000_000);
    assert!(recorder.keyframes_wanted().is_empty(), "a silent track is asked for nothing");
}
