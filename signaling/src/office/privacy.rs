//! What is kept about people: who looked at it, how long it stays, and its erasure.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{
    id::{RetentionRunId, SeanceId},
    retention::Kind,
};

/// In what somebody's data were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Viewed {
    /// The presence sheet of a séance.
    Presence,
    /// A file about a séance or a session.
    Export,
    /// The hours of a session, or the annual account.
    Hours,
    Attestation,
    /// The list of those who are expected, with their answers.
    Enrolment,
    /// The list of people.
    People,
    /// The report of a circonscription.
    Supervision,
    /// Of another version of this server.
    #[serde(other)]
    Other,
}

impl Viewed {
    /// As it is stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Presence => "presence",
            Self::Export => "export",
            Self::Hours => "hours",
            Self::Attestation => "attestation",
            Self::Enrolment => "enrolment",
            Self::People => "people",
            Self::Supervision => "supervision",
            Self::Other => "other",
        }
    }

    /// Of a stored word.
    #[must_use]
    pub fn of(word: &str) -> Self {
        [
            Self::Presence,
            Self::Export,
            Self::Hours,
            Self::Attestation,
            Self::Enrolment,
            Self::People,
            Self::Supervision,
        ]
        .into_iter()
        .find(|one| one.word() == word)
        .unwrap_or(Self::Other)
    }
}

/// `GET /api/me/views`: somebody else looked at one's own data; the last one first. Looking again within the same hour
/// adds no line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct ViewOfMe {
    /// Who; empty when that identity was erased, or came by a link without a name.
    pub viewer: String,
    pub what: Viewed,
    /// Title of the séance or session, empty where there is none.
    pub title: String,
    /// The first time in that hour.
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
}

/// `POST /api/people/{id}/erasure`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AskErasure {
    /// Why, at most 500 characters.
    pub reason: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Erased {
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
}

/// `GET /api/retention`: how long things stay, and what the last purges did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct RetentionReport {
    pub terms: Vec<TermShown>,
    /// The last one first, thirty at most.
    pub runs: Vec<PurgeRun>,
}

/// How long one kind of data stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct TermShown {
    pub kind: Kind,
    pub unit: TermUnit,
    pub count: u32,
    /// What is from before that day is deleted today; of what goes by the school year of an academy, absent.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub before: Option<Date>,
}

/// What a term is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "snake_case")]
pub enum TermUnit {
    Days,
    Months,
    /// Months after the end of the school year.
    MonthsAfterYear,
    /// Years after the current and the previous school year.
    YearsAfterBase,
    /// Whole calendar years before this one.
    CalendarYears,
    Years,
}

/// One purge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct PurgeRun {
    /// Its certificate is at `/api/retention/{id}/certificate`.
    pub id: RetentionRunId,
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
    pub lines: Vec<PurgeLine>,
}

/// What a purge did to one kind of data of one academy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct PurgeLine {
    pub kind: Kind,
    /// Short name; empty for what belongs to none.
    pub academy: String,
    /// Deleted or erased: messages, names, files, séances, as the kind says.
    pub count: u64,
    /// Freed in the data folder.
    pub bytes: u64,
    /// Due, and kept by a hold, a request without an answer, or the right to correct.
    pub held: u64,
}

/// `GET /api/recordings/expiring`: a séance that one leads, and whose recordings go within a week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct ExpiringRecordings {
    pub seance: SeanceId,
    pub title: String,
    /// IANA name.
    pub time_zone: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub starts_at: Timestamp,
    /// The first of them goes then.
    #[cfg_attr(test, ts(type = "string"))]
    pub kept_until: Timestamp,
    /// Until when it may be kept at most; absent when that is asked for already.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub longest: Option<Timestamp>,
}

/// `POST` and `DELETE /api/seances/{id}/recordings/kept`: when the first of its recordings goes now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct KeptRecordings {
    #[cfg_attr(test, ts(type = "string"))]
    pub until: Timestamp,
}
