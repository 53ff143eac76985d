//! What a gestionnaire accepted beside the rules of hours: the same parcours twice in a year, somebody who leads and
//! follows.

use std::collections::BTreeSet;

use jiff::Timestamp;
use signaling::{
    hours::report::ExceptionKind,
    id::{PersonId, SessionFormationId},
};

use super::{Store, StoreError, person::identified};

impl Store {
    /// Notes what a gestionnaire accepted; again changes nothing.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn accept_exception(
        &self,
        session: SessionFormationId,
        person: PersonId,
        kind: ExceptionKind,
        author: PersonId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO hours_exception (session_formation_id, person_id, kind, author, at_ms) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (session_formation_id, person_id, kind) DO NOTHING",
        )
        .bind(session.to_string())
        .bind(person.to_string())
        .bind(kind.name())
        .bind(author.to_string())
        .bind(at.as_millisecond())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The people of a session for whom something was accepted.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn exceptions_in(
        &self,
        session: SessionFormationId,
        kind: ExceptionKind,
    ) -> Result<BTreeSet<PersonId>, StoreError> {
        let sql = "SELECT person_id FROM hours_exception WHERE session_formation_id = $1 AND kind = $2";
        let rows = sqlx::query(sql).bind(session.to_string()).bind(kind.name()).fetch_all(&self.pool).await?;
        rows.iter().map(|row| identified(row, "person_id")).collect()
    }

    /// The (session, person) pairs for which something was accepted.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn exceptions(
        &self,
        kind: ExceptionKind,
    ) -> Result<BTreeSet<(SessionFormationId, PersonId)>, StoreError> {
        let rows = sqlx::query("SELECT session_formation_id, person_id FROM hours_exception WHERE kind = $1")
            .bind(kind.name())
            .fetch_all(&self.pool)
            .await?;
        let pair = |row| Ok((identified(row, "session_formation_id")?, identified(row, "person_id")?));
        rows.iter().map(pair).collect()
    }
}
