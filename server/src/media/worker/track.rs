//! One published track: where its packets are kept and who gets them.

use std::time::Instant;

use signaling::{
    id::{ParticipantId, TrackId},
    protocol::stage::Source,
};
use slab::Slab;

use super::{
    ConnectionKey, RoomKey, TrackKey, Worker,
    pending::Pending,
    sound::Voice,
    spread::{Annexes, Number, Word},
};
use crate::media::{
    Codec, Event, TapItem,
    codec::dependency::Structure,
    follow::{Follow, Needs},
    forward::Subscription,
    keyframes::Keyframes,
    layers::{Choice, Flow, Ladder},
    receive::Receive,
    red::{PLAIN, REDUNDANT},
    rewrite::Epoch,
    ring::Ring,
    tally::Arrived,
};

/// Seconds for which packets are kept: as long as a keyframe may wait for its turn.
const KEPT: u32 = 2;
/// Packets kept per layer at most.
const VIDEO_SLOTS: usize = 1024;
const AUDIO_SLOTS: usize = 64;

/// One encoding of a track: the only one, or one of a simulcast, or of sound with and without copies.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) rid: Option<String>,
    pub(super) ssrc: Option<u32>,
    pub(super) receive: Receive,
    pub(super) keyframes: Keyframes,
    pub(super) epoch: Epoch,
    /// Packets up to this index were sent while the track was muted: they stay unheard even if they come late.
    pub(super) muted_until: Option<u64>,
    pub(super) flow: Flow,
    pub(super) arrived: Arrived,
    /// What explains its dependency descriptors.
    pub(super) structure: Option<Box<Structure>>,
    /// What added to its timestamps gives the publisher's wall clock in the same units.
    pub(super) to_wall: Option<u32>,
    /// Made when the layer is first forwarded: most layers never are.
    pub(super) ring: Option<Ring>,
}

impl Layer {
    fn new(rid: Option<String>, clock_rate: u32) -> Self {
        Self {
            rid,
            ssrc: None,
            receive: Receive::new(clock_rate),
            keyframes: Keyframes::default(),
            epoch: 0,
            muted_until: None,
            flow: Flow::default(),
            arrived: Arrived::default(),
            structure: None,
            to_wall: None,
            ring: None,
        }
    }

    pub(super) fn ring(&self) -> Option<&Ring> {
        self.ring.as_ref()
    }
}

/// The encoding of a choice as a bit.
pub(super) fn bit(choice: Option<Choice>) -> u8 {
    choice.map_or(0, |choice| 1 << choice.encoding.min(7))
}

#[derive(Debug)]
pub(super) struct Track {
    pub(super) id: TrackId,
    pub(super) room: RoomKey,
    pub(super) participant: ParticipantId,
    pub(super) source: Source,
    pub(super) publisher: ConnectionKey,
    pub(super) codec: Codec,
    pub(super) clock_rate: u32,
    /// The publisher answers NACKs.
    pub(super) repairs: bool,
    pub(super) muted: bool,
    /// Its last packet was forwarded, not left out for louder ones.
    pub(super) audible: bool,
    /// Of sound: when a packet of it was last forwarded to all.
    pub(super) heard: Option<Instant>,
    /// Some viewer here has its speaker large.
    pub(super) pinned: bool,
    /// The workers where some viewer has.
    pub(super) pinned_elsewhere: Annexes,
    /// Of a replica: what was told at home of that.
    pub(super) told_pinned: bool,
    /// It comes by a WebSocket.
    pub(super) voice: Option<Voice>,
    /// Its number for those who hear by WebSocket.
    pub(super) stream: Option<u32>,
    /// It is forwarded again after it was not: workers elsewhere have not heard of it.
    pub(super) interrupted: bool,
    /// Its packets come from another worker.
    pub(super) replica: bool,
    /// A packet of it was forwarded.
    pub(super) live: bool,
    /// The recorder took its beginning.
    pub(super) announced: bool,
    pub(super) layers: Vec<Layer>,
    /// Its encodings and layers as they were last measured.
    pub(super) ladder: Ladder,
    /// An encoding appeared since.
    pub(super) stale: bool,
    /// Pictures have other sizes than the workers elsewhere were told.
    pub(super) resized: bool,
    /// Encodings that somebody receives or waits for, as bits.
    pub(super) taken: u8,
    pub(super) needs: Needs,
    /// Encodings that viewers at other workers need, by worker.
    pub(super) elsewhere: Vec<(Number, u8)>,
    /// What the recorder takes.
    pub(super) follow: Follow,
    pub(super) subscriptions: Slab<Subscription>,
    pub(super) pending: Pending,
    epochs: Epoch,
}

/// What is known of a track when it is published.
#[derive(Clone, Copy, Debug)]
pub(in crate::media) struct Published {
    pub(super) id: TrackId,
    pub(super) room: RoomKey,
    pub(super) participant: ParticipantId,
    pub(super) source: Source,
    pub(super) publisher: ConnectionKey,
    pub(super) codec: Codec,
    pub(super) clock_rate: u32,
    pub(super) repairs: bool,
}

impl Track {
    pub(super) fn new(published: Published, rids: &[String]) -> Self {
        let Published { id, room, participant, source, publisher, codec, clock_rate, repairs } = published;
        let layers: Vec<Layer> = if source.is_audio() {
            [PLAIN, REDUNDANT].map(|_| Layer::new(None, clock_rate)).into()
        } else if rids.is_empty() {
            vec![Layer::new(None, clock_rate)]
        } else {
            rids.iter().map(|rid| Layer::new(Some(rid.clone()), clock_rate)).collect()
        };
        Self {
            id,
            room,
            participant,
            source,
            publisher,
            codec,
            clock_rate,
            repairs,
            muted: false,
            audible: true,
            heard: None,
            pinned: false,
            pinned_elsewhere: Annexes::default(),
            told_pinned: false,
            voice: None,
            stream: None,
            interrupted: false,
            replica: false,
            live: false,
            announced: false,
            ladder: Ladder::of(&layers.iter().map(|layer| &layer.flow)),
            stale: true,
            resized: false,
            taken: 0,
            needs: Needs::new(layers.len()),
            elsewhere: Vec::new(),
            follow: Follow::default(),
            layers,
            subscriptions: Slab::new(),
            pending: Pending::default(),
            epochs: 0,
        }
    }

    pub(super) fn video(&self) -> bool {
        !self.source.is_audio()
    }

    /// Some viewer, here or elsewhere, has its speaker large.
    pub(super) fn pinned(&self) -> bool {
        self.pinned || !self.pinned_elsewhere.is_empty()
    }

    /// Its publisher sends it in several encodings.
    pub(super) fn simulcast(&self) -> bool {
        self.video() && self.layers.len() > 1
    }

    /// A layer's sequence numbers begin anew: names the run.
    pub(super) fn next_epoch(&mut self) -> Epoch {
        self.epochs = self.epochs.wrapping_add(1);
        self.epochs
    }

    /// The ring of a layer, made at its first use.
    pub(super) fn ring_mut(&mut self, layer: usize) -> Option<&mut Ring> {
        let slots = if self.source.is_audio() { AUDIO_SLOTS } else { VIDEO_SLOTS };
        let span = KEPT.saturating_mul(self.clock_rate);
        Some(self.layers.get_mut(layer)?.ring.get_or_insert_with(|| Ring::new(slots, span)))
    }

    /// Adds a subscriber; gives its place.
    pub(super) fn subscribe(&mut self, subscription: Subscription) -> usize {
        self.taken |= bit(subscription.target());
        // Another worker may have to be told: with the next beat.
        self.stale |= !self.video();
        self.subscriptions.insert(subscription)
    }

    /// Finds out anew which encodings subscribers receive or wait for, and whether one has its speaker large.
    pub(super) fn count_takers(&mut self) {
        self.pinned = self.subscriptions.iter().any(|(_, own)| own.pinned);
        let receives = |own: &Subscription| bit(own.target()) | own.encoding().map_or(0, |n| 1 << n.min(7));
        self.taken = self.subscriptions.iter().fold(0, |taken, (_, own)| taken | receives(own));
    }

    /// The recorder takes the best picture there is.
    pub(super) fn record(&mut self) {
        if let Some(best) = self.ladder.best().filter(|_| self.video())
            && self.follow.aim(best.encoding)
        {
            self.want_keyframe_of(usize::from(best.encoding));
        }
    }

    /// The encodings that viewers at other workers need, as bits.
    pub(super) fn needed_elsewhere(&self) -> u8 {
        self.elsewhere.iter().fold(0, |all, (_, needed)| all | needed)
    }

    /// A worker says what its viewers need.
    pub(super) fn need_elsewhere(&mut self, worker: Number, needed: u8) {
        self.elsewhere.retain(|(known, _)| *known != worker);
        self.elsewhere.push((worker, needed));
    }

    /// A worker has no viewers of it any more.
    pub(super) fn not_elsewhere(&mut self, worker: Number) {
        self.elsewhere.retain(|(known, _)| *known != worker);
        self.pinned_elsewhere.set(worker, false);
        self.stale = true;
    }

    /// Whether a subscriber receives this encoding, or waits for it, here or at another worker.
    pub(super) fn forwards(&self, layer: usize) -> bool {
        (self.taken | self.needed_elsewhere()) >> layer.min(7) & 1 == 1
    }

    /// Whether anybody receives this encoding or waits for it, the recorder included.
    pub(super) fn takes(&self, layer: usize) -> bool {
        self.forwards(layer) || u8::try_from(layer).is_ok_and(|layer| self.follow.takes(layer))
    }

    /// Somebody needs a keyframe: of every encoding that anybody receives.
    pub(super) fn want_keyframe(&mut self) {
        for layer in 0..self.layers.len() {
            if self.takes(layer) {
                self.want_keyframe_of(layer);
            }
        }
    }

    pub(super) fn want_keyframe_of(&mut self, layer: usize) {
        if self.video()
            && !self.muted
            && let Some(layer) = self.layers.get_mut(layer).filter(|layer| layer.ssrc.is_some())
        {
            layer.keyframes.want();
        }
    }

    /// Mutes or unmutes at once: what is still on its way from the muted time is not forwarded later.
    pub(super) fn mute(&mut self, muted: bool) {
        if self.muted == muted {
            return;
        }
        self.muted = muted;
        self.pending.clear();
        for layer in &mut self.layers {
            layer.muted_until = Some(layer.receive.highest());
            layer.receive.forgive();
        }
        for (_, subscription) in &mut self.subscriptions {
            subscription.pause();
        }
        self.want_keyframe();
    }

    /// Its publisher comes back with a new connection: SSRCs and sequence numbers are unknown again.
    pub(super) fn unbind(&mut self) {
        for layer in &mut self.layers {
            layer.ssrc = None;
            layer.receive = Receive::new(self.clock_rate);
            layer.to_wall = None;
        }
    }

    pub(super) fn has_rids(&self, rids: &[String]) -> bool {
        let own: Vec<&str> = self.layers.iter().filter_map(|layer| layer.rid.as_deref()).collect();
        own == rids
    }

    /// What is known of it since it was published.
    pub(super) fn published(&self) -> Published {
        Published {
            id: self.id,
            room: self.room,
            participant: self.participant,
            source: self.source,
            publisher: self.publisher,
            codec: self.codec,
            clock_rate: self.clock_rate,
            repairs: self.repairs,
        }
    }

    pub(super) fn started(&self) -> TapItem {
        TapItem::Started {
            track: self.id,
            participant: self.participant,
            source: self.source,
            codec: self.codec,
            clock_rate: self.clock_rate,
        }
    }
}

impl Worker {
    /// Ends a track: its subscriptions stop at once, their media sections are taken back with the next offer.
    pub(super) fn end_track(&mut self, key: TrackKey, now: Instant) {
        let Some(track) = self.tracks.try_remove(key) else { return };
        for (_, subscription) in &track.subscriptions {
            let subscriber = self.connections.get_mut(subscription.connection);
            if let Some(subscriber) = subscriber.and_then(|connection| connection.subscriber()) {
                subscriber.vacate(subscription.terms.ssrc);
            }
        }
        self.dirty.retain(|dirty| *dirty != key);
        if let Some(connection) = self.connections.get_mut(track.publisher) {
            connection.forget_track(key);
        }
        if let Some(room) = self.rooms.get_mut(track.room) {
            room.tracks.remove(&track.id);
            room.speakers.forget(track.id);
            if track.announced {
                room.tap(TapItem::Ended { track: track.id, at: now }, &mut self.counters);
            }
        }
        self.hush(track.room, track.id);
        if !track.replica {
            self.relay_word(track.room, || Word::Ended { track: track.id });
            self.tell(track.room, Event::TrackEnded { track: track.id });
        }
    }

    pub(super) fn drop_tracks_of(&mut self, publisher: ConnectionKey, now: Instant) {
        let own = |(key, track): (TrackKey, &Track)| (track.publisher == publisher).then_some(key);
        let keys: Vec<TrackKey> = self.tracks.iter().filter_map(own).collect();
        for key in keys {
            self.end_track(key, now);
        }
    }
}
