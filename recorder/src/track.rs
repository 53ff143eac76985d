//! One published track: packets in, frames to its files, keyframes asked for when they are needed.

mod files;

use std::{io, path::Path};

use files::Files;
pub(crate) use files::{Desk, News};

use crate::{
    Counters, Kind, Track,
    depacketise::{Assembler, Frame, Outcome},
    manifest::{SegmentRecord, TrackRecord},
    opus,
    picture::{Picture, Viewer, opus_configuration},
    reorder::{Next, Reorder, Verdict},
    rtp::{self, Packet},
    segment::{Closed, Segment},
    timeline::{SenderClock, Step, TrackClock},
};

/// A silence in sound longer than this ends the file: browsers play sound on without its silences, so a file that
/// had one would run ahead of the clock. Shorter ones are filled with packets that say "nothing".
const SILENCE_US: u64 = 1_000_000;
/// A file of sound is sealed after this long without a packet, in µs.
const SILENT_US: u64 = 1_500_000;
/// A new source is followed at most this often, in µs.
const SWITCH_SPACING_US: u64 = 1_000_000;
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

/// A track being recorded. Every error of its methods is one of the disk.
#[derive(Debug)]
pub(crate) struct LiveTrack {
    track: Track,
    ssrc: Option<u32>,
    last_switch_us: Option<u64>,
    reorder: Reorder<Held>,
    assembler: Assembler,
    viewer: Viewer,
    clock: TrackClock,
    files: Files,
    last_packet_us: u64,
    /// Nothing is written before a keyframe: what comes now refers to a picture that was lost.
    needs_keyframe: bool,
    last_keyframe_us: u64,
    last_asked_us: Option<u64>,
}

impl LiveTrack {
    /// `before` is what the track recorded when it was published before under the same identifier.
    pub(crate) fn new(track: Track, ordinal: usize, before: Vec<SegmentRecord>, now_us: u64) -> Self {
        Self {
            ssrc: None,
            last_switch_us: None,
            reorder: Reorder::default(),
            assembler: Assembler::new(track.codec),
            viewer: Viewer::new(track.codec),
            clock: TrackClock::new(track.clock_rate),
            files: Files::new(&track, ordinal, before),
            last_packet_us: now_us,
            needs_keyframe: track.codec.kind() == Kind::Video,
            last_keyframe_us: now_us,
            last_asked_us: None,
            track,
        }
    }

    pub(crate) fn record(&self) -> &TrackRecord {
        self.files.record()
    }

    pub(crate) fn into_record(self) -> TrackRecord {
        self.files.into_record()
    }

    pub(crate) fn track(&self) -> &Track {
        &self.track
    }

    pub(crate) fn take_news(&mut self) -> News {
        self.files.take_news()
    }

    /// The file being written, for the message of a disk error.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.files.path()
    }

    fn is_video(&self) -> bool {
        self.track.codec.kind() == Kind::Video
    }

    /// Takes one RTP packet, whatever is in it.
    pub(crate) fn packet(&mut self, now_us: u64, bytes: &[u8], desk: &mut Desk<'_>) -> io::Result<()> {
        let Some(packet) = rtp::parse(bytes) else {
            desk.counters.malformed += 1;
            return Ok(());
        };
        if self.ssrc != Some(packet.ssrc) && !self.switch(now_us, packet.ssrc, desk)? {
            desk.counters.malformed += 1;
            return Ok(());
        }
        self.last_packet_us = now_us;
        let held =
            Held { marker: packet.marker, timestamp: packet.timestamp, payload: packet.payload.to_vec() };
        match self.reorder.push(now_us, packet.seq, held) {
            Verdict::Held => {}
            Verdict::Duplicate => desk.counters.duplicates += 1,
            Verdict::Late => desk.counters.late += 1,
        }
        self.drain(now_us, desk)
    }

    /// Follows a new RTP source, unless it did so a moment ago.
    fn switch(&mut self, now_us: u64, ssrc: u32, desk: &mut Desk<'_>) -> io::Result<bool> {
        if self.last_switch_us.is_some_and(|last| now_us < last + SWITCH_SPACING_US) {
            return Ok(false);
        }
        self.end_source(now_us, desk)?;
        self.files.close(desk)?;
        self.last_switch_us = Some(now_us);
        self.ssrc = Some(ssrc);
        Ok(true)
    }

    /// Writes what is held; the next packet begins anew.
    fn end_source(&mut self, now_us: u64, desk: &mut Desk<'_>) -> io::Result<()> {
        while let Some(next) = self.reorder.flush() {
            self.take(now_us, &next, desk)?;
        }
        self.ssrc = None;
        self.last_switch_us = None;
        self.reorder = Reorder::default();
        self.assembler.reset();
        self.clock.restart();
        self.needs_keyframe = self.is_video();
        Ok(())
    }

    fn drain(&mut self, now_us: u64, desk: &mut Desk<'_>) -> io::Result<()> {
        while let Some(next) = self.reorder.pop(now_us) {
            self.take(now_us, &next, desk)?;
        }
        Ok(())
    }

    fn take(&mut self, now_us: u64, next: &Next<Held>, desk: &mut Desk<'_>) -> io::Result<()> {
        desk.counters.lost += next.missing;
        let Held { marker, timestamp, payload } = &next.item;
        let packet = Packet {
            marker: *marker,
            seq: 0,
            timestamp: *timestamp,
            ssrc: self.ssrc.unwrap_or_default(),
            payload,
        };
        let Outcome { frames, broken, malformed } =
            self.assembler.push(next.missing > 0, next.arrival_us, &packet);
        desk.counters.malformed += u64::from(malformed);
        // A hole is before the frames of this packet, a broken frame after them.
        self.needs_keyframe |= self.is_video() && next.missing > 0;
        for frame in frames {
            let written = if self.is_video() {
                self.picture(now_us, frame, desk)?
            } else {
                self.sound(now_us, frame, desk)?
            };
            desk.counters.frames += u64::from(written);
            desk.counters.frames_dropped += u64::from(!written);
        }
        self.needs_keyframe |= self.is_video() && broken;
        Ok(())
    }

    /// The ticks of a frame, after closing the file if its source has started again.
    fn place_in_time(&mut self, timestamp: u32, arrival_us: u64, desk: &mut Desk<'_>) -> io::Result<i64> {
        match self.clock.advance(timestamp, arrival_us) {
            Step::Continues { ticks } => Ok(ticks),
            Step::Restarts { ticks } => {
                self.files.close(desk)?;
                self.needs_keyframe = self.is_video();
                Ok(ticks)
            }
        }
    }

    /// Returns whether the frame was written.
    fn sound(&mut self, now_us: u64, frame: Frame, desk: &mut Desk<'_>) -> io::Result<bool> {
        let Frame { timestamp, arrival_us, data } = frame;
        let (Some(duration), Some(&toc)) = (opus::duration(&data), data.first()) else {
            desk.counters.malformed += 1;
            return Ok(false);
        };
        let ticks = self.place_in_time(timestamp, arrival_us, desk)?;
        let silence = self.files.segment().map_or(0, |segment| ticks.saturating_sub(segment.end()));
        if self.clock.us(silence) > SILENCE_US.cast_signed() {
            self.files.close(desk)?;
        } else if let Some(segment) = self.files.segment() {
            let (nothing, lasts) = opus::nothing(toc);
            while ticks - segment.end() >= i64::from(lasts) {
                segment.append(now_us, segment.end(), Some(lasts), true, nothing.clone())?;
            }
        }
        if self.files.segment().is_none()
            && !self.files.open((now_us, arrival_us), (timestamp, ticks), opus_configuration(), desk)
        {
            return Ok(false);
        }
        self.append(now_us, ticks, Some(duration), true, data)
    }

    /// Returns whether the frame was written.
    fn picture(&mut self, now_us: u64, frame: Frame, desk: &mut Desk<'_>) -> io::Result<bool> {
        let Frame { timestamp, arrival_us, data } = frame;
        let Ok(Picture { data, configuration }) = self.viewer.read(data) else {
            desk.counters.malformed += 1;
            self.needs_keyframe = true;
            return Ok(false);
        };
        let ticks = self.place_in_time(timestamp, arrival_us, desk)?;
        let keyframe = configuration.is_some();
        if let Some(configuration) = configuration {
            self.last_keyframe_us = now_us;
            if self.files.segment().is_some_and(|segment| *segment.configuration() != configuration) {
                self.files.close(desk)?;
            }
            if self.files.segment().is_none()
                && !self.files.open((now_us, arrival_us), (timestamp, ticks), configuration, desk)
            {
                self.needs_keyframe = true;
                return Ok(false);
            }
            self.needs_keyframe = false;
        } else if self.needs_keyframe {
            return Ok(false);
        }
        self.append(now_us, ticks, None, keyframe, data)
    }

    fn append(
        &mut self,
        now_us: u64,
        ticks: i64,
        own: Option<u32>,
        keyframe: bool,
        data: Vec<u8>,
    ) -> io::Result<bool> {
        let Some(segment) = self.files.segment() else { return Ok(false) };
        segment.append(now_us, ticks, own, keyframe, data)?;
        Ok(true)
    }

    /// Gives up holes that waited long enough, writes what is pending, ends a sound that fell silent.
    pub(crate) fn tick(&mut self, now_us: u64, sender: &SenderClock, desk: &mut Desk<'_>) -> io::Result<()> {
        self.drain(now_us, desk)?;
        self.files.settle(now_us, &self.clock, sender);
        let video = self.is_video();
        if let Some(segment) = self.files.segment() {
            segment.idle(now_us)?;
            if !video && segment.silent_us(now_us) > SILENT_US {
                self.files.close(desk)?;
            }
        }
        Ok(())
    }

    /// Makes what was written survive a power cut.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.files.segment().map_or(Ok(()), Segment::sync)
    }

    /// Takes a sender report of this track.
    pub(crate) fn report(&mut self, now_us: u64, ntp_us: i64, rtp: u32, sender: &SenderClock) {
        if let Some(ticks) = self.clock.report(ntp_us, rtp) {
            self.files.settle(now_us, &self.clock, sender);
            self.files.sync_point(rtp, self.clock.at(ticks, sender));
        }
    }

    /// The track ends, or the recording pauses: writes what is held and gives away the file to be sealed. What comes
    /// of it must be told to `sealed`.
    pub(crate) fn end(
        &mut self,
        now_us: u64,
        sender: &SenderClock,
        desk: &mut Desk<'_>,
    ) -> io::Result<Option<Segment>> {
        // Placed before the source is forgotten, with all that its reports told.
        self.files.settle(now_us, &self.clock, sender);
        self.end_source(now_us, desk)?;
        Ok(self.files.detach())
    }

    pub(crate) fn sealed(&mut self, closed: Option<Closed>, now_us: u64, counters: &mut Counters) {
        self.files.closed(closed, Some(now_us), counters);
    }

    /// Whether a keyframe should be asked for now. Asking is taken as done.
    pub(crate) fn wants_keyframe(&mut self, now_us: u64) -> bool {
        let alive = now_us <= self.last_packet_us + ALIVE_US;
        let old = now_us > self.last_keyframe_us + KEYFRAME_AGE_US;
        let spaced = self.last_asked_us.is_none_or(|last| now_us >= last + KEYFRAME_SPACING_US);
        let wanted = self.is_video() && alive && spaced && (self.needs_keyframe || old);
        if wanted {
            self.last_asked_us = Some(now_us);
        }
        wanted
    }
}
