//! What one viewer does with media: counts it, reports on it, asks for what is missing. Opens only a sample.

mod feedback;
mod stream;

use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use server::media::srtp::OpenContext;

use crate::{rtp, sdp::Description, tally::Tally};
use feedback::Feedback;
use stream::{Counted, Kind, Stream};

/// Stands before the time of sending at the end of the generator's payloads.
pub(crate) const MAGIC: [u8; 8] = *b"preauLD1";
const REPORT: Duration = Duration::from_secs(1);
/// How often, and how many times, a missing packet is asked for.
const ASK: Duration = Duration::from_millis(100);
const ASKED: u8 = 4;
/// A larger hole is not asked for: it is a pause, or a loss that repair cannot mend.
const LARGEST_HOLE: u64 = 100;
/// Streams of one viewer at most.
const STREAMS: usize = 128;

#[derive(Debug)]
struct Missing {
    ssrc: u32,
    sequence: u16,
    tries: u8,
    due: Instant,
}

/// The streams of one viewer.
#[derive(Debug)]
pub(crate) struct Receiver {
    ssrc: u32,
    streams: FxHashMap<u32, Stream>,
    /// Repair streams and what they repair.
    repairs: FxHashMap<u32, u32>,
    nack: bool,
    missing: Vec<Missing>,
    feedback: Option<Feedback>,
    report_due: Instant,
    /// Every packet is opened, for its latency.
    pub(crate) sampled: bool,
    /// When the person asked to enter; taken by the first authentic packet.
    pub(crate) entered: Option<Instant>,
}

impl Receiver {
    pub(crate) fn new(ssrc: u32, sampled: bool, entered: Instant, now: Instant) -> Self {
        // Not all in the same millisecond.
        let report_due = now + Duration::from_millis(u64::from(ssrc % 1000));
        Self {
            ssrc,
            streams: FxHashMap::default(),
            repairs: FxHashMap::default(),
            nack: false,
            missing: Vec::new(),
            feedback: None,
            report_due,
            sampled,
            entered: Some(entered),
        }
    }

    /// Expects what the server's offer announces.
    pub(crate) fn expect(&mut self, offer: &Description) {
        for section in offer.sections.iter().filter(|section| section.sends) {
            let Some(ssrc) = section.ssrc else { continue };
            let kind = if section.kind == "audio" { Kind::Sound } else { Kind::Picture };
            self.streams.entry(ssrc).or_default().kind = kind;
            self.nack |= section.nack;
            if let Some(rtx) = section.rtx_ssrc {
                self.repairs.insert(rtx, ssrc);
            }
            if let (Some(id), None) = (section.transport_cc, &self.feedback) {
                self.feedback = Some(Feedback::new(id));
            }
        }
    }

    /// Expects these streams, announced by nobody.
    pub(crate) fn expect_streams(&mut self, ssrcs: &[u32]) {
        for &ssrc in ssrcs {
            self.streams.entry(ssrc).or_default();
        }
    }

    /// A media packet of which the socket knows the time of arrival.
    pub(crate) fn media(
        &mut self,
        now: Instant,
        packet: &mut [u8],
        at: Option<u64>,
        open: &mut OpenContext,
        tally: &mut Tally,
    ) {
        let Some((_, sequence, ssrc)) = rtp::identity(packet) else { return };
        if let Some(feedback) = &mut self.feedback {
            feedback.arrived(packet, now);
        }
        if let Some(&repaired) = self.repairs.get(&ssrc) {
            return self.repair(repaired, ssrc, packet, open, tally);
        }
        if !self.streams.contains_key(&ssrc) && self.streams.len() >= STREAMS {
            return;
        }
        let stream = self.streams.entry(ssrc).or_default();
        if self.sampled || !stream.proven {
            let opened = open.allow(ssrc).and_then(|()| open.open_rtp(packet));
            let Ok(opened) = opened else {
                tally.unauthentic += 1;
                return;
            };
            stream.proven = true;
            if let Some(entered) = self.entered.take() {
                tally.entered.push(now.saturating_duration_since(entered));
            }
            tally.opened += 1;
            if let Some(at) = at {
                tally.latency(packet.get(..opened.length).unwrap_or_default(), at);
            }
        }
        match stream.count(sequence) {
            Counted::New { before } => {
                tally.packets += 1;
                tally.bytes += packet.len() as u64;
                if before > 0 && before <= LARGEST_HOLE && self.nack {
                    let holes = (1..=before as u16).rev().map(|back| sequence.wrapping_sub(back));
                    self.missing.extend(holes.map(|sequence| Missing { ssrc, sequence, tries: 0, due: now }));
                }
            }
            Counted::Late => {
                tally.packets += 1;
                self.found(ssrc, sequence);
            }
            Counted::Again => tally.duplicates += 1,
        }
    }

    /// A repair packet (RFC 4588 §4): the original sequence number, then the original payload.
    fn repair(&mut self, ssrc: u32, rtx: u32, packet: &mut [u8], open: &mut OpenContext, tally: &mut Tally) {
        let Ok(opened) = open.allow(rtx).and_then(|()| open.open_rtp(packet)) else {
            tally.unauthentic += 1;
            return;
        };
        tally.repairs += 1;
        let padded = packet.first().is_some_and(|first| first & 0x20 != 0);
        let body = packet.get(opened.header..opened.length).unwrap_or_default();
        let padding = body.last().filter(|_| padded).map_or(0, |&length| usize::from(length));
        let body = body.get(..body.len().saturating_sub(padding)).unwrap_or_default();
        let Some(&original) = body.first_chunk() else { return };
        let original = u16::from_be_bytes(original);
        if let Some(stream) = self.streams.get_mut(&ssrc)
            && self.missing.iter().any(|missing| (missing.ssrc, missing.sequence) == (ssrc, original))
        {
            stream.recovered();
            tally.recovered += 1;
            self.found(ssrc, original);
        }
    }

    fn found(&mut self, ssrc: u32, sequence: u16) {
        self.missing.retain(|missing| (missing.ssrc, missing.sequence) != (ssrc, sequence));
    }

    /// An RTCP compound in clear.
    pub(crate) fn control(&mut self, now: Instant, compound: &[u8]) {
        for report in rtp::reports(compound).filter(|report| report.typ == rtp::SENDER_REPORT) {
            let (Some(ssrc), Some(high), Some(low)) =
                (rtp::word(report.body, 0), rtp::word(report.body, 1), rtp::word(report.body, 2))
            else {
                continue;
            };
            if let Some(stream) = self.streams.get_mut(&ssrc) {
                stream.reported = Some((high << 16 | low >> 16, now));
            }
        }
    }

    /// When [`Receiver::wake`] has something to say.
    pub(crate) fn due(&self) -> Instant {
        let feedback = self.feedback.as_ref().and_then(Feedback::due);
        let missing = self.missing.iter().map(|missing| missing.due).min();
        [feedback, missing].into_iter().flatten().fold(self.report_due, Instant::min)
    }

    /// Writes the RTCP that is due, one compound per packet of `send`.
    pub(crate) fn wake(&mut self, now: Instant, out: &mut Vec<u8>, mut send: impl FnMut(&[u8])) {
        if self.report_due <= now {
            self.report_due = now + REPORT;
            out.clear();
            self.report(now, out);
            send(out);
        }
        if let Some(feedback) =
            self.feedback.as_mut().filter(|feedback| feedback.due().is_some_and(|due| due <= now))
        {
            out.clear();
            feedback.write(self.ssrc, out);
            send(out);
        }
        if self.missing.iter().any(|missing| missing.due <= now) {
            out.clear();
            self.ask(now, out);
            send(out);
        }
    }

    /// Receiver reports (RFC 3550 §6.4.2), 31 blocks each.
    fn report(&mut self, now: Instant, out: &mut Vec<u8>) {
        let mut streams: Vec<(&u32, &mut Stream)> =
            self.streams.iter_mut().filter(|(_, s)| s.proven).collect();
        if streams.is_empty() {
            let at = rtp::begin(out, 0, rtp::RECEIVER_REPORT, self.ssrc);
            rtp::end(out, at);
        }
        for blocks in streams.chunks_mut(31) {
            let at = rtp::begin(out, blocks.len() as u8, rtp::RECEIVER_REPORT, self.ssrc);
            for (ssrc, stream) in blocks {
                stream.block(**ssrc, now, out);
            }
            rtp::end(out, at);
        }
    }

    /// Generic NACKs (RFC 4585 §6.2.1), one number each: holes are rare.
    fn ask(&mut self, now: Instant, out: &mut Vec<u8>) {
        self.missing.retain(|missing| missing.due > now || missing.tries < ASKED);
        for missing in self.missing.iter_mut().filter(|missing| missing.due <= now).take(64) {
            missing.tries += 1;
            missing.due = now + ASK;
            let at = rtp::begin(out, rtp::NACK, rtp::TRANSPORT_FEEDBACK, self.ssrc);
            out.extend_from_slice(&missing.ssrc.to_be_bytes());
            out.extend_from_slice(&[missing.sequence.to_be_bytes(), [0, 0]].concat());
            rtp::end(out, at);
        }
    }

    /// Packets expected and packets missing, of all streams so far.
    pub(crate) fn balance(&self) -> (u64, u64) {
        let streams = self.streams.values().map(Stream::balance);
        streams.fold((0, 0), |(expected, lost), (e, l)| (expected + e, lost + l))
    }

    /// Whether authentic packets came of every kind that was announced. A server need not send every stream of a
    /// large class.
    pub(crate) fn is_served(&self) -> bool {
        let kinds = [Kind::Sound, Kind::Picture, Kind::Unknown].into_iter();
        let mut announced =
            kinds.filter(|&kind| self.streams.values().any(|stream| stream.kind == kind)).peekable();
        announced.peek().is_some()
            && announced.all(|kind| self.streams.values().any(|stream| stream.kind == kind && stream.proven))
    }

    /// Streams of which at least one packet was authentic.
    pub(crate) fn flowing(&self) -> usize {
        self.streams.values().filter(|stream| stream.proven).count()
    }
}
