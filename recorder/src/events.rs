//! The event log: one JSON object a line, one file a minute, on the clock of the media.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::manifest::EventFile;

/// What one file covers, in µs.
const FILE_US: u64 = 60_000_000;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The room's number of the event.
    pub seq: u64,
    /// When, in µs of the séance clock.
    pub t: u64,
    /// What kind: `join`, `leave`, `mute`, `chat`, `speaking`, `hand`, `layout`, `rec.start`…
    pub k: String,
    /// What about it; the kind says how to read it.
    pub d: Value,
}

/// Writes the log of one recording.
#[derive(Debug)]
pub(crate) struct EventLog {
    folder: PathBuf,
    open: Option<File>,
    minute: u64,
    unsynced: bool,
    /// The name of the open file may not survive a power cut yet.
    fresh: bool,
    files: Vec<EventFile>,
}

impl EventLog {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            open: None,
            minute: 0,
            unsynced: false,
            fresh: false,
            files: Vec::new(),
        }
    }

    pub(crate) fn files(&self) -> &[EventFile] {
        &self.files
    }

    /// Writes one line. Returns whether it began a new file.
    pub(crate) fn append(&mut self, event: &Event) -> io::Result<bool> {
        // An event that comes late stays in the file at hand: lines are in order of `seq`, files in order of time.
        let minute = (event.t / FILE_US).max(self.minute);
        let fresh = self.open.is_none() || minute > self.minute;
        if fresh {
            self.sync()?;
            let file = format!("events/{minute:06}.ndjson");
            self.open = Some(File::options().append(true).create(true).open(self.folder.join(&file))?);
            self.minute = minute;
            self.fresh = true;
            self.files.push(EventFile { file, t_us: minute * FILE_US });
        }
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        if let Some(file) = &mut self.open {
            file.write_all(&line)?;
            self.unsynced = true;
        }
        Ok(fresh)
    }

    /// Makes what was written survive a power cut.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if let Some(file) = self.open.as_ref().filter(|_| self.unsynced) {
            file.sync_data()?;
            self.unsynced = false;
            if std::mem::take(&mut self.fresh) {
                File::open(self.folder.join("events"))?.sync_all()?;
            }
        }
        Ok(())
    }
}
