//! The worker's side of streams: what is for one of them is copied into its queue.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use bytes::{Bytes, BytesMut};
use rustc_hash::FxHashMap;
use tokio::sync::mpsc::Sender;

use crate::media::{
    batch::Worth,
    packet::{Kind, kind},
};

/// Copies share pieces of memory of this size.
const PIECE: usize = 64 * 1024;
/// Bytes that wait for one stream at most, whoever it shares its queue with.
const BYTES: usize = 96 * 1024;

/// One datagram for one stream.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// [`Stream::number`](super::Stream::number).
    pub(crate) stream: u64,
    pub(crate) datagram: Bytes,
    pub(super) age: Age,
    pub(super) share: Share,
}

/// What time does to a datagram that waits.
#[derive(Clone, Copy, Debug)]
pub(super) enum Age {
    /// Nothing: connections need it to go on.
    None,
    /// Sound, and when the worker sent it.
    Sound(Instant),
    /// A picture, and when the worker sent it.
    Picture(Instant),
}

#[cfg(test)]
impl Outgoing {
    /// One that does not age.
    pub(crate) fn of(stream: u64, datagram: Bytes) -> Self {
        Self { stream, share: Share::of(&Arc::default(), datagram.len()), datagram, age: Age::None }
    }
}

/// What waits for one stream, and what of it became too old.
#[derive(Debug, Default)]
struct Load {
    bytes: AtomicUsize,
    stale: AtomicU64,
    /// Its peer is gone.
    ended: AtomicBool,
}

/// The peer's hold on its line, which ends with this.
#[derive(Debug)]
pub(super) struct Hold(Arc<Load>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Relaxed);
    }
}

/// A waiting datagram's part of that; it ends with the datagram.
#[derive(Debug)]
pub(super) struct Share {
    load: Arc<Load>,
    bytes: usize,
}

impl Share {
    fn of(load: &Arc<Load>, bytes: usize) -> Self {
        load.bytes.fetch_add(bytes, Ordering::Relaxed);
        Self { load: Arc::clone(load), bytes }
    }

    /// It became too old before it could leave.
    pub(super) fn stale(&self) {
        self.load.stale.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.load.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The way to one peer.
#[derive(Debug)]
pub(in crate::media) struct Line {
    queue: Sender<Outgoing>,
    /// The address the peer is told it has.
    mapped: SocketAddr,
    load: Arc<Load>,
}

impl Line {
    pub(super) fn new(queue: Sender<Outgoing>, mapped: SocketAddr) -> Self {
        Self { queue, mapped, load: Arc::default() }
    }

    /// The line lasts no longer than what this gives, nor than its queue.
    pub(super) fn hold(&self) -> Hold {
        Hold(Arc::clone(&self.load))
    }

    fn has_ended(&self) -> bool {
        self.queue.is_closed() || self.load.ended.load(Ordering::Relaxed)
    }

    /// A queue that fills up has a slow network behind it: pictures make room for keyframes, and both for sound.
    fn has_room(&self, worth: Worth) -> bool {
        let share = match worth {
            Worth::Picture => 2,
            Worth::Keyframe => 3,
            Worth::Sound => 4,
        };
        let (places, bytes) = (self.queue.max_capacity(), self.load.bytes.load(Ordering::Relaxed));
        self.queue.capacity() > places - places * share / 4 && bytes < BYTES * share / 4
    }

    fn stale(&self) -> u64 {
        self.load.stale.load(Ordering::Relaxed)
    }
}

/// The lines of one worker.
#[derive(Debug, Default)]
pub(in crate::media) struct Lines {
    lines: FxHashMap<u64, Line>,
    piece: BytesMut,
    dropped: u64,
    /// Of this turn.
    now: Option<Instant>,
}

impl Lines {
    pub(in crate::media) fn open(&mut self, number: u64, line: Line) {
        self.lines.insert(number, line);
    }

    pub(in crate::media) fn is_open(&self, number: u64) -> bool {
        self.lines.contains_key(&number)
    }

    /// A turn of the worker begins: what is sent now is of now.
    pub(in crate::media) const fn begin(&mut self, now: Instant) {
        self.now = Some(now);
    }

    /// The address this peer is told it has.
    pub(in crate::media) fn mapped(&self, number: u64) -> Option<SocketAddr> {
        self.lines.get(&number).map(|line| line.mapped)
    }

    /// Sends a datagram, or drops and counts it.
    pub(in crate::media) fn send(&mut self, number: u64, datagram: &[u8], worth: Worth) {
        let Some(line) = self.lines.get(&number).filter(|line| line.has_room(worth)) else {
            self.dropped += 1;
            return;
        };
        if self.piece.capacity() < datagram.len() {
            self.piece.reserve(PIECE);
        }
        self.piece.extend_from_slice(datagram);
        let datagram = self.piece.split().freeze();
        let age = match (worth, kind(&datagram), self.now) {
            (Worth::Picture | Worth::Keyframe, _, Some(now)) => Age::Picture(now),
            (Worth::Sound, Kind::Rtp, Some(now)) => Age::Sound(now),
            (Worth::Picture | Worth::Keyframe | Worth::Sound, _, _) => Age::None,
        };
        let share = Share::of(&line.load, datagram.len());
        if line.queue.try_send(Outgoing { stream: number, datagram, age, share }).is_err() {
            self.dropped += 1;
        }
    }

    /// Forgets the lines whose other end is gone; their numbers.
    pub(in crate::media) fn sweep(&mut self) -> Vec<u64> {
        let gone: Vec<u64> =
            self.lines.iter().filter_map(|(number, line)| line.has_ended().then_some(*number)).collect();
        for number in &gone {
            self.dropped += self.lines.remove(number).map_or(0, |line| line.stale());
        }
        gone
    }

    pub(in crate::media) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Datagrams that found no room or became too old, since the start.
    pub(in crate::media) fn dropped(&self) -> u64 {
        self.dropped + self.lines.values().map(Line::stale).sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[test]
    fn a_slow_stream_loses_pictures_first_and_sound_last() {
        let (queue, mut out) = mpsc::channel(8);
        let mut lines = Lines::default();
        lines.open(5, Line::new(queue, "192.0.2.1:4000".parse().unwrap()));
        let fill = |lines: &mut Lines, worth: Worth| {
            let before = lines.dropped();
            (0..10).for_each(|n| lines.send(5, &[n; 100], worth));
            10 - (lines.dropped() - before)
        };
        assert_eq!(fill(&mut lines, Worth::Picture), 4);
        assert_eq!(fill(&mut lines, Worth::Keyframe), 2);
        assert_eq!(fill(&mut lines, Worth::Sound), 2);
        let first = out.try_recv().unwrap();
        assert_eq!((first.stream, &first.datagram[..]), (5, &[0; 100][..]));
        assert!(lines.sweep().is_empty());
        drop(out);
        assert_eq!(lines.sweep(), [5]);
        assert!(!lines.is_open(5));
    }

    #[test]
    fn a_line_ends_with_its_peer_though_others_share_its_queue() {
        let (queue, _out) = mpsc::channel(8);
        let mut lines = Lines::default();
        let address = "192.0.2.1:4000".parse().unwrap();
        let [one, other] = [1, 2].map(|number| {
            let line = Line::new(queue.clone(), address);
            let hold = line.hold();
            lines.open(number, line);
            hold
        });
        assert!(lines.sweep().is_empty());
        drop(one);
        assert_eq!(lines.sweep(), [1]);
        drop(other);
        assert_eq!((lines.sweep(), lines.len()), (vec![2], 0));
    }

    #[test]
    fn streams_that_share_a_queue_do_not_take_it_from_each_other() {
        let (queue, mut out) = mpsc::channel(4_096);
        let mut lines = Lines::default();
        let address = "192.0.2.1:4000".parse().unwrap();
        (1..=2).for_each(|n| lines.open(n, Line::new(queue.clone(), address)));
        (0..1_000).for_each(|_| lines.send(1, &[0; 1_000], Worth::Picture));
        let taken = 1_000 - lines.dropped();
        assert!((48..=50).contains(&taken), "half of what may wait: {taken}");
        lines.send(2, &[0; 1_000], Worth::Picture);
        lines.send(1, &[0; 100], Worth::Sound);
        assert_eq!(1_000 - lines.dropped(), taken);
        (0..10).for_each(|_| drop(out.try_recv()));
        lines.send(1, &[0; 1_000], Worth::Picture);
        assert_eq!(1_000 - lines.dropped(), taken, "what left makes room");
    }
}
