//! One-time links to choose a password.

use jiff::Timestamp;
use signaling::id::PersonId;

use super::{Store, StoreError, account::put_password, person::identified};

impl Store {
    /// Keeps an invitation under the digest of its token.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn put_invitation(
        &self,
        digest: &str,
        person: PersonId,
        by: &str,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO invitation (digest, person_id, made_by, until_ms) VALUES ($1, $2, $3, $4)")
            .bind(digest)
            .bind(person.to_string())
            .bind(by)
            .bind(until.as_millisecond())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Whom an invitation invites, unless it was used or is over.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn invited(&self, digest: &str, now: Timestamp) -> Result<Option<PersonId>, StoreError> {
        let sql = "SELECT invitation.person_id FROM invitation JOIN person ON person.id = invitation.person_id \
             WHERE digest = $1 AND used_ms IS NULL AND until_ms > $2 AND person.erased_ms IS NULL";
        let row = sqlx::query(sql).bind(digest).bind(now.as_millisecond()).fetch_optional(&self.pool).await?;
        row.map(|row| identified(&row, "person_id")).transpose()
    }

    /// Sets the password of whom an invitation invites. With it all invitations of the person are used. False when
    /// somebody was faster.
    ///
    /// # Errors
    /// The database does not answer; nothing is changed then.
    pub async fn take_invitation(
        &self,
        digest: &str,
        person: PersonId,
        phc: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let used = sqlx::query("UPDATE invitation SET used_ms = $1 WHERE digest = $2 AND used_ms IS NULL")
            .bind(now.as_millisecond())
            .bind(digest)
            .execute(&mut *transaction)
            .await?;
        if used.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("UPDATE invitation SET used_ms = $1 WHERE person_id = $2 AND used_ms IS NULL")
            .bind(now.as_millisecond())
            .bind(person.to_string())
            .execute(&mut *transaction)
            .await?;
        put_password(&mut transaction, person, phc, now).await?;
        transaction.commit().await?;
        Ok(true)
    }
}
