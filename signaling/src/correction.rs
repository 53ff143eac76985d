//! What people decide about a computed sheet: corrections beside the journal, which itself never changes
//! (domain rules §2.3). Append-only; of those that speak of the same thing the last one wins.
//!
//! [`Ledger`] applies the corrections of a séance; [`permit`] says whether one more may be written.

mod chain;
mod ledger;
mod permit;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::attendance::Status;
use crate::id::{AdjustmentId, CorrectionRequestId, PersonId, SeanceId};
use crate::seance::Threshold;

pub use chain::{Broken, Head, Link, verify};
pub use ledger::{Ledger, Ruling};
pub use permit::{Denied, MAX_DECLARED_MIN, Permit, permit, shared_room};

/// Trainers correct until that long after the end of the counted window (F07).
pub const LOCKED_AFTER: SignedDuration = SignedDuration::from_hours(15 * 24);

/// Longest text of a reason or of a request, characters.
pub const MAX_TEXT: usize = 500;

/// Most rows in one correction.
pub const MAX_ROWS: usize = 500;

/// Why somebody corrects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    PanneReseau,
    SallePartagee,
    Telephone,
    ErreurIdentite,
    PresencePresentiel,
    Excuse,
    Autre,
}

impl Reason {
    /// All of them, for tables and tests.
    pub const ALL: [Self; 7] = [
        Self::PanneReseau,
        Self::SallePartagee,
        Self::Telephone,
        Self::ErreurIdentite,
        Self::PresencePresentiel,
        Self::Excuse,
        Self::Autre,
    ];

    /// The code shown, stored and exported.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::PanneReseau => "PANNE_RESEAU",
            Self::SallePartagee => "SALLE_PARTAGEE",
            Self::Telephone => "TELEPHONE",
            Self::ErreurIdentite => "ERREUR_IDENTITE",
            Self::PresencePresentiel => "PRESENCE_PRESENTIEL",
            Self::Excuse => "EXCUSE",
            Self::Autre => "AUTRE",
        }
    }

    /// The reason of that code.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// What a correction says. `null` (or `false`) gives the row back to the computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(tag = "kind", content = "new", rename_all = "snake_case")]
pub enum Change {
    /// `present` or `absent`, by decision.
    Status(Option<Status>),
    /// Minutes declared by the trainer, compared with the threshold like measured ones.
    DeclaredMinutes(Option<u32>),
    /// The row is that of this enrolled person: their presence becomes the union of both.
    Attach(Option<PersonId>),
    /// Counted neither as present nor as absent.
    Excuse(bool),
    /// Of the whole séance.
    Threshold(
        #[cfg_attr(test, ts(type = "{ mode: \"auto\" } | { mode: \"fixed\", minutes: number }"))] Threshold,
    ),
}

impl Change {
    /// The word of the kind, as it is stored.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::DeclaredMinutes(_) => "declared_minutes",
            Self::Attach(_) => "attach",
            Self::Excuse(_) => "excuse",
            Self::Threshold(_) => "threshold",
        }
    }
}

/// A correction as somebody asks for it: of all these rows at once, or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Correction {
    /// Empty for the threshold of the séance.
    #[serde(default)]
    pub people: Vec<PersonId>,
    #[serde(flatten)]
    pub change: Change,
    pub reason: Reason,
    /// At most 500 characters.
    #[serde(default)]
    pub text: String,
    /// The version of the sheet that was looked at: refused when one of these rows was corrected since.
    pub seen: u32,
}

/// "Marquer présents dans la même salle" (F05).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct SharedRoom {
    /// Whose connection everybody sat in front of.
    pub shared: PersonId,
    pub people: Vec<PersonId>,
    /// Absent: the minutes of the shared connection.
    #[serde(default)]
    pub minutes: Option<u32>,
    #[serde(default)]
    pub text: String,
    pub seen: u32,
}

/// A correction that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    pub id: AdjustmentId,
    pub seance: SeanceId,
    /// From 1 in its séance, without a hole.
    pub number: u32,
    /// None: the whole séance.
    pub person: Option<PersonId>,
    /// What held before.
    pub old: Change,
    pub new: Change,
    pub reason: Reason,
    /// Empty when none was given, or when it was erased.
    pub text: String,
    pub author: PersonId,
    pub at: Timestamp,
    /// Its place in the chain of the corrections of its séance.
    pub link: Link,
}

/// A correction as the sheet shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Remark {
    pub number: u32,
    /// The row it was written for: for a guest attached to somebody, the guest.
    pub person: Option<PersonId>,
    pub old: Change,
    pub new: Change,
    pub reason: Reason,
    pub text: String,
    pub author: PersonId,
    /// Empty when nobody knows it any more.
    pub author_name: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
}

/// "C'est faux": what the person concerned asked for, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "camelCase")]
pub struct CorrectionRequest {
    pub id: CorrectionRequestId,
    pub person: PersonId,
    pub text: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub asked_at: Timestamp,
    pub answer: Option<Answer>,
    pub answer_text: String,
    #[cfg_attr(test, ts(type = "string | null"))]
    pub answered_at: Option<Timestamp>,
}

/// What those who validate say to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attendance.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Accepted,
    Refused,
}
