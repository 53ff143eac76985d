//! Packets from publishers: opened once, understood once, kept once.

use std::{net::SocketAddr, time::Instant};

use super::{
    ConnectionKey, Worker,
    arrival::audible,
    publisher::SourceRef,
    track::Track,
    translation::{Translated, translate},
};
use crate::media::{
    Event,
    codec::{self, Picture, dependency},
    packet::Header,
    receive::Arrival,
    red::{Blocks, PLAIN, REACH, REDUNDANT},
    ring::{Kept, SLOT},
    srtp::SrtpError,
};

/// A decrypted packet of a known source, RTX undone.
pub(super) struct Media<'p> {
    pub(super) source: SourceRef,
    pub(super) header: &'p Header,
    pub(super) bytes: &'p [u8],
    pub(super) sequence: u16,
    pub(super) payload_type: u8,
    /// What is forwarded, and what sound says once more besides.
    pub(super) blocks: Blocks<'p>,
}

impl<'p> Media<'p> {
    pub(super) fn payload(&self) -> &'p [u8] {
        self.blocks.primary
    }
}

impl Worker {
    pub(super) fn rtp(&mut self, from: SocketAddr, datagram: &mut [u8], now: Instant) {
        let Some(key) = self.by_address.get(&from).copied() else {
            self.counters.strangers += 1;
            return;
        };
        let Some(header) = Header::parse(datagram) else {
            self.counters.malformed += 1;
            return;
        };
        if let Some((source, length)) = self.open(key, from, &header, datagram, now)
            && let Some(packet) = datagram.get(..length)
            && self.admits(key, length, now)
        {
            self.opened(key, source, &header, packet, now);
        }
    }

    /// Cuts a publisher back that sends far more than it may. Only what proved authentic counts, so that nobody can use
    /// up somebody else's allowance.
    fn admits(&mut self, key: ConnectionKey, length: usize, now: Instant) -> bool {
        let bitrate = self.settings.limits.publish_bitrate;
        let Some(connection) = self.connections.get_mut(key) else { return false };
        let (room, participant) = (connection.room, connection.participant);
        let Some(publisher) = connection.publisher() else { return false };
        if publisher.allowance.admits(length, bitrate, now) {
            return true;
        }
        self.counters.excess += 1;
        if publisher.allowance.tells(now) {
            self.tell(room, Event::Excess { participant });
        }
        false
    }

    /// Finds out whose packet it is and decrypts it; an SSRC learnt from a header extension counts only once its
    /// packet proved authentic.
    fn open(
        &mut self,
        key: ConnectionKey,
        from: SocketAddr,
        header: &Header,
        datagram: &mut [u8],
        now: Instant,
    ) -> Option<(SourceRef, usize)> {
        let connection = self.connections.get_mut(key)?;
        let (Some(publisher), Some(open)) = (half_publisher(&mut connection.half), connection.open.as_mut())
        else {
            self.counters.unnegotiated += 1;
            return None;
        };
        let known = publisher.sources.get(&header.ssrc).copied();
        let source = match known {
            Some(source) => source,
            None => match publisher.learn(header, datagram, &self.tracks) {
                Some(source) if open.allow(header.ssrc).is_ok() => source,
                Some(_) | None => {
                    self.counters.unnegotiated += 1;
                    return None;
                }
            },
        };
        match open.open_rtp(datagram) {
            Ok(opened) => {
                let roamed = connection.heard(from, now);
                if let Some(publisher) = half_publisher(&mut connection.half) {
                    publisher.arrived(header, datagram, now);
                }
                if known.is_none() {
                    self.learnt(key, header.ssrc, source);
                }
                if roamed {
                    self.drain_control(key, now);
                }
                Some((source, opened.length))
            }
            Err(error) => {
                if known.is_none() {
                    open.forget(header.ssrc);
                }
                match error {
                    SrtpError::Replayed => self.counters.replayed += 1,
                    SrtpError::Malformed => self.counters.malformed += 1,
                    SrtpError::Unauthentic
                    | SrtpError::UnknownSsrc(_)
                    | SrtpError::Unencrypted
                    | SrtpError::TooManySsrcs
                    | SrtpError::NoRoom
                    | SrtpError::Exhausted
                    | SrtpError::BadKey => self.counters.unauthentic += 1,
                }
                None
            }
        }
    }

    /// Binds an SSRC to its layer, in place of the one it had.
    pub(super) fn learnt(&mut self, key: ConnectionKey, ssrc: u32, source: SourceRef) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        let Some(publisher) = half_publisher(&mut connection.half) else { return };
        let replaced: Vec<u32> = publisher
            .sources
            .iter()
            .filter_map(|(other, known)| (*known == source && *other != ssrc).then_some(*other))
            .collect();
        for other in replaced {
            publisher.sources.remove(&other);
            if let Some(open) = &mut connection.open {
                open.forget(other);
            }
        }
        publisher.sources.insert(ssrc, source);
        if source.repair {
            return;
        }
        let Some(track) = self.tracks.get_mut(source.track) else { return };
        let clock_rate = track.clock_rate;
        if let Some(layer) = track.layers.get_mut(source.layer)
            && layer.ssrc != Some(ssrc)
        {
            // Another SSRC has nothing to do with the sequence numbers before it.
            layer.receive = crate::media::receive::Receive::new(clock_rate);
            layer.to_wall = None;
            layer.ssrc = Some(ssrc);
        }
        if track.takes(source.layer) {
            track.want_keyframe_of(source.layer);
        }
    }

    pub(super) fn opened(
        &mut self,
        key: ConnectionKey,
        source: SourceRef,
        header: &Header,
        packet: &[u8],
        now: Instant,
    ) {
        let Some(publisher) = self.connections.get(key).and_then(|connection| match &connection.half {
            super::connection::Half::Publish(publisher) => Some(publisher),
            super::connection::Half::Subscribe(_) => None,
        }) else {
            return;
        };
        let Some(payload) = header.payload(packet) else {
            self.counters.malformed += 1;
            return;
        };
        let Some(section) = publisher.section_of(source.track) else { return };
        let media = if source.repair {
            // RFC 4588 §4: the original sequence number comes first. Without a payload it is a probe.
            let [high, low, payload @ ..] = payload else { return };
            if payload.is_empty() || Some(header.payload_type) != section.rtx {
                return;
            }
            let sequence = u16::from_be_bytes([*high, *low]);
            let (payload_type, blocks) = (section.payload_type, Blocks::alone(payload));
            Media { source, header, bytes: packet, sequence, payload_type, blocks }
        } else {
            let (sequence, payload_type) = (header.sequence, section.payload_type);
            let blocks = if header.payload_type == payload_type {
                Blocks::alone(payload)
            } else if Some(header.payload_type) != section.red {
                self.counters.unnegotiated += 1;
                return;
            } else if let Some(blocks) = Blocks::read(payload, payload_type) {
                blocks
            } else {
                self.counters.malformed += 1;
                return;
            };
            Media { source, header, bytes: packet, sequence, payload_type, blocks }
        };
        let Some(track) = self.tracks.get(source.track) else { return };
        // Each encoding of a simulcast counts its frames apart, and a subscriber sees one stream: its payload says it.
        let simulcast = track.simulcast();
        let told = translate(header, packet, &publisher.meanings, simulcast);
        self.media(&media, &told, now);
    }

    pub(super) fn media(&mut self, media: &Media<'_>, told: &Translated<'_>, now: Instant) {
        let key = media.source.track;
        let Some(track) = self.tracks.get_mut(key) else { return };
        let Some((index, picture)) = arrive(track, media, told.dependency, now) else {
            self.counters.replayed += 1;
            return;
        };
        if media.source.repair {
            self.counters.recovered += 1;
        }
        let layer = media.source.layer;
        let simulcast = track.simulcast();
        // Who gets a voice without copies is reckoned with a little too much.
        let copied = track.source.is_audio() && track.forwards(usize::from(REDUNDANT));
        let size = if copied { media.blocks.len() } else { media.payload().len() };
        let Some(state) = track.layers.get_mut(layer) else { return };
        state.arrived.packets += 1;
        state.arrived.bytes += media.payload().len() as u64;
        state.arrived.repaired += u64::from(media.source.repair);
        if track.muted || state.muted_until.is_some_and(|until| index <= until) {
            return;
        }
        let (epoch, to_wall, ssrc) = (state.epoch, state.to_wall, state.ssrc.unwrap_or(media.header.ssrc));
        if picture.keyframe && !track.source.is_audio() {
            state.keyframes.arrived();
            let sizes = codec::sizes(track.codec, media.payload(), state.structure.as_deref());
            track.sized(layer, sizes);
        }
        track.arrived(layer, &picture, media.header.marker, size, now);
        let audible = audible(track, &mut self.rooms, told.level, now);
        if audible && track.source.is_audio() {
            self.reach_ears(key, media.header.timestamp, media.payload(), told.level.is_some());
        }
        let Some(track) = self.tracks.get_mut(key) else { return };
        track.heard = if audible { Some(now) } else { track.heard };
        let (timestamp, marker) = (media.header.timestamp, media.header.marker);
        let kept = Kept { epoch, index, timestamp, marker, to_wall, picture };
        if !audible && !track.pinned() {
            self.counters.unheard += 1;
        } else {
            match keep(track, media, &kept, told, !audible, now) {
                Some(true) => self.dirty.push(key),
                Some(false) => {}
                None => self.counters.malformed += 1,
            }
        }
        let encoding = u8::try_from(layer).unwrap_or(u8::MAX);
        let first =
            (!std::mem::replace(&mut track.live, true)).then_some((track.room, track.id, track.codec));
        if track.follow.packet(encoding, picture.keyframe || !simulcast) || !simulcast {
            self.copy(key, media, ssrc, now);
        }
        if let Some((room, track, codec)) = first {
            self.tell(room, Event::TrackLive { track, codec });
        }
    }
}

pub(super) fn half_publisher(half: &mut super::connection::Half) -> Option<&mut super::publisher::Publisher> {
    match half {
        super::connection::Half::Publish(publisher) => Some(publisher),
        super::connection::Half::Subscribe(_) => None,
    }
}

/// Keeps a packet in every encoding that somebody receives, to be fanned out: to nobody but who has its speaker large
/// when it is `quiet`. `true` when it is the track's first since the last time, `None` when it is too long to be kept.
fn keep(
    track: &mut Track,
    media: &Media<'_>,
    kept: &Kept,
    told: &Translated<'_>,
    quiet: bool,
    now: Instant,
) -> Option<bool> {
    let layer = media.source.layer;
    let mut first = false;
    let mut add = |track: &mut Track, layer, payload: &[u8]| {
        let position = track.ring_mut(layer)?.push(*kept, &told.extensions, payload)?;
        first |= track.pending.add(quiet, layer, position, kept.marker, now);
        Some(())
    };
    if track.forwards(layer) {
        add(track, layer, media.payload())?;
    }
    let redundant = usize::from(REDUNDANT);
    if track.source.is_audio() && track.forwards(redundant) {
        // Right after a mute the copies are of what nobody was to hear.
        let until = track.layers.get(usize::from(PLAIN)).and_then(|plain| plain.muted_until);
        let clean = until.is_none_or(|until| kept.index > until + REACH);
        let blocks = if clean { media.blocks } else { Blocks::alone(media.payload()) };
        let mut room = [0; SLOT];
        let payload = blocks.write(track.codec.fixed()?.payload_type, &mut room)?;
        add(track, redundant, payload)?;
    }
    Some(first)
}

/// The source's index of a packet that is new, and what it is in its stream.
fn arrive(
    track: &mut Track,
    media: &Media<'_>,
    dependency: Option<&[u8]>,
    now: Instant,
) -> Option<(u64, Picture)> {
    let layer = track.layers.get_mut(media.source.layer)?;
    if !media.source.repair {
        layer.receive.time(media.header.timestamp, now);
    }
    let index = match layer.receive.packet(media.sequence, media.source.repair, now) {
        Arrival::New { index } => index,
        Arrival::Restart { index } => {
            let epoch = track.next_epoch();
            // Nobody can decode what follows but from a keyframe; should this packet be one, it counts right away.
            if track.takes(media.source.layer) {
                track.want_keyframe_of(media.source.layer);
            }
            let layer = track.layers.get_mut(media.source.layer)?;
            layer.epoch = epoch;
            layer.muted_until = None;
            index
        }
        Arrival::Old => return None,
    };
    let layer = track.layers.get_mut(media.source.layer)?;
    let frame = dependency.and_then(|descriptor| dependency::read(descriptor, &mut layer.structure));
    Some((index, codec::read(track.codec, media.payload(), media.header.marker, frame.as_ref())))
}
