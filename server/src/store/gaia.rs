//! External sessions, their trainers and their trainees, as GAIA's files gave them last.

use jiff::Timestamp;
use signaling::{
    gaia::{Change, Difference, ExtPerson, ExtSession, Known},
    office::gaia::ImportCounts,
};
use sqlx::{Any, Row, Transaction, any::AnyRow};

use super::{
    Store, StoreError,
    gaia_link::{Followed, follow_all},
};

/// Rows of one statement: few enough for the parameters that every database allows.
const ROWS: usize = 60;

/// Where rows lie: the columns of the key, then the others; without `academy` and `removed_ms`.
struct Table {
    name: &'static str,
    key: &'static [&'static str],
    others: &'static [&'static str],
}

const SESSIONS: Table = Table {
    name: "ext_session",
    key: &["base", "dispositif", "module", "session"],
    others: &[
        "dispositif_name",
        "module_name",
        "group_number",
        "starts_ms",
        "ends_ms",
        "place_type",
        "place",
    ],
};
/// Trainers are attached to the module, trainees to the session.
const TRAINERS: Table = people("ext_trainer", &["base", "module", "email"]);
const TRAINEES: Table = people("ext_trainee", &["base", "session", "email"]);

const fn people(name: &'static str, key: &'static [&'static str]) -> Table {
    Table { name, key, others: &["last_name", "first_name"] }
}

/// A row of one of the tables.
trait Stored: Sized {
    fn read(row: &AnyRow) -> Result<Self, sqlx::Error>;
    /// In the order of the columns.
    fn values(&self) -> Vec<Value<'_>>;
}

/// A column's value.
enum Value<'v> {
    Text(&'v str),
    Number(i64),
}

impl Stored for ExtSession {
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

impl Stored for ExtPerson {
    fn read(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            base: row.try_get("base")?,
            // The second column is the module of a trainer, the session of a trainee.
            number: row.try_get(1)?,
            last_name: row.try_get("last_name")?,
            first_name: row.try_get("first_name")?,
            email: row.try_get("email")?,
        })
    }

    fn values(&self) -> Vec<Value<'_>> {
        vec![
            Value::Text(&self.base),
            Value::Number(self.number),
            Value::Text(&self.email),
            Value::Text(&self.last_name),
            Value::Text(&self.first_name),
        ]
    }
}

pub(super) fn read_session(row: &AnyRow) -> Result<ExtSession, sqlx::Error> {
    ExtSession::read(row)
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
            sessions: self.in_force(&SESSIONS, academy).await?,
            trainers: self.in_force(&TRAINERS, academy).await?,
            trainees: self.in_force(&TRAINEES, academy).await?,
        })
    }

    async fn in_force<Kind: Stored>(&self, table: &Table, academy: &str) -> Result<Vec<Kind>, StoreError> {
        let columns: Vec<&str> = table.key.iter().chain(table.others).copied().collect();
        let query = format!(
            "SELECT {} FROM {} WHERE academy = $1 AND removed_ms IS NULL",
            columns.join(", "),
            table.name
        );
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

    /// The day of the files that are in force for the academy: those imported last.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn gaia_day(&self, academy: &str) -> Result<Option<String>, StoreError> {
        let sql =
            "SELECT day FROM gaia_import WHERE academy = $1 ORDER BY imported_ms DESC, day DESC LIMIT 1";
        let row = sqlx::query(sql).bind(academy).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.try_get("day")).transpose()?)
    }

    /// Carries out an import in one transaction: rows that went keep their place, and the séances to come that follow
    /// a list expect whom it names now. How many people were enrolled and un-enrolled thereby.
    ///
    /// # Errors
    /// The database does not answer; nothing was changed then.
    pub async fn import_gaia(
        &self,
        academy: &str,
        day: &str,
        change: &Change,
        now: Timestamp,
    ) -> Result<Followed, StoreError> {
        let counts = serde_json::json!({
            "sessions": ImportCounts::from(&change.sessions),
            "trainers": ImportCounts::from(&change.trainers),
            "trainees": ImportCounts::from(&change.trainees),
        });
        let mut transaction = self.writing.begin().await?;
        apply(&mut transaction, &SESSIONS, academy, &change.sessions, now).await?;
        apply(&mut transaction, &TRAINERS, academy, &change.trainers, now).await?;
        apply(&mut transaction, &TRAINEES, academy, &change.trainees, now).await?;
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
        let followed = follow_all(&mut transaction, now).await?;
        transaction.commit().await?;
        Ok(followed)
    }
}

async fn apply<Kind: Stored>(
    transaction: &mut Transaction<'_, Any>,
    table: &Table,
    academy: &str,
    difference: &Difference<Kind>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let present: Vec<&Kind> = difference.added.iter().chain(&difference.changed).collect();
    for rows in present.chunks(ROWS) {
        write(transaction, table, academy, rows, None).await?;
    }
    let gone: Vec<&Kind> = difference.removed.iter().collect();
    for rows in gone.chunks(ROWS) {
        write(transaction, table, academy, rows, Some(now.as_millisecond())).await?;
    }
    Ok(())
}

async fn write<Kind: Stored>(
    transaction: &mut Transaction<'_, Any>,
    table: &Table,
    academy: &str,
    rows: &[&Kind],
    removed: Option<i64>,
) -> Result<(), StoreError> {
    let statement = sqlx::AssertSqlSafe(upsert(table, rows.len()));
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
fn upsert(table: &Table, rows: usize) -> String {
    let others: Vec<&str> = table.others.iter().copied().chain(["academy", "removed_ms"]).collect();
    let width = table.key.len() + others.len();
    let values: Vec<String> = (0..rows)
        .map(|row| {
            let marks: Vec<String> = (1..=width).map(|column| format!("${}", row * width + column)).collect();
            format!("({})", marks.join(", "))
        })
        .collect();
    let updates: Vec<String> = others.iter().map(|column| format!("{column} = excluded.{column}")).collect();
    format!(
        "INSERT INTO {} ({}, {}) VALUES {} ON CONFLICT ({}) DO UPDATE SET {}",
        table.name,
        table.key.join(", "),
        others.join(", "),
        values.join(", "),
        table.key.join(", "),
        updates.join(", "),
    )
}
