//! Commands of the classrooms.

use std::time::Instant;

use signaling::{
    id::{ParticipantId, SeanceId, TrackId},
    protocol::media::Connection as Role,
};
use tokio::sync::{mpsc, oneshot};

use super::{RoomKey, Worker, room::Room, spread::Word};
use crate::media::{Command, Event, MediaRefusal, TapItem, follow::Follow, tally::RoomTally};

/// What comes through a worker's queue.
#[derive(Debug)]
pub(in crate::media) enum Order {
    Open {
        room: u64,
        seance: SeanceId,
        events: mpsc::Sender<Event>,
    },
    Room {
        room: u64,
        command: Command,
    },
    /// From another worker, about a room that both have a part of.
    Shared {
        room: u64,
        word: Word,
    },
    /// An operator asks what is here.
    Tally {
        answer: oneshot::Sender<Vec<RoomTally>>,
    },
    Stop,
}

impl Order {
    /// Who hears of it when it fails, and what it was about.
    pub(super) fn asked_by(&self) -> Option<(u64, ParticipantId, Role)> {
        let Self::Room { room, command } = self else { return None };
        match command {
            Command::Publish { participant, .. } => Some((*room, *participant, Role::Publish)),
            Command::Subscribe { participant, .. }
            | Command::Answer { participant, .. }
            | Command::RestartSubscribe { participant }
            | Command::Resume { participant } => Some((*room, *participant, Role::Subscribe)),
            Command::View { .. }
            | Command::Hear { .. }
            | Command::Speak { .. }
            | Command::Voice { .. }
            | Command::Mute { .. }
            | Command::Unpublish { .. }
            | Command::Floor { .. }
            | Command::Leave { .. }
            | Command::Tap { .. }
            | Command::Keyframe { .. }
            | Command::Close => None,
        }
    }
}

impl Worker {
    pub(super) fn order(&mut self, order: Order, now: Instant) {
        match order {
            Order::Open { room, seance, events } => {
                let key = self.rooms.insert(Room::new(room, seance, events));
                self.rooms_by_number.insert(room, key);
            }
            Order::Room { room, command } => {
                if let Some(key) = self.rooms_by_number.get(&room).copied() {
                    self.command(key, command, now);
                }
            }
            Order::Shared { room, word } => self.word(room, word, now),
            Order::Tally { answer } => {
                // Who asked may have gone.
                let _ = answer.send(self.tallies());
            }
            Order::Stop => {}
        }
    }

    fn command(&mut self, room: RoomKey, command: Command, now: Instant) {
        let Some(command) = self.route(room, command) else { return };
        match command {
            Command::Publish { participant, negotiation, offer, tracks } => {
                let answer = self.publish(room, participant, &offer, &tracks, now);
                self.tell(
                    room,
                    match answer {
                        Ok(sdp) => Event::Answered { participant, negotiation, sdp },
                        Err(reason) => Event::Refused { participant, of: Role::Publish, reason },
                    },
                );
            }
            Command::Subscribe { participant, tracks } => self.subscribe(room, participant, tracks, now),
            Command::Answer { participant, negotiation, sdp } => {
                if let Err(reason) = self.answer(room, participant, negotiation, &sdp, now) {
                    self.tell(room, Event::Refused { participant, of: Role::Subscribe, reason });
                }
            }
            Command::RestartSubscribe { participant } => self.restart_subscribe(room, participant, now),
            Command::Resume { participant } => self.resume(room, participant, now),
            Command::View { participant, tiles } => self.look(room, participant, tiles, now),
            Command::Hear { participant, sounds } => self.hear(room, participant, sounds),
            Command::Speak { participant, track } => self.speak(room, participant, track, now),
            Command::Voice { participant, timestamp, packet } => {
                self.voice(room, participant, timestamp, &packet, now);
            }
            Command::Mute { track, muted } => self.mute(room, track, muted),
            Command::Unpublish { track } => {
                if let Some(key) = self.rooms.get(room).and_then(|room| room.tracks.get(&track)).copied() {
                    self.end_track(key, now);
                }
            }
            Command::Floor { participant, holds } => {
                if let Some(room) = self.rooms.get_mut(room) {
                    room.speakers.floor(participant, holds);
                }
            }
            Command::Leave { participant } => self.leave(room, participant, now),
            Command::Tap { tap } => self.tap(room, tap),
            Command::Keyframe { track } => {
                let key = self.rooms.get(room).and_then(|room| room.tracks.get(&track)).copied();
                if let Some(track) = key.and_then(|key| self.tracks.get_mut(key)) {
                    track.want_keyframe();
                }
            }
            Command::Close => self.close_room(room, now),
        }
    }

    fn mute(&mut self, room: RoomKey, track: TrackId, muted: bool) {
        let key = room;
        let Some(room) = self.rooms.get_mut(room) else { return };
        if muted {
            room.speakers.forget(track);
        }
        if let Some(track) = room.tracks.get(&track).and_then(|key| self.tracks.get_mut(*key)) {
            track.mute(muted);
        }
        self.relay_word(key, || Word::Muted { track, muted });
    }

    fn leave(&mut self, room: RoomKey, participant: ParticipantId, now: Instant) {
        for role in [Role::Publish, Role::Subscribe] {
            let connection = self.rooms.get(room).and_then(|room| room.connection(participant, role));
            if let Some(connection) = connection {
                self.drop_connection(connection, now);
            }
        }
        self.silence(room, participant, now);
        if let Some(room) = self.rooms.get_mut(room) {
            room.members.remove(&participant);
            room.speakers.floor(participant, false);
        }
    }

    fn tap(&mut self, key: RoomKey, tap: Option<crossbeam_channel::Sender<TapItem>>) {
        let Some(room) = self.rooms.get_mut(key) else { return };
        room.set_tap(tap);
        let recorded = room.recorded();
        for track in room.tracks.values().copied().collect::<Vec<_>>() {
            let Some(track) = self.tracks.get_mut(track) else { continue };
            track.announced = recorded && track.live && room.tap(track.started(), &mut self.counters);
            track.follow = Follow::default();
            if recorded {
                track.record();
            }
        }
    }

    pub(super) fn close_room(&mut self, key: RoomKey, now: Instant) {
        self.close_annexes(key);
        let members: Vec<ParticipantId> =
            self.rooms.get(key).into_iter().flat_map(|room| room.members.keys().copied()).collect();
        for participant in members {
            self.leave(key, participant, now);
        }
        // The replicas of an annex have no publisher here who would take them along.
        let left: Vec<_> =
            self.rooms.get(key).into_iter().flat_map(|room| room.tracks.values().copied()).collect();
        left.into_iter().for_each(|track| self.end_track(track, now));
        if let Some(room) = self.rooms.try_remove(key) {
            self.rooms_by_number.remove(&room.number);
            if room.home.is_none() {
                self.desk.room_closed();
            }
            tracing::debug!(seance = %room.seance, "media room closed");
        }
    }

    /// What is wrong with a description, as the client is told.
    pub(super) fn bad_sdp(error: &crate::media::sdp::SdpError) -> MediaRefusal {
        MediaRefusal::BadSdp(error.to_string())
    }
}
