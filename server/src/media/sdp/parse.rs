//! A client's description, read: `rtc-sdp` splits it into lines, the rest happens here, bounded and checked.

use std::collections::HashSet;
use std::io::Cursor;

use rtc_sdp::description::common::Attribute;
use rtc_sdp::{MediaDescription, SessionDescription};

use super::{Description, SdpError, Section, section};
use crate::media::control::Remote;

/// The most bytes of a description.
pub(super) const LONGEST: usize = 64 * 1024;
/// The most m-lines.
pub(super) const MOST_SECTIONS: usize = 64;
pub(super) const MIXED: &str = "extmap-allow-mixed";
/// How much of a syntax error is repeated.
const LONGEST_COMPLAINT: usize = 120;

/// Reads an offer for the publish connection or an answer for the subscribe connection.
///
/// # Errors
/// [`SdpError`] says what the client has to change.
pub fn parse(sdp: &str) -> Result<Description, SdpError> {
    if sdp.len() > LONGEST {
        return Err(SdpError::TooLong(sdp.len()));
    }
    let session = SessionDescription::unmarshal(&mut Cursor::new(sdp.as_bytes()))
        .map_err(|error| SdpError::Syntax(error.to_string().chars().take(LONGEST_COMPLAINT).collect()))?;
    let media = &session.media_descriptions;
    if media.len() > MOST_SECTIONS {
        return Err(SdpError::TooManySections(media.len()));
    }
    let bundle = bundle(&session);
    let mut mids = HashSet::new();
    let mut sections = Vec::with_capacity(media.len());
    for (number, description) in media.iter().enumerate() {
        let wrong = |what| SdpError::Section { section: number, what };
        let mut section = section::read(description).map_err(wrong)?;
        if !mids.insert(section.mid.clone()) {
            return Err(wrong("repeats the mid of another section"));
        }
        // Without any group a single section is its own transport.
        section.rejected |=
            !(bundle.contains(&section.mid.as_str()) || bundle.is_empty() && media.len() == 1);
        sections.push(section);
    }
    let remote = transport(&session, &bundle, &sections)?;
    Ok(Description {
        version: session.origin.session_version,
        mixed: session.has_attribute(MIXED),
        remote,
        sections,
    })
}

/// The mids of the BUNDLE group; the first one carries the transport (RFC 9143 §7.1).
fn bundle(session: &SessionDescription) -> Vec<&str> {
    let groups = session.attributes.iter().filter(|attribute| attribute.key == "group");
    let members = groups.filter_map(|group| group.value.as_deref()?.strip_prefix("BUNDLE "));
    members.flat_map(str::split_whitespace).take(MOST_SECTIONS).collect()
}

/// ICE credentials and certificate of the section that carries the bundle's transport.
fn transport(
    session: &SessionDescription,
    bundle: &[&str],
    sections: &[Section],
) -> Result<Remote, SdpError> {
    let used = || sections.iter().zip(&session.media_descriptions).filter(|(section, _)| !section.rejected);
    let tagged = bundle.iter().find_map(|mid| used().find(|(section, _)| section.mid == *mid));
    let (_, media) =
        tagged.or_else(|| used().next()).ok_or(SdpError::Transport("no media section is in use"))?;
    if session.has_attribute("ice-lite") {
        return Err(SdpError::Transport("the client says a=ice-lite; one side has to be a full ICE agent"));
    }
    let attribute = |key| value(session, media, key);
    let ufrag = attribute("ice-ufrag").filter(|ufrag| is_ice(ufrag, 4..=256));
    let pwd = attribute("ice-pwd").filter(|pwd| is_ice(pwd, 22..=256));
    match attribute("setup") {
        Some("actpass" | "active") => {}
        Some(_) | None => {
            return Err(SdpError::Transport("a=setup must be actpass or active: the server is passive"));
        }
    }
    Ok(Remote {
        ufrag: ufrag
            .ok_or(SdpError::Transport("a=ice-ufrag is missing, or not 4 to 256 ICE characters"))?
            .to_owned(),
        pwd: pwd
            .ok_or(SdpError::Transport("a=ice-pwd is missing, or not 22 to 256 ICE characters"))?
            .to_owned(),
        fingerprint: fingerprint(session, media)
            .ok_or(SdpError::Transport("a=fingerprint with sha-256 is missing or malformed"))?,
    })
}

/// An attribute of a section, or of the session when the section has none.
fn value<'a>(session: &'a SessionDescription, media: &'a MediaDescription, key: &str) -> Option<&'a str> {
    let find = |attributes: &'a [Attribute]| attributes.iter().find(|attribute| attribute.key == key);
    find(&media.attributes).or_else(|| find(&session.attributes))?.value.as_deref()
}

fn fingerprint(session: &SessionDescription, media: &MediaDescription) -> Option<[u8; 32]> {
    let all = media.attributes.iter().chain(&session.attributes);
    let values = all.filter(|attribute| attribute.key == "fingerprint").filter_map(|a| a.value.as_deref());
    let mut hashes = values.filter_map(|value| value.split_once(' '));
    let (_, hash) = hashes.find(|(algorithm, _)| algorithm.eq_ignore_ascii_case("sha-256"))?;
    let mut bytes = hash.trim().split(':');
    let mut fingerprint = [0; 32];
    for byte in &mut fingerprint {
        let text = bytes.next().filter(|text| text.len() == 2)?;
        *byte = u8::from_str_radix(text, 16).ok()?;
    }
    bytes.next().is_none().then_some(fingerprint)
}

/// `ice-char` (RFC 8839 §5.4); browsers have been seen with `-` and `_` too.
fn is_ice(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte))
}
