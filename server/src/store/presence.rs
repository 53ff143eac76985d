//! What a presence sheet is made of, read from the database: the journal as a log, without the heartbeats that change
//! nothing, and all that people know and decided beside it.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use signaling::{
    attendance::{Elsewhere, Enrolled, GaiaStatus, Known, Log, Table, decided, interval::Interval},
    id::{ConnectionId, PersonId, SeanceId},
    journal::Fact,
    protocol::{Role, seance::SeanceKind},
    seance::Seance,
};
use sqlx::{Row, any::AnyRow};

use super::{Store, StoreError, journal::line, person::identified, seance};

/// Records of heartbeats fetched at once, backwards: a connection speaks every 15 s and they are written every 10 s.
const TAIL: usize = 4;
/// Other séances looked into for overlaps, those that start nearest.
const OTHERS: usize = 40;
/// How long before a séance another one may have begun that still goes on.
const LONGEST_MS: i64 = 24 * 3_600_000;
/// How long a séance may be extended.
const EXTENSION: SignedDuration = SignedDuration::from_hours(3);

impl Store {
    /// The journal of a séance as presence needs it: the same log as from all its records, read faster.
    ///
    /// # Errors
    /// The database does not answer, or a record cannot be read.
    pub async fn log(&self, seance: SeanceId) -> Result<Log, StoreError> {
        if let Some(log) = self.kept_log(seance).await? {
            return Ok(log);
        }
        let mut rows = sqlx::query(
            "SELECT seq, boot, boot_at, mono_ms, fact FROM journal WHERE seance_id = $1 AND heartbeat = 0 \
             ORDER BY seq",
        )
        .bind(seance.to_string())
        .fetch(&self.pool);
        // To the end before the heartbeats are asked for: nobody waits for a connection while holding one.
        let mut lines = Vec::new();
        while let Some(row) = rows.try_next().await? {
            lines.push(line(seance, &row)?);
        }
        drop(rows);
        let mut log = Log::default();
        let mut boundary = 0;
        for (seq, at, fact) in lines {
            if Log::is_boundary(&fact) {
                self.hear(&mut log, seance, boundary, seq).await?;
                boundary = seq;
            }
            log.read(seq, &at, &fact);
        }
        if !log.has_ended() {
            self.hear(&mut log, seance, boundary, u64::MAX).await?;
        }
        Ok(log)
    }

    /// What is left of a journal whose records were deleted.
    async fn kept_log(&self, seance: SeanceId) -> Result<Option<Log>, StoreError> {
        let row = sqlx::query("SELECT log FROM journal_result WHERE seance_id = $1")
            .bind(seance.to_string())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let text: String = row.try_get("log")?;
        let damaged = |_| StoreError::Damaged { column: "log".to_owned(), text: String::new() };
        serde_json::from_str(&text).map(Some).map_err(damaged)
    }

    /// Reads the last heartbeats before a record, backwards, until everything that is open was heard or had only just
    /// come. The last record is always read: it tells how long the server lived.
    async fn hear(&self, log: &mut Log, seance: SeanceId, after: u64, before: u64) -> Result<(), StoreError> {
        let mut unheard: BTreeMap<ConnectionId, u64> = log.unheard().collect();
        let mut tail = Vec::new();
        let mut before = i64::try_from(before).unwrap_or(i64::MAX);
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        loop {
            let rows = sqlx::query(
                "SELECT seq, boot, boot_at, mono_ms, fact FROM journal WHERE seance_id = $1 AND heartbeat = 1 \
                 AND seq > $2 AND seq < $3 ORDER BY seq DESC LIMIT $4",
            )
            .bind(seance.to_string())
            .bind(after)
            .bind(before)
            .bind(i64::try_from(TAIL).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await?;
            for row in &rows {
                let (seq, at, fact) = line(seance, row)?;
                before = i64::try_from(seq).unwrap_or(i64::MAX);
                if let Fact::Heartbeats { heard } = &fact {
                    for (connection, _) in heard {
                        unheard.remove(connection);
                    }
                }
                unheard.retain(|_, joined| *joined < seq);
                tail.push((seq, at, fact));
            }
            if unheard.is_empty() || rows.len() < TAIL {
                break;
            }
        }
        for (seq, at, fact) in tail.iter().rev() {
            log.read_heartbeats(*seq, at, fact);
        }
        Ok(())
    }

    /// All that is known of a séance beside its journal, what the same people did elsewhere included.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn known(&self, plan: &Seance, now: Timestamp) -> Result<Known, StoreError> {
        let mut known = self.known_here(plan).await?;
        for other in self.meanwhile(plan).await? {
            let here = self.known_here(&other).await?;
            let log = self.log(other.id).await?;
            known.elsewhere.extend(elsewhere(&other, &log, &here, now));
        }
        Ok(known)
    }

    /// The same, without other séances.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn known_here(&self, plan: &Seance) -> Result<Known, StoreError> {
        let linked = sqlx::query("SELECT base FROM seance_ext_link WHERE seance_id = $1 LIMIT 1")
            .bind(plan.id.to_string())
            .fetch_optional(&self.pool)
            .await?
            .is_some();
        let state = sqlx::query(
            "SELECT session_formation.archived_ms FROM seance LEFT JOIN session_formation \
             ON session_formation.id = seance.session_formation_id WHERE seance.id = $1",
        )
        .bind(plan.id.to_string())
        .fetch_optional(&self.pool)
        .await?;
        let archived = match &state {
            Some(row) => row.try_get::<Option<i64>, _>("archived_ms")?.is_some(),
            None => false,
        };
        let adjustments = self.adjustments(plan.id).await?;
        let authors: BTreeSet<PersonId> = adjustments.iter().map(|one| one.author).collect();
        Ok(Known {
            enrolled: self.roster(plan.id, linked).await?,
            half_days: self.half_days(plan.id).await?,
            signatures: self.signatures(plan.id).await?,
            requests: self.correction_requests(plan.id).await?,
            replays: self.replays(plan.id).await?,
            elsewhere: Vec::new(),
            names: self.names(&authors).await?,
            linked,
            archived,
            adjustments,
        })
    }

    /// Everybody who is or was expected, of the séance and of its session.
    async fn roster(&self, seance: SeanceId, linked: bool) -> Result<Vec<Enrolled>, StoreError> {
        let mut roster = BTreeMap::new();
        for from in [
            "session_enrolment e JOIN seance ON seance.session_formation_id = e.session_formation_id \
             WHERE seance.id = $1",
            "enrolment e JOIN seance ON seance.id = e.seance_id WHERE seance.id = $1",
        ] {
            // Of each linked session, whether its list has the person, or since when no longer.
            let sql = format!(
                "SELECT p.id AS person_id, p.last_name, p.first_name, r.role, r.removed_ms, r.source, \
                 t.base, t.session, t.removed_ms AS gone_ms FROM (SELECT e.person_id, e.role, e.source, \
                 e.removed_ms, seance.id AS seance_id FROM {from}) r JOIN person p ON p.id = r.person_id \
                 LEFT JOIN seance_ext_link l ON l.seance_id = r.seance_id \
                 LEFT JOIN ext_trainee t ON t.base = l.base AND t.session = l.session AND t.email = p.email"
            );
            let rows =
                sqlx::query(sqlx::AssertSqlSafe(sql)).bind(seance.to_string()).fetch_all(&self.pool).await?;
            for row in &rows {
                let one = enrolled(row, linked)?;
                let kept = roster.entry(one.person).or_insert_with(|| one.clone());
                // Of several linked sessions, the one that lists the person.
                let gaia = if kept.gaia.is_listed() { kept.gaia.clone() } else { one.gaia.clone() };
                // Whom a list of GAIA has no more is still expected by the session that enrols the person.
                let gone = one.removed_at.is_some() && row.try_get::<String, _>("source")? == "gaia";
                let one = if gone && kept.removed_at.is_none() { kept.clone() } else { one };
                *kept = Enrolled { gaia, ..one };
            }
        }
        Ok(roster.into_values().collect())
    }

    /// Names as lists show them; somebody erased has none.
    pub(super) async fn names(
        &self,
        people: &BTreeSet<PersonId>,
    ) -> Result<BTreeMap<PersonId, String>, StoreError> {
        let mut names = BTreeMap::new();
        for person in people {
            let row = sqlx::query("SELECT last_name, first_name FROM person WHERE id = $1")
                .bind(person.to_string())
                .fetch_optional(&self.pool)
                .await?;
            if let Some(row) = row {
                let (last, first): (String, String) = (row.try_get("last_name")?, row.try_get("first_name")?);
                names.insert(*person, format!("{first} {}", last.to_uppercase()).trim().to_owned());
            }
        }
        Ok(names)
    }

    /// Other séances at the same time at which somebody of this one is expected too.
    ///
    /// # Errors
    /// The database does not answer, or a plan was damaged.
    pub async fn meanwhile(&self, plan: &Seance) -> Result<Vec<Seance>, StoreError> {
        const MINE: &str = "SELECT person_id FROM enrolment WHERE seance_id = $1 UNION SELECT s.person_id \
             FROM session_enrolment s JOIN seance ON seance.session_formation_id = s.session_formation_id \
             WHERE seance.id = $1";
        // Half-days may lie days away from the start of their séance.
        let own = self.spans(plan).await?;
        let bounds = own.iter().map(|span| (span.from.as_millisecond(), span.to.as_millisecond()));
        let (from, to) = bounds.fold((i64::MAX, i64::MIN), |(from, to), (starts, ends)| {
            (from.min(starts - LONGEST_MS), to.max(ends + LONGEST_MS))
        });
        let sql = format!(
            "SELECT other.plan FROM seance other WHERE other.id <> $1 AND other.cancelled_ms IS NULL \
             AND (other.starts_ms > $2 AND other.starts_ms < $3 OR other.id IN (SELECT h.seance_id \
             FROM half_day h WHERE h.starts_ms > $2 AND h.starts_ms < $3)) AND (EXISTS (SELECT 1 FROM enrolment t \
             WHERE t.seance_id = other.id AND t.person_id IN ({MINE})) OR EXISTS (SELECT 1 \
             FROM session_enrolment t WHERE t.session_formation_id = other.session_formation_id \
             AND t.person_id IN ({MINE}))) ORDER BY other.starts_ms, other.id"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(plan.id.to_string())
            .bind(from)
            .bind(to)
            .fetch_all(&self.pool)
            .await?;
        let mut others = Vec::new();
        for row in &rows {
            let other = seance::plan(row)?;
            let theirs = self.spans(&other).await?;
            if own.iter().any(|span| theirs.iter().any(|other| span.from < other.to && other.from < span.to))
            {
                others.push(other);
            }
        }
        others.sort_by_key(|other| (other.starts_at.duration_since(plan.starts_at).abs(), other.id));
        others.truncate(OTHERS);
        Ok(others)
    }

    /// When people may be at a séance: its hours, which may be extended, and its half-days.
    async fn spans(&self, plan: &Seance) -> Result<Vec<Interval>, StoreError> {
        let end = plan.announced_end().checked_add(EXTENSION).unwrap_or(Timestamp::MAX);
        let mut spans = vec![Interval::new(plan.starts_at, end)];
        if plan.kind == SeanceKind::Presentiel {
            let days = self.half_days(plan.id).await?;
            spans.extend(days.iter().map(|day| Interval::new(day.starts_at, day.ends_at())));
        }
        Ok(spans)
    }
}

/// What people did in another séance: the time retained there, and the half-days signed.
fn elsewhere(other: &Seance, log: &Log, known: &Known, now: Timestamp) -> Vec<Elsewhere> {
    let sheet = decided(other, log.view(other), log, known, now);
    let days: BTreeMap<_, _> = known.half_days.iter().map(|day| (day.id, day)).collect();
    let mut found = Vec::new();
    for row in sheet.rows {
        let signed = row.signatures.iter().filter_map(|one| days.get(&one.half_day));
        let signed: Vec<Interval> = signed.map(|day| Interval::new(day.starts_at, day.ends_at())).collect();
        let remote: Vec<Interval> =
            row.segments.iter().map(|piece| Interval::new(piece.from, piece.to)).collect();
        for (pieces, signed) in [(remote, false), (signed, true)] {
            if !pieces.is_empty() {
                found.push(Elsewhere { person: row.person, seance: other.id, pieces, signed });
            }
        }
    }
    found
}

fn enrolled(row: &AnyRow, linked: bool) -> Result<Enrolled, StoreError> {
    let role: String = row.try_get("role")?;
    let (table, role) = match role.as_str() {
        "trainer" => (Some(Table::Trainers), Role::Trainer),
        "co_trainer" => (Some(Table::Trainers), Role::CoTrainer),
        "tutor" => (Some(Table::Tutors), Role::Participant),
        "participant" => (Some(Table::Participants), Role::Participant),
        "observer" => (None, Role::Observer),
        _ => return Err(StoreError::Damaged { column: "role".to_owned(), text: role }),
    };
    let at = |column: &str| {
        let ms: Option<i64> = row.try_get(column)?;
        Ok::<_, StoreError>(ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()))
    };
    let base: Option<String> = row.try_get("base")?;
    let session: Option<i64> = row.try_get("session")?;
    let gaia = match (base, session, at("gone_ms")?) {
        (Some(base), Some(session), Some(since)) => GaiaStatus::Withdrawn { base, session, since },
        (Some(base), Some(session), None) => GaiaStatus::Listed { base, session },
        _ if linked => GaiaStatus::Unlisted,
        _ => GaiaStatus::Unlinked,
    };
    let last_name: String = row.try_get("last_name")?;
    Ok(Enrolled {
        person: identified(row, "person_id")?,
        last_name: last_name.to_uppercase(),
        first_name: row.try_get("first_name")?,
        table,
        role,
        // A trainer by the roster who stands in the list of trainees too.
        double_role: table == Some(Table::Trainers) && gaia.is_listed(),
        gaia,
        removed_at: at("removed_ms")?,
    })
}

#[cfg(test)]
mod tests;
