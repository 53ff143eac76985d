//! Enrolments as organisers see and make them.

use serde::{Deserialize, Serialize};

use super::person::PersonView;
use crate::enrolment::{
    EnrolmentRole, EnrolmentSource, InvitationAnswer,
    list::{ListedPerson, RejectedLine},
};

/// Somebody who is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct EnrolmentView {
    pub person: PersonView,
    pub role: EnrolmentRole,
    pub source: EnrolmentSource,
    pub answer: InvitationAnswer,
    /// The GAIA session that brought the person.
    pub base: Option<String>,
    pub session: Option<i64>,
    /// Enrolled in the session of the parcours, not in this séance alone.
    pub by_session: bool,
    /// The group that the link to that session names; empty for none.
    pub group: String,
    /// « Jamais connecté »: no account opened, and in no séance of this session so far.
    pub never_in: bool,
}

/// People to enrol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewEnrolments {
    pub people: Vec<NewEnrolment>,
}

/// One of them; without names, those that the address tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts", optional_fields))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewEnrolment {
    pub email: String,
    pub last_name: Option<String>,
    pub first_name: Option<String>,
    /// Participant when absent.
    pub role: Option<EnrolmentRole>,
}

/// What became of people typed or listed; every line is in one of the lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct EnrolmentReport {
    /// Enrolled, or enrolled again.
    pub added: u32,
    /// Enrolled before, now with another role.
    pub changed: u32,
    /// As they were.
    pub same: u32,
    /// Of all of them, unknown until now.
    pub unknown: u32,
    /// Those that were read, as they were read.
    pub people: Vec<ListedPerson>,
    pub rejected: Vec<RejectedLine>,
    /// Nothing was changed yet.
    pub preview: bool,
}
