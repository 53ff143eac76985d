//! Waiting for packets, and ending the wait.

use std::{
    fs::File,
    io::{self, Read, Write},
    net::UdpSocket,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    ptr,
    time::Duration,
};

/// What a socket call gave that did nothing: 0, or the error when it says something about the socket.
pub(super) fn nothing(error: &io::Error) -> io::Result<usize> {
    // Refused is an ICMP answer to something sent earlier: it says nothing about this socket.
    let harmless = matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted | io::ErrorKind::ConnectionRefused
    );
    if harmless { Ok(0) } else { Err(error.kind().into()) }
}

/// Wakes a worker that waits for packets.
#[derive(Debug)]
pub(in crate::media) struct Waker(File);

impl Waker {
    /// # Errors
    /// The process has no file descriptors left.
    pub(in crate::media) fn new() -> io::Result<Self> {
        // SAFETY: takes no pointers.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was just made and belongs to nobody else.
        Ok(Self(File::from(unsafe { OwnedFd::from_raw_fd(fd) })))
    }

    /// The next or the present [`wait`] returns.
    pub(in crate::media) fn wake(&self) {
        // The only failure is a counter at its maximum, which wakes as well.
        let _ = (&self.0).write(&1_u64.to_ne_bytes());
    }

    /// Takes back all wakings so far.
    pub(in crate::media) fn reset(&self) {
        let _ = (&self.0).read(&mut [0; 8]);
    }
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::media) struct Woken {
    /// The socket has something.
    pub(in crate::media) packets: bool,
    /// The waker was used.
    pub(in crate::media) called: bool,
}

/// Waits until the socket has something, the waker was used, or the time is over.
///
/// # Errors
/// Whatever the system reports, besides an interruption by a signal.
pub(in crate::media) fn wait(
    socket: &UdpSocket,
    waker: &Waker,
    timeout: Option<Duration>,
) -> io::Result<Woken> {
    let mut watched = [watch(socket.as_raw_fd(), libc::POLLIN), watch(waker.0.as_raw_fd(), libc::POLLIN)];
    poll(&mut watched, timeout)?;
    let [socket, waker] = watched;
    Ok(Woken { packets: socket.revents != 0, called: waker.revents != 0 })
}

/// Waits until the socket takes datagrams again, or the time is over.
pub(super) fn wait_for_room(socket: &UdpSocket, timeout: Duration) {
    // Should it fail, the next attempt to send tells why.
    let _ = poll(&mut [watch(socket.as_raw_fd(), libc::POLLOUT)], Some(timeout));
}

fn watch(fd: libc::c_int, events: libc::c_short) -> libc::pollfd {
    libc::pollfd { fd, events, revents: 0 }
}

fn poll<const N: usize>(watched: &mut [libc::pollfd; N], timeout: Option<Duration>) -> io::Result<()> {
    let timeout = timeout.map(|timeout| libc::timespec {
        tv_sec: libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    });
    let timeout = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: `watched` has N entries; `timeout` is null or points at a structure that lives to the end of this
    // function; no signal mask is given.
    let ready = unsafe { libc::ppoll(watched.as_mut_ptr(), N as libc::nfds_t, timeout, ptr::null()) };
    if ready >= 0 {
        return Ok(());
    }
    nothing(&io::Error::last_os_error()).map(|_| ())
}
