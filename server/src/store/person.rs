//! People and their roles on the platform.

use jiff::Timestamp;
use signaling::{
    id::PersonId,
    person::{Degree, Grant, Person, PlatformRole},
};
use sqlx::{Row, any::AnyRow};

use super::{Store, StoreError};

/// The columns of [`read`], of a table called `person`.
pub(super) const COLUMNS: &str = "person.id AS person_id, person.email, person.last_name, person.first_name, \
     person.academy, person.uai, person.school, person.town, person.circonscription, person.degree, \
     person.quotite_percent, person.due_min, person.erased_ms";
/// People of one answer.
const LISTED: usize = 100;

/// A row of [`COLUMNS`].
pub(super) fn read(row: &AnyRow) -> Result<Person, StoreError> {
    let minutes: Option<i64> = row.try_get("due_min")?;
    let quotite: i64 = row.try_get("quotite_percent")?;
    let degree: String = row.try_get("degree")?;
    Ok(Person {
        id: identified(row, "person_id")?,
        email: row.try_get("email")?,
        last_name: row.try_get("last_name")?,
        first_name: row.try_get("first_name")?,
        academy: row.try_get("academy")?,
        uai: row.try_get("uai")?,
        school: row.try_get("school")?,
        town: row.try_get("town")?,
        circonscription: row.try_get("circonscription")?,
        degree: Degree::of(&degree),
        quotite_percent: u32::try_from(quotite).unwrap_or(100),
        due_min: minutes.and_then(|minutes| u32::try_from(minutes).ok()),
        erased: row.try_get::<Option<i64>, _>("erased_ms")?.is_some(),
    })
}

/// An identifier in a column; a foreign text there means that somebody else wrote the row.
pub(super) fn identified<T: std::str::FromStr>(row: &AnyRow, column: &str) -> Result<T, StoreError> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| StoreError::Damaged { column: column.to_owned(), text })
}

impl Store {
    /// Keeps somebody, or replaces what is known of the same person. An erased identity stays erased.
    ///
    /// # Errors
    /// The database does not answer, or another person has the address ([`StoreError::is_repetition`]).
    pub async fn put_person(&self, person: &Person, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO person (id, email, last_name, first_name, academy, uai, school, town, \
             circonscription, degree, quotite_percent, due_min, created_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
             ON CONFLICT (id) DO UPDATE SET email = excluded.email, last_name = excluded.last_name, \
             first_name = excluded.first_name, academy = excluded.academy, uai = excluded.uai, \
             school = excluded.school, town = excluded.town, circonscription = excluded.circonscription, \
             degree = excluded.degree, quotite_percent = excluded.quotite_percent, due_min = excluded.due_min \
             WHERE person.erased_ms IS NULL";
        sqlx::query(sql)
            .bind(person.id.to_string())
            .bind(person.email.clone())
            .bind(&person.last_name)
            .bind(&person.first_name)
            .bind(&person.academy)
            .bind(&person.uai)
            .bind(&person.school)
            .bind(&person.town)
            .bind(&person.circonscription)
            .bind(person.degree.map_or("", Degree::code))
            .bind(i64::from(person.quotite_percent))
            .bind(person.due_min.map(i64::from))
            .bind(now.as_millisecond())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Somebody by identifier.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn person(&self, id: PersonId) -> Result<Option<Person>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM person WHERE id = $1");
        let row =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(&self.pool).await?;
        row.map(|row| read(&row)).transpose()
    }

    /// Somebody by normalised address.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn person_by_email(&self, email: &str) -> Result<Option<Person>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM person WHERE email = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(email).fetch_optional(&self.pool).await?;
        row.map(|row| read(&row)).transpose()
    }

    /// People whose name or address contains every word of `search`, of those academies (`None`: of all), by name; a
    /// hundred at most. With each, whether there is an account.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn people(
        &self,
        search: &str,
        academies: Option<&[String]>,
    ) -> Result<Vec<(Person, bool)>, StoreError> {
        let words: Vec<String> = search.split_whitespace().take(5).map(str::to_lowercase).collect();
        let mut sql = format!(
            "SELECT {COLUMNS}, account.changed_ms AS account_ms FROM person \
             LEFT JOIN account ON account.person_id = person.id WHERE person.erased_ms IS NULL"
        );
        let within = academies.unwrap_or_default();
        if academies.is_some() {
            let places: Vec<String> = (1..=within.len()).map(|n| format!("${n}")).collect();
            // An empty list means nobody: `IN ()` is not portable.
            let list = if places.is_empty() { "NULL".to_owned() } else { places.join(", ") };
            sql += &format!(" AND person.academy IN ({list})");
        }
        sql += " ORDER BY person.last_name, person.first_name, person.id";
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for academy in within {
            query = query.bind(academy.clone());
        }
        let mut found = Vec::new();
        let mut rows = query.fetch(&self.pool);
        // Compared here: the databases disagree about the case of accented letters.
        while let Some(row) = futures_util::TryStreamExt::try_next(&mut rows).await? {
            let person = read(&row)?;
            let text = format!("{} {} ", person.last_name, person.first_name).to_lowercase()
                + person.email.as_deref().unwrap_or_default();
            if words.iter().all(|word| text.contains(word.as_str())) {
                found.push((person, row.try_get::<Option<i64>, _>("account_ms")?.is_some()));
            }
            if found.len() == LISTED {
                break;
            }
        }
        Ok(found)
    }

    /// Somebody's roles on the platform.
    ///
    /// # Errors
    /// The database does not answer, or holds a role nobody knows.
    pub async fn grants(&self, person: PersonId) -> Result<Vec<Grant>, StoreError> {
        let rows = sqlx::query(
            "SELECT role, scope, academy FROM platform_role WHERE person_id = $1 ORDER BY role, scope",
        )
        .bind(person.to_string())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let (scope, academy) = (row.try_get("scope")?, row.try_get("academy")?);
                Ok(Grant { role: identified(row, "role")?, scope, academy })
            })
            .collect()
    }

    /// How many people have a role.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn holders(&self, role: PlatformRole) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(DISTINCT person_id) AS holders FROM platform_role WHERE role = $1";
        let row = sqlx::query(sql).bind(role.code()).fetch_one(&self.pool).await?;
        Ok(row.try_get("holders")?)
    }

    /// Gives somebody a role; `by` names who did, in words or by identifier. True unless it was there already.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn grant(
        &self,
        person: PersonId,
        grant: &Grant,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "INSERT INTO platform_role (person_id, role, scope, granted_ms, granted_by, academy) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (person_id, role, scope) \
             DO UPDATE SET academy = excluded.academy WHERE platform_role.academy <> excluded.academy";
        let done = sqlx::query(sql)
            .bind(person.to_string())
            .bind(grant.role.code())
            .bind(&grant.scope)
            .bind(now.as_millisecond())
            .bind(by)
            .bind(&grant.academy)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Takes a role away. True when it was there.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn revoke(&self, person: PersonId, grant: &Grant) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM platform_role WHERE person_id = $1 AND role = $2 AND scope = $3")
            .bind(person.to_string())
            .bind(grant.role.code())
            .bind(&grant.scope)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}
