//! The annex of a room whose home is another worker: replicas of its tracks, for viewers who are served here.

use std::time::Instant;

use signaling::id::{ParticipantId, TrackId};

use super::{
    Order, RoomKey, TrackKey, Worker,
    room::{Member, Room},
    spread::{Number, Word},
    track::{Published, Track},
};
use crate::media::{
    forward::Subscription,
    relay::{Batch, Relayed},
};

/// The publisher of a replica: no connection of this worker.
const ELSEWHERE: super::ConnectionKey = usize::MAX;

impl Worker {
    /// A word of another worker about a room that both have a part of.
    pub(super) fn word(&mut self, number: u64, word: Word, now: Instant) {
        if let Word::Annex { seance, events, home } = word {
            let mut room = Room::new(number, seance, events);
            room.home = Some(home);
            let key = self.rooms.insert(room);
            self.rooms_by_number.insert(number, key);
            return;
        }
        // A room that has closed meanwhile needs nothing more.
        let Some(room) = self.rooms_by_number.get(&number).copied() else { return };
        match word {
            Word::Annex { .. } => {}
            Word::Began { track, rids } => self.replicate(room, track, &rids, now),
            Word::Packets(batch) => self.relayed(room, &batch, now),
            Word::Muted { track, muted } => {
                if let Some(track) = self.track_of(room, track).and_then(|key| self.tracks.get_mut(key)) {
                    track.mute(muted);
                }
            }
            Word::Interrupted { track } => {
                let track = self.track_of(room, track).and_then(|key| self.tracks.get_mut(key));
                // Who has the speaker large was not interrupted.
                let others = |own: &&mut Subscription| !own.pinned;
                let all = track.into_iter().flat_map(|track| &mut track.subscriptions).map(|(_, own)| own);
                all.filter(others).for_each(Subscription::pause);
            }
            Word::Sized { track, layer, sizes } => {
                if let Some(track) = self.track_of(room, track).and_then(|key| self.tracks.get_mut(key)) {
                    track.sized(layer, sizes);
                    track.stale = true;
                }
            }
            Word::Ended { track } => {
                if let Some(key) = self.track_of(room, track) {
                    self.end_track(key, now);
                }
            }
            Word::Clock { track, layer, ntp, rtp, at } => {
                let track = self.track_of(room, track).and_then(|key| self.tracks.get_mut(key));
                if let Some(layer) = track.and_then(|track| track.layers.get_mut(layer)) {
                    layer.receive.sender_report(ntp, rtp, at);
                }
            }
            Word::Pinned { track, annex, pinned } => {
                if let Some(track) = self.shared(room, track, annex) {
                    track.pinned_elsewhere.set(annex, pinned);
                }
            }
            Word::Received { participant, reception } => {
                // Who left meanwhile is not served elsewhere any more.
                let room = self.rooms.get_mut(room).filter(|room| room.away.contains_key(&participant));
                if let Some(room) = room {
                    let member = room.members.entry(participant).or_default();
                    member.quality.received_elsewhere(reception, now);
                }
            }
            Word::Needs { track, annex, needed } => {
                if let Some(track) = self.shared(room, track, annex) {
                    track.need_elsewhere(annex, needed);
                    // Looked at with the next beat.
                    track.stale = true;
                }
            }
            Word::Keyframe { track, layer } => {
                let track = self.track_of(room, track).and_then(|key| self.tracks.get_mut(key));
                if let Some(layer) = track.and_then(|track| track.layers.get_mut(layer)) {
                    layer.keyframes.want();
                }
            }
        }
    }

    fn track_of(&self, room: RoomKey, track: TrackId) -> Option<TrackKey> {
        self.rooms.get(room)?.tracks.get(&track).copied()
    }

    /// A track that this annex has a replica of. One that was given back may have sent a last word.
    fn shared(&mut self, room: RoomKey, track: TrackId, annex: Number) -> Option<&mut Track> {
        let room = self.rooms.get(room).filter(|room| room.annexes.has(annex))?;
        self.tracks.get_mut(*room.tracks.get(&track)?)
    }

    fn replicate(&mut self, room: RoomKey, published: Published, rids: &[String], now: Instant) {
        let id = published.id;
        let mut track = Track::new(Published { room, publisher: ELSEWHERE, ..published }, rids);
        track.replica = true;
        // Its sources are known at home.
        track.layers.iter_mut().for_each(|layer| layer.ssrc = Some(0));
        let key = self.tracks.insert(track);
        if let Some(room) = self.rooms.get_mut(room) {
            room.tracks.insert(id, key);
        }
        self.begin_anew(key);
        self.offer_to_waiting(room, &[id], now);
    }

    fn relayed(&mut self, room: RoomKey, batch: &Batch, now: Instant) {
        for relayed in batch.packets() {
            let Some(key) = self.track_of(room, relayed.track) else { continue };
            let Some(track) = self.tracks.get_mut(key) else { continue };
            if keep(track, &relayed, now) {
                self.dirty.push(key);
            }
        }
    }

    /// Says at home what a new replica needs, all of it, and who has it large, nobody: the last words of an annex that was
    /// given back before may have arrived there after this one was opened.
    fn begin_anew(&mut self, key: TrackKey) {
        self.pass_needs_home(key);
        self.pass_pin_home(key);
    }

    /// Whether viewers here have a speaker large is told at home: they hear it however loud others are.
    pub(super) fn pass_pins_home(&mut self, room: RoomKey) {
        let Some(state) = self.rooms.get(room) else { return };
        if state.home.is_none() {
            return;
        }
        let changed =
            |key: &TrackKey| self.tracks.get(*key).is_some_and(|track| track.pinned != track.told_pinned);
        let keys: Vec<TrackKey> = state.tracks.values().copied().filter(changed).collect();
        for key in keys {
            let Some(track) = self.tracks.get_mut(key) else { continue };
            track.told_pinned = track.pinned;
            // What was left out until now is no loss.
            track.subscriptions.iter_mut().filter(|(_, own)| own.pinned).for_each(|(_, own)| own.pause());
            self.pass_pin_home(key);
        }
    }

    fn pass_pin_home(&mut self, key: TrackKey) {
        let Some(track) = self.tracks.get(key) else { return };
        let Some(room) = self.rooms.get(track.room) else { return };
        let (Some(home), number) = (room.home, room.number) else { return };
        let annex = usize::from(self.settings.number);
        let word = Word::Pinned { track: track.id, annex, pinned: track.told_pinned };
        self.dispatch(home, Order::Shared { room: number, word });
    }

    /// How people receive who are served here is told at home, where they publish.
    pub(super) fn pass_qualities_home(&mut self, room: RoomKey, now: Instant) {
        let Some(state) = self.rooms.get_mut(room) else { return };
        let (Some(home), number) = (state.home, state.number) else { return };
        let known = |(who, member): (&ParticipantId, &mut Member)| Some((*who, member.quality.pass_on(now)?));
        let receptions: Vec<_> = state.members.iter_mut().filter_map(known).collect();
        for (participant, reception) in receptions {
            let word = Word::Received { participant, reception };
            self.dispatch(home, Order::Shared { room: number, word });
        }
    }

    /// What viewers here need of a track is told at home, where the needs of all come together.
    pub(super) fn pass_needs_home(&mut self, key: TrackKey) {
        let Some(track) = self.tracks.get(key) else { return };
        let Some(room) = self.rooms.get(track.room) else { return };
        let (Some(home), number) = (room.home, room.number) else { return };
        let (annex, needed) = (usize::from(self.settings.number), track.needs.told());
        let word = Word::Needs { track: track.id, annex, needed };
        self.dispatch(home, Order::Shared { room: number, word });
    }

    /// Keyframes that somebody waits for here are asked for at home, where the wishes of all come together.
    pub(super) fn pass_wishes_home(&mut self, room: RoomKey, now: Instant) {
        let Some(state) = self.rooms.get(room) else { return };
        let (Some(home), number) = (state.home, state.number) else { return };
        let tracks = state.tracks.len();
        for n in 0..tracks {
            let Some(key) = self.rooms.get(room).and_then(|room| room.tracks.values().nth(n)).copied() else {
                continue;
            };
            let Some(track) = self.tracks.get_mut(key) else { continue };
            let id = track.id;
            for layer in 0..track.layers.len() {
                let due =
                    |track: &mut Track| track.layers.get_mut(layer).is_some_and(|l| l.keyframes.due(now));
                if self.tracks.get_mut(key).is_some_and(due) {
                    let word = Word::Keyframe { track: id, layer };
                    self.dispatch(home, Order::Shared { room: number, word });
                }
            }
        }
    }
}

/// Keeps a packet that was opened elsewhere; `true` when it is the track's first since the last fan-out.
fn keep(track: &mut Track, relayed: &Relayed<'_>, now: Instant) -> bool {
    let (layer, packet) = (usize::from(relayed.layer), &relayed.packet);
    let kept = *packet.kept;
    let (video, taken) = (track.video(), track.takes(layer));
    if relayed.quiet && track.audible {
        let others = track.subscriptions.iter_mut().filter(|(_, own)| !own.pinned);
        others.for_each(|(_, own)| own.pause());
    }
    track.audible = !relayed.quiet;
    if track.audible {
        track.heard = Some(now);
    }
    let Some(state) = track.layers.get_mut(layer) else { return false };
    state.epoch = kept.epoch;
    state.arrived.packets += 1;
    state.arrived.bytes += packet.payload.len() as u64;
    if kept.picture.keyframe && video {
        state.keyframes.arrived();
    }
    track.arrived(layer, &kept.picture, kept.marker, packet.payload.len(), now);
    if !taken {
        return false;
    }
    let position = track
        .ring_mut(layer)
        .and_then(|ring| ring.keep(kept, packet.extensions, packet.two_byte, packet.payload));
    position.is_some_and(|position| track.pending.add(relayed.quiet, layer, position, kept.marker, now))
}
