//! Local accounts and the browsers that are logged in.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use signaling::{
    id::PersonId,
    person::{Grant, Person},
};
use sqlx::Row;

use super::{
    Store, StoreError,
    person::{self, COLUMNS},
};

/// What the database keeps of a secret that somebody else holds.
#[must_use]
pub fn digest_of(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// A logged-in browser, and who it is.
#[derive(Debug, Clone)]
pub struct Login {
    pub person: Person,
    pub grants: Vec<Grant>,
    pub seen: Timestamp,
}

/// A person with the PHC string of the password.
#[derive(Clone)]
pub struct Account {
    pub person: PersonId,
    pub password: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({:?})", self.person)
    }
}

impl Store {
    /// The account of a normalised address, unless it is disabled.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn account(&self, email: &str) -> Result<Option<Account>, StoreError> {
        let sql = "SELECT account.person_id, account.password FROM account \
             JOIN person ON person.id = account.person_id \
             WHERE person.email = $1 AND person.erased_ms IS NULL AND account.disabled_ms IS NULL";
        let row = sqlx::query(sql).bind(email).fetch_optional(&self.pool).await?;
        row.map(|row| {
            Ok(Account { person: person::identified(&row, "person_id")?, password: row.try_get("password")? })
        })
        .transpose()
    }

    /// The password (a PHC string) of somebody who has an account.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn password_of(&self, person: PersonId) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT password FROM account WHERE person_id = $1 AND disabled_ms IS NULL")
            .bind(person.to_string())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.try_get("password")).transpose()?)
    }

    /// Sets a password (a PHC string), makes the account where there is none, and logs every browser out.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn put_password(&self, person: PersonId, phc: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        put_password(&mut transaction, person, phc, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps a login under the digest of what the cookie holds.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn put_login(
        &self,
        digest: &str,
        person: PersonId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO login (digest, person_id, made_ms, seen_ms, until_ms) VALUES ($1, $2, $3, $3, $4)";
        sqlx::query(sql)
            .bind(digest)
            .bind(person.to_string())
            .bind(now.as_millisecond())
            .bind(until.as_millisecond())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Who is logged in with that cookie, unless it expired or lay unused since `idle`.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn login(
        &self,
        digest: &str,
        now: Timestamp,
        idle: Timestamp,
    ) -> Result<Option<Login>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, login.seen_ms FROM login JOIN person ON person.id = login.person_id \
             JOIN account ON account.person_id = login.person_id \
             WHERE login.digest = $1 AND login.until_ms > $2 AND login.seen_ms > $3 \
             AND person.erased_ms IS NULL AND account.disabled_ms IS NULL"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(digest)
            .bind(now.as_millisecond())
            .bind(idle.as_millisecond())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let person = person::read(&row)?;
        let seen = Timestamp::from_millisecond(row.try_get("seen_ms")?).unwrap_or(now);
        let grants = self.grants(person.id).await?;
        Ok(Some(Login { person, grants, seen }))
    }

    /// The browser was heard of again.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn touch_login(&self, digest: &str, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE login SET seen_ms = $1 WHERE digest = $2")
            .bind(now.as_millisecond())
            .bind(digest)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Whether a browser that logged in is so still: neither logged out nor over by a new password.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn is_logged_in(&self, digest: &str) -> Result<bool, StoreError> {
        let sql = "SELECT login.person_id FROM login JOIN account ON account.person_id = login.person_id \
             WHERE login.digest = $1 AND account.disabled_ms IS NULL";
        Ok(sqlx::query(sql).bind(digest).fetch_optional(&self.pool).await?.is_some())
    }

    /// Logs one browser out, and forgets the logins that are over.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn drop_login(&self, digest: &str, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM login WHERE digest = $1 OR until_ms <= $2")
            .bind(digest)
            .bind(now.as_millisecond())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// See [`Store::put_password`].
pub(super) async fn put_password(
    connection: &mut sqlx::AnyConnection,
    person: PersonId,
    phc: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO account (person_id, password, changed_ms) VALUES ($1, $2, $3) \
         ON CONFLICT (person_id) DO UPDATE SET password = excluded.password, changed_ms = excluded.changed_ms";
    sqlx::query(sql)
        .bind(person.to_string())
        .bind(phc)
        .bind(now.as_millisecond())
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM login WHERE person_id = $1")
        .bind(person.to_string())
        .execute(&mut *connection)
        .await?;
    Ok(())
}
