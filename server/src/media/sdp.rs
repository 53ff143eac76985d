//! Session descriptions (RFC 8866, RFC 9429): what a client offers or answers, and the two kinds the server writes.
//!
//! The server answers the publish connection and offers the subscribe connection. Towards subscribers it uses ONE
//! table of payload types and ONE table of header extension ids; publishers keep the numbers they offered.

use std::net::SocketAddr;

use crate::media::control::Remote;

pub use parse::parse;
pub use table::{FIXED_CODECS, FIXED_EXTENSIONS, FixedCodec};
pub use write::{write_answer, write_offer};

mod codec;
mod parse;
mod section;
mod table;
#[cfg(test)]
mod tests;
mod write;

/// Where the server can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidate {
    Udp(SocketAddr),
    /// RFC 6544; the server waits for connections.
    Tcp(SocketAddr),
}

/// A client's offer or answer, as far as the server uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The version in the `o=` line; the server's answer carries the same.
    pub version: u64,
    /// One- and two-byte header extensions may alternate on a stream (`a=extmap-allow-mixed`, RFC 8285 §4.1.2).
    pub mixed: bool,
    /// ICE credentials and certificate fingerprint of the bundled transport.
    pub remote: Remote,
    /// In the order of the m-lines.
    pub sections: Vec<Section>,
}

/// One m-line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub mid: String,
    pub kind: Kind,
    pub direction: Direction,
    /// Port zero, or outside the bundle.
    pub rejected: bool,
    /// The codecs the server knows, in the client's order of preference; others are left out.
    pub codecs: Vec<OfferedCodec>,
    /// The header extensions the server knows, with the client's ids.
    pub extensions: Vec<(u8, Extension)>,
    /// The stream's SSRC, where the client announces one. With simulcast rids it must be learnt from packets.
    pub ssrc: Option<u32>,
    pub rtx_ssrc: Option<u32>,
    /// Simulcast layers the client wants to send, in its order.
    pub rids: Vec<String>,
    /// Stream and track name, verbatim.
    pub msid: Option<String>,
    /// What only an answer needs to know.
    media_line: MediaLine,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct MediaLine {
    protocol: String,
    formats: Vec<String>,
    /// Header extensions whose `a=extmap` has a direction.
    one_way: Vec<(u8, Direction)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Audio,
    Video,
    Application,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    SendReceive,
    SendOnly,
    ReceiveOnly,
    Inactive,
}

/// A codec with the number the client gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedCodec {
    pub payload_type: u8,
    pub codec: Codec,
    pub clock_rate: u32,
    pub channels: u8,
    pub fmtp: String,
    /// The payload type that repairs this one (RFC 4588).
    pub rtx: Option<u8>,
    /// The payload type that carries this one with copies of what came before (RFC 2198).
    pub red: Option<u8>,
    pub feedback: Vec<Feedback>,
}

/// A codec the server forwards. Two values are equal when one decoder takes both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    Opus,
    Vp8,
    Vp9 { profile: u8 },
    H264 { profile: H264Profile, packetization_mode: u8 },
    Av1,
}

/// The profile of `profile-level-id` (RFC 6184 §8.1), whatever the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum H264Profile {
    ConstrainedBaseline,
    Baseline,
    Main,
    ConstrainedHigh,
    High,
}

/// Header extensions the server reads or passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extension {
    Mid,
    Rid,
    RepairedRid,
    AudioLevel,
    TransportCc,
    AbsSendTime,
    VideoOrientation,
    PlayoutDelay,
    DependencyDescriptor,
    ColorSpace,
}

/// RTCP feedback (`a=rtcp-fb`) the server understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feedback {
    Nack,
    NackPli,
    CcmFir,
    TransportCc,
    GoogRemb,
}

/// How the server answers one m-line of an offer. An m-line without an `AcceptedSection` is rejected for good (port
/// zero); `active: false` keeps it for later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedSection {
    pub mid: String,
    /// The offer's payload types that the server takes, preferred first; their repair types come with them.
    pub payload_types: Vec<u8>,
    /// `recvonly`, or `inactive`.
    pub active: bool,
    /// Opus in stereo, without discontinuous transmission and without copies: for the sound of a screen, not for a voice.
    pub stereo: bool,
}

/// One m-line of the server's offer. M-lines are never removed: an ended track leaves an inactive one, which a later
/// track of the same kind may take over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferSection {
    pub mid: String,
    pub kind: Kind,
    pub codec: Codec,
    pub ssrc: u32,
    /// Announced only when the codec has a repair payload type.
    pub rtx_ssrc: Option<u32>,
    /// `a=msid`: which stream (also the CNAME, so what is in one stream plays in step), and which track.
    pub stream: String,
    pub track: String,
    /// `sendonly`, or `inactive`.
    pub active: bool,
}

/// What is wrong with a client's description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    #[error("the description has {0} bytes, {max} are allowed", max = parse::LONGEST)]
    TooLong(usize),
    #[error("the description is not SDP: {0}")]
    Syntax(String),
    #[error("the description has {0} media sections, {max} are allowed", max = parse::MOST_SECTIONS)]
    TooManySections(usize),
    #[error("media section {section} {what}")]
    Section {
        /// Counted from zero.
        section: usize,
        what: &'static str,
    },
    #[error("{0}")]
    Transport(&'static str),
}

impl Section {
    /// The codec under which the other side knows this one, if it took it.
    #[must_use]
    pub fn offered(&self, codec: Codec) -> Option<&OfferedCodec> {
        self.codecs.iter().find(|offered| offered.codec == codec)
    }

    /// The client's id of a header extension.
    #[must_use]
    pub fn extension(&self, wanted: Extension) -> Option<u8> {
        self.extensions.iter().find(|(_, extension)| *extension == wanted).map(|&(id, _)| id)
    }
}
