//! The presence sheet of a séance, computed anew from its journal and from what people decided.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use dashmap::DashMap;
use jiff::Timestamp;
use signaling::{
    attendance::{PresenceSheet, decided},
    id::SeanceId,
    seance::Seance,
};
use tokio::sync::Mutex;

use crate::{
    clock,
    store::{Store, StoreError},
};

/// A sheet that takes longer is kept, …
const WORTH: Duration = Duration::from_millis(50);
/// … so many times as long as it took: so that own lines cost a twentieth of a processor at most.
const LASTS: u32 = 20;
/// Séances whose sheets are kept before those that no longer hold are thrown away.
const MANY: usize = 32;

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

/// The sheets of large séances, for a moment. Everybody in a class asks for the own line, and a sheet is computed whole:
/// whoever asks while it is computed, or right after, gets the same.
#[derive(Debug, Default)]
pub(crate) struct Sheets(DashMap<SeanceId, Arc<Mutex<Option<Kept>>>>);

#[derive(Debug)]
struct Kept {
    sheet: Arc<PresenceSheet>,
    until: Instant,
}

impl Sheets {
    /// The sheet, a moment old perhaps.
    ///
    /// # Errors
    /// As [`sheet`].
    pub(crate) async fn get(
        &self,
        store: &Store,
        plan: &Seance,
        now: Timestamp,
    ) -> Result<Arc<PresenceSheet>, StoreError> {
        self.forget(clock::instant());
        let place = Arc::clone(&self.0.entry(plan.id).or_default());
        let mut kept = place.lock().await;
        let begun = clock::instant();
        if let Some(known) = kept.as_ref().filter(|known| begun < known.until) {
            return Ok(Arc::clone(&known.sheet));
        }
        let sheet = Arc::new(sheet(store, plan, now).await?);
        let took = clock::instant().saturating_duration_since(begun);
        let lasting = || Kept { sheet: Arc::clone(&sheet), until: begun + took + took * LASTS };
        *kept = (took >= WORTH).then(lasting);
        Ok(sheet)
    }

    fn forget(&self, now: Instant) {
        if self.0.len() > MANY {
            let holds = |kept: &Option<Kept>| kept.as_ref().is_some_and(|kept| now < kept.until);
            self.0.retain(|_, place| place.try_lock().map_or(true, |kept| holds(&kept)));
        }
    }
}
