//! The receiving half of a participant: the media sections of its offers and what flows over them.

use std::time::{Duration, Instant};

use signaling::id::TrackId;

use super::{
    connection::Places,
    queue::Queue,
    track::Track,
    urgency::{self, Wanted},
};
use crate::media::{
    Codec,
    estimate::Estimator,
    forward::{Mid, Terms},
    sdp::{Direction, Extension, Feedback, Kind, OfferSection, Section},
};

/// Media sections of one subscriber of each kind; ended ones are reused. A section keeps its kind for ever, so sound
/// and pictures have their own share; together they stay below what an answer may have.
pub(super) const LINES_OF_KIND: usize = 30;

/// After so long without an answer the offer is repeated.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// What a client says of its network counts for so long: it says so about every second.
const LASTS: Duration = Duration::from_secs(5);

/// Pictures that lost quality keep what they have for so long, lest they go up and down.
const CALM: Duration = Duration::from_secs(2);

/// So many packets may be asked for again in such a stretch: looking for them takes time, and honest browsers ask for a
/// handful.
const ASKED: usize = 512;
const STRETCH: Duration = Duration::from_millis(100);

/// One media section of the offers to a subscriber.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) mid: String,
    pub(super) kind: Kind,
    pub(super) codec: Codec,
    pub(super) ssrc: u32,
    pub(super) rtx_ssrc: u32,
    pub(super) stream: String,
    /// The track it was last made for.
    pub(super) track: TrackId,
    pub(super) active: bool,
    pub(super) use_: Use,
}

impl Line {
    /// Taken back, but the client has not agreed yet.
    fn is_closing(&self) -> bool {
        !self.active && self.use_ == Use::Open
    }
}

/// What the client agreed to for a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Not answered since the last change.
    Open,
    /// Packets flow.
    Taken,
    /// The client does not take the track.
    Declined,
    /// Inactive on both sides: may carry another track.
    Free,
    /// The client stopped it for good.
    Stopped,
}

/// The receiving half of a participant.
#[derive(Debug, Default)]
pub(super) struct Subscriber {
    pub(super) lines: Vec<Line>,
    /// Our SSRCs: which subscription of which track.
    pub(super) places: Places,
    /// When the offer was made that waits for its answer.
    pub(super) pending: Option<Instant>,
    /// Something changed meanwhile.
    pub(super) again: bool,
    /// It wants more than it has lines for.
    short: bool,
    /// When a line was last taken from one track for another.
    rearranged: Option<Instant>,
    /// What its network carries, when it agreed to report on that.
    pub(super) estimator: Option<Box<Estimator>>,
    /// What it says itself that its network carries, bit/s, and when it said so.
    pub(super) told: Option<(u64, Instant)>,
    /// Pictures and repairs that wait for their turn.
    pub(super) queue: Queue,
    /// When it last had to make do with less.
    pub(super) lowered: Option<Instant>,
    next_ssrc: u32,
    /// How many packets it asked for again in the stretch that began then.
    asked: Option<(Instant, usize)>,
}

impl Subscriber {
    pub(super) fn new() -> Self {
        Self { next_ssrc: random_u32(), ..Self::default() }
    }

    /// The answer does not come: the offer may never have arrived.
    pub(super) fn overdue(&self, now: Instant) -> bool {
        self.pending.is_some_and(|at| now.duration_since(at) >= PATIENCE)
    }

    /// What its network carries, bit/s, sound and pictures together; `None` when nothing is known of it. A client that
    /// does not report on packets may say it itself.
    pub(super) fn budget(&self, now: Instant) -> Option<u64> {
        let told = || {
            let (bitrate, at) = self.told?;
            (now.duration_since(at) < LASTS).then_some(bitrate)
        };
        self.estimator.as_ref().map_or_else(told, |estimator| estimator.budget())
    }

    /// Whether it was long enough on less to try for more.
    pub(super) fn may_climb(&self, now: Instant) -> bool {
        self.lowered.is_none_or(|at| now.duration_since(at) >= CALM)
    }

    /// The track behind an SSRC ended.
    pub(super) fn vacate(&mut self, ssrc: u32) {
        self.places.remove(&ssrc);
    }

    /// It asks for so many packets again; how many of them are looked for.
    pub(super) fn asks(&mut self, packets: usize, now: Instant) -> usize {
        let (began, before) = match self.asked {
            Some((began, before)) if now.duration_since(began) < STRETCH => (began, before),
            Some(_) | None => (now, 0),
        };
        self.asked = Some((began, before.saturating_add(packets)));
        packets.min(ASKED.saturating_sub(before))
    }

    /// SSRCs count up from a random one: none is ever used twice under the connection's keys.
    fn fresh_ssrc(&mut self) -> u32 {
        self.next_ssrc = self.next_ssrc.wrapping_add(1).max(1 << 16);
        self.next_ssrc
    }

    /// Gives the line to the track, under SSRCs that were never used on this connection.
    fn assign(&mut self, at: usize, track: &Track) {
        let (ssrc, rtx_ssrc) = (self.fresh_ssrc(), self.fresh_ssrc());
        if let Some(line) = self.lines.get_mut(at) {
            line.codec = track.codec;
            line.ssrc = ssrc;
            line.rtx_ssrc = rtx_ssrc;
            line.stream = format!("p{}", track.participant.0.simple());
            line.track = track.id;
            line.active = true;
            line.use_ = Use::Open;
        }
    }

    /// A line for the track: a free one of its kind, or a new one.
    fn line_for(&mut self, track: &Track) -> Option<usize> {
        let kind = track.codec.kind();
        if let Some(at) = self.lines.iter().position(|line| line.use_ == Use::Free && line.kind == kind) {
            return Some(at);
        }
        if self.lines.iter().filter(|line| line.kind == kind).count() >= LINES_OF_KIND {
            return None;
        }
        self.lines.push(Line {
            mid: self.lines.len().to_string(),
            kind,
            codec: track.codec,
            ssrc: 0,
            rtx_ssrc: 0,
            stream: String::new(),
            track: track.id,
            active: false,
            use_: Use::Open,
        });
        Some(self.lines.len() - 1)
    }

    /// Whether other tracks than those with lines may be missed more by now, and it is time to see to that.
    pub(super) fn may_rearrange(&self, now: Instant) -> bool {
        self.short && self.pending.is_none() && urgency::settled(self.rearranged, now)
    }

    /// What there is room for, and is missed most.
    fn choose<'t>(&self, wanted: &[Wanted<'t>], limit: usize) -> Vec<&'t Track> {
        let has_line = |track: &Track| self.lines.iter().any(|line| line.active && line.track == track.id);
        let mut ranked = wanted.to_vec();
        ranked.sort_by_cached_key(|wanted| wanted.rank(has_line(wanted.track)));
        let (mut sounds, mut pictures) = (0, 0);
        ranked.retain(|wanted| {
            let count = if wanted.track.video() { &mut pictures } else { &mut sounds };
            *count += 1;
            *count <= LINES_OF_KIND
        });
        ranked.truncate(limit);
        ranked.into_iter().map(|wanted| wanted.track).collect()
    }

    /// Adapts the lines to what is wanted; gives whether that changes the description, and the SSRCs to stop.
    pub(super) fn adapt(&mut self, all: &[Wanted<'_>], limit: usize, now: Instant) -> (bool, Vec<u32>) {
        let wanted = self.choose(all, limit);
        self.again = false;
        self.short = wanted.len() < all.len();
        let mut changed = false;
        let mut stopped = Vec::new();
        for at in 0..self.lines.len() {
            let Some(line) = self.lines.get_mut(at).filter(|line| line.active) else { continue };
            let track = wanted.iter().find(|track| track.id == line.track && track.codec == line.codec);
            // A line that was taken but has no place any more lost its track; the track of the same name is another.
            let lost = line.use_ == Use::Taken && !self.places.contains_key(&line.ssrc);
            match track {
                Some(track) if lost => {
                    self.assign(at, track);
                    changed = true;
                }
                Some(_) => {}
                None => {
                    if all.iter().any(|still| still.track.id == line.track) {
                        self.rearranged = Some(now);
                    }
                    stopped.push(line.ssrc);
                    line.active = false;
                    line.use_ = Use::Open;
                    changed = true;
                }
            }
        }
        for track in &wanted {
            if self.lines.iter().any(|line| line.active && line.track == track.id) {
                continue;
            }
            if let Some(at) = self.line_for(track) {
                self.assign(at, track);
                changed = true;
            } else {
                // A line that is being vacated takes it once the client has agreed.
                let kind = track.codec.kind();
                self.again |= self.lines.iter().any(|line| line.kind == kind && line.is_closing());
            }
        }
        (changed, stopped)
    }

    pub(super) fn offer_sections(&self) -> Vec<OfferSection> {
        let section = |line: &Line| OfferSection {
            mid: line.mid.clone(),
            kind: line.kind,
            codec: line.codec,
            ssrc: line.ssrc,
            rtx_ssrc: line.codec.fixed().and_then(|fixed| fixed.rtx).map(|_| line.rtx_ssrc),
            stream: line.stream.clone(),
            track: line.track.to_string(),
            active: line.active,
        };
        self.lines.iter().map(section).collect()
    }

    pub(super) fn offered_tracks(&self) -> Vec<(String, TrackId)> {
        self.lines.iter().filter(|line| line.active).map(|line| (line.mid.clone(), line.track)).collect()
    }
}

/// What the answer means for a line; `None` when the client does not take it.
pub(super) fn terms(line: &Line, section: &Section) -> Option<Terms> {
    if !matches!(section.direction, Direction::ReceiveOnly | Direction::SendReceive) {
        return None;
    }
    let fixed = line.codec.fixed()?;
    let taken = section.offered(line.codec)?;
    let rtx = taken.rtx.map(|payload_type| (line.rtx_ssrc, payload_type));
    let red = taken.red.and(fixed.red);
    let video = line.kind == Kind::Video;
    // Pictures without a repair stream are repeated byte by byte: they cannot bear a number that grows.
    let transport = section
        .extension(Extension::TransportCc)
        .filter(|_| taken.feedback.contains(&Feedback::TransportCc) && (!video || rtx.is_some()));
    let mid = section.extension(Extension::Mid).and_then(|id| Some((id, Mid::new(&line.mid)?)));
    Some(Terms {
        ssrc: line.ssrc,
        payload_type: red.unwrap_or(fixed.payload_type),
        rtx,
        mid,
        transport,
        clock_rate: fixed.clock_rate,
        video,
        redundant: red.is_some(),
        first: random_u16(),
        first_rtx: random_u16(),
    })
}

pub(super) fn random_u32() -> u32 {
    let mut bytes = [0; 4];
    // Without randomness there would be no credentials either, and no connection to number streams for.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    u32::from_ne_bytes(bytes)
}

pub(super) fn random_u16() -> u16 {
    let [a, b, _, _] = random_u32().to_ne_bytes();
    u16::from_ne_bytes([a, b])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_again_is_looked_for_in_measure() {
        let (mut subscriber, now) = (Subscriber::new(), crate::clock::instant());
        assert_eq!((subscriber.asks(10, now), subscriber.asks(6_000, now)), (10, ASKED - 10));
        assert_eq!(subscriber.asks(1, now), 0);
        assert_eq!(subscriber.asks(1, now + STRETCH), 1);
    }
}
