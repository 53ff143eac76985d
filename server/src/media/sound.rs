//! Sound on its way from a media worker to one WebSocket, for those whom no media connection reaches.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use signaling::{
    id::{ParticipantId, TrackId},
    protocol::sound::Heard,
};
use tokio::sync::Notify;

use crate::clock;

/// Messages that wait for a socket: a second of four voices.
const MOST: usize = 200;
/// Sound that has waited longer than this is worth nothing any more.
const OLDEST: Duration = Duration::from_secs(1);

/// One message of a [`Batch`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'b> {
    pub(super) speaker: ParticipantId,
    pub(super) track: TrackId,
    pub(super) stream: u32,
    pub(super) bytes: &'b [u8],
}

/// What is heard of a room in one turn of its worker, in order. Its room is used again and again.
#[derive(Debug, Default)]
pub(super) struct Batch {
    places: Vec<(ParticipantId, TrackId, u32, usize)>,
    bytes: Vec<u8>,
}

impl Batch {
    pub(super) fn push(&mut self, speaker: ParticipantId, track: TrackId, heard: &Heard<'_>) {
        let before = self.bytes.len();
        self.bytes.extend_from_slice(&heard.head());
        self.bytes.extend_from_slice(heard.packet);
        self.places.push((speaker, track, heard.stream, self.bytes.len() - before));
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = Message<'_>> {
        let mut rest = self.bytes.as_slice();
        self.places.iter().filter_map(move |(speaker, track, stream, length)| {
            let (bytes, after) = rest.split_at_checked(*length)?;
            rest = after;
            Some(Message { speaker: *speaker, track: *track, stream: *stream, bytes })
        })
    }

    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.bytes.clear();
    }
}

/// Messages one behind the other. What they need is asked of the system until the largest crowd of them was there.
#[derive(Debug, Default)]
struct Waiting {
    places: VecDeque<(Instant, usize)>,
    bytes: VecDeque<u8>,
    /// Dropped since the worker last heard of it.
    dropped: u64,
}

impl Waiting {
    fn push(&mut self, message: &[u8], now: Instant) {
        if self.places.len() >= MOST
            && let Some((_, length)) = self.places.pop_front()
        {
            self.bytes.drain(..length);
            self.dropped += 1;
        }
        self.places.push_back((now, message.len()));
        self.bytes.extend(message);
    }

    fn take(&mut self, now: Instant) -> Option<Bytes> {
        while let Some((at, length)) = self.places.pop_front() {
            let message = self.bytes.drain(..length);
            if now.saturating_duration_since(at) <= OLDEST {
                return Some(message.collect());
            }
            drop(message);
            self.dropped += 1;
        }
        None
    }
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Handed {
    pub(super) sent: u64,
    /// Dropped since the last time, because the socket does not keep up.
    pub(super) dropped: u64,
}

/// The queue between a worker and one socket. A socket that does not keep up loses the oldest; nobody waits for it.
#[derive(Debug, Default)]
pub struct Sounds {
    waiting: Mutex<Waiting>,
    ready: Notify,
    closed: AtomicBool,
}

impl Sounds {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds messages, all under one lock; `None` when nobody listens any more.
    pub(super) fn push<'m>(&self, messages: impl Iterator<Item = &'m [u8]>, now: Instant) -> Option<Handed> {
        if self.closed.load(Ordering::Relaxed) {
            return None;
        }
        let mut messages = messages.peekable();
        if messages.peek().is_none() {
            return Some(Handed::default());
        }
        let mut waiting = self.waiting();
        let mut handed = Handed::default();
        for message in messages {
            waiting.push(message, now);
            handed.sent += 1;
        }
        handed.dropped = std::mem::take(&mut waiting.dropped);
        drop(waiting);
        self.ready.notify_one();
        Some(handed)
    }

    /// Waits for the next message that is not too old.
    pub async fn next(&self) -> Bytes {
        loop {
            let message = self.waiting().take(clock::instant());
            if let Some(message) = message {
                return message;
            }
            self.ready.notified().await;
        }
    }

    /// Nobody listens any more.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        *self.waiting() = Waiting::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(sounds: &Sounds, numbers: std::ops::Range<u16>, now: Instant) -> Option<Handed> {
        // Of several lengths, as packets are.
        let messages: Vec<Vec<u8>> = numbers.map(message).collect();
        sounds.push(messages.iter().map(Vec::as_slice), now)
    }

    fn message(n: u16) -> Vec<u8> {
        let mut message = n.to_be_bytes().to_vec();
        message.resize(2 + usize::from(n % 7), 0);
        message
    }

    #[test]
    fn a_socket_that_lags_loses_the_oldest_and_hears_nothing_late() {
        let (sounds, start) = (Sounds::default(), clock::instant());
        let take = |now| sounds.waiting().take(now);
        let most = u16::try_from(MOST).unwrap();
        assert_eq!(
            push(&sounds, 0..most + 10, start),
            Some(Handed { sent: u64::from(most) + 10, dropped: 10 })
        );
        assert_eq!(take(start), Some(message(10).into()), "the oldest ten are gone");
        let late = start + OLDEST + Duration::from_millis(1);
        assert_eq!(push(&sounds, 7..8, late), Some(Handed { sent: 1, dropped: 0 }));
        assert_eq!(take(late), Some(message(7).into()), "what waited too long is passed over");
        assert_eq!(push(&sounds, 8..9, late), Some(Handed { sent: 1, dropped: u64::from(most) - 1 }));
        assert_eq!(push(&sounds, 0..0, late), Some(Handed::default()));
        sounds.close();
        assert_eq!((take(late), push(&sounds, 9..10, late)), (None, None));
    }

    #[test]
    fn a_batch_gives_what_it_was_given() {
        let (speaker, track) = (ParticipantId(clock::mint()), TrackId(clock::mint()));
        let mut batch = Batch::default();
        for packet in [&b"opus"[..], b"more opus"] {
            batch.push(speaker, track, &Heard { stream: 2, timestamp: 3, packet });
        }
        let read: Vec<_> = batch.messages().map(|message| message.bytes.to_vec()).collect();
        assert_eq!(read, [&b"\x01\0\0\0\x02\0\0\0\x03opus"[..], b"\x01\0\0\0\x02\0\0\0\x03more opus"]);
        batch.clear();
        assert!(batch.messages().next().is_none());
    }
}
