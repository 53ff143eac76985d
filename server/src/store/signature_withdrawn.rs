//! Signatures that were taken back: they no longer count, and are never lost.

use std::collections::BTreeSet;

use signaling::{
    emargement::{Withdrawal, Withdrawn},
    id::{HalfDayId, PersonId, SeanceId},
};
use sqlx::Row;

use super::{Store, StoreError, correction::instant, emargement::signature, person::identified};

impl Store {
    /// Takes a signature back, with who did so and why. False when there is none.
    ///
    /// # Errors
    /// The database does not answer; the signature is then as it was.
    pub async fn withdraw_signature(
        &self,
        half_day: HalfDayId,
        person: PersonId,
        withdrawal: &Withdrawal,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.writing.begin().await?;
        let kept = sqlx::query(
            "INSERT INTO signature_withdrawn (half_day_id, person_id, method, at_ms, author, attachment_sha256, \
             withdrawn_ms, withdrawn_by, reason) SELECT half_day_id, person_id, method, at_ms, author, \
             attachment_sha256, $3, $4, $5 FROM signature WHERE half_day_id = $1 AND person_id = $2",
        )
        .bind(half_day.to_string())
        .bind(person.to_string())
        .bind(withdrawal.at.as_millisecond())
        .bind(withdrawal.by.to_string())
        .bind(withdrawal.reason.clone())
        .execute(&mut *transaction)
        .await?;
        let gone = sqlx::query("DELETE FROM signature WHERE half_day_id = $1 AND person_id = $2")
            .bind(half_day.to_string())
            .bind(person.to_string())
            .execute(&mut *transaction)
            .await?;
        // Two at once: the second one finds nothing to take away, and leaves no second line.
        if gone.rows_affected() != 1 || kept.rows_affected() != 1 {
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// The signatures of the half-days of a séance that were taken back, in order of time.
    ///
    /// # Errors
    /// The database does not answer, or a row was damaged.
    pub async fn withdrawn_signatures(&self, seance: SeanceId) -> Result<Vec<Withdrawn>, StoreError> {
        let rows = sqlx::query(
            "SELECT w.* FROM signature_withdrawn w JOIN half_day ON half_day.id = w.half_day_id \
             WHERE half_day.seance_id = $1 ORDER BY w.withdrawn_ms, w.person_id",
        )
        .bind(seance.to_string())
        .fetch_all(&self.pool)
        .await?;
        let by =
            rows.iter().map(|row| identified(row, "withdrawn_by")).collect::<Result<BTreeSet<_>, _>>()?;
        let names = self.names(&by).await?;
        let each = rows.iter().map(|row| {
            let by: PersonId = identified(row, "withdrawn_by")?;
            let (at, reason) = (instant(row, "withdrawn_ms")?, row.try_get("reason")?);
            let by_name = names.get(&by).cloned().unwrap_or_default();
            Ok(Withdrawn { signature: signature(row)?, withdrawal: Withdrawal { at, by, reason }, by_name })
        });
        each.collect()
    }
}
