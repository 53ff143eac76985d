//! Arrivals and departures → presence (domain rules §2.2). Pure: the same journal gives the same sheet.
//!
//! [`sheet`] reads the journal of a séance into a log of events; [`compute`] turns a log into presence.

pub mod case;
pub mod event;
mod flag;
pub mod interval;
mod log;
mod outage;
mod pair;
mod presence;
mod roster;
mod row;
mod sheet;
mod stay;
mod threshold;
mod visit;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::correction::{CorrectionRequest, Reason, Remark};
use crate::emargement::{HalfDay, Signature};
use crate::id::PersonId;
use crate::journal::Identity;
use crate::protocol::{Role, seance::SeanceView};
use crate::seance::Threshold;

pub use event::Params;
pub use flag::Flag;
pub use log::Log;
pub use pair::Pair;
pub use presence::{Attendance, Presence, compute, overlapping};
pub use roster::{Enrolled, GaiaStatus, Table};
pub use sheet::{Elsewhere, Known, alphabetical, decided, sheet};
pub use visit::{Visit, Visits, visits};

pub(crate) use threshold::status as judged;

/// The version of the rules, kept with every computed sheet. 2: everybody expected has a row, and corrections, signatures
/// and the list of GAIA are heeded.
pub const RULE_VERSION: u16 = 2;

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
    /// How many corrections were heeded: what a correction says it has seen.
    pub version: u32,
    /// As planned, or as corrected since.
    #[cfg_attr(test, ts(type = "{ mode: \"auto\" } | { mode: \"fixed\", minutes: number }"))]
    pub threshold: Threshold,
    /// From then on trainers no longer correct.
    #[cfg_attr(test, ts(type = "string"))]
    pub locked_from: Timestamp,
    /// Nobody corrects any more.
    pub archived: bool,
    pub counts: Counts,
    /// The half-days to be signed, in order.
    pub half_days: Vec<HalfDay>,
    /// Guests whose presence is now that of somebody expected.
    pub attached: Vec<Attached>,
    /// People who came under the name of somebody expected, to be attached by whoever agrees.
    #[serde(default)]
    pub pairs: Vec<Pair>,
    /// Corrections of the whole séance, oldest first.
    pub history: Vec<Remark>,
    /// Participants by name, then trainers, then tutors; observers and organisers are not listed.
    pub rows: Vec<PresenceRow>,
}

/// The participants in figures. Somebody excused is neither present nor absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Expected participants.
    pub enrolled: u32,
    /// Of those expected.
    pub present: u32,
    /// Of those present, how many by minutes that somebody declared.
    pub declared: u32,
    pub absent: u32,
    pub excused: u32,
    /// Came under a sure name without being expected.
    pub off_list: u32,
    /// Only typed a name.
    pub guests: u32,
}

/// A guest who turned out to be somebody expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Attached {
    pub guest: PersonId,
    /// The name that the guest came under.
    pub name: String,
    pub to: PersonId,
}

/// Where a status comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Auto,
    Manuel,
}

/// One person. Durations in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "camelCase")]
pub struct PresenceRow {
    pub person: PersonId,
    pub name: String,
    pub role: Role,
    pub table: Table,
    /// Expected at the séance.
    pub enrolled: bool,
    pub gaia: GaiaStatus,
    /// The surest one; `none` for somebody expected who never came.
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
    /// Raw time in the waiting room.
    pub lobby_ms: u64,
    /// How much of the recordings was played: for information, no presence and no hour.
    #[serde(default)]
    pub replay_ms: u64,
    /// Connected before and after the counted window: of trainers only.
    pub before_ms: u64,
    pub after_ms: u64,
    /// As computed: what is proposed.
    pub status: Status,
    /// As it stands, after what people decided.
    pub decided: Status,
    pub origin: Origin,
    /// Of the correction that decides.
    pub reason: Option<Reason>,
    pub declared_min: Option<u32>,
    /// Half-days signed, and the minutes that they credit.
    pub signatures: Vec<Signature>,
    pub signed_min: u32,
    /// Corrections that concern this row, oldest first.
    pub history: Vec<Remark>,
    pub requests: Vec<CorrectionRequest>,
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
