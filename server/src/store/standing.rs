//! How somebody stands towards a séance or a session, as far as the database knows: enrolled, or its maker. What that
//! allows, `signaling::authorisation` says.

use signaling::{
    authorisation::Standing,
    enrolment::EnrolmentRole,
    id::{PersonId, SessionFormationId},
    seance::Seance,
};
use sqlx::{Row, any::AnyRow};

use super::{Store, StoreError};

impl Store {
    /// Standings towards a séance. Who was enrolled when it began keeps the own line, whatever happened since, and cannot
    /// enter any more ([`Store::enrolled_as`]). To somebody struck off this séance by hand the enrolment in its session
    /// opens nothing of it; who leads the session answers for all its séances.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn standings_at(&self, plan: &Seance, person: PersonId) -> Result<Vec<Standing>, StoreError> {
        let sql = "SELECT role, source, removed_ms FROM enrolment WHERE seance_id = $1 AND person_id = $2";
        let rows =
            sqlx::query(sql).bind(plan.id.to_string()).bind(person.to_string()).fetch_all(&self.pool).await?;
        let starts = plan.starts_at.as_millisecond();
        let (mut found, mut struck) = (Vec::new(), false);
        for row in rows {
            let removed: Option<i64> = row.try_get("removed_ms")?;
            let standing = Standing::of_enrolment(role(&row)?);
            let kept = removed.is_none_or(|at| at > starts && standing == Standing::Participant);
            found.extend(kept.then_some(standing));
            struck |= removed.is_some() && row.try_get::<String, _>("source")? != "gaia";
        }
        if plan.made_by == Some(person) {
            found.push(Standing::Trainer);
        }
        if let Some(id) = plan.session_formation {
            let whole = self.standings_in(id, person).await?;
            found.extend(whole.into_iter().filter(|standing| !struck || *standing == Standing::Trainer));
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
            found.push(Standing::of_enrolment(role(&row)?));
        }
        Ok(found)
    }

    /// True when somebody leads a séance of a session, and so the session too.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn leads_in(&self, id: SessionFormationId, person: PersonId) -> Result<bool, StoreError> {
        let sql = "SELECT e.seance_id FROM enrolment e JOIN seance ON seance.id = e.seance_id \
             WHERE seance.session_formation_id = $1 AND e.person_id = $2 AND e.removed_ms IS NULL \
             AND e.role IN ('trainer', 'co_trainer') LIMIT 1";
        let row =
            sqlx::query(sql).bind(id.to_string()).bind(person.to_string()).fetch_optional(&self.pool).await?;
        Ok(row.is_some())
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

    /// The academies whose files of GAIA list somebody as a trainer now.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn academies_trained_in(&self, person: PersonId) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT t.academy FROM ext_trainer t JOIN person ON person.email = t.email \
             WHERE person.id = $1 AND t.removed_ms IS NULL ORDER BY t.academy";
        let rows = sqlx::query(sql).bind(person.to_string()).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(row.try_get("academy")?)).collect()
    }

    /// The role of an enrolment that stands, at the séance itself or at its session; `None` when there is none.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn enrolled_as(
        &self,
        plan: &Seance,
        person: PersonId,
    ) -> Result<Option<EnrolmentRole>, StoreError> {
        let own = "SELECT role, source, removed_ms FROM enrolment WHERE seance_id = $1 AND person_id = $2";
        let row = sqlx::query(own)
            .bind(plan.id.to_string())
            .bind(person.to_string())
            .fetch_optional(&self.pool)
            .await?;
        if let Some(row) = row {
            let (source, removed): (String, Option<i64>) =
                (row.try_get("source")?, row.try_get("removed_ms")?);
            if removed.is_none() {
                return role(&row).map(Some);
            }
            // Struck off by hand: the enrolment in the session does not bring the person back.
            if source != "gaia" {
                return Ok(None);
            }
        }
        let whole = "SELECT role FROM session_enrolment \
             WHERE session_formation_id = $1 AND person_id = $2 AND removed_ms IS NULL";
        let session = plan.session_formation.map(|id| id.to_string()).unwrap_or_default();
        let row =
            sqlx::query(whole).bind(session).bind(person.to_string()).fetch_optional(&self.pool).await?;
        row.map(|row| role(&row)).transpose()
    }
}

fn role(row: &AnyRow) -> Result<EnrolmentRole, StoreError> {
    let text: String = row.try_get("role")?;
    EnrolmentRole::of(&text).ok_or_else(|| StoreError::Damaged { column: "role".to_owned(), text })
}
