//! The corpora of the fuzz targets again, and seeded mutations of each file, on a stable compiler.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use server::{clock, media::fuzz::TARGETS};

/// Mutations of each file.
const MUTATIONS: u64 = 1_000;
/// How long a target is tried by hand, on how many inputs, of how many bytes at most.
const SPELL: Duration = Duration::from_secs(30);
const POOL: usize = 4_096;
const LONGEST: usize = 4_096;

/// SplitMix64: the same mutations in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end.max(1) as u64) as usize
    }
}

/// One to four changes: a bit, a byte of a kind that parsers trip over, a cut, a doubled or a missing piece.
fn mutated(original: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len());
        let end = at + dice.below(bytes.len() - at + 1);
        match dice.below(5) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
            1 if !bytes.is_empty() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][dice.below(5)],
            2 => bytes.truncate(at),
            3 => bytes.extend_from_within(at..end),
            _ => drop(bytes.drain(at..end)),
        }
    }
    bytes
}

/// The files of a target's corpus, in order.
fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("the corpus of {name}: {error}"));
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    assert!(!files.is_empty(), "the corpus of {name} is empty");
    let read = |file: PathBuf| {
        let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        (file, bytes)
    };
    files.into_iter().map(read).collect()
}

/// The targets that `FUZZ` names, by hand and without a fuzzer: mutations of mutations for half a minute each.
#[test]
#[ignore = "takes half a minute a target; FUZZ=turn,framing"]
fn targets_stand_half_a_minute_of_mutations() {
    let wanted = std::env::var("FUZZ").unwrap_or_default();
    for (name, target) in TARGETS.iter().filter(|(name, _)| wanted.split(',').any(|one| one == *name)) {
        let mut pool: Vec<Vec<u8>> = corpus(name).into_iter().map(|(_, bytes)| bytes).collect();
        let (originals, mut dice, mut executions) = (pool.len(), Dice(1), 0_u64);
        let end = clock::instant() + SPELL;
        while clock::instant() < end {
            for _ in 0..1_000 {
                let bytes = mutated(&pool[dice.below(pool.len())], &mut dice);
                if std::panic::catch_unwind(|| target(&bytes)).is_err() {
                    panic!("{name} fails: {bytes:02x?}");
                }
                executions += 1;
                // Some are mutated further, in the place of others.
                if bytes.len() < LONGEST && pool.len() < POOL {
                    pool.push(bytes);
                } else if bytes.len() < LONGEST && dice.below(100) == 0 {
                    let place = originals + dice.below(POOL - originals);
                    pool[place] = bytes;
                }
            }
        }
        eprintln!("{name}: {executions} executions");
    }
}

#[test]
fn no_target_fails_on_its_corpus_or_near_it() {
    for (name, target) in TARGETS {
        target(&[]);
        for (seed, (file, bytes)) in (0..).zip(corpus(name)) {
            // Says which input it was, should the target panic.
            let tried = |what: &str, bytes: &[u8]| {
                if std::panic::catch_unwind(|| target(bytes)).is_err() {
                    panic!("{name} fails on {} ({what}): {bytes:02x?}", file.display());
                }
            };
            tried("as it is", &bytes);
            let mut dice = Dice(seed);
            for number in 0..MUTATIONS {
                tried(&format!("mutation {number}"), &mutated(&bytes, &mut dice));
            }
        }
    }
}

#[test]
fn every_target_has_a_program_for_the_fuzzer() {
    let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let mut programs: Vec<String> = fs::read_dir(targets)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    programs.sort();
    let mut names: Vec<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    names.sort();
    assert_eq!(programs, names);
}
