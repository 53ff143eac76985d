//! Half-days, who signed them, and wrong codes.

use jiff::Timestamp;
use signaling::{
    emargement::{HalfDay, Method, REFUSED_FOR, Signature, TRIES_WITHIN, moved_with},
    id::{HalfDayId, PersonId, SeanceId},
    seance::Seance,
};
use sqlx::{AnyConnection, Row, any::AnyRow};

use super::{Store, StoreError, correction::instant, person::identified};
use crate::clock;

/// The columns of a half-day.
const HALF_DAY: &str = "half_day.id, half_day.seance_id, half_day.starts_ms, half_day.duration_min";
/// The columns of a signature.
const SIGNATURE: &str = "signature.half_day_id, signature.person_id, signature.method, signature.at_ms, \
     signature.author, signature.attachment_sha256";

/// Of a half-day: nobody signed it, nor did whose signature was taken back.
const UNSIGNED: &str = "NOT EXISTS (SELECT 1 FROM signature WHERE signature.half_day_id = half_day.id) \
     AND NOT EXISTS (SELECT 1 FROM signature_withdrawn w WHERE w.half_day_id = half_day.id)";

impl Store {
    /// The half-days of a séance, in order.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn half_days(&self, seance: SeanceId) -> Result<Vec<HalfDay>, StoreError> {
        let sql = format!("SELECT {HALF_DAY} FROM half_day WHERE seance_id = $1 ORDER BY starts_ms, id");
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(seance.to_string()).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(half_day(row)?.1)).collect()
    }

    /// One half-day, with its séance.
    ///
    /// # Errors
    /// The database does not answer, or the row was damaged.
    pub async fn half_day(&self, id: HalfDayId) -> Result<Option<(SeanceId, HalfDay)>, StoreError> {
        let sql = format!("SELECT {HALF_DAY} FROM half_day WHERE id = $1");
        let row =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(&self.pool).await?;
        row.map(|row| half_day(&row)).transpose()
    }

    /// Keeps new half-days of a séance, all or none.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn add_half_days(&self, seance: SeanceId, days: &[HalfDay]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        for day in days {
            sqlx::query(
                "INSERT INTO half_day (id, seance_id, starts_ms, duration_min) VALUES ($1, $2, $3, $4)",
            )
            .bind(day.id.to_string())
            .bind(seance.to_string())
            .bind(day.starts_at.as_millisecond())
            .bind(i64::from(day.duration_min))
            .execute(&mut *transaction)
            .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Takes a half-day away that nobody signed. False when somebody did, or when there is none.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn strike_half_day(&self, id: HalfDayId) -> Result<bool, StoreError> {
        let mut transaction = self.writing.begin().await?;
        if !hold(&mut transaction, id).await? {
            return Ok(false);
        }
        let sql = format!("DELETE FROM half_day WHERE id = $1 AND {UNSIGNED}");
        let gone =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_string()).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(gone.rows_affected() == 1)
    }

    /// The half-days around `now` at which somebody is expected, of any séance that was not cancelled.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn half_days_of(&self, person: PersonId, now: Timestamp) -> Result<Vec<HalfDay>, StoreError> {
        const DAY_MS: i64 = 24 * 3_600_000;
        let sql = format!(
            "SELECT {HALF_DAY} FROM half_day JOIN seance ON seance.id = half_day.seance_id \
             WHERE seance.cancelled_ms IS NULL AND half_day.starts_ms BETWEEN $2 AND $3 AND (EXISTS \
             (SELECT 1 FROM enrolment e WHERE e.seance_id = seance.id AND e.person_id = $1 \
             AND e.removed_ms IS NULL) OR EXISTS (SELECT 1 FROM session_enrolment s \
             WHERE s.session_formation_id = seance.session_formation_id AND s.person_id = $1 \
             AND s.removed_ms IS NULL)) ORDER BY half_day.starts_ms, half_day.id"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(person.to_string())
            .bind(now.as_millisecond() - DAY_MS)
            .bind(now.as_millisecond() + DAY_MS)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok(half_day(row)?.1)).collect()
    }

    /// Who signed the half-days of a séance.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn signatures(&self, seance: SeanceId) -> Result<Vec<Signature>, StoreError> {
        let sql = format!(
            "SELECT {SIGNATURE} FROM signature JOIN half_day ON half_day.id = signature.half_day_id \
             WHERE half_day.seance_id = $1 ORDER BY half_day.starts_ms, signature.person_id"
        );
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(seance.to_string()).fetch_all(&self.pool).await?;
        rows.iter().map(signature).collect()
    }

    /// Keeps a signature, unless there is one, and gives the one that is kept: signing twice is signing once. `None` when
    /// the half-day was taken away.
    ///
    /// # Errors
    /// The database does not answer, or the row was damaged.
    pub async fn sign(&self, given: &Signature) -> Result<Option<Signature>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        if !hold(&mut transaction, given.half_day).await? {
            return Ok(None);
        }
        sqlx::query(
            "INSERT INTO signature (half_day_id, person_id, method, at_ms, author, attachment_sha256) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (half_day_id, person_id) DO NOTHING",
        )
        .bind(given.half_day.to_string())
        .bind(given.person.to_string())
        .bind(given.method.as_str())
        .bind(given.at.as_millisecond())
        .bind(given.author.to_string())
        .bind(given.attachment_sha256.clone())
        .execute(&mut *transaction)
        .await?;
        let sql = format!("SELECT {SIGNATURE} FROM signature WHERE half_day_id = $1 AND person_id = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(given.half_day.to_string())
            .bind(given.person.to_string())
            .fetch_one(&mut *transaction)
            .await?;
        let kept = signature(&row)?;
        transaction.commit().await?;
        Ok(Some(kept))
    }

    /// Notes a try before the code is looked at, so that a hundred at once count as a hundred. Gives its name, and the
    /// other tries that matter now, oldest first.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn begin_try(
        &self,
        person: PersonId,
        now: Timestamp,
    ) -> Result<(String, Vec<Timestamp>), StoreError> {
        let own = clock::mint().to_string();
        let since = now.checked_sub(TRIES_WITHIN + REFUSED_FOR).unwrap_or(now);
        sqlx::query("DELETE FROM emargement_try WHERE at_ms < $1")
            .bind(since.as_millisecond())
            .execute(&self.pool)
            .await?;
        sqlx::query("INSERT INTO emargement_try (id, person_id, at_ms) VALUES ($1, $2, $3)")
            .bind(own.clone())
            .bind(person.to_string())
            .bind(now.as_millisecond())
            .execute(&self.pool)
            .await?;
        let rows = sqlx::query(
            "SELECT at_ms FROM emargement_try WHERE person_id = $1 AND id <> $2 ORDER BY at_ms, id",
        )
        .bind(person.to_string())
        .bind(own.clone())
        .fetch_all(&self.pool)
        .await?;
        let before = rows.iter().map(|row| instant(row, "at_ms")).collect::<Result<_, _>>()?;
        Ok((own, before))
    }

    /// Forgets a try: the code was right, or was not looked at.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn forget_try(&self, name: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM emargement_try WHERE id = $1").bind(name).execute(&self.pool).await?;
        Ok(())
    }

    /// Wrong codes of those expected at a séance, by person, oldest first.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn wrong_codes(&self, seance: SeanceId) -> Result<Vec<(PersonId, Timestamp)>, StoreError> {
        let rows = sqlx::query(
            "SELECT t.person_id, t.at_ms FROM emargement_try t WHERE EXISTS (SELECT 1 FROM enrolment e \
             WHERE e.seance_id = $1 AND e.person_id = t.person_id) OR EXISTS (SELECT 1 FROM session_enrolment s \
             JOIN seance ON seance.session_formation_id = s.session_formation_id \
             WHERE seance.id = $1 AND s.person_id = t.person_id) ORDER BY t.person_id, t.at_ms",
        )
        .bind(seance.to_string())
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok((identified(row, "person_id")?, instant(row, "at_ms")?))).collect()
    }
}

/// Moves the half-days that nobody signed with their séance.
pub(super) async fn move_half_days(
    connection: &mut AnyConnection,
    from: &Seance,
    to: &Seance,
) -> Result<(), StoreError> {
    let (old, new) = ((from.starts_at, from.time_zone.as_str()), (to.starts_at, to.time_zone.as_str()));
    if old == new {
        return Ok(());
    }
    let sql = format!("SELECT {HALF_DAY} FROM half_day WHERE seance_id = $1 AND {UNSIGNED}");
    let rows =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(to.id.to_string()).fetch_all(&mut *connection).await?;
    let days = rows.iter().map(|row| Ok(half_day(row)?.1)).collect::<Result<Vec<_>, StoreError>>()?;
    for day in moved_with(&days, old, new) {
        sqlx::query("UPDATE half_day SET starts_ms = $2 WHERE id = $1")
            .bind(day.id.to_string())
            .bind(day.starts_at.as_millisecond())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Begins a transaction by writing: nobody takes the half-day away, or signs it, before its end. False when there is
/// none.
async fn hold(connection: &mut AnyConnection, id: HalfDayId) -> Result<bool, StoreError> {
    let held = sqlx::query("UPDATE half_day SET starts_ms = starts_ms WHERE id = $1")
        .bind(id.to_string())
        .execute(connection)
        .await?;
    Ok(held.rows_affected() == 1)
}

fn half_day(row: &AnyRow) -> Result<(SeanceId, HalfDay), StoreError> {
    let minutes: i64 = row.try_get("duration_min")?;
    let day = HalfDay {
        id: identified(row, "id")?,
        starts_at: instant(row, "starts_ms")?,
        duration_min: u32::try_from(minutes).unwrap_or(0),
    };
    Ok((identified(row, "seance_id")?, day))
}

pub(super) fn signature(row: &AnyRow) -> Result<Signature, StoreError> {
    let method: String = row.try_get("method")?;
    Ok(Signature {
        half_day: identified(row, "half_day_id")?,
        person: identified(row, "person_id")?,
        method: Method::of(&method)
            .ok_or_else(|| StoreError::Damaged { column: "method".to_owned(), text: method })?,
        at: instant(row, "at_ms")?,
        author: identified(row, "author")?,
        attachment_sha256: row.try_get("attachment_sha256")?,
    })
}
