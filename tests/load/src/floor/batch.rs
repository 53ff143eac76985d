//! Sealing and sending for all viewers, many datagrams a call.

use std::{io::IoSlice, net::UdpSocket, os::fd::AsRawFd};

use nix::{
    cmsg_space,
    sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrIn, sendmmsg},
};
use server::media::srtp::SealContext;

use super::Opened;

/// Messages of one call: more save nothing.
const MESSAGES: usize = 64;
/// With segments a message is a run, and the arena has to stay within the cache.
const RUNS: usize = 16;
const OUT: usize = 1_500;

/// Where a viewer is, and its keys.
pub(crate) struct Viewer {
    pub(crate) to: SockaddrIn,
    pub(crate) seal: SealContext,
}

/// An arena of sealed packets and the headers of one call.
pub(crate) struct Batch {
    gso: bool,
    arena: Vec<u8>,
    /// End in the arena, and whose it is.
    messages: Vec<(usize, SockaddrIn)>,
    plain: MultiHeaders<SockaddrIn>,
    segmented: MultiHeaders<SockaddrIn>,
}

impl Batch {
    pub(crate) fn new(gso: bool) -> Self {
        Self {
            gso,
            arena: Vec::with_capacity(MESSAGES * OUT * 4),
            messages: Vec::with_capacity(MESSAGES),
            plain: MultiHeaders::preallocate(MESSAGES, None),
            segmented: MultiHeaders::preallocate(MESSAGES, Some(cmsg_space!(u16))),
        }
    }

    /// Seals these packets for every viewer and sends them.
    pub(crate) fn send(&mut self, socket: &UdpSocket, packets: &[Opened], viewers: &[Viewer]) {
        if !self.gso {
            for viewer in viewers {
                for packet in packets {
                    self.seal(viewer, packet);
                    self.messages.push((self.arena.len(), viewer.to));
                    if self.messages.len() == MESSAGES {
                        self.flush(socket, None);
                    }
                }
            }
            return self.flush(socket, None);
        }
        for run in runs(packets) {
            let segment = run.first().filter(|_| run.len() > 1).map(|first| first.sealed() as u16);
            for viewer in viewers {
                for packet in run {
                    self.seal(viewer, packet);
                }
                self.messages.push((self.arena.len(), viewer.to));
                if self.messages.len() >= RUNS.max(MESSAGES / run.len()) {
                    self.flush(socket, segment);
                }
            }
            self.flush(socket, segment);
        }
    }

    fn seal(&mut self, viewer: &Viewer, packet: &Opened) {
        let (header, payload, roc) = packet.parts();
        let start = self.arena.len();
        self.arena.resize(start + packet.sealed(), 0);
        let out = self.arena.get_mut(start..).unwrap_or_default();
        // The packet was opened with a header, so it can be sealed with one.
        let _ = viewer.seal.seal_rtp_into(header, payload, roc, out);
    }

    fn flush(&mut self, socket: &UdpSocket, segment: Option<u16>) {
        let mut start = 0;
        let slice = |&(end, _): &(usize, SockaddrIn)| {
            let slice = IoSlice::new(self.arena.get(start..end).unwrap_or_default());
            start = end;
            [slice]
        };
        let slices: Vec<[IoSlice<'_>; 1]> = self.messages.iter().map(slice).collect();
        let to: Vec<Option<SockaddrIn>> = self.messages.iter().map(|(_, to)| Some(*to)).collect();
        let size = segment.unwrap_or_default();
        let segments = [ControlMessage::UdpGsoSegments(&size)];
        let (headers, control) = match segment {
            Some(_) => (&mut self.segmented, &segments[..]),
            None => (&mut self.plain, &[][..]),
        };
        // What the socket does not take is lost, and the viewers count it.
        let _ = sendmmsg(socket.as_raw_fd(), headers, &slices, to, control, MsgFlags::MSG_DONTWAIT);
        self.arena.clear();
        self.messages.clear();
    }
}

/// Neighbours of one length, of which the last may be shorter.
pub(super) fn runs(packets: &[Opened]) -> impl Iterator<Item = &[Opened]> {
    let mut rest = packets;
    std::iter::from_fn(move || {
        let length = rest.first()?.sealed();
        let equal = rest.iter().take_while(|packet| packet.sealed() == length).count();
        let shorter = rest.get(equal).is_some_and(|next| next.sealed() < length);
        let (run, left) = rest.split_at_checked(equal + usize::from(shorter))?;
        rest = left;
        Some(run)
    })
}
