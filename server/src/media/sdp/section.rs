//! One m-line with its attributes, read.

use std::collections::HashSet;

use rtc_sdp::MediaDescription;

use super::{Direction, Extension, Kind, MediaLine, Section, codec};

/// A mid travels in a one-byte header extension: 16 bytes at most (RFC 8285 §4.2).
const LONGEST_MID: usize = 16;
const LONGEST_MSID: usize = 256;
/// Simulcast layers of one section.
const MOST_RIDS: usize = 8;
/// Names looked at for them.
const MOST_LAYERS: usize = 16;
/// Browsers write about 200 at most; what is joined of them costs the product of their numbers.
const MOST_ATTRIBUTES: usize = 512;
const KNOWN_EXTENSIONS: [Extension; 10] = [
    Extension::Mid,
    Extension::Rid,
    Extension::RepairedRid,
    Extension::AudioLevel,
    Extension::TransportCc,
    Extension::AbsSendTime,
    Extension::VideoOrientation,
    Extension::PlayoutDelay,
    Extension::DependencyDescriptor,
    Extension::ColorSpace,
];

pub(super) fn read(media: &MediaDescription) -> Result<Section, &'static str> {
    if media.attributes.len() > MOST_ATTRIBUTES {
        return Err("has more than 512 attributes");
    }
    let name = &media.media_name;
    let kind = match name.media.as_str() {
        "audio" => Kind::Audio,
        "video" => Kind::Video,
        "application" => Kind::Application,
        _ => return Err("is neither audio nor video nor application"),
    };
    let mid = values(media, "mid").next().filter(|mid| is_token(mid, LONGEST_MID));
    let mid = mid.ok_or("has no a=mid of 1 to 16 token characters")?.to_owned();
    // Port zero with a=bundle-only is an offer like any other (RFC 9143 §6).
    let rejected = name.port.value == 0 && !media.has_attribute("bundle-only");
    if !rejected && kind != Kind::Application && !media.has_attribute("rtcp-mux") {
        return Err("has no a=rtcp-mux");
    }
    let rids = rids(media);
    // Firefox lists an SSRC pair per layer and does not say which is whose.
    let (ssrc, rtx_ssrc) = if rids.is_empty() { ssrcs(media) } else { (None, None) };
    let extmaps = extmaps(media);
    Ok(Section {
        mid,
        kind,
        direction: direction(media),
        rejected,
        codecs: codec::read(media, kind),
        extensions: extmaps.iter().map(|map| (map.id, map.extension)).collect(),
        ssrc,
        rtx_ssrc,
        rids,
        msid: msid(media),
        media_line: MediaLine {
            protocol: name.protos.join("/"),
            formats: name.formats.clone(),
            one_way: extmaps.iter().filter_map(|map| Some((map.id, map.way?))).collect(),
        },
    })
}

/// The values of every attribute of this name.
pub(super) fn values<'a>(media: &'a MediaDescription, key: &'static str) -> impl Iterator<Item = &'a str> {
    let attributes = media.attributes.iter().filter(move |attribute| attribute.key == key);
    attributes.filter_map(|attribute| attribute.value.as_deref())
}

fn msid(media: &MediaDescription) -> Option<String> {
    let msid =
        values(media, "msid").find(|msid| msid.len() <= LONGEST_MSID && !msid.contains(char::is_control));
    msid.map(str::to_owned)
}

fn direction(media: &MediaDescription) -> Direction {
    let mut known = media.attributes.iter().filter_map(|attribute| known_direction(&attribute.key));
    known.next().unwrap_or(Direction::SendReceive)
}

fn known_direction(key: &str) -> Option<Direction> {
    match key {
        "sendonly" => Some(Direction::SendOnly),
        "recvonly" => Some(Direction::ReceiveOnly),
        "inactive" => Some(Direction::Inactive),
        "sendrecv" => Some(Direction::SendReceive),
        _ => None,
    }
}

/// One `a=extmap:<id>[/<direction>] <uri>` (RFC 8285 §8).
struct Extmap {
    id: u8,
    extension: Extension,
    way: Option<Direction>,
}

fn extmaps(media: &MediaDescription) -> Vec<Extmap> {
    let mut extmaps: Vec<Extmap> = Vec::new();
    for value in values(media, "extmap") {
        let mut words = value.split_whitespace();
        let (Some(id), Some(uri)) = (words.next(), words.next()) else { continue };
        let (id, way) = id.split_once('/').map_or((id, None), |(id, way)| (id, known_direction(way)));
        let id = id.parse().ok().filter(|&id| id != 0);
        let extension = KNOWN_EXTENSIONS.into_iter().find(|extension| extension.uri() == uri);
        if let (Some(id), Some(extension)) = (id, extension)
            && extmaps.iter().all(|known| known.id != id && known.extension != extension)
        {
            extmaps.push(Extmap { id, extension, way });
        }
    }
    extmaps
}

/// The stream's SSRC and that of its repair stream (RFC 5576). Of several the first one counts.
fn ssrcs(media: &MediaDescription) -> (Option<u32>, Option<u32>) {
    let pair = values(media, "ssrc-group").find_map(|value| {
        let mut ssrcs = value.strip_prefix("FID ")?.split_whitespace().map(str::parse);
        Some((ssrcs.next()?.ok()?, ssrcs.next()?.ok()?))
    });
    if let Some((primary, repair)) = pair {
        return (Some(primary), Some(repair));
    }
    let first = values(media, "ssrc").find_map(|value| value.split_whitespace().next()?.parse().ok());
    (first, None)
}

/// The layers of `a=simulcast:send …` (RFC 8853 §5) that have an `a=rid:… send` (RFC 8851 §4). Of alternatives the
/// first one counts.
fn rids(media: &MediaDescription) -> Vec<String> {
    let declared: HashSet<&str> = values(media, "rid")
        .filter_map(|value| {
            let mut words = value.split_whitespace();
            let rid = words.next()?;
            (words.next() == Some("send")).then_some(rid)
        })
        .collect();
    let layers = values(media, "simulcast").next().and_then(|value| {
        let mut words = value.split_whitespace();
        words.by_ref().find(|&word| word == "send")?;
        words.next()
    });
    let layers = layers.into_iter().flat_map(|layers| layers.split(';')).take(MOST_LAYERS);
    let first = layers.filter_map(|layer| layer.split(',').next()).map(|rid| rid.trim_start_matches('~'));
    let mut rids: Vec<String> = Vec::new();
    for rid in first.filter(|rid| is_token(rid, LONGEST_MID) && declared.contains(rid)).take(MOST_RIDS) {
        if !rids.iter().any(|known| known == rid) {
            rids.push(rid.to_owned());
        }
    }
    rids
}

/// `token` (RFC 8866 §9) without the characters that mean something in an attribute.
fn is_token(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.{}+".contains(&byte))
}
