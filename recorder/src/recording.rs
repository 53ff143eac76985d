//! One recording: hands every packet to its track, every event to the log, and keeps the manifest true.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value;
use shiguredo_mp4::Mp4FileTime;
use signaling::id::{ParticipantId, TrackId};

use crate::{
    Counters, Event, Kind, Manifest, Opening, RecorderError, State, Track,
    events::EventLog,
    manifest::{self, TrackRecord},
    opus,
    segment::{Closed, Segment},
    timeline::{SenderClock, ntp_us},
    track::{Desk, LiveTrack, News},
};

/// Every file is made durable this often, in µs; a part of them at each tick.
const SYNC_US: u64 = 2_000_000;
/// The manifest is written at most this often for small corrections, in µs.
const MANIFEST_US: u64 = 1_000_000;
/// Files sealed at a time when the recording ends: sealing mostly waits for the disk.
const SEALED_AT_ONCE: usize = 8;

/// Records one séance into one folder. Blocking: it belongs on a thread of its own.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    opening: Opening,
    started: Timestamp,
    created: Mp4FileTime,
    tracks: BTreeMap<TrackId, LiveTrack>,
    /// What ended tracks leave in the manifest.
    ended: Vec<TrackRecord>,
    /// Every track ever started, in that order.
    begun: Vec<TrackId>,
    senders: BTreeMap<ParticipantId, SenderClock>,
    log: EventLog,
    pauses: Vec<[u64; 2]>,
    paused: bool,
    from_us: Option<u64>,
    now_us: u64,
    news: News,
    last_manifest_us: u64,
    sync_turn: usize,
    counters: Counters,
    failure: Option<RecorderError>,
}

impl Recorder {
    /// Begins a recording in `folder`, which must not hold one already.
    ///
    /// # Errors
    /// When the folder cannot be made, or holds a recording, or `started_ms` is no date.
    pub fn begin(folder: &Path, opening: Opening) -> Result<Self, RecorderError> {
        let started = Timestamp::from_millisecond(opening.started_ms)
            .map_err(|_| RecorderError::Started(opening.started_ms))?;
        if folder.join(manifest::FILE).exists() {
            return Err(RecorderError::FolderInUse(folder.to_owned()));
        }
        for part in ["media", "events"] {
            let path = folder.join(part);
            fs::create_dir_all(&path).map_err(|source| RecorderError::write(&path, source))?;
        }
        let since_1970 = Duration::from_millis(u64::try_from(opening.started_ms).unwrap_or(0));
        let recorder = Self {
            folder: folder.to_owned(),
            started,
            created: Mp4FileTime::from_unix_time(since_1970),
            opening,
            tracks: BTreeMap::new(),
            ended: Vec::new(),
            begun: Vec::new(),
            senders: BTreeMap::new(),
            log: EventLog::new(folder),
            pauses: Vec::new(),
            paused: false,
            from_us: None,
            now_us: 0,
            news: News::None,
            last_manifest_us: 0,
            sync_turn: 0,
            counters: Counters::default(),
            failure: None,
        };
        recorder.manifest(State::Live).write(folder)?;
        Ok(recorder)
    }

    /// What stopped the recording, if something did. From then on every call does nothing; the folder is left as a
    /// crash would leave it, for `repair`.
    #[must_use]
    pub fn failure(&self) -> Option<&RecorderError> {
        self.failure.as_ref()
    }

    /// What was counted so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// A participant publishes a track.
    ///
    /// # Errors
    /// When its clock rate is impossible, it is published already, or the recording has stopped.
    pub fn track_started(&mut self, t_us: u64, track: Track) -> Result<(), RecorderError> {
        self.advance(t_us);
        if self.failure.is_some() {
            return Err(RecorderError::Stopped);
        }
        let rates = match track.codec.kind() {
            Kind::Audio => opus::CLOCK_RATE..=opus::CLOCK_RATE,
            Kind::Video => 1_000..=1_000_000,
        };
        if !rates.contains(&track.clock_rate) {
            return Err(RecorderError::ClockRate(track.id));
        }
        if self.tracks.contains_key(&track.id) {
            return Err(RecorderError::Repeated(track.id));
        }
        self.senders.entry(track.participant).or_default();
        let ordinal = self.begun.iter().position(|id| *id == track.id).unwrap_or(self.begun.len());
        if ordinal == self.begun.len() {
            self.begun.push(track.id);
        }
        let before =
            self.ended.iter().position(|record| record.id == track.id).map(|at| self.ended.swap_remove(at));
        let before = before.map(|record| record.segments).unwrap_or_default();
        self.tracks.insert(track.id, LiveTrack::new(track, ordinal, before, t_us));
        Ok(())
    }

    /// Takes one whole decrypted RTP packet as it was received at `t_us`. Whatever is in it, no other track notices.
    pub fn packet(&mut self, t_us: u64, track: TrackId, rtp: &[u8]) {
        self.advance(t_us);
        self.counters.packets += 1;
        if self.paused || self.failure.is_some() {
            return;
        }
        let Some(live) = self.tracks.get_mut(&track) else {
            self.counters.unknown += 1;
            return;
        };
        let mut desk = Desk { folder: &self.folder, created: self.created, counters: &mut self.counters };
        let result = live.packet(t_us, rtp, &mut desk);
        self.after(track, result);
    }

    /// A sender report (RFC 3550 §6.4.1) of a track: its RTP timestamp `rtp` is its wall clock `ntp` (32.32).
    pub fn sender_report(&mut self, t_us: u64, track: TrackId, ntp: u64, rtp: u32) {
        self.advance(t_us);
        if self.paused || self.failure.is_some() {
            return;
        }
        let Some(live) = self.tracks.get_mut(&track) else { return };
        let sender = self.senders.entry(live.track().participant).or_default();
        sender.report(t_us, ntp_us(ntp));
        live.report(t_us, ntp_us(ntp), rtp, sender);
    }

    /// A track is published no more. Its file is sealed at once.
    pub fn track_ended(&mut self, t_us: u64, track: TrackId) {
        self.advance(t_us);
        if self.failure.is_some() || !self.tracks.contains_key(&track) {
            return;
        }
        self.end_tracks(t_us, &[track]);
        if let Some(live) = self.tracks.remove(&track) {
            self.ended.push(live.into_record());
            self.write_manifest();
        }
    }

    /// One line of the event log. `seq` is the room's number of the event.
    pub fn event(&mut self, t_us: u64, seq: u64, kind: &str, data: Value) {
        self.advance(t_us);
        if self.paused || self.failure.is_some() {
            return;
        }
        match self.log.append(&Event { seq, t: t_us, k: kind.to_owned(), d: data }) {
            Ok(true) => self.news = self.news.max(News::Correction),
            Ok(false) => {}
            Err(source) => self.fail(RecorderError::write(&self.folder.join("events"), source)),
        }
    }

    /// Nothing is written from here to `resume`; the files are sealed.
    pub fn pause(&mut self, t_us: u64) {
        self.advance(t_us);
        if self.paused || self.failure.is_some() {
            return;
        }
        self.end_all_tracks(t_us);
        self.paused = true;
        self.pauses.push([t_us, t_us]);
        self.write_manifest();
    }

    /// The recording goes on, in new files.
    pub fn resume(&mut self, t_us: u64) {
        self.advance(t_us);
        if !self.paused || self.failure.is_some() {
            return;
        }
        self.paused = false;
        if let Some([_, until]) = self.pauses.last_mut() {
            *until = t_us;
        }
        self.write_manifest();
    }

    /// To be called about every 200 ms: gives up packets that do not come, writes and syncs what is due.
    pub fn tick(&mut self, t_us: u64) {
        self.advance(t_us);
        if self.paused || self.failure.is_some() {
            return;
        }
        let ids: Vec<TrackId> = self.tracks.keys().copied().collect();
        // About every file has its turn within the time of one sync.
        let turns = usize::try_from(SYNC_US / 200_000).unwrap_or(1);
        self.sync_turn = (self.sync_turn + 1) % turns;
        for (index, id) in ids.into_iter().enumerate() {
            let Some(live) = self.tracks.get_mut(&id) else { continue };
            let sender = self.senders.entry(live.track().participant).or_default();
            let mut desk = Desk { folder: &self.folder, created: self.created, counters: &mut self.counters };
            let mut result = live.tick(t_us, sender, &mut desk);
            if index % turns == self.sync_turn {
                result = result.and_then(|()| live.sync());
            }
            self.after(id, result);
        }
        if self.sync_turn == 0
            && let Err(source) = self.log.sync()
        {
            self.fail(RecorderError::write(&self.folder.join("events"), source));
        }
        let due = match self.news {
            News::None => false,
            News::Correction => t_us >= self.last_manifest_us + MANIFEST_US,
            News::File => true,
        };
        if due {
            self.write_manifest();
        }
    }

    /// Tracks of which a keyframe should be asked for now; each at most twice a second.
    pub fn keyframes_wanted(&mut self) -> Vec<TrackId> {
        if self.paused || self.failure.is_some() {
            return Vec::new();
        }
        let now_us = self.now_us;
        self.tracks.iter_mut().filter_map(|(id, live)| live.wants_keyframe(now_us).then_some(*id)).collect()
    }

    /// Ends the recording: seals every file, then says so in the manifest.
    ///
    /// # Errors
    /// When something could not be written, now or earlier; the folder is then one for `repair`.
    pub fn finish(mut self, t_us: u64) -> Result<Manifest, RecorderError> {
        self.advance(t_us);
        if self.paused
            && let Some([_, until]) = self.pauses.last_mut()
        {
            *until = t_us;
        }
        self.end_all_tracks(t_us);
        if let Err(source) = self.log.sync() {
            self.fail(RecorderError::write(&self.folder.join("events"), source));
        }
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let manifest = self.manifest(State::Ready);
        manifest.write(&self.folder)?;
        Ok(manifest)
    }

    fn advance(&mut self, t_us: u64) {
        self.now_us = self.now_us.max(t_us);
        self.from_us.get_or_insert(t_us);
    }

    fn end_all_tracks(&mut self, t_us: u64) {
        let ids: Vec<TrackId> = self.tracks.keys().copied().collect();
        self.end_tracks(t_us, &ids);
    }

    /// Writes what tracks hold and seals their files, several at a time.
    fn end_tracks(&mut self, t_us: u64, ids: &[TrackId]) {
        let mut segments = Vec::new();
        for id in ids {
            let Some(live) = self.tracks.get_mut(id) else { continue };
            let sender = self.senders.entry(live.track().participant).or_default();
            let mut desk = Desk { folder: &self.folder, created: self.created, counters: &mut self.counters };
            match live.end(t_us, sender, &mut desk) {
                Ok(segment) => segments.extend(segment.map(|segment| (*id, segment))),
                Err(source) => return self.after(*id, Err(source)),
            }
        }
        for (id, path, closed) in seal_all(segments) {
            match closed {
                Ok(closed) => {
                    if let Some(live) = self.tracks.get_mut(&id) {
                        live.sealed(closed, t_us, &mut self.counters);
                    }
                }
                Err(source) => return self.fail(RecorderError::write(&path, source)),
            }
        }
    }

    /// After a track did something.
    fn after(&mut self, track: TrackId, result: io::Result<()>) {
        let Some(live) = self.tracks.get_mut(&track) else { return };
        self.news = self.news.max(live.take_news());
        if let Err(source) = result {
            let path = live.path().unwrap_or(&self.folder).to_owned();
            self.fail(RecorderError::write(&path, source));
        }
    }

    fn fail(&mut self, failure: RecorderError) {
        tracing::error!(seance = %self.opening.seance, recording = %self.opening.recording, %failure, "the recording stops");
        self.failure.get_or_insert(failure);
        // What is open stays as it is, for `repair`.
        self.tracks.clear();
    }

    fn write_manifest(&mut self) {
        self.news = News::None;
        self.last_manifest_us = self.now_us;
        if self.failure.is_none()
            && let Err(failure) = self.manifest(State::Live).write(&self.folder)
        {
            self.fail(failure);
        }
    }

    fn manifest(&self, state: State) -> Manifest {
        let known: BTreeMap<TrackId, &TrackRecord> = self
            .ended
            .iter()
            .chain(self.tracks.values().map(LiveTrack::record))
            .map(|record| (record.id, record))
            .collect();
        let recorded =
            self.begun.iter().filter_map(|id| known.get(id)).filter(|record| !record.segments.is_empty());
        Manifest {
            v: manifest::VERSION,
            seance: self.opening.seance,
            recording: self.opening.recording,
            title: self.opening.title.clone(),
            started: self.started,
            from_us: self.from_us.unwrap_or(0),
            duration_us: self.now_us,
            state,
            interrupted: false,
            tracks: recorded.map(|record| (*record).clone()).collect(),
            events: self.log.files().to_vec(),
            pauses: self.pauses.clone(),
        }
    }
}

/// Seals files side by side: each waits for the disk several times.
fn seal_all(segments: Vec<(TrackId, Segment)>) -> Vec<(TrackId, PathBuf, io::Result<Option<Closed>>)> {
    let mut sealed = Vec::new();
    let mut waiting = segments.into_iter();
    loop {
        let batch: Vec<_> = waiting.by_ref().take(SEALED_AT_ONCE).collect();
        if batch.is_empty() {
            return sealed;
        }
        thread::scope(|scope| {
            let running: Vec<_> = batch
                .into_iter()
                .map(|(id, segment)| (id, segment.path().to_owned(), scope.spawn(move || segment.close())))
                .collect();
            for (id, path, seal) in running {
                let closed =
                    seal.join().unwrap_or_else(|_| Err(io::Error::other("sealing stopped half-way")));
                sealed.push((id, path, closed));
            }
        });
    }
}
