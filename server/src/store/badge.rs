//! Badges that were taken: each has a place in the list of revocations.

use jiff::Timestamp;
use signaling::id::AttestationId;
use sqlx::Row;

use super::{Store, StoreError};

/// How often a place is looked for again because somebody else took it.
const TRIES: usize = 8;

impl Store {
    /// The place of an attestation in the list of revocations; the same one every time. None when too many ask at once.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn badge_place(&self, id: AttestationId, now: Timestamp) -> Result<Option<u64>, StoreError> {
        for _ in 0..TRIES {
            let known = sqlx::query("SELECT status_index FROM badge WHERE attestation_id = $1")
                .bind(id.to_string())
                .fetch_optional(&self.pool)
                .await?;
            if let Some(row) = known {
                return Ok(Some(place(row.try_get("status_index")?)));
            }
            let next = sqlx::query("SELECT COALESCE(MAX(status_index), -1) + 1 AS next FROM badge")
                .fetch_one(&self.pool)
                .await?;
            let taken =
                sqlx::query("INSERT INTO badge (attestation_id, status_index, taken_ms) VALUES ($1, $2, $3)")
                    .bind(id.to_string())
                    .bind(next.try_get::<i64, _>("next")?)
                    .bind(now.as_millisecond())
                    .execute(&self.pool)
                    .await;
            match taken.map_err(StoreError::Query) {
                Ok(_) => {}
                Err(error) if error.is_repetition() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// The places of badges whose attestation holds no longer.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn revoked_badges(&self) -> Result<Vec<u64>, StoreError> {
        let rows = sqlx::query(
            "SELECT b.status_index FROM badge b JOIN attestation a ON a.id = b.attestation_id \
             WHERE a.revoked_ms IS NOT NULL ORDER BY b.status_index",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok(place(row.try_get("status_index")?))).collect()
    }
}

fn place(index: i64) -> u64 {
    u64::try_from(index).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_badge_keeps_a_place_of_its_own() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).await.unwrap();
        let now: Timestamp = "2026-12-20T09:00:00Z".parse().unwrap();
        let id = |number| AttestationId(uuid::Uuid::from_u128(number));
        let ask = |number| store.badge_place(id(number), now);
        let (a, b, c) = tokio::join!(ask(1), ask(2), ask(3));
        let mut places = [a, b, c].map(|place| place.unwrap().unwrap());
        let first = places[0];
        places.sort_unstable();
        assert_eq!(places, [0, 1, 2]);
        assert_eq!(ask(1).await.unwrap(), Some(first));
        assert!(store.revoked_badges().await.unwrap().is_empty());
        store.close().await;
    }
}
