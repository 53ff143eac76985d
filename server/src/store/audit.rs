//! Acts that leave a line although they change nothing else: refused attempts after a lock, and the like.

use jiff::Timestamp;
use signaling::id::PersonId;

use super::{Store, StoreError};
use crate::clock;

impl Store {
    /// Notes what somebody did or tried. `act` is a word, `subject` an identifier, `detail` a code: no personal text.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn audit(
        &self,
        author: PersonId,
        act: &str,
        subject: &str,
        detail: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.audit_as(&author.to_string(), act, subject, detail, now).await
    }

    /// The same for who is no person: the console.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn audit_as(
        &self,
        author: &str,
        act: &str,
        subject: &str,
        detail: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO audit (id, at_ms, author, act, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(clock::mint().to_string())
        .bind(now.as_millisecond())
        .bind(author.to_owned())
        .bind(act.to_owned())
        .bind(subject.to_owned())
        .bind(detail.to_owned())
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
