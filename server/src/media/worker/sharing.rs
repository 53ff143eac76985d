//! What each subscriber gets of what is published: measured, divided, aimed at, and told to the publishers.

use std::time::Instant;

use signaling::{
    id::{ParticipantId, TrackId},
    protocol::{
        media::{Connection as Role, Tile},
        stage::Source,
    },
};

use super::{
    BEAT, ConnectionKey, RoomKey, TrackKey, Worker,
    connection::{Connection, Half},
    room::Room,
    track::{Track, bit},
};
use crate::media::{
    Event,
    allocate::{Watched, allocate},
    forward::{Shown, Subscription},
    layers::{Ladder, Rung},
};

/// Beats between two looks at a track, or at a subscriber: 200 ms.
const SPACING: u64 = 10;
const SPACED: std::time::Duration = BEAT.saturating_mul(SPACING as u32);
/// A picture so many times larger than any other is what its viewer looks at.
const LARGER: u32 = 2;
/// Encodings of one track at most.
const ENCODINGS: u32 = 8;

/// Room for one division, kept from one to the next.
#[derive(Debug, Default)]
pub(super) struct Division {
    watched: Vec<Watched>,
    places: Vec<(TrackKey, usize)>,
    rungs: Vec<Option<usize>>,
}

impl Worker {
    /// The screen of a participant changed.
    pub(super) fn look(&mut self, room: RoomKey, participant: ParticipantId, tiles: Vec<Tile>, now: Instant) {
        let Some(room) = self.rooms.get_mut(room) else { return };
        let member = room.members.entry(participant).or_default();
        member.view = Some(tiles);
        if let Some(key) = member.subscribe {
            self.share_out(key, now);
            self.rearrange(key, now);
        }
    }

    /// Measures the room's tracks and tells their publishers what is needed of them.
    pub(super) fn survey(&mut self, room: RoomKey, now: Instant) {
        let regular = (self.beats + room as u64).is_multiple_of(SPACING);
        let Some(state) = self.rooms.get(room) else { return };
        let recorded = state.recorded();
        let due = |key: &TrackKey| {
            regular || self.tracks.get(*key).is_some_and(|track| track.stale || track.lacks())
        };
        let keys: Vec<TrackKey> = state.tracks.values().copied().filter(due).collect();
        for key in keys {
            let Some(track) = self.tracks.get_mut(key) else { continue };
            track.stale |= track.lacks();
            measure(track, regular, recorded);
            if std::mem::take(&mut track.stale) && track.video() {
                let viewers: Vec<ConnectionKey> =
                    track.subscriptions.iter().map(|(_, subscription)| subscription.connection).collect();
                viewers.into_iter().for_each(|viewer| self.share_out(viewer, now));
            }
            self.tell_needs(key, now);
        }
    }

    /// Divides the network of a subscriber anew, and its lines, when it is its turn.
    pub(super) fn share_out_in_turn(&mut self, key: ConnectionKey, now: Instant) {
        if (self.beats + key as u64).is_multiple_of(SPACING) {
            self.share_out(key, now);
            self.rearrange(key, now);
        }
    }

    /// Divides what the subscriber's network carries among the pictures on its screen.
    pub(super) fn share_out(&mut self, key: ConnectionKey, now: Instant) {
        let Some(connection) = self.connections.get(key) else { return };
        let Half::Subscribe(subscriber) = &connection.half else { return };
        let member =
            self.rooms.get(connection.room).and_then(|room| room.members.get(&connection.participant));
        let view = member.and_then(|member| member.view.as_deref());
        let mut division = std::mem::take(&mut self.division);
        division.watched.clear();
        division.places.clear();
        let mut sound = 0;
        let large = large(view).and_then(|large| self.participant_of(connection.room, large));
        for (track_key, slot) in subscriber.places.values() {
            let Some(track) = self.tracks.get_mut(*track_key) else { continue };
            if !track.video() {
                let pinned = large == Some(track.participant);
                pin(track, *slot, pinned);
                sound += track.sounds(pinned, now);
                continue;
            }
            if let Some(watched) = watch(track, *slot, shown(view, track.id)) {
                division.watched.push(watched);
                division.places.push((*track_key, *slot));
            }
        }
        let budget = subscriber.budget(now).map(|budget| budget.saturating_sub(sound));
        let climb = subscriber.may_climb(now);
        allocate(budget, climb, &division.watched, &mut division.rungs);
        let need = need(sound, &division);
        if let Some(estimator) = self
            .connections
            .get_mut(key)
            .and_then(Connection::subscriber)
            .and_then(|subscriber| subscriber.estimator.as_mut())
        {
            estimator.need(need);
        }
        let left_out = division.watched.iter().zip(&division.rungs);
        let left_out = left_out.filter(|(watched, rung)| rung.is_none() && watched.best(None).1).count();
        let pictures = division.watched.len();
        if let Some(member) = self.member_of(key) {
            member.quality.left_out(left_out, pictures);
        }
        let lowered = self.aim(key, &division, now);
        self.division = division;
        if lowered && let Some(subscriber) = self.connections.get_mut(key).and_then(Connection::subscriber) {
            subscriber.lowered = Some(now);
        }
    }

    fn participant_of(&self, room: RoomKey, track: TrackId) -> Option<ParticipantId> {
        let key = self.rooms.get(room)?.tracks.get(&track)?;
        self.tracks.get(*key).map(|track| track.participant)
    }

    /// Carries out a division; `true` when a picture lost quality.
    fn aim(&mut self, key: ConnectionKey, division: &Division, now: Instant) -> bool {
        let mut lowered = false;
        // Until it can be sent, a keyframe for it comes in vain.
        let ready = self.connections.get_mut(key).is_some_and(|connection| connection.way().is_some());
        for (((key, slot), rung), watched) in
            division.places.iter().zip(&division.rungs).zip(&division.watched)
        {
            let Some(track) = self.tracks.get_mut(*key) else { continue };
            let hurried = *rung < watched.held;
            lowered |= hurried;
            let (needed, asked) = give(track, *slot, *rung, hurried);
            if let Some(target) = asked.filter(|_| ready) {
                track.want_keyframe_of(usize::from(target));
            }
            if needed & !track.needs.told() != 0 {
                self.tell_needs(*key, now);
            }
        }
        lowered
    }

    /// Tells the publisher of a track which encodings are needed, when that changed.
    fn tell_needs(&mut self, key: TrackKey, now: Instant) {
        // Whether copies of sound are needed is nothing that publishers are told, but that workers tell each other.
        let told = |track: &&mut Track| track.video() || track.replica;
        let Some(track) = self.tracks.get_mut(key).filter(told) else { return };
        let recorded = self.rooms.get(track.room).is_some_and(Room::recorded);
        if track.needs.update(needed(track, recorded), now) {
            if track.replica {
                self.pass_needs_home(key);
                return;
            }
            let (room, event) = (track.room, encode(track));
            self.tell(room, event);
        }
    }

    /// A publisher may have missed what it was told.
    pub(super) fn tell_needs_again(&mut self, room: RoomKey, participant: ParticipantId) {
        let publisher = self.rooms.get(room).and_then(|room| room.connection(participant, Role::Publish));
        let Some(publisher) = publisher else { return };
        let own = |(_, track): (TrackKey, &Track)| {
            (track.publisher == publisher && track.needs.spoken()).then(|| encode(track))
        };
        let events: Vec<Event> = self.tracks.iter().filter_map(own).collect();
        events.into_iter().for_each(|event| self.tell(room, event));
    }
}

/// What the subscriber would get if its network carried everything, bit/s. How much a picture that rests would need is
/// not known until it is sent, so while one is missing something the need is taken for a usual one.
fn need(sound: u64, division: &Division) -> u64 {
    const USUAL: u64 = 2_500_000;
    let bests = division.watched.iter().zip(&division.rungs).map(|(watched, rung)| watched.best(*rung));
    let (sum, lacking) = bests.fold((sound, false), |(sum, any), (rate, lacks)| (sum + rate, any || lacks));
    if lacking { sum.max(USUAL) } else { sum }
}

/// Where a view has a track.
fn shown(view: Option<&[Tile]>, track: TrackId) -> Shown {
    let Some(tiles) = view else { return Shown::Somewhere };
    // Shown twice, the larger one counts.
    let own = tiles.iter().filter(|tile| tile.track == track);
    let largest = own.max_by_key(|tile| u32::from(tile.width) * u32::from(tile.height));
    largest.map_or(Shown::Nowhere, |tile| Shown::Tile((tile.width, tile.height)))
}

/// The picture that is much larger than the others.
pub(super) fn large(view: Option<&[Tile]>) -> Option<TrackId> {
    let area = |tile: &Tile| u32::from(tile.width) * u32::from(tile.height);
    let largest = view?.iter().max_by_key(|tile| area(tile))?;
    let others = view?.iter().filter(|tile| tile.track != largest.track);
    others.map(area).all(|other| area(largest) / LARGER >= other).then_some(largest.track)
}

/// The viewer has the speaker of a microphone large, or not any more: then they are heard among the loudest only.
fn pin(track: &mut Track, slot: usize, pinned: bool) {
    let audible = track.audible;
    let Some(subscription) = track.subscriptions.get_mut(slot).filter(|own| own.pinned != pinned) else {
        return;
    };
    subscription.pinned = pinned;
    if !pinned && !audible {
        subscription.pause();
    }
    track.pinned = track.subscriptions.iter().any(|(_, own)| own.pinned);
}

/// What there is to decide about a subscription; `None` when it is off the screen, which ends it at once.
fn watch(track: &mut Track, slot: usize, shown: Shown) -> Option<Watched> {
    let screen = track.source == Source::Screen;
    let ladder = &track.ladder;
    let best = ladder.rungs().len().saturating_sub(1);
    let subscription = track.subscriptions.get_mut(slot)?;
    let demand = &mut subscription.demand;
    demand.fresh |= demand.shown != shown;
    demand.shown = shown;
    let (top, pixels) = match shown {
        Shown::Nowhere => {
            demand.desired = None;
            demand.fresh = true;
            subscription.aim(None, false);
            return None;
        }
        Shown::Somewhere => (best, u32::MAX),
        Shown::Tile(size) => (ladder.useful(size, !screen), u32::from(size.0) * u32::from(size.1)),
    };
    let held = match demand.desired {
        Some(desired) if !demand.fresh => Some(ladder.position(desired).unwrap_or(top)),
        None if !demand.fresh => None,
        // Nothing speaks against the best yet.
        Some(_) | None => Some(top),
    };
    Some(Watched::new(ladder, top, screen, pixels, held))
}

/// Gives a subscription its rung, or what can be had in its place, `hurried` when that is less than before; tells which encoding it should
/// be, as a bit, and of which one a keyframe is needed for that.
fn give(track: &mut Track, slot: usize, rung: Option<usize>, hurried: bool) -> (u8, Option<u8>) {
    let Some(subscription) = track.subscriptions.get_mut(slot) else { return (0, None) };
    let desired = rung.and_then(|rung| track.ladder.rungs().get(rung)).map(|rung| rung.choice);
    subscription.demand.desired = desired;
    subscription.demand.fresh = false;
    let target = rung.and_then(|rung| track.ladder.nearest_alive(rung)).or(desired);
    let asks = subscription.aim(target, hurried);
    track.taken |= bit(target);
    (bit(desired), target.filter(|_| asks).map(|target| target.encoding))
}

fn measure(track: &mut Track, regular: bool, recorded: bool) {
    if regular {
        track.layers.iter_mut().for_each(|layer| layer.flow.measure(SPACED));
    }
    track.ladder = Ladder::of(&track.layers.iter().map(|layer| &layer.flow));
    track.count_takers();
    if recorded {
        track.record();
    }
}

/// The encodings that somebody receives or should receive, and the best one for the recorder. While there are viewers
/// the lowest goes on too: whose network becomes narrow falls back on it at once, not when it has begun again.
fn needed(track: &Track, recorded: bool) -> u8 {
    let desired = |needed, (_, own): (usize, &Subscription)| needed | bit(own.demand.desired);
    let here = track.subscriptions.iter().fold(track.taken, desired);
    let watched = here | track.needed_elsewhere();
    if !track.video() {
        return watched;
    }
    let choice = |rung: Option<&Rung>| rung.map(|rung| rung.choice);
    let (lowest, best) = (choice(track.ladder.rungs().first()), choice(track.ladder.rungs().last()));
    watched | bit(lowest.filter(|_| watched != 0)) | bit(best.filter(|_| recorded))
}

/// What the publisher of a track is told of the need for it.
fn encode(track: &Track) -> Event {
    let told = track.needs.told();
    let needed = (0..).zip(&track.layers).filter(|(n, _)| *n < ENCODINGS && told >> n & 1 == 1);
    Event::Encode {
        participant: track.participant,
        track: track.id,
        watched: told != 0,
        rids: needed.filter_map(|(_, layer)| layer.rid.clone()).collect(),
    }
}
