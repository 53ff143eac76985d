//! Schools: the directory of each academy, who teaches where, and the search.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use signaling::{
    enrolment::folded,
    id::PersonId,
    person::Degree,
    school::{School, SchoolChange},
};
use sqlx::{Any, AnyConnection, Row, Transaction, any::AnyRow};

use super::{Store, StoreError};

/// Rows of one statement: few enough for the parameters that every database allows.
const ROWS: usize = 60;
/// Schools of one answer.
const FOUND: usize = 20;
/// Words of a search that are looked at.
const WORDS: usize = 5;

const COLUMNS: &str = "uai, name, town, department, circonscription, circonscription_name, degree";

fn read(row: &AnyRow) -> Result<School, StoreError> {
    let degree: String = row.try_get("degree")?;
    Ok(School {
        uai: row.try_get("uai")?,
        name: row.try_get("name")?,
        town: row.try_get("town")?,
        department: row.try_get("department")?,
        circonscription: row.try_get("circonscription")?,
        circonscription_name: row.try_get("circonscription_name")?,
        degree: Degree::of(&degree),
    })
}

impl Store {
    /// The directory of an academy as it is in force.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn schools(&self, academy: &str) -> Result<Vec<School>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM school WHERE academy = $1 AND removed_ms IS NULL");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(academy).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// The codes that the directories of other academies hold.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn schools_elsewhere(&self, academy: &str) -> Result<HashSet<String>, StoreError> {
        let rows = sqlx::query("SELECT uai FROM school WHERE academy <> $1 AND removed_ms IS NULL")
            .bind(academy)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok(row.try_get("uai")?)).collect()
    }

    /// A school that some directory holds.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn school(&self, uai: &str) -> Result<Option<School>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM school WHERE uai = $1 AND removed_ms IS NULL");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(uai).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// Schools whose code, name or town contain every word, of that academy (empty: of all), by town and name; twenty
    /// at most.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn search_schools(&self, search: &str, academy: &str) -> Result<Vec<School>, StoreError> {
        let plain = folded(search);
        // What LIKE takes for a pattern is in no name of a school.
        let words = plain.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
        let words: Vec<&str> = words.take(WORDS).collect();
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let likes: Vec<String> =
            (0..words.len()).map(|word| format!(" AND folded LIKE ${}", word + 2)).collect();
        let sql = format!(
            "SELECT {COLUMNS} FROM school WHERE removed_ms IS NULL AND ($1 = '' OR academy = $1){} \
             ORDER BY town, name, uai LIMIT {FOUND}",
            likes.concat()
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(academy.to_owned());
        for word in words {
            query = query.bind(format!("%{word}%"));
        }
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// How many people teach in one of those schools.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn people_at(&self, schools: &[&School]) -> Result<u64, StoreError> {
        let sql = "SELECT uai, COUNT(*) AS people FROM person WHERE uai <> '' GROUP BY uai";
        let mut known: HashMap<String, i64> = HashMap::new();
        for row in sqlx::query(sql).fetch_all(&self.pool).await? {
            known.insert(row.try_get("uai")?, row.try_get("people")?);
        }
        let people: i64 = schools.iter().filter_map(|school| known.get(&school.uai)).sum();
        Ok(u64::try_from(people).unwrap_or_default())
    }

    /// Carries out an import in one transaction, with the people who teach in schools that are new or changed. How many
    /// of them stand elsewhere now.
    ///
    /// # Errors
    /// The database does not answer; nothing was changed then.
    pub async fn import_schools(
        &self,
        academy: &str,
        change: &SchoolChange,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.writing.begin().await?;
        let schools = &change.schools;
        let present: Vec<&School> = schools.added.iter().chain(&schools.changed).collect();
        let mut moved = 0;
        for rows in present.chunks(ROWS) {
            write(&mut transaction, academy, rows, None, now).await?;
            moved += take_along(&mut transaction, rows).await?;
        }
        let gone: Vec<&School> = schools.removed.iter().collect();
        for rows in gone.chunks(ROWS) {
            write(&mut transaction, academy, rows, Some(now), now).await?;
        }
        transaction.commit().await?;
        Ok(moved)
    }

    /// Makes somebody, of whom no school is known yet, teach there. False when one is known.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn choose_school(&self, person: PersonId, school: &School) -> Result<bool, StoreError> {
        let mut connection = self.writing.acquire().await?;
        let sql = "UPDATE person SET uai = $2 WHERE id = $1 AND uai = '' AND erased_ms IS NULL";
        let chosen =
            sqlx::query(sql).bind(person.to_string()).bind(&school.uai).execute(&mut *connection).await?;
        if chosen.rows_affected() == 0 {
            return Ok(false);
        }
        settle(&mut connection, &[person]).await?;
        Ok(true)
    }
}

async fn write(
    transaction: &mut Transaction<'_, Any>,
    academy: &str,
    rows: &[&School],
    removed: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    const WIDTH: usize = 11;
    let values: Vec<String> = (0..rows.len())
        .map(|row| {
            let marks: Vec<String> = (1..=WIDTH).map(|column| format!("${}", row * WIDTH + column)).collect();
            format!("({})", marks.join(", "))
        })
        .collect();
    let sql = format!(
        "INSERT INTO school ({COLUMNS}, academy, folded, imported_ms, removed_ms) VALUES {} ON CONFLICT (uai) \
         DO UPDATE SET name = excluded.name, town = excluded.town, department = excluded.department, \
         circonscription = excluded.circonscription, circonscription_name = excluded.circonscription_name, \
         degree = excluded.degree, academy = excluded.academy, folded = excluded.folded, \
         imported_ms = excluded.imported_ms, removed_ms = excluded.removed_ms",
        values.join(", ")
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).persistent(rows.len() == ROWS);
    for school in rows {
        query = query
            .bind(school.uai.clone())
            .bind(school.name.clone())
            .bind(school.town.clone())
            .bind(school.department.clone())
            .bind(school.circonscription.clone())
            .bind(school.circonscription_name.clone())
            .bind(school.degree.map_or("", Degree::code))
            .bind(academy.to_owned())
            .bind(folded(&format!("{} {} {}", school.uai, school.name, school.town)))
            .bind(now.as_millisecond())
            .bind(removed.map(Timestamp::as_millisecond));
    }
    query.execute(&mut **transaction).await?;
    Ok(())
}

/// What a school says of its teachers. One without a circonscription leaves them theirs: teachers of the first degree
/// work in collèges, too, and somebody follows them.
const SETTLE: &str = "UPDATE person SET school = (SELECT s.name FROM school s WHERE s.uai = person.uai), \
     town = (SELECT s.town FROM school s WHERE s.uai = person.uai), \
     circonscription = COALESCE((SELECT NULLIF(s.circonscription, '') FROM school s WHERE s.uai = person.uai), \
     person.circonscription), \
     degree = COALESCE((SELECT NULLIF(s.degree, '') FROM school s WHERE s.uai = person.uai), person.degree) \
     WHERE erased_ms IS NULL AND EXISTS (SELECT 1 FROM school s WHERE s.uai = person.uai AND s.removed_ms IS NULL \
     AND (s.name <> person.school OR s.town <> person.town OR (s.circonscription <> '' AND \
     s.circonscription <> person.circonscription) OR (s.degree <> '' AND s.degree <> person.degree)))";

/// The people of those schools, as the schools are now; how many of them changed.
async fn take_along(connection: &mut AnyConnection, schools: &[&School]) -> Result<u64, StoreError> {
    settled(connection, "uai", schools.iter().map(|school| school.uai.clone()).collect()).await
}

/// Those people, as their schools are, where a directory holds these.
pub(super) async fn settle(connection: &mut AnyConnection, people: &[PersonId]) -> Result<u64, StoreError> {
    settled(connection, "id", people.iter().map(PersonId::to_string).collect()).await
}

async fn settled(connection: &mut AnyConnection, column: &str, keys: Vec<String>) -> Result<u64, StoreError> {
    let places: Vec<String> = (1..=keys.len()).map(|n| format!("${n}")).collect();
    let sql = format!("{SETTLE} AND person.{column} IN ({})", places.join(", "));
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).persistent(keys.len() == ROWS);
    for key in keys {
        query = query.bind(key);
    }
    Ok(query.execute(connection).await?.rows_affected())
}
