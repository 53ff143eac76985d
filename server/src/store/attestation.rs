//! Attestations and the acts that made them.

use jiff::Timestamp;
use signaling::{
    attestation::AttestedLine,
    hours::training::{DayCredit, Hours, Parts},
    id::{AttestationId, PersonId, SessionFormationId},
};
use sqlx::{Any, Row, Transaction, any::AnyRow};
use uuid::Uuid;

use super::{
    Store, StoreError,
    followed::{counted, days},
    session_formation::still_open,
};

/// A signed act, with the leaves of its tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    pub id: Uuid,
    pub session_formation: SessionFormationId,
    pub author: PersonId,
    pub at: Timestamp,
    /// Hex: root, Ed25519 public key, signature.
    pub root: String,
    pub public_key: String,
    pub signature: String,
}

/// One attestation as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    pub id: AttestationId,
    pub number: String,
    pub session_formation: SessionFormationId,
    pub person: PersonId,
    /// What it counts for.
    pub hours: Hours,
    /// Day by day, in the mode `par_seance`; else empty.
    pub days: Vec<DayCredit>,
    pub attested: Parts,
    /// What was proposed when it was made.
    pub proposed: Parts,
    pub by_hand: bool,
    pub reason: String,
    pub author: PersonId,
    pub at: Timestamp,
    pub revoked: Option<Revocation>,
    pub verify_code: String,
    pub act: Uuid,
    pub leaf_index: usize,
    /// Hex.
    pub leaf: String,
    pub salt: String,
    /// None when the identity was erased.
    pub line: Option<AttestedLine>,
}

/// Why an attestation no longer holds: another one in its place, or a decision of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    pub at: Timestamp,
    /// Empty when it was replaced.
    pub reason: String,
}

/// A new attestation, and the one of the same person and session that it replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    pub attestation: Attestation,
    pub before: Option<AttestationId>,
}

const COLUMNS: &str = "id, number, session_formation_id, person_id, distance_min, presence_min, \
    distance_attested, presence_attested, origin, reason, author, at_ms, revoked_ms, \
    revoked_reason, verify_code, act_id, \
    leaf_index, leaf, salt, line, days, distance_proposed, presence_proposed";

impl Store {
    /// Keeps an act and its attestations in one transaction. False, and nothing is kept, when a number was taken
    /// meanwhile, somebody of them was attested or revoked by another act, or the session was archived: look again and
    /// try again.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn attest(&self, act: &Act, attestations: &[Replaced]) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await?;
        if !still_open(&mut transaction, act.session_formation).await? {
            return Ok(false);
        }
        insert_act(&mut transaction, act, attestations.len()).await?;
        for one in attestations {
            if !replace(&mut transaction, act, one).await? {
                return Ok(false);
            }
            match insert(&mut transaction, &one.attestation).await {
                Ok(()) => {}
                Err(error) if error.is_repetition() => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// How many attestations were ever made: the next number.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn attestations_made(&self) -> Result<u64, StoreError> {
        let row = sqlx::query("SELECT COUNT(*) AS made FROM attestation").fetch_one(&self.pool).await?;
        Ok(u64::try_from(row.try_get::<i64, _>("made")?).unwrap_or(0))
    }

    /// The attestations of a session that hold, in order of time.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn attestations_in(&self, session: SessionFormationId) -> Result<Vec<Attestation>, StoreError> {
        self.attestations("session_formation_id = $1 AND revoked_ms IS NULL", &session.to_string()).await
    }

    /// All attestations of a person, revoked ones too, in order of time.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn attestations_of(&self, person: PersonId) -> Result<Vec<Attestation>, StoreError> {
        self.attestations("person_id = $1", &person.to_string()).await
    }

    /// One attestation.
    ///
    /// # Errors
    /// The database does not answer, or the row was damaged.
    pub async fn attestation(&self, id: AttestationId) -> Result<Option<Attestation>, StoreError> {
        Ok(self.attestations("id = $1", &id.to_string()).await?.pop())
    }

    /// The one that a paper with that code is about.
    ///
    /// # Errors
    /// The database does not answer, or the row was damaged.
    pub async fn attestation_by_code(&self, code: &str) -> Result<Option<Attestation>, StoreError> {
        Ok(self.attestations("verify_code = $1", code).await?.pop())
    }

    async fn attestations(&self, condition: &str, value: &str) -> Result<Vec<Attestation>, StoreError> {
        let query = format!("SELECT {COLUMNS} FROM attestation WHERE {condition} ORDER BY at_ms, number");
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(query)).bind(value.to_owned()).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// The act of an attestation, and the leaves of all its lines (hex) in order.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn act(&self, id: Uuid) -> Result<Option<(Act, Vec<String>)>, StoreError> {
        let row = sqlx::query(
            "SELECT session_formation_id, author, at_ms, root, public_key, signature \
             FROM attestation_act WHERE id = $1",
        )
        .bind(id.to_string())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let leaves = sqlx::query("SELECT leaf FROM attestation WHERE act_id = $1 ORDER BY leaf_index")
            .bind(id.to_string())
            .fetch_all(&self.pool)
            .await?;
        let leaves = leaves.iter().map(|row| row.try_get("leaf")).collect::<Result<_, _>>()?;
        let act = Act {
            id,
            session_formation: SessionFormationId(uuid(&row, "session_formation_id")?),
            author: PersonId(uuid(&row, "author")?),
            at: instant(row.try_get("at_ms")?),
            root: row.try_get("root")?,
            public_key: row.try_get("public_key")?,
            signature: row.try_get("signature")?,
        };
        Ok(Some((act, leaves)))
    }

    /// Revokes an attestation of that session; false when it was revoked already or never was, or the session was archived.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn revoke_attestation(
        &self,
        (session, id): (SessionFormationId, AttestationId),
        by: PersonId,
        reason: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await?;
        if !still_open(&mut transaction, session).await? {
            return Ok(false);
        }
        let done = sqlx::query(
            "UPDATE attestation SET revoked_ms = $1, revoked_by = $2, revoked_reason = $3 \
             WHERE id = $4 AND session_formation_id = $5 AND revoked_ms IS NULL",
        )
        .bind(at.as_millisecond())
        .bind(by.to_string())
        .bind(reason.to_owned())
        .bind(id.to_string())
        .bind(session.to_string())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}

async fn insert_act(
    transaction: &mut Transaction<'_, Any>,
    act: &Act,
    size: usize,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO attestation_act (id, session_formation_id, author, at_ms, size, root, public_key, signature) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(act.id.to_string())
    .bind(act.session_formation.to_string())
    .bind(act.author.to_string())
    .bind(act.at.as_millisecond())
    .bind(i64::try_from(size).unwrap_or(i64::MAX))
    .bind(act.root.clone())
    .bind(act.public_key.clone())
    .bind(act.signature.clone())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Revokes what the new one replaces; false when that is no longer what holds.
async fn replace(
    transaction: &mut Transaction<'_, Any>,
    act: &Act,
    one: &Replaced,
) -> Result<bool, StoreError> {
    let holding = sqlx::query(
        "SELECT id FROM attestation WHERE session_formation_id = $1 AND person_id = $2 AND revoked_ms IS NULL",
    )
    .bind(act.session_formation.to_string())
    .bind(one.attestation.person.to_string())
    .fetch_optional(&mut **transaction)
    .await?;
    let holding = holding.map(|row| uuid(&row, "id")).transpose()?.map(AttestationId);
    if holding != one.before {
        return Ok(false);
    }
    let Some(before) = holding else { return Ok(true) };
    let done = sqlx::query(
        "UPDATE attestation SET revoked_ms = $1, revoked_by = $2 WHERE id = $3 AND revoked_ms IS NULL",
    )
    .bind(act.at.as_millisecond())
    .bind(act.author.to_string())
    .bind(before.to_string())
    .execute(&mut **transaction)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn insert(transaction: &mut Transaction<'_, Any>, one: &Attestation) -> Result<(), StoreError> {
    let (distance, presence) = match one.hours {
        Hours::NotFilled { .. } => (None, None),
        Hours::Counted { distance, presence } => (Some(distance), Some(presence)),
    };
    let line = one.line.as_ref().map(serde_json::to_string).transpose();
    let line = line.map_err(|why| StoreError::Query(sqlx::Error::Encode(Box::new(why))))?;
    sqlx::query(
        "INSERT INTO attestation (id, number, session_formation_id, person_id, distance_min, presence_min, \
         distance_attested, presence_attested, origin, reason, author, at_ms, revoked_by, verify_code, act_id, \
         leaf_index, leaf, salt, line, days, distance_proposed, presence_proposed) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', $13, $14, $15, $16, $17, $18, $19, $20, $21)",
    )
    .bind(one.id.to_string())
    .bind(one.number.clone())
    .bind(one.session_formation.to_string())
    .bind(one.person.to_string())
    .bind(distance.map(|minutes| i64::from(minutes.0)))
    .bind(presence.map(|minutes| i64::from(minutes.0)))
    .bind(i64::from(one.attested.distance))
    .bind(i64::from(one.attested.presence))
    .bind(if one.by_hand { "manuel" } else { "auto" })
    .bind(one.reason.clone())
    .bind(one.author.to_string())
    .bind(one.at.as_millisecond())
    .bind(one.verify_code.clone())
    .bind(one.act.to_string())
    .bind(i64::try_from(one.leaf_index).unwrap_or(i64::MAX))
    .bind(one.leaf.clone())
    .bind(one.salt.clone())
    .bind(line.unwrap_or_default())
    .bind(written(&one.days)?)
    .bind(i64::from(one.proposed.distance))
    .bind(i64::from(one.proposed.presence))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

fn written(days: &[DayCredit]) -> Result<String, StoreError> {
    if days.is_empty() {
        return Ok(String::new());
    }
    serde_json::to_string(days).map_err(|why| StoreError::Query(sqlx::Error::Encode(Box::new(why))))
}

fn read(row: &AnyRow) -> Result<Attestation, StoreError> {
    let flag = |column: &str| -> Result<bool, StoreError> { Ok(row.try_get::<i64, _>(column)? != 0) };
    let line: String = row.try_get("line")?;
    let revoked: Option<i64> = row.try_get("revoked_ms")?;
    Ok(Attestation {
        id: AttestationId(uuid(row, "id")?),
        number: row.try_get("number")?,
        session_formation: SessionFormationId(uuid(row, "session_formation_id")?),
        person: PersonId(uuid(row, "person_id")?),
        hours: counted(row)?,
        days: days(row)?,
        attested: Parts { distance: flag("distance_attested")?, presence: flag("presence_attested")? },
        proposed: Parts { distance: flag("distance_proposed")?, presence: flag("presence_proposed")? },
        by_hand: row.try_get::<String, _>("origin")? == "manuel",
        reason: row.try_get("reason")?,
        author: PersonId(uuid(row, "author")?),
        at: instant(row.try_get("at_ms")?),
        revoked: match revoked {
            Some(at) => Some(Revocation { at: instant(at), reason: row.try_get("revoked_reason")? }),
            None => None,
        },
        verify_code: row.try_get("verify_code")?,
        act: uuid(row, "act_id")?,
        leaf_index: usize::try_from(row.try_get::<i64, _>("leaf_index")?).unwrap_or(usize::MAX),
        leaf: row.try_get("leaf")?,
        salt: row.try_get("salt")?,
        line: match line.as_str() {
            "" => None,
            text => Some(serde_json::from_str(text).map_err(|why| damaged("line", why))?),
        },
    })
}

fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn uuid(row: &AnyRow, column: &str) -> Result<Uuid, StoreError> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|why| damaged(column, why))
}

fn damaged(column: &str, why: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Query(sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(why) })
}

#[cfg(test)]
mod tests;
