//! What the system dropped before anybody could take it in.

use std::{net::UdpSocket, os::fd::AsRawFd};

/// The values of SO_MEMINFO, and the place of the drops among them (SK_MEMINFO_DROPS, linux/sock_diag.h).
const VALUES: usize = 9;
const DROPS: usize = 8;

/// Datagrams that found the socket's buffer full since it was made, modulo 2^32; `None` where the system does not tell.
pub(in crate::media) fn dropped(socket: &UdpSocket) -> Option<u32> {
    let mut values = [0_u32; VALUES];
    let size = size_of_val(&values) as libc::socklen_t;
    let mut len = size;
    // SAFETY: `values` has room for `len` bytes, any bytes are valid numbers, and both live to the end of the call.
    let done = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_MEMINFO,
            values.as_mut_ptr().cast(),
            &raw mut len,
        )
    };
    (done == 0 && len == size).then(|| values.get(DROPS).copied()).flatten()
}
