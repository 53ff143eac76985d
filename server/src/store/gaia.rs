//! External sessions, their trainers and their trainees, as GAIA's files gave them last.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signaling::gaia::{Change, Difference, ExtSession, ExtTrainee, ExtTrainer, Known};
use sqlx::{Any, Row, Transaction, any::AnyRow};

use super::{Store, StoreError};

/// Rows of one statement: few enough for the parameters that every database allows.
const ROWS: usize = 60;

/// How many rows an import added, changed, took away and left as they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub added: usize,
    pub changed: usize,
    pub removed: usize,
    pub same: usize,
}

impl<Row> From<&Difference<Row>> for Counts {
    fn from(difference: &Difference<Row>) -> Self {
        Self {
            added: difference.added.len(),
            changed: difference.changed.len(),
            removed: difference.removed.len(),
            same: difference.same,
        }
    }
}

/// How a row lies in its table.
trait Stored: Sized {
    const TABLE: &'static str;
    /// The columns of the key, then the others; without `academy` and `removed_ms`.
    const KEY: &'static [&'static str];
    const OTHERS: &'static [&'static str];
    fn read(row: &AnyRow) -> Result<Self, sqlx::Error>;
    fn values(&self) -> Vec<Value<'_>>;
}

/// A column's value.
enum Value<'v> {
    Text(&'v str),
    Number(i64),
}

impl Stored for ExtSession {
    const TABLE: &'static str = "ext_session";
    const KEY: &'static [&'static str] = &["base", "dispositif", "module", "session"];
    const OTHERS: &'static [&'static str] =
        &["dispositif_name", "module_name", "group_number", "starts_ms", "ends_ms", "place_type", "place"];

    fn read(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            base: row.try_get("base")?,
            dispositif: row.try_get("dispositif")?,
            dispositif_name: row.try_get("dispositif_name")?,
            module: row.try_get("module")?,
            module_name: row.try_get("module_name")?,
            session: row.try_get("session")?,
            group: row.try_get("group_number")?,
            starts_at: instant(row, "starts_ms")?,
            ends_at: instant(row, "ends_ms")?,
            place_type: row.try_get("place_type")?,
            place: row.try_get("place")?,
        })
    }

    fn values(&self) -> Vec<Value<'_>> {
        vec![
            Value::Text(&self.base),
            Value::Text(&self.dispositif),
            Value::Number(self.module),
            Value::Number(self.session),
            Value::Text(&self.dispositif_name),
            Value::Text(&self.module_name),
            Value::Text(&self.group),
            Value::Number(self.starts_at.as_millisecond()),
            Value::Number(self.ends_at.as_millisecond()),
            Value::Text(&self.place_type),
            Value::Text(&self.place),
        ]
    }
}

impl Stored for ExtTrainer {
    const TABLE: &'static str = "ext_trainer";
    const KEY: &'static [&'static str] = &["base", "module", "email"];
    const OTHERS: &'static [&'static str] = &["last_name", "first_name"];

    fn read(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            base: row.try_get("base")?,
            module: row.try_get("module")?,
            last_name: row.try_get("last_name")?,
            first_name: row.try_get("first_name")?,
            email: row.try_get("email")?,
        })
    }

    fn values(&self) -> Vec<Value<'_>> {
        vec![
            Value::Text(&self.base),
            Value::Number(self.module),
            Value::Text(&self.email),
            Value::Text(&self.last_name),
            Value::Text(&self.first_name),
        ]
    }
}

impl Stored for ExtTrainee {
    const TABLE: &'static str = "ext_trainee";
    const KEY: &'static [&'static str] = &["base", "session", "email"];
    const OTHERS: &'static [&'static str] = &["last_name", "first_name"];

    fn read(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            base: row.try_get("base")?,
            session: row.try_get("session")?,
            last_name: row.try_get("last_name")?,
            first_name: row.try_get("first_name")?,
            email: row.try_get("email")?,
        })
    }

    fn values(&self) -> Vec<Value<'_>> {
        vec![
            Value::Text(&self.base),
            Value::Number(self.session),
            Value::Text(&self.email),
            Value::Text(&self.last_name),
            Value::Text(&self.first_name),
        ]
    }
}

fn instant(row: &AnyRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    Timestamp::from_millisecond(row.try_get(column)?)
        .map_err(|error| sqlx::Error::ColumnDecode { index: column.to_owned(), source: error.into() })
}

impl Store {
    /// What is in force for an academy.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn gaia(&self, academy: &str) -> Result<Known, StoreError> {
        Ok(Known {
            sessions: self.in_force(academy).await?,
            trainers: self.in_force(academy).await?,
            trainees: self.in_force(academy).await?,
        })
    }

    async fn in_force<Kind: Stored>(&self, academy: &str) -> Result<Vec<Kind>, StoreError> {
        let query = format!("SELECT * FROM {} WHERE academy = $1 AND removed_ms IS NULL", Kind::TABLE);
        let rows = sqlx::query(sqlx::AssertSqlSafe(query)).bind(academy).fetch_all(&self.pool).await?;
        Ok(rows.iter().map(Kind::read).collect::<Result<_, _>>()?)
    }

    /// When the files of that day were imported for the academy, if they were.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn gaia_imported(&self, academy: &str, day: &str) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("SELECT imported_ms FROM gaia_import WHERE academy = $1 AND day = $2")
            .bind(academy)
            .bind(day)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| instant(&row, "imported_ms")).transpose()?)
    }

    /// Carries out an import in one transaction. Rows that went keep their place.
    ///
    /// # Errors
    /// The database does not answer; nothing was changed then.
    pub async fn import_gaia(
        &self,
        academy: &str,
        day: &str,
        change: &Change,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let counts = serde_json::json!({
            "sessions": Counts::from(&change.sessions),
            "trainers": Counts::from(&change.trainers),
            "trainees": Counts::from(&change.trainees),
        });
        let mut transaction = self.writing.begin().await?;
        apply(&mut transaction, academy, &change.sessions, now).await?;
        apply(&mut transaction, academy, &change.trainers, now).await?;
        apply(&mut transaction, academy, &change.trainees, now).await?;
        sqlx::query(
            "INSERT INTO gaia_import (academy, day, imported_ms, counts) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (academy, day) DO UPDATE SET imported_ms = excluded.imported_ms, counts = excluded.counts",
        )
        .bind(academy)
        .bind(day)
        .bind(now.as_millisecond())
        .bind(counts.to_string())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }
}

async fn apply<Kind: Stored>(
    transaction: &mut Transaction<'_, Any>,
    academy: &str,
    difference: &Difference<Kind>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let present: Vec<&Kind> = difference.added.iter().chain(&difference.changed).collect();
    for rows in present.chunks(ROWS) {
        write(transaction, academy, rows, None).await?;
    }
    let gone: Vec<&Kind> = difference.removed.iter().collect();
    for rows in gone.chunks(ROWS) {
        write(transaction, academy, rows, Some(now.as_millisecond())).await?;
    }
    Ok(())
}

async fn write<Kind: Stored>(
    transaction: &mut Transaction<'_, Any>,
    academy: &str,
    rows: &[&Kind],
    removed: Option<i64>,
) -> Result<(), StoreError> {
    let statement = sqlx::AssertSqlSafe(upsert::<Kind>(rows.len()));
    let mut query = sqlx::query(statement).persistent(rows.len() == ROWS);
    for row in rows {
        for value in row.values() {
            query = match value {
                Value::Text(text) => query.bind(text.to_owned()),
                Value::Number(number) => query.bind(number),
            };
        }
        query = query.bind(academy.to_owned()).bind(removed);
    }
    query.execute(&mut **transaction).await?;
    Ok(())
}

/// Puts that many rows into the table, or in the place of those of the same keys.
fn upsert<Kind: Stored>(rows: usize) -> String {
    let others: Vec<&str> = Kind::OTHERS.iter().copied().chain(["academy", "removed_ms"]).collect();
    let width = Kind::KEY.len() + others.len();
    let values: Vec<String> = (0..rows)
        .map(|row| {
            let marks: Vec<String> = (1..=width).map(|column| format!("${}", row * width + column)).collect();
            format!("({})", marks.join(", "))
        })
        .collect();
    let updates: Vec<String> = others.iter().map(|column| format!("{column} = excluded.{column}")).collect();
    format!(
        "INSERT INTO {} ({}, {}) VALUES {} ON CONFLICT ({}) DO UPDATE SET {}",
        Kind::TABLE,
        Kind::KEY.join(", "),
        others.join(", "),
        values.join(", "),
        Kind::KEY.join(", "),
        updates.join(", "),
    )
}
