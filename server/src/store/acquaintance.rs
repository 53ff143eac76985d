//! People who are met by their address: known, or made known.

use std::collections::HashMap;

use jiff::Timestamp;
use signaling::{enrolment::EnrolmentRole, id::PersonId};
use sqlx::{AnyConnection, Row};

use super::{StoreError, person::identified, school};
use crate::clock;

/// People looked up by one statement.
const CHUNK: usize = 60;

/// Somebody to enrol. A person of that address is that person, whatever the names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// Normalised.
    pub email: String,
    pub last_name: String,
    pub first_name: String,
    /// Short name, for somebody unknown until now.
    pub academy: String,
    pub role: EnrolmentRole,
    /// Code of the school, where the list says it; else empty. Who has a school keeps it.
    pub uai: String,
}

/// The people of those addresses, by address; who was unknown is made known. And how many were unknown.
pub(super) async fn acquainted(
    connection: &mut AnyConnection,
    people: &[Newcomer],
    now: Timestamp,
) -> Result<(HashMap<String, PersonId>, usize), StoreError> {
    let mut known = HashMap::new();
    let mut unknown = 0;
    for some in people.chunks(CHUNK) {
        look_up(connection, some, &mut known).await?;
        let mut strangers: Vec<&Newcomer> = Vec::new();
        for newcomer in some.iter().filter(|newcomer| !known.contains_key(&newcomer.email)) {
            if strangers.iter().all(|other| other.email != newcomer.email) {
                strangers.push(newcomer);
            }
        }
        if strangers.is_empty() {
            continue;
        }
        unknown += strangers.len();
        make_known(connection, &strangers, now).await?;
        // Read again: another process may have made the same person known.
        look_up(connection, some, &mut known).await?;
    }
    place(connection, people, &known).await?;
    Ok((known, unknown))
}

/// Those of whom no school is known yet teach where the list says.
async fn place(
    connection: &mut AnyConnection,
    people: &[Newcomer],
    known: &HashMap<String, PersonId>,
) -> Result<(), StoreError> {
    let mut placed = Vec::new();
    for newcomer in people.iter().filter(|newcomer| !newcomer.uai.is_empty()) {
        let Some(person) = known.get(&newcomer.email) else { continue };
        let done = sqlx::query("UPDATE person SET uai = $2 WHERE id = $1 AND uai = '' AND erased_ms IS NULL")
            .bind(person.to_string())
            .bind(newcomer.uai.clone())
            .execute(&mut *connection)
            .await?;
        if done.rows_affected() > 0 {
            placed.push(*person);
        }
    }
    for some in placed.chunks(CHUNK) {
        school::settle(connection, some).await?;
    }
    Ok(())
}

/// Adds those of the people who are known, by address.
pub(super) async fn look_up(
    connection: &mut AnyConnection,
    people: &[Newcomer],
    known: &mut HashMap<String, PersonId>,
) -> Result<(), StoreError> {
    for some in people.chunks(CHUNK) {
        look_up_some(connection, some, known).await?;
    }
    Ok(())
}

async fn look_up_some(
    connection: &mut AnyConnection,
    people: &[Newcomer],
    known: &mut HashMap<String, PersonId>,
) -> Result<(), StoreError> {
    let places: Vec<String> = (1..=people.len()).map(|n| format!("${n}")).collect();
    let sql = format!("SELECT id, email FROM person WHERE email IN ({})", places.join(", "));
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).persistent(people.len() == CHUNK);
    for newcomer in people {
        query = query.bind(newcomer.email.clone());
    }
    for row in query.fetch_all(connection).await? {
        known.insert(row.try_get("email")?, identified(&row, "id")?);
    }
    Ok(())
}

async fn make_known(
    connection: &mut AnyConnection,
    strangers: &[&Newcomer],
    now: Timestamp,
) -> Result<(), StoreError> {
    const WIDTH: usize = 6;
    let values: Vec<String> = (0..strangers.len())
        .map(|row| {
            let at = |column: usize| row * WIDTH + column;
            format!(
                "(${}, ${}, ${}, ${}, ${}, '', '', '', '', '', 100, NULL, ${})",
                at(1),
                at(2),
                at(3),
                at(4),
                at(5),
                at(6)
            )
        })
        .collect();
    let sql = format!(
        "INSERT INTO person (id, email, last_name, first_name, academy, uai, school, town, circonscription, \
         degree, quotite_percent, due_min, created_ms) VALUES {} ON CONFLICT (email) DO NOTHING",
        values.join(", ")
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).persistent(strangers.len() == CHUNK);
    for newcomer in strangers {
        query = query
            .bind(PersonId(clock::mint()).to_string())
            .bind(newcomer.email.clone())
            .bind(newcomer.last_name.clone())
            .bind(newcomer.first_name.clone())
            .bind(newcomer.academy.clone())
            .bind(now.as_millisecond());
    }
    query.execute(connection).await?;
    Ok(())
}
