//! What sendmmsg reads, and the option that cuts messages up.

use std::{fmt, io, mem, net::UdpSocket, os::fd::AsRawFd, ptr};

use super::{
    address::{self, Name},
    outbox::{MESSAGES, Message},
};

/// Whether the system knows messages with segments; cards may still refuse them.
pub(super) fn segments_supported(socket: &UdpSocket) -> bool {
    let size: libc::c_int = 0;
    // SAFETY: the value is an int that lives during the call, and its length is given. 0 means no segments, as before.
    let set = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_UDP,
            libc::UDP_SEGMENT,
            ptr::from_ref(&size).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    set == 0
}

/// The control message that gives a message's segment size, laid out as CMSG_SPACE(2) demands.
#[derive(Clone, Copy)]
#[repr(C)]
struct Control {
    header: libc::cmsghdr,
    size: u16,
    padding: [u8; 6],
}

const CONTROL_LEN: usize = size_of::<libc::cmsghdr>() + size_of::<u16>();

/// What sendmmsg reads, allocated once.
pub(super) struct Headers {
    names: Box<[Name]>,
    vectors: Box<[libc::iovec]>,
    controls: Box<[Control]>,
    headers: Box<[libc::mmsghdr]>,
}

// SAFETY: the pointers in here are written right before each call and not followed outside of it.
unsafe impl Send for Headers {}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Headers").finish_non_exhaustive()
    }
}

impl Default for Headers {
    fn default() -> Self {
        let header = libc::cmsghdr {
            cmsg_len: CONTROL_LEN as _,
            cmsg_level: libc::SOL_UDP,
            cmsg_type: libc::UDP_SEGMENT,
        };
        // SAFETY: all-zero bytes are a valid mmsghdr.
        let empty: libc::mmsghdr = unsafe { mem::zeroed() };
        Self {
            names: vec![address::no_name(); MESSAGES].into(),
            vectors: vec![libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 }; MESSAGES].into(),
            controls: vec![Control { header, size: 0, padding: [0; 6] }; MESSAGES].into(),
            headers: vec![empty; MESSAGES].into(),
        }
    }
}

impl Headers {
    /// Sends the first messages, [`MESSAGES`] at most; gives how many the system took.
    pub(super) fn send(
        &mut self,
        socket: &UdpSocket,
        arena: &[u8],
        messages: &[Message],
        v6: bool,
    ) -> io::Result<usize> {
        let parts = self.names.iter_mut().zip(&mut self.vectors).zip(&mut self.controls);
        let mut count: libc::c_uint = 0;
        for (message, (((name, vector), control), header)) in
            messages.iter().zip(parts.zip(&mut self.headers))
        {
            let bytes = arena.get(message.start..message.start + message.len).unwrap_or_default();
            vector.iov_base = bytes.as_ptr().cast_mut().cast();
            vector.iov_len = bytes.len();
            let header = &mut header.msg_hdr;
            header.msg_namelen = address::write(name, message.to, v6);
            header.msg_name = ptr::from_mut(name).cast();
            header.msg_iov = vector;
            header.msg_iovlen = 1;
            match u16::try_from(message.segment) {
                Ok(segment) if message.len > message.segment => {
                    control.size = segment;
                    header.msg_control = ptr::from_mut(control).cast();
                    header.msg_controllen = size_of::<Control>() as _;
                }
                Ok(_) | Err(_) => {
                    header.msg_control = ptr::null_mut();
                    header.msg_controllen = 0;
                }
            }
            count += 1;
        }
        // SAFETY: the first `count` headers point at `names`, `vectors`, `controls` and the arena, which live during the
        // call and are only read by it.
        let sent = unsafe {
            libc::sendmmsg(socket.as_raw_fd(), self.headers.as_mut_ptr(), count, libc::MSG_DONTWAIT)
        };
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_message_is_as_long_as_the_system_wants_it() {
        // SAFETY: pure arithmetic.
        let (len, space) = unsafe { (libc::CMSG_LEN(2), libc::CMSG_SPACE(2)) };
        assert_eq!((CONTROL_LEN, size_of::<Control>()), (len as usize, space as usize));
    }
}
