//! The peer's side of streams: what waits for one connection, in the order in which it should leave.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::Receiver;

use super::{Outgoing, line::Age};

/// Pictures that waited longer come in vain: those after them are worth more.
const PATIENCE: Duration = Duration::from_millis(300);
/// Sound that waited longer than that is no conversation any more: better a gap than to be behind for good.
const LATEST: Duration = Duration::from_millis(500);
/// Bytes that are written in one go: what a slow connection takes a tenth of a second for.
const GO: usize = 8 * 1024;
/// Datagrams taken from the workers at once.
const BATCH: usize = 64;

/// What the workers sent to one connection that is written as fast as it takes it.
#[derive(Debug)]
pub(crate) struct Lane {
    queue: Receiver<Outgoing>,
    /// What does not age.
    lasting: VecDeque<Outgoing>,
    sounds: VecDeque<Outgoing>,
    pictures: VecDeque<Outgoing>,
    batch: Vec<Outgoing>,
}

impl Lane {
    pub(crate) fn new(queue: Receiver<Outgoing>) -> Self {
        let (lasting, sounds, pictures) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        Self { queue, lasting, sounds, pictures, batch: Vec::new() }
    }

    /// Waits until there is something to be written; false when nobody sends any more. Nothing is lost when it is
    /// given up.
    pub(crate) async fn ready(&mut self) -> bool {
        let waits = [&self.lasting, &self.sounds, &self.pictures].iter().any(|lane| !lane.is_empty());
        waits || self.gather().await
    }

    /// Waits for more than waits already, as [`Self::ready`] does: while the connection takes nothing, its queue does
    /// not fill up with what will be too old.
    pub(crate) async fn gather(&mut self) -> bool {
        let received = self.queue.recv_many(&mut self.batch, BATCH).await > 0;
        self.sort();
        received
    }

    /// Gives up what waited for too long.
    pub(crate) fn age(&mut self, now: Instant) {
        let stale = |waiting: &Outgoing| match waiting.age {
            Age::None => false,
            Age::Sound(sent) => now.saturating_duration_since(sent) > LATEST,
            Age::Picture(sent) => now.saturating_duration_since(sent) > PATIENCE,
        };
        for lane in [&mut self.sounds, &mut self.pictures] {
            while let Some(old) = lane.pop_front_if(|waiting| stale(waiting)) {
                old.share.stale();
            }
        }
    }

    /// What is to be written next, `now`: what keeps the connection first, then sound, then pictures, while they are
    /// fresh, not much at once. Gives each to `write`.
    pub(crate) fn take(&mut self, now: Instant, mut write: impl FnMut(&Outgoing)) {
        while let Ok(outgoing) = self.queue.try_recv() {
            self.batch.push(outgoing);
        }
        self.sort();
        self.age(now);
        let mut bytes = 0;
        while bytes < GO
            && let Some(next) = [&mut self.lasting, &mut self.sounds, &mut self.pictures]
                .into_iter()
                .find_map(VecDeque::pop_front)
        {
            bytes += next.datagram.len();
            write(&next);
        }
    }

    fn sort(&mut self) {
        for outgoing in self.batch.drain(..) {
            let lane = match outgoing.age {
                Age::None => &mut self.lasting,
                Age::Sound(_) => &mut self.sounds,
                Age::Picture(_) => &mut self.pictures,
            };
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

    #[tokio::test]
    async fn after_a_stall_fresh_sound_is_heard_at_once_and_nothing_that_connections_need_is_lost() {
        /// Beginnings of an RTP packet, an RTCP one, a STUN one and a DTLS one.
        const KINDS: [[u8; 2]; 4] = [[0x80, 111], [0x80, 200], [0, 1], [22, 254]];
        let (queue, out) = mpsc::channel(256);
        let (mut lines, mut lane) = (Lines::default(), Lane::new(out));
        lines.open(1, Line::new(queue, "192.0.2.1:4000".parse().unwrap()));
        let start = crate::clock::instant();
        // Four seconds of three voices, and nothing is taken.
        let (mut now, mut taken) = (start, Vec::new());
        for turn in 0..200_u8 {
            now = start + Duration::from_millis(20) * u32::from(turn);
            lines.begin(now);
            (0..3).for_each(|_| lines.send(1, &[&KINDS[0][..], &[turn; 100]].concat(), Worth::Sound));
            if turn == 100 {
                KINDS[1..]
                    .iter()
                    .for_each(|kind| lines.send(1, &[&kind[..], &[0; 40]].concat(), Worth::Sound));
            }
            assert!(lane.gather().await);
            lane.age(now);
        }
        (0..4).for_each(|_| lane.take(now, |outgoing| taken.push(outgoing.datagram.clone())));
        assert_eq!(taken.iter().take(3).map(|one| [one[0], one[1]]).collect::<Vec<_>>(), KINDS[1..]);
        let turns: Vec<u8> = taken.iter().skip(3).map(|one| one[2]).collect();
        let fresh: Vec<u8> = (174..200).flat_map(|turn| [turn; 3]).collect();
        assert_eq!(turns, fresh, "half a second, and nothing older");
        assert_eq!(lines.dropped(), 174 * 3, "the old ones are counted");
    }
}
