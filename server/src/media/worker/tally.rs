//! Puts together what operators ask for: a room's tracks and subscribers, with what became of their packets.

use super::{RoomKey, TrackKey, Worker, connection::Half, room::Room, track::Track};
use crate::media::tally::{RoomTally, StreamTally, SubscriberTally, TrackTally};

impl Worker {
    /// What is here now. Costs time and room by the subscriber: for a question now and then.
    pub(super) fn tallies(&self) -> Vec<RoomTally> {
        self.rooms.iter().map(|(key, room)| self.tally(key, room)).collect()
    }

    fn tally(&self, key: RoomKey, room: &Room) -> RoomTally {
        let tracks = room.tracks.values().filter_map(|track| self.tracks.get(*track));
        let subscribers = self.connections.iter().filter(|(_, connection)| connection.room == key);
        RoomTally {
            seance: room.seance,
            worker: self.settings.number.into(),
            annex: room.home.is_some(),
            tracks: tracks.map(track).collect(),
            subscribers: subscribers
                .filter_map(|(_, connection)| {
                    let Half::Subscribe(subscriber) = &connection.half else { return None };
                    let streams = subscriber.places.values().filter_map(|place| self.stream(*place));
                    Some(SubscriberTally {
                        participant: connection.participant,
                        estimate: connection.quality().estimate,
                        streams: streams.collect(),
                    })
                })
                .collect(),
        }
    }

    fn stream(&self, (track, slot): (TrackKey, usize)) -> Option<StreamTally> {
        let track = self.tracks.get(track)?;
        let subscription = track.subscriptions.get(slot)?;
        Some(StreamTally {
            track: track.id,
            encoding: subscription.encoding(),
            round_trip_ms: u64::try_from(subscription.round_trip().as_millis()).unwrap_or(u64::MAX),
            delivered: subscription.delivered,
        })
    }
}

fn track(track: &Track) -> TrackTally {
    // Sound with copies is made here.
    let encodings = if track.video() { track.layers.len() } else { 1 };
    TrackTally {
        track: track.id,
        participant: track.participant,
        source: track.source,
        muted: track.muted,
        encodings: track.layers.iter().take(encodings).map(|layer| layer.arrived).collect(),
    }
}
