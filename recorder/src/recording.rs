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
    segment::{Contents, Segment},
    timeline::{SenderClock, ntp_us},
    track::{LiveTrack, Place},
};

/// Every file is made durable this often, in µs; a part of them at each tick.
const SYNC_US: u64 = 2_000_000;
/// The manifest is written at most this often for small corrections, in µs.
const MANIFEST_US: u64 = 1_000_000;
/// Files sealed at a time when the recording ends: sealing mostly waits for the disk.
const SEALED_AT_ONCE: usize = 8;

/// A sealed segment, with what is needed to enter it in the manifest.
type Sealed = (TrackId, io::Result<Option<Contents>>, Vec<(u64, u64)>);

/// Records one séance into one folder. Blocking: it belongs on a thread of its own.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    opening: Opening,
    started: Timestamp,
    created: Mp4FileTime,
    tracks: BTreeMap<TrackId, LiveTrack>,
    /// What ended tracks leave in the manifest, with the order in which they had begun.
    ended: Vec<(usize, TrackRecord)>,
    begun: usize,
    senders: BTreeMap<ParticipantId, SenderClock>,
    log: EventLog,
    pauses: Vec<[u64; 2]>,
    paused: bool,
    from_us: Option<u64>,
    now_us: u64,
    changed: bool,
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
        let started =
            Timestamp::from_millisecond(opening.started_ms).map_err(|_| RecorderError::Started(opening.started_ms))?;
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
            begun: 0,
            senders: BTreeMap::new(),
            log: EventLog::new(folder),
            pauses: Vec::new(),
            paused: false,
            from_us: None,
            now_us: 0,
            changed: false,
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
    /// When its clock rate is impossible, it has started already, or the recording has stopped.
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
        self.tracks.insert(track.id, LiveTrack::new(track, self.begun, t_us));
        self.begun += 1;
        Ok(())
    }

    /// Takes one whole decrypted RTP packet as it was received at `t_us`. Whatever is in it, no other track notices.
    pub fn packet(&mut self, t_us: u64, track: TrackId, rtp: &[u8]) {
        self.advance(t_us);
        self.counters.packets += 1;
        if self.paused || self.failure.is_some() {
            return;
        }
        let place = Place { folder: &self.folder, created: self.created };
        let Some(live) = self.tracks.get_mut(&track) else {
            self.counters.unknown += 1;
            return;
        };
        let result = live.packet(t_us, rtp, &place, &mut self.counters);
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
        let Some(mut live) = self.tracks.remove(&track) else { return };
        if self.failure.is_some() {
            return;
        }
        let none = SenderClock::default();
        let sender = self.senders.get(&live.track().participant).unwrap_or(&none);
        let place = Place { folder: &self.folder, created: self.created };
        let path = live.path().unwrap_or(&self.folder).to_owned();
        if let Err(source) = live.end(t_us, sender, &place, &mut self.counters) {
            self.fail(RecorderError::write(&path, source));
        }
        self.retire(live);
        self.write_manifest();
    }

    /// One line of the event log. `seq` is the room's number of the event.
    pub fn event(&mut self, t_us: u64, seq: u64, kind: &str, data: Value) {
        self.advance(t_us);
        if self.paused || self.failure.is_some() {
            return;
        }
        match self.log.append(&Event { seq, t: t_us, k: kind.to_owned(), d: data }) {
            Ok(fresh) => self.changed |= fresh,
            Err(source) => self.fail(RecorderError::write(&self.folder.join("events"), source)),
        }
    }

    /// Nothing is written from here to `resume`; the files are sealed.
    pub fn pause(&mut self, t_us: u64) {
        self.advance(t_us);
        if self.paused || self.failure.is_some() {
            return;
        }
        self.close_tracks(t_us);
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
            let place = Place { folder: &self.folder, created: self.created };
            let Some(live) = self.tracks.get_mut(&id) else { continue };
            let sender = self.senders.entry(live.track().participant).or_default();
            let mut result = live.tick(t_us, sender, &place, &mut self.counters);
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
        if self.changed && t_us >= self.last_manifest_us + MANIFEST_US {
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
        self.close_tracks(t_us);
        let log = self.log.sync();
        if let Err(source) = log {
            self.fail(RecorderError::write(&self.folder.join("events"), source));
        }
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        for live in std::mem::take(&mut self.tracks).into_values() {
            self.retire(live);
        }
        let manifest = self.manifest(State::Ready);
        manifest.write(&self.folder)?;
        Ok(manifest)
    }

    fn advance(&mut self, t_us: u64) {
        self.now_us = self.now_us.max(t_us);
        self.from_us.get_or_insert(t_us);
    }

    /// Seals the files of all tracks, several at a time.
    fn close_tracks(&mut self, t_us: u64) {
        let mut segments = Vec::new();
        let none = SenderClock::default();
        for (id, live) in &mut self.tracks {
            let sender = self.senders.get(&live.track().participant).unwrap_or(&none);
            let place = Place { folder: &self.folder, created: self.created };
            match live.detach(t_us, sender, &place, &mut self.counters) {
                Ok(detached) => segments.extend(detached.map(|(segment, gaps)| (*id, segment, gaps))),
                Err(source) => {
                    self.failure = Some(RecorderError::write(&self.folder, source));
                    return;
                }
            }
        }
        for (id, contents, gaps) in seal_all(segments) {
            let contents = match contents {
                Ok(contents) => contents,
                Err(source) => return self.fail(RecorderError::write(&self.folder, source)),
            };
            if let Some(live) = self.tracks.get_mut(&id) {
                live.attach(contents, &gaps, t_us, &mut self.counters);
            }
        }
    }

    /// Keeps what an ended track leaves in the manifest.
    fn retire(&mut self, live: LiveTrack) {
        let (ordinal, record) = live.into_record();
        if !record.segments.is_empty() {
            self.ended.push((ordinal, record));
        }
        self.changed = true;
    }

    /// After a track did something: a file it began is in the manifest before it is on the disk.
    fn after(&mut self, track: TrackId, result: io::Result<()>) {
        if let Err(source) = result {
            let path = self.tracks.get(&track).and_then(LiveTrack::path).unwrap_or(&self.folder).to_owned();
            return self.fail(RecorderError::write(&path, source));
        }
        if let Some(live) = self.tracks.get_mut(&track) {
            self.changed |= std::mem::take(&mut live.changed);
        }
    }

    fn fail(&mut self, failure: RecorderError) {
        tracing::error!(seance = %self.opening.seance, recording = %self.opening.recording, %failure, "the recording stops");
        self.failure.get_or_insert(failure);
    }

    fn write_manifest(&mut self) {
        self.changed = false;
        self.last_manifest_us = self.now_us;
        if self.failure.is_none()
            && let Err(failure) = self.manifest(State::Live).write(&self.folder)
        {
            self.fail(failure);
        }
    }

    fn manifest(&self, state: State) -> Manifest {
        let live = self.tracks.values().map(|live| (live.ordinal(), live.record()));
        let ended = self.ended.iter().map(|(ordinal, record)| (*ordinal, record));
        let mut tracks: Vec<_> = ended.chain(live).filter(|(_, record)| !record.segments.is_empty()).collect();
        tracks.sort_by_key(|(ordinal, _)| *ordinal);
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
            tracks: tracks.into_iter().map(|(_, record)| record.clone()).collect(),
            events: self.log.files().to_vec(),
            pauses: self.pauses.clone(),
        }
    }
}

/// Seals files side by side: each waits for the disk several times.
fn seal_all(segments: Vec<(TrackId, Segment, Vec<(u64, u64)>)>) -> Vec<Sealed> {
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
                .map(|(id, segment, gaps)| (id, scope.spawn(move || segment.close()), gaps))
                .collect();
            for (id, seal, gaps) in running {
                let contents = seal.join().unwrap_or_else(|_| Err(io::Error::other("sealing stopped half-way")));
                sealed.push((id, contents, gaps));
            }
        });
    }
}
