//! One published track: its packets in, its files and its part of the manifest out.

use std::{io, path::Path};

use shiguredo_mp4::Mp4FileTime;

use crate::{
    Counters, Kind, Track,
    depacketise::{Assembler, Frame, Outcome},
    manifest::{SegmentRecord, SyncPoint, TrackRecord},
    opus,
    picture::{Configuration, Picture, Viewer, opus_configuration},
    reorder::{Next, Reorder, Verdict},
    rtp::{self, Packet},
    segment::{Container, Contents, Segment},
    timeline::{SenderClock, Step, TrackClock},
};

/// A silence in sound longer than this ends the file: browsers play sound on without its silences, so a file that
/// had one would run ahead of the clock. Shorter ones are filled with packets that say "nothing".
const SILENCE_US: u64 = 1_000_000;
/// A source is not followed more often than this, whatever it does, in µs.
const SPACING_US: u64 = 1_000_000;
/// More files than an honest track ever makes.
const MOST_SEGMENTS: usize = 4_096;
/// Reports move a segment only this long after it began, in µs.
const SETTLING_US: u64 = 30_000_000;
/// One report in this many µs is kept.
const SYNC_SPACING_US: u64 = 60_000_000;
/// A keyframe is asked for at most this often, and when the last one is this old, in µs.
const KEYFRAME_SPACING_US: u64 = 500_000;
const KEYFRAME_AGE_US: u64 = 4_000_000;
/// A track without packets for this long is asked for nothing, in µs.
const ALIVE_US: u64 = 2_000_000;

/// A packet in the reorder buffer.
#[derive(Debug)]
struct Held {
    marker: bool,
    timestamp: u32,
    payload: Vec<u8>,
}

/// Where the files of a recording go, and what they are stamped with.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) created: Mp4FileTime,
}

/// A track being recorded.
#[derive(Debug)]
pub(crate) struct LiveTrack {
    track: Track,
    ordinal: usize,
    ssrc: Option<u32>,
    reorder: Reorder<Held>,
    assembler: Assembler,
    viewer: Viewer,
    clock: TrackClock,
    segment: Option<Segment>,
    /// Ticks of the open segment's beginning, and when it was opened.
    opened: Option<(i64, u64)>,
    last_opened_us: Option<u64>,
    last_switch_us: Option<u64>,
    last_packet_us: u64,
    /// Nothing is written before a keyframe: what comes now refers to a picture that was lost.
    needs_keyframe: bool,
    last_keyframe_us: u64,
    last_asked_us: Option<u64>,
    record: TrackRecord,
    files: usize,
    /// The manifest should be written again.
    pub(crate) changed: bool,
}

impl LiveTrack {
    pub(crate) fn new(track: Track, ordinal: usize, now_us: u64) -> Self {
        let record = TrackRecord {
            id: track.id,
            participant: track.participant,
            name: track.name.clone(),
            kind: track.codec.kind(),
            source: track.source,
            codec: track.codec,
            segments: Vec::new(),
        };
        Self {
            ordinal,
            ssrc: None,
            reorder: Reorder::default(),
            assembler: Assembler::new(track.codec),
            viewer: Viewer::new(track.codec),
            clock: TrackClock::new(track.clock_rate),
            segment: None,
            opened: None,
            last_opened_us: None,
            last_switch_us: None,
            last_packet_us: now_us,
            needs_keyframe: track.codec.kind() == Kind::Video,
            last_keyframe_us: now_us,
            last_asked_us: None,
            record,
            files: 0,
            changed: false,
            track,
        }
    }

    pub(crate) fn record(&self) -> &TrackRecord {
        &self.record
    }

    pub(crate) fn ordinal(&self) -> usize {
        self.ordinal
    }

    pub(crate) fn into_record(self) -> (usize, TrackRecord) {
        (self.ordinal, self.record)
    }

    pub(crate) fn track(&self) -> &Track {
        &self.track
    }

    /// Takes one RTP packet, whatever is in it. An error is one of the disk.
    pub(crate) fn packet(&mut self, now_us: u64, bytes: &[u8], place: &Place<'_>, counters: &mut Counters) -> io::Result<()> {
        let Some(packet) = rtp::parse(bytes) else {
            counters.malformed += 1;
            return Ok(());
        };
        if self.ssrc != Some(packet.ssrc) && !self.switch(now_us, packet.ssrc, place, counters)? {
            counters.malformed += 1;
            return Ok(());
        }
        self.last_packet_us = now_us;
        let held = Held { marker: packet.marker, timestamp: packet.timestamp, payload: packet.payload.to_vec() };
        match self.reorder.push(now_us, packet.seq, held) {
            Verdict::Held => {}
            Verdict::Duplicate => counters.duplicates += 1,
            Verdict::Late => counters.late += 1,
        }
        self.drain(now_us, place, counters)
    }

    /// Follows a new RTP source, unless it did so a moment ago.
    fn switch(&mut self, now_us: u64, ssrc: u32, place: &Place<'_>, counters: &mut Counters) -> io::Result<bool> {
        if self.last_switch_us.is_some_and(|last| now_us < last + SPACING_US) {
            return Ok(false);
        }
        if self.ssrc.is_some() {
            self.end_source(now_us, place, counters)?;
        }
        self.last_switch_us = Some(now_us);
        self.ssrc = Some(ssrc);
        Ok(true)
    }

    /// Writes what is held and closes the file; the next packet begins anew.
    fn end_source(&mut self, now_us: u64, place: &Place<'_>, counters: &mut Counters) -> io::Result<()> {
        while let Some(next) = self.reorder.flush() {
            self.take(now_us, &next, place, counters)?;
        }
        self.reorder = Reorder::default();
        self.assembler.reset();
        self.clock.restart();
        self.needs_keyframe = self.record.kind == Kind::Video;
        self.close(None, counters)
    }

    fn drain(&mut self, now_us: u64, place: &Place<'_>, counters: &mut Counters) -> io::Result<()> {
        while let Some(next) = self.reorder.pop(now_us) {
            self.take(now_us, &next, place, counters)?;
        }
        Ok(())
    }

    fn take(&mut self, now_us: u64, next: &Next<Held>, place: &Place<'_>, counters: &mut Counters) -> io::Result<()> {
        counters.lost += next.missing;
        let Held { marker, timestamp, payload } = &next.item;
        let ssrc = self.ssrc.unwrap_or_default();
        let packet = Packet { marker: *marker, seq: next.seq as u16, timestamp: *timestamp, ssrc, payload };
        let Outcome { frames, broken, malformed } = self.assembler.push(next.missing > 0, next.arrival_us, &packet);
        counters.malformed += u64::from(malformed);
        // The frame that came first is whole: what is broken follows it.
        for frame in frames {
            self.frame(now_us, frame, place, counters)?;
        }
        self.needs_keyframe |= broken && self.record.kind == Kind::Video;
        Ok(())
    }

    fn frame(&mut self, now_us: u64, frame: Frame, place: &Place<'_>, counters: &mut Counters) -> io::Result<()> {
        let written = match self.record.kind {
            Kind::Audio => self.sound(now_us, frame, place, counters)?,
            Kind::Video => self.picture(now_us, frame, place, counters)?,
        };
        if written {
            counters.frames += 1;
        } else {
            counters.frames_dropped += 1;
        }
        Ok(())
    }

    /// Returns the ticks of a frame, after closing the file if its source has started again.
    fn place_in_time(&mut self, frame: &Frame, counters: &mut Counters) -> io::Result<i64> {
        match self.clock.advance(frame.timestamp, frame.arrival_us) {
            Step::Continues { ticks } => Ok(ticks),
            Step::Restarts { ticks } => {
                self.close(None, counters)?;
                self.needs_keyframe = self.record.kind == Kind::Video;
                Ok(ticks)
            }
        }
    }

    fn sound(&mut self, now_us: u64, frame: Frame, place: &Place<'_>, counters: &mut Counters) -> io::Result<bool> {
        let (Some(duration), Some(&toc)) = (opus::duration(&frame.data), frame.data.first()) else {
            counters.malformed += 1;
            return Ok(false);
        };
        let ticks = self.place_in_time(&frame, counters)?;
        let silence = self.segment.as_ref().map_or(0, |segment| ticks - segment.end());
        if self.clock.us(silence) > SILENCE_US.cast_signed() {
            self.close(None, counters)?;
        } else if let Some(segment) = &mut self.segment {
            let (nothing, lasts) = opus::nothing(toc);
            while ticks - segment.end() >= i64::from(lasts) {
                segment.append(now_us, segment.end(), Some(lasts), true, nothing.clone())?;
            }
        }
        if self.segment.is_none() && !self.open(now_us, &frame, ticks, opus_configuration(), place) {
            return Ok(false);
        }
        self.append(now_us, ticks, Some(duration), true, frame.data)
    }

    fn picture(&mut self, now_us: u64, frame: Frame, place: &Place<'_>, counters: &mut Counters) -> io::Result<bool> {
        let data = frame.data;
        let frame = Frame { data: Vec::new(), ..frame };
        let Ok(Picture { data, configuration }) = self.viewer.read(data) else {
            counters.malformed += 1;
            self.needs_keyframe = true;
            return Ok(false);
        };
        let ticks = self.place_in_time(&frame, counters)?;
        let keyframe = configuration.is_some();
        if let Some(configuration) = configuration {
            self.last_keyframe_us = now_us;
            if self.segment.as_ref().is_some_and(|segment| *segment.configuration() != configuration) {
                self.close(None, counters)?;
            }
            if self.segment.is_none() && !self.open(now_us, &frame, ticks, configuration, place) {
                self.needs_keyframe = true;
                return Ok(false);
            }
            self.needs_keyframe = false;
        } else if self.needs_keyframe {
            return Ok(false);
        }
        self.append(now_us, ticks, None, keyframe, data)
    }

    fn append(&mut self, now_us: u64, ticks: i64, own: Option<u32>, keyframe: bool, data: Vec<u8>) -> io::Result<bool> {
        let Some(segment) = &mut self.segment else { return Ok(false) };
        segment.append(now_us, ticks, own, keyframe, data)?;
        Ok(true)
    }

    /// Begins a file, unless one was begun a moment ago.
    fn open(&mut self, now_us: u64, frame: &Frame, ticks: i64, configuration: Configuration, place: &Place<'_>) -> bool {
        let too_soon = self.last_opened_us.is_some_and(|last| now_us < last + SPACING_US);
        if too_soon || self.files >= MOST_SEGMENTS {
            return false;
        }
        let extension = Container::of(&configuration).extension();
        let file = format!("media/{}-{}-{}.{extension}", self.ordinal, self.track.source.word(), self.files);
        self.files += 1;
        self.last_opened_us = Some(now_us);
        self.opened = Some((ticks, now_us));
        self.record.segments.push(SegmentRecord {
            file: file.clone(),
            t_us: frame.arrival_us,
            dur_us: 0,
            codec: configuration.codec.clone(),
            w: configuration.size.map(|(width, _)| width),
            h: configuration.size.map(|(_, height)| height),
            rtp0: frame.timestamp,
            clock: self.track.clock_rate,
            sync: Vec::new(),
            gaps: Vec::new(),
            bytes: 0,
        });
        let path = place.folder.join(file);
        self.segment = Some(Segment::new(path, configuration, self.track.clock_rate, place.created, ticks));
        self.changed = true;
        true
    }

    /// Seals the open file, if any. `until_us` is when the track ended, for a picture that stood still until then.
    fn close(&mut self, until_us: Option<u64>, counters: &mut Counters) -> io::Result<()> {
        let Some(segment) = self.segment.take() else { return Ok(()) };
        let gaps = segment.gaps_us();
        let contents = segment.close()?;
        self.closed(contents, &gaps, until_us, counters);
        Ok(())
    }

    fn closed(&mut self, contents: Option<Contents>, gaps: &[(u64, u64)], until_us: Option<u64>, counters: &mut Counters) {
        self.opened = None;
        self.changed = true;
        let Some(contents) = contents else {
            self.record.segments.pop();
            return;
        };
        counters.bytes += contents.bytes;
        counters.segments += 1;
        let Some(record) = self.record.segments.last_mut() else { return };
        record.bytes = contents.bytes;
        record.dur_us = contents.duration_us;
        record.gaps = placed(gaps, record.t_us);
        let ended = until_us.map_or(0, |until| until.saturating_sub(record.t_us));
        if self.record.kind == Kind::Video && ended > contents.duration_us {
            if ended - contents.duration_us > ALIVE_US {
                record.gaps.push([record.t_us + contents.duration_us, record.t_us + ended]);
            }
            record.dur_us = ended;
        }
    }

    /// Gives up holes that waited long enough, writes what is pending, ends a sound that fell silent.
    pub(crate) fn tick(&mut self, now_us: u64, sender: &SenderClock, place: &Place<'_>, counters: &mut Counters) -> io::Result<()> {
        self.drain(now_us, place, counters)?;
        if let Some(segment) = &mut self.segment {
            segment.idle(now_us)?;
            let silent = segment.silent_us(now_us) > SILENCE_US + KEYFRAME_SPACING_US;
            if silent && self.record.kind == Kind::Audio {
                self.settle(now_us, sender);
                self.close(None, counters)?;
            }
        }
        self.settle(now_us, sender);
        Ok(())
    }

    /// Makes what was written survive a power cut.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.segment.as_mut().map_or(Ok(()), Segment::sync)
    }

    /// Takes a sender report that belongs to this track.
    pub(crate) fn report(&mut self, now_us: u64, ntp_us: i64, rtp: u32, sender: &SenderClock) {
        let Some(ticks) = self.clock.report(ntp_us, rtp) else { return };
        self.settle(now_us, sender);
        let server_us = self.clock.at(ticks, sender);
        let Some(record) = self.record.segments.last_mut().filter(|_| self.opened.is_some()) else { return };
        if record.sync.last().is_none_or(|last| server_us > last.server_us + SYNC_SPACING_US) {
            record.sync.push(SyncPoint { rtp, server_us });
            self.changed = true;
        }
    }

    /// Moves the beginning of the open file to where it is now known to be.
    fn settle(&mut self, now_us: u64, sender: &SenderClock) {
        let Some((ticks, opened_us)) = self.opened.filter(|(_, opened)| now_us < opened + SETTLING_US) else { return };
        let t_us = self.clock.at(ticks, sender);
        debug_assert!(opened_us <= now_us);
        let Some(record) = self.record.segments.last_mut() else { return };
        if record.t_us != t_us {
            record.t_us = t_us;
            self.changed = true;
        }
    }

    /// The track ends, or the recording pauses: everything held is written and the file sealed.
    pub(crate) fn end(&mut self, now_us: u64, sender: &SenderClock, place: &Place<'_>, counters: &mut Counters) -> io::Result<()> {
        if let Some((segment, gaps)) = self.detach(now_us, sender, place, counters)? {
            let contents = segment.close()?;
            self.closed(contents, &gaps, Some(now_us), counters);
        }
        Ok(())
    }

    /// Like `end`, but leaves the sealing to the caller, who must call `attach` with what came of it.
    pub(crate) fn detach(
        &mut self,
        now_us: u64,
        sender: &SenderClock,
        place: &Place<'_>,
        counters: &mut Counters,
    ) -> io::Result<Option<(Segment, Vec<(u64, u64)>)>> {
        while let Some(next) = self.reorder.flush() {
            self.take(now_us, &next, place, counters)?;
        }
        self.settle(now_us, sender);
        self.ssrc = None;
        self.last_switch_us = None;
        self.reorder = Reorder::default();
        self.assembler.reset();
        self.clock.restart();
        self.needs_keyframe = self.record.kind == Kind::Video;
        Ok(self.segment.take().map(|segment| {
            let gaps = segment.gaps_us();
            (segment, gaps)
        }))
    }

    pub(crate) fn attach(&mut self, contents: Option<Contents>, gaps: &[(u64, u64)], now_us: u64, counters: &mut Counters) {
        self.closed(contents, gaps, Some(now_us), counters);
    }

    /// The file being written, for the message of a disk error.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.segment.as_ref().map(Segment::path)
    }

    /// Whether a keyframe should be asked for now. Asking is taken as done.
    pub(crate) fn wants_keyframe(&mut self, now_us: u64) -> bool {
        let alive = now_us <= self.last_packet_us + ALIVE_US;
        let old = now_us > self.last_keyframe_us + KEYFRAME_AGE_US;
        let spaced = self.last_asked_us.is_none_or(|last| now_us >= last + KEYFRAME_SPACING_US);
        let wanted = self.record.kind == Kind::Video && alive && spaced && (self.needs_keyframe || old);
        if wanted {
            self.last_asked_us = Some(now_us);
        }
        wanted
    }
}

/// Gaps of media time, on the clock of the séance.
fn placed(gaps: &[(u64, u64)], t_us: u64) -> Vec<[u64; 2]> {
    gaps.iter().map(|(from, until)| [t_us + from, t_us + until]).collect()
}
