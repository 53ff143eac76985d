//! The presence sheet of a séance, computed anew from its journal and from what people decided.

use jiff::Timestamp;
use signaling::{
    attendance::{PresenceSheet, decided},
    seance::Seance,
};

use crate::store::{Store, StoreError};

/// The sheet as it stands, computed where nobody else waits for it.
///
/// # Errors
/// The database does not answer, or a record cannot be read.
pub async fn sheet(store: &Store, plan: &Seance, now: Timestamp) -> Result<PresenceSheet, StoreError> {
    let (log, known) = (store.log(plan.id).await?, store.known(plan, now).await?);
    let plan = plan.clone();
    let computed = tokio::task::spawn_blocking(move || decided(&plan, log.view(&plan), &log, &known, now));
    computed.await.map_err(|_| StoreError::Query(sqlx::Error::WorkerCrashed))
}
