//! The files of one track, and what the manifest says of them.

use std::{io, path::Path};

use shiguredo_mp4::Mp4FileTime;

use crate::{
    Counters, Kind, Track,
    manifest::{SegmentRecord, SyncPoint, TrackRecord},
    picture::Configuration,
    segment::{Closed, Container, Segment},
    timeline::{SenderClock, TrackClock},
};

/// A file is begun at most this often, whatever the source does, in µs.
const SPACING_US: u64 = 1_000_000;
/// More files than an honest track ever makes.
const MOST_SEGMENTS: usize = 4_096;
/// Reports move a segment only this long after it began, in µs.
const SETTLING_US: u64 = 30_000_000;
/// One report in this many µs is kept.
const SYNC_SPACING_US: u64 = 60_000_000;
/// A picture that stood still for longer than this before its end is listed as a gap, in µs.
const STILL_US: u64 = 2_000_000;

/// Where the files of a recording go, what they are stamped with, and where it counts.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) created: Mp4FileTime,
    pub(crate) counters: &'a mut Counters,
}

/// What has changed since the manifest was written, the most urgent last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum News {
    #[default]
    None,
    Correction,
    /// A file was begun: after a crash only the manifest knows whose it is.
    File,
}

/// A file being written, and where on its source's clock it begins.
#[derive(Debug)]
struct Open {
    segment: Segment,
    ticks: i64,
    since_us: u64,
}

#[derive(Debug)]
pub(super) struct Files {
    ordinal: usize,
    clock_rate: u32,
    record: TrackRecord,
    open: Option<Open>,
    last_opened_us: Option<u64>,
    news: News,
}

impl Files {
    /// The files of a track, going on from what it recorded when it was published before.
    pub(super) fn new(track: &Track, ordinal: usize, before: Vec<SegmentRecord>) -> Self {
        let record = TrackRecord {
            id: track.id,
            participant: track.participant,
            name: track.name.clone(),
            kind: track.codec.kind(),
            source: track.source,
            codec: track.codec,
            segments: before,
        };
        Self {
            ordinal,
            clock_rate: track.clock_rate,
            record,
            open: None,
            last_opened_us: None,
            news: News::None,
        }
    }

    pub(super) fn record(&self) -> &TrackRecord {
        &self.record
    }

    pub(super) fn into_record(self) -> TrackRecord {
        self.record
    }

    pub(super) fn take_news(&mut self) -> News {
        std::mem::take(&mut self.news)
    }

    pub(super) fn segment(&mut self) -> Option<&mut Segment> {
        self.open.as_mut().map(|open| &mut open.segment)
    }

    pub(super) fn path(&self) -> Option<&Path> {
        self.open.as_ref().map(|open| open.segment.path())
    }

    /// Begins a file whose media time 0 is at `ticks` of its source; `false` when one was begun a moment ago.
    pub(super) fn open(
        &mut self,
        (now_us, arrival_us): (u64, u64),
        (timestamp, ticks): (u32, i64),
        configuration: Configuration,
        desk: &Desk<'_>,
    ) -> bool {
        let number = self.record.segments.len();
        let too_soon = self.last_opened_us.is_some_and(|last| now_us < last + SPACING_US);
        if too_soon || number >= MOST_SEGMENTS {
            return false;
        }
        let extension = Container::of(&configuration).extension();
        let source = self.record.source.word();
        let file = format!("media/{}-{source}-{number}.{extension}", self.ordinal);
        let path = desk.folder.join(&file);
        self.last_opened_us = Some(now_us);
        self.record.segments.push(SegmentRecord {
            file,
            t_us: arrival_us,
            dur_us: 0,
            codec: configuration.codec.clone(),
            w: configuration.size.map(|(width, _)| width),
            h: configuration.size.map(|(_, height)| height),
            rtp0: timestamp,
            clock: self.clock_rate,
            sync: Vec::new(),
            gaps: Vec::new(),
            bytes: 0,
        });
        let segment = Segment::new(path, configuration, self.clock_rate, desk.created, ticks);
        self.open = Some(Open { segment, ticks, since_us: now_us });
        self.news = News::File;
        true
    }

    /// Seals the open file, if any.
    pub(super) fn close(&mut self, desk: &mut Desk<'_>) -> io::Result<()> {
        if let Some(segment) = self.detach() {
            let closed = segment.close()?;
            self.closed(closed, None, desk.counters);
        }
        Ok(())
    }

    /// Gives the open file away to be sealed; `closed` must follow.
    pub(super) fn detach(&mut self) -> Option<Segment> {
        self.open.take().map(|open| open.segment)
    }

    /// Enters what a sealed file holds. `until_us` is when the track ended: the last picture stood until then.
    pub(super) fn closed(&mut self, closed: Option<Closed>, until_us: Option<u64>, counters: &mut Counters) {
        self.news = News::File;
        let Some(Closed { contents, gaps_us }) = closed else {
            self.record.segments.pop();
            return;
        };
        counters.bytes += contents.bytes;
        counters.segments += 1;
        let Some(record) = self.record.segments.last_mut() else { return };
        record.bytes = contents.bytes;
        record.dur_us = contents.duration_us;
        record.gaps = placed(&gaps_us, record.t_us);
        let stood = until_us.map_or(0, |until| until.saturating_sub(record.t_us));
        if self.record.kind == Kind::Video && stood > contents.duration_us {
            if stood - contents.duration_us > STILL_US {
                record.gaps.push([record.t_us + contents.duration_us, record.t_us + stood]);
            }
            record.dur_us = stood;
        }
    }

    /// Enters where the open file begins, as well as it is known now, and its gaps so far.
    pub(super) fn settle(&mut self, now_us: u64, clock: &TrackClock, sender: &SenderClock) {
        let (Some(open), Some(record)) = (&self.open, self.record.segments.last_mut()) else { return };
        let t_us =
            if now_us < open.since_us + SETTLING_US { clock.at(open.ticks, sender) } else { record.t_us };
        let gaps_us = open.segment.gaps_us();
        if record.t_us != t_us || record.gaps.len() != gaps_us.len() {
            record.t_us = t_us;
            record.gaps = placed(&gaps_us, t_us);
            self.news = self.news.max(News::Correction);
        }
    }

    /// Keeps a sender report that put `rtp` at `server_us`.
    pub(super) fn sync_point(&mut self, rtp: u32, server_us: u64) {
        let (Some(_), Some(record)) = (&self.open, self.record.segments.last_mut()) else { return };
        if record.sync.last().is_none_or(|last| server_us > last.server_us + SYNC_SPACING_US) {
            record.sync.push(SyncPoint { rtp, server_us });
            self.news = self.news.max(News::Correction);
        }
    }
}

/// Gaps of media time, on the clock of the séance.
fn placed(gaps_us: &[(u64, u64)], t_us: u64) -> Vec<[u64; 2]> {
    gaps_us.iter().map(|(from, until)| [t_us + from, t_us + until]).collect()
}
