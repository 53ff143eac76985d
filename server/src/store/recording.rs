//! What is written down about recordings, which themselves are folders: those that were deleted, and the séances whose
//! recordings are kept as long as may be.

use std::collections::BTreeSet;

use jiff::Timestamp;
use signaling::id::{PersonId, RecordingId, SeanceId};
use sqlx::{Row, any::AnyRow};

use super::{Store, StoreError, roll::instant};

/// A recording that has served its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    pub recording: RecordingId,
    pub seance: SeanceId,
    pub started: Timestamp,
    /// What its files took.
    pub bytes: u64,
    pub at: Timestamp,
}

impl Store {
    /// Writes down that a recording is deleted, before its files go. Said twice, the first time counts.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn put_deleted(&self, deleted: &Deleted) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO recording_deleted (recording_id, seance_id, started_ms, bytes, deleted_ms) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (recording_id) DO NOTHING",
        )
        .bind(deleted.recording.to_string())
        .bind(deleted.seance.to_string())
        .bind(deleted.started.as_millisecond())
        .bind(i64::try_from(deleted.bytes).unwrap_or(i64::MAX))
        .bind(deleted.at.as_millisecond())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The recordings of a séance that were deleted, first first.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn deleted_of(&self, seance: SeanceId) -> Result<Vec<Deleted>, StoreError> {
        let sql = "SELECT * FROM recording_deleted WHERE seance_id = $1 ORDER BY started_ms, recording_id";
        let rows = sqlx::query(sql).bind(seance.to_string()).fetch_all(&self.pool).await?;
        rows.iter().map(deleted).collect()
    }

    /// The recordings that were deleted later than `after` and until `until`.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn deleted_between(
        &self,
        after: Option<Timestamp>,
        until: Timestamp,
    ) -> Result<Vec<Deleted>, StoreError> {
        let sql = "SELECT * FROM recording_deleted WHERE deleted_ms > $1 AND deleted_ms <= $2 \
             ORDER BY started_ms, recording_id";
        let rows = sqlx::query(sql)
            .bind(after.map_or(i64::MIN, Timestamp::as_millisecond))
            .bind(until.as_millisecond())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(deleted).collect()
    }

    /// Keeps the recordings of a séance as long as may be, by the wish of that person; `None` takes it back.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn keep_recordings(
        &self,
        seance: SeanceId,
        by: Option<PersonId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let query = match by {
            Some(by) => sqlx::query(
                "INSERT INTO recording_kept (seance_id, author, made_ms) VALUES ($1, $2, $3) \
                 ON CONFLICT (seance_id) DO NOTHING",
            )
            .bind(seance.to_string())
            .bind(by.to_string())
            .bind(now.as_millisecond()),
            None => sqlx::query("DELETE FROM recording_kept WHERE seance_id = $1").bind(seance.to_string()),
        };
        query.execute(&self.pool).await?;
        Ok(())
    }

    /// The séances whose recordings are kept as long as may be.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn recordings_kept(&self) -> Result<BTreeSet<SeanceId>, StoreError> {
        let rows = sqlx::query("SELECT seance_id FROM recording_kept").fetch_all(&self.pool).await?;
        rows.iter().map(|row| identifier(row, "seance_id")).collect()
    }
}

fn deleted(row: &AnyRow) -> Result<Deleted, StoreError> {
    Ok(Deleted {
        recording: identifier(row, "recording_id")?,
        seance: identifier(row, "seance_id")?,
        started: instant(row, "started_ms")?,
        bytes: u64::try_from(row.try_get::<i64, _>("bytes")?).unwrap_or(0),
        at: instant(row, "deleted_ms")?,
    })
}

fn identifier<Id: std::str::FromStr>(row: &AnyRow, column: &str) -> Result<Id, StoreError> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| StoreError::Damaged { column: column.to_owned(), text })
}
