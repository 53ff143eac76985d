//! What the stories share: sample packets, a recording of them, and the tools that judge the files.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use recorder::{Codec, Manifest, Opening, Recorder, Source, Track};
use signaling::id::{ParticipantId, RecordingId, SeanceId, TrackId};

/// A UUID that says which it is.
fn uuid(kind: u128, number: u128) -> String {
    let hex = format!("{:032x}", (kind << 64) | number);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

pub(crate) fn track_id(number: u128) -> TrackId {
    uuid(1, number).parse().unwrap()
}

pub(crate) fn participant(number: u128) -> ParticipantId {
    uuid(2, number).parse().unwrap()
}

pub(crate) fn begin(folder: &Path) -> Recorder {
    let seance: SeanceId = uuid(3, 1).parse().unwrap();
    let recording: RecordingId = uuid(4, 1).parse().unwrap();
    let opening = Opening {
        seance,
        recording,
        title: "Démarche d'investigation".to_owned(),
        started_ms: 1_795_287_600_000,
    };
    Recorder::begin(folder, opening).unwrap()
}

pub(crate) fn track(number: u128, codec: Codec) -> Track {
    let (source, clock_rate) =
        if codec == Codec::Opus { (Source::Microphone, 48_000) } else { (Source::Camera, 90_000) };
    Track {
        id: track_id(number),
        participant: participant(number),
        name: "Ada".to_owned(),
        source,
        codec,
        clock_rate,
    }
}

/// One packet of a sample, and when it is sent in µs from the first.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) at_us: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Sent {
    pub(crate) fn timestamp(&self) -> u32 {
        u32::from_be_bytes(self.bytes[4..8].try_into().unwrap())
    }

    pub(crate) fn set_timestamp(&mut self, timestamp: u32) {
        self.bytes[4..8].copy_from_slice(&timestamp.to_be_bytes());
    }

    pub(crate) fn seq(&self) -> u16 {
        u16::from_be_bytes(self.bytes[2..4].try_into().unwrap())
    }

    pub(crate) fn set_seq(&mut self, seq: u16) {
        self.bytes[2..4].copy_from_slice(&seq.to_be_bytes());
    }

    pub(crate) fn set_ssrc(&mut self, ssrc: u32) {
        self.bytes[8..12].copy_from_slice(&ssrc.to_be_bytes());
    }
}

pub(crate) fn sample(name: &str, clock_rate: u32) -> Vec<Sent> {
    let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)).unwrap();
    let (mut rest, mut packets, mut first) = (&bytes[..], Vec::new(), None);
    while !rest.is_empty() {
        let length = usize::from(u16::from_be_bytes(rest[..2].try_into().unwrap()));
        let mut sent = Sent { at_us: 0, bytes: rest[2..2 + length].to_vec() };
        let elapsed = sent.timestamp().wrapping_sub(*first.get_or_insert(sent.timestamp()));
        sent.at_us = u64::from(elapsed) * 1_000_000 / u64::from(clock_rate);
        packets.push(sent);
        rest = &rest[2 + length..];
    }
    packets
}

/// The samples: 8 s of pictures at 25 per second, or of sound.
pub(crate) fn sample_of(codec: Codec) -> Vec<Sent> {
    match codec {
        Codec::Opus => sample("opus.rtp", 48_000),
        Codec::Vp8 => sample("vp8.rtp", 90_000),
        Codec::Vp9 => sample("vp9.rtp", 90_000),
        Codec::H264 => sample("h264.rtp", 90_000),
        Codec::Av1 => sample("av1.rtp", 90_000),
    }
}

pub(crate) const PICTURES: [Codec; 4] = [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];
pub(crate) const ALL: [Codec; 5] = [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];

/// Sends packets from `from_us` on, with a tick every 200 ms as the server gives them.
pub(crate) fn play(recorder: &mut Recorder, from_us: u64, track: TrackId, packets: &[Sent]) -> u64 {
    let mut now_us = from_us;
    let mut tick_us = from_us;
    for sent in packets {
        now_us = from_us + sent.at_us;
        while tick_us + 200_000 <= now_us {
            tick_us += 200_000;
            recorder.tick(tick_us);
        }
        recorder.packet(now_us, track, &sent.bytes);
    }
    now_us
}

/// Ticks without packets.
pub(crate) fn wait(recorder: &mut Recorder, from_us: u64, until_us: u64) {
    let mut now_us = from_us;
    while now_us < until_us {
        now_us += 200_000;
        recorder.tick(now_us);
    }
}

/// Records the sample of one codec from the second second on.
pub(crate) fn record(folder: &Path, codec: Codec) -> Manifest {
    let mut recorder = begin(folder);
    recorder.track_started(1_000_000, track(1, codec)).unwrap();
    let end = play(&mut recorder, 1_000_000, track_id(1), &sample_of(codec));
    recorder.finish(end + 40_000).unwrap()
}

/// The only file of the only track.
pub(crate) fn only_file(folder: &Path, manifest: &Manifest) -> PathBuf {
    assert_eq!(manifest.tracks.len(), 1);
    assert_eq!(manifest.tracks[0].segments.len(), 1, "{:#?}", manifest.tracks[0].segments);
    folder.join(&manifest.tracks[0].segments[0].file)
}

/// Decodes everything; complaints are failures.
pub(crate) fn decodes(file: &Path) {
    decodes_from(file, "0");
}

/// Seeks, then decodes to the end.
pub(crate) fn decodes_from(file: &Path, seek: &str) {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-xerror", "-ss", seek, "-i"])
        .arg(file)
        .args(["-f", "null", "-"])
        .output()
        .expect("ffmpeg is installed");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{} from {seek}: {complaints}", file.display());
}

/// What `ffprobe` says of one entry, a line per value.
pub(crate) fn probe(file: &Path, arguments: &str) -> Vec<String> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-of", "default=nw=1:nk=1"])
        .args(arguments.split_whitespace())
        .arg(file)
        .output()
        .expect("ffprobe is installed");
    assert!(output.stderr.is_empty(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Frames that really decode.
pub(crate) fn frames(file: &Path) -> usize {
    probe(file, "-count_frames -show_entries stream=nb_read_frames")[0].parse().unwrap()
}

pub(crate) fn duration(file: &Path) -> f64 {
    probe(file, "-show_entries format=duration")[0].parse().unwrap()
}

/// Presentation times of all packets, in seconds.
pub(crate) fn times(file: &Path) -> Vec<f64> {
    probe(file, "-show_entries packet=pts_time").iter().map(|time| time.parse().unwrap()).collect()
}

/// Every file under a folder and its bytes.
pub(crate) fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// A small generator, so that a failure can be seen again.
#[derive(Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}
