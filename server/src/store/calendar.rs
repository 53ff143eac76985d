//! Private calendar addresses: one a person.

use jiff::Timestamp;
use signaling::id::PersonId;

use super::{Store, StoreError, person::identified};

impl Store {
    /// Gives somebody an address by the digest of its secret, or none; the one before is revoked.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn put_calendar(
        &self,
        person: PersonId,
        digest: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.writing.begin().await?;
        sqlx::query("UPDATE calendar_feed SET revoked_ms = $2 WHERE person_id = $1 AND revoked_ms IS NULL")
            .bind(person.to_string())
            .bind(now.as_millisecond())
            .execute(&mut *transaction)
            .await?;
        if let Some(digest) = digest {
            sqlx::query("INSERT INTO calendar_feed (digest, person_id, made_ms) VALUES ($1, $2, $3)")
                .bind(digest)
                .bind(person.to_string())
                .bind(now.as_millisecond())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Whose address it is, unless it was revoked.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn calendar_owner(&self, digest: &str) -> Result<Option<PersonId>, StoreError> {
        let row = sqlx::query("SELECT person_id FROM calendar_feed WHERE digest = $1 AND revoked_ms IS NULL")
            .bind(digest)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| identified(&row, "person_id")).transpose()
    }
}
