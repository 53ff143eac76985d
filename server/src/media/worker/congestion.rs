//! What goes over the network beside the media so that nobody sends more than it carries.

use std::time::Instant;

use super::{
    ConnectionKey, TrackKey, Worker,
    connection::Half,
    fanout::{BESIDE, make_room},
};
use crate::media::{
    batch::Worth,
    estimate::{Arrivals, TICK},
    packet::{MAX_HEADER, Outgoing},
    report::OWN_SSRC,
    srtp::SealContext,
};

/// The padding bit of a packet, and a payload that is padding only: its last byte says how much (RFC 3550 §5.1).
const PADDED: u8 = 0x20;
const PADDING: [u8; 255] = {
    let mut padding = [0; 255];
    padding[254] = 255;
    padding
};

/// An empty receiver report of ours: what every compound begins with (RFC 3550 §6.1).
pub(super) const NO_REPORT: [u8; 8] = {
    let [a, b, c, d] = OWN_SSRC.to_be_bytes();
    [0x80, 201, 0, 1, a, b, c, d]
};

impl Worker {
    /// Tells a publisher when its packets arrived, as often as its browser needs it.
    pub(super) fn tell_arrivals(&mut self, key: ConnectionKey, now: Instant) {
        let mut compound = [0; NO_REPORT.len() + Arrivals::LONGEST];
        // A message covers a part of what came; the last one leaves nothing due.
        loop {
            let Some(connection) = self.connections.get_mut(key) else { return };
            let Some((_, arrivals)) =
                connection.publisher().and_then(|publisher| publisher.arrivals.as_mut())
            else {
                return;
            };
            if !arrivals.due(now) {
                return;
            }
            let Some((report, message)) = compound.split_first_chunk_mut::<{ NO_REPORT.len() }>() else {
                return;
            };
            *report = NO_REPORT;
            let Some(len) = arrivals.tell(OWN_SSRC, message, now) else { return };
            self.post_compound(key, compound.get(..NO_REPORT.len() + len).unwrap_or_default());
        }
    }

    /// Follows how a subscriber's network does, and begins to probe it when it is time.
    pub(super) fn look_after(&mut self, key: ConnectionKey, now: Instant) {
        let carrier = self.carrier(key);
        let Some(subscriber) = self.connections.get_mut(key).and_then(|connection| connection.subscriber())
        else {
            return;
        };
        let Some(estimator) = &mut subscriber.estimator else { return };
        estimator.beat(now);
        if carrier.is_some() && estimator.probe(now) && !self.probing.contains(&key) {
            self.probing.push(key);
            self.probe_at = Some(now);
        }
    }

    /// A subscription with a repair stream, in which padding can be sent. It need not have sent anything: who gets no
    /// picture for want of bandwidth has to find out how much there is by now.
    fn carrier(&self, key: ConnectionKey) -> Option<(TrackKey, usize)> {
        let Half::Subscribe(subscriber) = &self.connections.get(key)?.half else { return None };
        subscriber.places.values().copied().find(|(track, slot)| {
            let subscription = self.tracks.get(*track).and_then(|track| track.subscriptions.get(*slot));
            subscription.is_some_and(|subscription| {
                let terms = &subscription.terms;
                terms.rtx.is_some() && terms.transport.is_some()
            })
        })
    }

    /// Sends the padding that the running probes need now.
    pub(super) fn probe(&mut self, now: Instant) {
        let mut probing = std::mem::take(&mut self.probing);
        probing.retain(|key| self.send_padding(*key, now).is_some());
        self.probing = probing;
        self.probe_at = (!self.probing.is_empty()).then(|| now + TICK);
    }

    /// `None` when the subscriber's probe is over or cannot go on.
    fn send_padding(&mut self, key: ConnectionKey, now: Instant) -> Option<()> {
        let (track, slot) = self.carrier(key)?;
        let subscription = self.tracks.get_mut(track)?.subscriptions.get_mut(slot)?;
        let way = self.connections.get_mut(key)?.way()?;
        let (id, estimator) = (subscription.terms.transport?, way.estimator?);
        if way.queue.is_some_and(|queue| !queue.is_empty()) {
            // What waits is worth more than padding, and probes as well.
            return Some(());
        }
        while estimator.padding(now)? > 0 {
            let number = estimator.stamp(PADDING.len() + BESIDE, now);
            let (outgoing, rollover) = subscription.padding()?;
            let outgoing = Outgoing { transport: Some((id, number)), ..outgoing };
            let mut header = [0; MAX_HEADER];
            let len = outgoing.write(&mut header)?;
            header[0] |= PADDED;
            make_room(&mut self.outbox, &self.socket, &mut self.counters);
            let sealed = way.seal.seal_rtp_into(header.get(..len)?, &PADDING, rollover, self.outbox.room());
            self.outbox.commit(way.to, sealed.ok()?, Worth::Picture);
            self.counters.padding += 1;
        }
        Some(())
    }

    /// Seals a compound into the outbox.
    pub(super) fn post_compound(&mut self, key: ConnectionKey, compound: &[u8]) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        let (Some(seal), Some(to)) = (&mut connection.seal, connection.address) else { return };
        let mut sealed = [0; 1500];
        if sealed.len() < compound.len() + SealContext::MAX_RTCP_TRAILER {
            return;
        }
        if let Ok(len) = seal.seal_rtcp(compound, &mut sealed)
            && let Some(datagram) = sealed.get(..len)
        {
            self.post(to, datagram);
        }
    }
}
