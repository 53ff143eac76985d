//! The database behind one door: open, migrate, and one noun a file. Queries are portable (`store/<noun>.rs`).

mod account;
mod acquaintance;
mod attestation;
mod audit;
mod badge;
mod calendar;
mod correction;
mod emargement;
mod enrolment;
mod erasure;
mod expected;
mod export;
mod figures;
mod folder;
mod followed;
mod gaia;
mod gaia_link;
mod gaia_search;
mod hours_exception;
mod invitation;
mod journal;
mod parcours;
mod person;
mod personal;
mod personal_link;
mod presence;
mod purge;
mod recording;
mod replay;
mod retention;
mod roll;
mod school;
mod seal;
mod seance;
mod session_formation;
mod signature_withdrawn;
mod standing;
mod supervision;
mod view;

pub use account::{Account, Login, digest_of};
pub use acquaintance::Newcomer;
pub use attestation::{Act, Attestation, Replaced, Revocation};
pub use enrolment::{Enrolments, Gathering};
pub use erasure::Asked;
pub use expected::Expected;
pub use export::{Exported, Logged, Turn};
pub use folder::{Folder, FolderError};
pub use followed::{Following, Whose};
pub use gaia_link::{Followed, Linking};
pub use gaia_search::{ExtKey, ExtLink, Searched};
pub use journal::{Entry, Journal, JournalWriter};
pub use personal::{EnrolmentKept, LoginKept, MessageKept};
pub use recording::Deleted;
pub use retention::{Aged, Holds, Over, Texts};
pub use roll::Listed;
pub use supervision::{Circonscription, Supervised};
pub use view::View;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use signaling::id::SeanceId;
use sqlx::{AnyPool, any::AnyPoolOptions, migrate::MigrateError};

use crate::config;

/// Why the store could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot open the database {path}: {source}; check `store.data` (--data) and its rights")]
    Open { path: PathBuf, source: sqlx::Error },
    #[error(
        "cannot use the database of `store.url`: {0}; check that PostgreSQL runs there, that the database and its user \
         exist, and the password"
    )]
    Server(sqlx::Error),
    #[error("{path} is not a database of Préau: {source}; check --data")]
    Foreign { path: PathBuf, source: sqlx::Error },
    #[error("cannot bring the database of `store.url` up to date: {0}; restore a backup or a newer preau")]
    MigrateServer(MigrateError),
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
    #[error("the database holds {text:?} in the column {column}, which preau never writes")]
    Damaged { column: String, text: String },
}

/// The database in the data folder.
const FILE: &str = "preau.sqlite";
/// Answered by every database of Préau.
const PROBE: &str = "SELECT seance_id, seq, hash FROM journal LIMIT 1";
/// Connections of readers.
const READERS: u32 = 4;
/// How long somebody waits for a connection: long enough for a crowd, short enough to be told.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a statement waits for another process or connection, milliseconds.
const BUSY: &str = "PRAGMA busy_timeout = 5000";

impl StoreError {
    /// True when a row with the same key is there already.
    #[must_use]
    pub fn is_repetition(&self) -> bool {
        matches!(self, Self::Query(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

/// The database.
#[derive(Debug, Clone)]
pub struct Store {
    /// Everything but the journal's writing.
    pool: AnyPool,
    /// One connection for the journal's writer, so that readers, however many, never make a commit wait.
    writing: AnyPool,
}

impl Store {
    /// Opens the database that is configured and brings its schema up to date: PostgreSQL, or a file.
    ///
    /// # Errors
    /// It cannot be reached or written, or is of a newer version.
    pub async fn connect(options: &config::Store) -> Result<Self, StoreError> {
        if options.url.is_empty() {
            Self::open(&options.data).await
        } else {
            Self::on_server(&options.url).await
        }
    }

    /// Opens the database that is configured as it is; nothing in it is changed.
    ///
    /// # Errors
    /// There is none, or it is not one of Préau.
    pub async fn connect_read_only(options: &config::Store) -> Result<Self, StoreError> {
        if options.url.is_empty() {
            return Self::open_read_only(&options.data).await;
        }
        let pool = connected(&options.url, 1, &["SET default_transaction_read_only = on"])
            .await
            .map_err(StoreError::Server)?;
        sqlx::query(PROBE).fetch_optional(&pool).await.map_err(StoreError::Server)?;
        Ok(Self { writing: pool.clone(), pool })
    }

    async fn on_server(url: &str) -> Result<Self, StoreError> {
        // Acknowledged means durable, whatever the server is set to.
        const DURABLE: &[&str] = &["SET synchronous_commit = on"];
        let pool = connected(url, READERS, DURABLE).await.map_err(StoreError::Server)?;
        sqlx::migrate!().run(&pool).await.map_err(StoreError::MigrateServer)?;
        let writing = connected(url, 1, DURABLE).await.map_err(StoreError::Server)?;
        Ok(Self { pool, writing })
    }

    /// Opens (and creates) the database of a data folder and brings its schema up to date.
    ///
    /// # Errors
    /// The folder cannot be written, or the database is of a newer version.
    pub async fn open(data: &Path) -> Result<Self, StoreError> {
        #[cfg(test)]
        if let Some(url) = server_of_tests(data).await? {
            return Self::on_server(&url).await;
        }
        Self::open_file(data).await
    }

    async fn open_file(data: &Path) -> Result<Self, StoreError> {
        let path = data.join(FILE);
        let address = format!("sqlite://{}?mode=rwc", path.display());
        // WAL lets readers go on while the journal is written; FULL makes a commit survive a power cut.
        const WRITABLE: &[&str] = &[BUSY, "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"];
        let open = |source| StoreError::Open { path: path.clone(), source };
        let pool = connected(&address, READERS, WRITABLE).await.map_err(open)?;
        sqlx::migrate!()
            .run(&pool)
            .await
            .map_err(|source| StoreError::Migrate { path: path.clone(), source })?;
        let writing = connected(&address, 1, WRITABLE).await.map_err(open)?;
        Ok(Self { pool, writing })
    }

    /// Opens the database that is configured beside a server that may run on it: written to, but neither made nor
    /// brought up to date.
    ///
    /// # Errors
    /// There is none, or it cannot be written.
    pub async fn connect_beside(options: &config::Store) -> Result<Self, StoreError> {
        if !options.url.is_empty() {
            let pool = connected(&options.url, 1, &["SET synchronous_commit = on"]).await;
            let pool = pool.map_err(StoreError::Server)?;
            return Ok(Self { writing: pool.clone(), pool });
        }
        const WRITABLE: &[&str] = &[BUSY, "PRAGMA synchronous = FULL"];
        let path = options.data.join(FILE);
        let address = format!("sqlite://{}?mode=rw", path.display());
        let pool = connected(&address, 1, WRITABLE).await;
        let pool = pool.map_err(|source| StoreError::Open { path, source })?;
        Ok(Self { writing: pool.clone(), pool })
    }

    /// Opens the database of a data folder as it is, a server's own or a copy's; nothing in it is changed.
    ///
    /// # Errors
    /// There is none, or it is not one of Préau.
    pub async fn open_read_only(data: &Path) -> Result<Self, StoreError> {
        let path = data.join(FILE);
        let address = format!("sqlite://{}?mode=ro", path.display());
        let pool = connected(&address, 1, &[BUSY])
            .await
            .map_err(|source| StoreError::Open { path: path.clone(), source })?;
        sqlx::query(PROBE)
            .fetch_optional(&pool)
            .await
            .map_err(|source| StoreError::Foreign { path, source })?;
        Ok(Self { writing: pool.clone(), pool })
    }

    /// Waits for the writes under way and closes.
    pub async fn close(&self) {
        self.writing.close().await;
        self.pool.close().await;
    }
}

/// Connections to a database, each set up by the same statements.
async fn connected(
    address: &str,
    most: u32,
    pragmas: &'static [&'static str],
) -> Result<AnyPool, sqlx::Error> {
    sqlx::any::install_default_drivers();
    AnyPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(PATIENCE)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                for pragma in pragmas {
                    sqlx::query(*pragma).execute(&mut *connection).await?;
                }
                Ok(())
            })
        })
        .connect(address)
        .await
}

/// The suite runs on PostgreSQL where `TESTS_POSTGRES` names one: each data folder is a schema of its own.
#[cfg(test)]
async fn server_of_tests(data: &Path) -> Result<Option<String>, StoreError> {
    let Ok(url) = std::env::var("TESTS_POSTGRES") else { return Ok(None) };
    let schema = format!("t{}", digest_of(&data.display().to_string()).get(..24).unwrap_or_default());
    let pool = connected(&url, 1, &[]).await.map_err(StoreError::Server)?;
    let create = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
    sqlx::query(sqlx::AssertSqlSafe(create)).execute(&pool).await?;
    pool.close().await;
    let joint = if url.contains('?') { '&' } else { '?' };
    Ok(Some(format!("{url}{joint}options=-c%20search_path%3D{schema}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_only_read_is_a_database_of_ours_and_stays_as_it_is() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join(FILE);
        let refused = async || Store::open_read_only(data.path()).await.unwrap_err().to_string();
        assert!(refused().await.contains("cannot open"), "there is none");
        for foreign in ["", "a diary, and no database at all"] {
            std::fs::write(&path, foreign).unwrap();
            let said = refused().await;
            assert!(said.contains("preau.sqlite") && said.contains("--data"), "{said}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), foreign);
        }
        std::fs::remove_file(&path).unwrap();
        Store::open_file(data.path()).await.unwrap().close().await;
        let store = Store::open_read_only(data.path()).await.unwrap();
        assert!(store.journals().await.unwrap().is_empty());
        sqlx::query("DELETE FROM journal").execute(&store.pool).await.unwrap_err();
        store.close().await;
    }
}
