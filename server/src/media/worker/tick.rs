//! What the clock brings: requests for lost packets and keyframes, reports, speakers, timeouts.

use std::time::Instant;

use signaling::id::ParticipantId;

use super::{
    BEAT, ConnectionKey, Panicked, RoomKey, Worker, congestion::NO_REPORT, connection::Half,
    publisher::SourceRef, room::Member, subscriber::LINES_OF_KIND,
};
use crate::media::{
    Event,
    control::PeerControl,
    quality::{Figures, News},
    receive::Reception,
    red::PLAIN,
    report::{self, Compounds, SENDER, SENDERS, StreamClock},
    stream,
};

/// Beats in a second.
const SECOND: u64 = 1000 / BEAT.as_millis() as u64;

impl Worker {
    pub(super) fn beat(&mut self, now: Instant) {
        self.beats += 1;
        self.dispatch_all_waiting();
        let connections: Vec<ConnectionKey> = self.connections.iter().map(|(key, _)| key).collect();
        for key in connections {
            if let Err(Panicked) = self.guard(|worker| worker.beat_connection(key, now)) {
                self.fail(key, now);
            }
        }
        let rooms: Vec<RoomKey> = self.rooms.iter().map(|(key, _)| key).collect();
        for key in rooms {
            let _ = self.guard(|worker| worker.beat_room(key, now));
        }
        if self.beats.is_multiple_of(SECOND) {
            self.sweep_streams(now);
        }
        // Nobody here any more: there will be no further beat to publish at.
        if self.beats.is_multiple_of(SECOND / 2) || self.idle() {
            self.publish_figures();
        }
    }

    /// Peers whose stream ended are reached elsewhere, if they are.
    fn sweep_streams(&mut self, now: Instant) {
        for number in self.outbox.lines.sweep() {
            let address = stream::address(number);
            if let Some(key) = self.by_address.get(&address).copied()
                && let Some(connection) = self.connections.get_mut(key)
            {
                connection.control.gone(address);
                self.drain_control(key, now);
            }
        }
    }

    fn beat_connection(&mut self, key: ConnectionKey, now: Instant) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        if connection.control.deadline().is_some_and(|deadline| deadline <= now) {
            connection.control.wake(now);
            self.drain_control(key, now);
        }
        let mut compounds = Compounds::default();
        // Spread over the second, so that a large class does not report at one beat.
        let reports = (self.beats + key as u64).is_multiple_of(SECOND);
        match self.connections.get(key).map(|connection| &connection.half) {
            Some(Half::Publish(_)) => self.tell_publisher(key, reports, &mut compounds, now),
            Some(Half::Subscribe(subscriber)) if subscriber.overdue(now) => self.offer_again(key, now),
            Some(Half::Subscribe(_)) if reports => self.tell_subscriber(key, now),
            Some(Half::Subscribe(_)) | None => {}
        }
        self.share_out_in_turn(key, now);
        self.post_rtcp(key, &mut compounds);
        self.tell_arrivals(key, now);
        self.look_after(key, now);
    }

    fn post_rtcp(&mut self, key: ConnectionKey, compounds: &mut Compounds) {
        for compound in compounds.finish() {
            self.post_compound(key, &compound);
        }
    }

    fn tell_publisher(&mut self, key: ConnectionKey, reports: bool, compounds: &mut Compounds, now: Instant) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        if connection.seal.is_none() {
            return;
        }
        let Some(publisher) = connection.publisher() else { return };
        let first = !publisher.promised && !publisher.sources.is_empty();
        publisher.promised |= first;
        let time = reports.then(|| publisher.time(now));
        let sources: Vec<(u32, SourceRef)> = publisher
            .sources
            .iter()
            .filter(|(_, source)| !source.repair)
            .map(|(ssrc, source)| (*ssrc, *source))
            .collect();
        let mut blocks: Vec<(u32, Reception)> = Vec::new();
        for (ssrc, source) in sources {
            let Some(track) = self.tracks.get_mut(source.track) else { continue };
            let (repairs, video, muted) = (track.repairs, track.video(), track.muted);
            let forwarded = track.takes(source.layer);
            let Some(layer) = track.layers.get_mut(source.layer) else { continue };
            if repairs && forwarded && !muted {
                let mut sequences = Vec::new();
                layer.receive.ask(now, &mut sequences);
                self.counters.asked_again += sequences.len() as u64;
                layer.arrived.asked_again += sequences.len() as u64;
                compounds.lost(ssrc, &sequences);
            } else {
                layer.receive.forgive();
            }
            if video && forwarded && layer.receive.gave_up() {
                layer.keyframes.want();
            }
            if layer.keyframes.due(now) {
                self.counters.keyframes_asked += 1;
                layer.arrived.keyframes_asked += 1;
                compounds.keyframe(ssrc);
            }
            if reports {
                blocks.extend(layer.receive.report(now).map(|reception| (ssrc, reception)));
            }
        }
        if let Some(member) = self.member_of(key) {
            blocks.iter().for_each(|(_, reception)| member.quality.arrives(reception.fraction_lost));
        }
        if reports || first {
            #[expect(clippy::cast_precision_loss, reason = "the field has 18 bits of precision anyway")]
            let bitrate = self.settings.limits.publish_bitrate as f32;
            compounds.receptions(&blocks, Some(bitrate));
        }
        if let Some(time) = time {
            compounds.time(time);
        }
    }

    fn tell_subscriber(&mut self, key: ConnectionKey, now: Instant) {
        let Some(connection) = self.connections.get(key) else { return };
        let Half::Subscribe(subscriber) = &connection.half else { return };
        let mut reports = [[0; SENDER]; 2 * LINES_OF_KIND];
        let mut count = 0;
        for (track, slot) in subscriber.places.values() {
            let Some(track) = self.tracks.get_mut(*track) else { continue };
            let Some(subscription) = track.subscriptions.get_mut(*slot) else { continue };
            // With or without copies, sound has one clock.
            let origin = |encoding| if subscription.terms.video { encoding } else { PLAIN };
            let current = subscription.encoding().map(origin);
            let layer = current.and_then(|current| track.layers.get(usize::from(current)));
            let Some(clock) = layer.and_then(|layer| layer.receive.clock()) else { continue };
            let (packets, octets) = subscription.sent();
            if packets == 0 {
                continue;
            }
            let clock =
                StreamClock::extrapolate(&clock, track.clock_rate, subscription.timestamp_offset(), now);
            let Some(report) = reports.get_mut(count) else { break };
            let sent = (packets, octets);
            *report = report::sender(subscription.terms.ssrc, &clock, sent, track.participant);
            subscription.reported(&clock, now);
            count += 1;
        }
        if count == 0 {
            // Where nothing is sent, a sign of life: a path on which nothing comes at all is taken for broken.
            self.post_compound(key, &NO_REPORT);
        }
        for compound in reports.get(..count).unwrap_or_default().chunks(SENDERS) {
            self.post_compound(key, compound.as_flattened());
        }
    }

    fn beat_room(&mut self, key: RoomKey, now: Instant) {
        let Some(room) = self.rooms.get_mut(key) else { return };
        if room.abandoned() {
            self.close_room(key, now);
            return;
        }
        room.retry();
        let annex = room.home.is_some();
        if let Some(participants) = room.speakers.poll(now) {
            self.tell(key, Event::Speaking { participants });
        }
        self.survey(key, now);
        if annex {
            self.pass_wishes_home(key, now);
            self.pass_pins_home(key);
        }
        if !self.beats.is_multiple_of(SECOND) {
            return;
        }
        if annex {
            self.pass_qualities_home(key, now);
        } else {
            self.tell_quality(key, now);
        }
    }

    fn tell_quality(&mut self, key: RoomKey, now: Instant) {
        let Some(room) = self.rooms.get_mut(key) else { return };
        let looked = |(who, member): (&ParticipantId, &mut Member)| (*who, member.quality.poll(now));
        let news: Vec<(ParticipantId, News)> =
            room.members.iter_mut().map(looked).filter(|(_, news)| *news != News::default()).collect();
        for (participant, News { figures, weak }) in news {
            if let Some(Figures { level, loss_percent, round_trip_ms }) = figures {
                self.tell(key, Event::Quality { participant, level, loss_percent, round_trip_ms });
            }
            if let Some(weak) = weak {
                self.tell(key, Event::Weak { participant, weak });
            }
        }
    }
}
