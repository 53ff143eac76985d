//! Figures of the media plane, counted by each worker without a lock and summed up when asked for.

use super::batch::RUN_BOUNDS;

/// Figures for diagnostics: what is there now, and what happened since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Open now.
    pub rooms: u64,
    /// Peer connections now, connected or about to be.
    pub connections: u64,
    pub tracks: u64,
    /// Datagrams.
    pub received: u64,
    pub sent: u64,
    /// System calls that sent them.
    pub send_calls: u64,
    /// Messages by how many datagrams of one peer they carried: up to 1, 2, 4, 8, 16, 32, 64.
    pub runs: [u64; RUN_BOUNDS.len()],
    /// The socket had no room.
    pub send_dropped: u64,
    /// Sound and upkeep among these.
    pub sound_dropped: u64,
    /// The system refused the destination.
    pub send_failed: u64,
    /// From an address nobody proved to own, or of no known kind.
    pub strangers: u64,
    /// Not parseable.
    pub malformed: u64,
    /// Failed authentication.
    pub unauthentic: u64,
    /// Seen before, by SRTP index or by sequence number.
    pub replayed: u64,
    /// SSRCs and payload types that were not negotiated, or too many of them.
    pub unnegotiated: u64,
    /// Packets resent to subscribers.
    pub resent: u64,
    /// Sequence numbers asked again from publishers.
    pub asked_again: u64,
    /// Packets recovered by RTX.
    pub recovered: u64,
    /// Keyframe requests sent to publishers.
    pub keyframes_asked: u64,
    /// A peer's input made the worker panic; the peer was closed.
    pub panics: u64,
    /// Events that the classroom did not take.
    pub events_dropped: u64,
    /// Items that the recorder did not take.
    pub tap_dropped: u64,
}

impl Counters {
    /// Sums up workers.
    pub(super) fn add(&mut self, other: &Self) {
        let Self {
            rooms,
            connections,
            tracks,
            received,
            sent,
            send_calls,
            runs,
            send_dropped,
            sound_dropped,
            send_failed,
            strangers,
            malformed,
            unauthentic,
            replayed,
            unnegotiated,
            resent,
            asked_again,
            recovered,
            keyframes_asked,
            panics,
            events_dropped,
            tap_dropped,
        } = other;
        self.rooms += rooms;
        self.connections += connections;
        self.tracks += tracks;
        self.received += received;
        self.sent += sent;
        self.send_calls += send_calls;
        self.runs.iter_mut().zip(runs).for_each(|(sum, runs)| *sum += runs);
        self.send_dropped += send_dropped;
        self.sound_dropped += sound_dropped;
        self.send_failed += send_failed;
        self.strangers += strangers;
        self.malformed += malformed;
        self.unauthentic += unauthentic;
        self.replayed += replayed;
        self.unnegotiated += unnegotiated;
        self.resent += resent;
        self.asked_again += asked_again;
        self.recovered += recovered;
        self.keyframes_asked += keyframes_asked;
        self.panics += panics;
        self.events_dropped += events_dropped;
        self.tap_dropped += tap_dropped;
    }
}
