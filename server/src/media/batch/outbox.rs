//! Many datagrams out by one call; a run to one peer as one message that the kernel cuts up (UDP_SEGMENT).
//!
//! The kernel's way through the network stack costs more than everything else together, and a message with segments
//! goes it once. Segments have one length, the last may be shorter. Where the network card or the kernel does not take
//! such messages, their datagrams leave one by one.

use std::{
    io, mem,
    net::{SocketAddr, UdpSocket},
    time::Duration,
};

use super::{
    address,
    send::{Headers, segments_supported},
    wake::wait_for_room,
};
use crate::media::stream::{self, Lines};

/// Room for one outgoing datagram.
pub(super) const OUT: usize = 2048;
/// All outgoing datagrams of one flush: what a run of 8 for 28 subscribers takes, and a quarter of a second-level cache.
const ARENA: usize = 256 * 1024;
/// Messages of one call. Beyond 16 more do not make it cheaper.
pub(super) const MESSAGES: usize = 64;
/// Datagrams of one message: all kernels take so many (UDP_MAX_SEGMENTS).
pub(super) const SEGMENTS: usize = 64;
/// Bytes of one message: below what fits into a datagram of 64 KiB with its headers.
const MESSAGE: usize = 65_000;
/// Longer datagrams do not fit a usual MTU (1,500 bytes, IPv6 and UDP headers): the kernel would refuse the message.
pub(super) const SEGMENT: usize = 1452;
/// So many refused messages without one that was taken: it will not get better.
const REFUSALS: u32 = 32;
/// How long a socket without room is waited for, at each of three attempts.
const ROOM: Duration = Duration::from_millis(2);

/// Upper bounds of the run lengths that are told apart in the figures.
pub(in crate::media) const RUN_BOUNDS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

/// What is given up first when the network is slower than the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::media) enum Worth {
    /// Pictures that others follow soon.
    Picture,
    /// Without these nothing is seen for a while.
    Keyframe,
    /// Sound, and what connections need to go on.
    Sound,
}

/// Datagrams to one peer that lie side by side in the arena: all of one length, but the last may be shorter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    pub(super) to: SocketAddr,
    pub(super) start: usize,
    pub(super) len: usize,
    pub(super) segment: usize,
    worth: Worth,
}

impl Message {
    fn datagrams(&self) -> usize {
        self.len.div_ceil(self.segment.max(1)).max(1)
    }

    /// Whether the datagram may be its next segment.
    fn takes(&self, to: SocketAddr, len: usize, worth: Worth) -> bool {
        let whole = self.segment != 0 && self.len.is_multiple_of(self.segment);
        whole
            && 0 < len
            && len <= self.segment
            && self.segment <= SEGMENT
            && self.len + len <= MESSAGE
            && self.datagrams() < SEGMENTS
            && self.worth == worth
            && self.to == to
    }
}

/// What became of the datagrams of one flush.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::media) struct Flushed {
    pub(in crate::media) sent: u64,
    /// The socket had no room: the network is slower than the class.
    pub(in crate::media) dropped: u64,
    /// Of these, sound.
    pub(in crate::media) sound_dropped: u64,
    /// The system refused the address.
    pub(in crate::media) failed: u64,
    /// System calls.
    pub(in crate::media) calls: u64,
    /// Messages by their number of datagrams, see [`RUN_BOUNDS`].
    pub(in crate::media) runs: [u64; RUN_BOUNDS.len()],
}

impl Flushed {
    fn count(&mut self, message: &Message) {
        let datagrams = message.datagrams();
        self.sent += datagrams as u64;
        let bucket = RUN_BOUNDS.partition_point(|bound| *bound < datagrams);
        if let Some(runs) = self.runs.get_mut(bucket) {
            *runs += 1;
        }
    }

    fn drop_message(&mut self, message: &Message) {
        let datagrams = message.datagrams() as u64;
        self.dropped += datagrams;
        if message.worth == Worth::Sound {
            self.sound_dropped += datagrams;
        }
    }
}

/// Datagrams to send, written side by side into an arena that is allocated once.
#[derive(Debug)]
pub(in crate::media) struct Outbox {
    /// Peers that are not reached through the socket.
    pub(in crate::media) lines: Lines,
    arena: Box<[u8]>,
    used: usize,
    messages: Vec<Message>,
    headers: Headers,
    /// The socket is an IPv6 one: IPv4 addresses are mapped.
    v6: bool,
    /// Runs leave as messages with segments.
    segments: bool,
    refusals: u32,
}

impl Outbox {
    /// `segments`: whether the socket takes messages with segments, see [`segments_supported`].
    #[must_use]
    pub(in crate::media) fn new(v6: bool, segments: bool) -> Self {
        Self {
            lines: Lines::default(),
            arena: vec![0; ARENA].into_boxed_slice(),
            used: 0,
            messages: Vec::with_capacity(MESSAGES),
            headers: Headers::default(),
            v6,
            segments,
            refusals: 0,
        }
    }

    /// An outbox for this socket; runs are sent in one piece when that is wanted and the system can.
    ///
    /// # Errors
    /// The socket has no address.
    pub(in crate::media) fn of(socket: &UdpSocket, segments: bool) -> io::Result<Self> {
        Ok(Self::new(socket.local_addr()?.is_ipv6(), segments && segments_supported(socket)))
    }

    /// Whether the next datagram needs a [`flush`](Self::flush) first.
    #[must_use]
    pub(in crate::media) fn is_full(&self) -> bool {
        self.messages.len() >= MESSAGES || self.arena.len() - self.used < OUT
    }

    #[must_use]
    pub(in crate::media) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Where the next datagram is to be written: at least [`OUT`] bytes unless the outbox is full.
    pub(in crate::media) fn room(&mut self) -> &mut [u8] {
        self.arena.get_mut(self.used..).unwrap_or_default()
    }

    /// The first `len` bytes of [`room`](Self::room) are a datagram to `to`.
    pub(in crate::media) fn commit(&mut self, to: SocketAddr, len: usize, worth: Worth) {
        let start = self.used;
        if let Some(number) = stream::number(to) {
            let datagram = self.arena.get(start..start + len).unwrap_or_default();
            self.lines.send(number, datagram, worth);
            return;
        }
        self.used = (start + len).min(self.arena.len());
        let len = self.used - start;
        match self.messages.last_mut() {
            Some(message) if self.segments && message.takes(to, len, worth) => message.len += len,
            Some(_) | None => self.messages.push(Message { to, start, len, segment: len, worth }),
        }
    }

    /// Sends everything and empties the outbox; what the socket does not take in time is dropped, never queued.
    pub(in crate::media) fn flush(&mut self, socket: &UdpSocket) -> Flushed {
        let mut flushed = Flushed::default();
        let mut messages = mem::take(&mut self.messages);
        let (mut at, mut congested) = (0, 0);
        while let Some(waiting) = messages.get(at..).filter(|waiting| !waiting.is_empty()) {
            flushed.calls += 1;
            match self.headers.send(socket, &self.arena, waiting, self.v6) {
                Ok(taken) => {
                    let taken = taken.max(1);
                    waiting.iter().take(taken).for_each(|message| flushed.count(message));
                    at += taken;
                    self.refusals = 0;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if no_room(&error) => {
                    congested += 1;
                    relieve(&mut messages, at, congested, &mut flushed);
                    if at < messages.len() {
                        wait_for_room(socket, ROOM);
                    }
                }
                // The first message of these was refused.
                Err(error) => {
                    if let Some(message) = waiting.first() {
                        self.refused(socket, message, &error, &mut flushed);
                    }
                    at += 1;
                }
            }
        }
        messages.clear();
        self.messages = messages;
        self.used = 0;
        flushed
    }

    /// A message with segments goes again without; a single datagram cannot be helped.
    fn refused(&mut self, socket: &UdpSocket, message: &Message, error: &io::Error, flushed: &mut Flushed) {
        if message.datagrams() == 1 {
            flushed.failed += 1;
            return;
        }
        self.refusals += 1;
        // No checksum offload on this card (EIO), or no such option: it stays so. Anything else may be the peer's path.
        let never = [libc::EIO, libc::EOPNOTSUPP, libc::ENOPROTOOPT];
        if self.refusals >= REFUSALS || error.raw_os_error().is_some_and(|code| never.contains(&code)) {
            self.segments = false;
        }
        for datagram in self.datagrams_of(message) {
            match socket.send_to(datagram, address::mapped(message.to, self.v6)) {
                Ok(_) => flushed.sent += 1,
                Err(error) if no_room(&error) => {
                    flushed.dropped += 1;
                    flushed.sound_dropped += u64::from(message.worth == Worth::Sound);
                }
                Err(_) => flushed.failed += 1,
            }
        }
    }

    fn datagrams_of(&self, message: &Message) -> impl Iterator<Item = &[u8]> {
        let bytes = self.arena.get(message.start..message.start + message.len).unwrap_or_default();
        // An empty datagram has no segments, and is none that anybody sends here.
        bytes.chunks(message.segment.max(1))
    }

    /// The same in safe Rust, to hold the batched call against.
    #[cfg(test)]
    pub(super) fn flush_singly(&mut self, socket: &UdpSocket) -> Flushed {
        let mut flushed = Flushed::default();
        for message in &self.messages {
            for datagram in self.datagrams_of(message) {
                match socket.send_to(datagram, address::mapped(message.to, self.v6)) {
                    Ok(_) => flushed.sent += 1,
                    Err(error) if no_room(&error) => flushed.dropped += 1,
                    Err(_) => flushed.failed += 1,
                }
            }
        }
        self.messages.clear();
        self.used = 0;
        flushed
    }
}

/// ENOBUFS is the same of an interface's queue.
fn no_room(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(libc::ENOBUFS)
}

/// The socket had no room for the n-th time: gives up what is worth least of the messages from `at` on, in the end all.
fn relieve(messages: &mut Vec<Message>, at: usize, congested: u32, flushed: &mut Flushed) {
    let mut n = 0;
    messages.retain(|message| {
        n += 1;
        let stays = n <= at
            || match message.worth {
                Worth::Picture => false,
                Worth::Keyframe => congested < 2,
                Worth::Sound => congested < 4,
            };
        if !stays {
            flushed.drop_message(message);
        }
        stays
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(len: usize, segment: usize, worth: Worth) -> Message {
        Message { to: "127.0.0.1:9".parse().unwrap(), start: 0, len, segment, worth }
    }

    #[test]
    fn a_run_ends_with_a_shorter_datagram_another_peer_or_another_worth() {
        let to = "127.0.0.1:9".parse().unwrap();
        let run = message(2_000, 1_000, Worth::Picture);
        assert!(run.takes(to, 1_000, Worth::Picture) && run.takes(to, 400, Worth::Picture));
        assert!(!run.takes(to, 1_001, Worth::Picture), "longer");
        assert!(!run.takes(to, 1_000, Worth::Keyframe));
        assert!(!run.takes("127.0.0.1:8".parse().unwrap(), 1_000, Worth::Picture));
        assert!(!message(1_400, 1_000, Worth::Picture).takes(to, 1, Worth::Picture), "the last was shorter");
        assert!(!message(64_000, 1_000, Worth::Picture).takes(to, 1_000, Worth::Picture), "64 segments");
        assert!(!message(64_350, 1_430, Worth::Picture).takes(to, 1_430, Worth::Picture), "64 KiB");
        assert!(!message(1_453, 1_453, Worth::Picture).takes(to, 1, Worth::Picture), "beyond the MTU");
    }

    #[test]
    fn sound_is_given_up_last() {
        let worths = [Worth::Picture, Worth::Sound, Worth::Picture, Worth::Keyframe, Worth::Sound];
        let mut messages: Vec<Message> =
            worths.into_iter().map(|worth| message(3_000, 1_000, worth)).collect();
        let mut flushed = Flushed::default();
        let worth = |messages: &[Message]| messages.iter().map(|message| message.worth).collect::<Vec<_>>();
        relieve(&mut messages, 1, 1, &mut flushed);
        assert_eq!(worth(&messages), [Worth::Picture, Worth::Sound, Worth::Keyframe, Worth::Sound]);
        assert_eq!((flushed.dropped, flushed.sound_dropped), (3, 0));
        relieve(&mut messages, 1, 2, &mut flushed);
        relieve(&mut messages, 1, 3, &mut flushed);
        assert_eq!(worth(&messages), [Worth::Picture, Worth::Sound, Worth::Sound]);
        relieve(&mut messages, 1, 4, &mut flushed);
        assert_eq!((messages.len(), flushed.dropped, flushed.sound_dropped), (1, 12, 6));
    }
}
