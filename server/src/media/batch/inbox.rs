//! Many datagrams in by one call.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket},
    os::fd::AsRawFd,
    ptr,
};

use super::{
    address::{self, NAME_LEN, Name},
    wake::nothing,
};

/// Datagrams taken in by one call.
pub(in crate::media) const BATCH: usize = 64;
/// Room for one incoming datagram: more than any MTU that WebRTC meets.
pub(super) const SLOT: usize = 2048;

/// Received datagrams, in buffers that are allocated once.
pub(in crate::media) struct Inbox {
    bytes: Box<[u8]>,
    pub(super) heads: Vec<(SocketAddr, usize)>,
    names: Box<[Name]>,
    vectors: Box<[libc::iovec]>,
    headers: Box<[libc::mmsghdr]>,
}

// SAFETY: the pointers in here are written right before each call and not followed outside of it.
unsafe impl Send for Inbox {}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("heads", &self.heads).finish_non_exhaustive()
    }
}

impl Default for Inbox {
    fn default() -> Self {
        // SAFETY: all-zero bytes are a valid mmsghdr.
        let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
        header.msg_hdr.msg_namelen = NAME_LEN;
        header.msg_hdr.msg_iovlen = 1;
        Self {
            bytes: vec![0; BATCH * SLOT].into(),
            heads: Vec::with_capacity(BATCH),
            names: vec![address::no_name(); BATCH].into(),
            vectors: vec![libc::iovec { iov_base: ptr::null_mut(), iov_len: SLOT }; BATCH].into(),
            headers: vec![header; BATCH].into(),
        }
    }
}

impl Inbox {
    /// The n-th datagram and where it came from; the bytes may be decrypted in place.
    pub(in crate::media) fn get(&mut self, n: usize) -> Option<(SocketAddr, &mut [u8])> {
        let (from, len) = *self.heads.get(n)?;
        Some((from, self.bytes.get_mut(n * SLOT..(n + 1) * SLOT)?.get_mut(..len)?))
    }

    /// Takes in what is there, without waiting; 0 when nothing is. Datagrams longer than [`SLOT`] come as empty.
    ///
    /// # Errors
    /// Whatever the socket reports, besides "nothing there".
    pub(in crate::media) fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        // The kernel wrote into those that it used the last time only.
        for (header, _) in self.headers.iter_mut().zip(&self.heads) {
            header.msg_hdr.msg_namelen = NAME_LEN;
        }
        self.heads.clear();
        self.point();
        // SAFETY: the headers point at `names`, `vectors` and `bytes`, which live and are not touched otherwise during
        // the call, with their true lengths; BATCH is the length of `headers`.
        let received = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                BATCH as libc::c_uint,
                libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        let Ok(received) = usize::try_from(received) else { return nothing(&io::Error::last_os_error()) };
        for (header, name) in self.headers.iter().zip(&self.names).take(received) {
            let truncated = header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
            let len = if truncated { 0 } else { usize::try_from(header.msg_len).unwrap_or(0) };
            self.heads.push((address::read(name).unwrap_or(NOWHERE), len));
        }
        Ok(received)
    }

    /// Points the headers at the buffers, anew each time: [`get`](Self::get) lends them out in between.
    fn point(&mut self) {
        let slots = self.bytes.chunks_exact_mut(SLOT).zip(&mut self.names);
        for ((vector, header), (slot, name)) in self.vectors.iter_mut().zip(&mut self.headers).zip(slots) {
            vector.iov_base = slot.as_mut_ptr().cast();
            header.msg_hdr.msg_name = ptr::from_mut(name).cast();
            header.msg_hdr.msg_iov = vector;
        }
    }

    /// The same in safe Rust, to hold the batched call against.
    #[cfg(test)]
    pub(super) fn receive_singly(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        self.heads.clear();
        for buffer in self.bytes.chunks_exact_mut(SLOT) {
            match socket.recv_from(buffer) {
                Ok((len, from)) => self.heads.push((address::canonical(from), len)),
                Err(error) if self.heads.is_empty() => return nothing(&error),
                Err(_) => break,
            }
        }
        Ok(self.heads.len())
    }
}

/// Stands for an address family that UDP sockets do not have; no peer is ever there.
const NOWHERE: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));
