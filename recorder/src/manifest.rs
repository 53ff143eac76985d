//! `manifest.json`: what a recording holds and where each part of it is on the clock of the séance.
//!
//! The page's replay, the exports and the recovery read nothing else to find their way. The format is described, with
//! an example that a test parses, in `FORMAT.md`.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use signaling::id::{ParticipantId, RecordingId, SeanceId, TrackId};

use crate::{Codec, RecorderError, Source, segment::sync_folder};

/// The version written; readers refuse a greater one.
pub const VERSION: u32 = 1;
/// The name of the file in the folder of a recording.
pub const FILE: &str = "manifest.json";

/// One recording. All `_us` values are microseconds of the séance clock unless they say otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub v: u32,
    pub seance: SeanceId,
    pub recording: RecordingId,
    pub title: String,
    /// UTC instant of the zero of the séance clock.
    pub started: Timestamp,
    /// The first instant recorded.
    pub from_us: u64,
    /// The last instant recorded: the recording covers `from_us..duration_us`.
    pub duration_us: u64,
    pub state: State,
    /// The process ended before the recording did; up to about a second before that instant is missing.
    pub interrupted: bool,
    pub tracks: Vec<TrackRecord>,
    pub events: Vec<EventFile>,
    /// Times during which nothing was recorded, from and until.
    pub pauses: Vec<[u64; 2]>,
}

/// How far a recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Being written, or left behind by a process that died.
    Live,
    /// Complete and playable; nothing in it changes any more.
    Ready,
}

/// One published track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackRecord {
    pub id: TrackId,
    pub participant: ParticipantId,
    /// The name to show.
    pub name: String,
    pub kind: Kind,
    pub source: Source,
    pub codec: Codec,
    /// In order of time; one may begin some milliseconds before the last one ends.
    pub segments: Vec<SegmentRecord>,
}

/// Whether a track is heard or seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Audio,
    Video,
}

/// One file of a track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRecord {
    /// Path from the folder of the recording; while the file is live it has `.part` appended.
    pub file: String,
    /// Where media time 0 of the file is.
    pub t_us: u64,
    /// How long the segment lasts; 0 while it is live. The last picture stands until then.
    pub dur_us: u64,
    /// As in RFC 6381, for `canPlayType` and `isTypeSupported`.
    pub codec: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub w: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub h: Option<u16>,
    /// RTP timestamp of media time 0.
    pub rtp0: u32,
    /// Ticks of RTP (and of the file's timescale) per second.
    pub clock: u32,
    /// Where the sender's reports put some RTP timestamps; the drift between two of them is that of its clock.
    pub sync: Vec<SyncPoint>,
    /// Times without a frame, from and until.
    pub gaps: Vec<[u64; 2]>,
    /// Size of the file; 0 while it is live.
    pub bytes: u64,
}

/// One sender report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncPoint {
    pub rtp: u32,
    pub server_us: u64,
}

/// One file of the event log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFile {
    pub file: String,
    /// The beginning of the minute it covers.
    pub t_us: u64,
}

impl Manifest {
    /// When the last instant that it holds was.
    #[must_use]
    pub fn ended(&self) -> Timestamp {
        let length = SignedDuration::from_micros(i64::try_from(self.duration_us).unwrap_or(i64::MAX));
        self.started.checked_add(length).unwrap_or(Timestamp::MAX)
    }

    /// Reads the manifest of the recording in `folder`.
    ///
    /// # Errors
    /// When there is none, or it is not one of this version.
    pub fn read(folder: &Path) -> Result<Self, RecorderError> {
        let path = folder.join(FILE);
        let bytes = fs::read(&path).map_err(|source| RecorderError::read(&path, source))?;
        let manifest: Self = serde_json::from_slice(&bytes)
            .map_err(|source| RecorderError::Manifest { path: path.clone(), source })?;
        if manifest.v > VERSION {
            Err(RecorderError::Version { path, found: manifest.v })
        } else {
            Ok(manifest)
        }
    }

    /// Replaces the manifest in `folder`: a reader sees the old one or the new one, whatever happens.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), RecorderError> {
        let (path, fresh) = (folder.join(FILE), folder.join("manifest.json.new"));
        let written = || {
            let mut bytes = serde_json::to_vec_pretty(self)?;
            bytes.push(b'\n');
            let mut file = File::create(&fresh)?;
            file.write_all(&bytes)?;
            file.sync_data()?;
            fs::rename(&fresh, &path)?;
            sync_folder(&path)
        };
        written().map_err(|source| RecorderError::write(&path, source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the documentation is a manifest, and says everything a manifest says.
    #[test]
    fn the_documented_example_is_one() {
        let text = include_str!("../FORMAT.md");
        let json = text.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let manifest: Manifest = serde_json::from_str(json).unwrap();
        assert_eq!(
            serde_json::to_value(&manifest).unwrap(),
            serde_json::from_str::<serde_json::Value>(json).unwrap()
        );
        assert_eq!(manifest.v, VERSION);
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let text = include_str!("../FORMAT.md");
        let json = text.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let manifest: Manifest = serde_json::from_str(json).unwrap();
        manifest.write(folder.path()).unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), manifest);
        fs::write(folder.path().join(FILE), json.replacen("\"v\": 1", "\"v\": 2", 1)).unwrap();
        assert!(matches!(Manifest::read(folder.path()), Err(RecorderError::Version { found: 2, .. })));
    }
}
