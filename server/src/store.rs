//! The database behind one door: open, migrate, and one noun a file. Queries are portable (`store/<noun>.rs`).

mod journal;
mod seance;

pub use journal::{Entry, Journal, JournalWriter};

use std::path::{Path, PathBuf};

use signaling::id::SeanceId;
use sqlx::{AnyPool, any::AnyPoolOptions, migrate::MigrateError};

/// Why the store could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot open the database {path}: {source}; check `store.data` and its rights")]
    Open { path: PathBuf, source: sqlx::Error },
    #[error("cannot bring the database {path} up to date: {source}; restore a backup or a newer preau")]
    Migrate { path: PathBuf, source: MigrateError },
    #[error("the database does not answer: {0}; free disk space or check `store.data`")]
    Query(#[from] sqlx::Error),
    #[error(
        "the journal of séance {seance} holds an unreadable record {seq}: {why}; run `preau journal verify`"
    )]
    Unreadable { seance: SeanceId, seq: i64, why: String },
    #[error("the plan of séance {seance} is unreadable: {why}")]
    Plan { seance: String, why: serde_json::Error },
}

/// The database.
#[derive(Debug, Clone)]
pub struct Store {
    pool: AnyPool,
}

impl Store {
    /// Opens (and creates) the database of a data folder and brings its schema up to date.
    ///
    /// # Errors
    /// The folder cannot be written, or the database is of a newer version.
    pub async fn open(data: &Path) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let path = data.join("preau.sqlite");
        let pool = AnyPoolOptions::new()
            .max_connections(4)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    // WAL lets readers go on while the journal is written; FULL makes a commit survive a power cut.
                    for pragma in [
                        "PRAGMA journal_mode = WAL",
                        "PRAGMA synchronous = FULL",
                        "PRAGMA busy_timeout = 5000",
                    ] {
                        sqlx::query(pragma).execute(&mut *connection).await?;
                    }
                    Ok(())
                })
            })
            .connect(&format!("sqlite://{}?mode=rwc", path.display()))
            .await
            .map_err(|source| StoreError::Open { path: path.clone(), source })?;
        sqlx::migrate!().run(&pool).await.map_err(|source| StoreError::Migrate { path, source })?;
        Ok(Self { pool })
    }

    /// Waits for the writes under way and closes.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
