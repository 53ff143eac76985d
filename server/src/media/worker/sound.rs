//! Sound by WebSocket: ears, which hear a room without a media connection, and voices, which speak to it without one.

use std::{sync::Arc, time::Instant};

use rustc_hash::FxHashMap;
use signaling::{
    id::{ParticipantId, TrackId},
    protocol::{
        sound::{Heard, MAX_PACKET},
        stage::Source,
    },
};

use super::{
    ConnectionKey, RoomKey, TrackKey, Worker,
    inbound::Media,
    publisher::SourceRef,
    room::Room,
    subscriber::{random_u16, random_u32},
    track::{Published, Track},
    translation::Translated,
};
use crate::media::{
    Codec, Event, Sounds,
    packet::{Block, Header},
    red::Blocks,
    sdp::Extension,
    sound::{Batch, Handed, Message},
};

/// The publisher of what comes by a WebSocket: no connection of this worker.
const NO_CONNECTION: ConnectionKey = usize::MAX;
const OPUS_RATE: u32 = 48_000;
/// Length of an RTP header without extensions.
const FIXED: usize = 12;
/// The level of a voice, −dBov, and of silence. Nobody here decodes sound, but encoders with a variable rate and
/// discontinuous transmission (the page's) spend much on speech and next to nothing on silence.
const SPEECH: u8 = 30;
const SILENCE: u8 = 127;
/// Packets of 20 ms that are shorter are silence, or noise that nobody needs.
const SHORT: usize = 25;

/// Somebody who hears the room by WebSocket.
#[derive(Debug)]
pub(super) struct Ear {
    participant: ParticipantId,
    sounds: Arc<Sounds>,
    /// Streams of which something was sent.
    streams: Vec<(u32, TrackId)>,
}

/// A microphone that comes by WebSocket, as the publisher of an RTP stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voice {
    ssrc: u32,
    sequence: u16,
}

impl Worker {
    /// Somebody hears by WebSocket from now on, or no longer. Answered with what is heard so far.
    pub(super) fn hear(&mut self, at: RoomKey, participant: ParticipantId, sounds: Option<Arc<Sounds>>) {
        let Some(room) = self.rooms.get_mut(at) else { return };
        let known = room.ears.iter().position(|ear| ear.participant == participant);
        let former = known.map(|place| room.ears.swap_remove(place));
        let Some(sounds) = sounds else { return };
        let same = former.filter(|former| Arc::ptr_eq(&former.sounds, &sounds));
        let streams = same.map(|former| former.streams).unwrap_or_default();
        room.ears.push(Ear { participant, sounds, streams: streams.clone() });
        self.tell(at, Event::Sounds { participant, streams });
    }

    /// Keeps a packet of sound for who hears by WebSocket, until the turn is over. Of microphones only the loudest, as
    /// far as they say how loud they are (`levelled`).
    pub(super) fn reach_ears(&mut self, key: TrackKey, timestamp: u32, packet: &[u8], levelled: bool) {
        let Some(track) = self.tracks.get_mut(key) else { return };
        let (at, id, speaker) = (track.room, track.id, track.participant);
        let Some(room) = self.rooms.get_mut(at).filter(|room| !room.ears.is_empty()) else { return };
        let chosen = track.pinned() || room.speakers.chosen(speaker, id);
        if levelled && track.source == Source::Microphone && !chosen {
            return;
        }
        let stream = *track.stream.get_or_insert_with(|| {
            room.streams = room.streams.wrapping_add(1);
            room.streams
        });
        if !self.hearing.contains(&at) {
            self.hearing.push(at);
        }
        room.heard.push(speaker, id, &Heard { stream, timestamp, packet });
    }

    /// Hands what was heard in this turn to everybody who hears by WebSocket.
    pub(super) fn reach_sockets(&mut self, now: Instant) {
        while let Some(at) = self.hearing.pop() {
            self.reach_sockets_of(at, now);
        }
    }

    fn reach_sockets_of(&mut self, at: RoomKey, now: Instant) {
        let Some(room) = self.rooms.get_mut(at) else { return };
        let (mut news, counters) = (Vec::new(), &mut self.counters);
        let Room { ears, heard, tracks, .. } = room;
        ears.retain_mut(|ear| {
            let participant = ear.participant;
            let own = || of_others(heard, participant, tracks);
            let handed = ear.sounds.push(own().map(|message| message.bytes), now);
            let Some(Handed { sent, dropped }) = handed else { return false };
            counters.sounds_sent += sent;
            counters.sounds_dropped += dropped;
            let before = ear.streams.len();
            for message in own() {
                if !ear.streams.iter().any(|(known, _)| *known == message.stream) {
                    ear.streams.push((message.stream, message.track));
                }
            }
            if ear.streams.len() > before {
                news.push((participant, ear.streams.clone()));
            }
            true
        });
        heard.clear();
        for (participant, streams) in news {
            self.tell(at, Event::Sounds { participant, streams });
        }
    }

    /// A track has ended: who heard it by WebSocket is told.
    pub(super) fn hush(&mut self, at: RoomKey, track: TrackId) {
        let Some(room) = self.rooms.get_mut(at) else { return };
        let mut news = Vec::new();
        for ear in room.ears.iter_mut().filter(|ear| ear.streams.iter().any(|(_, known)| *known == track)) {
            ear.streams.retain(|(_, known)| *known != track);
            news.push((ear.participant, ear.streams.clone()));
        }
        for (participant, streams) in news {
            self.tell(at, Event::Sounds { participant, streams });
        }
    }

    /// A participant's microphone comes by WebSocket from now on.
    pub(super) fn speak(&mut self, room_key: RoomKey, participant: ParticipantId, id: TrackId, now: Instant) {
        let Some(room) = self.rooms.get_mut(room_key) else { return };
        let known = room.tracks.get(&id).copied();
        room.members.entry(participant).or_default().voice = Some(id);
        let fits = |track: &Track| track.participant == participant && track.codec == Codec::Opus;
        if let Some(key) = known {
            match self.tracks.get(key) {
                Some(track) if track.voice.is_some() => return,
                Some(track) if fits(track) => return self.begin_voice(key),
                Some(_) | None => self.end_track(key, now),
            }
        }
        let published = Published {
            id,
            room: room_key,
            participant,
            source: Source::Microphone,
            publisher: NO_CONNECTION,
            codec: Codec::Opus,
            clock_rate: OPUS_RATE,
            repairs: false,
        };
        let key = self.tracks.insert(Track::new(published, &[]));
        if let Some(room) = self.rooms.get_mut(room_key) {
            room.tracks.insert(id, key);
        }
        self.begin_voice(key);
        self.relay_track(key);
        self.offer_to_waiting(room_key, &[id], now);
    }

    /// The track's packets come by WebSocket, not by the connection they came by until now.
    fn begin_voice(&mut self, key: TrackKey) {
        let Some(track) = self.tracks.get_mut(key) else { return };
        let former = std::mem::replace(&mut track.publisher, NO_CONNECTION);
        let voice = Voice { ssrc: random_u32(), sequence: random_u16() };
        track.unbind();
        track.repairs = false;
        track.voice = Some(voice);
        track.layers.iter_mut().for_each(|layer| layer.ssrc = Some(voice.ssrc));
        if let Some(connection) = self.connections.get_mut(former) {
            connection.forget_track(key);
        }
    }

    /// The track's packets come by this connection from now on, whatever they came by before.
    pub(super) fn take_over(&mut self, key: TrackKey, publisher: ConnectionKey, repairs: bool) {
        if let Some(track) = self.tracks.get_mut(key).filter(|track| track.voice.is_some()) {
            track.voice = None;
            track.publisher = publisher;
            track.repairs = repairs;
            track.unbind();
        }
    }

    /// Somebody leaves, whose microphone came by WebSocket: no connection takes it along.
    pub(super) fn silence(&mut self, room: RoomKey, participant: ParticipantId, now: Instant) {
        let Some(room) = self.rooms.get_mut(room) else { return };
        room.ears.retain(|ear| ear.participant != participant);
        let voice = room.members.get(&participant).and_then(|member| member.voice);
        let Some(key) = voice.and_then(|id| room.tracks.get(&id)).copied() else { return };
        if self.tracks.get(key).is_some_and(|track| track.voice.is_some()) {
            self.end_track(key, now);
        }
    }

    /// One Opus packet of such a microphone becomes an RTP packet like any other.
    pub(super) fn voice(
        &mut self,
        room: RoomKey,
        participant: ParticipantId,
        timestamp: u32,
        packet: &[u8],
        now: Instant,
    ) {
        let Some((key, voice)) = self.next_of_voice(room, participant) else {
            self.counters.sounds_refused += 1;
            return;
        };
        let Some(fixed) = Codec::Opus.fixed() else { return };
        let mut bytes = [0; FIXED + MAX_PACKET];
        let Some(bytes) = write(&mut bytes, voice, fixed.payload_type, timestamp, packet) else { return };
        let Some(header) = Header::parse(bytes) else { return };
        let level = if packet.len() < SHORT { SILENCE } else { SPEECH };
        let mut extensions = Block::new(false);
        if let Some(id) = Extension::AudioLevel.fixed_id() {
            extensions.push(id, &[level]);
        }
        self.counters.sounds_taken += 1;
        let media = Media {
            source: SourceRef { track: key, layer: 0, repair: false },
            header: &header,
            bytes,
            sequence: voice.sequence,
            payload_type: fixed.payload_type,
            blocks: Blocks::alone(packet),
        };
        self.media(&media, &Translated { extensions, level: Some(level), dependency: None }, now);
    }

    /// The participant's microphone, one packet further.
    fn next_of_voice(&mut self, room: RoomKey, participant: ParticipantId) -> Option<(TrackKey, Voice)> {
        let room = self.rooms.get(room)?;
        let key = *room.tracks.get(&room.members.get(&participant)?.voice?)?;
        let voice = self.tracks.get_mut(key)?.voice.as_mut()?;
        voice.sequence = voice.sequence.wrapping_add(1);
        Some((key, *voice))
    }
}

/// What a participant hears of a turn: nothing of themselves, and nothing that has ended meanwhile, as they were told.
fn of_others<'h>(
    heard: &'h Batch,
    participant: ParticipantId,
    tracks: &'h FxHashMap<TrackId, TrackKey>,
) -> impl Iterator<Item = Message<'h>> {
    let wanted =
        move |message: &Message<'_>| message.speaker != participant && tracks.contains_key(&message.track);
    heard.messages().filter(wanted)
}

/// Writes the RTP packet of a voice; gives what was written.
fn write<'b>(
    out: &'b mut [u8],
    voice: Voice,
    payload_type: u8,
    timestamp: u32,
    packet: &[u8],
) -> Option<&'b [u8]> {
    let out = out.get_mut(..FIXED + packet.len())?;
    let (header, payload) = out.split_first_chunk_mut::<FIXED>()?;
    let ([s0, s1], [t0, t1, t2, t3]) = (voice.sequence.to_be_bytes(), timestamp.to_be_bytes());
    let [i0, i1, i2, i3] = voice.ssrc.to_be_bytes();
    *header = [0x80, payload_type, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3];
    payload.copy_from_slice(packet);
    Some(out)
}
