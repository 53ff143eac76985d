//! How much of each recording was played, and by whom.

use jiff::Timestamp;
use signaling::{
    id::{PersonId, RecordingId, SeanceId},
    replay::{Replayed, Stretch, Watched},
};
use sqlx::{Row, any::AnyRow};

use super::{Store, StoreError, correction::instant, person::identified};

impl Store {
    /// Adds what a page reports, and says how much was played in all, milliseconds. The first report only begins.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged: nothing changed.
    pub async fn watch(
        &self,
        (seance, recording): (SeanceId, RecordingId),
        person: PersonId,
        told: &[Stretch],
        length_ms: u64,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin().await?;
        // Written before it is read: two tabs that report at once wait for each other.
        sqlx::query(
            "INSERT INTO replay_watched (recording_id, person_id, seance_id, spans, heard_ms) \
             VALUES ($1, $2, $3, '[]', $4) ON CONFLICT (recording_id, person_id) \
             DO UPDATE SET seance_id = excluded.seance_id",
        )
        .bind(recording.to_string())
        .bind(person.to_string())
        .bind(seance.to_string())
        .bind(now.as_millisecond())
        .execute(&mut *transaction)
        .await?;
        let row = sqlx::query(
            "SELECT spans, heard_ms FROM replay_watched WHERE recording_id = $1 AND person_id = $2",
        )
        .bind(recording.to_string())
        .bind(person.to_string())
        .fetch_one(&mut *transaction)
        .await?;
        let passed = now.duration_since(instant(&row, "heard_ms")?).as_millis();
        let watched = watched(&row)?.with(told, u64::try_from(passed).unwrap_or(0), length_ms);
        sqlx::query(
            "UPDATE replay_watched SET spans = $3, heard_ms = $4 WHERE recording_id = $1 AND person_id = $2",
        )
        .bind(recording.to_string())
        .bind(person.to_string())
        .bind(written(&watched)?)
        .bind(now.as_millisecond())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(watched.total_ms())
    }

    /// What was played of the recordings of a séance.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub(super) async fn replays(&self, seance: SeanceId) -> Result<Vec<Replayed>, StoreError> {
        let sql = "SELECT recording_id, person_id, spans FROM replay_watched WHERE seance_id = $1";
        let rows = sqlx::query(sql).bind(seance.to_string()).fetch_all(&self.pool).await?;
        let replayed = |row: &AnyRow| {
            Ok(Replayed {
                person: identified(row, "person_id")?,
                recording: identified(row, "recording_id")?,
                watched: watched(row)?,
            })
        };
        rows.iter().map(replayed).collect()
    }

    /// Of a recording that is deleted, how much was played stays, and not where.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn sum_replays(&self, recording: RecordingId) -> Result<(), StoreError> {
        let sql = "SELECT person_id, spans FROM replay_watched WHERE recording_id = $1";
        let rows = sqlx::query(sql).bind(recording.to_string()).fetch_all(&self.pool).await?;
        for row in &rows {
            sqlx::query("UPDATE replay_watched SET spans = $3 WHERE recording_id = $1 AND person_id = $2")
                .bind(recording.to_string())
                .bind(row.try_get::<String, _>("person_id")?)
                .bind(written(&watched(row)?.summed())?)
                .execute(&self.pool)
                .await?;
        }
        Ok(())
    }
}

fn watched(row: &AnyRow) -> Result<Watched, StoreError> {
    let text: String = row.try_get("spans")?;
    serde_json::from_str(&text).map_err(|_| StoreError::Damaged { column: "spans".to_owned(), text })
}

fn written(watched: &Watched) -> Result<String, StoreError> {
    serde_json::to_string(watched)
        .map_err(|why| StoreError::Damaged { column: "spans".to_owned(), text: why.to_string() })
}
