//! What stays when results have served their time: figures without people.

use jiff::Timestamp;
use signaling::{attendance::Counts, id::PersonId, seance::Seance};
use sqlx::Row;

use super::{Store, StoreError, seance};

/// All that is kept of a séance by people.
const PEOPLE: [&str; 13] = [
    "DELETE FROM journal_result WHERE seance_id = $1",
    "DELETE FROM seal WHERE seance_id = $1",
    "DELETE FROM adjustment WHERE seance_id = $1",
    "DELETE FROM correction_request WHERE seance_id = $1",
    "DELETE FROM signature WHERE half_day_id IN (SELECT id FROM half_day WHERE seance_id = $1)",
    "DELETE FROM signature_withdrawn WHERE half_day_id IN (SELECT id FROM half_day WHERE seance_id = $1)",
    "DELETE FROM half_day WHERE seance_id = $1",
    "DELETE FROM replay_watched WHERE seance_id = $1",
    "DELETE FROM personal_link WHERE seance_id = $1",
    "DELETE FROM seance_ext_link WHERE seance_id = $1",
    "DELETE FROM enrolment WHERE seance_id = $1",
    "DELETE FROM view_log WHERE scope = 'seance' AND scope_id = $1",
    "DELETE FROM retention_hold WHERE scope = 'seance' AND scope_id = $1",
];

/// Who is nobody, in rows that must keep their number.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

impl Store {
    /// Keeps the figures of a séance and deletes everything about people, in one transaction; its journal must have gone
    /// before.
    ///
    /// # Errors
    /// The database does not answer; the séance is then as it was.
    pub async fn keep_figures(&self, plan: &Seance, counts: &Counts) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO seance_figures (seance_id, academy, starts_ms, enrolled, present, absent, excused) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (seance_id) DO NOTHING",
        )
        .bind(plan.id.to_string())
        .bind(plan.academy.clone())
        .bind(plan.starts_at.as_millisecond())
        .bind(i64::from(counts.enrolled))
        .bind(i64::from(counts.present))
        .bind(i64::from(counts.absent))
        .bind(i64::from(counts.excused))
        .execute(&mut *transaction)
        .await?;
        for forget in PEOPLE {
            sqlx::query(forget).bind(plan.id.to_string()).execute(&mut *transaction).await?;
        }
        let nameless = Seance { trainers: Vec::new(), made_by: None, ..plan.clone() };
        seance::put(&mut *transaction, &nameless).await?;
        Ok(transaction.commit().await?)
    }

    /// The instants of the attestations that still name somebody, with the academies that gave them, and the sessions
    /// that still list people, with their last days.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn results_of_sessions(&self) -> Result<Vec<(String, String, String)>, StoreError> {
        let sql = "SELECT s.id, s.academy, s.ends_on FROM session_formation s WHERE EXISTS (SELECT 1 \
             FROM session_enrolment e WHERE e.session_formation_id = s.id) OR EXISTS (SELECT 1 FROM attestation a \
             WHERE a.session_formation_id = s.id AND a.person_id <> a.id) ORDER BY s.ends_on, s.id";
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| Ok((row.try_get("id")?, row.try_get("academy")?, row.try_get("ends_on")?)))
            .collect()
    }

    /// Takes the people out of a session: its list goes, its attestations stay as numbers, minutes and leaves.
    ///
    /// # Errors
    /// The database does not answer; the session is then as it was.
    pub async fn unname_session(&self, id: &str) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        for forget in [
            "DELETE FROM session_enrolment WHERE session_formation_id = $1",
            "DELETE FROM hours_exception WHERE session_formation_id = $1",
            "DELETE FROM view_log WHERE scope = 'session_formation' AND scope_id = $1",
        ] {
            sqlx::query(forget).bind(id.to_owned()).execute(&mut *transaction).await?;
        }
        for unname in [
            // Of one person one attestation of a session holds: nobody is a different one each time.
            "UPDATE attestation SET person_id = id, author = $2, revoked_by = '', line = '', salt = '', \
             reason = '', revoked_reason = '' WHERE session_formation_id = $1",
            "UPDATE attestation_act SET author = $2 WHERE session_formation_id = $1",
        ] {
            sqlx::query(unname).bind(id.to_owned()).bind(NOBODY).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// People made known before then of whom nothing is left that needs them: no enrolment, attestation, account, role.
    ///
    /// # Errors
    /// The database does not answer, or an identifier was damaged.
    pub async fn people_left(&self, before: Timestamp) -> Result<Vec<PersonId>, StoreError> {
        let sql = "SELECT id FROM person WHERE erased_ms IS NULL AND created_ms < $1 \
             AND NOT EXISTS (SELECT 1 FROM enrolment e WHERE e.person_id = person.id) \
             AND NOT EXISTS (SELECT 1 FROM session_enrolment e WHERE e.person_id = person.id) \
             AND NOT EXISTS (SELECT 1 FROM attestation a WHERE a.person_id = person.id) \
             AND NOT EXISTS (SELECT 1 FROM account a WHERE a.person_id = person.id) \
             AND NOT EXISTS (SELECT 1 FROM platform_role r WHERE r.person_id = person.id) \
             AND NOT EXISTS (SELECT 1 FROM seance s WHERE s.made_by = person.id) \
             AND NOT EXISTS (SELECT 1 FROM retention_hold h WHERE h.scope = 'person' AND h.scope_id = person.id)";
        let rows = sqlx::query(sql).bind(before.as_millisecond()).fetch_all(&self.pool).await?;
        rows.iter().map(|row| super::person::identified(row, "id")).collect()
    }
}
