//! The memory of a séance: packets and events in, a playable folder out.
//!
//! One [`Recorder`] writes one folder: a file per track and per continuous publication, an event log on the same
//! clock, and a [`Manifest`] that ties them together (`FORMAT.md` describes all three). Nothing is transcoded. Time is
//! an argument everywhere: `t_us` counts microseconds of the séance clock. What a crash leaves, [`repair`] makes playable.
//!
//! ```
//! use recorder::{Codec, Opening, Recorder, Source, State, Track};
//! # fn id<T: std::str::FromStr>() -> T where T::Err: std::fmt::Debug {
//! #     "0197c1de-3b7a-7c3e-9a51-0d6f0c1f2a01".parse().unwrap()
//! # }
//! # let folder = tempfile::tempdir().unwrap();
//! let opening = Opening { seance: id(), recording: id(), title: "Les volcans".into(), started_ms: 1_795_287_600_000 };
//! let mut recorder = Recorder::begin(folder.path(), opening)?;
//! let microphone = Track {
//!     id: id(),
//!     participant: id(),
//!     name: "Ada".into(),
//!     source: Source::Microphone,
//!     codec: Codec::Opus,
//!     clock_rate: 48_000,
//! };
//! recorder.track_started(0, microphone)?;
//! // One packet of Opus every 20 ms, as the media plane decrypted it.
//! for index in 0..100u8 {
//!     let timestamp = (u32::from(index) * 960).to_be_bytes();
//!     let rtp = [&[0x80, 111, 0, index][..], &timestamp, &[0, 0, 0, 1], &[0xf8, 0xff, 0xfe]].concat();
//!     recorder.packet(u64::from(index) * 20_000, id(), &rtp);
//!     recorder.tick(u64::from(index) * 20_000);
//! }
//! let manifest = recorder.finish(2_000_000)?;
//! assert_eq!(manifest.state, State::Ready);
//! assert_eq!(manifest.tracks[0].segments[0].dur_us, 2_000_000);
//! # Ok::<(), recorder::RecorderError>(())
//! ```

#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod depacketise;
mod error;
mod events;
pub mod manifest;
mod mp4;
mod opus;
mod picture;
mod recording;
mod reorder;
pub mod repair;
mod rtp;
mod segment;
mod timeline;
mod track;
mod webm;

use serde::{Deserialize, Serialize};
use signaling::id::{ParticipantId, RecordingId, SeanceId, TrackId};

pub use error::RecorderError;
pub use events::Event;
pub use manifest::{Kind, Manifest, State};
pub use recording::Recorder;

/// What a recording is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    pub seance: SeanceId,
    pub recording: RecordingId,
    pub title: String,
    /// UTC milliseconds since 1970 of the zero of the séance clock.
    pub started_ms: i64,
}

/// Where a track comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Microphone,
    Camera,
    Screen,
    ScreenAudio,
}

impl Source {
    /// The word for it in the name of a file.
    fn word(self) -> &'static str {
        match self {
            Self::Microphone => "microphone",
            Self::Camera => "camera",
            Self::Screen => "screen",
            Self::ScreenAudio => "screen_audio",
        }
    }
}

/// How a track is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    Opus,
    Vp8,
    Vp9,
    H264,
    Av1,
}

impl Codec {
    /// Whether it carries sound or pictures.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Opus => Kind::Audio,
            Self::Vp8 | Self::Vp9 | Self::H264 | Self::Av1 => Kind::Video,
        }
    }
}

/// One published track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    pub id: TrackId,
    pub participant: ParticipantId,
    /// The name the replay shows.
    pub name: String,
    pub source: Source,
    pub codec: Codec,
    /// Ticks of RTP per second: 48,000 for Opus, 90,000 for video.
    pub clock_rate: u32,
}

/// What a recording has seen, for the metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    pub packets: u64,
    /// Packets of a track that never started or has ended.
    pub unknown: u64,
    /// Packets, payloads and frames that do not follow their format.
    pub malformed: u64,
    pub duplicates: u64,
    /// Packets that came after their place had been given up.
    pub late: u64,
    /// Packets that never came.
    pub lost: u64,
    /// Frames written, and whole frames not written (for want of a keyframe, most often).
    pub frames: u64,
    pub frames_dropped: u64,
    /// Files sealed, and their bytes.
    pub segments: u64,
    pub bytes: u64,
}
