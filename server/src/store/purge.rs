//! The reports of purges.

use jiff::Timestamp;
use signaling::{id::RetentionRunId, office::privacy::PurgeRun};
use sqlx::{Row, any::AnyRow};

use super::{Store, StoreError, correction::instant};

/// Reports of one answer.
const LISTED: i64 = 30;

impl Store {
    /// Keeps the report of a purge.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn put_purge(&self, run: &PurgeRun) -> Result<(), StoreError> {
        let lines = serde_json::to_string(&run.lines)
            .map_err(|why| StoreError::Damaged { column: "lines".to_owned(), text: why.to_string() })?;
        sqlx::query("INSERT INTO retention_run (id, at_ms, lines) VALUES ($1, $2, $3)")
            .bind(run.id.to_string())
            .bind(run.at.as_millisecond())
            .bind(lines)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The reports of the last purges, the last one first.
    ///
    /// # Errors
    /// The database does not answer, or a report was damaged.
    pub async fn purges(&self) -> Result<Vec<PurgeRun>, StoreError> {
        let sql = "SELECT id, at_ms, lines FROM retention_run ORDER BY at_ms DESC, id DESC LIMIT $1";
        let rows = sqlx::query(sql).bind(LISTED).fetch_all(&self.pool).await?;
        rows.iter().map(purge).collect()
    }

    /// One of them, and when the one before it was.
    ///
    /// # Errors
    /// The database does not answer, or the report was damaged.
    pub async fn purge_of(
        &self,
        id: RetentionRunId,
    ) -> Result<Option<(PurgeRun, Option<Timestamp>)>, StoreError> {
        let sql = "SELECT id, at_ms, lines FROM retention_run WHERE id = $1";
        let row = sqlx::query(sql).bind(id.to_string()).fetch_optional(&self.pool).await?;
        let Some(run) = row.as_ref().map(purge).transpose()? else { return Ok(None) };
        let sql = "SELECT at_ms FROM retention_run WHERE at_ms < $1 ORDER BY at_ms DESC LIMIT 1";
        let before = sqlx::query(sql).bind(run.at.as_millisecond()).fetch_optional(&self.pool).await?;
        let before = before.map(|row| instant(&row, "at_ms")).transpose()?;
        Ok(Some((run, before)))
    }
}

fn purge(row: &AnyRow) -> Result<PurgeRun, StoreError> {
    let (id, lines): (String, String) = (row.try_get("id")?, row.try_get("lines")?);
    let damaged =
        |column: &str, text: &str| StoreError::Damaged { column: column.to_owned(), text: text.to_owned() };
    Ok(PurgeRun {
        id: id.parse().map_err(|_| damaged("id", &id))?,
        at: instant(row, "at_ms")?,
        lines: serde_json::from_str(&lines).map_err(|_| damaged("lines", &lines))?,
    })
}
