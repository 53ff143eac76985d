//! Sessions of a parcours.

use jiff::Timestamp;
use signaling::{
    hours::training::{HoursMode, Rule},
    id::{ParcoursId, PersonId, SessionFormationId},
    parcours::{SessionFormation, SessionState},
};
use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{
    Gathering, Store, StoreError,
    enrolment::{hold, worded},
    person::identified,
};

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
        let mut transaction = self.pool.begin().await?;
        put(&mut transaction, session, now).await?;
        Ok(transaction.commit().await?)
    }

    /// Changes a session as it is now, in one transaction: `change` is told whether anything is attested in it, and nothing
    /// is written when it refuses. `None` when there is no such session.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn change_session_formation<R>(
        &self,
        id: SessionFormationId,
        now: Timestamp,
        change: impl FnOnce(&mut SessionFormation, bool) -> Result<(), R>,
    ) -> Result<Option<Result<SessionFormation, R>>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        hold(&mut transaction, Gathering::Session(id)).await?;
        let row = sqlx::query("SELECT * FROM session_formation WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(mut session) = row.map(|row| read(&row)).transpose()? else { return Ok(None) };
        let attested =
            "SELECT id FROM attestation WHERE session_formation_id = $1 AND revoked_ms IS NULL LIMIT 1";
        let attested =
            sqlx::query(attested).bind(id.to_string()).fetch_optional(&mut *transaction).await?.is_some();
        if let Err(refused) = change(&mut session, attested) {
            return Ok(Some(Err(refused)));
        }
        put(&mut transaction, &session, now).await?;
        transaction.commit().await?;
        Ok(Some(Ok(session)))
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

/// Begins a transaction that only an open session allows: it is not archived before the end of it. False when it is; of
/// one that does not exist nothing is known.
pub(super) async fn still_open(
    connection: &mut AnyConnection,
    id: SessionFormationId,
) -> Result<bool, StoreError> {
    hold(connection, Gathering::Session(id)).await?;
    let sql = "SELECT id FROM session_formation WHERE id = $1 AND archived_ms IS NOT NULL";
    Ok(sqlx::query(sql).bind(id.to_string()).fetch_optional(connection).await?.is_none())
}

async fn put(
    connection: &mut AnyConnection,
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
    .execute(connection)
    .await?;
    Ok(())
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
