//! Parcours.

use jiff::Timestamp;
use signaling::{
    hours::{Announced, Minutes, account::Category},
    id::ParcoursId,
    parcours::Parcours,
};
use sqlx::{Row, any::AnyRow};

use super::{Store, StoreError, person::identified};

impl Store {
    /// Keeps a parcours, or replaces it.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn put_parcours(&self, parcours: &Parcours, now: Timestamp) -> Result<(), StoreError> {
        let minutes = |minutes: Option<Minutes>| minutes.map(|minutes| i64::from(minutes.0));
        sqlx::query(
            "INSERT INTO parcours (id, identifiant, title, academy, collection, distance_min, presence_min, \
             category, counted, objectives, competences, made_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (id) DO UPDATE SET identifiant = excluded.identifiant, title = excluded.title, \
             collection = excluded.collection, distance_min = excluded.distance_min, \
             presence_min = excluded.presence_min, category = excluded.category, counted = excluded.counted, \
             objectives = excluded.objectives, competences = excluded.competences",
        )
        .bind(parcours.id.to_string())
        .bind(&parcours.identifiant)
        .bind(&parcours.title)
        .bind(&parcours.academy)
        .bind(&parcours.collection)
        .bind(minutes(parcours.announced.distance))
        .bind(minutes(parcours.announced.presence))
        .bind(parcours.category.name())
        .bind(i64::from(parcours.counted))
        .bind(&parcours.objectives)
        .bind(&parcours.competences)
        .bind(now.as_millisecond())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// A parcours.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn parcours(&self, id: ParcoursId) -> Result<Option<Parcours>, StoreError> {
        let row = sqlx::query("SELECT * FROM parcours WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| read(&row)).transpose()
    }

    /// The parcours of an academy, by title.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn parcours_of(&self, academy: &str) -> Result<Vec<Parcours>, StoreError> {
        let rows = sqlx::query("SELECT * FROM parcours WHERE academy = $1 ORDER BY title, id")
            .bind(academy)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }
}

/// A row of the whole table.
pub(super) fn read(row: &AnyRow) -> Result<Parcours, StoreError> {
    let minutes = |column| -> Result<Option<Minutes>, StoreError> {
        let minutes: Option<i64> = row.try_get(column)?;
        Ok(minutes.and_then(|minutes| u32::try_from(minutes).ok()).map(Minutes))
    };
    let category: String = row.try_get("category")?;
    Ok(Parcours {
        id: identified(row, "id")?,
        identifiant: row.try_get("identifiant")?,
        title: row.try_get("title")?,
        academy: row.try_get("academy")?,
        collection: row.try_get("collection")?,
        announced: Announced { distance: minutes("distance_min")?, presence: minutes("presence_min")? },
        category: Category::named(&category)
            .ok_or(StoreError::Damaged { column: "category".to_owned(), text: category })?,
        counted: row.try_get::<i64, _>("counted")? != 0,
        objectives: row.try_get("objectives")?,
        competences: row.try_get("competences")?,
    })
}
