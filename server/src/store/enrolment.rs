//! Enrolling people in a séance, or in all séances of a session, and striking them off.

use std::collections::HashMap;

use jiff::Timestamp;
use signaling::{
    enrolment::{EnrolmentRole, EnrolmentSource, InvitationAnswer},
    id::{PersonId, SeanceId, SessionFormationId},
};
use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{
    Store, StoreError,
    acquaintance::{Newcomer, acquainted, look_up},
    expected::name_trainers,
    person::identified,
};

/// To what people are enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gathering {
    Seance(SeanceId),
    Session(SessionFormationId),
}

/// What became of an enrolment by hand or by list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Enrolments {
    /// Enrolled, or enrolled again.
    pub added: usize,
    /// Enrolled before, now with another role.
    pub changed: usize,
    /// As they were.
    pub same: usize,
    /// Of all of them, unknown until now.
    pub unknown: usize,
}

impl Gathering {
    fn table(self) -> &'static str {
        match self {
            Self::Seance(_) => "enrolment",
            Self::Session(_) => "session_enrolment",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Seance(_) => "seance_id",
            Self::Session(_) => "session_formation_id",
        }
    }

    fn id(self) -> String {
        match self {
            Self::Seance(id) => id.to_string(),
            Self::Session(id) => id.to_string(),
        }
    }
}

impl Store {
    /// Enrols people in one transaction. Who is enrolled already keeps where the enrolment came from.
    ///
    /// # Errors
    /// The database does not answer; nobody was enrolled then.
    pub async fn enrol(
        &self,
        to: Gathering,
        people: &[Newcomer],
        source: EnrolmentSource,
        now: Timestamp,
    ) -> Result<Enrolments, StoreError> {
        let mut transaction = self.writing.begin().await?;
        hold(&mut transaction, to).await?;
        let (known, unknown) = acquainted(&mut transaction, people, now).await?;
        let present = rows(&mut transaction, to).await?;
        let mut done = Enrolments { unknown, ..Enrolments::default() };
        for newcomer in people {
            let Some(person) = known.get(&newcomer.email) else { continue };
            let origin = Origin { role: newcomer.role, source, base: None, session: None };
            match present.get(person) {
                Some((role, false)) if *role == newcomer.role => done.same += 1,
                Some((_, false)) => {
                    assign(&mut transaction, to, *person, newcomer.role).await?;
                    done.changed += 1;
                }
                Some((_, true)) | None => {
                    put(&mut transaction, to, *person, &origin, now).await?;
                    done.added += 1;
                }
            }
        }
        name_trainers(&mut transaction, to).await?;
        transaction.commit().await?;
        Ok(done)
    }

    /// What [`Store::enrol`] would do.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn would_enrol(&self, to: Gathering, people: &[Newcomer]) -> Result<Enrolments, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let mut known = HashMap::new();
        look_up(&mut connection, people, &mut known).await?;
        let present = rows(&mut connection, to).await?;
        let mut done = Enrolments::default();
        for newcomer in people {
            match known.get(&newcomer.email).map(|person| present.get(person)) {
                None => {
                    done.unknown += 1;
                    done.added += 1;
                }
                Some(Some((role, false))) if *role == newcomer.role => done.same += 1,
                Some(Some((_, false))) => done.changed += 1,
                Some(Some((_, true)) | None) => done.added += 1,
            }
        }
        Ok(done)
    }

    /// Enrols one person who is known.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn enrol_person(
        &self,
        to: Gathering,
        person: PersonId,
        role: EnrolmentRole,
        source: EnrolmentSource,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.writing.begin().await?;
        put(&mut transaction, to, person, &Origin { role, source, base: None, session: None }, now).await?;
        name_trainers(&mut transaction, to).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Strikes somebody off by hand; no list brings the person back. True when the person was expected.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn unenrol(
        &self,
        from: Gathering,
        person: PersonId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.writing.begin().await?;
        let sql = format!(
            "UPDATE {} SET removed_ms = $3, source = 'manual' \
             WHERE {} = $1 AND person_id = $2 AND removed_ms IS NULL",
            from.table(),
            from.key()
        );
        let struck = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(from.id())
            .bind(person.to_string())
            .bind(now.as_millisecond())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        // Expected by the session: the séance remembers that the person is not to come to this one.
        let absent = match from {
            Gathering::Seance(id) => struck_from_session(&mut transaction, id, person, now).await?,
            Gathering::Session(_) => 0,
        };
        name_trainers(&mut transaction, from).await?;
        transaction.commit().await?;
        Ok(struck + absent > 0)
    }

    /// Keeps what somebody who is expected answers. False when nobody expects the person.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn answer_invitation(
        &self,
        seance: SeanceId,
        person: PersonId,
        answer: InvitationAnswer,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.writing.begin().await?;
        let update = "UPDATE enrolment SET answer = $3 \
             WHERE seance_id = $1 AND person_id = $2 AND removed_ms IS NULL";
        // Who is expected by the session gets a row of the séance to answer in.
        let insert = "INSERT INTO enrolment (seance_id, person_id, role, source, base, session, answer, added_ms) \
             SELECT seance.id, s.person_id, s.role, s.source, s.base, s.session, $3, s.added_ms \
             FROM session_enrolment s JOIN seance ON seance.session_formation_id = s.session_formation_id \
             WHERE seance.id = $1 AND s.person_id = $2 AND s.removed_ms IS NULL AND NOT EXISTS \
             (SELECT 1 FROM enrolment e WHERE e.seance_id = seance.id AND e.person_id = s.person_id)";
        let mut answered = 0;
        for sql in [insert, update] {
            let done = sqlx::query(sql)
                .bind(seance.to_string())
                .bind(person.to_string())
                .bind(answer.as_str())
                .execute(&mut *transaction)
                .await?;
            answered += done.rows_affected();
        }
        transaction.commit().await?;
        Ok(answered > 0)
    }

    /// Copies the enrolments that stand and the links to GAIA of one séance to another.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn copy_enrolments(
        &self,
        from: SeanceId,
        to: SeanceId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.writing.begin().await?;
        for sql in [
            "INSERT INTO enrolment (seance_id, person_id, role, source, base, session, answer, added_ms) \
             SELECT $2, person_id, role, source, base, session, 'waiting', $3 FROM enrolment \
             WHERE seance_id = $1 AND removed_ms IS NULL ON CONFLICT (seance_id, person_id) DO NOTHING",
            "INSERT INTO seance_ext_link (seance_id, base, dispositif, module, session, linked_by, linked_ms, \
             with_trainers, group_name) \
             SELECT $2, base, dispositif, module, session, linked_by, $3, with_trainers, group_name FROM seance_ext_link \
             WHERE seance_id = $1 ON CONFLICT (seance_id, base, dispositif, module, session) DO NOTHING",
        ] {
            sqlx::query(sql)
                .bind(from.to_string())
                .bind(to.to_string())
                .bind(now.as_millisecond())
                .execute(&mut *transaction)
                .await?;
        }
        name_trainers(&mut transaction, Gathering::Seance(to)).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Begins a transaction by writing: what is read in it afterwards is not changed by others before its end.
pub(super) async fn hold(connection: &mut AnyConnection, at: Gathering) -> Result<(), StoreError> {
    let sql = match at {
        Gathering::Seance(_) => "UPDATE seance SET starts_ms = starts_ms WHERE id = $1",
        Gathering::Session(_) => "UPDATE session_formation SET state = state WHERE id = $1",
    };
    sqlx::query(sql).bind(at.id()).execute(connection).await?;
    Ok(())
}

/// Where an enrolment comes from.
pub(super) struct Origin {
    pub(super) role: EnrolmentRole,
    pub(super) source: EnrolmentSource,
    pub(super) base: Option<String>,
    pub(super) session: Option<i64>,
}

/// Enrols, or enrols again; what was answered stays answered.
pub(super) async fn put(
    connection: &mut AnyConnection,
    to: Gathering,
    person: PersonId,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (answer, waiting) = match to {
        Gathering::Seance(_) => (", answer", ", 'waiting'"),
        Gathering::Session(_) => ("", ""),
    };
    let (table, key) = (to.table(), to.key());
    let sql = format!(
        "INSERT INTO {table} ({key}, person_id, role, source, base, session, added_ms, removed_ms{answer}) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, NULL{waiting}) ON CONFLICT ({key}, person_id) DO UPDATE SET \
         role = excluded.role, source = excluded.source, base = excluded.base, session = excluded.session, \
         added_ms = CASE WHEN {table}.removed_ms IS NULL THEN {table}.added_ms ELSE excluded.added_ms END, \
         removed_ms = NULL"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(to.id())
        .bind(person.to_string())
        .bind(origin.role.as_str())
        .bind(origin.source.as_str())
        .bind(origin.base.clone())
        .bind(origin.session)
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Another role for somebody who is enrolled.
async fn assign(
    connection: &mut AnyConnection,
    at: Gathering,
    person: PersonId,
    role: EnrolmentRole,
) -> Result<(), StoreError> {
    // From now on it is a decision, which lists leave alone.
    let sql = format!(
        "UPDATE {} SET role = $3, source = 'manual' WHERE {} = $1 AND person_id = $2",
        at.table(),
        at.key()
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(at.id())
        .bind(person.to_string())
        .bind(role.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

async fn struck_from_session(
    connection: &mut AnyConnection,
    seance: SeanceId,
    person: PersonId,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let sql = "INSERT INTO enrolment (seance_id, person_id, role, source, answer, added_ms, removed_ms) \
         SELECT seance.id, s.person_id, s.role, 'manual', 'waiting', s.added_ms, $3 \
         FROM session_enrolment s JOIN seance ON seance.session_formation_id = s.session_formation_id \
         WHERE seance.id = $1 AND s.person_id = $2 AND s.removed_ms IS NULL AND NOT EXISTS \
         (SELECT 1 FROM enrolment e WHERE e.seance_id = seance.id AND e.person_id = s.person_id)";
    let done = sqlx::query(sql)
        .bind(seance.to_string())
        .bind(person.to_string())
        .bind(now.as_millisecond())
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

/// Strikes off a séance the trainees whom no list names that it follows; how many. A list may bring them back, unless the
/// session of the parcours expects them at all its séances.
pub(super) async fn strike_unlisted(
    connection: &mut AnyConnection,
    seance: SeanceId,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let named = "SELECT 1 FROM seance_ext_link l JOIN ext_trainee t ON t.base = l.base AND t.session = l.session \
         WHERE l.seance_id = $1 AND t.removed_ms IS NULL AND t.email = p.email";
    let whole = "SELECT s.person_id, s.role, s.added_ms FROM session_enrolment s \
         JOIN seance ON seance.session_formation_id = s.session_formation_id \
         WHERE seance.id = $1 AND s.removed_ms IS NULL AND s.role = 'participant'";
    // First those of this séance, then those whom only its session expects.
    let own = format!(
        "UPDATE enrolment SET removed_ms = $2, source = CASE WHEN person_id IN (SELECT w.person_id FROM ({whole}) w) \
         THEN 'manual' ELSE 'gaia' END WHERE seance_id = $1 AND role = 'participant' AND removed_ms IS NULL \
         AND NOT EXISTS (SELECT 1 FROM person p WHERE p.id = enrolment.person_id AND EXISTS ({named}))"
    );
    let expected = format!(
        "INSERT INTO enrolment (seance_id, person_id, role, source, answer, added_ms, removed_ms) \
         SELECT $1, w.person_id, w.role, 'manual', 'waiting', w.added_ms, $2 FROM ({whole}) w \
         WHERE NOT EXISTS (SELECT 1 FROM enrolment e WHERE e.seance_id = $1 AND e.person_id = w.person_id) \
         AND NOT EXISTS (SELECT 1 FROM person p WHERE p.id = w.person_id AND EXISTS ({named}))"
    );
    let mut struck = 0;
    for sql in [own, expected] {
        let done = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(seance.to_string())
            .bind(now.as_millisecond())
            .execute(&mut *connection)
            .await?;
        struck += done.rows_affected();
    }
    Ok(struck)
}

/// Who has a row, with the role, and whether it was removed.
async fn rows(
    connection: &mut AnyConnection,
    at: Gathering,
) -> Result<HashMap<PersonId, (EnrolmentRole, bool)>, StoreError> {
    let sql = format!("SELECT person_id, role, removed_ms FROM {} WHERE {} = $1", at.table(), at.key());
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(at.id()).fetch_all(connection).await?;
    let each = rows.iter().map(|row| {
        let removed = row.try_get::<Option<i64>, _>("removed_ms")?.is_some();
        Ok((identified(row, "person_id")?, (worded(row, "role", EnrolmentRole::of)?, removed)))
    });
    each.collect()
}

/// A word in a column.
pub(super) fn worded<T>(row: &AnyRow, column: &str, of: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
    let text: String = row.try_get(column)?;
    of(&text).ok_or_else(|| StoreError::Damaged { column: column.to_owned(), text })
}
