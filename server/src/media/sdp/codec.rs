//! The codecs of one m-line: payload types joined with their parameters, repair streams and feedback.

use rtc_sdp::MediaDescription;

use super::section::values;
use super::{Codec, Feedback, H264Profile, Kind, OfferedCodec};

/// RTP payload types have seven bits.
const PAYLOAD_TYPES: usize = 128;
/// Bytes of one codec's parameters that are read.
const LONGEST_PARAMETERS: usize = 1024;

/// The codecs the server knows, in the order of the m-line.
pub(super) fn read(media: &MediaDescription, kind: Kind) -> Vec<OfferedCodec> {
    if kind == Kind::Application {
        return Vec::new();
    }
    let formats = media.media_name.formats.iter().take(PAYLOAD_TYPES);
    let payload_types =
        formats.filter_map(|format| format.parse().ok()).filter(|&payload_type| payload_type < 128);
    let mut codecs: Vec<OfferedCodec> = Vec::new();
    for payload_type in payload_types {
        let known = codecs.iter().any(|codec| codec.payload_type == payload_type);
        if !known && let Some(codec) = offered(media, payload_type).filter(|codec| codec.codec.kind() == kind)
        {
            codecs.push(codec);
        }
    }
    for (repair, repaired) in repairs(media) {
        if let Some(codec) = codecs.iter_mut().find(|codec| codec.payload_type == repaired) {
            codec.rtx.get_or_insert(repair);
        }
    }
    for codec in &mut codecs {
        codec.red = redundancy(media, codec);
    }
    codecs
}

fn offered(media: &MediaDescription, payload_type: u8) -> Option<OfferedCodec> {
    let map = Map::of(media, payload_type)?;
    let fmtp = parameters(media, payload_type).unwrap_or_default();
    let codec = map.codec(fmtp)?;
    codec.fixed()?;
    Some(OfferedCodec {
        payload_type,
        codec,
        clock_rate: map.clock_rate,
        channels: map.channels,
        fmtp: fmtp.to_owned(),
        rtx: None,
        red: None,
        feedback: feedback(media, payload_type),
    })
}

/// `a=rtpmap:<payload type> <name>/<clock rate>[/<channels>]` (RFC 8866 §6.6).
struct Map<'a> {
    name: &'a str,
    clock_rate: u32,
    channels: u8,
}

impl<'a> Map<'a> {
    fn of(media: &'a MediaDescription, payload_type: u8) -> Option<Self> {
        let mut parts = of_payload_type(media, "rtpmap", payload_type).next()?.split('/');
        let (name, clock_rate) = (parts.next()?, parts.next()?.parse().ok()?);
        let channels = parts.next().map_or(Some(1), |channels| channels.parse().ok())?;
        Some(Self { name, clock_rate, channels })
    }

    fn codec(&self, fmtp: &str) -> Option<Codec> {
        let number =
            |name, absent: u8| parameter(fmtp, name).map_or(Some(absent), |value| value.parse().ok());
        match (self.name.to_ascii_lowercase().as_str(), self.clock_rate, self.channels) {
            ("opus", 48_000, 2) => Some(Codec::Opus),
            ("vp8", 90_000, 1) => Some(Codec::Vp8),
            ("vp9", 90_000, 1) => Some(Codec::Vp9 { profile: number("profile-id", 0)? }),
            ("h264", 90_000, 1) => Some(Codec::H264 {
                profile: parameter(fmtp, "profile-level-id")
                    .map_or(Some(H264Profile::Baseline), h264_profile)?,
                packetization_mode: number("packetization-mode", 0)?,
            }),
            ("av1", 90_000, 1) if number("profile", 0)? == 0 => Some(Codec::Av1),
            _ => None,
        }
    }
}

/// The first two bytes of `profile-level-id` (RFC 6184 §8.1, table 5).
fn h264_profile(profile_level_id: &str) -> Option<H264Profile> {
    let id = u32::from_str_radix(profile_level_id, 16).ok().filter(|_| profile_level_id.len() == 6)?;
    match ((id >> 16) as u8, (id >> 8) as u8) {
        (0x42, constraints) if constraints & 0x4f == 0x40 => Some(H264Profile::ConstrainedBaseline),
        (0x4d, constraints) if constraints & 0x8f == 0x80 => Some(H264Profile::ConstrainedBaseline),
        (0x42, constraints) if constraints & 0x4f == 0 => Some(H264Profile::Baseline),
        (0x4d, constraints) if constraints & 0xaf == 0 => Some(H264Profile::Main),
        (0x64, 0x0c) => Some(H264Profile::ConstrainedHigh),
        (0x64, 0x00) => Some(H264Profile::High),
        _ => None,
    }
}

/// Repair payload types and what they repair (RFC 4588 §8.6).
fn repairs(media: &MediaDescription) -> impl Iterator<Item = (u8, u8)> {
    values(media, "rtpmap").take(PAYLOAD_TYPES).filter_map(|value| {
        let (payload_type, map) = value.split_once(' ')?;
        let payload_type = payload_type.parse().ok().filter(|&payload_type| payload_type < 128)?;
        let is_repair = map.trim().get(..4).is_some_and(|name| name.eq_ignore_ascii_case("rtx/"));
        if !is_repair {
            return None;
        }
        let repaired = parameter(parameters(media, payload_type)?, "apt")?.parse().ok()?;
        Some((payload_type, repaired))
    })
}

/// The payload type of `red` that has nothing but this codec inside, which its parameters list block by block
/// (RFC 2198 §5).
fn redundancy(media: &MediaDescription, codec: &OfferedCodec) -> Option<u8> {
    if codec.codec != Codec::Opus {
        return None;
    }
    values(media, "rtpmap").take(PAYLOAD_TYPES).find_map(|value| {
        let payload_type =
            value.split_once(' ')?.0.parse().ok().filter(|&payload_type| payload_type < 128)?;
        let map = Map::of(media, payload_type)?;
        let fits = map.name.eq_ignore_ascii_case("red")
            && (map.clock_rate, map.channels) == (codec.clock_rate, codec.channels);
        let inside = parameters(media, payload_type).filter(|_| fits)?;
        inside.split('/').all(|block| block.parse() == Ok(codec.payload_type)).then_some(payload_type)
    })
}

/// `a=rtcp-fb:<payload type or *> <feedback>` (RFC 4585 §4.2).
fn feedback(media: &MediaDescription, payload_type: u8) -> Vec<Feedback> {
    let mut feedback = Vec::new();
    for value in values(media, "rtcp-fb") {
        let Some((target, what)) = value.split_once(' ') else { continue };
        let known = match what.trim() {
            "nack" => Feedback::Nack,
            "nack pli" => Feedback::NackPli,
            "ccm fir" => Feedback::CcmFir,
            "transport-cc" => Feedback::TransportCc,
            "goog-remb" => Feedback::GoogRemb,
            _ => continue,
        };
        if (target == "*" || target.parse() == Ok(payload_type)) && !feedback.contains(&known) {
            feedback.push(known);
        }
    }
    feedback
}

fn parameters(media: &MediaDescription, payload_type: u8) -> Option<&str> {
    of_payload_type(media, "fmtp", payload_type)
        .find(|fmtp| fmtp.len() <= LONGEST_PARAMETERS && !fmtp.contains(char::is_control))
}

/// The rest of every attribute of this name that begins with this payload type.
fn of_payload_type<'a>(
    media: &'a MediaDescription,
    key: &'static str,
    payload_type: u8,
) -> impl Iterator<Item = &'a str> {
    let split = values(media, key).filter_map(|value| value.split_once(' '));
    split.filter(move |(number, _)| number.parse() == Ok(payload_type)).map(|(_, rest)| rest.trim())
}

/// One `name=value` of an fmtp line.
fn parameter<'a>(fmtp: &'a str, wanted: &str) -> Option<&'a str> {
    let pairs = fmtp.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim()).next()
}
