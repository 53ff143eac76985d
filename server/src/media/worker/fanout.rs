//! From the rings to the subscribers: rewritten, sealed into the outbox, sent.

use std::{net::UdpSocket, time::Instant};

use super::{
    Panicked, TrackKey, Worker,
    connection::Way,
    count_flush,
    pending::Run,
    queue::Stream,
    track::{Layer, Track},
};
use crate::media::{
    Counters,
    batch::{Outbox, Worth},
    codec::Patch,
    forward::Subscription,
    packet::{MAX_HEADER, Outgoing},
    resend::Copied,
    ring::{Packet, Position, Ring, SLOT},
    srtp::SealContext,
};

/// Packets of a keyframe that may have come before its first one.
const KEYFRAME: u64 = 128;
/// Packets of pictures sealed before sound and everything else get their turn: about two milliseconds.
const SLICE: usize = 1024;

impl Worker {
    /// Sends what came in since the last time, subscriber by subscriber, so that one subscriber's run of packets
    /// lies together. Sound goes first; pictures wait for the end of their frame, and those for many leave in slices.
    pub(super) fn fan_out(&mut self, now: Instant) {
        self.fan_out_at = None;
        let mut dirty = std::mem::take(&mut self.dirty);
        let mut left = SLICE;
        for pictures in [false, true] {
            for key in dirty.iter().copied() {
                let Some(track) = self.tracks.get(key).filter(|track| track.video() == pictures) else {
                    continue;
                };
                let subscribers = track.subscriptions.len();
                let until = match track.pending.worth_waiting(subscribers, now).filter(|_| pictures) {
                    None if left == 0 => now,
                    Some(until) => until,
                    None => match self.guard(|worker| worker.fan_out_track(key, &mut left, now)) {
                        Ok(Some(until)) => until,
                        Ok(None) => continue,
                        Err(Panicked) => {
                            let _ = self.guard(|worker| worker.end_track(key, now));
                            continue;
                        }
                    },
                };
                self.fan_out_at = Some(self.fan_out_at.map_or(until, |at| at.min(until)));
            }
        }
        dirty.retain(|key| self.tracks.get(*key).is_some_and(|track| !track.pending.is_empty()));
        self.dirty = dirty;
    }

    /// `left`: packets that may still be sealed in this turn. Gives when to go on, when that was not enough.
    fn fan_out_track(&mut self, key: TrackKey, left: &mut usize, now: Instant) -> Option<Instant> {
        let from = self.tracks.get(key)?.pending.resumes();
        if from.is_none() {
            // First, so that the other workers are at it at the same time.
            self.relay_packets(key);
        }
        let track = self.tracks.get_mut(key)?;
        let video = track.video();
        let Track { layers, subscriptions, pending, .. } = track;
        let mut exit = Exit { outbox: &mut self.outbox, socket: &self.socket, counters: &mut self.counters };
        for (slot, subscription) in subscriptions.iter_mut().skip_while(|(slot, _)| Some(*slot) < from) {
            if *left == 0 {
                pending.interrupt(slot);
                self.pace(now);
                return Some(now);
            }
            let Some(connection) = self.connections.get_mut(subscription.connection) else { continue };
            let Some(mut way) = connection.way() else { continue };
            if video {
                way.go_on(now);
            }
            for run in pending.runs() {
                let Ok(layer) = u8::try_from(run.layer) else { continue };
                if !subscription.takes(layer) || run.quiet && !subscription.pinned {
                    continue;
                }
                let Some(state) = layers.get_mut(run.layer) else { continue };
                let Some(ring) = state.ring.as_ref() else { continue };
                for position in run.from..run.to {
                    if video && !way.is_open() {
                        let stream = Stream { track: key, slot, ssrc: subscription.terms.ssrc };
                        let rest = Run { from: position, ..*run };
                        if way.wait(stream, rest, is_keyframe(ring, rest), now) {
                            self.pacing.push(subscription.connection);
                        }
                        break;
                    }
                    exit.forward_at(subscription, &mut way, ring, (layer, position), now);
                    *left = left.saturating_sub(usize::from(video));
                }
                if subscription.needs_keyframe(layer, state.epoch) {
                    state.keyframes.want();
                }
            }
        }
        let more = pending.finish();
        self.pace(now);
        more.then_some(now)
    }

    /// Answers a NACK: seals the packets again that are still there. Those of pictures wait for their turn.
    pub(super) fn resend(
        &mut self,
        key: TrackKey,
        slot: usize,
        sequences: impl Iterator<Item = u16>,
        now: Instant,
    ) {
        let Some(track) = self.tracks.get_mut(key) else { return };
        let video = track.video();
        let Track { layers, subscriptions, .. } = track;
        let Some(subscription) = subscriptions.get_mut(slot) else { return };
        let Some(connection) = self.connections.get_mut(subscription.connection) else { return };
        let Some(mut way) = connection.way() else { return };
        way.go_on(now);
        let mut exit = Exit { outbox: &mut self.outbox, socket: &self.socket, counters: &mut self.counters };
        for sequence in sequences {
            if !video || way.is_open() {
                exit.resend(subscription, &mut way, layers, sequence, now);
                continue;
            }
            let stream = Stream { track: key, slot, ssrc: subscription.terms.ssrc };
            if way.repair_later(stream, sequence) {
                self.pacing.push(subscription.connection);
            }
        }
        self.pace(now);
    }
}

/// Where packets leave, and what is counted of it.
pub(super) struct Exit<'w> {
    pub(super) outbox: &'w mut Outbox,
    pub(super) socket: &'w UdpSocket,
    pub(super) counters: &'w mut Counters,
}

impl Exit<'_> {
    /// Sends a subscriber a packet of its track, if it gets it; `place`: its layer and where it lies there.
    pub(super) fn forward(
        &mut self,
        subscription: &mut Subscription,
        way: &mut Way<'_>,
        packet: &Packet<'_>,
        place: (u8, Position),
        now: Instant,
    ) {
        let worth = if !subscription.terms.video {
            Worth::Sound
        } else if packet.kept.picture.keyframe {
            Worth::Keyframe
        } else {
            Worth::Picture
        };
        let transport = subscription.terms.transport;
        let forwarded = subscription.forward(packet, place.0, place.1, now);
        let Some((mut outgoing, rollover)) = forwarded else { return };
        outgoing.transport = way.number(transport, packet.payload.len(), now);
        make_room(self.outbox, self.socket, self.counters);
        if let Some(len) = seal_into(way.seal, &outgoing, rollover, packet.payload, self.outbox.room()) {
            self.outbox.commit(way.to, len, worth);
        }
    }

    /// Sends a subscriber what lies at a position. Where its stream begins with that, the packets that follow may have
    /// come before: the first one of a keyframe was lost on its way here and repaired. They go with it.
    pub(super) fn forward_at(
        &mut self,
        subscription: &mut Subscription,
        way: &mut Way<'_>,
        ring: &Ring,
        (layer, position): (u8, Position),
        now: Instant,
    ) {
        let Some(packet) = ring.get(position) else { return };
        let (epoch, index) = (packet.kept.epoch, packet.kept.index);
        let follows = subscription.follows(epoch);
        self.forward(subscription, way, &packet, (layer, position), now);
        if follows || !subscription.terms.video || !subscription.follows(epoch) {
            return;
        }
        for earlier in position.saturating_sub(KEYFRAME)..position {
            let next = |packet: &Packet<'_>| packet.kept.epoch == epoch && packet.kept.index > index;
            if let Some(packet) = ring.get(earlier).filter(next) {
                self.forward(subscription, way, &packet, (layer, earlier), now);
            }
        }
    }

    /// Sends a subscriber again what it reports lost, when it may have it and it is still there.
    pub(super) fn resend(
        &mut self,
        subscription: &mut Subscription,
        way: &mut Way<'_>,
        layers: &[Layer],
        sequence: u16,
        now: Instant,
    ) {
        let Some(lost) = subscription.lost(sequence, now) else { return };
        let ring = layers.get(usize::from(lost.shape.layer)).and_then(Layer::ring);
        let Some(packet) = ring.and_then(|ring| ring.get(ring.position(lost.position))) else { return };
        // Who asks for it misses it: as dear as a keyframe.
        let worth = if subscription.terms.video { Worth::Keyframe } else { Worth::Sound };
        let number = way.number(subscription.terms.transport, packet.payload.len(), now);
        make_room(self.outbox, self.socket, self.counters);
        if let Some(len) = seal_again(way.seal, subscription, &lost, &packet, number, self.outbox.room()) {
            self.outbox.commit(way.to, len, worth);
            self.counters.resent += 1;
            subscription.delivered.repaired += 1;
        }
    }
}

/// Whether these packets are of a keyframe, or lead to one.
fn is_keyframe(ring: &Ring, run: Run) -> bool {
    let keyframe = |position| ring.get(position).is_some_and(|packet| packet.kept.picture.keyframe);
    let Some(first) = ring.get(run.from).map(|packet| packet.kept.timestamp) else { return false };
    let same_frame =
        |position: &Position| ring.get(*position).is_some_and(|packet| packet.kept.timestamp == first);
    (run.from..run.to).any(keyframe) || (0..run.from).rev().take_while(same_frame).any(keyframe)
}

/// What a packet has besides its payload: header, extensions, tag.
pub(super) const BESIDE: usize = 44;

pub(super) fn make_room(outbox: &mut Outbox, socket: &UdpSocket, counters: &mut Counters) {
    if outbox.is_full() {
        count_flush(counters, outbox.flush(socket));
    }
}

fn seal_into(
    seal: &SealContext,
    outgoing: &Outgoing<'_>,
    rollover: u32,
    payload: &[u8],
    out: &mut [u8],
) -> Option<usize> {
    let mut header = [0; MAX_HEADER];
    let len = outgoing.write(&mut header)?;
    let header = header.get(..len)?;
    if outgoing.patch.is_empty() {
        return seal.seal_rtp_into(header, payload, rollover, out).ok();
    }
    let mut patched = [0; SLOT];
    let patched = patched.get_mut(..payload.len())?;
    patched.copy_from_slice(payload);
    outgoing.patch.apply(patched);
    seal.seal_rtp_into(header, patched, rollover, out).ok()
}

fn seal_again(
    seal: &SealContext,
    subscription: &mut Subscription,
    lost: &Copied,
    packet: &Packet<'_>,
    transport: Option<(u8, u16)>,
    out: &mut [u8],
) -> Option<usize> {
    let (mut outgoing, rollover, original) = subscription.resend(lost, packet)?;
    outgoing.transport = transport;
    let Some(original) = original else { return seal_into(seal, &outgoing, rollover, packet.payload, out) };
    let mut payload = [0; SLOT + 2];
    let used = payload.get_mut(..packet.payload.len() + 2)?;
    let (prefix, rest) = used.split_first_chunk_mut::<2>()?;
    *prefix = original.to_be_bytes();
    rest.copy_from_slice(packet.payload);
    outgoing.patch.apply(rest);
    let outgoing = Outgoing { patch: Patch::default(), ..outgoing };
    seal_into(seal, &outgoing, rollover, used, out)
}
