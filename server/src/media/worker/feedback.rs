//! RTCP from peers: sender reports of publishers; losses, keyframe wishes and reports of subscribers.

use std::{net::SocketAddr, time::Instant};

use super::{ConnectionKey, TrackKey, Worker, connection::Half, room::Member, spread::Word};
use crate::media::{
    TapItem,
    report::{self, Told},
    srtp::SrtpError,
};

impl Worker {
    pub(super) fn rtcp(&mut self, from: SocketAddr, datagram: &mut [u8], now: Instant) {
        let Some(key) = self.by_address.get(&from).copied() else {
            self.counters.strangers += 1;
            return;
        };
        let Some(connection) = self.connections.get_mut(key) else { return };
        let Some(open) = &mut connection.open else {
            self.counters.unnegotiated += 1;
            return;
        };
        match open.open_rtcp(datagram) {
            Ok(length) => {
                if connection.heard(from, now) {
                    self.drain_control(key, now);
                }
                let compound = datagram.get(..length).unwrap_or_default();
                let mut told = std::mem::take(&mut self.told);
                report::read(compound, &mut told);
                for one in told.drain(..) {
                    self.told(key, &one, compound, now);
                }
                self.told = told;
            }
            Err(SrtpError::Replayed) => self.counters.replayed += 1,
            Err(SrtpError::Malformed) => self.counters.malformed += 1,
            Err(
                SrtpError::Unauthentic
                | SrtpError::UnknownSsrc(_)
                | SrtpError::Unencrypted
                | SrtpError::TooManySsrcs
                | SrtpError::NoRoom
                | SrtpError::Exhausted
                | SrtpError::BadKey,
            ) => self.counters.unauthentic += 1,
        }
    }

    fn told(&mut self, key: ConnectionKey, told: &Told, compound: &[u8], now: Instant) {
        match told {
            Told::Transport { message } => {
                self.network_told(key, compound.get(message.clone()).unwrap_or_default(), now);
            }
            Told::Estimate { bitrate } => {
                let subscriber = self.connections.get_mut(key).and_then(|connection| connection.subscriber());
                if let Some(subscriber) = subscriber {
                    subscriber.told = Some((*bitrate, now));
                }
            }
            Told::Returned { time, delay } => {
                let publisher = self.connections.get_mut(key).and_then(|connection| connection.publisher());
                let round_trip = publisher.and_then(|publisher| publisher.returned(*time, *delay, now));
                if let (Some(round_trip), Some(member)) = (round_trip, self.member_of(key)) {
                    member.quality.answered(round_trip, now);
                }
            }
            Told::Sender { ssrc, ntp, rtp } => self.sender_report(key, *ssrc, *ntp, *rtp, now),
            Told::Reception { ssrc, last_report, delay, fraction_lost } => {
                if let Some((track, slot)) = self.place(key, *ssrc)
                    && let Some(track) = self.tracks.get_mut(track)
                    && let Some(subscription) = track.subscriptions.get_mut(slot)
                {
                    subscription.reception(*last_report, *delay, now);
                    let round_trip = subscription.round_trip();
                    if let Some(member) = self.member_of(key) {
                        member.quality.received(*fraction_lost, round_trip, now);
                    }
                }
            }
            Told::Lost { ssrc, pairs } => {
                self.counters.nacks += 1;
                let subscriber = self.connections.get_mut(key).and_then(|connection| connection.subscriber());
                let left = subscriber
                    .map_or(0, |subscriber| subscriber.asks(report::sequences(compound, pairs).count(), now));
                self.counters.nacked += left as u64;
                if let Some((track, slot)) = self.place(key, *ssrc) {
                    if let Some(own) = self.tracks.get_mut(track).and_then(|t| t.subscriptions.get_mut(slot))
                    {
                        own.delivered.asked_again += left as u64;
                    }
                    self.resend(track, slot, report::sequences(compound, pairs).take(left), now);
                }
            }
            Told::Keyframe { ssrc } => {
                self.counters.keyframes_wanted += 1;
                if let Some((track, slot)) = self.place(key, *ssrc)
                    && let Some(track) = self.tracks.get_mut(track)
                    && let Some(subscription) = track.subscriptions.get_mut(slot)
                {
                    subscription.delivered.keyframes_asked += 1;
                    let (now, next) = (subscription.encoding(), subscription.target());
                    let wanted = now.or(next.map(|next| next.encoding));
                    if let Some(encoding) = wanted {
                        track.want_keyframe_of(usize::from(encoding));
                    }
                }
            }
        }
    }

    /// A subscriber tells how its network did; when that became much worse, it gets less at once.
    fn network_told(&mut self, key: ConnectionKey, message: &[u8], now: Instant) {
        let subscriber = self.connections.get_mut(key).and_then(|connection| connection.subscriber());
        let Some(estimator) = subscriber.and_then(|subscriber| subscriber.estimator.as_mut()) else { return };
        let before = estimator.budget();
        estimator.feedback(message, now);
        let less = |after: u64| before.is_none_or(|before| after < before - before / 3);
        if estimator.budget().is_some_and(less) {
            self.share_out(key, now);
        }
    }

    pub(super) fn member_of(&mut self, key: ConnectionKey) -> Option<&mut Member> {
        let connection = self.connections.get(key)?;
        self.rooms.get_mut(connection.room)?.members.get_mut(&connection.participant)
    }

    fn place(&self, key: ConnectionKey, ssrc: u32) -> Option<(TrackKey, usize)> {
        match &self.connections.get(key)?.half {
            Half::Subscribe(subscriber) => subscriber.places.get(&ssrc).copied(),
            Half::Publish(_) => None,
        }
    }

    fn sender_report(&mut self, key: ConnectionKey, ssrc: u32, ntp: u64, rtp: u32, now: Instant) {
        let source = self.connections.get(key).and_then(|connection| match &connection.half {
            Half::Publish(publisher) => publisher.sources.get(&ssrc).copied(),
            Half::Subscribe(_) => None,
        });
        let Some(source) = source.filter(|source| !source.repair) else { return };
        let Some(track) = self.tracks.get_mut(source.track) else { return };
        let Some(layer) = track.layers.get_mut(source.layer) else { return };
        layer.receive.sender_report(ntp, rtp, now);
        // Seconds and fractions in units of the clock, modulo 2^32 like its timestamps.
        #[expect(clippy::cast_possible_truncation, reason = "RTP timestamps wrap")]
        let wall = ((u128::from(ntp) * u128::from(track.clock_rate)) >> 32) as u32;
        layer.to_wall = Some(wall.wrapping_sub(rtp));
        let (room, id, layer) = (track.room, track.id, source.layer);
        self.relay_word(room, || Word::Clock { track: id, layer, ntp, rtp, at: now });
        let Some(track) = self.tracks.get(source.track) else { return };
        if track.follow.current().map(usize::from) == Some(source.layer)
            && !track.muted
            && track.announced
            && let Some(room) = self.rooms.get_mut(track.room)
        {
            room.tap(TapItem::Report { track: track.id, at: now, ntp, rtp }, &mut self.counters);
        }
    }
}
