//! What trainers did: never trainee hours (domain rules §2.4, "Trainers").

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Minutes, roll::Held};
use crate::{
    attendance::{Origin, PresenceRow, Status, Table},
    enrolment::EnrolmentRole,
    id::{PersonId, SeanceId, SessionFormationId},
    protocol::Role,
};

/// How the announced duration is credited to several who lead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// To each.
    #[default]
    Chacun,
    /// In equal parts; what does not divide goes to the first ones.
    Partage,
}

/// One person who led or helped in one séance, minutes truncated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Intervention {
    pub person: PersonId,
    pub name: String,
    /// `trainer`, `co_trainer` or `tutor`.
    pub role: EnrolmentRole,
    /// Connected before and after the counted window.
    pub before: Minutes,
    pub animation: Minutes,
    pub after: Minutes,
    /// The announced duration, or a part of it, when the threshold was reached or somebody decided so; 0 below it, and
    /// for tutors.
    pub credited: Minutes,
    /// Somebody decided about it.
    pub by_hand: bool,
    /// Of the row on the sheet, sorted.
    pub flags: Vec<String>,
}

/// The interventions of one séance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct SeanceInterventions {
    pub seance: SeanceId,
    pub title: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub starts_at: Timestamp,
    pub time_zone: String,
    pub announced: Minutes,
    /// Its sheet is final; until then everything may change.
    pub closed: bool,
    /// As on the sheet: those who lead, then those who help.
    pub people: Vec<Intervention>,
}

/// One person, all séances together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct InterventionTotal {
    pub person: PersonId,
    pub name: String,
    pub animation: Minutes,
    pub credited: Minutes,
}

/// `GET /api/sessions-formation/{id}/interventions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct SessionInterventions {
    pub session_formation: SessionFormationId,
    pub sharing: Sharing,
    /// By start.
    pub seances: Vec<SeanceInterventions>,
    /// By name; only of séances that are closed.
    pub totals: Vec<InterventionTotal>,
}

/// `GET /api/interventions/mine?year=`: one's own only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct OwnInterventions {
    /// `2026-2027`, or `2026` where it begins with the calendar year.
    pub school_year: String,
    /// The calendar year in which it begins, for asking.
    pub year: i16,
    /// By start; in each nobody but oneself.
    pub seances: Vec<SeanceInterventions>,
    /// Of séances that are closed.
    pub animation: Minutes,
    pub credited: Minutes,
}

impl SeanceInterventions {
    /// Those who led a séance or helped in it.
    #[must_use]
    pub fn of(held: &Held, sharing: Sharing) -> Self {
        let Held { plan, sheet } = held;
        let rows: Vec<&PresenceRow> =
            sheet.rows.iter().filter(|row| row.table != Table::Participants).collect();
        let led: Vec<bool> = rows.iter().map(|row| led(row)).collect();
        let among = u32::try_from(led.iter().filter(|led| **led).count()).unwrap_or(u32::MAX);
        let (share, mut rest) = match (sharing, among) {
            (Sharing::Chacun, _) | (Sharing::Partage, 0) => (plan.duration_min, 0),
            (Sharing::Partage, among) => (plan.duration_min / among, plan.duration_min % among),
        };
        let mut credit = |led: bool| {
            let one_more = u32::from(led && rest > 0);
            rest -= one_more;
            if led { Minutes(share + one_more) } else { Minutes::ZERO }
        };
        let people = rows.iter().zip(&led).map(|(row, led)| Intervention {
            person: row.person,
            name: row.name.clone(),
            role: role(row),
            before: truncated(row.before_ms),
            animation: truncated(row.presence_ms),
            after: truncated(row.after_ms),
            credited: credit(*led),
            by_hand: row.origin == Origin::Manuel,
            flags: row.flags.clone(),
        });
        Self {
            seance: plan.id,
            title: plan.title.clone(),
            starts_at: plan.starts_at,
            time_zone: plan.time_zone.clone(),
            announced: Minutes(plan.duration_min),
            closed: sheet.closed,
            people: people.collect(),
        }
    }

    /// With nobody but that person; none when the person neither led nor helped.
    #[must_use]
    pub fn only(mut self, person: PersonId) -> Option<Self> {
        self.people.retain(|one| one.person == person);
        (!self.people.is_empty()).then_some(self)
    }
}

/// Whether the announced duration is credited: the status as it was decided; where presence is not tracked, to have come.
fn led(row: &PresenceRow) -> bool {
    row.table == Table::Trainers
        && match row.decided {
            Status::Present => true,
            Status::NonSuivi => row.presence_ms > 0,
            Status::Absent | Status::SeanceAnnulee | Status::Excuse => false,
        }
}

fn role(row: &PresenceRow) -> EnrolmentRole {
    match (row.table, row.role) {
        (Table::Tutors, _) => EnrolmentRole::Tutor,
        (Table::Trainers | Table::Participants, Role::CoTrainer) => EnrolmentRole::CoTrainer,
        (Table::Trainers | Table::Participants, _) => EnrolmentRole::Trainer,
    }
}

fn truncated(ms: u64) -> Minutes {
    Minutes(u32::try_from(ms / 60_000).unwrap_or(u32::MAX))
}

/// What everybody did in séances that are closed, by name.
#[must_use]
pub fn totals(seances: &[SeanceInterventions]) -> Vec<InterventionTotal> {
    let mut found: BTreeMap<PersonId, InterventionTotal> = BTreeMap::new();
    for one in seances.iter().filter(|seance| seance.closed).flat_map(|seance| &seance.people) {
        let total = found.entry(one.person).or_insert_with(|| InterventionTotal {
            person: one.person,
            name: one.name.clone(),
            animation: Minutes::ZERO,
            credited: Minutes::ZERO,
        });
        total.animation = total.animation + one.animation;
        total.credited = total.credited + one.credited;
    }
    let mut totals: Vec<InterventionTotal> = found.into_values().collect();
    totals.sort_by_cached_key(|one| (crate::attendance::alphabetical(&one.name), one.person));
    totals
}
