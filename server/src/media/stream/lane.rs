//! The peer's side of streams: what waits for one connection, in the order in which it should leave.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::Receiver;

use super::Outgoing;

/// Pictures that waited longer come in vain: those after them are worth more.
const PATIENCE: Duration = Duration::from_millis(300);
/// Bytes that are written in one go: what a slow connection takes a tenth of a second for.
const GO: usize = 8 * 1024;
/// Datagrams taken from the workers at once.
const BATCH: usize = 64;

/// What the workers sent to one connection that is written as fast as it takes it.
#[derive(Debug)]
pub(crate) struct Lane {
    queue: Receiver<Outgoing>,
    sounds: VecDeque<Outgoing>,
    pictures: VecDeque<Outgoing>,
    batch: Vec<Outgoing>,
}

impl Lane {
    pub(crate) fn new(queue: Receiver<Outgoing>) -> Self {
        let (sounds, pictures) = (VecDeque::new(), VecDeque::new());
        Self { queue, sounds, pictures, batch: Vec::new() }
    }

    /// Waits until there is something to be written; false when nobody sends any more. Nothing is lost when it is
    /// given up.
    pub(crate) async fn ready(&mut self) -> bool {
        if !self.sounds.is_empty() || !self.pictures.is_empty() {
            return true;
        }
        let received = self.queue.recv_many(&mut self.batch, BATCH).await > 0;
        self.sort();
        received
    }

    /// What is to be written next, `now`: sound first, pictures while they are fresh, not much at once. Gives each to
    /// `write`.
    pub(crate) fn take(&mut self, now: Instant, mut write: impl FnMut(&Outgoing)) {
        while let Ok(outgoing) = self.queue.try_recv() {
            self.batch.push(outgoing);
        }
        self.sort();
        let stale = |picture: &Outgoing| {
            picture.picture.is_some_and(|sent| now.saturating_duration_since(sent) > PATIENCE)
        };
        while let Some(old) = self.pictures.pop_front_if(|picture| stale(picture)) {
            old.share.stale();
        }
        let mut bytes = 0;
        while bytes < GO
            && let Some(next) = self.sounds.pop_front().or_else(|| self.pictures.pop_front())
        {
            bytes += next.datagram.len();
            write(&next);
        }
    }

    fn sort(&mut self) {
        for outgoing in self.batch.drain(..) {
            let lane = if outgoing.picture.is_some() { &mut self.pictures } else { &mut self.sounds };
            lane.push_back(outgoing);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::{
        super::{Line, Lines},
        *,
    };
    use crate::media::batch::Worth;

    #[tokio::test]
    async fn sound_overtakes_pictures_and_old_pictures_go() {
        let (queue, out) = mpsc::channel(256);
        let (mut lines, mut lane) = (Lines::default(), Lane::new(out));
        lines.open(1, Line::new(queue, "192.0.2.1:4000".parse().unwrap()));
        let now = crate::clock::instant();
        let mut send = |at, kind: u8, count: usize, worth| {
            lines.begin(at);
            (0..count).for_each(|_| lines.send(1, &[kind; 1_000], worth));
            lines.dropped()
        };
        let later = now + PATIENCE * 2;
        send(now, 1, 20, Worth::Picture);
        send(now, 2, 2, Worth::Sound);
        send(later, 3, 10, Worth::Keyframe);
        send(later, 4, 1, Worth::Sound);
        assert!(lane.ready().await);
        let taken = |lane: &mut Lane| {
            let mut kinds = Vec::new();
            lane.take(later, |outgoing| kinds.push(outgoing.datagram[0]));
            kinds
        };
        assert_eq!(taken(&mut lane), [2, 2, 4, 3, 3, 3, 3, 3, 3], "not much at once");
        assert_eq!(send(later, 5, 1, Worth::Sound), 20, "the old ones are counted");
        assert_eq!(taken(&mut lane), [5, 3, 3, 3, 3]);
        drop(lines);
        assert!(!lane.ready().await);
    }
}
