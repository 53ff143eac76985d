//! The load generator `preau-load`: thousands of media peers from one process, against Préau and other servers.
//!
//! Signalling is asynchronous and differs by server ([`sfu`], [`preau`]); media is the generator's own, on one thread
//! of publishers and one of viewers ([`engine`]), each peer a socket of its own.

pub mod arrivals;
pub mod bench;
pub mod crowd;
pub mod demonstration;
pub mod dtls;
pub mod engine;
pub mod fanout;
pub mod figures;
pub mod floor;
pub mod galene;
pub mod ice;
pub mod janus;
pub mod livekit;
mod peer;
pub mod preau;
pub mod process;
pub mod proxy;
mod publish;
pub mod raw;
mod receive;
mod rtp;
pub mod sdp;
pub mod sfu;
pub mod socket;
pub mod storm;
pub mod tally;
pub mod window;

pub use publish::Film;
