//! The load generator `preau-load`: thousands of media peers from one process, against Préau and other servers.
//!
//! Signalling is asynchronous and differs by server (`sfu`); media is the generator's own, on few threads.

pub mod janus;
pub mod proxy;
pub mod sfu;
