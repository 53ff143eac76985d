//! What operators are told of a worker.

use std::sync::{PoisonError, atomic::Ordering};

use super::{WINDOW, Worker};
use crate::{
    figures::Latencies,
    media::{
        Counters,
        batch::{self, Flushed},
    },
};

impl Worker {
    pub(super) fn publish_figures(&mut self) {
        self.counters.rooms = self.rooms.len() as u64;
        self.counters.connections = self.connections.len() as u64;
        self.counters.tracks = self.tracks.len() as u64;
        self.counters.turn_p99_us = self.turns.p99_us();
        if self.beats.is_multiple_of(WINDOW) {
            self.turns = Latencies::default();
        }
        let estimates = self.connections.iter().filter_map(|(_, connection)| connection.quality().estimate);
        (self.counters.estimated, self.counters.estimates) =
            estimates.fold((0, 0), |(count, sum), estimate| (count + 1, sum + estimate));
        if let Some(dropped) = batch::dropped(&self.socket) {
            // The system counts in 32 bits.
            #[expect(clippy::cast_possible_truncation, reason = "the low half is what it said last")]
            let before = self.counters.receive_dropped as u32;
            self.counters.receive_dropped += u64::from(dropped.wrapping_sub(before));
        }
        self.counters.streams = self.outbox.lines.len() as u64;
        self.counters.stream_dropped = self.outbox.lines.dropped();
        self.publish_load();
        *self.desk.counters.lock().unwrap_or_else(PoisonError::into_inner) = self.counters;
    }

    pub(super) fn publish_load(&self) {
        self.desk.load.store(self.connections.len(), Ordering::Relaxed);
    }
}

pub(super) fn count_flush(counters: &mut Counters, flushed: Flushed) {
    counters.sent += flushed.sent;
    counters.send_calls += flushed.calls;
    counters.send_dropped += flushed.dropped;
    counters.sound_dropped += flushed.sound_dropped;
    counters.send_failed += flushed.failed;
    for (total, runs) in counters.runs.iter_mut().zip(flushed.runs) {
        *total += runs;
    }
}
