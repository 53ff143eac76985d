//! The séance as people see it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::SeanceId;

/// What kind of gathering it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "snake_case")]
pub enum SeanceKind {
    ClasseVirtuelle,
    Webinaire,
    Audioconference,
    Presentiel,
    Permanente,
}

/// Where the séance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "snake_case")]
pub enum SeanceState {
    Planned,
    Live,
    Ended,
    Cancelled,
}

/// A séance in a lobby or a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct SeanceView {
    pub id: SeanceId,
    pub title: String,
    pub kind: SeanceKind,
    pub state: SeanceState,
    #[cfg_attr(test, ts(type = "string"))]
    pub starts_at: Timestamp,
    /// The announced end, or the later one after an extension.
    #[cfg_attr(test, ts(type = "string"))]
    pub ends_at: Timestamp,
    /// When participants may enter.
    #[cfg_attr(test, ts(type = "string"))]
    pub opens_at: Timestamp,
    /// IANA zone of the séance, `Europe/Paris`.
    pub time_zone: String,
    pub duration_min: u32,
    /// Minutes of presence needed; absent when presence is not tracked.
    pub threshold_min: Option<u32>,
    /// True when the séance is to be recorded: the lobby asks for an acknowledgement.
    pub recorded: bool,
}

/// The end, as told to everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Ending {
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
    pub why: EndCause,
    /// True when a replay will follow.
    pub recorded: bool,
}

/// Who or what ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// A trainer.
    Trainer,
    /// The announced end is 30 minutes past.
    Forgotten,
    /// Past the announced end, no trainer for 10 minutes.
    NoTrainer,
    /// It was called off while people were inside.
    Cancelled,
}
