//! Arrivals and departures → presence (domain rules §2.2). Pure: the same journal gives the same sheet.
//!
//! [`sheet`] reads the journal of a séance into a log of events; [`compute`] turns a log into presence.

pub mod case;
pub mod event;
mod flag;
pub mod interval;
mod outage;
mod presence;
mod sheet;
mod stay;
mod threshold;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::PersonId;
use crate::journal::Identity;
use crate::protocol::{Role, seance::SeanceView};

pub use event::Params;
pub use flag::Flag;
pub use presence::{Attendance, Presence, compute, overlapping};
pub use sheet::{alphabetical, sheet};

/// The version of the rules, kept with every computed sheet.
pub const RULE_VERSION: u16 = 1;

/// The presence of everybody in one séance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "camelCase")]
pub struct PresenceSheet {
    pub seance: SeanceView,
    /// The counted window.
    #[cfg_attr(test, ts(type = "string"))]
    pub window_start: Timestamp,
    #[cfg_attr(test, ts(type = "string"))]
    pub window_end: Timestamp,
    /// Minutes needed; 0 when presence is not tracked.
    pub threshold_min: u32,
    pub flags: Vec<String>,
    /// False while the séance runs: the figures will grow.
    pub closed: bool,
    #[cfg_attr(test, ts(type = "string"))]
    pub computed_at: Timestamp,
    pub rule_version: u16,
    /// Participants first by name, then trainers; observers and organisers are not listed.
    pub rows: Vec<PresenceRow>,
}

/// One person. Durations in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "camelCase")]
pub struct PresenceRow {
    pub person: PersonId,
    pub name: String,
    pub role: Role,
    pub identity: Identity,
    /// False for guests who only typed a name: listed for information, no hours.
    pub validable: bool,
    /// True while one of the person's connections is open.
    pub here: bool,
    /// Raw union of the connections, neither bridged nor clipped.
    pub connected_ms: u64,
    /// Time retained.
    pub presence_ms: u64,
    /// Whole minutes of presence, truncated.
    pub minutes: u32,
    pub status: Status,
    /// Upper-case codes of the domain rules (`MULTI_CONNEXION`…), sorted.
    pub flags: Vec<String>,
    #[cfg_attr(test, ts(type = "string | null"))]
    pub first_arrival: Option<Timestamp>,
    #[cfg_attr(test, ts(type = "string | null"))]
    pub last_departure: Option<Timestamp>,
    /// What the presence strip draws, in order, clipped to the window and not overlapping.
    pub segments: Vec<Segment>,
}

/// A stretch of the presence strip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Segment {
    #[cfg_attr(test, ts(type = "string"))]
    pub from: Timestamp,
    #[cfg_attr(test, ts(type = "string"))]
    pub to: Timestamp,
    pub kind: SegmentKind,
}

/// Why a stretch is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "snake_case")]
pub enum SegmentKind {
    Connected,
    /// A short cut, counted.
    Bridged,
    /// The server was away, credited.
    Outage,
    /// Credited waiting.
    Lobby,
}

/// The computed status (domain rules §2.2, step 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Present,
    Absent,
    NonSuivi,
    SeanceAnnulee,
    Excuse,
}
