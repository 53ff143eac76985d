//! One room: who is in it, what they publish, and where its events and packets go.

use std::collections::VecDeque;

use crossbeam_channel::{Sender, TrySendError};
use rustc_hash::FxHashMap;
use signaling::{
    id::{ParticipantId, SeanceId, TrackId},
    protocol::media::{Connection as Role, Tile},
};
use tokio::sync::mpsc;

use super::{
    ConnectionKey, RoomKey, TrackKey, Worker,
    sound::Ear,
    spread::{Annexes, Number},
};
use crate::media::{
    Counters, Event, TapItem, audio::Speakers, control::Closed, quality::Quality, sound::Batch,
};

/// Events kept for a slow classroom besides its queue.
const OUTBOX: usize = 4096;

/// What one participant has here.
#[derive(Debug, Default)]
pub(super) struct Member {
    pub(super) publish: Option<ConnectionKey>,
    pub(super) subscribe: Option<ConnectionKey>,
    /// Why the last connections ended, as the classroom was told, until they are replaced.
    pub(super) lost_publish: Option<Closed>,
    pub(super) lost_subscribe: Option<Closed>,
    /// The number of the last offer to it; counts on over all its connections.
    pub(super) negotiation: u32,
    /// The tracks it is to receive, published or not.
    pub(super) wanted: Vec<TrackId>,
    /// Its microphone, when that comes by the WebSocket.
    pub(super) voice: Option<TrackId>,
    pub(super) quality: Quality,
    /// What is on the screen; everything until the page said so.
    pub(super) view: Option<Vec<Tile>>,
}

#[derive(Debug)]
pub(super) struct Room {
    pub(super) number: u64,
    pub(super) seance: SeanceId,
    pub(super) members: FxHashMap<ParticipantId, Member>,
    pub(super) tracks: FxHashMap<TrackId, TrackKey>,
    pub(super) speakers: Speakers,
    /// Who hears by WebSocket.
    pub(super) ears: Vec<Ear>,
    /// What they are to hear of this turn.
    pub(super) heard: Batch,
    /// The number of the last stream to them.
    pub(super) streams: u32,
    /// The worker that has the room itself, when this is an annex of it.
    pub(super) home: Option<Number>,
    /// The workers that have annexes of it, and the viewers who are served there.
    pub(super) annexes: Annexes,
    pub(super) away: FxHashMap<ParticipantId, Number>,
    events: mpsc::Sender<Event>,
    waiting: VecDeque<Event>,
    tap: Option<Sender<TapItem>>,
    tap_lost: u64,
}

impl Room {
    pub(super) fn new(number: u64, seance: SeanceId, events: mpsc::Sender<Event>) -> Self {
        Self {
            number,
            seance,
            members: FxHashMap::default(),
            tracks: FxHashMap::default(),
            speakers: Speakers::default(),
            ears: Vec::new(),
            heard: Batch::default(),
            streams: 0,
            home: None,
            annexes: Annexes::default(),
            away: FxHashMap::default(),
            events,
            waiting: VecDeque::new(),
            tap: None,
            tap_lost: 0,
        }
    }

    pub(super) fn abandoned(&self) -> bool {
        self.events.is_closed()
    }

    /// Where the classroom listens.
    pub(super) fn events(&self) -> mpsc::Sender<Event> {
        self.events.clone()
    }

    pub(super) fn connection(&self, participant: ParticipantId, role: Role) -> Option<ConnectionKey> {
        let member = self.members.get(&participant)?;
        match role {
            Role::Publish => member.publish,
            Role::Subscribe => member.subscribe,
        }
    }

    /// The participant has this connection now.
    pub(super) fn joined(&mut self, participant: ParticipantId, role: Role, key: ConnectionKey) {
        let member = self.members.entry(participant).or_default();
        match role {
            Role::Publish => (member.publish, member.lost_publish) = (Some(key), None),
            Role::Subscribe => (member.subscribe, member.lost_subscribe) = (Some(key), None),
        }
    }

    /// The participant's connection ended by itself.
    pub(super) fn lost(&mut self, participant: ParticipantId, role: Role, why: Closed) {
        let Some(member) = self.members.get_mut(&participant) else { return };
        match role {
            Role::Publish => member.lost_publish = Some(why),
            Role::Subscribe => member.lost_subscribe = Some(why),
        }
    }

    pub(super) fn forget_connection(&mut self, participant: ParticipantId, key: ConnectionKey) {
        if let Some(member) = self.members.get_mut(&participant) {
            member.publish = member.publish.filter(|own| *own != key);
            member.subscribe = member.subscribe.filter(|own| *own != key);
        }
    }

    /// Tells the classroom, in order; figures that are soon old are dropped when it is slow.
    fn tell(&mut self, event: Event, counters: &mut Counters) {
        self.retry();
        let droppable = matches!(event, Event::Speaking { .. } | Event::Quality { .. });
        if self.waiting.is_empty() {
            match self.events.try_send(event) {
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {}
                Err(mpsc::error::TrySendError::Full(event)) if !droppable => self.waiting.push_back(event),
                Err(mpsc::error::TrySendError::Full(_)) => counters.events_dropped += 1,
            }
        } else if droppable || self.waiting.len() >= OUTBOX {
            counters.events_dropped += 1;
        } else {
            self.waiting.push_back(event);
        }
    }

    /// Passes on what waited for room in the queue.
    pub(super) fn retry(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            if let Err(mpsc::error::TrySendError::Full(event)) = self.events.try_send(event) {
                self.waiting.push_front(event);
                return;
            }
        }
    }

    pub(super) fn recorded(&self) -> bool {
        self.tap.is_some()
    }

    pub(super) fn set_tap(&mut self, tap: Option<Sender<TapItem>>) {
        self.tap = tap;
        self.tap_lost = 0;
    }

    /// Copies to the recorder; what its queue does not take is lost and counted. `true` when it was taken.
    pub(super) fn tap(&mut self, item: TapItem, counters: &mut Counters) -> bool {
        let Some(tap) = &self.tap else { return false };
        if self.tap_lost > 0 {
            if tap.try_send(TapItem::Dropped { count: self.tap_lost }).is_err() {
                self.tap_lost += 1;
                counters.tap_dropped += 1;
                return false;
            }
            self.tap_lost = 0;
        }
        match tap.try_send(item) {
            Ok(()) => return true,
            Err(TrySendError::Full(_)) => {
                self.tap_lost += 1;
                counters.tap_dropped += 1;
            }
            Err(TrySendError::Disconnected(_)) => self.tap = None,
        }
        false
    }
}

impl Worker {
    pub(super) fn tell(&mut self, room: RoomKey, event: Event) {
        if let Some(room) = self.rooms.get_mut(room) {
            room.tell(event, &mut self.counters);
        }
    }
}
