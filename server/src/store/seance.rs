//! Séances as planned.

use signaling::{id::SeanceId, seance::Seance};
use sqlx::Row;

use super::{Store, StoreError};

impl Store {
    /// Keeps a séance, or replaces its plan.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn put_seance(&self, plan: &Seance) -> Result<(), StoreError> {
        let text = serde_json::to_string(plan)
            .map_err(|why| StoreError::Plan { seance: plan.id.to_string(), why })?;
        sqlx::query(
            "INSERT INTO seance (id, plan, starts_ms) VALUES ($1, $2, $3) \
             ON CONFLICT (id) DO UPDATE SET plan = excluded.plan, starts_ms = excluded.starts_ms",
        )
        .bind(plan.id.to_string())
        .bind(text)
        .bind(plan.starts_at.as_millisecond())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The plan of a séance.
    ///
    /// # Errors
    /// The database does not answer, or the plan was damaged.
    pub async fn seance(&self, id: SeanceId) -> Result<Option<Seance>, StoreError> {
        let row = sqlx::query("SELECT plan FROM seance WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| plan(&row)).transpose()
    }

    /// All séances, latest start first.
    ///
    /// # Errors
    /// The database does not answer, or a plan was damaged.
    pub async fn seances(&self) -> Result<Vec<Seance>, StoreError> {
        let rows = sqlx::query("SELECT plan FROM seance ORDER BY starts_ms DESC, id DESC")
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(plan).collect()
    }
}

fn plan(row: &sqlx::any::AnyRow) -> Result<Seance, StoreError> {
    let text: String = row.try_get("plan")?;
    serde_json::from_str(&text).map_err(|why| StoreError::Plan { seance: String::new(), why })
}
