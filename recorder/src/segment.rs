//! One file of one track: samples in, fragments of about a second out, an ordinary seekable file at the end.
//!
//! Media time 0 is the first sample. A fragment ends before a keyframe, after a second, or when nothing more comes;
//! a pause in the media is a jump of its time, never filler.

use std::{
    fs::{self, File},
    io::{self, Write},
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use shiguredo_mp4::Mp4FileTime;

use crate::{mp4, picture::Configuration, webm};

/// A fragment is written once it lasts this long, or once nothing has come for as long, in µs.
const FRAGMENT_US: u64 = 1_000_000;
/// … or once it holds this many bytes.
const FRAGMENT_BYTES: usize = 8 << 20;
/// A silence longer than this is listed as a gap, in µs.
const GAP_US: u64 = 2_000_000;
/// Frames no further apart than this tell the usual length of a frame, in µs.
const STEADY_US: u64 = 200_000;

/// One frame on its way to the file.
#[derive(Debug)]
pub(crate) struct Sample {
    /// Ticks since the first sample of the file.
    pub(crate) ticks: u64,
    pub(crate) duration: u32,
    pub(crate) keyframe: bool,
    pub(crate) data: Vec<u8>,
}

/// What a sealed file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) duration_us: u64,
    pub(crate) bytes: u64,
}

/// What came of a file that was written to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closed {
    pub(crate) contents: Contents,
    /// Silences, from and until, in µs of media time.
    pub(crate) gaps_us: Vec<(u64, u64)>,
}

/// What became of a file that was to be sealed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sealing {
    /// Not one whole fragment in it; it was not touched.
    Unusable,
    Sealed(Contents),
}

/// The two kinds of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    Mp4,
    WebM,
}

impl Container {
    pub(crate) fn of(configuration: &Configuration) -> Self {
        if configuration.entry.is_some() { Self::Mp4 } else { Self::WebM }
    }

    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::WebM => "webm",
        }
    }
}

/// The name of a file while it is live.
pub(crate) fn live_path(path: &Path) -> PathBuf {
    path.with_added_extension("part")
}

/// Seals the live file of `path`, gives it its final name, and makes both durable. Safe to repeat at any point.
pub(crate) fn seal(path: &Path) -> io::Result<Sealing> {
    let live = live_path(path);
    let file = File::options().read(true).write(true).open(&live)?;
    let sealing = if is_webm(path) { webm::seal(&file)? } else { mp4::seal(&file)? };
    if matches!(sealing, Sealing::Sealed(_)) {
        fs::rename(&live, path)?;
        sync_folder(path)?;
    }
    Ok(sealing)
}

/// What the sealed file at `path` holds; `None` when it is not a sealed one.
pub(crate) fn contents(path: &Path) -> io::Result<Option<Contents>> {
    let file = File::open(path)?;
    if is_webm(path) { webm::contents(&file) } else { mp4::contents(&file) }
}

/// Makes the names in the folder of `path` durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn is_webm(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == Container::WebM.extension())
}

/// A file being written.
#[derive(Debug)]
pub(crate) struct Segment {
    path: PathBuf,
    configuration: Configuration,
    clock_rate: u32,
    created: Mp4FileTime,
    /// `None` until the first fragment: a file that exists holds something.
    file: Option<File>,
    unsynced: bool,
    /// Whether the name of the file would survive a power cut.
    name_synced: bool,
    fragments: u32,
    pending: Vec<Sample>,
    pending_bytes: usize,
    /// Ticks of the source at media time 0, and of the last sample taken.
    origin: i64,
    last: Option<u64>,
    usual: u32,
    last_arrival_us: u64,
    gaps: Vec<(u64, u64)>,
}

impl Segment {
    /// A file to be written at `path`, whose media begins at `origin` ticks of its source.
    pub(crate) fn new(
        path: PathBuf,
        configuration: Configuration,
        clock_rate: u32,
        created: Mp4FileTime,
        origin: i64,
    ) -> Self {
        Self {
            path,
            configuration,
            clock_rate,
            created,
            file: None,
            unsynced: false,
            name_synced: false,
            fragments: 0,
            pending: Vec::new(),
            pending_bytes: 0,
            origin,
            last: None,
            usual: clock_rate / 30,
            last_arrival_us: 0,
            gaps: Vec::new(),
        }
    }

    pub(crate) fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Silences so far, from and until, in µs of media time.
    pub(crate) fn gaps_us(&self) -> Vec<(u64, u64)> {
        self.gaps.iter().map(|(from, until)| (self.us(*from), self.us(*until))).collect()
    }

    /// Ticks of the source where the last sample ends, if its own duration is what it is thought to be.
    pub(crate) fn end(&self) -> i64 {
        let last = self.last.map_or(0, |last| last + u64::from(self.usual));
        self.origin.saturating_add_unsigned(last)
    }

    /// Takes a frame captured at `ticks` of the source. `own` is its duration in ticks when it is known (audio).
    pub(crate) fn append(
        &mut self,
        now_us: u64,
        ticks: i64,
        own: Option<u32>,
        keyframe: bool,
        data: Vec<u8>,
    ) -> io::Result<()> {
        let ticks = u64::try_from(ticks.saturating_sub(self.origin)).unwrap_or(0);
        // Time never stands still in a file, whatever the sender's clock says.
        let ticks = self.last.map_or(ticks, |last| ticks.max(last + 1));
        self.close_sample(ticks);
        let pending_us = self.pending.first().map_or(0, |first| self.us(ticks - first.ticks));
        if (keyframe && own.is_none()) || pending_us >= FRAGMENT_US || self.pending_bytes > FRAGMENT_BYTES {
            self.flush()?;
        }
        if let Some(own) = own {
            self.usual = own;
        }
        self.pending_bytes += data.len();
        self.pending.push(Sample { ticks, duration: self.usual, keyframe, data });
        self.last = Some(ticks);
        self.last_arrival_us = now_us;
        Ok(())
    }

    /// The next sample tells how long the last one was, unless there was a silence between.
    fn close_sample(&mut self, next: u64) {
        let Some(last) = self.last else { return };
        let apart = self.us(next - last);
        if apart > GAP_US {
            self.gaps.push((last + u64::from(self.usual), next));
        } else if let (Some(sample), Ok(duration)) = (self.pending.last_mut(), u32::try_from(next - last)) {
            sample.duration = duration;
            if apart <= STEADY_US {
                self.usual = duration;
            }
        }
    }

    /// Writes what is pending when nothing more has come for a second.
    pub(crate) fn idle(&mut self, now_us: u64) -> io::Result<()> {
        if self.last_arrival_us + FRAGMENT_US <= now_us { self.flush() } else { Ok(()) }
    }

    /// Microseconds since the last frame came.
    pub(crate) fn silent_us(&self, now_us: u64) -> u64 {
        now_us.saturating_sub(self.last_arrival_us)
    }

    fn flush(&mut self) -> io::Result<()> {
        let samples = std::mem::take(&mut self.pending);
        self.pending_bytes = 0;
        if samples.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        if self.file.is_none() {
            bytes = self.header()?;
        }
        self.fragments += 1;
        bytes.extend_from_slice(&match Container::of(&self.configuration) {
            Container::Mp4 => mp4::fragment(self.fragments, &samples)?,
            Container::WebM => webm::cluster(self.clock_rate, &samples)?,
        });
        if self.file.is_none() {
            self.file =
                Some(File::options().read(true).write(true).create_new(true).open(live_path(&self.path))?);
        }
        if let Some(file) = &mut self.file {
            file.write_all(&bytes)?;
            self.unsynced = true;
        }
        Ok(())
    }

    fn header(&self) -> io::Result<Vec<u8>> {
        let clock =
            NonZeroU32::new(self.clock_rate).ok_or_else(|| io::Error::other("a track without a clock"))?;
        match &self.configuration.entry {
            Some(entry) => mp4::header(entry, clock, self.created),
            None => {
                let (width, height) = self.configuration.size.unwrap_or_default();
                Ok(webm::header(width, height))
            }
        }
    }

    /// Makes what was written survive a power cut.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if let Some(file) = self.file.as_ref().filter(|_| self.unsynced) {
            file.sync_data()?;
            self.unsynced = false;
            if !std::mem::replace(&mut self.name_synced, true) {
                sync_folder(&self.path)?;
            }
        }
        Ok(())
    }

    /// Writes the last fragment and seals the file. `None` when it never held a frame.
    pub(crate) fn close(mut self) -> io::Result<Option<Closed>> {
        self.flush()?;
        if self.file.take().is_none() {
            return Ok(None);
        }
        match seal(&self.path)? {
            Sealing::Sealed(contents) => Ok(Some(Closed { contents, gaps_us: self.gaps_us() })),
            Sealing::Unusable => Err(io::Error::other("the file does not hold what was written to it")),
        }
    }

    fn us(&self, ticks: u64) -> u64 {
        let us = u128::from(ticks) * 1_000_000 / u128::from(self.clock_rate.max(1));
        u64::try_from(us).unwrap_or(u64::MAX)
    }
}
