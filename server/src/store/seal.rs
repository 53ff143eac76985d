//! Signed heads of journals.

use jiff::Timestamp;
use signaling::id::SeanceId;
use sqlx::{AnyConnection, Row};

use super::{Store, StoreError};
use crate::proof::Seal;

impl Store {
    /// The seals of a séance, oldest first.
    ///
    /// # Errors
    /// The database does not answer, or a seal was damaged.
    pub async fn seals(&self, seance: SeanceId) -> Result<Vec<Seal>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, hash, sealed_at, public_key, signature FROM seal WHERE seance_id = $1 ORDER BY seq",
        )
        .bind(seance.to_string())
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &sqlx::any::AnyRow| {
            let seq: i64 = row.try_get("seq")?;
            let damaged =
                |why: &dyn std::error::Error| StoreError::Unreadable { seance, seq, why: why.to_string() };
            Ok(Seal {
                seq: u64::try_from(seq).map_err(|why| damaged(&why))?,
                hash: row.try_get("hash")?,
                at: row
                    .try_get::<String, _>("sealed_at")?
                    .parse::<Timestamp>()
                    .map_err(|why| damaged(&why))?,
                key: row.try_get("public_key")?,
                signature: row.try_get("signature")?,
            })
        };
        rows.iter().map(read).collect()
    }
}

/// Keeps a seal with the records it seals, in their transaction.
pub(super) async fn insert(
    transaction: &mut AnyConnection,
    seance: SeanceId,
    seal: &Seal,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO seal (seance_id, seq, hash, sealed_at, public_key, signature) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(seance.to_string())
    .bind(i64::try_from(seal.seq).unwrap_or(i64::MAX))
    .bind(seal.hash.clone())
    .bind(seal.at.to_string())
    .bind(seal.key.clone())
    .bind(seal.signature.clone())
    .execute(transaction)
    .await?;
    Ok(())
}
