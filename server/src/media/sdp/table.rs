//! The numbers of the server: one payload type per codec, one id per header extension, the same towards everybody.

use super::{Codec, Extension, H264Profile, Kind};

/// A codec with the numbers the server gives it towards subscribers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FixedCodec {
    pub codec: Codec,
    pub payload_type: u8,
    /// The payload type of its repair stream (RFC 4588).
    pub rtx: Option<u8>,
    /// The payload type of the same with copies of what came before (RFC 2198).
    pub red: Option<u8>,
    pub name: &'static str,
    pub clock_rate: u32,
    /// 1 is not written.
    pub channels: u8,
    pub fmtp: &'static str,
}

/// Payload types stay outside 64..=95, which would collide with RTCP on one port (RFC 5761 §4).
pub const FIXED_CODECS: [FixedCodec; 13] = [
    FixedCodec {
        codec: Codec::Opus,
        payload_type: 111,
        rtx: None,
        red: Some(63),
        name: "opus",
        clock_rate: 48_000,
        channels: 2,
        fmtp: "minptime=10;useinbandfec=1;usedtx=1;stereo=1;sprop-stereo=1",
    },
    video(Codec::Vp8, 96, "VP8", ""),
    video(Codec::Vp9 { profile: 0 }, 98, "VP9", "profile-id=0"),
    video(Codec::Vp9 { profile: 2 }, 100, "VP9", "profile-id=2"),
    h264(
        H264Profile::ConstrainedBaseline,
        1,
        102,
        "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
    ),
    h264(
        H264Profile::Baseline,
        1,
        104,
        "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f",
    ),
    h264(H264Profile::Main, 1, 106, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f"),
    h264(
        H264Profile::ConstrainedBaseline,
        0,
        108,
        "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f",
    ),
    h264(
        H264Profile::Baseline,
        0,
        112,
        "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f",
    ),
    h264(H264Profile::Main, 0, 114, "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=4d001f"),
    h264(
        H264Profile::ConstrainedHigh,
        1,
        116,
        "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640c1f",
    ),
    h264(H264Profile::High, 1, 118, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f"),
    video(Codec::Av1, 45, "AV1", "level-idx=5;profile=0;tier=0"),
];

/// Ids 1 to 14: the one-byte header form (RFC 8285 §4.2).
pub const FIXED_EXTENSIONS: [(u8, Extension); 10] = [
    (1, Extension::AudioLevel),
    (2, Extension::AbsSendTime),
    (3, Extension::TransportCc),
    (4, Extension::Mid),
    (5, Extension::Rid),
    (6, Extension::RepairedRid),
    (7, Extension::VideoOrientation),
    (8, Extension::PlayoutDelay),
    (9, Extension::DependencyDescriptor),
    (10, Extension::ColorSpace),
];

const fn video(codec: Codec, payload_type: u8, name: &'static str, fmtp: &'static str) -> FixedCodec {
    FixedCodec {
        codec,
        payload_type,
        rtx: Some(payload_type + 1),
        red: None,
        name,
        clock_rate: 90_000,
        channels: 1,
        fmtp,
    }
}

const fn h264(
    profile: H264Profile,
    packetization_mode: u8,
    payload_type: u8,
    fmtp: &'static str,
) -> FixedCodec {
    video(Codec::H264 { profile, packetization_mode }, payload_type, "H264", fmtp)
}

impl Codec {
    /// Its place in the server's table; every codec that [`super::parse`] reports has one.
    #[must_use]
    pub fn fixed(self) -> Option<&'static FixedCodec> {
        FIXED_CODECS.iter().find(|fixed| fixed.codec == self)
    }

    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Opus => Kind::Audio,
            Self::Vp8 | Self::Vp9 { .. } | Self::H264 { .. } | Self::Av1 => Kind::Video,
        }
    }
}

impl Extension {
    /// The server's id towards subscribers, 1 to 14.
    #[must_use]
    pub fn fixed_id(self) -> Option<u8> {
        FIXED_EXTENSIONS.iter().find(|(_, extension)| *extension == self).map(|&(id, _)| id)
    }

    pub(super) const fn uri(self) -> &'static str {
        match self {
            Self::Mid => "urn:ietf:params:rtp-hdrext:sdes:mid",
            Self::Rid => "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
            Self::RepairedRid => "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
            Self::AudioLevel => "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            Self::TransportCc => "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            Self::AbsSendTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            Self::VideoOrientation => "urn:3gpp:video-orientation",
            Self::PlayoutDelay => "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
            Self::ColorSpace => "http://www.webrtc.org/experiments/rtp-hdrext/color-space",
            Self::DependencyDescriptor => {
                "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
            }
        }
    }
}
