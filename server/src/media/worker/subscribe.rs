//! Subscribe connections: the worker offers the tracks a participant is to receive, one negotiation at a time.

use std::time::Instant;

use signaling::{
    id::{ParticipantId, TrackId},
    protocol::media::Connection as Role,
};

use super::{
    ConnectionKey, RoomKey, TrackKey, Worker,
    connection::{Comparison, Half, Places},
    track::Track,
};
use crate::media::{
    Codec, Event, MediaRefusal,
    control::PeerControl,
    forward::{Mid, Subscription, Terms},
    sdp::{self, Description, Direction, Extension, Kind, OfferSection, Section},
};

/// Media sections of one subscriber; ended ones are reused.
const MAX_LINES: usize = 512;

/// One media section of the offers to a subscriber.
#[derive(Debug)]
struct Line {
    mid: String,
    kind: Kind,
    codec: Codec,
    ssrc: u32,
    rtx_ssrc: u32,
    stream: String,
    /// The track it was last made for.
    track: TrackId,
    active: bool,
    use_: Use,
}

/// What the client agreed to for a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
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
    lines: Vec<Line>,
    /// Our SSRCs: which subscription of which track.
    pub(super) places: Places,
    negotiation: u32,
    /// An offer is under way.
    pending: bool,
    /// Something changed meanwhile.
    again: bool,
    next_ssrc: u32,
}

impl Subscriber {
    fn new() -> Self {
        Self { next_ssrc: random_u32(), ..Self::default() }
    }

    /// The track behind an SSRC ended.
    pub(super) fn vacate(&mut self, ssrc: u32) {
        self.places.remove(&ssrc);
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
        if self.lines.len() >= MAX_LINES {
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

    /// Adapts the lines to what is wanted; gives whether that changes the description, and the SSRCs to stop.
    fn adapt(&mut self, wanted: &[&Track]) -> (bool, Vec<u32>) {
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
                    stopped.push(line.ssrc);
                    line.active = false;
                    line.use_ = Use::Open;
                    changed = true;
                }
            }
        }
        for track in wanted {
            if self.lines.iter().any(|line| line.active && line.track == track.id) {
                continue;
            }
            if let Some(at) = self.line_for(track) {
                self.assign(at, track);
                changed = true;
            }
        }
        (changed, stopped)
    }

    fn offer_sections(&self) -> Vec<OfferSection> {
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

    fn offered_tracks(&self) -> Vec<(String, TrackId)> {
        self.lines.iter().filter(|line| line.active).map(|line| (line.mid.clone(), line.track)).collect()
    }
}

impl Worker {
    pub(super) fn subscribe(
        &mut self,
        room: RoomKey,
        participant: ParticipantId,
        mut tracks: Vec<TrackId>,
        now: Instant,
    ) {
        let limit = self.settings.limits.subscriptions_per_participant;
        if tracks.len() > limit {
            self.tell(room, Event::Refused { participant, reason: MediaRefusal::TooManyTracks(limit) });
            return;
        }
        tracks.sort_unstable();
        tracks.dedup();
        if let Some(room) = self.rooms.get_mut(room) {
            room.members.entry(participant).or_default().wanted = tracks;
        }
        self.reconcile(room, participant, now);
    }

    /// New tracks were published: offers them to those who asked before.
    pub(super) fn offer_to_waiting(&mut self, room: RoomKey, fresh: &[TrackId], now: Instant) {
        if fresh.is_empty() {
            return;
        }
        let Some(members) = self.rooms.get(room).map(|room| &room.members) else { return };
        let waits = |wanted: &Vec<TrackId>| fresh.iter().any(|track| wanted.contains(track));
        let waiting: Vec<ParticipantId> =
            members.iter().filter_map(|(who, member)| waits(&member.wanted).then_some(*who)).collect();
        for participant in waiting {
            self.reconcile(room, participant, now);
        }
    }

    /// Offers, when the lines differ from what is wanted and no offer is under way.
    fn reconcile(&mut self, room_key: RoomKey, participant: ParticipantId, now: Instant) {
        let Some(member) = self.rooms.get(room_key).and_then(|room| room.members.get(&participant)) else {
            return;
        };
        let (wanted, connection) = (member.wanted.clone(), member.subscribe);
        let Some(room) = self.rooms.get(room_key) else { return };
        let keys: Vec<TrackKey> = wanted.iter().filter_map(|track| room.tracks.get(track)).copied().collect();
        let Some(key) = connection.or_else(|| {
            if keys.is_empty() { None } else { self.subscribe_connection(room_key, participant, now) }
        }) else {
            return;
        };
        let tracks: Vec<&Track> = keys.iter().filter_map(|key| self.tracks.get(*key)).collect();
        let Some(subscriber) = self.connections.get_mut(key).and_then(|connection| connection.subscriber())
        else {
            return;
        };
        if subscriber.pending {
            subscriber.again = true;
            return;
        }
        let (changed, stopped) = subscriber.adapt(&tracks);
        for ssrc in stopped {
            self.detach(key, ssrc);
        }
        if changed {
            self.offer(key, room_key, participant);
        }
    }

    fn subscribe_connection(
        &mut self,
        room: RoomKey,
        participant: ParticipantId,
        now: Instant,
    ) -> Option<ConnectionKey> {
        let key = self.connect(room, participant, Half::Subscribe(Subscriber::new()), now)?;
        self.rooms.get_mut(room)?.members.entry(participant).or_default().subscribe = Some(key);
        Some(key)
    }

    fn offer(&mut self, key: ConnectionKey, room: RoomKey, participant: ParticipantId) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        let local = connection.control.local().clone();
        let Some(subscriber) = connection.subscriber() else { return };
        subscriber.negotiation += 1;
        subscriber.pending = true;
        subscriber.again = false;
        let negotiation = subscriber.negotiation;
        let sdp = sdp::write_offer(
            &local,
            &self.settings.certificate,
            &self.settings.candidates,
            u64::from(negotiation),
            &subscriber.offer_sections(),
        );
        let tracks = subscriber.offered_tracks();
        self.tell(room, Event::Offered { participant, negotiation, sdp, tracks });
    }

    /// Takes the client's answer.
    pub(super) fn answer(
        &mut self,
        room: RoomKey,
        participant: ParticipantId,
        negotiation: u32,
        answer: &str,
        now: Instant,
    ) -> Result<(), MediaRefusal> {
        let key = self.rooms.get(room).and_then(|room| room.connection(participant, Role::Subscribe));
        let key = key.ok_or(MediaRefusal::OutOfTurn)?;
        let connection = self.connections.get_mut(key).ok_or(MediaRefusal::OutOfTurn)?;
        let subscriber = connection.subscriber().ok_or(MediaRefusal::OutOfTurn)?;
        if !subscriber.pending || subscriber.negotiation != negotiation {
            return Err(MediaRefusal::OutOfTurn);
        }
        let description = sdp::parse(answer).map_err(|error| Self::bad_sdp(&error))?;
        match connection.compare(&description.remote) {
            Comparison::Stranger => {
                return Err(MediaRefusal::BadSdp("the answer comes from another connection".to_owned()));
            }
            Comparison::Same => {}
            Comparison::Unknown | Comparison::Restart => connection.set_remote(description.remote.clone()),
        }
        self.drain_control(key, now);
        self.settle(key, &description);
        let again = self.connections.get_mut(key).and_then(|connection| connection.subscriber()).is_some_and(
            |subscriber| {
                subscriber.pending = false;
                std::mem::take(&mut subscriber.again)
            },
        );
        if again {
            self.reconcile(room, participant, now);
        }
        Ok(())
    }

    /// Applies what the client agreed to, line by line.
    fn settle(&mut self, key: ConnectionKey, description: &Description) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        let Half::Subscribe(subscriber) = &mut connection.half else { return };
        let room = self.rooms.get(connection.room);
        for line in &mut subscriber.lines {
            let Some(section) = description.sections.iter().find(|section| section.mid == line.mid) else {
                continue;
            };
            if line.use_ != Use::Open {
                continue;
            }
            if section.rejected {
                line.use_ = Use::Stopped;
                line.active = false;
                continue;
            }
            if !line.active {
                line.use_ = Use::Free;
                continue;
            }
            let track = room.and_then(|room| room.tracks.get(&line.track)).copied();
            let state = track.and_then(|track| self.tracks.get_mut(track));
            match (terms(line, section), track, state) {
                (Some(terms), Some(track), Some(state)) => {
                    let slot = state.subscriptions.insert(Subscription::new(key, terms));
                    subscriber.places.insert(line.ssrc, (track, slot));
                    state.want_keyframe();
                    line.use_ = Use::Taken;
                }
                // The track ended during the negotiation: as if it had been taken and lost.
                (Some(_), _, _) => line.use_ = Use::Taken,
                (None, _, _) => line.use_ = Use::Declined,
            }
        }
    }

    /// The client's network changed, or its connection was lost.
    pub(super) fn restart_subscribe(&mut self, room: RoomKey, participant: ParticipantId, now: Instant) {
        let key = self.rooms.get(room).and_then(|room| room.connection(participant, Role::Subscribe));
        let Some(key) = key else {
            self.reconcile(room, participant, now);
            return;
        };
        self.restart_ice(key);
        if let Some(subscriber) = self.connections.get_mut(key).and_then(|connection| connection.subscriber())
        {
            subscriber.pending = false;
        }
        self.drain_control(key, now);
        // What changed during an unanswered offer goes into this one.
        let before = self.negotiation_of(key);
        self.reconcile(room, participant, now);
        if before == self.negotiation_of(key) {
            self.offer(key, room, participant);
        }
    }

    fn negotiation_of(&mut self, key: ConnectionKey) -> Option<u32> {
        Some(self.connections.get_mut(key)?.subscriber()?.negotiation)
    }

    /// Stops one stream of a subscriber.
    fn detach(&mut self, key: ConnectionKey, ssrc: u32) {
        let subscriber = self.connections.get_mut(key).and_then(|connection| connection.subscriber());
        if let Some((track, slot)) = subscriber.and_then(|subscriber| subscriber.places.remove(&ssrc))
            && let Some(track) = self.tracks.get_mut(track)
        {
            track.subscriptions.try_remove(slot);
        }
    }

    /// Stops all streams of a subscriber that was already taken out.
    pub(super) fn detach_all(&mut self, subscriber: &Subscriber) {
        for (track, slot) in subscriber.places.values() {
            if let Some(track) = self.tracks.get_mut(*track) {
                track.subscriptions.try_remove(*slot);
            }
        }
    }

    /// The subscriber can receive now: everything it watches needs a keyframe.
    pub(super) fn want_keyframes(&mut self, key: ConnectionKey) {
        let Some(Half::Subscribe(subscriber)) = self.connections.get(key).map(|connection| &connection.half)
        else {
            return;
        };
        for (track, _) in subscriber.places.values() {
            if let Some(track) = self.tracks.get_mut(*track) {
                track.want_keyframe();
            }
        }
    }
}

/// What the answer means for a line; `None` when the client does not take it.
fn terms(line: &Line, section: &Section) -> Option<Terms> {
    if !matches!(section.direction, Direction::ReceiveOnly | Direction::SendReceive) {
        return None;
    }
    let fixed = line.codec.fixed()?;
    let taken = section.offered(line.codec)?;
    let mid = section.extension(Extension::Mid).and_then(|id| Some((id, Mid::new(&line.mid)?)));
    Some(Terms {
        ssrc: line.ssrc,
        payload_type: fixed.payload_type,
        rtx: taken.rtx.map(|payload_type| (line.rtx_ssrc, payload_type)),
        mid,
        clock_rate: fixed.clock_rate,
        video: line.kind == Kind::Video,
        first: random_u16(),
        first_rtx: random_u16(),
    })
}

fn random_u32() -> u32 {
    let mut bytes = [0; 4];
    // Without randomness there would be no credentials either, and no connection to number streams for.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    u32::from_ne_bytes(bytes)
}

fn random_u16() -> u16 {
    let [a, b, _, _] = random_u32().to_ne_bytes();
    u16::from_ne_bytes([a, b])
}
