//! Batched socket calls: many datagrams in, many out, one system call each.
//!
//! The one module of the server where `unsafe` may stand. Every call has a twin in safe Rust; a test holds them
//! against each other.
#![allow(unsafe_code)]

use std::{
    fs::File,
    io::{self, Read, Write},
    mem,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket},
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    ptr,
    time::Duration,
};

/// Datagrams taken in by one call.
pub(super) const BATCH: usize = 64;
/// Room for one incoming datagram: more than any MTU that WebRTC meets.
pub(super) const SLOT: usize = 2048;
/// Room for one outgoing datagram.
pub(super) const OUT: usize = 2048;

/// Received datagrams, in buffers that are allocated once.
#[derive(Debug)]
pub(super) struct Inbox {
    bytes: Box<[u8]>,
    heads: Vec<(SocketAddr, usize)>,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { bytes: vec![0; BATCH * SLOT].into_boxed_slice(), heads: Vec::with_capacity(BATCH) }
    }
}

impl Inbox {
    /// The n-th datagram and where it came from; the bytes may be decrypted in place.
    pub(super) fn get(&mut self, n: usize) -> Option<(SocketAddr, &mut [u8])> {
        let (from, len) = *self.heads.get(n)?;
        Some((from, self.bytes.get_mut(n * SLOT..(n + 1) * SLOT)?.get_mut(..len)?))
    }

    /// Takes in what is there, without waiting; 0 when nothing is. Datagrams longer than [`SLOT`] come as empty.
    ///
    /// # Errors
    /// Whatever the socket reports, besides "nothing there".
    pub(super) fn receive(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        self.heads.clear();
        // SAFETY: all-zero bytes are valid for these plain C structures.
        let mut names: [libc::sockaddr_storage; BATCH] = unsafe { mem::zeroed() };
        // SAFETY: as above.
        let mut vectors: [libc::iovec; BATCH] = unsafe { mem::zeroed() };
        // SAFETY: as above.
        let mut headers: [libc::mmsghdr; BATCH] = unsafe { mem::zeroed() };
        let buffers = self.bytes.chunks_exact_mut(SLOT);
        for (((buffer, name), vector), header) in buffers.zip(&mut names).zip(&mut vectors).zip(&mut headers)
        {
            vector.iov_base = buffer.as_mut_ptr().cast();
            vector.iov_len = SLOT;
            header.msg_hdr.msg_name = ptr::from_mut(name).cast();
            header.msg_hdr.msg_namelen = NAME_LEN;
            header.msg_hdr.msg_iov = vector;
            header.msg_hdr.msg_iovlen = 1;
        }
        // SAFETY: the headers point at `names`, `vectors` and `self.bytes`, which live and are not touched
        // otherwise during the call, with their true lengths; BATCH is the length of `headers`.
        let received = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                BATCH as libc::c_uint,
                libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        let Ok(received) = usize::try_from(received) else { return nothing(&io::Error::last_os_error()) };
        for (header, name) in headers.iter().zip(&names).take(received) {
            let truncated = header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
            let len = if truncated { 0 } else { usize::try_from(header.msg_len).unwrap_or(0) };
            self.heads.push((address(name).unwrap_or(NOWHERE), len));
        }
        Ok(received)
    }

    /// The same in safe Rust, to hold the batched call against.
    #[cfg(test)]
    pub(super) fn receive_singly(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        self.heads.clear();
        for buffer in self.bytes.chunks_exact_mut(SLOT) {
            match socket.recv_from(buffer) {
                Ok((len, from)) => self.heads.push((canonical(from), len)),
                Err(error) if self.heads.is_empty() => return nothing(&error),
                Err(_) => break,
            }
        }
        Ok(self.heads.len())
    }
}

/// Stands for an address family that UDP sockets do not have; no peer is ever there.
const NOWHERE: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));
const NAME_LEN: libc::socklen_t = size_of::<libc::sockaddr_storage>() as libc::socklen_t;

fn nothing(error: &io::Error) -> io::Result<usize> {
    // Refused is an ICMP answer to something sent earlier: it says nothing about this socket.
    let harmless = matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted | io::ErrorKind::ConnectionRefused
    );
    if harmless { Ok(0) } else { Err(error.kind().into()) }
}

/// An IPv4 address that came through an IPv6 socket is an IPv4 address.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn address(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match libc::c_int::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that the kernel wrote a sockaddr_in, which is smaller than the storage and
            // has no invalid bit patterns; the storage is aligned for every address type.
            let v4 = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(v4.sin_addr.s_addr.to_ne_bytes());
            Some(SocketAddr::V4(SocketAddrV4::new(ip, u16::from_be(v4.sin_port))))
        }
        libc::AF_INET6 => {
            // SAFETY: as above, with sockaddr_in6.
            let v6 = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            let port = u16::from_be(v6.sin6_port);
            Some(canonical(SocketAddr::V6(SocketAddrV6::new(ip, port, 0, v6.sin6_scope_id))))
        }
        _ => None,
    }
}

/// One datagram in the arena of an [`Outbox`]. Neighbours to the same peer lie side by side, so that a run of
/// equal lengths can become one message with segments.
#[derive(Clone, Copy, Debug)]
struct Message {
    to: SocketAddr,
    start: usize,
    len: usize,
}

/// What became of the datagrams of one flush.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flushed {
    pub(super) sent: u64,
    /// The socket had no room: the network is slower than the class.
    pub(super) dropped: u64,
    /// The system refused the address.
    pub(super) failed: u64,
}

/// Datagrams to send, written side by side into an arena that is allocated once.
#[derive(Debug)]
pub(super) struct Outbox {
    arena: Box<[u8]>,
    used: usize,
    messages: Vec<Message>,
    /// The socket is an IPv6 one: IPv4 addresses are mapped.
    v6: bool,
}

impl Outbox {
    #[must_use]
    pub(super) fn new(v6: bool) -> Self {
        let arena = vec![0; BATCH * OUT].into_boxed_slice();
        Self { arena, used: 0, messages: Vec::with_capacity(BATCH), v6 }
    }

    /// Whether the next datagram needs a [`flush`](Self::flush) first.
    #[must_use]
    pub(super) fn is_full(&self) -> bool {
        self.messages.len() >= BATCH || self.arena.len() - self.used < OUT
    }

    #[must_use]
    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Where the next datagram is to be written: at least [`OUT`] bytes unless the outbox is full.
    pub(super) fn room(&mut self) -> &mut [u8] {
        self.arena.get_mut(self.used..).unwrap_or_default()
    }

    /// The first `len` bytes of [`room`](Self::room) are a datagram to `to`.
    pub(super) fn commit(&mut self, to: SocketAddr, len: usize) {
        let start = self.used;
        self.used = (start + len).min(self.arena.len());
        self.messages.push(Message { to, start, len: self.used - start });
    }

    /// Sends everything and empties the outbox; what the socket does not take is dropped, never queued.
    pub(super) fn flush(&mut self, socket: &UdpSocket) -> Flushed {
        let mut flushed = Flushed::default();
        let mut messages = mem::take(&mut self.messages);
        for chunk in messages.chunks(BATCH) {
            self.send_chunk(socket, chunk, &mut flushed);
        }
        messages.clear();
        self.messages = messages;
        self.used = 0;
        flushed
    }

    fn send_chunk(&self, socket: &UdpSocket, mut messages: &[Message], flushed: &mut Flushed) {
        while !messages.is_empty() {
            match self.send_some(socket, messages) {
                Ok(sent) => {
                    flushed.sent += sent as u64;
                    messages = messages.get(sent.max(1)..).unwrap_or_default();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    flushed.dropped += messages.len() as u64;
                    return;
                }
                // The first message of these was refused: skip it and go on.
                Err(_) => {
                    flushed.failed += 1;
                    messages = messages.get(1..).unwrap_or_default();
                }
            }
        }
    }

    fn send_some(&self, socket: &UdpSocket, messages: &[Message]) -> io::Result<usize> {
        // SAFETY: all-zero bytes are valid for these plain C structures.
        let mut names: [libc::sockaddr_in6; BATCH] = unsafe { mem::zeroed() };
        // SAFETY: as above.
        let mut vectors: [libc::iovec; BATCH] = unsafe { mem::zeroed() };
        // SAFETY: as above.
        let mut headers: [libc::mmsghdr; BATCH] = unsafe { mem::zeroed() };
        let slots = names.iter_mut().zip(&mut vectors).zip(&mut headers);
        let mut count: libc::c_uint = 0;
        for (message, ((name, vector), header)) in messages.iter().zip(slots) {
            let bytes = self.arena.get(message.start..message.start + message.len).unwrap_or_default();
            vector.iov_base = bytes.as_ptr().cast_mut().cast();
            vector.iov_len = bytes.len();
            header.msg_hdr.msg_namelen = write_address(name, message.to, self.v6);
            header.msg_hdr.msg_name = ptr::from_mut(name).cast();
            header.msg_hdr.msg_iov = vector;
            header.msg_hdr.msg_iovlen = 1;
            count += 1;
        }
        // SAFETY: the first `count` headers point at `names`, `vectors` and the arena, which live during the call
        // and are only read by it.
        let sent =
            unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count, libc::MSG_DONTWAIT) };
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }

    /// The same in safe Rust, to hold the batched call against.
    #[cfg(test)]
    pub(super) fn flush_singly(&mut self, socket: &UdpSocket) -> Flushed {
        let mut flushed = Flushed::default();
        for message in self.messages.drain(..) {
            let bytes = self.arena.get(message.start..message.start + message.len).unwrap_or_default();
            match socket.send_to(bytes, mapped(message.to, self.v6)) {
                Ok(_) => flushed.sent += 1,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => flushed.dropped += 1,
                Err(_) => flushed.failed += 1,
            }
        }
        self.used = 0;
        flushed
    }
}

fn mapped(address: SocketAddr, v6: bool) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v6 => SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()),
        SocketAddr::V4(_) | SocketAddr::V6(_) => address,
    }
}

/// Writes the address where a sockaddr_in6, the larger of the two, fits; gives the length of what was written.
fn write_address(name: &mut libc::sockaddr_in6, to: SocketAddr, v6: bool) -> libc::socklen_t {
    match mapped(to, v6) {
        SocketAddr::V4(v4) => {
            // SAFETY: a sockaddr_in is smaller than a sockaddr_in6 and needs no stricter alignment; every bit
            // pattern is valid for both.
            let out = unsafe { &mut *ptr::from_mut(name).cast::<libc::sockaddr_in>() };
            out.sin_family = libc::AF_INET as libc::sa_family_t;
            out.sin_port = v4.port().to_be();
            out.sin_addr.s_addr = u32::from_ne_bytes(v4.ip().octets());
            size_of::<libc::sockaddr_in>() as libc::socklen_t
        }
        SocketAddr::V6(v6) => {
            name.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            name.sin6_port = v6.port().to_be();
            name.sin6_addr.s6_addr = v6.ip().octets();
            name.sin6_scope_id = v6.scope_id();
            size_of::<libc::sockaddr_in6>() as libc::socklen_t
        }
    }
}

/// Wakes a worker that waits for packets.
#[derive(Debug)]
pub(super) struct Waker(File);

impl Waker {
    /// # Errors
    /// The process has no file descriptors left.
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: takes no pointers.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was just made and belongs to nobody else.
        Ok(Self(File::from(unsafe { OwnedFd::from_raw_fd(fd) })))
    }

    /// The next or the present [`wait`] returns.
    pub(super) fn wake(&self) {
        // The only failure is a counter at its maximum, which wakes as well.
        let _ = (&self.0).write(&1_u64.to_ne_bytes());
    }

    /// Takes back all wakings so far.
    pub(super) fn reset(&self) {
        let _ = (&self.0).read(&mut [0; 8]);
    }
}

/// Waits until the socket has something, the waker was used, or the time is over.
///
/// # Errors
/// Whatever the system reports, besides an interruption by a signal.
pub(super) fn wait(socket: &UdpSocket, waker: &Waker, timeout: Option<Duration>) -> io::Result<()> {
    let watch = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let mut watched = [watch(socket.as_raw_fd()), watch(waker.0.as_raw_fd())];
    let timeout = timeout.map(|timeout| libc::timespec {
        tv_sec: libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    });
    let timeout = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: `watched` has two entries; `timeout` is null or points at a structure that lives to the end of this
    // function; no signal mask is given.
    let ready = unsafe { libc::ppoll(watched.as_mut_ptr(), 2, timeout, ptr::null()) };
    if ready >= 0 {
        return Ok(());
    }
    nothing(&io::Error::last_os_error()).map(|_| ())
}

#[cfg(test)]
mod tests;
