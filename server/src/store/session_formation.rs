//! Sessions of a parcours.

use jiff::Timestamp;
use signaling::{
    hours::training::{HoursMode, Rule},
    id::{ParcoursId, PersonId, SessionFormationId},
    parcours::{SessionFormation, SessionState},
};
use sqlx::{Row, any::AnyRow};

use super::{Store, StoreError, enrolment::worded, person::identified};

impl Store {
    /// Keeps a session, or replaces it. `archived_ms` remembers when it was first archived.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn put_session_formation(
        &self,
        session: &SessionFormation,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let archived = (session.state == SessionState::Archived).then(|| now.as_millisecond());
        let rule = serde_json::to_string(&session.rule)
            .map_err(|why| StoreError::Plan { seance: session.id.to_string(), why })?;
        sqlx::query(
            "INSERT INTO session_formation (id, parcours_id, academy, title, starts_on, ends_on, state, \
             hours_mode, rule, made_ms, archived_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (id) DO UPDATE SET title = excluded.title, starts_on = excluded.starts_on, \
             ends_on = excluded.ends_on, state = excluded.state, hours_mode = excluded.hours_mode, \
             rule = excluded.rule, archived_ms = COALESCE(session_formation.archived_ms, excluded.archived_ms)",
        )
        .bind(session.id.to_string())
        .bind(session.parcours.to_string())
        .bind(&session.academy)
        .bind(&session.title)
        .bind(session.starts_on.to_string())
        .bind(session.ends_on.to_string())
        .bind(session.state.as_str())
        .bind(session.hours_mode.name())
        .bind(rule)
        .bind(now.as_millisecond())
        .bind(archived)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// A session of a parcours.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn session_formation(
        &self,
        id: SessionFormationId,
    ) -> Result<Option<SessionFormation>, StoreError> {
        let row = sqlx::query("SELECT * FROM session_formation WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| read(&row)).transpose()
    }

    /// Whether a session of that parcours is archived.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn has_archived_session(&self, parcours: ParcoursId) -> Result<bool, StoreError> {
        let sql =
            "SELECT id FROM session_formation WHERE parcours_id = $1 AND archived_ms IS NOT NULL LIMIT 1";
        let row = sqlx::query(sql).bind(parcours.to_string()).fetch_optional(&self.pool).await?;
        Ok(row.is_some())
    }

    /// The sessions of an academy, latest first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn sessions_formation_in(&self, academy: &str) -> Result<Vec<SessionFormation>, StoreError> {
        let sql = "SELECT * FROM session_formation WHERE academy = $1 ORDER BY starts_on DESC, id DESC";
        let rows = sqlx::query(sql).bind(academy).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// The sessions that somebody is enrolled in, or leads a séance of; latest first. Those who only take part find one
    /// when it is no longer in preparation.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn sessions_formation_for(
        &self,
        person: PersonId,
    ) -> Result<Vec<SessionFormation>, StoreError> {
        let sql = "SELECT * FROM session_formation f WHERE EXISTS (SELECT 1 FROM session_enrolment s \
                 WHERE s.session_formation_id = f.id AND s.person_id = $1 AND s.removed_ms IS NULL \
                 AND (f.state <> 'prep' OR s.role IN ('trainer', 'co_trainer', 'tutor'))) \
             OR EXISTS (SELECT 1 FROM seance JOIN enrolment e ON e.seance_id = seance.id \
                 WHERE seance.session_formation_id = f.id AND e.person_id = $1 AND e.removed_ms IS NULL \
                 AND (f.state <> 'prep' OR e.role IN ('trainer', 'co_trainer', 'tutor'))) \
             ORDER BY starts_on DESC, id DESC";
        let rows = sqlx::query(sql).bind(person.to_string()).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }
}

/// A row of the whole table.
pub(super) fn read(row: &AnyRow) -> Result<SessionFormation, StoreError> {
    let rule: String = row.try_get("rule")?;
    Ok(SessionFormation {
        id: identified(row, "id")?,
        parcours: identified(row, "parcours_id")?,
        academy: row.try_get("academy")?,
        title: row.try_get("title")?,
        starts_on: identified(row, "starts_on")?,
        ends_on: identified(row, "ends_on")?,
        state: worded(row, "state", SessionState::of)?,
        hours_mode: worded(row, "hours_mode", HoursMode::named)?,
        rule: worded(row, "rule", |_| serde_json::from_str::<Rule>(&rule).ok())?,
    })
}
