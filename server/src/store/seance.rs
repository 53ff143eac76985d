//! Séances as planned. The plan (JSON) is the truth; the other columns are for looking up.

use jiff::Timestamp;
use signaling::{
    id::{PersonId, SeanceId, SessionFormationId},
    seance::Seance,
};
use sqlx::{Any, AnyConnection, Executor, Row, any::AnyRow};

use super::{
    Store, StoreError,
    emargement::move_half_days,
    enrolment::{Gathering, hold},
};

/// Most séances of one list.
const LISTED: i64 = 1_000;

impl Store {
    /// Keeps a séance, or replaces its plan.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn put_seance(&self, plan: &Seance) -> Result<(), StoreError> {
        put(&self.pool, plan).await
    }

    /// Replaces the plan of a séance, unless it was changed since `seen` (its sequence). True when it was replaced. The
    /// half-days that nobody signed go with it.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn replace_seance(&self, plan: &Seance, seen: u32) -> Result<bool, StoreError> {
        let mut transaction = self.writing.begin().await?;
        hold(&mut transaction, Gathering::Seance(plan.id)).await?;
        let Some(current) = find(&mut transaction, plan.id).await?.filter(|now| now.sequence == seen) else {
            return Ok(false);
        };
        move_half_days(&mut transaction, &current, plan).await?;
        // Those who lead follow the enrolments alone.
        put(&mut *transaction, &Seance { trainers: current.trainers, ..plan.clone() }).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The plan of a séance.
    ///
    /// # Errors
    /// The database does not answer, or the plan was damaged.
    pub async fn seance(&self, id: SeanceId) -> Result<Option<Seance>, StoreError> {
        let row = sqlx::query("SELECT plan FROM seance WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| plan(&row)).transpose()
    }

    /// All séances, latest start first.
    ///
    /// # Errors
    /// The database does not answer, or a plan was damaged.
    pub async fn seances(&self) -> Result<Vec<Seance>, StoreError> {
        let rows = sqlx::query("SELECT plan FROM seance ORDER BY starts_ms DESC, id DESC")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(plan).collect()
    }

    /// True when somebody was ever let in.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn has_journal(&self, id: SeanceId) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT seq FROM journal WHERE seance_id = $1 LIMIT 1")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// The séances of a session of a parcours, first start first; cancelled ones too.
    ///
    /// # Errors
    /// The database does not answer, or a plan was damaged.
    pub async fn seances_of(&self, session: SessionFormationId) -> Result<Vec<Seance>, StoreError> {
        let rows =
            sqlx::query("SELECT plan FROM seance WHERE session_formation_id = $1 ORDER BY starts_ms, id")
                .bind(session.to_string())
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(plan).collect()
    }

    /// The séances that somebody is enrolled in, or planned, and that start in a stretch of time; first start first, a
    /// thousand at most.
    ///
    /// # Errors
    /// The database does not answer, or a plan was damaged.
    pub async fn seances_for(
        &self,
        person: PersonId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Seance>, StoreError> {
        let sql = "SELECT plan FROM seance WHERE starts_ms >= $1 AND starts_ms < $2 AND (made_by = $3 \
             OR EXISTS (SELECT 1 FROM enrolment e WHERE e.seance_id = seance.id AND e.person_id = $3 \
                 AND (e.removed_ms IS NULL OR e.removed_ms > seance.starts_ms)) \
             OR (EXISTS (SELECT 1 FROM session_enrolment s WHERE s.person_id = $3 \
                     AND s.session_formation_id = seance.session_formation_id AND s.removed_ms IS NULL) \
                 AND NOT EXISTS (SELECT 1 FROM enrolment e WHERE e.seance_id = seance.id AND e.person_id = $3 \
                     AND e.removed_ms IS NOT NULL AND e.source <> 'gaia'))) \
             ORDER BY starts_ms, id LIMIT $4";
        let rows = sqlx::query(sql)
            .bind(from.as_millisecond())
            .bind(to.as_millisecond())
            .bind(person.to_string())
            .bind(LISTED)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(plan).collect()
    }

    /// The séances that somebody planned, or leads or helps in by the own or the session's list; first start first.
    ///
    /// # Errors
    /// The database does not answer, or a plan was damaged.
    pub async fn seances_led(&self, person: PersonId) -> Result<Vec<Seance>, StoreError> {
        let sql = "SELECT plan FROM seance WHERE cancelled_ms IS NULL AND (made_by = $1 \
             OR EXISTS (SELECT 1 FROM enrolment e WHERE e.seance_id = seance.id AND e.person_id = $1 \
                 AND e.role IN ('trainer', 'co_trainer', 'tutor')) \
             OR EXISTS (SELECT 1 FROM session_enrolment s WHERE s.person_id = $1 \
                 AND s.session_formation_id = seance.session_formation_id \
                 AND s.role IN ('trainer', 'co_trainer', 'tutor'))) ORDER BY starts_ms, id";
        let rows = sqlx::query(sql).bind(person.to_string()).fetch_all(&self.pool).await?;
        rows.iter().map(plan).collect()
    }

    /// The séances of an academy that start in a stretch of time; first start first, a thousand at most.
    ///
    /// # Errors
    /// The database does not answer, or a plan was damaged.
    pub async fn seances_in(
        &self,
        academy: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Seance>, StoreError> {
        let sql = "SELECT plan FROM seance WHERE academy = $1 AND starts_ms >= $2 AND starts_ms < $3 \
             ORDER BY starts_ms, id LIMIT $4";
        let rows = sqlx::query(sql)
            .bind(academy)
            .bind(from.as_millisecond())
            .bind(to.as_millisecond())
            .bind(LISTED)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(plan).collect()
    }
}

/// The plan of a séance inside a transaction.
pub(super) async fn find(connection: &mut AnyConnection, id: SeanceId) -> Result<Option<Seance>, StoreError> {
    let row = sqlx::query("SELECT plan FROM seance WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    row.map(|row| plan(&row)).transpose()
}

/// Keeps a séance, or replaces its plan.
pub(super) async fn put<'c>(
    executor: impl Executor<'c, Database = Any>,
    plan: &Seance,
) -> Result<(), StoreError> {
    let text =
        serde_json::to_string(plan).map_err(|why| StoreError::Plan { seance: plan.id.to_string(), why })?;
    sqlx::query(
        "INSERT INTO seance (id, plan, starts_ms, session_formation_id, academy, cancelled_ms, made_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET plan = excluded.plan, \
         starts_ms = excluded.starts_ms, session_formation_id = excluded.session_formation_id, \
         academy = excluded.academy, cancelled_ms = excluded.cancelled_ms, made_by = excluded.made_by",
    )
    .bind(plan.id.to_string())
    .bind(text)
    .bind(plan.starts_at.as_millisecond())
    .bind(plan.session_formation.map(|id| id.to_string()))
    .bind(plan.academy.clone())
    .bind(plan.cancelled_at.map(Timestamp::as_millisecond))
    .bind(plan.made_by.map(|id| id.to_string()))
    .execute(executor)
    .await?;
    Ok(())
}

pub(super) fn plan(row: &AnyRow) -> Result<Seance, StoreError> {
    let text: String = row.try_get("plan")?;
    serde_json::from_str(&text).map_err(|why| StoreError::Plan { seance: String::new(), why })
}
