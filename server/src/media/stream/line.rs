//! The worker's side of streams: what is for one of them is copied into its queue.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use rustc_hash::FxHashMap;
use tokio::sync::mpsc::Sender;

use crate::media::batch::Worth;

/// Copies share pieces of memory of this size.
const PIECE: usize = 64 * 1024;

/// One datagram for one stream.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// [`Stream::number`](super::Stream::number).
    pub(crate) stream: u64,
    pub(crate) datagram: Bytes,
}

/// The way to one peer.
#[derive(Debug)]
pub(in crate::media) struct Line {
    queue: Sender<Outgoing>,
    /// The address the peer is told it has.
    mapped: SocketAddr,
}

impl Line {
    pub(super) fn new(queue: Sender<Outgoing>, mapped: SocketAddr) -> Self {
        Self { queue, mapped }
    }

    /// A queue that fills up has a slow network behind it: pictures make room for keyframes, and both for sound.
    fn has_room(&self, worth: Worth) -> bool {
        let reserved = match worth {
            Worth::Picture => self.queue.max_capacity() / 2,
            Worth::Keyframe => self.queue.max_capacity() / 4,
            Worth::Sound => 0,
        };
        self.queue.capacity() > reserved
    }
}

/// The lines of one worker.
#[derive(Debug, Default)]
pub(in crate::media) struct Lines {
    lines: FxHashMap<u64, Line>,
    piece: BytesMut,
    dropped: u64,
}

impl Lines {
    pub(in crate::media) fn open(&mut self, number: u64, line: Line) {
        self.lines.insert(number, line);
    }

    pub(in crate::media) fn is_open(&self, number: u64) -> bool {
        self.lines.contains_key(&number)
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
        if line.queue.try_send(Outgoing { stream: number, datagram }).is_err() {
            self.dropped += 1;
        }
    }

    /// Forgets the lines whose other end is gone; their numbers.
    pub(in crate::media) fn sweep(&mut self) -> Vec<u64> {
        let gone: Vec<u64> = self
            .lines
            .iter()
            .filter_map(|(number, line)| line.queue.is_closed().then_some(*number))
            .collect();
        for number in &gone {
            self.lines.remove(number);
        }
        gone
    }

    pub(in crate::media) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Datagrams that found no room, since the start.
    pub(in crate::media) fn dropped(&self) -> u64 {
        self.dropped
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
}
