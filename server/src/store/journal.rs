//! The journal on disk: one writer for all séances, which commits what came within 20 ms at once.
//!
//! A batch is acknowledged after its commit. When the disk refuses, the writer keeps what it has, says that it is
//! failing, and tries again every second: nothing is acknowledged, nothing is dropped, and order is kept.

use std::{
    collections::{HashMap, hash_map},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use signaling::{
    id::SeanceId,
    journal::{Fact, Head, Moment, Record},
};
use sqlx::{AnyConnection, Connection, Row, any::AnyRow};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::{Store, StoreError, seal};
use crate::{clock, figures::Latencies, proof::ProofKey};

/// How long the writer gathers batches before it commits.
const GATHER: Duration = Duration::from_millis(20);
/// Rows of one commit, at most about.
const ROWS: usize = 500;
/// Batches waiting, at most; the rooms keep the rest.
const WAITING: usize = 1_024;
/// A journal that goes on is sealed again after so long.
const SEALED_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// How long the writer waits after a refusal.
const RETRY: Duration = Duration::from_secs(1);

/// One fact on its way to the disk.
#[derive(Debug, Clone)]
pub struct Entry {
    pub at: Moment,
    pub wall: Timestamp,
    pub fact: Fact,
}

/// The facts of one act, committed together.
struct Batch {
    seance: SeanceId,
    entries: Vec<Entry>,
    since: Instant,
    done: oneshot::Sender<()>,
}

/// What the rooms hold: a way to append, and whether the disk accepts.
#[derive(Debug, Clone)]
pub struct Journal {
    batches: mpsc::Sender<Batch>,
    failing: watch::Receiver<bool>,
    latencies: Arc<Mutex<Latencies>>,
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Batch({}, {} entries)", self.seance, self.entries.len())
    }
}

impl Journal {
    /// Hands facts over; the receiver hears of their commit. `Err` gives them back when the queue is full.
    ///
    /// # Errors
    /// The queue is full or the writer has stopped: try again later, in the same order.
    pub fn append(&self, seance: SeanceId, entries: Vec<Entry>) -> Result<oneshot::Receiver<()>, Vec<Entry>> {
        let (done, committed) = oneshot::channel();
        self.batches
            .try_send(Batch { seance, entries, since: clock::instant(), done })
            .map(|()| committed)
            .map_err(|error| error.into_inner().entries)
    }

    /// How long facts waited for their commit, since the start.
    #[must_use]
    pub fn latencies(&self) -> Latencies {
        *self.latencies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True while the disk refuses.
    #[must_use]
    pub fn failing(&self) -> watch::Receiver<bool> {
        self.failing.clone()
    }
}

/// The task that writes, on a connection of its own.
#[derive(Debug)]
pub struct JournalWriter {
    store: Store,
    batches: mpsc::Receiver<Batch>,
    failing: watch::Sender<bool>,
    heads: HashMap<SeanceId, Tip>,
    key: ProofKey,
    latencies: Arc<Mutex<Latencies>>,
}

/// Where the journal of a séance stands.
#[derive(Debug, Clone)]
struct Tip {
    head: Head,
    /// When this writer sealed it last.
    sealed: Option<Timestamp>,
}

impl Tip {
    /// At the end, every hour, and once when this writer takes it up.
    fn is_seal_due(&self, entries: &[Entry]) -> bool {
        let Some(last) = entries.last() else { return false };
        let ended = entries.iter().any(|entry| matches!(entry.fact, Fact::Ended { .. }));
        ended || self.sealed.is_none_or(|sealed| last.wall.duration_since(sealed) >= SEALED_EVERY)
    }
}

impl JournalWriter {
    /// The writer and the way to it.
    #[must_use]
    pub fn new(store: Store, key: ProofKey) -> (Journal, Self) {
        let (sender, batches) = mpsc::channel(WAITING);
        let (failing, seen) = watch::channel(false);
        let latencies = Arc::default();
        let writer =
            Self { store, batches, failing, heads: HashMap::new(), key, latencies: Arc::clone(&latencies) };
        (Journal { batches: sender, failing: seen, latencies }, writer)
    }

    /// Writes until `last` is cancelled or every [`Journal`] is dropped, and ends once all that was handed over is on
    /// disk. Later facts are given back.
    pub async fn run(mut self, last: CancellationToken) {
        loop {
            let first = tokio::select! {
                first = self.batches.recv() => first,
                () = last.cancelled(), if !self.batches.is_closed() => {
                    self.batches.close();
                    continue;
                }
            };
            let Some(first) = first else { return };
            let gathered = self.gather(first).await;
            self.write(gathered).await;
        }
    }

    async fn gather(&mut self, first: Batch) -> Vec<Batch> {
        let mut rows = first.entries.len();
        let mut gathered = vec![first];
        let until = tokio::time::sleep(GATHER);
        tokio::pin!(until);
        while rows < ROWS {
            tokio::select! {
                next = self.batches.recv() => match next {
                    Some(batch) => { rows += batch.entries.len(); gathered.push(batch); }
                    None => break,
                },
                () = &mut until => break,
            }
        }
        gathered
    }

    /// Commits, however long it takes, then acknowledges.
    async fn write(&mut self, gathered: Vec<Batch>) {
        let mut retried = false;
        loop {
            match self.commit(&gathered).await {
                Ok(heads) => {
                    self.heads.extend(heads);
                    break;
                }
                // The first try did reach the disk, although the system said otherwise: this is the only writer, and
                // a transaction is kept whole or not at all. The heads are read anew next time.
                Err(error) if retried && error.is_repetition() => {
                    gathered.iter().for_each(|batch| drop(self.heads.remove(&batch.seance)));
                    break;
                }
                Err(error) => {
                    retried = true;
                    if !self.failing.send_replace(true) {
                        tracing::error!(%error, "the journal cannot be written; trying again every second");
                    }
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
        if self.failing.send_replace(false) {
            tracing::info!("the journal is written again");
        }
        let now = clock::instant();
        for batch in gathered {
            let mut latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
            latencies.observe(now.duration_since(batch.since));
            drop(latencies);
            // A room that has gone no longer waits for the answer.
            let _ = batch.done.send(());
        }
    }

    async fn commit(&self, gathered: &[Batch]) -> Result<HashMap<SeanceId, Tip>, StoreError> {
        let mut connection = self.store.writing.acquire().await?;
        let committed = self.commit_on(&mut connection, gathered).await;
        if committed.is_err() {
            // A COMMIT that failed (full disk) may leave SQLite's transaction open, and the next one would then be a
            // savepoint inside it, acknowledged and never on disk. Closing the connection rolls everything back.
            // Nothing is left to be done when even that fails: the pool forgets the connection either way.
            let _ = connection.close().await;
        }
        committed
    }

    async fn commit_on(
        &self,
        connection: &mut AnyConnection,
        gathered: &[Batch],
    ) -> Result<HashMap<SeanceId, Tip>, StoreError> {
        // Read before the transaction, which then begins with a write: SQLite refuses one that turns from reading to
        // writing while somebody else wrote.
        let mut heads = self.heads_of(connection, gathered).await?;
        let mut transaction = connection.begin().await?;
        for batch in gathered {
            let tip = heads
                .entry(batch.seance)
                .or_insert_with(|| Tip { head: Head::start(batch.seance), sealed: None });
            for entry in &batch.entries {
                let record = tip
                    .head
                    .append(entry.at, entry.wall, entry.fact.clone(), clock::random())
                    .map_err(|why| unreadable(batch.seance, 0, &why))?;
                insert(&mut transaction, &record).await?;
            }
            if tip.is_seal_due(&batch.entries) {
                let now = clock::wall();
                seal::insert(&mut transaction, batch.seance, &self.key.seal(&tip.head, now)).await?;
                tip.sealed = Some(now);
            }
        }
        transaction.commit().await?;
        Ok(heads)
    }

    /// The last record of each séance of these batches.
    async fn heads_of(
        &self,
        connection: &mut AnyConnection,
        gathered: &[Batch],
    ) -> Result<HashMap<SeanceId, Tip>, StoreError> {
        let mut heads = HashMap::new();
        for batch in gathered {
            if let hash_map::Entry::Vacant(missing) = heads.entry(batch.seance) {
                missing.insert(match self.heads.get(&batch.seance) {
                    Some(tip) => tip.clone(),
                    None => Tip { head: head(connection, batch.seance).await?, sealed: None },
                });
            }
        }
        Ok(heads)
    }
}

impl Store {
    /// The whole journal of a séance, in order.
    ///
    /// # Errors
    /// The database does not answer, or a record cannot be read.
    pub async fn records(&self, seance: SeanceId) -> Result<Vec<Record>, StoreError> {
        let mut rows = sqlx::query("SELECT * FROM journal WHERE seance_id = $1 ORDER BY seq")
            .bind(seance.to_string())
            .fetch(&self.pool);
        let mut records = Vec::new();
        // Read as they come: other tasks have their turn in between.
        while let Some(row) = rows.try_next().await? {
            records.push(record(seance, &row)?);
        }
        Ok(records)
    }

    /// The séances that have a journal, as the database names them: whoever wrote into it may have named none of ours.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn journals(&self) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query("SELECT DISTINCT seance_id FROM journal ORDER BY seance_id")
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.iter().map(|row| row.try_get("seance_id")).collect::<Result<_, _>>()?)
    }
}

async fn head(connection: &mut AnyConnection, seance: SeanceId) -> Result<Head, StoreError> {
    let last = sqlx::query("SELECT * FROM journal WHERE seance_id = $1 ORDER BY seq DESC LIMIT 1")
        .bind(seance.to_string())
        .fetch_optional(connection)
        .await?;
    let Some(row) = last else { return Ok(Head::start(seance)) };
    let last = record(seance, &row)?;
    Ok(Head { seance, seq: last.seq, hash: last.hash })
}

async fn insert(transaction: &mut AnyConnection, record: &Record) -> Result<(), StoreError> {
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let json = |why: serde_json::Error| unreadable(record.seance, number(record.seq), &why);
    sqlx::query(
        "INSERT INTO journal (seance_id, seq, boot, boot_at, mono_ms, wall, fact, salt, digests, prev, hash, heartbeat) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(record.seance.to_string())
    .bind(number(record.seq))
    .bind(record.at.boot.to_string())
    .bind(record.at.boot_at.to_string())
    .bind(number(record.at.mono_ms))
    .bind(record.wall.to_string())
    .bind(serde_json::to_string(&record.fact).map_err(json)?)
    .bind(record.salt.clone())
    .bind(record.digests.join(" "))
    .bind(record.prev.clone())
    .bind(record.hash.clone())
    .bind(i64::from(matches!(record.fact, Fact::Heartbeats { .. })))
    .execute(transaction)
    .await?;
    Ok(())
}

/// What of a row presence needs: number, moment and fact.
pub(super) fn line(seance: SeanceId, row: &AnyRow) -> Result<(u64, Moment, Fact), StoreError> {
    let seq: i64 = row.try_get("seq")?;
    let text = |column: &str| row.try_get::<String, _>(column);
    let number = |value: i64| u64::try_from(value).map_err(|why| unreadable(seance, seq, &why));
    let boot = text("boot")?.parse().map_err(|why: uuid::Error| unreadable(seance, seq, &why))?;
    let boot_at = text("boot_at")?.parse().map_err(|why: jiff::Error| unreadable(seance, seq, &why))?;
    let at = Moment { boot, boot_at, mono_ms: number(row.try_get("mono_ms")?)? };
    let fact = serde_json::from_str(&text("fact")?).map_err(|why| unreadable(seance, seq, &why))?;
    Ok((number(seq)?, at, fact))
}

fn record(seance: SeanceId, row: &AnyRow) -> Result<Record, StoreError> {
    let (seq, at, fact) = line(seance, row)?;
    let text = |column: &str| row.try_get::<String, _>(column);
    let instant = |text: String| {
        text.parse::<Timestamp>().map_err(|why| unreadable(seance, i64::try_from(seq).unwrap_or(0), &why))
    };
    Ok(Record {
        seance,
        seq,
        at,
        wall: instant(text("wall")?)?,
        fact,
        salt: text("salt")?,
        digests: text("digests")?.split_whitespace().map(str::to_owned).collect(),
        prev: text("prev")?,
        hash: text("hash")?,
    })
}

fn unreadable(seance: SeanceId, seq: i64, why: &dyn std::error::Error) -> StoreError {
    StoreError::Unreadable { seance, seq, why: why.to_string() }
}

#[cfg(test)]
mod tests;
