//! Socket addresses as the kernel reads and writes them.

use std::{
    mem,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
};

/// Room for an address of either family, as the kernel writes it: a sockaddr_in6 is the larger of the two.
pub(super) type Name = libc::sockaddr_in6;
/// What a [`Name`] takes.
pub(super) const NAME_LEN: libc::socklen_t = size_of::<Name>() as libc::socklen_t;

/// No address yet.
pub(super) fn no_name() -> Name {
    // SAFETY: all-zero bytes are a valid sockaddr_in6.
    unsafe { mem::zeroed() }
}

/// An IPv4 address that came through an IPv6 socket is an IPv4 address.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// The address the kernel wrote; `None` for a family that UDP sockets do not have.
pub(super) fn read(name: &Name) -> Option<SocketAddr> {
    match libc::c_int::from(name.sin6_family) {
        libc::AF_INET => {
            // SAFETY: the family says that the kernel wrote a sockaddr_in, which is smaller than a sockaddr_in6, needs
            // no stricter alignment and has no invalid bit patterns.
            let v4 = unsafe { &*std::ptr::from_ref(name).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(v4.sin_addr.s_addr.to_ne_bytes());
            Some(SocketAddr::V4(SocketAddrV4::new(ip, u16::from_be(v4.sin_port))))
        }
        libc::AF_INET6 => {
            let ip = Ipv6Addr::from(name.sin6_addr.s6_addr);
            let port = u16::from_be(name.sin6_port);
            Some(canonical(SocketAddr::V6(SocketAddrV6::new(ip, port, 0, name.sin6_scope_id))))
        }
        _ => None,
    }
}

/// The address as a socket of this kind takes it: IPv4 is mapped on an IPv6 one.
pub(super) fn mapped(address: SocketAddr, v6: bool) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v6 => SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()),
        SocketAddr::V4(_) | SocketAddr::V6(_) => address,
    }
}

/// Writes the address where the kernel reads it; gives the length of what was written.
pub(super) fn write(name: &mut Name, to: SocketAddr, v6: bool) -> libc::socklen_t {
    match mapped(to, v6) {
        SocketAddr::V4(v4) => {
            // SAFETY: a sockaddr_in is smaller than a sockaddr_in6 and needs no stricter alignment; every bit pattern is
            // valid for both.
            let out = unsafe { &mut *std::ptr::from_mut(name).cast::<libc::sockaddr_in>() };
            out.sin_family = libc::AF_INET as libc::sa_family_t;
            out.sin_port = v4.port().to_be();
            out.sin_addr.s_addr = u32::from_ne_bytes(v4.ip().octets());
            size_of::<libc::sockaddr_in>() as libc::socklen_t
        }
        SocketAddr::V6(v6) => {
            name.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            name.sin6_port = v6.port().to_be();
            name.sin6_flowinfo = 0;
            name.sin6_addr.s6_addr = v6.ip().octets();
            name.sin6_scope_id = v6.scope_id();
            NAME_LEN
        }
    }
}
