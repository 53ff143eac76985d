//! A room that is too large for one worker: who is served elsewhere, and what those workers are told.
//!
//! Everybody publishes to the room's own worker, its home. Viewers beyond what one core carries get their connections
//! from other workers, each with an annex of the room: replicas of its tracks, fed with the decrypted packets. Whatever
//! concerns such a viewer is passed on; its events go to the classroom straight from the annex.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use crossbeam_channel::TrySendError;
use signaling::{
    id::{ParticipantId, SeanceId, TrackId},
    protocol::media::Connection as Role,
};
use tokio::sync::mpsc;

use super::{
    Order, RoomKey, TrackKey, Worker,
    pending::Run,
    track::{Published, Track},
};
use crate::media::{
    Command, Event,
    codec::{SPATIAL, Size},
    quality::Reception,
    relay::Batch,
};

/// Which worker, by its place among all.
pub(super) type Number = usize;

/// Orders that may wait for a worker before packets are dropped: its people's wishes need the rest of the queue.
const MOST_WAITING: usize = 1024;

/// What the workers that share a room tell each other.
#[derive(Debug)]
pub(in crate::media) enum Word {
    /// To a worker that gets an annex.
    Annex {
        seance: SeanceId,
        events: mpsc::Sender<Event>,
        home: Number,
    },
    /// To the annexes: a track, its encodings by rid.
    Began {
        track: Published,
        rids: Vec<String>,
    },
    Muted {
        track: TrackId,
        muted: bool,
    },
    Ended {
        track: TrackId,
    },
    /// How large the pictures of an encoding are, by spatial layer.
    Sized {
        track: TrackId,
        layer: usize,
        sizes: [Option<Size>; SPATIAL],
    },
    /// What comes next of it does not follow what came before.
    Interrupted {
        track: TrackId,
    },
    /// The publisher's sender report.
    Clock {
        track: TrackId,
        layer: usize,
        ntp: u64,
        rtp: u32,
        at: Instant,
    },
    Packets(Arc<Batch>),
    /// To the home: somebody needs a keyframe.
    Keyframe {
        track: TrackId,
        layer: usize,
    },
    /// To the home: whether somebody has its speaker large, and hears it however loud others are.
    Pinned {
        track: TrackId,
        annex: Number,
        pinned: bool,
    },
    /// To the home: how somebody receives who is served by the annex.
    Received {
        participant: ParticipantId,
        reception: Reception,
    },
    /// To the home: the encodings that somebody needs, as bits.
    Needs {
        track: TrackId,
        annex: Number,
        needed: u8,
    },
}

/// Until an annex says better.
const ALL: u8 = u8::MAX;

/// The workers that have an annex of a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Annexes(u64);

impl Annexes {
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn has(self, worker: Number) -> bool {
        self.0 >> worker & 1 == 1
    }

    fn add(&mut self, worker: Number) {
        self.0 |= 1 << worker;
    }

    pub(super) fn set(&mut self, worker: Number, belongs: bool) {
        self.0 = self.0 & !(1 << worker) | u64::from(belongs) << worker;
    }

    fn iter(self) -> impl Iterator<Item = Number> {
        (0..64).filter(move |worker| self.has(*worker))
    }
}

impl Worker {
    /// Passes on what concerns somebody who is served elsewhere; gives what is to be done here.
    pub(super) fn route(&mut self, room: RoomKey, command: Command) -> Option<Command> {
        let away = |worker: &Self, who: &ParticipantId| worker.rooms.get(room)?.away.get(who).copied();
        match &command {
            Command::Subscribe { participant, .. } => {
                match away(self, participant).or_else(|| self.move_away(room, *participant)) {
                    Some(to) => self.pass_on(room, to, command),
                    None => return Some(command),
                }
                None
            }
            Command::Answer { participant, .. }
            | Command::RestartSubscribe { participant }
            | Command::View { participant, .. } => {
                match away(self, participant) {
                    Some(to) => self.pass_on(room, to, command),
                    None => return Some(command),
                }
                None
            }
            Command::Resume { participant } => {
                if let Some(to) = away(self, participant) {
                    self.pass_on(room, to, Command::Resume { participant: *participant });
                }
                Some(command)
            }
            Command::Leave { participant } => {
                let to = self.rooms.get_mut(room).and_then(|room| room.away.remove(participant));
                if let Some(to) = to {
                    self.pass_on(room, to, Command::Leave { participant: *participant });
                    self.give_back(room, to);
                }
                Some(command)
            }
            Command::Publish { .. }
            | Command::Hear { .. }
            | Command::Speak { .. }
            | Command::Voice { .. }
            | Command::Floor { .. }
            | Command::Mute { .. }
            | Command::Unpublish { .. }
            | Command::Tap { .. }
            | Command::Keyframe { .. }
            | Command::Close => Some(command),
        }
    }

    /// The worker that is to serve a new viewer, when this one has enough of them and another one has fewer.
    fn move_away(&mut self, key: RoomKey, participant: ParticipantId) -> Option<Number> {
        let room = self.rooms.get(key)?;
        if room.home.is_some() || room.connection(participant, Role::Subscribe).is_some() {
            return None;
        }
        let viewers = room.members.values().filter(|member| member.subscribe.is_some()).count();
        if viewers < self.settings.limits.viewers_per_worker {
            return None;
        }
        let load = |(_, desk): &(Number, &Arc<crate::media::Desk>)| desk.load.load(Ordering::Relaxed);
        let (to, desk) = self.desks.iter().enumerate().take(64).min_by_key(load)?;
        if to == usize::from(self.settings.number)
            || desk.load.load(Ordering::Relaxed) >= self.connections.len()
        {
            return None;
        }
        // Until it has counted its connections itself.
        desk.load.fetch_add(1, Ordering::Relaxed);
        self.open_annex(key, to);
        let room = self.rooms.get_mut(key)?;
        room.away.insert(participant, to);
        if let Some(member) = room.members.get_mut(&participant) {
            // What it had here it is given there from now on.
            member.wanted.clear();
            member.lost_subscribe = None;
        }
        Some(to)
    }

    pub(super) fn open_annex(&mut self, key: RoomKey, to: Number) {
        let Some(room) = self.rooms.get_mut(key).filter(|room| !room.annexes.has(to)) else { return };
        room.annexes.add(to);
        let (number, seance, events) = (room.number, room.seance, room.events());
        let tracks: Vec<TrackKey> = room.tracks.values().copied().collect();
        let home = usize::from(self.settings.number);
        self.dispatch(to, Order::Shared { room: number, word: Word::Annex { seance, events, home } });
        for track in tracks {
            let Some(track) = self.tracks.get_mut(track) else { continue };
            track.need_elsewhere(to, ALL);
            track.resized = true;
            let (id, muted, began) = (track.id, track.muted, began(track));
            self.dispatch(to, Order::Shared { room: number, word: began });
            if muted {
                self.dispatch(to, Order::Shared { room: number, word: Word::Muted { track: id, muted } });
            }
        }
    }

    /// Closes an annex that serves nobody any more.
    fn give_back(&mut self, key: RoomKey, annex: Number) {
        let Some(room) = self.rooms.get_mut(key) else { return };
        if room.away.values().any(|at| *at == annex) {
            return;
        }
        room.annexes.set(annex, false);
        for track in room.tracks.values() {
            if let Some(track) = self.tracks.get_mut(*track) {
                track.not_elsewhere(annex);
            }
        }
        self.pass_on(key, annex, Command::Close);
    }

    /// The annexes hear of a new track.
    pub(super) fn relay_track(&mut self, key: TrackKey) {
        let Some(track) = self.tracks.get_mut(key) else { return };
        let room = track.room;
        let annexes = self.rooms.get(room).map_or_else(Annexes::default, |room| room.annexes);
        annexes.iter().for_each(|to| track.need_elsewhere(to, ALL));
        self.tell_annexes(room, |track| track.get(key).map(began));
    }

    /// The annexes hear of a change of a track.
    pub(super) fn relay_word(&mut self, room: RoomKey, word: impl Fn() -> Word) {
        self.tell_annexes(room, |_| Some(word()));
    }

    fn tell_annexes(&mut self, key: RoomKey, word: impl Fn(&slab::Slab<Track>) -> Option<Word>) {
        let Some(room) = self.rooms.get(key) else { return };
        let (number, annexes) = (room.number, room.annexes);
        for to in annexes.iter() {
            if let Some(word) = word(&self.tracks) {
                self.dispatch(to, Order::Shared { room: number, word });
            }
        }
    }

    /// The annexes get what is new of the encodings that any of them needs.
    pub(super) fn relay_packets(&mut self, key: TrackKey) {
        let Some(track) = self.tracks.get_mut(key) else { return };
        let Some(room) = self.rooms.get(track.room).filter(|room| !room.annexes.is_empty()) else { return };
        let (number, annexes) = (room.number, room.annexes);
        if std::mem::take(&mut track.interrupted) {
            let (room, id) = (track.room, track.id);
            self.relay_word(room, || Word::Interrupted { track: id });
        }
        self.relay_sizes(key);
        let Some(track) = self.tracks.get(key) else { return };
        let batch = self.batches.filled(|batch| {
            let (pinned, needed) = (!track.pinned_elsewhere.is_empty(), track.needed_elsewhere());
            let due = |run: &&Run| needed >> run.layer.min(7) & 1 == 1 && (pinned || !run.quiet);
            for run in track.pending.runs().iter().filter(due) {
                let ring = track.layers.get(run.layer).and_then(super::track::Layer::ring);
                let (Some(ring), Ok(layer)) = (ring, u8::try_from(run.layer)) else { continue };
                for packet in (run.from..run.to).filter_map(|position| ring.get(position)) {
                    batch.push(track.id, layer, run.quiet, &packet);
                }
            }
        });
        if batch.len() == 0 {
            return;
        }
        for to in annexes.iter() {
            self.dispatch_packets(to, number, &batch);
        }
    }

    /// The annexes hear how large pictures are: not every codec says it in its packets.
    fn relay_sizes(&mut self, key: TrackKey) {
        let Some(track) = self.tracks.get_mut(key).filter(|track| track.resized) else { return };
        track.resized = false;
        let (room, id) = (track.room, track.id);
        let sizes: Vec<_> = track.layers.iter().map(|layer| layer.flow.sizes).collect();
        for (layer, sizes) in sizes.into_iter().enumerate() {
            self.relay_word(room, || Word::Sized { track: id, layer, sizes });
        }
    }

    /// Before a room closes, its annexes do.
    pub(super) fn close_annexes(&mut self, key: RoomKey) {
        let Some(room) = self.rooms.get_mut(key) else { return };
        let (number, annexes) = (room.number, std::mem::take(&mut room.annexes));
        for to in annexes.iter() {
            self.dispatch(to, Order::Room { room: number, command: Command::Close });
        }
    }

    fn pass_on(&mut self, room: RoomKey, to: Number, command: Command) {
        if let Some(room) = self.rooms.get(room) {
            self.dispatch(to, Order::Room { room: room.number, command });
        }
    }

    /// Hands an order to another worker. Nothing but packets is lost when its queue is full: it waits, in order.
    pub(super) fn dispatch(&mut self, to: Number, order: Order) {
        if self.waiting_for.len() <= to {
            self.waiting_for.resize_with(to + 1, VecDeque::new);
        }
        if let Some(waiting) = self.waiting_for.get_mut(to) {
            waiting.push_back(order);
        }
        self.dispatch_waiting(to);
    }

    fn dispatch_waiting(&mut self, to: Number) {
        let (Some(desk), Some(waiting)) = (self.desks.get(to), self.waiting_for.get_mut(to)) else { return };
        let mut handed = false;
        while let Some(order) = waiting.pop_front() {
            match desk.orders.try_send(order) {
                Ok(()) => handed = true,
                Err(TrySendError::Full(order)) => {
                    waiting.push_front(order);
                    break;
                }
                // It has stopped, and this one is about to.
                Err(TrySendError::Disconnected(_)) => waiting.clear(),
            }
        }
        if handed {
            desk.waker.wake();
        }
    }

    /// What could not be handed over before.
    pub(super) fn dispatch_all_waiting(&mut self) {
        for to in 0..self.waiting_for.len() {
            self.dispatch_waiting(to);
        }
    }

    fn dispatch_packets(&mut self, to: Number, room: u64, batch: &Arc<Batch>) {
        let free = self.waiting_for.get(to).is_none_or(VecDeque::is_empty);
        let Some(desk) = self.desks.get(to) else { return };
        let order = Order::Shared { room, word: Word::Packets(Arc::clone(batch)) };
        if free && desk.orders.len() < MOST_WAITING && desk.orders.try_send(order).is_ok() {
            desk.waker.wake();
        } else {
            self.counters.relay_dropped += batch.len() as u64;
        }
    }
}

fn began(track: &Track) -> Word {
    let rids = track.layers.iter().filter_map(|layer| layer.rid.clone()).collect();
    Word::Began { track: track.published(), rids }
}
