//! Subscribe connections: the worker offers the tracks a participant is to receive, one negotiation at a time.

use std::time::Instant;

use rustc_hash::FxHashSet;
use signaling::{
    id::{ParticipantId, TrackId},
    protocol::media::Connection as Role,
};

use super::{
    ConnectionKey, RoomKey, Worker,
    connection::{Comparison, Half},
    subscriber::{Subscriber, Use, terms},
};
use crate::media::{
    Event, MediaRefusal,
    control::{Closed, PeerControl},
    estimate::Estimator,
    forward::Subscription,
    sdp::{self, Description},
};

impl Worker {
    pub(super) fn subscribe(
        &mut self,
        room: RoomKey,
        participant: ParticipantId,
        mut tracks: Vec<TrackId>,
        now: Instant,
    ) {
        let mut known = FxHashSet::default();
        tracks.retain(|track| known.insert(*track));
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
    pub(super) fn reconcile(&mut self, room_key: RoomKey, participant: ParticipantId, now: Instant) {
        let here = self.rooms.get(room_key).filter(|room| !room.away.contains_key(&participant));
        let Some(member) = here.and_then(|room| room.members.get(&participant)) else { return };
        let limit = self.settings.limits.subscriptions_per_participant;
        let connection = member.subscribe;
        let some = here.is_some_and(|room| member.wanted.iter().any(|track| room.tracks.contains_key(track)));
        let Some(key) = connection
            .or_else(|| if some { self.subscribe_connection(room_key, participant, now) } else { None })
        else {
            return;
        };
        let Some(room) = self.rooms.get(room_key) else { return };
        let Some(member) = room.members.get(&participant) else { return };
        let wanted = Self::wishes(&self.tracks, room, &member.wanted, member.view.as_deref(), now);
        let Some(subscriber) = self.connections.get_mut(key).and_then(|connection| connection.subscriber())
        else {
            return;
        };
        if subscriber.pending.is_some() {
            subscriber.again = true;
            return;
        }
        let (changed, stopped) = subscriber.adapt(&wanted, limit, now);
        for ssrc in stopped {
            self.detach(key, ssrc);
        }
        if changed {
            self.offer(key, room_key, participant, now);
        }
    }

    fn subscribe_connection(
        &mut self,
        room: RoomKey,
        participant: ParticipantId,
        now: Instant,
    ) -> Option<ConnectionKey> {
        let key = self.connect(room, participant, Half::Subscribe(Subscriber::new()), now)?;
        self.rooms.get_mut(room)?.joined(participant, Role::Subscribe, key);
        Some(key)
    }

    fn offer(&mut self, key: ConnectionKey, room: RoomKey, participant: ParticipantId, now: Instant) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        let local = connection.control.local().clone();
        let Some(subscriber) = connection.subscriber() else { return };
        let Some(member) = self.rooms.get_mut(room).and_then(|room| room.members.get_mut(&participant))
        else {
            return;
        };
        member.negotiation += 1;
        subscriber.pending = Some(now);
        let negotiation = member.negotiation;
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
        let awaited = self.negotiation_of(room, participant);
        let connection = self.connections.get_mut(key).ok_or(MediaRefusal::OutOfTurn)?;
        let subscriber = connection.subscriber().ok_or(MediaRefusal::OutOfTurn)?;
        if subscriber.pending.is_none() || awaited != Some(negotiation) {
            return Err(MediaRefusal::OutOfTurn);
        }
        let description = sdp::parse(answer).map_err(|error| Self::bad_sdp(&error))?;
        match connection.compare(&description.remote) {
            Comparison::Stranger => {
                // The client has a new connection already, and cannot use ours.
                self.lost(key, Closed::WrongFingerprint, now);
                self.reconcile(room, participant, now);
                return Ok(());
            }
            Comparison::Same => {}
            Comparison::Unknown | Comparison::Restart => connection.set_remote(description.remote.clone()),
        }
        self.drain_control(key, now);
        self.settle(key, &description, now);
        self.share_out(key, now);
        let again = self.connections.get_mut(key).and_then(|connection| connection.subscriber()).is_some_and(
            |subscriber| {
                subscriber.pending = None;
                std::mem::take(&mut subscriber.again)
            },
        );
        if again {
            self.reconcile(room, participant, now);
        }
        Ok(())
    }

    /// Applies what the client agreed to, line by line.
    fn settle(&mut self, key: ConnectionKey, description: &Description, now: Instant) {
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
                (Some(terms), Some(track), Some(state)) if state.codec == line.codec => {
                    if terms.transport.is_some() {
                        subscriber.estimator.get_or_insert_with(|| Box::new(Estimator::new(now)));
                    }
                    let slot = state.subscribe(Subscription::new(key, terms));
                    subscriber.places.insert(line.ssrc, (track, slot));
                    line.use_ = Use::Taken;
                }
                // The track ended or changed during the negotiation: as if it had been taken and lost.
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
        self.drain_control(key, now);
        self.offer_again(key, now);
    }

    /// Offers in place of the offer that was not answered; what changed since goes into it.
    pub(super) fn offer_again(&mut self, key: ConnectionKey, now: Instant) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        let (room, participant) = (connection.room, connection.participant);
        if let Some(subscriber) = connection.subscriber() {
            subscriber.pending = None;
        }
        let before = self.negotiation_of(room, participant);
        self.reconcile(room, participant, now);
        if before == self.negotiation_of(room, participant) {
            self.offer(key, room, participant, now);
        }
    }

    fn negotiation_of(&self, room: RoomKey, participant: ParticipantId) -> Option<u32> {
        Some(self.rooms.get(room)?.members.get(&participant)?.negotiation)
    }

    /// The participant may have missed what it was told while its WebSocket was away.
    pub(super) fn resume(&mut self, room: RoomKey, participant: ParticipantId, now: Instant) {
        let Some(member) = self.rooms.get(room).and_then(|room| room.members.get(&participant)) else {
            return;
        };
        let (publish, subscribe) = (member.lost_publish.clone(), member.lost_subscribe.clone());
        let connection = member.subscribe;
        self.tell_needs_again(room, participant);
        for (connection, why) in [(Role::Publish, publish), (Role::Subscribe, subscribe)] {
            if let Some(why) = why {
                self.tell(room, Event::Disconnected { participant, connection, why });
            }
        }
        let mut subscriber = connection.and_then(|key| self.connections.get_mut(key)?.subscriber());
        match (connection, subscriber.as_mut().and_then(|subscriber| subscriber.pending)) {
            (Some(key), Some(_)) => self.offer_again(key, now),
            _ => self.reconcile(room, participant, now),
        }
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
        for (track, slot) in subscriber.places.values() {
            let Some(track) = self.tracks.get_mut(*track) else { continue };
            if let Some(target) = track.subscriptions.get(*slot).and_then(Subscription::target) {
                track.want_keyframe_of(usize::from(target.encoding));
            }
        }
    }
}
