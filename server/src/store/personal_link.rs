//! Personal links into one séance. The ticket in a link names its row, so that it can be taken back.

use jiff::Timestamp;
use signaling::{
    enrolment::EnrolmentRole,
    id::{LinkId, PersonId, SeanceId},
};
use sqlx::Row;

use super::{Store, StoreError};

impl Store {
    /// Keeps a link.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn put_personal_link(
        &self,
        link: LinkId,
        seance: SeanceId,
        person: PersonId,
        role: EnrolmentRole,
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO personal_link (id, seance_id, person_id, role, made_by, made_ms) \
             VALUES ($1, $2, $3, $4, $5, $6)";
        sqlx::query(sql)
            .bind(link.to_string())
            .bind(seance.to_string())
            .bind(person.to_string())
            .bind(role.as_str())
            .bind(by)
            .bind(now.as_millisecond())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// True while a link opens something: it was made, and not taken back.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn is_link_open(&self, link: LinkId) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT revoked_ms FROM personal_link WHERE id = $1")
            .bind(link.to_string())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(false) };
        Ok(row.try_get::<Option<i64>, _>("revoked_ms")?.is_none())
    }

    /// Takes back all links of somebody into a séance; how many there were.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn revoke_personal_links(
        &self,
        seance: SeanceId,
        person: PersonId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let sql = "UPDATE personal_link SET revoked_ms = $1 \
             WHERE seance_id = $2 AND person_id = $3 AND revoked_ms IS NULL";
        let done = sqlx::query(sql)
            .bind(now.as_millisecond())
            .bind(seance.to_string())
            .bind(person.to_string())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }
}
