//! Why the recorder could not do its work.

use std::{
    io,
    path::{Path, PathBuf},
};

use signaling::id::TrackId;

/// Why a recording cannot go on, or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    #[error("cannot write {path}: {source}; free disk space or check the rights of the recordings folder")]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} is not the manifest of a recording: {source}")]
    Manifest { path: PathBuf, source: serde_json::Error },
    #[error("{path} is of version {found}, which this server is too old to read; upgrade it")]
    Version { path: PathBuf, found: u32 },
    #[error("{0} exists already; every recording needs a folder of its own")]
    FolderInUse(PathBuf),
    #[error("{0} announces a clock rate that its codec cannot have")]
    ClockRate(TrackId),
    #[error("{0} is published already")]
    Repeated(TrackId),
    #[error("{0} is not an instant of the calendar, in milliseconds since 1970")]
    Started(i64),
    #[error("the recording stopped at a disk error")]
    Stopped,
}

impl RecorderError {
    pub(crate) fn write(path: &Path, source: io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }

    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }
}
