//! Batched socket calls of the generator, by `nix`: nothing shared with the sockets of the server it measures.
//!
//! Receivers do not use UDP_GRO: browsers do not either.

use std::{
    io::{IoSlice, IoSliceMut},
    net::{IpAddr, SocketAddr, SocketAddrV4, UdpSocket},
    os::fd::AsRawFd,
};

use anyhow::{Context, Result};
use nix::{
    cmsg_space,
    errno::Errno,
    sys::{
        socket::{
            ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg, setsockopt, sockopt,
        },
        time::TimeSpec,
    },
};

/// Datagrams of one call.
pub(crate) const BATCH: usize = 32;
/// Room for one datagram.
pub(crate) const SLOT: usize = 2048;
/// What a socket may hold while its thread is busy with others, bytes.
const BUFFER: usize = 1 << 20;

/// A socket of one peer, on a port of its own.
///
/// # Errors
/// No port or descriptor is left.
pub fn bind(local: IpAddr) -> Result<UdpSocket> {
    let socket = UdpSocket::bind((local, 0)).with_context(|| format!("binding a socket on {local}"))?;
    socket.set_nonblocking(true)?;
    setsockopt(&socket, sockopt::RcvBuf, &BUFFER)?;
    setsockopt(&socket, sockopt::SndBuf, &BUFFER)?;
    Ok(socket)
}

/// A server's socket holds more.
pub(crate) fn enlarge(socket: &UdpSocket) -> Result<()> {
    setsockopt(socket, sockopt::RcvBuf, &(4 * BUFFER))?;
    Ok(setsockopt(socket, sockopt::SndBuf, &(4 * BUFFER))?)
}

/// Asks the kernel for the time of arrival of each datagram.
pub(crate) fn stamp(socket: &UdpSocket) -> Result<()> {
    Ok(setsockopt(socket, sockopt::ReceiveTimestampns, &true)?)
}

/// Received datagrams, in buffers that are allocated once.
pub(crate) struct Inbox {
    bytes: Box<[u8]>,
    plain: MultiHeaders<SockaddrIn>,
    stamped: MultiHeaders<SockaddrIn>,
    heads: Vec<Head>,
}

/// Length of a datagram, and its arrival by the wall clock, nanoseconds, where the socket is stamped.
#[derive(Debug, Clone, Copy)]
struct Head {
    length: usize,
    at: Option<u64>,
    from: Option<SocketAddr>,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self {
            bytes: vec![0; BATCH * SLOT].into_boxed_slice(),
            plain: MultiHeaders::preallocate(BATCH, None),
            stamped: MultiHeaders::preallocate(BATCH, Some(cmsg_space!(TimeSpec))),
            heads: Vec::with_capacity(BATCH),
        }
    }

    /// Takes in what is there, without waiting; gives how many.
    ///
    /// # Errors
    /// What the socket reports, besides "nothing there" and an ICMP answer.
    pub(crate) fn receive(&mut self, socket: &UdpSocket, stamped: bool) -> Result<usize> {
        self.take(socket, stamped, false)
    }

    /// The same of a socket that hears from many; [`Inbox::get_from`] says from whom.
    ///
    /// # Errors
    /// As [`Inbox::receive`].
    pub(crate) fn receive_from(&mut self, socket: &UdpSocket) -> Result<usize> {
        self.take(socket, false, true)
    }

    fn take(&mut self, socket: &UdpSocket, stamped: bool, named: bool) -> Result<usize> {
        self.heads.clear();
        let headers = if stamped { &mut self.stamped } else { &mut self.plain };
        let mut chunks = self.bytes.chunks_exact_mut(SLOT);
        let mut slices: [[IoSliceMut<'_>; 1]; BATCH] =
            std::array::from_fn(|_| [IoSliceMut::new(chunks.next().unwrap_or_default())]);
        match recvmmsg(socket.as_raw_fd(), headers, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None) {
            Ok(received) => {
                for message in received {
                    let at = if stamped {
                        message.cmsgs().ok().and_then(|mut c| c.find_map(|message| arrival(&message)))
                    } else {
                        None
                    };
                    let from = message.address.filter(|_| named).map(|from| SocketAddrV4::from(from).into());
                    self.heads.push(Head { length: message.bytes.min(SLOT), at, from });
                }
                Ok(self.heads.len())
            }
            Err(Errno::EAGAIN | Errno::EINTR | Errno::ECONNREFUSED) => Ok(0),
            Err(error) => Err(error).context("receiving"),
        }
    }

    /// The n-th datagram; may be opened in place.
    pub(crate) fn get(&mut self, n: usize) -> Option<(&mut [u8], Option<u64>)> {
        let head = *self.heads.get(n)?;
        Some((self.bytes.get_mut(n * SLOT..n * SLOT + head.length)?, head.at))
    }
}

impl Inbox {
    /// The n-th datagram with its sender.
    pub(crate) fn get_from(&mut self, n: usize) -> Option<(SocketAddr, &mut [u8])> {
        let from = self.heads.get(n)?.from?;
        Some((from, self.get(n)?.0))
    }
}

fn arrival(message: &ControlMessageOwned) -> Option<u64> {
    let ControlMessageOwned::ScmTimestampns(at) = message else { return None };
    Some(u64::try_from(at.tv_sec()).ok()? * 1_000_000_000 + u64::try_from(at.tv_nsec()).ok()?)
}

/// Datagrams to one connected socket, written side by side and sent by one call.
#[derive(Debug)]
pub(crate) struct Outgoing {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Outgoing {
    pub(crate) fn new() -> Self {
        Self { bytes: Vec::with_capacity(BATCH * SLOT), ends: Vec::with_capacity(BATCH) }
    }

    pub(crate) fn push(&mut self, datagram: &[u8]) {
        self.bytes.extend_from_slice(datagram);
        self.ends.push(self.bytes.len());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Sends all; gives how many the socket did not take: those are lost, as on a network.
    pub(crate) fn flush(&mut self, socket: &UdpSocket, headers: &mut MultiHeaders<SockaddrIn>) -> usize {
        let mut start = 0;
        let slices: Vec<[IoSlice<'_>; 1]> = self
            .ends
            .iter()
            .map(|&end| {
                let slice = IoSlice::new(self.bytes.get(start..end).unwrap_or_default());
                start = end;
                [slice]
            })
            .collect();
        let mut sent = 0;
        let all = slices.len();
        for chunk in slices.chunks(BATCH) {
            let to = [None; BATCH];
            let result = sendmmsg(socket.as_raw_fd(), headers, chunk, to, [], MsgFlags::MSG_DONTWAIT);
            sent += result.map_or(0, Iterator::count);
        }
        self.bytes.clear();
        self.ends.clear();
        all - sent
    }
}

/// An address as the socket calls want it.
pub(crate) fn raw(address: SocketAddr) -> Option<SockaddrIn> {
    match address {
        SocketAddr::V4(v4) => Some(SockaddrIn::from(v4)),
        SocketAddr::V6(_) => None,
    }
}
