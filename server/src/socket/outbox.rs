//! What waits to be sent to one browser. Bounded: a slow browser is told less, then disconnected.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use signaling::{
    id::{ParticipantId, TrackId},
    protocol::{Envelope, Goodbye, Notice},
};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::media::Sounds;

/// From that many waiting notices on, a newer state of the same thing takes the place of the older.
const COALESCE: usize = 64;
/// More than that, and the browser cannot keep up.
const MOST: usize = 512;
/// The same in bytes of JSON: pages of chat and descriptions of media are large.
const MOST_BYTES: usize = 2 << 20;

/// A notice ready to travel, made once for everybody who gets it.
#[derive(Debug, Clone)]
pub struct Parcel {
    text: Utf8Bytes,
    seq: Option<u64>,
    about: Option<About>,
}

/// What a notice replaces the earlier word on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Person(ParticipantId),
    Hands,
    Speaking,
    Encode(TrackId),
    Quality,
    Sound,
    Weak(ParticipantId),
}

impl Parcel {
    /// Wraps a notice; `seq` is its number in the room.
    #[must_use]
    pub fn new(seq: Option<u64>, notice: Notice) -> Self {
        let about = match &notice {
            Notice::Person { person } => Some(About::Person(person.id)),
            Notice::Hands { .. } => Some(About::Hands),
            Notice::Speaking { .. } => Some(About::Speaking),
            Notice::Encode { track, .. } => Some(About::Encode(*track)),
            Notice::Quality { .. } => Some(About::Quality),
            Notice::Sound { .. } => Some(About::Sound),
            Notice::Weak { participant, .. } => Some(About::Weak(*participant)),
            Notice::Welcome(_)
            | Notice::Waiting(_)
            | Notice::Resumed(_)
            | Notice::Refused { .. }
            | Notice::PersonGone { .. }
            | Notice::Permissions { .. }
            | Notice::ChatPosted { .. }
            | Notice::ChatDeleted { .. }
            | Notice::ChatPage(_)
            | Notice::Recording { .. }
            | Notice::Seance { .. }
            | Notice::Ended(_)
            | Notice::RecordingReady { .. }
            | Notice::PublishAnswer { .. }
            | Notice::SubscribeOffer { .. }
            | Notice::CheckAnswer { .. }
            | Notice::MediaLost { .. }
            | Notice::Storage { .. }
            | Notice::Superseded {}
            | Notice::Goodbye { .. } => None,
        };
        Self { text: written(seq, notice), seq, about }
    }

    /// The JSON.
    #[must_use]
    pub fn into_text(self) -> Utf8Bytes {
        self.text
    }
}

fn written(seq: Option<u64>, notice: Notice) -> Utf8Bytes {
    // Every notice is made of strings, numbers and lists: it can always be written.
    serde_json::to_string(&Envelope { seq, notice }).unwrap_or_default().into()
}

/// The next thing to do for the writing half.
#[derive(Debug)]
pub enum Next {
    Send(Parcel),
    Close,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Parcel>,
    closed: bool,
}

impl Queue {
    fn is_full(&self) -> bool {
        let bytes = || self.waiting.iter().map(|parcel| parcel.text.len()).sum::<usize>();
        self.waiting.len() >= MOST || bytes() >= MOST_BYTES
    }
}

/// The queue of one connection.
#[derive(Debug, Default)]
pub struct Outbox {
    queue: Mutex<Queue>,
    ready: Notify,
    sounds: Arc<Sounds>,
}

impl Outbox {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is heard by this connection, beside the notices.
    #[must_use]
    pub fn sounds(&self) -> &Arc<Sounds> {
        &self.sounds
    }

    /// Adds a notice. When the browser is too far behind, everything waiting is replaced by a resumable goodbye.
    pub fn push(&self, parcel: Parcel) {
        let mut queue = self.queue();
        if queue.closed {
            return;
        }
        if queue.is_full() {
            queue.waiting.clear();
            queue.waiting.push_back(Parcel::new(None, Notice::Goodbye { why: Goodbye::TooSlow }));
            queue.closed = true;
        } else {
            if queue.waiting.len() >= COALESCE && parcel.about.is_some() {
                supersede(&mut queue.waiting, parcel.about);
            }
            queue.waiting.push_back(parcel);
        }
        drop(queue);
        self.ready.notify_one();
    }

    /// Nothing more will come; what waits is sent first.
    pub fn close(&self, goodbye: Option<Goodbye>) {
        let mut queue = self.queue();
        if !queue.closed {
            queue.closed = true;
            queue.waiting.extend(goodbye.map(|why| Parcel::new(None, Notice::Goodbye { why })));
        }
        drop(queue);
        self.ready.notify_one();
    }

    /// True once it was closed, by the room or because the browser is too slow.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.queue().closed
    }

    /// Waits for the next thing to do.
    pub async fn next(&self) -> Next {
        loop {
            {
                let mut queue = self.queue();
                if let Some(parcel) = queue.waiting.pop_front() {
                    return Next::Send(parcel);
                }
                if queue.closed {
                    return Next::Close;
                }
            }
            self.ready.notified().await;
        }
    }
}

/// The older word on the same thing keeps its number and loses its content; unnumbered, it goes.
fn supersede(waiting: &mut VecDeque<Parcel>, about: Option<About>) {
    let Some(at) = waiting.iter().position(|parcel| parcel.about == about) else { return };
    let Some(older) = waiting.get_mut(at) else { return };
    if older.seq.is_some() {
        *older = Parcel { text: written(older.seq, Notice::Superseded {}), seq: older.seq, about: None };
    } else {
        waiting.remove(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signaling::protocol::{Role, stage::Person};

    fn person(n: u128, name: &str) -> Notice {
        let id = ParticipantId(uuid::Uuid::from_u128(n));
        let name = name.to_owned();
        let person = Person {
            id,
            name,
            role: Role::Participant,
            connected: true,
            hand_raised: false,
            tracks: Vec::new(),
        };
        Notice::Person { person }
    }

    fn drain(outbox: &Outbox) -> Vec<Envelope> {
        let waiting: Vec<Parcel> = outbox.queue().waiting.drain(..).collect();
        waiting.into_iter().map(|parcel| serde_json::from_str(&parcel.text).unwrap()).collect()
    }

    #[test]
    fn numbers_stay_without_a_hole_when_a_slow_browser_is_told_less() {
        let outbox = Outbox::default();
        for seq in 1..=300_u64 {
            outbox.push(Parcel::new(Some(seq), person(u128::from(seq % 3), &seq.to_string())));
        }
        let told = drain(&outbox);
        let numbers: Vec<u64> = told.iter().filter_map(|envelope| envelope.seq).collect();
        assert_eq!(numbers, (1..=300).collect::<Vec<_>>());
        let last = told.iter().rev().find_map(|envelope| {
            if let Notice::Person { person } = &envelope.notice { Some(person.name.clone()) } else { None }
        });
        assert_eq!(last.unwrap(), "300");
        assert!(told.iter().filter(|e| e.notice == Notice::Superseded {}).count() > 200);
    }

    #[test]
    fn a_browser_that_does_not_read_is_told_to_come_back() {
        let outbox = Outbox::default();
        for seq in 0..2_000 {
            outbox.push(Parcel::new(Some(seq), Notice::Storage { failing: true }));
        }
        assert!(outbox.is_closed());
        assert_eq!(drain(&outbox).pop().unwrap().notice, Notice::Goodbye { why: Goodbye::TooSlow });
    }

    #[test]
    fn a_few_large_notices_are_too_much_as_well() {
        let outbox = Outbox::default();
        let large = Parcel::new(
            None,
            Notice::CheckAnswer { sdp: "a".repeat(MOST_BYTES / 8), ice_servers: Vec::new() },
        );
        for _ in 0..8 {
            outbox.push(large.clone());
        }
        assert!(!outbox.is_closed(), "what arrives at once may wait");
        outbox.push(large);
        assert!(outbox.is_closed());
        let told = drain(&outbox);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].notice, Notice::Goodbye { why: Goodbye::TooSlow });
    }
}
