//! What is kept about one person beside presence itself: for the file that the person may take, and for its erasure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use signaling::{
    id::{MessageId, ParticipantId, PersonId, SeanceId},
    journal::Fact,
};
use sqlx::{Row, any::AnyRow};

use super::{Store, StoreError, correction::instant, journal::line, person::identified};

/// An enrolment that stands or stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentKept {
    /// The séance, or the session of a parcours.
    pub of: String,
    pub role: String,
    pub source: String,
    /// Empty where none is asked for.
    pub answer: String,
    pub added_at: Timestamp,
    pub removed_at: Option<Timestamp>,
}

/// A browser that is logged in, or was lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginKept {
    pub made_at: Timestamp,
    pub seen_at: Timestamp,
    pub until: Timestamp,
}

/// A message of the chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageKept {
    pub at: Timestamp,
    pub text: String,
}

impl Store {
    /// The séances that somebody has to do with: enrolled, by its session, by a personal link, or as its maker.
    ///
    /// # Errors
    /// The database does not answer, or an identifier was damaged.
    pub async fn seances_concerning(&self, person: PersonId) -> Result<Vec<SeanceId>, StoreError> {
        let sql = "SELECT seance_id AS id FROM enrolment WHERE person_id = $1 \
             UNION SELECT seance_id FROM personal_link WHERE person_id = $1 \
             UNION SELECT id FROM seance WHERE made_by = $1 \
             UNION SELECT seance.id FROM seance JOIN session_enrolment s \
             ON s.session_formation_id = seance.session_formation_id WHERE s.person_id = $1";
        let rows = sqlx::query(sql).bind(person.to_string()).fetch_all(&self.pool).await?;
        let found: BTreeSet<SeanceId> =
            rows.iter().map(|row| identified(row, "id")).collect::<Result<_, _>>()?;
        Ok(found.into_iter().collect())
    }

    /// Somebody's enrolments in séances, then in sessions.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn enrolments_of(
        &self,
        person: PersonId,
    ) -> Result<(Vec<EnrolmentKept>, Vec<EnrolmentKept>), StoreError> {
        let seances = "SELECT seance_id AS scope, role, source, answer, added_ms, removed_ms FROM enrolment \
             WHERE person_id = $1 ORDER BY added_ms, seance_id";
        let sessions = "SELECT session_formation_id AS scope, role, source, '' AS answer, added_ms, removed_ms \
             FROM session_enrolment WHERE person_id = $1 ORDER BY added_ms, session_formation_id";
        let mut both = Vec::new();
        for sql in [seances, sessions] {
            let rows = sqlx::query(sql).bind(person.to_string()).fetch_all(&self.pool).await?;
            both.push(rows.iter().map(enrolment).collect::<Result<Vec<_>, _>>()?);
        }
        let sessions = both.pop().unwrap_or_default();
        Ok((both.pop().unwrap_or_default(), sessions))
    }

    /// When somebody's password was last set; `None` without an account.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn account_changed(&self, person: PersonId) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT changed_ms FROM account WHERE person_id = $1";
        let row = sqlx::query(sql).bind(person.to_string()).fetch_optional(&self.pool).await?;
        row.map(|row| instant(&row, "changed_ms")).transpose()
    }

    /// Somebody's logins that are kept.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn logins_of(&self, person: PersonId) -> Result<Vec<LoginKept>, StoreError> {
        let sql = "SELECT made_ms, seen_ms, until_ms FROM login WHERE person_id = $1 ORDER BY made_ms";
        let rows = sqlx::query(sql).bind(person.to_string()).fetch_all(&self.pool).await?;
        let read = |row: &AnyRow| {
            let at = |column| instant(row, column);
            Ok(LoginKept { made_at: at("made_ms")?, seen_at: at("seen_ms")?, until: at("until_ms")? })
        };
        rows.iter().map(read).collect()
    }

    /// How many exports hold a row of somebody.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn exports_holding(&self, person: PersonId) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) AS count FROM export_log WHERE row_digests LIKE $1 \
             OR (scope = 'attestation' AND scope_id IN (SELECT id FROM attestation WHERE person_id = $2))";
        let row = sqlx::query(sql)
            .bind(format!("%\"{person}\"%"))
            .bind(person.to_string())
            .fetch_one(&self.pool)
            .await?;
        Ok(u64::try_from(row.try_get::<i64, _>("count")?).unwrap_or(0))
    }

    /// The messages that somebody wrote in a séance and that are still there.
    ///
    /// # Errors
    /// The database does not answer, or a record cannot be read.
    pub async fn messages_of(
        &self,
        seance: SeanceId,
        person: PersonId,
    ) -> Result<Vec<MessageKept>, StoreError> {
        let sql = "SELECT seq, boot, boot_at, mono_ms, fact FROM journal WHERE seance_id = $1 AND heartbeat = 0 \
             AND (fact LIKE '{\"type\":\"joined\"%' OR fact LIKE '{\"type\":\"chat_%') ORDER BY seq";
        let rows = sqlx::query(sql).bind(seance.to_string()).fetch_all(&self.pool).await?;
        let (mut own, mut messages) =
            (BTreeSet::<ParticipantId>::new(), BTreeMap::<MessageId, MessageKept>::new());
        for row in &rows {
            let (_, at, fact) = line(seance, row)?;
            if let Fact::Joined { person: came, participant, .. } = &fact
                && *came == person
            {
                own.insert(*participant);
            } else if let Fact::ChatPosted { message, participant, text, .. } = fact {
                if own.contains(&participant) && !text.is_empty() {
                    messages.insert(message, MessageKept { at: at.effective(), text });
                }
            } else if let Fact::ChatDeleted { message, .. } = fact {
                messages.remove(&message);
            }
        }
        let mut messages: Vec<MessageKept> = messages.into_values().collect();
        messages.sort_by_key(|message| message.at);
        Ok(messages)
    }
}

fn enrolment(row: &AnyRow) -> Result<EnrolmentKept, StoreError> {
    let removed: Option<i64> = row.try_get("removed_ms")?;
    Ok(EnrolmentKept {
        of: row.try_get("scope")?,
        role: row.try_get("role")?,
        source: row.try_get("source")?,
        answer: row.try_get("answer")?,
        added_at: instant(row, "added_ms")?,
        removed_at: removed.and_then(|ms| Timestamp::from_millisecond(ms).ok()),
    })
}
