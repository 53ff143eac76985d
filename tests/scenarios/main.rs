//! Stories on real loopback sockets.
