//! One stream: its frames, packets, and what of them is kept for repair.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::{
    SOUND, SOUND_EVERY,
    film::{Film, Frames},
    wall_nanos,
};
use crate::{receive::MAGIC, rtp, sdp};

/// A keyframe without being asked, and not more often when asked.
const KEYFRAME_EVERY: Duration = Duration::from_secs(10);
const KEYFRAME_AGAIN: Duration = Duration::from_millis(300);
/// Packets kept for repair.
const KEPT: usize = 512;
/// Magic and time of sending.
const STAMP: usize = 16;
/// Sequence numbers start here: within 2^15, so that an early loss cannot confuse a rollover counter.
const FIRST: u16 = 1_000;

/// A packet of a frame that waits for its turn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    pub(super) sound: bool,
    payload: usize,
    first: bool,
    marker: bool,
    keyframe: bool,
    timestamp: u32,
    picture: u16,
}

/// One SSRC with its repair stream.
#[derive(Debug)]
pub(super) struct Encoding {
    pub(super) ssrc: u32,
    /// When the next frame is due.
    pub(super) next: Instant,
    rtx_ssrc: u32,
    mid: String,
    rid: Option<&'static str>,
    sound: bool,
    width: u16,
    every: Duration,
    frames: Frames,
    /// Extended: the rollover counter is the upper part.
    sequence: u64,
    rtx_sequence: u64,
    timestamp: u32,
    ticks: u32,
    picture: u16,
    keyframe_wanted: bool,
    keyframed: Option<Instant>,
    waiting: VecDeque<Waiting>,
    kept: VecDeque<(u16, u32, Vec<u8>)>,
    /// Payload bytes of the last packet written.
    payload: usize,
    sent: (u32, u32),
}

impl Encoding {
    /// The encodings of one track.
    pub(super) fn of(track: &sdp::Offered, film: Film, now: Instant) -> Vec<Self> {
        let layers: &[(Option<&'static str>, u16, u32)] = match track.rids.as_slice() {
            [low, middle, high] => &[(Some(*low), 4, 10), (Some(*middle), 2, 3), (Some(*high), 1, 1)],
            _ => &[(None, 1, 1)],
        };
        let sound = track.source.is_audio();
        let (every, ticks) = match sound {
            true => (SOUND_EVERY, 960),
            false => (Duration::from_secs(1) / film.fps.max(1), 90_000 / film.fps.max(1)),
        };
        let encodings = layers.iter().zip(0_u32..).map(|(&(rid, narrower, slower), n)| Self {
            ssrc: track.ssrc.wrapping_add(2 * n),
            rtx_ssrc: track.rtx_ssrc.wrapping_add(2 * n),
            mid: track.mid.clone(),
            rid,
            sound,
            width: film.width / narrower,
            every,
            frames: Frames::new(film.kbps / slower, film.fps, film.packet),
            next: now,
            sequence: FIRST.into(),
            rtx_sequence: FIRST.into(),
            timestamp: track.ssrc,
            ticks,
            picture: 0,
            keyframe_wanted: true,
            keyframed: None,
            waiting: VecDeque::new(),
            kept: VecDeque::new(),
            payload: 0,
            sent: (0, 0),
        });
        encodings.collect()
    }

    /// Begins anew, with a keyframe. What of an interval went by counts for the timestamps.
    pub(super) fn start(&mut self, now: Instant) {
        let missed = now.saturating_duration_since(self.next).as_micros() / self.every.as_micros().max(1);
        self.timestamp = self.timestamp.wrapping_add((missed as u32).wrapping_mul(self.ticks));
        self.next = now;
        self.keyframe_wanted = true;
        self.waiting.clear();
    }

    pub(super) fn asked(&mut self, now: Instant) {
        self.keyframe_wanted |= self.keyframed.is_none_or(|at| now >= at + KEYFRAME_AGAIN);
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn take(&mut self) -> Option<Waiting> {
        self.waiting.pop_front()
    }

    /// Payload bytes of the packet written last.
    pub(super) const fn payload(&self) -> usize {
        self.payload
    }

    /// Makes the frame that is due, if one is; true when it is a keyframe.
    pub(super) fn advance(&mut self, now: Instant) -> bool {
        if self.next > now {
            return false;
        }
        self.next += self.every;
        if self.next + Duration::from_millis(200) < now {
            // The generator was held up: it goes on from here rather than sending all at once.
            self.next = now + self.every;
        }
        self.timestamp = self.timestamp.wrapping_add(self.ticks);
        let base = Waiting {
            sound: self.sound,
            payload: SOUND,
            first: true,
            marker: false,
            keyframe: false,
            timestamp: self.timestamp,
            picture: 0,
        };
        if self.sound {
            self.waiting.push_back(base);
            return false;
        }
        let keyframe = self.keyframe_wanted || self.keyframed.is_none_or(|at| now >= at + KEYFRAME_EVERY);
        if keyframe {
            (self.keyframe_wanted, self.keyframed) = (false, Some(now));
        }
        self.picture = (self.picture + 1) & 0x7fff;
        let mut sizes = self.frames.next(keyframe).peekable();
        let mut first = true;
        while let Some(payload) = sizes.next() {
            let (marker, picture) = (sizes.peek().is_none(), self.picture);
            self.waiting.push_back(Waiting { payload, first, marker, keyframe, picture, ..base });
            first = false;
        }
        keyframe
    }

    /// Writes header and payload in clear; gives the rollover counter.
    pub(super) fn write(&mut self, packet: Waiting, number: Option<u16>, out: &mut Vec<u8>) -> u32 {
        let (sequence, roc) = (self.sequence as u16, (self.sequence >> 16) as u32);
        self.sequence += 1;
        let header = rtp::Header {
            marker: packet.marker,
            payload_type: if packet.sound { sdp::OPUS } else { sdp::VP8 },
            sequence,
            timestamp: packet.timestamp,
            ssrc: self.ssrc,
        };
        self.header(header, number, false, out);
        let start = out.len();
        if packet.sound {
            // A 20 ms CELT frame, full band, mono (RFC 6716 §3.1).
            out.push(0xf8);
        } else {
            self.descriptor(packet, out);
        }
        out.resize((start + packet.payload).max(out.len() + STAMP) - STAMP, 0x5a);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&wall_nanos().to_be_bytes());
        self.payload = out.len() - start;
        self.sent = (self.sent.0.wrapping_add(1), self.sent.1.wrapping_add(self.payload as u32));
        if !packet.sound {
            let mut kept =
                if self.kept.len() < KEPT { Vec::new() } else { self.kept.pop_front().unwrap_or_default().2 };
            kept.clear();
            kept.extend_from_slice(out.get(start..).unwrap_or_default());
            self.kept.push_back((sequence, packet.timestamp, kept));
        }
        roc
    }

    fn header(&self, header: rtp::Header, number: Option<u16>, repair: bool, out: &mut Vec<u8>) {
        let number = number.map(u16::to_be_bytes);
        // The audio level is that of a voice: 20 below full scale, voice flag set (RFC 6464 §3).
        let level = [0x80 | 20];
        let rid = if repair { sdp::REPAIRED_RID } else { sdp::RID };
        let all = [
            Some((sdp::MID, self.mid.as_bytes())),
            self.rid.map(|name| (rid, name.as_bytes())),
            number.as_ref().map(|number| (sdp::TRANSPORT_CC, number.as_slice())),
            self.sound.then_some((sdp::AUDIO_LEVEL, level.as_slice())),
        ];
        let mut extensions = [(0, &[][..]); 4];
        let mut count = 0;
        for (slot, extension) in extensions.iter_mut().zip(all.into_iter().flatten()) {
            *slot = extension;
            count += 1;
        }
        header.write(extensions.get(..count).unwrap_or_default(), out);
    }

    /// The VP8 payload descriptor with picture id (RFC 7741 §4.2), and the frame header (RFC 6386 §9.1) at its start.
    fn descriptor(&self, packet: Waiting, out: &mut Vec<u8>) {
        let [high, low] = packet.picture.to_be_bytes();
        out.extend_from_slice(&[0x80 | if packet.first { 0x10 } else { 0 }, 0x80, 0x80 | high, low]);
        if !packet.first {
            return;
        }
        // Shown; bit 0 is clear on a keyframe. The size of the first partition is not looked at.
        let tag = 0x10 | u32::from(!packet.keyframe) | 64 << 5;
        out.extend_from_slice(&[tag as u8, (tag >> 8) as u8, (tag >> 16) as u8]);
        if packet.keyframe {
            let (width, height) = (self.width.to_le_bytes(), (self.width / 16 * 9).to_le_bytes());
            out.extend_from_slice(&[0x9d, 0x01, 0x2a, width[0], width[1], height[0], height[1]]);
        }
    }

    /// Writes the repair of a packet (RFC 4588 §4); gives the length of the header and the rollover counter.
    pub(super) fn repair(
        &mut self,
        sequence: u16,
        number: Option<u16>,
        out: &mut Vec<u8>,
    ) -> Option<(usize, u32)> {
        let at = self.kept.iter().position(|(kept, ..)| *kept == sequence)?;
        let timestamp = self.kept.get(at)?.1;
        let (rtx, roc) = (self.rtx_sequence as u16, (self.rtx_sequence >> 16) as u32);
        self.rtx_sequence += 1;
        let header = rtp::Header {
            marker: false,
            payload_type: sdp::VP8_RTX,
            sequence: rtx,
            timestamp,
            ssrc: self.rtx_ssrc,
        };
        self.header(header, number, true, out);
        let length = out.len();
        out.extend_from_slice(&sequence.to_be_bytes());
        out.extend_from_slice(&self.kept.get(at)?.2);
        Some((length, roc))
    }

    /// The rest of a sender report: NTP, RTP time, packets and bytes sent.
    pub(super) fn report(&self, wall: u64, out: &mut Vec<u8>) {
        // Seconds from 1900 to 1970.
        let seconds = wall / 1_000_000_000 + 2_208_988_800;
        let fraction = ((wall % 1_000_000_000) << 32) / 1_000_000_000;
        let words = [seconds as u32, fraction as u32, self.timestamp, self.sent.0, self.sent.1];
        words.iter().for_each(|word| out.extend_from_slice(&word.to_be_bytes()));
    }
}
