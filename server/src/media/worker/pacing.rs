//! Lets out what waits for its turn, subscriber by subscriber.

use std::time::Instant;

use super::{
    ConnectionKey, Worker,
    connection::Connection,
    fanout::Exit,
    queue::{Queue, Stream, Waiting},
    track::Track,
};
use crate::media::{estimate::TICK, forward::Subscription};

impl Worker {
    /// Goes on with those for whom something waits.
    pub(super) fn pace(&mut self, now: Instant) {
        if self.pace_at.is_none() && !self.pacing.is_empty() {
            self.pace_at = Some(now + TICK);
        }
    }

    /// A tick: lets out what the subscribers' networks take by now.
    pub(super) fn let_out(&mut self, now: Instant) {
        self.pace_at = None;
        let mut pacing = std::mem::take(&mut self.pacing);
        pacing.retain(|key| matches!(self.guard(|worker| worker.let_out_to(*key, now)), Ok(true)));
        pacing.append(&mut self.pacing);
        self.pacing = pacing;
        self.pace(now);
    }

    /// `true` while something waits.
    fn let_out_to(&mut self, key: ConnectionKey, now: Instant) -> bool {
        let Some(subscriber) = self.connections.get_mut(key).and_then(Connection::subscriber) else {
            return false;
        };
        let mut queue = std::mem::take(&mut subscriber.queue);
        if let Some(estimator) = &mut subscriber.estimator {
            estimator.go_on(queue.hurries(now), now);
        }
        while let Some(stream) = queue.overdue(now) {
            self.give_up(key, &mut queue, stream, now);
        }
        while self.is_open(key) {
            if let Some((stream, sequence)) = queue.next_repair() {
                self.repair(key, stream, sequence, now);
            } else if let Some(waiting) = queue.next_run() {
                if let Some(rest) = self.let_run_out(key, &mut queue, waiting, now) {
                    queue.put_back(rest);
                }
            } else {
                break;
            }
        }
        let waits = !queue.is_empty();
        if let Some(subscriber) = self.connections.get_mut(key).and_then(Connection::subscriber) {
            subscriber.queue = queue;
        }
        waits
    }

    fn is_open(&mut self, key: ConnectionKey) -> bool {
        self.connections.get_mut(key).and_then(Connection::way).is_some_and(|way| way.is_open())
    }

    /// The network is too slow for too long: the picture stops, and goes on with a keyframe of what it takes by then.
    fn give_up(&mut self, key: ConnectionKey, queue: &mut Queue, stream: Stream, now: Instant) {
        self.counters.given_up += queue.give_up(stream);
        if let Some(track) = self.tracks.get_mut(stream.track)
            && let Some(subscription) = own(track.subscriptions.get_mut(stream.slot), key, stream)
        {
            subscription.pause();
            if let Some(target) = subscription.target() {
                track.want_keyframe_of(usize::from(target.encoding));
            }
        }
        if let Some(subscriber) = self.connections.get_mut(key).and_then(Connection::subscriber) {
            subscriber.lowered = Some(now);
        }
    }

    fn repair(&mut self, key: ConnectionKey, stream: Stream, sequence: u16, now: Instant) {
        let Some(track) = self.tracks.get_mut(stream.track) else { return };
        let Track { layers, subscriptions, .. } = track;
        let Some(subscription) = own(subscriptions.get_mut(stream.slot), key, stream) else { return };
        let Some(mut way) = self.connections.get_mut(key).and_then(Connection::way) else { return };
        let mut exit = Exit { outbox: &mut self.outbox, socket: &self.socket, counters: &mut self.counters };
        exit.resend(subscription, &mut way, layers, sequence, now);
    }

    /// Lets packets out; gives those that have to wait still.
    fn let_run_out(
        &mut self,
        key: ConnectionKey,
        queue: &mut Queue,
        waiting: Waiting,
        now: Instant,
    ) -> Option<Waiting> {
        let (stream, run) = (waiting.stream, waiting.run);
        let track = self.tracks.get_mut(stream.track).filter(|track| !track.muted)?;
        let Track { layers, subscriptions, .. } = track;
        let subscription = own(subscriptions.get_mut(stream.slot), key, stream)?;
        let layer = u8::try_from(run.layer).ok().filter(|layer| subscription.takes(*layer))?;
        let next = usize::from(subscription.target()?.encoding);
        if next != run.layer && queue.has_keyframe(stream, next) {
            // It goes over to another encoding: what is left of this one comes in vain.
            return None;
        }
        let ring = layers.get(run.layer)?.ring()?;
        let mut way = self.connections.get_mut(key).and_then(Connection::way)?;
        let mut exit = Exit { outbox: &mut self.outbox, socket: &self.socket, counters: &mut self.counters };
        for position in run.from..run.to {
            if !way.is_open() {
                return Some(waiting.from(position));
            }
            exit.forward_at(subscription, &mut way, ring, (layer, position), now);
            exit.counters.paced += 1;
        }
        queue.left(&waiting, now);
        None
    }
}

/// The subscription while it is still this stream's.
fn own(
    subscription: Option<&mut Subscription>,
    key: ConnectionKey,
    stream: Stream,
) -> Option<&mut Subscription> {
    subscription.filter(|own| own.connection == key && own.terms.ssrc == stream.ssrc)
}
