//! What one publisher sends: pictures as an encoder makes them, and sound. Fixed rates: congestion control of the
//! publisher is not what is measured.

mod encoding;
mod film;

use std::time::{Duration, Instant};

use server::{clock, media::srtp::SealContext};

use crate::{rtp, sdp, socket::Outgoing, tally::Tally};
use encoding::Encoding;
pub use film::Film;

/// Sound: 50 packets a second of 32 kbit/s.
const SOUND_EVERY: Duration = Duration::from_millis(20);
const SOUND: usize = 80;
const REPORT: Duration = Duration::from_secs(1);
/// A frame larger than this leaves in groups of as many, one a millisecond.
const GROUP: usize = 10;
const GROUP_EVERY: Duration = Duration::from_millis(1);

/// The streams of one publisher.
#[derive(Debug)]
pub(crate) struct Sender {
    encodings: Vec<Encoding>,
    /// The extension ids are the offer's; whether the transport-wide number is wanted is the answer's.
    transport_cc: bool,
    transport_sequence: u16,
    paused: bool,
    report_due: Instant,
    group_due: Instant,
    packet: Vec<u8>,
}

impl Sender {
    /// Sends what the offer announced, at these rates.
    pub(crate) fn new(tracks: &[sdp::Offered], film: Film, transport_cc: bool, now: Instant) -> Self {
        let encodings = tracks.iter().flat_map(|track| Encoding::of(track, film, now)).collect();
        Self {
            encodings,
            transport_cc,
            transport_sequence: 0,
            paused: false,
            report_due: now + REPORT,
            group_due: now,
            packet: Vec::with_capacity(1500),
        }
    }

    /// Stops sending media, or goes on with a keyframe.
    pub(crate) fn pause(&mut self, paused: bool, now: Instant) {
        self.paused = paused;
        for encoding in &mut self.encodings {
            encoding.start(now);
        }
    }

    pub(crate) fn due(&self) -> Instant {
        if self.paused {
            return self.report_due;
        }
        let frames = self.encodings.iter().map(|encoding| encoding.next).fold(self.report_due, Instant::min);
        let waiting = self.encodings.iter().any(Encoding::is_waiting);
        if waiting { frames.min(self.group_due) } else { frames }
    }

    /// Writes what is due, sealed.
    pub(crate) fn wake(
        &mut self,
        now: Instant,
        seal: &mut SealContext,
        out: &mut Outgoing,
        tally: &mut Tally,
    ) {
        if self.paused {
            self.report_due = now + REPORT;
            return;
        }
        let mut room = GROUP;
        for n in 0..self.encodings.len() {
            let Some(encoding) = self.encodings.get_mut(n) else { continue };
            tally.keyframes += u64::from(encoding.advance(now));
            while room > 0
                && let Some(packet) = self.encodings.get_mut(n).and_then(Encoding::take)
            {
                room -= usize::from(!packet.sound);
                self.send(n, packet, seal, out, tally);
            }
        }
        self.group_due = now + GROUP_EVERY;
        if self.report_due <= now {
            self.report_due = now + REPORT;
            self.report(seal, out);
        }
    }

    fn send(
        &mut self,
        n: usize,
        packet: encoding::Waiting,
        seal: &SealContext,
        out: &mut Outgoing,
        tally: &mut Tally,
    ) {
        let number = self.number();
        let Some(encoding) = self.encodings.get_mut(n) else { return };
        self.packet.clear();
        let roc = encoding.write(packet, self.transport_cc.then_some(number), &mut self.packet);
        let header = self.packet.len() - encoding.payload();
        sealed(&mut self.packet, header, roc, seal, out);
        tally.sent += 1;
    }

    fn number(&mut self) -> u16 {
        self.transport_sequence = self.transport_sequence.wrapping_add(1);
        self.transport_sequence
    }

    /// Sender reports (RFC 3550 §6.4.1).
    fn report(&mut self, seal: &mut SealContext, out: &mut Outgoing) {
        let mut report = Vec::new();
        let wall = wall_nanos();
        for encoding in &self.encodings {
            let at = rtp::begin(&mut report, 0, rtp::SENDER_REPORT, encoding.ssrc);
            encoding.report(wall, &mut report);
            rtp::end(&mut report, at);
        }
        let mut sealed = vec![0; report.len() + SealContext::MAX_RTCP_TRAILER];
        if let Ok(length) = seal.seal_rtcp(&report, &mut sealed) {
            out.push(sealed.get(..length).unwrap_or_default());
        }
    }

    /// What the server asks for: keyframes and repairs.
    pub(crate) fn control(
        &mut self,
        compound: &[u8],
        now: Instant,
        seal: &SealContext,
        out: &mut Outgoing,
        tally: &mut Tally,
    ) {
        for report in rtp::reports(compound) {
            match (report.typ, report.format) {
                (rtp::PAYLOAD_FEEDBACK, rtp::PLI) => self.keyframe(rtp::word(report.body, 1), now),
                (rtp::PAYLOAD_FEEDBACK, rtp::FIR) => self.keyframe(rtp::word(report.body, 2), now),
                (rtp::TRANSPORT_FEEDBACK, rtp::NACK) => {
                    let media = rtp::word(report.body, 1);
                    for sequence in rtp::nacked(report.body).take(256) {
                        self.resend(media, sequence, seal, out, tally);
                    }
                }
                _ => {}
            }
        }
    }

    fn keyframe(&mut self, ssrc: Option<u32>, now: Instant) {
        for encoding in self.encodings.iter_mut().filter(|encoding| Some(encoding.ssrc) == ssrc) {
            encoding.asked(now);
        }
    }

    fn resend(
        &mut self,
        ssrc: Option<u32>,
        sequence: u16,
        seal: &SealContext,
        out: &mut Outgoing,
        tally: &mut Tally,
    ) {
        let number = self.number();
        let Some(encoding) = self.encodings.iter_mut().find(|encoding| Some(encoding.ssrc) == ssrc) else {
            return;
        };
        self.packet.clear();
        let number = self.transport_cc.then_some(number);
        let Some((header, roc)) = encoding.repair(sequence, number, &mut self.packet) else { return };
        sealed(&mut self.packet, header, roc, seal, out);
        tally.repairs += 1;
    }
}

/// Seals the packet and hands it on.
fn sealed(packet: &mut Vec<u8>, header: usize, roc: u32, seal: &SealContext, out: &mut Outgoing) {
    let length = packet.len();
    packet.resize(length + SealContext::MAX_TAG, 0);
    if let Ok(length) = seal.seal_rtp(packet, header, length, roc) {
        out.push(packet.get(..length).unwrap_or_default());
    }
}

/// Nanoseconds since 1970, as the kernel stamps arrivals.
pub(crate) fn wall_nanos() -> u64 {
    u64::try_from(clock::wall().as_nanosecond()).unwrap_or(0)
}
