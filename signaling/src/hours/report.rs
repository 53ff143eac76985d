//! What the pages ask and are told about hours.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    Announced, Minutes,
    account::{Account, Category},
    statistics::ShownGroup,
    supervision::{Cell, Counting},
    training::{Hours, HoursMode, Outcome, Parts, Rule},
};
use crate::id::{AttestationId, PersonId, SeanceId, SessionFormationId};

/// `GET /api/sessions-formation/{id}/hours`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct SessionHours {
    pub session_formation: SessionFormationId,
    pub title: String,
    pub identifiant: String,
    pub mode: HoursMode,
    pub rule: Rule,
    pub announced: Announced,
    /// False for free access, outside the 18 h.
    pub counted: bool,
    /// Nothing can be attested any more.
    pub archived: bool,
    /// The séances at a distance, by start.
    pub seances: Vec<SeanceColumn>,
    /// Half-days of the face-to-face part.
    pub half_days: u32,
    /// By name.
    pub rows: Vec<PersonHours>,
    /// Rows of which something is proposed that is not attested yet.
    pub to_attest: u32,
    /// A séance is still to come or runs: proposals will change.
    pub unfinished: bool,
}

impl SessionHours {
    /// People of whose participation something was neither attested nor refused: archived so, it never gives an hour. None
    /// where the registration alone gives the hours, or where there are none.
    #[must_use]
    pub fn unanswered(&self) -> u32 {
        if self.mode == HoursMode::Inscription || !self.counted {
            return 0;
        }
        let open = self.rows.iter().filter(|row| row.attestation.is_none() || row.to_attest.is_some());
        u32::try_from(open.count()).unwrap_or(u32::MAX)
    }
}

/// One séance at a distance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct SeanceColumn {
    pub seance: SeanceId,
    pub title: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub starts_at: Timestamp,
    pub time_zone: String,
    pub required: bool,
}

/// One trainee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct PersonHours {
    pub person: PersonId,
    pub last_name: String,
    pub first_name: String,
    pub school: String,
    pub town: String,
    /// Enrolled by name.
    pub nominative: bool,
    /// As the columns of séances.
    pub outcomes: Vec<Outcome>,
    /// Half-days signed.
    pub signed: u32,
    pub proposal: Parts,
    pub attestation: Option<AttestationView>,
    /// What one click attests, by an attestation that takes the place of the one there is.
    pub to_attest: Option<Parts>,
    pub hours: Hours,
    /// `DOUBLE_ROLE`, `CHEVAUCHEMENT`, `JAMAIS_CONNECTE`, `a_verifier`: sorted.
    pub flags: Vec<String>,
}

/// An attestation as those who validate, and the person, see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct AttestationView {
    pub id: AttestationId,
    pub number: String,
    pub session_formation: SessionFormationId,
    pub title: String,
    pub identifiant: String,
    pub attested: Parts,
    /// False when it follows the proposal.
    pub by_hand: bool,
    pub reason: String,
    /// Name of the one who attested.
    pub by: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
    #[cfg_attr(test, ts(type = "string | null"))]
    pub revoked_at: Option<Timestamp>,
    /// Why it was revoked; empty when another one took its place.
    pub revoked_reason: String,
    /// It says that the person took part: there is a paper of it.
    pub paper: bool,
    pub verify_code: String,
}

/// `GET /api/attestations/mine`: one of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct OwnAttestation {
    #[serde(flatten)]
    pub attestation: AttestationView,
    /// Of the academy, as on the paper (IANA).
    pub time_zone: String,
}

/// `DELETE /api/attestations/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokeRequest {
    pub reason: String,
}

/// `POST /api/sessions-formation/{id}/attestations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum AttestRequest {
    /// One click: every proposal that is not attested yet.
    AllProposed,
    /// A decision for some people. Against the proposal it needs a reason.
    People { people: Vec<PersonId>, attested: Parts, reason: String },
}

/// What an act attested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Attested {
    pub attestations: Vec<AttestationView>,
}

/// `POST /api/sessions-formation/{id}/hours-exceptions`: what a gestionnaire lets count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AcceptException {
    pub person: PersonId,
    pub kind: ExceptionKind,
}

/// What gives no hours by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "snake_case")]
pub enum ExceptionKind {
    /// The same parcours again in one school year.
    Repeated,
    /// Trainer and trainee of the same training.
    DoubleRole,
}

impl ExceptionKind {
    /// As it is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Repeated => "repeated",
            Self::DoubleRole => "double_role",
        }
    }
}

/// `GET /api/attestation/{code}`, for whoever holds the paper: what lets them compare it, and no more than is on it.
/// Of the name there are initials: the paper has the whole one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct VerifiedAttestation {
    pub number: String,
    /// Initials, `M. D.`; empty when the identity was erased.
    pub name: String,
    pub title: String,
    pub identifiant: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub starts_on: Date,
    #[cfg_attr(test, ts(type = "string"))]
    pub ends_on: Date,
    pub distance: Option<Minutes>,
    pub presence: Option<Minutes>,
    pub attested: Parts,
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
    #[cfg_attr(test, ts(type = "string | null"))]
    pub revoked_at: Option<Timestamp>,
    /// Of the academy, as on the paper (IANA).
    pub time_zone: String,
}

/// A school year that may be asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct YearChoice {
    /// The calendar year in which it begins: `?year=`.
    pub year: i16,
    /// `2026-2027`.
    pub school_year: String,
}

/// `GET /api/hours/mine?year=` and `GET /api/people/{id}/hours?year=`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct AnnualHours {
    pub person: PersonId,
    /// `2026-2027`, or `2026` where it begins with the calendar year.
    pub school_year: String,
    /// The calendar year in which it begins, for asking.
    pub year: i16,
    /// Absent for those who have no account of 18 h (second degree): see `days`.
    pub account: Option<Account>,
    pub total: Minutes,
    /// Days of six hours, `2,50`.
    pub days: String,
    pub lines: Vec<AnnualLine>,
    /// The school years that have a session of this person, and the one that is shown; latest first.
    pub years: Vec<YearChoice>,
}

/// One session in the year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct AnnualLine {
    pub session_formation: SessionFormationId,
    pub title: String,
    pub identifiant: String,
    pub mode: HoursMode,
    pub category: Category,
    #[cfg_attr(test, ts(type = "string"))]
    pub on: Date,
    pub hours: Hours,
    /// `DOUBLON_PARCOURS`.
    pub repeated: bool,
    pub attested: bool,
}

/// `GET /api/supervision?year=&mode=&circonscription=&school=&search=&page=`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Supervision {
    pub school_year: String,
    pub year: i16,
    pub counting: Counting,
    /// The one that was asked for, empty for all of the asker's.
    pub circonscription: String,
    /// Those the asker may choose from.
    pub circonscriptions: Vec<String>,
    /// How many teachers match; `rows` is one page of them.
    pub people: u32,
    /// From 1.
    pub page: u32,
    pub pages: u32,
    /// Of all that match, whatever the page.
    pub columns: Vec<SupervisedSession>,
    pub rows: Vec<SupervisedPerson>,
}

/// One column: four header lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct SupervisedSession {
    pub session_formation: SessionFormationId,
    pub title: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub starts_on: Date,
    #[cfg_attr(test, ts(type = "string"))]
    pub ends_on: Date,
    pub trainers: Vec<String>,
    pub announced: Announced,
}

/// One row: no minute of connection, no time, no séance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct SupervisedPerson {
    pub person: PersonId,
    pub last_name: String,
    pub first_name: String,
    pub school: String,
    pub town: String,
    /// As the columns.
    pub cells: Vec<Cell>,
    pub total: Minutes,
}

/// `GET /api/statistics?year=&academy=`: no person in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    pub school_year: String,
    pub year: i16,
    pub academy: String,
    /// PU1D, PR1D, PU2D, PR2D, and the others.
    pub by_degree: Vec<ShownGroup>,
    pub by_circonscription: Vec<ShownGroup>,
    pub total: ShownGroup,
}
