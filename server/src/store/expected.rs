//! Who is expected at a séance: enrolled in it, or in its session.

use std::collections::BTreeSet;

use signaling::{
    enrolment::{EnrolmentRole, EnrolmentSource, InvitationAnswer, collation},
    id::{PersonId, SeanceId, SessionFormationId},
    person::Person,
};
use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{
    Store, StoreError,
    enrolment::{Gathering, worded},
    person::{COLUMNS, identified, read},
    seance,
};

/// Somebody who is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    pub person: Person,
    pub role: EnrolmentRole,
    pub source: EnrolmentSource,
    pub answer: InvitationAnswer,
    /// The GAIA session that brought the person.
    pub base: Option<String>,
    pub session: Option<i64>,
    pub added_ms: i64,
    /// Enrolled in the session of the parcours, not in this séance alone.
    pub by_session: bool,
    /// The group that the link to GAIA names; empty for none.
    pub group: String,
    /// The person has a password.
    pub account: bool,
}

/// What is read of everybody.
const READ: &str = "CASE WHEN EXISTS (SELECT 1 FROM account WHERE account.person_id = person.id) THEN 1 ELSE 0 END \
     AS account";

/// Enrolments of the séance itself that stand. `$1` is the séance.
const OF_SEANCE: &str = "e.role, e.source, e.answer, e.base, e.session, e.added_ms, 0 AS by_session, \
     COALESCE((SELECT MAX(l.group_name) FROM seance_ext_link l WHERE l.seance_id = e.seance_id AND l.base = e.base \
         AND l.session = e.session AND e.source = 'gaia' AND e.role = 'participant'), '') AS group_name \
     FROM enrolment e \
     JOIN person ON person.id = e.person_id WHERE e.seance_id = $1 AND e.removed_ms IS NULL";
/// Those of its session, except of people whom the séance enrols otherwise, or who were struck from it by hand.
const OF_ITS_SESSION: &str = "s.role, s.source, 'waiting' AS answer, s.base, s.session, s.added_ms, 1 AS by_session, '' AS group_name \
     FROM session_enrolment s JOIN seance ON seance.session_formation_id = s.session_formation_id \
     JOIN person ON person.id = s.person_id WHERE seance.id = $1 AND s.removed_ms IS NULL \
     AND NOT EXISTS (SELECT 1 FROM enrolment e WHERE e.seance_id = seance.id AND e.person_id = s.person_id \
         AND (e.removed_ms IS NULL OR e.source <> 'gaia'))";
/// Those of a session. `$1` is the session.
const OF_SESSION: &str = "s.role, s.source, 'waiting' AS answer, s.base, s.session, s.added_ms, 1 AS by_session, '' AS group_name \
     FROM session_enrolment s JOIN person ON person.id = s.person_id \
     WHERE s.session_formation_id = $1 AND s.removed_ms IS NULL";

impl Store {
    /// Everybody who is expected at a séance, by name in French order: enrolled in it or in its session.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn expected(&self, seance: SeanceId) -> Result<Vec<Expected>, StoreError> {
        let mut found = self.enrolled(OF_SEANCE, &seance.to_string()).await?;
        found.extend(self.enrolled(OF_ITS_SESSION, &seance.to_string()).await?);
        Ok(in_order(found))
    }

    /// Everybody who is enrolled in a session of a parcours, by name in French order.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn enrolled_in(&self, session: SessionFormationId) -> Result<Vec<Expected>, StoreError> {
        Ok(in_order(self.enrolled(OF_SESSION, &session.to_string()).await?))
    }

    /// Everybody who has come to a séance, or to one of its session or of that session.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn have_come(&self, of: Gathering) -> Result<BTreeSet<PersonId>, StoreError> {
        let (alone, sql) = match of {
            Gathering::Seance(id) => (
                Some(id),
                "SELECT other.id FROM seance JOIN seance other ON other.session_formation_id = \
                 seance.session_formation_id WHERE seance.id = $1 AND other.id <> seance.id",
            ),
            Gathering::Session(_) => (None, "SELECT id FROM seance WHERE session_formation_id = $1"),
        };
        let id = match of {
            Gathering::Seance(id) => id.to_string(),
            Gathering::Session(id) => id.to_string(),
        };
        let rows = sqlx::query(sql).bind(id).fetch_all(&self.pool).await?;
        let mut seances: Vec<SeanceId> = alone.into_iter().collect();
        for row in &rows {
            seances.push(identified(row, "id")?);
        }
        let mut came = BTreeSet::new();
        for seance in seances {
            came.extend(self.connections(seance).await?.into_keys());
        }
        Ok(came)
    }

    /// As what somebody is expected at a séance, with the answer to the invitation.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn own_enrolment(
        &self,
        seance: SeanceId,
        person: PersonId,
    ) -> Result<Option<(EnrolmentRole, InvitationAnswer)>, StoreError> {
        for from in [OF_SEANCE, OF_ITS_SESSION] {
            let sql = format!("SELECT {from} AND person.id = $2");
            let row = sqlx::query(sqlx::AssertSqlSafe(sql))
                .bind(seance.to_string())
                .bind(person.to_string())
                .fetch_optional(&self.pool)
                .await?;
            if let Some(row) = row {
                let role = worded(&row, "role", EnrolmentRole::of)?;
                return Ok(Some((role, worded(&row, "answer", InvitationAnswer::of)?)));
            }
        }
        Ok(None)
    }

    async fn enrolled(&self, from: &str, id: &str) -> Result<Vec<Expected>, StoreError> {
        let sql = format!("SELECT {COLUMNS}, {READ}, {from}");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_owned()).fetch_all(&self.pool).await?;
        rows.iter().map(expected).collect()
    }
}

/// The lobby names those who lead: the plans follow the enrolments.
pub(super) async fn name_trainers(connection: &mut AnyConnection, of: Gathering) -> Result<(), StoreError> {
    let plans = match of {
        Gathering::Seance(id) => seance::find(connection, id).await?.into_iter().collect(),
        Gathering::Session(id) => {
            let rows = sqlx::query("SELECT plan FROM seance WHERE session_formation_id = $1")
                .bind(id.to_string())
                .fetch_all(&mut *connection)
                .await?;
            rows.iter().map(seance::plan).collect::<Result<Vec<_>, _>>()?
        }
    };
    for mut plan in plans {
        let mut leading = Vec::new();
        for from in [OF_SEANCE, OF_ITS_SESSION] {
            let sql = format!("SELECT {COLUMNS}, {READ}, {from}");
            let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
                .bind(plan.id.to_string())
                .fetch_all(&mut *connection)
                .await?;
            for row in &rows {
                leading.extend(Some(expected(row)?).filter(|expected| expected.role.leads()));
            }
        }
        leading.sort_by_key(|one| (one.role, collation(&one.person.last_name, &one.person.first_name)));
        let names: Vec<String> = leading.iter().map(|one| one.person.display_name()).collect();
        if !names.is_empty() && names != plan.trainers {
            plan.trainers = names;
            seance::put(&mut *connection, &plan).await?;
        }
    }
    Ok(())
}

fn expected(row: &AnyRow) -> Result<Expected, StoreError> {
    Ok(Expected {
        person: read(row)?,
        role: worded(row, "role", EnrolmentRole::of)?,
        source: worded(row, "source", EnrolmentSource::of)?,
        answer: worded(row, "answer", InvitationAnswer::of)?,
        base: row.try_get("base")?,
        session: row.try_get("session")?,
        added_ms: row.try_get("added_ms")?,
        by_session: row.try_get::<i64, _>("by_session")? != 0,
        group: row.try_get("group_name")?,
        account: row.try_get::<i64, _>("account")? != 0,
    })
}

fn in_order(mut found: Vec<Expected>) -> Vec<Expected> {
    found.sort_by_cached_key(|one| (collation(&one.person.last_name, &one.person.first_name), one.person.id));
    found
}
