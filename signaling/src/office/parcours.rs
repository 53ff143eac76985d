//! Parcours and their sessions as pages show them.

use serde::{Deserialize, Serialize};

use super::{enrolment::EnrolmentView, seance::PlannedSeance};
use crate::parcours::{Parcours, SessionFormation};

/// A session of a parcours with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct SessionDetail {
    pub session: SessionFormation,
    pub parcours: Parcours,
    /// First start first; cancelled ones too.
    pub seances: Vec<PlannedSeance>,
    /// Absent for who may not see them.
    pub enrolments: Option<Vec<EnrolmentView>>,
    pub may: SessionRights,
}

/// What the person who asks may do with a session, so that pages draw no door that stays shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct SessionRights {
    /// Change it, open it, add séances.
    pub change: bool,
    pub archive: bool,
    /// Change its parcours.
    pub design: bool,
}

/// `POST /api/sessions-formation/{id}/archive`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct ArchiveRequest {
    /// Although people have neither an attestation nor a refusal of one.
    pub confirm: bool,
}
