//! Corrections of presence, and what the people concerned ask for.

use jiff::Timestamp;
use signaling::{
    correction::{Adjustment, Answer, Change, CorrectionRequest, Link, Reason},
    id::{CorrectionRequestId, PersonId, SeanceId},
};
use sqlx::{Row, any::AnyRow};

use super::{Store, StoreError, person::identified};

/// Columns of a request.
const REQUEST: &str = "id, seance_id, person_id, text, asked_ms, answer, answer_text, answered_ms";

impl Store {
    /// The corrections of a séance, in the order of their numbers.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn adjustments(&self, seance: SeanceId) -> Result<Vec<Adjustment>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, number, person_id, old, new, reason, text, author, at_ms, salt, digest, prev, hash, \
             public_key, signature FROM adjustment WHERE seance_id = $1 ORDER BY number",
        )
        .bind(seance.to_string())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| adjustment(seance, row)).collect()
    }

    /// Writes corrections that go on from what [`Store::adjustments`] gave, all or none. False when somebody else
    /// wrote one meanwhile.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn adjust(&self, adjustments: &[Adjustment]) -> Result<bool, StoreError> {
        match self.write_adjustments(adjustments).await {
            Err(error) if error.is_repetition() => Ok(false),
            written => written.map(|()| true),
        }
    }

    async fn write_adjustments(&self, adjustments: &[Adjustment]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        for one in adjustments {
            let person = one.person.map(|person| person.to_string()).unwrap_or_default();
            sqlx::query(
                "INSERT INTO adjustment (id, seance_id, number, person_id, kind, old, new, reason, text, author, \
                 at_ms, salt, digest, prev, hash, public_key, signature) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
            )
            .bind(one.id.to_string())
            .bind(one.seance.to_string())
            .bind(i64::from(one.number))
            .bind(person)
            .bind(one.new.kind())
            .bind(json(&one.old)?)
            .bind(json(&one.new)?)
            .bind(one.reason.code())
            .bind(one.text.clone())
            .bind(one.author.to_string())
            .bind(one.at.as_millisecond())
            .bind(one.link.salt.clone())
            .bind(one.link.digest.clone())
            .bind(one.link.prev.clone())
            .bind(one.link.hash.clone())
            .bind(one.link.key.clone())
            .bind(one.link.signature.clone())
            .execute(&mut *transaction)
            .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Erases what was typed about somebody in corrections and requests; who decided what, and when, stays.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn erase_correction_texts(&self, person: PersonId) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        for erase in [
            "UPDATE adjustment SET text = '', salt = '' WHERE person_id = $1",
            "UPDATE correction_request SET text = '', answer_text = '' WHERE person_id = $1",
        ] {
            sqlx::query(erase).bind(person.to_string()).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// What was asked about a séance, oldest first.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn correction_requests(&self, seance: SeanceId) -> Result<Vec<CorrectionRequest>, StoreError> {
        let sql =
            format!("SELECT {REQUEST} FROM correction_request WHERE seance_id = $1 ORDER BY asked_ms, id");
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(seance.to_string()).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(request(row)?.1)).collect()
    }

    /// One request, with its séance.
    ///
    /// # Errors
    /// The database does not answer, or the row was damaged.
    pub async fn correction_request(
        &self,
        id: CorrectionRequestId,
    ) -> Result<Option<(SeanceId, CorrectionRequest)>, StoreError> {
        let sql = format!("SELECT {REQUEST} FROM correction_request WHERE id = $1");
        let row =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(&self.pool).await?;
        row.map(|row| request(&row)).transpose()
    }

    /// Keeps what somebody asks for.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn ask_correction(
        &self,
        seance: SeanceId,
        asked: &CorrectionRequest,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO correction_request (id, seance_id, person_id, text, asked_ms, answer, answer_text, \
             answered_by) VALUES ($1, $2, $3, $4, $5, '', '', '')",
        )
        .bind(asked.id.to_string())
        .bind(seance.to_string())
        .bind(asked.person.to_string())
        .bind(asked.text.clone())
        .bind(asked.asked_at.as_millisecond())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Answers a request once. False when somebody answered before.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn answer_correction(
        &self,
        id: CorrectionRequestId,
        (answer, text): (Answer, &str),
        by: PersonId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE correction_request SET answer = $2, answer_text = $3, answered_by = $4, answered_ms = $5 \
             WHERE id = $1 AND answered_ms IS NULL",
        )
        .bind(id.to_string())
        .bind(word(answer))
        .bind(text.to_owned())
        .bind(by.to_string())
        .bind(now.as_millisecond())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Accepted => "accepted",
        Answer::Refused => "refused",
    }
}

fn adjustment(seance: SeanceId, row: &AnyRow) -> Result<Adjustment, StoreError> {
    let text = |column: &str| row.try_get::<String, _>(column);
    let person = text("person_id")?;
    Ok(Adjustment {
        id: identified(row, "id")?,
        seance,
        number: u32::try_from(row.try_get::<i64, _>("number")?).unwrap_or(u32::MAX),
        person: if person.is_empty() { None } else { Some(identified(row, "person_id")?) },
        old: change(row, "old")?,
        new: change(row, "new")?,
        reason: Reason::of(&text("reason")?)
            .ok_or_else(|| StoreError::Damaged { column: "reason".to_owned(), text: String::new() })?,
        text: text("text")?,
        author: identified(row, "author")?,
        at: instant(row, "at_ms")?,
        link: Link {
            salt: text("salt")?,
            digest: text("digest")?,
            prev: text("prev")?,
            hash: text("hash")?,
            key: text("public_key")?,
            signature: text("signature")?,
        },
    })
}

fn request(row: &AnyRow) -> Result<(SeanceId, CorrectionRequest), StoreError> {
    let answer: String = row.try_get("answer")?;
    let answered: Option<i64> = row.try_get("answered_ms")?;
    let request = CorrectionRequest {
        id: identified(row, "id")?,
        person: identified(row, "person_id")?,
        text: row.try_get("text")?,
        asked_at: instant(row, "asked_ms")?,
        answer: [Answer::Accepted, Answer::Refused].into_iter().find(|one| word(*one) == answer),
        answer_text: row.try_get("answer_text")?,
        answered_at: answered.and_then(|at| Timestamp::from_millisecond(at).ok()),
    };
    Ok((identified(row, "seance_id")?, request))
}

/// An instant in a column of milliseconds.
pub(super) fn instant(row: &AnyRow, column: &str) -> Result<Timestamp, StoreError> {
    let ms: i64 = row.try_get(column)?;
    Timestamp::from_millisecond(ms)
        .map_err(|_| StoreError::Damaged { column: column.to_owned(), text: ms.to_string() })
}

fn change(row: &AnyRow, column: &str) -> Result<Change, StoreError> {
    let text: String = row.try_get(column)?;
    serde_json::from_str(&text).map_err(|_| StoreError::Damaged { column: column.to_owned(), text })
}

fn json(change: &Change) -> Result<String, StoreError> {
    serde_json::to_string(change)
        .map_err(|why| StoreError::Damaged { column: "new".to_owned(), text: why.to_string() })
}
