//! From the rings to the subscribers: rewritten, sealed into the outbox, sent.

use std::{net::UdpSocket, time::Instant};

use super::{Panicked, TrackKey, Worker, count_flush, track::Track};
use crate::media::{
    Counters,
    batch::{Outbox, Worth},
    codec::Patch,
    estimate::Estimator,
    forward::Subscription,
    packet::{MAX_HEADER, Outgoing},
    resend::{Copied, Packet, SLOT},
    srtp::SealContext,
};

impl Worker {
    /// Sends what came in since the last time, subscriber by subscriber, so that one subscriber's run of packets
    /// lies together. Sound goes first; pictures wait for the end of their frame.
    pub(super) fn fan_out(&mut self, now: Instant) {
        self.fan_out_at = None;
        let mut dirty = std::mem::take(&mut self.dirty);
        for pictures in [false, true] {
            for key in dirty.iter().copied() {
                let Some(track) = self.tracks.get(key).filter(|track| track.video() == pictures) else {
                    continue;
                };
                let subscribers = track.subscriptions.len();
                if let Some(until) = track.pending.worth_waiting(subscribers, now).filter(|_| pictures) {
                    self.fan_out_at = Some(self.fan_out_at.map_or(until, |at| at.min(until)));
                } else if let Err(Panicked) = self.guard(|worker| worker.fan_out_track(key, now)) {
                    let _ = self.guard(|worker| worker.end_track(key, now));
                }
            }
        }
        dirty.retain(|key| self.tracks.get(*key).is_some_and(|track| !track.pending.is_empty()));
        self.dirty = dirty;
    }

    fn fan_out_track(&mut self, key: TrackKey, now: Instant) {
        // First, so that the other workers are at it at the same time.
        self.relay_packets(key);
        let Some(track) = self.tracks.get_mut(key) else { return };
        let video = track.video();
        let Track { layers, subscriptions, pending, .. } = track;
        for (_, subscription) in subscriptions {
            let Some(connection) = self.connections.get_mut(subscription.connection) else { continue };
            let Some((seal, to, mut estimator)) = connection.way() else { continue };
            let transport = subscription.terms.transport;
            for run in pending.runs() {
                let Ok(layer) = u8::try_from(run.layer) else { continue };
                if !subscription.takes(layer) {
                    continue;
                }
                let Some(state) = layers.get_mut(run.layer) else { continue };
                let Some(ring) = state.ring.as_ref() else { continue };
                for position in run.from..run.to {
                    let Some(packet) = ring.get(position) else { continue };
                    let forwarded = subscription.forward(&packet, layer, position, now);
                    let Some((mut outgoing, rollover)) = forwarded else { continue };
                    let worth = if !video {
                        Worth::Sound
                    } else if packet.kept.picture.keyframe {
                        Worth::Keyframe
                    } else {
                        Worth::Picture
                    };
                    outgoing.transport =
                        number(transport, estimator.as_deref_mut(), packet.payload.len(), now);
                    make_room(&mut self.outbox, &self.socket, &mut self.counters);
                    if let Some(len) =
                        seal_into(seal, &outgoing, rollover, packet.payload, self.outbox.room())
                    {
                        self.outbox.commit(to, len, worth);
                    }
                }
                if subscription.needs_keyframe(layer, state.epoch) {
                    state.keyframes.want();
                }
            }
        }
        pending.clear();
    }

    /// Answers a NACK: seals the packets again that are still there.
    pub(super) fn resend(&mut self, track: TrackKey, slot: usize, sequences: &[u16], now: Instant) {
        let Some(track) = self.tracks.get_mut(track) else { return };
        // Who asks for it misses it: as dear as a keyframe.
        let worth = if track.video() { Worth::Keyframe } else { Worth::Sound };
        let Track { layers, subscriptions, .. } = track;
        let Some(subscription) = subscriptions.get_mut(slot) else { return };
        let Some(connection) = self.connections.get_mut(subscription.connection) else { return };
        let Some((seal, to, mut estimator)) = connection.way() else { return };
        let transport = subscription.terms.transport;
        for sequence in sequences {
            let Some(lost) = subscription.lost(*sequence, now) else { continue };
            let ring = layers.get(usize::from(lost.shape.layer)).and_then(super::track::Layer::ring);
            let Some(packet) = ring.and_then(|ring| ring.get(ring.position(lost.position))) else { continue };
            let number = number(transport, estimator.as_deref_mut(), packet.payload.len(), now);
            make_room(&mut self.outbox, &self.socket, &mut self.counters);
            if let Some(len) = seal_again(seal, subscription, &lost, &packet, number, self.outbox.room()) {
                self.outbox.commit(to, len, worth);
                self.counters.resent += 1;
            }
        }
    }
}

/// What a packet has besides its payload: header, extensions, tag.
pub(super) const BESIDE: usize = 44;

/// The number that a packet bears among all of its connection, told to the estimator.
fn number(
    id: Option<u8>,
    estimator: Option<&mut Estimator>,
    payload: usize,
    now: Instant,
) -> Option<(u8, u16)> {
    Some((id?, estimator?.stamp(payload + BESIDE, now)))
}

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
