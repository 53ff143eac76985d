//! Identities that go: asked for, and carried out in steps that may be stopped anywhere and taken up again.

use std::collections::BTreeSet;

use jiff::Timestamp;
use signaling::{
    attendance::Log,
    id::{ParticipantId, PersonId, SeanceId},
    journal::Fact,
    person::Person,
};
use sqlx::Row;

use super::{Store, StoreError, correction::instant, person::identified, seance};

/// An erasure that was asked for.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    pub person: PersonId,
    /// Who asked, by identifier, or in words.
    pub by: &'a str,
    pub reason: &'a str,
    /// When it is to be carried out.
    pub due: Timestamp,
}

/// What an identity leaves behind in its own tables; counts, decisions and proofs stay under the identifier.
const FORGET: [&str; 16] = [
    "DELETE FROM account WHERE person_id = $1",
    "DELETE FROM login WHERE person_id = $1",
    "DELETE FROM invitation WHERE person_id = $1",
    "DELETE FROM person_subject WHERE person_id = $1",
    "DELETE FROM platform_role WHERE person_id = $1",
    "DELETE FROM calendar_feed WHERE person_id = $1",
    "DELETE FROM personal_link WHERE person_id = $1",
    "DELETE FROM emargement_try WHERE person_id = $1",
    "DELETE FROM view_log WHERE person_id = $1",
    "DELETE FROM ext_trainee WHERE email = (SELECT email FROM person WHERE id = $1)",
    "DELETE FROM ext_trainer WHERE email = (SELECT email FROM person WHERE id = $1)",
    "UPDATE adjustment SET text = '', salt = '' WHERE person_id = $1",
    "UPDATE correction_request SET text = '', answer_text = '' WHERE person_id = $1",
    "UPDATE signature_withdrawn SET reason = '' WHERE person_id = $1",
    "UPDATE attestation SET line = '', salt = '', reason = '', revoked_reason = '' WHERE person_id = $1",
    "UPDATE person SET email = NULL, last_name = '', first_name = '', uai = '', school = '', town = '', \
     circonscription = '', degree = '', quotite_percent = 100, due_min = NULL WHERE id = $1",
];

impl Store {
    /// Notes that an identity is to be erased; asked again, the earlier date holds.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn ask_erasure(&self, asked: &Asked<'_>, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO erasure (person_id, asked_by, reason, asked_ms, due_ms) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (person_id) DO UPDATE SET due_ms = excluded.due_ms \
             WHERE erasure.done_ms IS NULL AND excluded.due_ms < erasure.due_ms",
        )
        .bind(asked.person.to_string())
        .bind(asked.by.to_owned())
        .bind(asked.reason.to_owned())
        .bind(now.as_millisecond())
        .bind(asked.due.as_millisecond())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The identities that are due, with their academies.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn erasures_due(&self, now: Timestamp) -> Result<Vec<(PersonId, String)>, StoreError> {
        let sql = "SELECT e.person_id, COALESCE(p.academy, '') AS academy FROM erasure e \
             LEFT JOIN person p ON p.id = e.person_id WHERE e.done_ms IS NULL AND e.due_ms <= $1 ORDER BY e.due_ms";
        let rows = sqlx::query(sql).bind(now.as_millisecond()).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((identified(row, "person_id")?, row.try_get("academy")?))).collect()
    }

    /// When the erasure of somebody is to be carried out; `None` when none waits.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn erasure_due(&self, person: PersonId) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("SELECT due_ms FROM erasure WHERE person_id = $1 AND done_ms IS NULL")
            .bind(person.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| instant(&row, "due_ms")).transpose()
    }

    /// True while somebody waits for the answer to a request for correction.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn awaits_answer(&self, person: PersonId) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM correction_request WHERE person_id = $1 AND answered_ms IS NULL LIMIT 1";
        Ok(sqlx::query(sql).bind(person.to_string()).fetch_optional(&self.pool).await?.is_some())
    }

    /// Erases an identity: account, names, addresses, texts. Journals and corrections stay whole chains, and no figure
    /// changes. The digests of the files that hold the name are given back: their bytes are the caller's to delete.
    ///
    /// # Errors
    /// The database does not answer; the erasure is then still due.
    pub async fn erase_person(
        &self,
        person: &Person,
        now: Timestamp,
    ) -> Result<BTreeSet<String>, StoreError> {
        let (id, seances) = (person.id, self.seances_concerning(person.id).await?);
        // Before the journals no longer tell where somebody came to without being expected.
        let files = self.drop_exports_of(id, &seances).await?;
        let mut aliases = vec![id];
        // A guest who was told to be this person typed this person's name.
        let attached = "SELECT DISTINCT person_id FROM adjustment WHERE kind = 'attach' AND person_id <> '' AND new LIKE $1";
        for row in sqlx::query(attached).bind(format!("%\"{id}\"%")).fetch_all(&self.pool).await? {
            aliases.push(identified(&row, "person_id")?);
        }
        for alias in aliases {
            self.erase_in_journals(alias).await?;
        }
        self.unname_in_plans(person, &seances).await?;
        let mut transaction = self.pool.begin().await?;
        for forget in FORGET {
            sqlx::query(forget).bind(id.to_string()).execute(&mut *transaction).await?;
        }
        for end in [
            "UPDATE person SET erased_ms = $2 WHERE id = $1 AND erased_ms IS NULL",
            "UPDATE erasure SET done_ms = $2, reason = '' WHERE person_id = $1",
        ] {
            sqlx::query(end)
                .bind(id.to_string())
                .bind(now.as_millisecond())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(files)
    }

    /// Names under which somebody came, and messages that somebody wrote, in every journal and in what is left of one.
    async fn erase_in_journals(&self, person: PersonId) -> Result<(), StoreError> {
        let mention = format!("%\"{person}\"%");
        let came =
            "SELECT DISTINCT seance_id FROM journal WHERE heartbeat = 0 AND salt <> '' AND fact LIKE $1";
        for row in sqlx::query(came).bind(mention.clone()).fetch_all(&self.pool).await? {
            let mut own = BTreeSet::<ParticipantId>::new();
            // A record before tells who a message is of.
            let theirs = self.participants_of(identified(&row, "seance_id")?, person).await?;
            own.extend(theirs);
            self.erase_facts(identified(&row, "seance_id")?, false, |fact| {
                matches!(fact, Fact::Joined { person: came, .. } if *came == person)
                    || matches!(fact, Fact::ChatPosted { participant, .. } if own.contains(participant))
            })
            .await?;
        }
        let rows = sqlx::query("SELECT seance_id, log FROM journal_result WHERE log LIKE $1")
            .bind(mention)
            .fetch_all(&self.pool)
            .await?;
        for row in rows {
            let text: String = row.try_get("log")?;
            let damaged = |_| StoreError::Damaged { column: "log".to_owned(), text: String::new() };
            let mut log: Log = serde_json::from_str(&text).map_err(damaged)?;
            log.forget(person);
            sqlx::query("UPDATE journal_result SET log = $1 WHERE seance_id = $2")
                .bind(serde_json::to_string(&log).map_err(damaged)?)
                .bind(row.try_get::<String, _>("seance_id")?)
                .execute(&self.pool)
                .await?;
        }
        Ok(())
    }

    /// Under which identifiers somebody stayed in a room.
    async fn participants_of(
        &self,
        seance: SeanceId,
        person: PersonId,
    ) -> Result<BTreeSet<ParticipantId>, StoreError> {
        let sql = "SELECT seq, fact FROM journal WHERE seance_id = $1 AND heartbeat = 0 AND fact LIKE $2";
        let rows = sqlx::query(sql)
            .bind(seance.to_string())
            .bind(format!("{{\"type\":\"joined\"%\"{person}\"%"))
            .fetch_all(&self.pool)
            .await?;
        let mut found = BTreeSet::new();
        for row in rows {
            let (seq, text): (i64, String) = (row.try_get("seq")?, row.try_get("fact")?);
            let unreadable =
                |why: serde_json::Error| StoreError::Unreadable { seance, seq, why: why.to_string() };
            if let Fact::Joined { participant, person: came, .. } =
                serde_json::from_str(&text).map_err(unreadable)?
                && came == person
            {
                found.insert(participant);
            }
        }
        Ok(found)
    }

    /// The exports that hold the name; that they took place stays in the log.
    async fn drop_exports_of(
        &self,
        person: PersonId,
        seances: &[SeanceId],
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut files = BTreeSet::new();
        let seances: BTreeSet<String> = seances.iter().map(ToString::to_string).collect();
        let seances: Vec<String> = seances.union(&self.came_to(person).await?).cloned().collect();
        for seance in seances {
            files.extend(self.drop_exports("scope = 'seance' AND scope_id = $1", &seance).await?);
            let session = "scope = 'session_formation' AND scope_id = (SELECT session_formation_id FROM seance WHERE id = $1)";
            files.extend(self.drop_exports(session, &seance).await?);
        }
        for named in [
            "scope = 'session_formation' AND scope_id IN (SELECT session_formation_id FROM session_enrolment \
             WHERE person_id = $1 UNION SELECT session_formation_id FROM attestation WHERE person_id = $1)",
            "scope = 'attestation' AND scope_id IN (SELECT id FROM attestation WHERE person_id = $1)",
        ] {
            files.extend(self.drop_exports(named, &person.to_string()).await?);
        }
        // Whatever else has a row of that person: the reports of inspectors.
        files.extend(self.drop_exports("row_digests LIKE $1", &format!("%\"{person}\"%")).await?);
        Ok(files)
    }

    /// Where somebody came to, expected or not.
    async fn came_to(&self, person: PersonId) -> Result<BTreeSet<String>, StoreError> {
        let sql = "SELECT DISTINCT seance_id FROM journal WHERE heartbeat = 0 AND fact LIKE $1 \
             UNION SELECT seance_id FROM journal_result WHERE log LIKE $1";
        let rows = sqlx::query(sql).bind(format!("%\"{person}\"%")).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(row.try_get("seance_id")?)).collect()
    }

    /// Lets go of the bytes of those exports, whose digests are given back. Digests of rows can be guessed by who knows the
    /// names: they go too.
    async fn drop_exports(&self, which: &str, value: &str) -> Result<BTreeSet<String>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let sql = format!("UPDATE export_log SET kept = 0 WHERE {which}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(value.to_owned()).execute(&mut *transaction).await?;
        let sql = format!("SELECT sha256 FROM export_log WHERE {which}");
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(value.to_owned()).fetch_all(&mut *transaction).await?;
        let files = rows.iter().map(|row| row.try_get("sha256")).collect::<Result<_, _>>()?;
        let sql = format!("UPDATE export_log SET row_digests = '{{}}' WHERE {which}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(value.to_owned()).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(files)
    }

    /// The lobby no longer names who led.
    async fn unname_in_plans(&self, person: &Person, seances: &[SeanceId]) -> Result<(), StoreError> {
        let name = person.display_name();
        for id in seances {
            let mut transaction = self.writing.begin().await?;
            if let Some(mut plan) = seance::find(&mut transaction, *id).await?
                && plan.trainers.contains(&name)
            {
                plan.trainers.retain(|trainer| *trainer != name);
                seance::put(&mut *transaction, &plan).await?;
                transaction.commit().await?;
            }
        }
        Ok(())
    }
}
