//! Who is in the room and what each one publishes.

use serde::{Deserialize, Serialize};

use crate::id::{ParticipantId, TrackId};

use super::Role;

/// What a track shows or plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Microphone,
    Camera,
    Screen,
    /// The sound of a shared screen.
    ScreenAudio,
}

impl Source {
    /// True for what is heard rather than seen.
    #[must_use]
    pub fn is_audio(self) -> bool {
        matches!(self, Self::Microphone | Self::ScreenAudio)
    }
}

/// One person of the room, as the others see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Person {
    pub id: ParticipantId,
    pub name: String,
    pub role: Role,
    /// False while the connection is lost and the place is kept.
    pub connected: bool,
    pub hand_raised: bool,
    pub tracks: Vec<PersonTrack>,
}

/// One published source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct PersonTrack {
    pub track: TrackId,
    pub source: Source,
    pub muted: bool,
    /// True when a trainer silenced it and the person has not turned it on again.
    pub muted_by_trainer: bool,
}

/// Why somebody is no longer in the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    Left,
    /// The connection did not come back in time.
    Lost,
    Removed,
}
