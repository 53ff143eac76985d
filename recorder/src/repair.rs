//! Makes playable what a process that died left behind. Idempotent: a second run changes no byte.
//!
//! Every step leaves a folder that the same pass can finish, and no file is cut before it was recognised as one of
//! ours with at least one whole fragment in it.

use std::{
    fs::{self, File},
    io,
    path::{Component, Path, PathBuf},
};

use crate::{
    Event, Manifest, RecorderError, State,
    manifest::{self, EventFile, SegmentRecord},
    segment::{self, Contents, Sealing, live_path},
};

/// What `recover` did with one recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// There was nothing to do.
    pub intact: bool,
    /// Files sealed now.
    pub sealed: usize,
    /// Files without one whole fragment, left as they are.
    pub unusable: Vec<PathBuf>,
    /// Files that the manifest names and that are not there, taken out of it.
    pub missing: Vec<String>,
}

/// The folder of a recording that `recover_all` found, and what came of it.
pub type Recovered = (PathBuf, Result<Report, RecorderError>);

/// Recovers every recording under `<root>/recordings/<seance>/<recording>/`. One that cannot be recovered does not
/// keep the others from it.
///
/// # Errors
/// When the folders cannot be listed.
pub fn recover_all(root: &Path) -> Result<Vec<Recovered>, RecorderError> {
    let recover_one = |recording: PathBuf| {
        let report = recover(&recording);
        (recording, report)
    };
    Ok(recordings(root)?.into_iter().map(recover_one).collect())
}

/// The folders of all recordings under `<root>/recordings/<seance>/<recording>/`.
///
/// # Errors
/// When the folders cannot be listed.
pub fn recordings(root: &Path) -> Result<Vec<PathBuf>, RecorderError> {
    let mut found = Vec::new();
    for seance in folders(&root.join("recordings"))? {
        found.extend(
            folders(&seance)?.into_iter().filter(|recording| recording.join(manifest::FILE).exists()),
        );
    }
    Ok(found)
}

fn folders(path: &Path) -> Result<Vec<PathBuf>, RecorderError> {
    let listed = || -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                found.push(entry.path());
            }
        }
        found.sort();
        Ok(found)
    };
    match listed() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        result => result.map_err(|source| RecorderError::read(path, source)),
    }
}

/// Recovers the recording in `folder`, which nobody may be writing.
///
/// # Errors
/// When its manifest cannot be read, or the disk refuses.
pub fn recover(folder: &Path) -> Result<Report, RecorderError> {
    let mut manifest = Manifest::read(folder)?;
    if manifest.state == State::Ready {
        return Ok(Report { intact: true, ..Report::default() });
    }
    let mut report = Report::default();
    for track in &mut manifest.tracks {
        let mut kept = Vec::new();
        for record in std::mem::take(&mut track.segments) {
            kept.extend(recover_segment(folder, record, &mut report)?);
        }
        track.segments = kept;
    }
    manifest.tracks.retain(|track| !track.segments.is_empty());
    let (events, last_event_us) = recover_events(&folder.join("events"))?;
    manifest.events = events;
    manifest.duration_us = end_of(&manifest, last_event_us);
    // A pause that nobody ended lasts until the end.
    if let Some([from, until]) = manifest.pauses.last_mut()
        && from == until
    {
        *until = manifest.duration_us.max(*from);
    }
    manifest.state = State::Ready;
    manifest.interrupted = true;
    manifest.write(folder)?;
    Ok(report)
}

fn end_of(manifest: &Manifest, last_event_us: u64) -> u64 {
    let segments = manifest.tracks.iter().flat_map(|track| &track.segments);
    let media = segments.map(|record| record.t_us.saturating_add(record.dur_us)).max().unwrap_or(0);
    manifest.duration_us.max(media).max(last_event_us)
}

/// Seals one file if that is still to be done; `None` when there is nothing to play in it.
fn recover_segment(
    folder: &Path,
    mut record: SegmentRecord,
    report: &mut Report,
) -> Result<Option<SegmentRecord>, RecorderError> {
    let Some(path) = inside(folder, &record.file) else {
        report.missing.push(record.file);
        return Ok(None);
    };
    let contents = if live_path(&path).exists() {
        match segment::seal(&path).map_err(|source| RecorderError::write(&path, source))? {
            Sealing::Sealed(contents) => {
                report.sealed += 1;
                contents
            }
            Sealing::Unusable => {
                report.unusable.push(live_path(&path));
                return Ok(None);
            }
        }
    } else {
        match sealed_contents(&path).map_err(|source| RecorderError::read(&path, source))? {
            Some(contents) => contents,
            None => {
                report.missing.push(record.file);
                return Ok(None);
            }
        }
    };
    record.bytes = contents.bytes;
    record.dur_us = record.dur_us.max(contents.duration_us);
    Ok(Some(record))
}

/// What an already sealed file holds; `None` when it is not there or not one.
fn sealed_contents(path: &Path) -> io::Result<Option<Contents>> {
    match segment::contents(path) {
        Ok(contents) => Ok(contents),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A path of the manifest, if it stays inside the folder.
fn inside(folder: &Path, file: &str) -> Option<PathBuf> {
    let path = Path::new(file);
    path.components().all(|part| matches!(part, Component::Normal(_))).then(|| folder.join(path))
}

/// The files of the event log, each cut after its last whole line, and the time of the last event.
fn recover_events(folder: &Path) -> Result<(Vec<EventFile>, u64), RecorderError> {
    let listed = || -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            names.extend(entry?.file_name().into_string().ok().filter(|name| name.ends_with(".ndjson")));
        }
        names.sort();
        Ok(names)
    };
    let names = listed().map_err(|source| RecorderError::read(folder, source))?;
    let (mut files, mut last_us) = (Vec::new(), 0);
    for name in names {
        let Some(minute) = name.strip_suffix(".ndjson").and_then(|minute| minute.parse::<u64>().ok()) else {
            continue;
        };
        let path = folder.join(&name);
        let last = cut_after_last_line(&path).map_err(|source| RecorderError::write(&path, source))?;
        last_us = last_us.max(last.unwrap_or(0));
        files.push(EventFile { file: format!("events/{name}"), t_us: minute * 60_000_000 });
    }
    Ok((files, last_us))
}

fn cut_after_last_line(path: &Path) -> io::Result<Option<u64>> {
    let bytes = fs::read(path)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if whole < bytes.len() {
        let file = File::options().write(true).open(path)?;
        file.set_len(whole as u64)?;
        file.sync_data()?;
    }
    let lines = bytes.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n');
    Ok(lines.filter_map(|line| serde_json::from_slice::<Event>(line).ok()).map(|event| event.t).max())
}
