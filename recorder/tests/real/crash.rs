//! A process that dies leaves a folder that becomes playable, and stays as it is from then on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use recorder::{Codec, Manifest, State, repair};
use serde_json::json;

use crate::class::*;

/// A recording that nobody finished; the process is gone. Returns the live file.
fn abandoned(folder: &Path, codec: Codec) -> PathBuf {
    let mut recorder = begin(folder);
    recorder.track_started(0, track(1, codec)).unwrap();
    recorder.event(10, 1, "join", json!({"participant": participant(1)}));
    play(&mut recorder, 0, track_id(1), &sample_of(codec));
    drop(recorder);
    live_file(folder)
}

fn live_file(folder: &Path) -> PathBuf {
    contents(folder)
        .into_iter()
        .map(|(path, _)| path)
        .find(|path| path.extension().unwrap() == "part")
        .unwrap()
}

#[test]
fn what_was_written_plays_after_a_kill() {
    for codec in ALL {
        let folder = tempfile::tempdir().unwrap();
        abandoned(folder.path(), codec);
        assert_eq!(Manifest::read(folder.path()).unwrap().state, State::Live);
        let report = repair::recover(folder.path()).unwrap();
        assert_eq!((report.sealed, report.intact), (1, false));
        let manifest = Manifest::read(folder.path()).unwrap();
        assert_eq!((manifest.state, manifest.interrupted), (State::Ready, true));
        let file = only_file(folder.path(), &manifest);
        decodes(&file);
        decodes_from(&file, "3.1");
        // At most a fragment and the frame before it are missing.
        assert!(duration(&file) > 6.9, "{codec:?}: {}", duration(&file));
        let segment = &manifest.tracks[0].segments[0];
        assert!((segment.dur_us as f64 / 1e6 - duration(&file)).abs() < 0.01, "{codec:?}");
        assert!(manifest.duration_us >= segment.t_us + segment.dur_us);
    }
}

#[test]
fn a_second_recovery_changes_no_byte() {
    for codec in ALL {
        let folder = tempfile::tempdir().unwrap();
        abandoned(folder.path(), codec);
        repair::recover(folder.path()).unwrap();
        let once = contents(folder.path());
        let report = repair::recover(folder.path()).unwrap();
        assert!(report.intact);
        assert_eq!(contents(folder.path()), once);
        // Nor does one that comes again because the manifest was not written the first time.
        let mut manifest = Manifest::read(folder.path()).unwrap();
        manifest.state = State::Live;
        let text = serde_json::to_string(&manifest).unwrap();
        fs::write(folder.path().join("manifest.json"), text).unwrap();
        assert_eq!(repair::recover(folder.path()).unwrap().sealed, 0);
        assert_eq!(contents(folder.path()), once);
    }
}

#[test]
fn a_recording_that_was_finished_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), Codec::Vp8);
    let before = contents(folder.path());
    assert!(repair::recover(folder.path()).unwrap().intact);
    assert_eq!(contents(folder.path()), before);
}

#[test]
fn a_file_torn_anywhere_keeps_its_whole_fragments() {
    for codec in ALL {
        let whole = tempfile::tempdir().unwrap();
        let live = abandoned(whole.path(), codec);
        let name = live.strip_prefix(whole.path()).unwrap();
        let (bytes, manifest) =
            (fs::read(&live).unwrap(), fs::read(whole.path().join("manifest.json")).unwrap());
        let mut seen = 0.0;
        for percent in [0, 1, 13, 37, 61, 83, 99] {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir_all(folder.path().join("media")).unwrap();
            fs::create_dir_all(folder.path().join("events")).unwrap();
            fs::write(folder.path().join("manifest.json"), &manifest).unwrap();
            let torn = &bytes[..bytes.len() * percent / 100];
            fs::write(folder.path().join(name), torn).unwrap();
            let report = repair::recover(folder.path()).unwrap();
            if report.sealed == 0 {
                assert!(percent <= 13, "{codec:?} {percent} %");
                assert_eq!(
                    fs::read(folder.path().join(name)).unwrap(),
                    torn,
                    "an unusable file is not touched"
                );
                continue;
            }
            let file = only_file(folder.path(), &Manifest::read(folder.path()).unwrap());
            decodes(&file);
            assert!(duration(&file) >= seen, "{codec:?} {percent} %");
            seen = duration(&file);
            let once = contents(folder.path());
            repair::recover(folder.path()).unwrap();
            assert_eq!(contents(folder.path()), once);
        }
        assert!(seen > 5.9, "{codec:?}: {seen}");
    }
}

/// The index is appended before the header is rewritten; dying between the two must not matter.
#[test]
fn dying_while_sealing_gives_the_same_file() {
    for codec in ALL {
        let folder = tempfile::tempdir().unwrap();
        let live = abandoned(folder.path(), codec);
        let (before, manifest) =
            (fs::read(&live).unwrap(), fs::read(folder.path().join("manifest.json")).unwrap());
        repair::recover(folder.path()).unwrap();
        let file = only_file(folder.path(), &Manifest::read(folder.path()).unwrap());
        let sealed = fs::read(&file).unwrap();
        for index in [1, (sealed.len() - before.len()) / 2, sealed.len() - before.len()] {
            fs::remove_file(&file).unwrap();
            fs::write(&live, [&before[..], &sealed[before.len()..before.len() + index]].concat()).unwrap();
            fs::write(folder.path().join("manifest.json"), &manifest).unwrap();
            assert_eq!(repair::recover(folder.path()).unwrap().sealed, 1);
            assert!(fs::read(&file).unwrap() == sealed, "{codec:?} with {index} bytes of index");
        }
        // … and after the header was rewritten, before the name was changed.
        fs::rename(&file, &live).unwrap();
        fs::write(folder.path().join("manifest.json"), &manifest).unwrap();
        repair::recover(folder.path()).unwrap();
        assert!(fs::read(&file).unwrap() == sealed, "{codec:?}");
    }
}

#[test]
fn foreign_files_are_never_cut() {
    for bytes in [
        &b"not a film at all, but long enough to be read as the header of one"[..],
        &[0; 4_096],
        &[0xff; 4_096],
    ] {
        for codec in [Codec::Vp8, Codec::Opus] {
            let folder = tempfile::tempdir().unwrap();
            let live = abandoned(folder.path(), codec);
            fs::write(&live, bytes).unwrap();
            let report = repair::recover(folder.path()).unwrap();
            assert_eq!(report.unusable, std::slice::from_ref(&live));
            assert_eq!(fs::read(&live).unwrap(), bytes);
        }
    }
}

/// Bytes that a failing disk changed: what comes of it is a file or none, and the same one the second time.
#[test]
fn damaged_files_are_survived() {
    for codec in [Codec::Vp8, Codec::H264] {
        let folder = tempfile::tempdir().unwrap();
        let live = abandoned(folder.path(), codec);
        let (bytes, manifest) =
            (fs::read(&live).unwrap(), fs::read(folder.path().join("manifest.json")).unwrap());
        let sealed = live.with_extension("");
        let mut dice = Dice(99);
        for round in 0..150 {
            let mut damaged = bytes.clone();
            // The headers are where it hurts.
            let reach = if round % 2 == 0 { 1_500 } else { damaged.len() as u64 };
            for _ in 0..=round % 5 {
                damaged[dice.roll(reach) as usize] = dice.roll(256) as u8;
            }
            let _ = fs::remove_file(&sealed);
            fs::write(&live, damaged).unwrap();
            fs::write(folder.path().join("manifest.json"), &manifest).unwrap();
            repair::recover(folder.path()).unwrap();
            let once = contents(folder.path());
            fs::write(folder.path().join("manifest.json"), &manifest).unwrap();
            repair::recover(folder.path()).unwrap();
            assert!(contents(folder.path()) == once, "{codec:?} round {round}");
        }
    }
}

#[test]
fn the_log_is_cut_after_its_last_whole_line() {
    let folder = tempfile::tempdir().unwrap();
    abandoned(folder.path(), Codec::Opus);
    let log = folder.path().join("events/000000.ndjson");
    let whole = fs::read(&log).unwrap();
    fs::write(&log, [&whole[..], br#"{"seq":2,"t":90"#].concat()).unwrap();
    repair::recover(folder.path()).unwrap();
    assert_eq!(fs::read(&log).unwrap(), whole);
}

#[test]
fn one_folder_that_cannot_be_recovered_does_not_keep_the_others_from_it() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join("recordings/seance").join(name);
    for name in ["a", "b"] {
        fs::create_dir_all(at(name)).unwrap();
        abandoned(&at(name), Codec::Opus);
    }
    fs::write(at("a").join("manifest.json"), "{").unwrap();
    let reports = repair::recover_all(root.path()).unwrap();
    assert!(reports[0].1.is_err());
    assert_eq!(reports[1].1.as_ref().unwrap().sealed, 1);
    assert!(repair::recover_all(&root.path().join("empty")).unwrap().is_empty());
}
