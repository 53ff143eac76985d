//! What goes from the data folder: recordings, the bytes of exports, scans.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use recorder::{Manifest, State};
use signaling::{id::SeanceId, retention::Kind};

use super::{Kept, Purge, PurgeError, Tally};
use crate::store::Deleted;

/// A file that nothing refers to may be one that is just being written down.
const FRESH: SignedDuration = SignedDuration::from_hours(24);
/// The name that a recording has while it is deleted: nobody finds it any more.
const DELETED: &str = "deleted";

/// A recording that is over.
struct Recorded {
    folder: PathBuf,
    seance: SeanceId,
    ended: Timestamp,
}

impl Purge<'_> {
    /// Recordings beyond their days. Each is out of everybody's sight first, then written down, then its files go: cut
    /// short anywhere, the next purge goes on.
    pub(super) async fn recordings(&self, kept: &Kept, tally: &mut Tally) -> Result<(), PurgeError> {
        let root = self.data.join("recordings");
        for one in aside(&root, recorded).await? {
            let longest = kept.recordings.contains(&one.seance);
            if self.terms.recording_end(one.ended, longest) > self.now {
                continue;
            }
            let academy = self.academy_of(one.seance).await?;
            if kept.holds.seances.contains(&one.seance) {
                tally.hold(Kind::Recordings, &academy);
            } else if self.dry {
                tally.add(
                    Kind::Recordings,
                    &academy,
                    1,
                    aside(&one.folder, |folder| Ok(size(folder))).await?,
                );
            } else {
                aside(&one.folder, |folder| fs::rename(folder, folder.with_extension(DELETED))).await?;
            }
        }
        if !self.dry {
            for folder in aside(&root, |root| Ok(half_deleted(root))).await? {
                self.deleted(&folder, tally).await?;
            }
        }
        Ok(())
    }

    /// Writes down that a recording is gone, and deletes its files.
    async fn deleted(&self, folder: &Path, tally: &mut Tally) -> Result<(), PurgeError> {
        let (manifest, bytes) =
            aside(folder, |folder| Ok((Manifest::read(folder).ok(), size(folder)))).await?;
        // Without a manifest it was written down before its files began to go.
        if let Some(Manifest { recording, seance, started, .. }) = manifest {
            self.store.put_deleted(&Deleted { recording, seance, started, bytes, at: self.now }).await?;
            self.store.sum_replays(recording).await?;
            let detail = format!("seance {seance} bytes {bytes}");
            let act = "recording deleted";
            self.store.audit_as("retention", act, &recording.to_string(), &detail, self.now).await?;
            tally.add(Kind::Recordings, &self.academy_of(seance).await?, 1, bytes);
        }
        aside(folder, |folder| fs::remove_dir_all(folder)).await
    }

    async fn academy_of(&self, seance: SeanceId) -> Result<String, PurgeError> {
        Ok(self.store.seance(seance).await?.map(|plan| plan.academy).unwrap_or_default())
    }

    /// Bytes of exports and scans that no row refers to, and what was left half-written.
    pub(super) async fn files(&self) -> Result<(u64, u64), PurgeError> {
        let (mut count, mut bytes) = (0, 0);
        for (name, scans) in [("exports", false), ("scans", true)] {
            let kept = self.store.files_kept(scans).await?;
            let (now, dry) = (self.now, self.dry);
            let dropped = aside(&self.data.join(name), move |folder| {
                let (mut count, mut bytes) = (0, 0);
                for entry in listed(folder)? {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    let meta = entry.metadata()?;
                    let changed = Timestamp::try_from(meta.modified()?).unwrap_or(Timestamp::MAX);
                    let old = changed.checked_add(FRESH).is_ok_and(|fresh| fresh < now);
                    if meta.is_file() && old && !kept.contains(&name) {
                        (count, bytes) = (count + 1, bytes + meta.len());
                        if !dry {
                            fs::remove_file(entry.path())?;
                        }
                    }
                }
                Ok((count, bytes))
            })
            .await?;
            (count, bytes) = (count + dropped.0, bytes + dropped.1);
        }
        Ok((count, bytes))
    }
}

/// Deletes the bytes of exports; the log still says that they left.
///
/// # Errors
/// They cannot be deleted.
pub fn drop_exports(data: &Path, digests: &BTreeSet<String>) -> Result<(), PurgeError> {
    let folder = data.join("exports");
    for digest in digests {
        match fs::remove_file(folder.join(digest)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(PurgeError::Files { folder, source: error });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Works on a folder where nobody waits for it.
async fn aside<T: Send + 'static>(
    folder: &Path,
    work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> Result<T, PurgeError> {
    let (folder, own) = (folder.to_owned(), folder.to_owned());
    let done = tokio::task::spawn_blocking(move || work(&own)).await;
    done.unwrap_or_else(|error| Err(io::Error::other(error)))
        .map_err(|source| PurgeError::Files { folder, source })
}

/// What is in a folder; nothing when there is none.
fn listed(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The recordings that are complete. One that is being written, or that nobody can read, stays.
fn recorded(root: &Path) -> io::Result<Vec<Recorded>> {
    let mut found = Vec::new();
    for seance in listed(root)? {
        for recording in listed(&seance.path())? {
            let folder = recording.path();
            let Ok(manifest) = Manifest::read(&folder) else { continue };
            if manifest.state == State::Ready && folder.extension().is_none() {
                found.push(Recorded { folder, seance: manifest.seance, ended: manifest.ended() });
            }
        }
    }
    Ok(found)
}

/// What a purge that was cut short had begun to delete.
fn half_deleted(root: &Path) -> Vec<PathBuf> {
    let seances = listed(root).unwrap_or_default();
    let inside = seances.iter().flat_map(|seance| listed(&seance.path()).unwrap_or_default());
    inside.map(|one| one.path()).filter(|path| path.extension().is_some_and(|end| end == DELETED)).collect()
}

fn size(folder: &Path) -> u64 {
    let entries = listed(folder).unwrap_or_default();
    let sizes = entries.iter().map(|entry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
