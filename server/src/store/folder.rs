//! The data folder: readable by this user alone, and used by one process at a time.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("the data folder {0} is used by another preau; stop that one, or set `store.data` (--data)")]
    Taken(PathBuf),
    #[error("cannot use the data folder {path}: {source}; check `store.data` (--data) and its rights")]
    Unusable { path: PathBuf, source: io::Error },
}

/// A data folder that nobody else uses, as long as this lives.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Locked. The system unlocks it when the process ends, however it ends.
    _lock: File,
}

impl Folder {
    /// Takes a folder, and makes it unless it is there.
    ///
    /// # Errors
    /// Another process has it, or it cannot be written.
    pub fn take(path: &Path) -> Result<Self, FolderError> {
        let unusable = |source| FolderError::Unusable { path: path.to_owned(), source };
        let lock = prepare(path).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::Taken(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes the folder and what must be private in it; the lock file. A folder that was there keeps its rights: it may be
/// one that others use too.
fn prepare(path: &Path) -> io::Result<File> {
    if !path.exists() {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        private_folder(path)?;
    }
    private_folder(&path.join("recordings"))?;
    // SQLite gives the files it makes beside the database the rights of the database.
    private_file(&path.join(super::FILE))?;
    private_file(&path.join("lock"))
}

fn private_folder(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_in_use_is_refused_until_it_is_free() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let first = Folder::take(&path).unwrap();
        let refused = Folder::take(&path).unwrap_err().to_string();
        assert!(refused.contains("store.data") && refused.contains("--data"), "{refused}");
        drop(first);
        Folder::take(&path).unwrap();
    }

    #[tokio::test]
    async fn only_this_user_reads_what_is_made() {
        let parent = tempfile::tempdir().unwrap();
        let rights = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let made = parent.path().join("made");
        let found = parent.path().join("found");
        fs::create_dir(&found).unwrap();
        fs::set_permissions(&found, fs::Permissions::from_mode(0o755)).unwrap();
        for path in [&made, &found] {
            let folder = Folder::take(path).unwrap();
            let store = crate::store::Store::open_file(folder.path()).await.unwrap();
            assert_eq!(rights(&path.join("recordings")), 0o700);
            for file in ["preau.sqlite", "preau.sqlite-wal", "preau.sqlite-shm", "lock"] {
                assert_eq!(rights(&path.join(file)), 0o600, "{file}");
            }
            store.close().await;
        }
        assert_eq!((rights(&made), rights(&found)), (0o700, 0o755));
    }
}
