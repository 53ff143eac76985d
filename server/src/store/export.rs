//! The log of exports: every file that left has a number, a version, a digest, and its bytes are kept.

use std::collections::BTreeMap;

use jiff::Timestamp;
use signaling::id::PersonId;
use sqlx::Row as _;

use super::{Store, StoreError, roll::instant};

/// One file that left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    pub number: u64,
    /// Who asked for it: a person's identifier, or what else it was.
    pub author: String,
    pub at: Timestamp,
    /// `seance`, `session_formation`, `attestation`, `supervision`.
    pub scope: String,
    pub scope_id: String,
    pub format: String,
    /// Counts the exports of this scope and format, from 1.
    pub version: u64,
    pub file_name: String,
    /// Hex.
    pub sha256: String,
    pub row_count: u64,
    /// The bytes are still there.
    pub kept: bool,
}

/// Which exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exported<'e> {
    /// Of one thing.
    Of { scope: &'e str, id: &'e str },
    /// That somebody asked for.
    By(PersonId),
}

/// What the next export of something will be, as long as nobody else makes one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Turn {
    pub number: u64,
    pub version: u64,
    /// Person → digest of the row in the version before.
    pub before: BTreeMap<String, String>,
}

impl Store {
    /// The number and version of the next export, and the rows of the one before.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn export_turn(&self, scope: &str, scope_id: &str, format: &str) -> Result<Turn, StoreError> {
        let last = sqlx::query("SELECT COALESCE(MAX(number), 0) AS number FROM export_log")
            .fetch_one(&self.pool)
            .await?;
        let before = sqlx::query(
            "SELECT c.version, e.row_digests FROM export_count c LEFT JOIN export_log e ON e.scope = c.scope \
             AND e.scope_id = c.scope_id AND e.format = c.format AND e.version = c.version \
             WHERE c.scope = $1 AND c.scope_id = $2 AND c.format = $3",
        )
        .bind(scope.to_owned())
        .bind(scope_id.to_owned())
        .bind(format.to_owned())
        .fetch_optional(&self.pool)
        .await?;
        let number = count(last.try_get("number")?).saturating_add(1);
        let Some(row) = before else { return Ok(Turn { number, version: 1, ..Turn::default() }) };
        // The log of the one before may have served its time.
        let digests: Option<String> = row.try_get("row_digests")?;
        let before = serde_json::from_str(digests.as_deref().unwrap_or("{}"))
            .map_err(|why| StoreError::Damaged { column: "row_digests".to_owned(), text: why.to_string() })?;
        Ok(Turn { number, version: count(row.try_get("version")?).saturating_add(1), before })
    }

    /// Writes an export down. False when its number was taken meanwhile: the file is to be made again.
    ///
    /// # Errors
    /// The database does not answer, or is full.
    pub async fn log_export(
        &self,
        logged: &Logged,
        digests: &BTreeMap<String, String>,
    ) -> Result<bool, StoreError> {
        let digests = serde_json::to_string(digests)
            .map_err(|why| StoreError::Damaged { column: "row_digests".to_owned(), text: why.to_string() })?;
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let mut transaction = self.pool.begin().await?;
        let written = sqlx::query(
            "INSERT INTO export_log (number, author, at_ms, scope, scope_id, format, version, file_name, sha256, \
             row_count, row_digests) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(number(logged.number))
        .bind(logged.author.clone())
        .bind(logged.at.as_millisecond())
        .bind(logged.scope.clone())
        .bind(logged.scope_id.clone())
        .bind(logged.format.clone())
        .bind(number(logged.version))
        .bind(logged.file_name.clone())
        .bind(logged.sha256.clone())
        .bind(number(logged.row_count))
        .bind(digests)
        .execute(&mut *transaction)
        .await;
        match written.map_err(StoreError::Query) {
            Ok(_) => {}
            Err(error) if error.is_repetition() => return Ok(false),
            Err(error) => return Err(error),
        }
        sqlx::query(
            "INSERT INTO export_count (scope, scope_id, format, version) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (scope, scope_id, format) DO UPDATE SET version = excluded.version",
        )
        .bind(logged.scope.clone())
        .bind(logged.scope_id.clone())
        .bind(logged.format.clone())
        .bind(number(logged.version))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Lets go of the bytes of what one reader was told of something that goes on, but for the last `stay` of them; the
    /// log still says that they left. The digests of those that nothing else refers to.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn let_go(&self, of: &Logged, stay: usize) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query(
            "SELECT number, sha256 FROM export_log WHERE scope = $1 AND scope_id = $2 AND format = $3 \
             AND author = $4 AND kept = 1 AND file_name LIKE '%!_provisoire!_%' ESCAPE '!' ORDER BY number DESC",
        )
        .bind(of.scope.clone())
        .bind(of.scope_id.clone())
        .bind(of.format.clone())
        .bind(of.author.clone())
        .fetch_all(&self.pool)
        .await?;
        let mut gone = Vec::new();
        for row in rows.iter().skip(stay) {
            let (number, sha256): (i64, String) = (row.try_get("number")?, row.try_get("sha256")?);
            sqlx::query("UPDATE export_log SET kept = 0, row_digests = '{}' WHERE number = $1")
                .bind(number)
                .execute(&self.pool)
                .await?;
            let others = sqlx::query("SELECT number FROM export_log WHERE sha256 = $1 AND kept = 1 LIMIT 1")
                .bind(sha256.clone())
                .fetch_optional(&self.pool)
                .await?;
            if others.is_none() {
                gone.push(sha256);
            }
        }
        Ok(gone)
    }

    /// The last exports, the last one first, with the names of those who asked for them: those below the number
    /// `before`, at most `limit`.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn exports(
        &self,
        which: Exported<'_>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<(Logged, Option<String>)>, StoreError> {
        let (condition, value, of) = match which {
            Exported::Of { scope, id } => ("e.scope_id = $1 AND e.scope = $2", id.to_owned(), scope),
            // The second value is not asked for, and bound all the same.
            Exported::By(person) => ("e.author = $1 AND e.scope <> $2", person.to_string(), ""),
        };
        let sql = format!(
            "SELECT e.*, p.first_name, p.last_name FROM export_log e LEFT JOIN person p ON p.id = e.author \
             WHERE {condition} AND e.number < $3 ORDER BY e.number DESC LIMIT $4"
        );
        let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(value)
            .bind(of.to_owned())
            .bind(before)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        let read = |row: &sqlx::any::AnyRow| {
            let part = |column: &str| row.try_get::<Option<String>, _>(column);
            let name = match (part("first_name")?, part("last_name")?) {
                (Some(first), Some(last)) => Some(format!("{first} {last}").trim().to_owned()),
                (first, last) => first.or(last),
            };
            Ok((logged(row)?, name.filter(|name| !name.is_empty())))
        };
        rows.iter().map(read).collect()
    }

    /// The export of that number.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn export(&self, number: u64) -> Result<Option<Logged>, StoreError> {
        let row = sqlx::query("SELECT * FROM export_log WHERE number = $1")
            .bind(i64::try_from(number).unwrap_or(i64::MAX))
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(logged).transpose()
    }
}

fn logged(row: &sqlx::any::AnyRow) -> Result<Logged, StoreError> {
    Ok(Logged {
        number: count(row.try_get("number")?),
        author: row.try_get("author")?,
        at: instant(row, "at_ms")?,
        scope: row.try_get("scope")?,
        scope_id: row.try_get("scope_id")?,
        format: row.try_get("format")?,
        version: count(row.try_get("version")?),
        file_name: row.try_get("file_name")?,
        sha256: row.try_get("sha256")?,
        row_count: count(row.try_get("row_count")?),
        kept: row.try_get::<i64, _>("kept")? == 1,
    })
}

fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
