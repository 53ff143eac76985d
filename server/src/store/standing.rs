//! How somebody stands towards a séance or a session, as far as the database knows: enrolled, or its maker. What that
//! allows, `signaling::authorisation` says.

use signaling::{
    authorisation::Standing,
    id::{PersonId, SeanceId, SessionFormationId},
    seance::Seance,
};
use sqlx::Row;

use super::{Store, StoreError};

impl Store {
    /// Standings towards a séance. Who was enrolled when it began keeps the own line, whatever happened since.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn standings_at(&self, plan: &Seance, person: PersonId) -> Result<Vec<Standing>, StoreError> {
        let sql = "SELECT role, removed_ms FROM enrolment WHERE seance_id = $1 AND person_id = $2";
        let rows =
            sqlx::query(sql).bind(plan.id.to_string()).bind(person.to_string()).fetch_all(&self.pool).await?;
        let starts = plan.starts_at.as_millisecond();
        let mut found = Vec::new();
        for row in rows {
            let removed: Option<i64> = row.try_get("removed_ms")?;
            let standing = Standing::of_enrolment(row.try_get("role")?);
            let kept = removed.is_none_or(|at| at > starts && standing == Some(Standing::Participant));
            found.extend(standing.filter(|_| kept));
        }
        let made = sqlx::query("SELECT made_by FROM seance WHERE id = $1 AND made_by = $2")
            .bind(plan.id.to_string())
            .bind(person.to_string())
            .fetch_optional(&self.pool)
            .await?;
        found.extend(made.map(|_| Standing::Trainer));
        if let Some(id) = plan.session_formation {
            found.extend(self.standings_in(id, person).await?);
        }
        Ok(found)
    }

    /// Standings towards a session of a parcours.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn standings_in(
        &self,
        id: SessionFormationId,
        person: PersonId,
    ) -> Result<Vec<Standing>, StoreError> {
        let sql = "SELECT role FROM session_enrolment \
             WHERE session_formation_id = $1 AND person_id = $2 AND removed_ms IS NULL";
        let rows =
            sqlx::query(sql).bind(id.to_string()).bind(person.to_string()).fetch_all(&self.pool).await?;
        let mut found = Vec::new();
        for row in rows {
            found.extend(Standing::of_enrolment(row.try_get("role")?));
        }
        Ok(found)
    }

    /// The academy that holds a session of a parcours; `None` when there is no such session.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn academy_of_session(&self, id: SessionFormationId) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT academy FROM session_formation WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.try_get("academy")).transpose()?)
    }

    /// True when somebody trains in an academy: at one of its séances, or by its files of GAIA.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn trains_in(&self, person: PersonId, academy: &str) -> Result<bool, StoreError> {
        let enrolled = "SELECT enrolment.seance_id FROM enrolment JOIN seance ON seance.id = enrolment.seance_id \
             WHERE enrolment.person_id = $1 AND seance.academy = $2 AND enrolment.removed_ms IS NULL \
             AND enrolment.role IN ('trainer', 'co_trainer') LIMIT 1";
        let listed = "SELECT ext_trainer.base FROM ext_trainer JOIN person ON person.email = ext_trainer.email \
             WHERE person.id = $1 AND ext_trainer.academy = $2 AND ext_trainer.removed_ms IS NULL LIMIT 1";
        for sql in [enrolled, listed] {
            let row =
                sqlx::query(sql).bind(person.to_string()).bind(academy).fetch_optional(&self.pool).await?;
            if row.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The role of an enrolment that stands, at the séance itself or at its session; `None` when there is none.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn enrolled_as(&self, plan: &Seance, person: PersonId) -> Result<Option<String>, StoreError> {
        let own = "SELECT role FROM enrolment WHERE seance_id = $1 AND person_id = $2 AND removed_ms IS NULL";
        let whole = "SELECT role FROM session_enrolment \
             WHERE session_formation_id = $1 AND person_id = $2 AND removed_ms IS NULL";
        let session = plan.session_formation.map(|id| id.to_string()).unwrap_or_default();
        for (sql, id) in [(own, plan.id.to_string()), (whole, session)] {
            let row = sqlx::query(sql).bind(id).bind(person.to_string()).fetch_optional(&self.pool).await?;
            if let Some(row) = row {
                return Ok(Some(row.try_get("role")?));
            }
        }
        Ok(None)
    }

    /// Who made a séance, when a person did.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn made_by(&self, id: SeanceId) -> Result<Option<PersonId>, StoreError> {
        let row = sqlx::query("SELECT made_by FROM seance WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await?;
        let maker = row.map(|row| row.try_get::<Option<String>, _>("made_by")).transpose()?.flatten();
        Ok(maker.and_then(|maker| maker.parse().ok()))
    }
}
