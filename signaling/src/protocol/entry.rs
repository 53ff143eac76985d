//! Entering and coming back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{BootId, ConnectionId, ParticipantId, RecordingId};

use super::{
    Permission, Role, chat::ChatPage, media::IceServer, recording::RecordingState, seance::SeanceView,
    stage::Person, stage::Source,
};

/// Sent in `hello` by a page that was connected before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Resume {
    /// `epoch` of the last `welcome` or `resumed`.
    pub epoch: BootId,
    /// The last number seen.
    pub seen: u64,
}

/// The whole state of the room for one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Welcome {
    pub you: You,
    /// Numbers count within this run of the room.
    pub epoch: BootId,
    /// The number of the last notice contained in this state.
    pub reached: u64,
    #[cfg_attr(test, ts(type = "string"))]
    pub now: Timestamp,
    pub seance: SeanceView,
    pub people: Vec<Person>,
    pub hands: Vec<ParticipantId>,
    pub chat: ChatPage,
    pub recording: RecordingState,
    /// Milliseconds the server was away before this return, when it was; counted as presence.
    pub outage_ms: Option<u64>,
    /// For both media connections.
    pub ice_servers: Vec<IceServer>,
}

/// In front of the door: the trainer is not there yet. `welcome` follows by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// A ticket for this stay: sent as `ticket` when coming back, so that the time already waited is that of the same
    /// person.
    pub stay: String,
    pub seance: SeanceView,
    #[cfg_attr(test, ts(type = "string"))]
    pub now: Timestamp,
}

/// A return within 60 seconds: the numbered notices after `seen` follow, nothing else changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Resumed {
    pub connection: ConnectionId,
    pub epoch: BootId,
    /// The number the replay will reach.
    pub reached: u64,
    #[cfg_attr(test, ts(type = "string"))]
    pub now: Timestamp,
}

/// What the page knows of its own person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct You {
    pub participant: ParticipantId,
    pub connection: ConnectionId,
    pub name: String,
    pub role: Role,
    pub permissions: Vec<Permission>,
    /// The sources this role may publish.
    pub publishable: Vec<Source>,
    /// A ticket for this stay: kept in the page's storage, sent as `ticket` when coming back.
    pub stay: String,
    /// For those who moderate: the ticket of the open link by which participants enter, `/seance/<id>#<ticket>`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub invitation: Option<String>,
}

/// The answer of `GET /api/entry`: what the lobby shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub seance: SeanceView,
    pub role: Role,
    /// The name in the ticket; absent when the person must type one.
    pub name: Option<String>,
    pub permissions: Vec<Permission>,
    /// Names of the trainers.
    pub trainers: Vec<String>,
    /// How many people are in the room now.
    pub present: u32,
    #[cfg_attr(test, ts(type = "string"))]
    pub now: Timestamp,
    /// Recordings of this séance, first first.
    pub recordings: Vec<RecordingSummary>,
    /// Those that were deleted because their time had come, first first.
    pub deleted_recordings: Vec<DeletedRecording>,
    /// For the connection check: the offer of `check` gathers its candidates with these.
    pub ice_servers: Vec<IceServer>,
}

/// A recording in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct RecordingSummary {
    pub id: RecordingId,
    #[cfg_attr(test, ts(type = "string"))]
    pub started_at: Timestamp,
    pub ready: bool,
    /// True when the server stopped in the middle of it.
    pub interrupted: bool,
    pub duration_ms: u64,
    /// When it is deleted; absent while somebody holds it back.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub kept_until: Option<Timestamp>,
}

/// A recording that has served its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct DeletedRecording {
    pub id: RecordingId,
    #[cfg_attr(test, ts(type = "string"))]
    pub started_at: Timestamp,
    #[cfg_attr(test, ts(type = "string"))]
    pub deleted_at: Timestamp,
}
