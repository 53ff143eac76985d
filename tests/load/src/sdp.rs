//! Session descriptions of the generator's own peers (RFC 8866, RFC 9429): the few lines that matter, read from any
//! server and written for any server. Shares nothing with the server's parser, which is under test here.

mod read;
mod write;

use std::net::SocketAddr;

use signaling::protocol::stage::Source;

pub use write::{answer, offer};

/// Payload types and header extensions that a publisher offers.
pub const OPUS: u8 = 111;
/// Opus with copies of what came before.
pub const RED: u8 = 63;
pub const VP8: u8 = 96;
pub const VP8_RTX: u8 = 97;
pub const AUDIO_LEVEL: u8 = 1;
pub const TRANSPORT_CC: u8 = 3;
pub const MID: u8 = 4;
pub const RID: u8 = 5;
pub const REPAIRED_RID: u8 = 6;

/// The transport of one side: ICE credentials, certificate, address.
#[derive(Debug, Clone)]
pub struct Transport {
    pub ufrag: String,
    pub pwd: String,
    /// `sha-256 AA:BB…`
    pub fingerprint: String,
    pub address: SocketAddr,
}

/// Who begins the DTLS handshake (RFC 5763 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    Active,
    Passive,
    Either,
}

/// What the other side describes.
#[derive(Debug, Clone)]
pub struct Description {
    pub transport: Transport,
    pub setup: Setup,
    pub sections: Vec<Section>,
}

/// One m-line.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// `audio`, `video`, `application`.
    pub kind: String,
    pub protocol: String,
    pub formats: Vec<String>,
    pub mid: String,
    /// Port zero.
    pub rejected: bool,
    /// The other side sends on it.
    pub sends: bool,
    pub ssrc: Option<u32>,
    pub rtx_ssrc: Option<u32>,
    /// The id of the transport-wide sequence number, when it and its feedback are negotiated.
    pub transport_cc: Option<u8>,
    pub nack: bool,
    /// `rtpmap`, `fmtp`, `rtcp-fb` and `extmap` lines, as they came.
    lines: Vec<String>,
}

/// One media section of a publisher's offer.
#[derive(Debug, Clone)]
pub struct Offered {
    pub mid: String,
    pub source: Source,
    pub ssrc: u32,
    pub rtx_ssrc: u32,
    /// Simulcast layers, lowest first; without any there is one encoding.
    pub rids: Vec<&'static str>,
}

#[cfg(test)]
mod tests;
