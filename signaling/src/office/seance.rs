//! Séances as organisers see and plan them.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    enrolment::{EnrolmentRole, InvitationAnswer},
    id::{PersonId, SeanceId, SessionFormationId},
    planning::{Occurrence, PlanWarning},
    protocol::seance::{SeanceKind, SeanceState},
    seance::{Lobby, Seance, Threshold},
};

/// A séance with everything that was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct PlannedSeance {
    pub id: SeanceId,
    pub title: String,
    pub kind: SeanceKind,
    pub state: SeanceState,
    #[cfg_attr(test, ts(type = "string"))]
    pub starts_at: Timestamp,
    /// The announced end.
    #[cfg_attr(test, ts(type = "string"))]
    pub ends_at: Timestamp,
    /// The hour on the wall in the zone of the séance, `2026-11-18T14:00:00`.
    #[cfg_attr(test, ts(type = "string"))]
    pub local_start: DateTime,
    /// IANA name.
    pub time_zone: String,
    pub duration_min: u32,
    pub threshold: Threshold,
    /// Minutes of presence needed; absent when presence is not tracked.
    pub threshold_min: Option<u32>,
    pub access_before_min: u32,
    pub recorded: bool,
    pub guests: bool,
    /// Whether those who come before the trainer wait.
    pub lobby: Lobby,
    pub required: bool,
    pub capacity: u32,
    pub credit_min: Option<u32>,
    pub trainers: Vec<String>,
    /// Short name.
    pub academy: String,
    pub session_formation: Option<SessionFormationId>,
    /// Counts the changes; sent back with a change, so that none is lost.
    pub sequence: u32,
    #[cfg_attr(test, ts(type = "string | null"))]
    pub cancelled_at: Option<Timestamp>,
    pub made_by: Option<PersonId>,
    /// As what the person who asks is enrolled, with the answer to the invitation.
    pub mine: Option<MyEnrolment>,
}

/// One's own enrolment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct MyEnrolment {
    pub role: EnrolmentRole,
    pub answer: InvitationAnswer,
}

impl PlannedSeance {
    /// A séance as it stands.
    #[must_use]
    pub fn of(plan: &Seance, state: SeanceState, mine: Option<MyEnrolment>) -> Self {
        let zone = TimeZone::get(&plan.time_zone).unwrap_or(TimeZone::UTC);
        Self {
            id: plan.id,
            title: plan.title.clone(),
            kind: plan.kind,
            state,
            starts_at: plan.starts_at,
            ends_at: plan.announced_end(),
            local_start: zone.to_datetime(plan.starts_at),
            time_zone: plan.time_zone.clone(),
            duration_min: plan.duration_min,
            threshold: plan.threshold,
            threshold_min: crate::room::view(plan, None, state).threshold_min,
            access_before_min: plan.access_before_min,
            recorded: plan.recorded,
            guests: plan.guests,
            lobby: plan.lobby,
            required: plan.required,
            capacity: plan.capacity,
            credit_min: plan.credit_min,
            trainers: plan.trainers.clone(),
            academy: plan.academy.clone(),
            session_formation: plan.session_formation,
            sequence: plan.sequence,
            cancelled_at: plan.cancelled_at,
            made_by: plan.made_by,
            mine,
        }
    }
}

/// What came of planning, or what would (`?preview=true`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    pub seance: PlannedSeance,
    pub warnings: Vec<PlanWarning>,
}

/// A copy on another day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts", optional_fields))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DuplicateSeance {
    /// Hour on the wall, `2026-11-18T14:00`.
    pub starts_at: String,
    pub occurrence: Option<Occurrence>,
    /// The same when absent.
    pub title: Option<String>,
    /// Without the people and the links to GAIA, when false.
    pub enrolments: Option<bool>,
}

/// "Je viendrai".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswerToInvitation {
    pub answer: InvitationAnswer,
}
