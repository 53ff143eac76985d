//! Publish connections: the client offers, the worker answers and learns which packets belong to which track.

use std::time::Instant;

use signaling::{
    id::{ParticipantId, TrackId},
    protocol::media::Connection as Role,
};

use super::{
    ConnectionKey, RoomKey, TrackKey, Worker,
    connection::{Comparison, Half},
    publisher::{MAX_SOURCES, PublishedSection, Publisher, SourceRef},
    track::{Published, Track},
};
use crate::media::{
    MediaRefusal, PublishedTrack,
    control::PeerControl,
    sdp::{self, AcceptedSection, Description, Direction, Feedback, Kind, OfferedCodec, Section},
};

/// A track of an offer, checked.
struct Chosen<'d> {
    asked: &'d PublishedTrack,
    section: &'d Section,
    codec: &'d OfferedCodec,
}

impl Worker {
    /// Takes the client's offer; gives the answer.
    pub(super) fn publish(
        &mut self,
        room: RoomKey,
        participant: ParticipantId,
        offer: &str,
        tracks: &[PublishedTrack],
        now: Instant,
    ) -> Result<String, MediaRefusal> {
        let description = sdp::parse(offer).map_err(|error| Self::bad_sdp(&error))?;
        let chosen = self.choose(room, participant, &description, tracks)?;
        let key = self.publish_connection(room, participant, &description, tracks, now)?;
        self.end_unlisted(key, tracks, now);
        let mut sections = Vec::new();
        let mut fresh = Vec::new();
        for chosen in &chosen {
            let (track, is_new) = self.place_track(room, participant, key, chosen, now);
            fresh.extend(is_new.then_some(chosen.asked.track));
            sections.push(PublishedSection {
                mid: chosen.section.mid.clone(),
                track,
                payload_type: chosen.codec.payload_type,
                rtx: chosen.codec.rtx,
                red: chosen.codec.red,
            });
        }
        if let Some(publisher) = self.connections.get_mut(key).and_then(|connection| connection.publisher()) {
            publisher.sections.clone_from(&sections);
            publisher.agree(&description, now);
        }
        self.bind_announced(key, &chosen, &sections);
        let answer = self.write_answer(key, &description, &chosen)?;
        self.drain_control(key, now);
        self.offer_to_waiting(room, &fresh, now);
        Ok(answer)
    }

    /// Checks what is asked against the description and the room.
    fn choose<'d>(
        &self,
        room: RoomKey,
        participant: ParticipantId,
        description: &'d Description,
        tracks: &'d [PublishedTrack],
    ) -> Result<Vec<Chosen<'d>>, MediaRefusal> {
        let limit = self.settings.limits.tracks_per_participant;
        if tracks.len() > limit {
            return Err(MediaRefusal::TooManyTracks(limit));
        }
        let mut chosen: Vec<Chosen<'d>> = Vec::new();
        for asked in tracks {
            let no_section = || MediaRefusal::NoSuchSection(asked.mid.clone());
            let twice = |other: &Chosen<'_>| other.asked.mid == asked.mid || other.asked.track == asked.track;
            if chosen.iter().any(twice) {
                return Err(no_section());
            }
            let wanted = if asked.source.is_audio() { Kind::Audio } else { Kind::Video };
            let sends = |section: &&Section| {
                section.mid == asked.mid
                    && section.kind == wanted
                    && !section.rejected
                    && matches!(section.direction, Direction::SendOnly | Direction::SendReceive)
            };
            let section = description.sections.iter().find(sends).ok_or_else(no_section)?;
            let codec = usable(section).ok_or_else(|| MediaRefusal::NoCodec(asked.mid.clone()))?;
            let known = self.rooms.get(room).and_then(|room| room.tracks.get(&asked.track));
            if known
                .and_then(|key| self.tracks.get(*key))
                .is_some_and(|track| track.participant != participant)
            {
                return Err(MediaRefusal::ForeignTrack);
            }
            chosen.push(Chosen { asked, section, codec });
        }
        Ok(chosen)
    }

    /// The participant's publish connection, made or restarted as the description demands.
    fn publish_connection(
        &mut self,
        room: RoomKey,
        participant: ParticipantId,
        description: &Description,
        tracks: &[PublishedTrack],
        now: Instant,
    ) -> Result<ConnectionKey, MediaRefusal> {
        let old = self.rooms.get(room).and_then(|room| room.connection(participant, Role::Publish));
        let comparison =
            old.and_then(|key| self.connections.get(key)).map(|old| old.compare(&description.remote));
        let key = match (old, comparison) {
            (Some(key), Some(Comparison::Same | Comparison::Unknown)) => key,
            (Some(key), Some(Comparison::Restart)) => {
                self.restart_ice(key);
                key
            }
            (old, Some(Comparison::Stranger) | None) | (old @ None, Some(_)) => {
                let half = Half::Publish(Publisher::default());
                let key = self.connect(room, participant, half, now).ok_or(MediaRefusal::Internal)?;
                if let Some(old) = old {
                    self.move_tracks(old, key, tracks);
                    self.drop_connection(old, now);
                }
                if let Some(room) = self.rooms.get_mut(room) {
                    room.joined(participant, Role::Publish, key);
                }
                key
            }
        };
        if let Some(connection) = self.connections.get_mut(key) {
            connection.set_remote(description.remote.clone());
        }
        Ok(key)
    }

    /// The client came back with a new connection: tracks it publishes again keep their subscribers.
    fn move_tracks(&mut self, old: ConnectionKey, new: ConnectionKey, tracks: &[PublishedTrack]) {
        for (_, track) in &mut self.tracks {
            if track.publisher == old && tracks.iter().any(|asked| asked.track == track.id) {
                track.publisher = new;
                track.unbind();
            }
        }
    }

    fn end_unlisted(&mut self, key: ConnectionKey, tracks: &[PublishedTrack], now: Instant) {
        let unlisted = |(at, track): (TrackKey, &Track)| {
            let listed = tracks.iter().any(|asked| asked.track == track.id);
            (track.publisher == key && !listed).then_some(at)
        };
        for at in self.tracks.iter().filter_map(unlisted).collect::<Vec<_>>() {
            self.end_track(at, now);
        }
    }

    /// The track as it is, or a new one when it is new or its encoding changed.
    fn place_track(
        &mut self,
        room: RoomKey,
        participant: ParticipantId,
        publisher: ConnectionKey,
        chosen: &Chosen<'_>,
        now: Instant,
    ) -> (TrackKey, bool) {
        let id: TrackId = chosen.asked.track;
        let (codec, rids) = (chosen.codec, &chosen.section.rids);
        let known = self.rooms.get(room).and_then(|room| room.tracks.get(&id)).copied();
        if let Some(key) = known
            && let Some(track) = self.tracks.get(key)
        {
            if track.codec == codec.codec && track.has_rids(rids) && track.source == chosen.asked.source {
                self.take_over(key, publisher, codec.feedback.contains(&Feedback::Nack));
                return (key, false);
            }
            self.end_track(key, now);
        }
        let published = Published {
            id,
            room,
            participant,
            source: chosen.asked.source,
            publisher,
            codec: codec.codec,
            clock_rate: codec.clock_rate,
            repairs: codec.feedback.contains(&Feedback::Nack),
        };
        let key = self.tracks.insert(Track::new(published, rids));
        if let Some(room) = self.rooms.get_mut(room) {
            room.tracks.insert(id, key);
        }
        self.relay_track(key);
        (key, true)
    }

    /// Binds the SSRCs that the description announces; with simulcast they are learnt from packets.
    fn bind_announced(&mut self, key: ConnectionKey, chosen: &[Chosen<'_>], sections: &[PublishedSection]) {
        for (chosen, section) in chosen.iter().zip(sections) {
            if !chosen.section.rids.is_empty() {
                continue;
            }
            for (ssrc, repair) in [(chosen.section.ssrc, false), (chosen.section.rtx_ssrc, true)] {
                let Some(ssrc) = ssrc else { continue };
                let source = SourceRef { track: section.track, layer: 0, repair };
                self.bind(key, ssrc, source);
            }
        }
    }

    fn bind(&mut self, key: ConnectionKey, ssrc: u32, source: SourceRef) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        let Some(publisher) = connection.publisher() else { return };
        if publisher.sources.get(&ssrc) == Some(&source) || publisher.sources.len() >= MAX_SOURCES {
            return;
        }
        if let Some(open) = &mut connection.open
            && open.allow(ssrc).is_err()
        {
            return;
        }
        self.learnt(key, ssrc, source);
    }

    fn write_answer(
        &self,
        key: ConnectionKey,
        description: &Description,
        chosen: &[Chosen<'_>],
    ) -> Result<String, MediaRefusal> {
        let connection = self.connections.get(key).ok_or(MediaRefusal::Internal)?;
        let accept = |section: &Section| {
            let track = chosen.iter().find(|chosen| chosen.section.mid == section.mid);
            let codec = track.map_or_else(|| usable(section), |chosen| Some(chosen.codec))?;
            Some(AcceptedSection {
                mid: section.mid.clone(),
                payload_types: vec![codec.payload_type],
                active: track.is_some(),
                stereo: track.is_some_and(|chosen| {
                    chosen.asked.source == signaling::protocol::stage::Source::ScreenAudio
                }),
            })
        };
        let live = description.sections.iter().filter(|section| !section.rejected);
        let accepted: Vec<AcceptedSection> = live.filter_map(accept).collect();
        Ok(sdp::write_answer(
            connection.control.local(),
            &self.settings.certificate,
            &self.settings.candidates,
            description,
            &accepted,
        ))
    }
}

/// The codec taken of a section: the first the client prefers among those that can be forwarded.
fn usable(section: &Section) -> Option<&OfferedCodec> {
    section.codecs.iter().find(|offered| offered.codec.fixed().is_some())
}
