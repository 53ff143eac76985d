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
use tokio::sync::Notify;

use crate::clock;

/// Messages that wait for a socket: a second of four voices.
const MOST: usize = 200;
/// Sound that has waited longer than this is worth nothing any more.
const OLDEST: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
struct Waiting {
    messages: VecDeque<(Instant, Bytes)>,
    /// Dropped since the worker last heard of it.
    dropped: u64,
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

    /// Adds a message. Gives how many were dropped since the last call; `None` when nobody listens any more.
    pub(super) fn push(&self, message: Bytes, now: Instant) -> Option<u64> {
        if self.closed.load(Ordering::Relaxed) {
            return None;
        }
        let mut waiting = self.waiting();
        if waiting.messages.len() >= MOST {
            waiting.messages.pop_front();
            waiting.dropped += 1;
        }
        waiting.messages.push_back((now, message));
        let dropped = std::mem::take(&mut waiting.dropped);
        drop(waiting);
        self.ready.notify_one();
        Some(dropped)
    }

    /// Waits for the next message that is not too old.
    pub(crate) async fn next(&self) -> Bytes {
        loop {
            if let Some(message) = self.take(clock::instant()) {
                return message;
            }
            self.ready.notified().await;
        }
    }

    fn take(&self, now: Instant) -> Option<Bytes> {
        let mut waiting = self.waiting();
        while let Some((at, message)) = waiting.messages.pop_front() {
            if now.saturating_duration_since(at) <= OLDEST {
                return Some(message);
            }
            waiting.dropped += 1;
        }
        None
    }

    /// Nobody listens any more.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.waiting().messages.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(n: u16) -> Bytes {
        Bytes::copy_from_slice(&n.to_be_bytes())
    }

    #[test]
    fn a_socket_that_lags_loses_the_oldest_and_hears_nothing_late() {
        let (sounds, start) = (Sounds::default(), clock::instant());
        let most = u16::try_from(MOST).unwrap();
        for n in 0..most + 10 {
            assert!(sounds.push(message(n), start).unwrap() <= 1);
        }
        assert_eq!(sounds.take(start), Some(message(10)), "the oldest ten are gone");
        let late = start + OLDEST + Duration::from_millis(1);
        assert_eq!(sounds.push(message(7), late), Some(0));
        assert_eq!(sounds.take(late), Some(message(7)), "what waited too long is passed over");
        assert_eq!(sounds.push(message(8), late), Some(u64::from(most) - 1));
        sounds.close();
        assert_eq!((sounds.take(late), sounds.push(message(9), late)), (None, None));
    }
}
