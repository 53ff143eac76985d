//! Files that left are kept: `exports/<SHA-256>` in the data folder, whole or not at all, and written down in the log
//! only after that.

use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::Semaphore,
};

use crate::{
    clock,
    export::{ExportError, File},
    store::{Logged, Store, StoreError, Turn},
};

/// How often a file is made again because somebody else took its number.
const TRIES: usize = 8;
/// Of what changes all the time, so many are kept for each reader.
const STAYING: usize = 2;
/// Files that are made at once: the class needs the rest of the machine.
static MAKING: Semaphore = Semaphore::const_new(2);

/// Why an export did not take place. Nothing half-written is left, and nothing is in the log.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the export cannot be kept in {folder}: {source}; free disk space or check `store.data`")]
    Unkept { folder: PathBuf, source: io::Error },
    #[error("the bytes of this export were erased; only its line in the log is kept")]
    Erased,
    #[error("too many exports at once; try again")]
    Crowd,
}

/// What is exported, by whom.
#[derive(Debug, Clone)]
pub struct Request {
    pub author: String,
    pub scope: &'static str,
    pub scope_id: String,
    pub format: &'static str,
    pub at: Timestamp,
}

/// A file that was made, with what the log keeps of its rows.
#[derive(Debug)]
pub struct Made {
    pub file: File,
    /// Person → digest of the row.
    pub digests: BTreeMap<String, String>,
}

/// Where exports are kept.
#[derive(Debug, Clone)]
pub struct Archive {
    folder: PathBuf,
    store: Store,
}

impl Archive {
    /// In that data folder.
    #[must_use]
    pub fn new(data: &Path, store: Store) -> Self {
        Self { folder: data.join("exports"), store }
    }

    /// Makes a file with its number and version in it, keeps its bytes, then writes it down.
    ///
    /// # Errors
    /// The file cannot be made or kept; the log knows nothing of it then.
    pub async fn export(
        &self,
        request: &Request,
        make: impl Fn(&Turn) -> Result<Made, ExportError>,
    ) -> Result<(Logged, File), ArchiveError> {
        let _place = MAKING.acquire().await.map_err(|_| ArchiveError::Crowd)?;
        for _ in 0..TRIES {
            let turn = self.store.export_turn(request.scope, &request.scope_id, request.format).await?;
            let (Made { file, digests }, sha256) = aside(|| {
                let made = make(&turn)?;
                let sha256 = hex::encode(Sha256::digest(&made.file.bytes));
                self.keep(&sha256, &made.file.bytes)?;
                Ok::<_, ArchiveError>((made, sha256))
            })?;
            let logged = Logged {
                number: turn.number,
                author: request.author.clone(),
                at: request.at,
                scope: request.scope.to_owned(),
                scope_id: request.scope_id.clone(),
                format: request.format.to_owned(),
                version: turn.version,
                file_name: file.name.clone(),
                sha256,
                row_count: u64::try_from(digests.len()).unwrap_or(u64::MAX),
                kept: true,
            };
            if self.store.log_export(&logged, &digests).await? {
                return Ok((logged, file));
            }
        }
        Err(ArchiveError::Crowd)
    }

    /// The bytes of an export of before.
    ///
    /// # Errors
    /// They were erased, or are not what was logged.
    pub fn bytes(&self, logged: &Logged) -> Result<Vec<u8>, ArchiveError> {
        let unkept = |source| ArchiveError::Unkept { folder: self.folder.clone(), source };
        // Only erasure and the retention clock take them away: an export is logged after its bytes are on disk.
        let bytes = match fs::read(self.folder.join(&logged.sha256)) {
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Err(ArchiveError::Erased),
            other => other.map_err(unkept)?,
        };
        if hex::encode(Sha256::digest(&bytes)) == logged.sha256 {
            Ok(bytes)
        } else {
            Err(unkept(io::Error::new(
                io::ErrorKind::InvalidData,
                "the bytes are not those that were logged",
            )))
        }
    }

    /// Deletes the bytes of what the same reader was told before of something that goes on; the last two stay, so that
    /// whoever is reading page by page comes to the end.
    ///
    /// # Errors
    /// They cannot be deleted; the next purge does it then.
    pub async fn let_go(&self, logged: &Logged) -> Result<(), ArchiveError> {
        for digest in self.store.let_go(logged, STAYING).await? {
            match fs::remove_file(self.folder.join(digest)) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(ArchiveError::Unkept { folder: self.folder.clone(), source });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn keep(&self, sha256: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        let made = DirBuilder::new().mode(0o700).recursive(true).create(&self.folder);
        let kept = made.and_then(|()| put(&self.folder.join(sha256), bytes));
        kept.map_err(|source| ArchiveError::Unkept { folder: self.folder.clone(), source })
    }
}

/// Whole or not at all: a full disk leaves what was there before.
///
/// # Errors
/// The file cannot be written.
pub fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // Two exports at once may write the same bytes.
    name.push(format!(".{}.part", clock::mint()));
    let part = path.with_file_name(name);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&part)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // What was begun is of no use; the error that is told is the first one.
        let _ = fs::remove_file(&part);
    }
    written
}

/// Long work that others of the runtime do not wait for.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
        RuntimeFlavor::CurrentThread | _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Exported;

    const OF_ONE: Exported<'_> = Exported::Of { scope: "seance", id: "one" };

    fn request(format: &'static str) -> Request {
        Request {
            author: "somebody".to_owned(),
            scope: "seance",
            scope_id: "one".to_owned(),
            format,
            at: "2026-11-18T15:00:00Z".parse().unwrap(),
        }
    }

    fn made(turn: &Turn, row: &str) -> Made {
        let text = format!("{} {} {row}", turn.number, turn.version);
        let file = File { name: "a.csv".to_owned(), bytes: text.into_bytes() };
        Made { file, digests: BTreeMap::from([("person".to_owned(), row.to_owned())]) }
    }

    #[tokio::test]
    async fn every_export_has_its_number_and_can_be_had_again() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).await.unwrap();
        let archive = Archive::new(data.path(), store.clone());
        let (first, file) = archive.export(&request("csv"), |turn| Ok(made(turn, "a"))).await.unwrap();
        assert_eq!((first.number, first.version, file.bytes.as_slice()), (1, 1, b"1 1 a".as_slice()));
        let (second, _) = archive
            .export(&request("csv"), |turn| {
                assert_eq!(turn.before.get("person").map(String::as_str), Some("a"));
                Ok(made(turn, "b"))
            })
            .await
            .unwrap();
        assert_eq!((second.number, second.version), (2, 2));
        let (other, _) = archive.export(&request("xlsx"), |turn| Ok(made(turn, "b"))).await.unwrap();
        assert_eq!((other.number, other.version), (3, 1), "another form counts for itself");
        assert_eq!(archive.bytes(&first).unwrap(), b"1 1 a");
        let all = store.exports(OF_ONE, None, 9).await.unwrap();
        let all: Vec<Logged> = all.into_iter().map(|(logged, _)| logged).collect();
        assert_eq!(all, [other, second, first.clone()]);
        assert_eq!(store.exports(OF_ONE, Some(3), 1).await.unwrap()[0].0.number, 2, "the page before");
        fs::write(data.path().join("exports").join(&first.sha256), "forged").unwrap();
        assert!(archive.bytes(&first).unwrap_err().to_string().contains("not those"));
        fs::remove_file(data.path().join("exports").join(&first.sha256)).unwrap();
        assert!(matches!(archive.bytes(&first), Err(ArchiveError::Erased)));
        store.close().await;
    }

    #[tokio::test]
    async fn versions_go_on_when_the_log_has_served_its_time() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).await.unwrap();
        let archive = Archive::new(data.path(), store.clone());
        for format in ["pdf", "pdf", "csv"] {
            archive.export(&request(format), |turn| Ok(made(turn, "a"))).await.unwrap();
        }
        let later = "2030-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(store.drop_aged(crate::store::Aged::Exports, later, false).await.unwrap(), 2);
        let (third, _) = archive
            .export(&request("pdf"), |turn| {
                assert!(turn.before.is_empty(), "nobody knows any more what was in the one before");
                Ok(made(turn, "a"))
            })
            .await
            .unwrap();
        assert_eq!((third.number, third.version), (4, 3), "a duplicate stays one");
        store.close().await;
    }

    #[tokio::test]
    async fn of_what_goes_on_each_reader_keeps_the_last_two() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).await.unwrap();
        let archive = Archive::new(data.path(), store.clone());
        let mut told = Vec::new();
        for (author, name) in [
            ("a", "presence_x_20261118_provisoire_v1.json"),
            ("b", "presence_x_20261118_provisoire_v2.json"),
            ("a", "presence_x_20261118_provisoire_v3.json"),
            ("a", "presence_provisoire.json"),
            ("a", "presence_x_20261118_provisoire_v5.json"),
        ] {
            let request = Request { author: author.to_owned(), ..request("json") };
            let named = |turn: &Turn| {
                let made = made(turn, "a");
                Ok(Made { file: File { name: name.to_owned(), ..made.file }, ..made })
            };
            told.push(archive.export(&request, named).await.unwrap().0);
            archive.let_go(told.last().unwrap()).await.unwrap();
        }
        let all = store.exports(OF_ONE, None, 9).await.unwrap();
        let kept: Vec<(u64, bool)> = all.iter().map(|(logged, _)| (logged.number, logged.kept)).collect();
        assert_eq!(kept, [(5, true), (4, true), (3, true), (2, true), (1, false)]);
        let there = |logged: &Logged| data.path().join("exports").join(&logged.sha256).exists();
        assert_eq!(told.iter().map(there).collect::<Vec<_>>(), [false, true, true, true, true]);
        store.close().await;
    }

    #[tokio::test]
    async fn exports_at_once_get_different_numbers() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).await.unwrap();
        let archive = Archive::new(data.path(), store.clone());
        let ask = |row: &'static str| {
            let archive = archive.clone();
            async move { archive.export(&request("csv"), |turn| Ok(made(turn, row))).await.unwrap().0.number }
        };
        let (a, b, c) = tokio::join!(ask("a"), ask("b"), ask("c"));
        let mut numbers = [a, b, c];
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2, 3]);
        store.close().await;
    }

    #[tokio::test]
    async fn what_cannot_be_kept_is_no_export() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).await.unwrap();
        // A file where the folder should be: nothing can be written there.
        fs::write(data.path().join("exports"), "in the way").unwrap();
        let archive = Archive::new(data.path(), store.clone());
        let error = archive.export(&request("csv"), |turn| Ok(made(turn, "a"))).await.unwrap_err();
        assert!(error.to_string().contains("store.data"), "{error}");
        assert!(store.exports(OF_ONE, None, 9).await.unwrap().is_empty());
        store.close().await;
    }
}
