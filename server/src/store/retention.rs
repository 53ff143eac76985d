//! What the retention clock takes away, in small transactions: each step may be stopped anywhere and taken up again.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use signaling::{
    id::{PersonId, SeanceId},
    journal::{Fact, Identity},
    seance::Seance,
};
use sqlx::Row;

use super::{Store, StoreError, correction::instant, person::identified, seance};

/// Rows of one transaction.
const TOGETHER: i64 = 500;
/// A journal that nobody closed is over when nothing was written for so long.
const SILENT: SignedDuration = SignedDuration::from_hours(24);

/// A séance that is over.
#[derive(Debug, Clone)]
pub struct Over {
    pub plan: Seance,
    /// The announced end, or the last record when that is later.
    pub at: Timestamp,
}

/// Texts of journals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    Chat,
    /// The names that guests typed.
    GuestNames,
}

/// Rows that go by their age alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aged {
    Logins,
    Invitations,
    WrongCodes,
    Views,
    Audit,
    Reports,
    /// But for the last one, whose number the next one follows.
    Exports,
    /// That recordings were deleted.
    Deletions,
}

impl Aged {
    fn rows(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Logins => ("login", "digest", "until_ms < $1"),
            Self::Invitations => ("invitation", "digest", "until_ms < $1"),
            Self::WrongCodes => ("emargement_try", "id", "at_ms < $1"),
            Self::Views => ("view_log", "id", "at_ms < $1"),
            Self::Audit => ("audit", "id", "at_ms < $1"),
            Self::Reports => ("retention_run", "id", "at_ms < $1"),
            Self::Deletions => ("recording_deleted", "recording_id", "deleted_ms < $1"),
            Self::Exports => {
                ("export_log", "number", "at_ms < $1 AND number < (SELECT MAX(number) FROM export_log)")
            }
        }
    }
}

/// What nothing may be taken from.
#[derive(Debug, Clone, Default)]
pub struct Holds {
    pub seances: BTreeSet<SeanceId>,
    pub people: BTreeSet<PersonId>,
}

impl Store {
    /// The séances with a journal that began before then and are over.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn journals_over(&self, before: Timestamp) -> Result<Vec<Over>, StoreError> {
        let sql = "SELECT plan, j.wall, j.fact FROM seance JOIN journal j ON j.seance_id = seance.id \
             AND j.seq = (SELECT MAX(k.seq) FROM journal k WHERE k.seance_id = seance.id) WHERE starts_ms < $1 \
             ORDER BY starts_ms, id";
        let rows = sqlx::query(sql).bind(before.as_millisecond()).fetch_all(&self.pool).await?;
        let mut over = Vec::new();
        for row in &rows {
            let plan = seance::plan(row)?;
            let (wall, fact): (String, String) = (row.try_get("wall")?, row.try_get("fact")?);
            let damaged = |_| StoreError::Damaged { column: "wall".to_owned(), text: wall.clone() };
            let last: Timestamp = wall.parse().map_err(damaged)?;
            let closed = fact.starts_with("{\"type\":\"ended\"");
            let at = plan.announced_end().max(last);
            let silent = last.checked_add(SILENT).unwrap_or(Timestamp::MAX) < before;
            if at < before && (closed || silent) {
                over.push(Over { plan, at });
            }
        }
        Ok(over)
    }

    /// The séances that began before then and were held or not, but for those that are figures only.
    ///
    /// # Errors
    /// The database does not answer, or a plan was damaged.
    pub async fn seances_before(&self, before: Timestamp) -> Result<Vec<Over>, StoreError> {
        let sql = "SELECT plan FROM seance WHERE starts_ms < $1 \
             AND NOT EXISTS (SELECT 1 FROM seance_figures f WHERE f.seance_id = seance.id) ORDER BY starts_ms, id";
        let rows = sqlx::query(sql).bind(before.as_millisecond()).fetch_all(&self.pool).await?;
        let over = |row| seance::plan(row).map(|plan| Over { at: plan.announced_end(), plan });
        rows.iter().map(over).collect()
    }

    /// What is held, and the séances with a request that waits for its answer.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn holds(&self) -> Result<(Holds, BTreeSet<SeanceId>), StoreError> {
        let mut holds = Holds::default();
        for row in sqlx::query("SELECT scope, scope_id FROM retention_hold").fetch_all(&self.pool).await? {
            match row.try_get::<String, _>("scope")?.as_str() {
                "seance" => drop(holds.seances.insert(identified(&row, "scope_id")?)),
                _ => drop(holds.people.insert(identified(&row, "scope_id")?)),
            }
        }
        for person in holds.people.clone() {
            holds.seances.extend(self.seances_concerning(person).await?);
        }
        let open = "SELECT DISTINCT seance_id FROM correction_request WHERE answered_ms IS NULL";
        let rows = sqlx::query(open).fetch_all(&self.pool).await?;
        let contested = rows.iter().map(|row| identified(row, "seance_id")).collect::<Result<_, _>>()?;
        Ok((holds, contested))
    }

    /// Holds something, or lets it go again. `scope` is `seance` or `person`.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn put_hold(
        &self,
        (scope, id): (&str, &str),
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let query = match reason {
            Some(reason) => sqlx::query(
                "INSERT INTO retention_hold (scope, scope_id, reason, made_ms) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (scope, scope_id) DO UPDATE SET reason = excluded.reason",
            )
            .bind(scope.to_owned())
            .bind(id.to_owned())
            .bind(reason.to_owned())
            .bind(now.as_millisecond()),
            None => sqlx::query("DELETE FROM retention_hold WHERE scope = $1 AND scope_id = $2")
                .bind(scope.to_owned())
                .bind(id.to_owned()),
        };
        query.execute(&self.pool).await?;
        Ok(())
    }

    /// How many texts of a journal are still there; erases them unless `dry`.
    ///
    /// # Errors
    /// The database does not answer, or a record cannot be read.
    pub async fn erase_texts(&self, seance: SeanceId, texts: Texts, dry: bool) -> Result<u64, StoreError> {
        self.erase_facts(seance, dry, |fact| match (texts, fact) {
            (Texts::Chat, Fact::ChatPosted { .. }) => true,
            (Texts::GuestNames, Fact::Joined { identity, .. }) => {
                matches!(identity, Identity::Declared | Identity::None)
            }
            _ => false,
        })
        .await
    }

    /// Erases the texts of the facts that are chosen. The chain stays whole: it holds digests of them.
    pub(super) async fn erase_facts(
        &self,
        seance: SeanceId,
        dry: bool,
        mut chosen: impl FnMut(&Fact) -> bool,
    ) -> Result<u64, StoreError> {
        let sql = "SELECT seq, fact FROM journal WHERE seance_id = $1 AND heartbeat = 0 AND salt <> '' ORDER BY seq";
        let rows = sqlx::query(sql).bind(seance.to_string()).fetch_all(&self.pool).await?;
        let mut erased = Vec::new();
        for row in &rows {
            let (seq, text): (i64, String) = (row.try_get("seq")?, row.try_get("fact")?);
            let unreadable =
                |why: serde_json::Error| StoreError::Unreadable { seance, seq, why: why.to_string() };
            let mut fact: Fact = serde_json::from_str(&text).map_err(unreadable)?;
            if chosen(&fact) {
                fact.texts_mut().into_iter().for_each(String::clear);
                erased.push((seq, serde_json::to_string(&fact).map_err(unreadable)?));
            }
        }
        if !dry {
            for some in erased.chunks(usize::try_from(TOGETHER).unwrap_or(1)) {
                let mut transaction = self.pool.begin().await?;
                for (seq, fact) in some {
                    sqlx::query("UPDATE journal SET fact = $1, salt = '' WHERE seance_id = $2 AND seq = $3")
                        .bind(fact)
                        .bind(seance.to_string())
                        .bind(seq)
                        .execute(&mut *transaction)
                        .await?;
                }
                transaction.commit().await?;
            }
        }
        Ok(u64::try_from(erased.len()).unwrap_or(u64::MAX))
    }

    /// Keeps what the journal of a séance says of presence, then deletes its records from the end, so that what is left
    /// by a stop in between is still a whole chain.
    ///
    /// # Errors
    /// The database does not answer, or a record cannot be read.
    pub async fn condense(&self, seance: SeanceId, now: Timestamp) -> Result<(), StoreError> {
        let last = "SELECT seq, hash FROM journal WHERE seance_id = $1 ORDER BY seq DESC LIMIT 1";
        let row = sqlx::query(last).bind(seance.to_string()).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(()) };
        let (mut seq, hash): (i64, String) = (row.try_get("seq")?, row.try_get("hash")?);
        let log = serde_json::to_string(&self.log(seance).await?).map_err(|why| StoreError::Unreadable {
            seance,
            seq,
            why: why.to_string(),
        })?;
        sqlx::query(
            "INSERT INTO journal_result (seance_id, log, seq, hash, at_ms) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (seance_id) DO NOTHING",
        )
        .bind(seance.to_string())
        .bind(log)
        .bind(seq)
        .bind(hash)
        .bind(now.as_millisecond())
        .execute(&self.pool)
        .await?;
        while seq > 0 {
            seq -= TOGETHER * 4;
            sqlx::query("DELETE FROM journal WHERE seance_id = $1 AND seq > $2")
                .bind(seance.to_string())
                .bind(seq.max(0))
                .execute(&self.pool)
                .await?;
        }
        Ok(())
    }

    /// When the records of a séance were deleted; `None` while they are there.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn condensed_at(&self, seance: SeanceId) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query("SELECT at_ms FROM journal_result WHERE seance_id = $1")
            .bind(seance.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| instant(&row, "at_ms")).transpose()
    }

    /// How many rows are older than that; deletes them unless `dry`.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn drop_aged(&self, aged: Aged, before: Timestamp, dry: bool) -> Result<u64, StoreError> {
        let (table, key, condition) = aged.rows();
        if dry {
            let sql = format!("SELECT COUNT(*) AS due FROM {table} WHERE {condition}");
            let row = sqlx::query(sqlx::AssertSqlSafe(sql))
                .bind(before.as_millisecond())
                .fetch_one(&self.pool)
                .await?;
            return Ok(u64::try_from(row.try_get::<i64, _>("due")?).unwrap_or(0));
        }
        let sql = format!(
            "DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {condition} LIMIT {TOGETHER})"
        );
        let mut dropped = 0;
        loop {
            let done = sqlx::query(sqlx::AssertSqlSafe(sql.clone()))
                .bind(before.as_millisecond())
                .execute(&self.pool)
                .await?;
            dropped += done.rows_affected();
            if done.rows_affected() == 0 {
                return Ok(dropped);
            }
        }
    }

    /// Rows of GAIA, by the academy that brought them, of sessions that ended before then and that no séance follows;
    /// deletes them unless `dry`. The trainers of a module go with its last session.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn drop_gaia(&self, academy: &str, before: Timestamp, dry: bool) -> Result<u64, StoreError> {
        const DUE: &str = "SELECT base, dispositif, module, session FROM ext_session WHERE academy = $1 \
             AND ends_ms < $2 AND NOT EXISTS (SELECT 1 FROM seance_ext_link l WHERE l.base = ext_session.base \
             AND l.module = ext_session.module AND l.session = ext_session.session)";
        let rows = sqlx::query(DUE).bind(academy).bind(before.as_millisecond()).fetch_all(&self.pool).await?;
        let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        if dry {
            return Ok(count);
        }
        for row in rows {
            let (base, module, session): (String, i64, i64) =
                (row.try_get("base")?, row.try_get("module")?, row.try_get("session")?);
            let mut transaction = self.pool.begin().await?;
            sqlx::query("DELETE FROM ext_trainee WHERE base = $1 AND session = $2")
                .bind(base.clone())
                .bind(session)
                .execute(&mut *transaction)
                .await?;
            sqlx::query("DELETE FROM ext_session WHERE base = $1 AND module = $2 AND session = $3")
                .bind(base.clone())
                .bind(module)
                .bind(session)
                .execute(&mut *transaction)
                .await?;
            sqlx::query(
                "DELETE FROM ext_trainer WHERE base = $1 AND module = $2 AND NOT EXISTS (SELECT 1 \
                 FROM ext_session s WHERE s.base = ext_trainer.base AND s.module = ext_trainer.module)",
            )
            .bind(base)
            .bind(module)
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await?;
        }
        Ok(count)
    }

    /// The academies that brought rows of GAIA.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn academies_of_gaia(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT academy FROM ext_session ORDER BY academy";
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        Ok(rows.iter().map(|row| row.try_get("academy")).collect::<Result<_, _>>()?)
    }

    /// The digests of the files that something still refers to: exports, or scans.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn files_kept(&self, scans: bool) -> Result<BTreeSet<String>, StoreError> {
        let sql = if scans {
            "SELECT attachment_sha256 AS digest FROM signature UNION \
             SELECT attachment_sha256 AS digest FROM signature_withdrawn"
        } else {
            "SELECT DISTINCT sha256 AS digest FROM export_log WHERE kept = 1"
        };
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        Ok(rows.iter().map(|row| row.try_get("digest")).collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests;
