//! A publisher's header extensions in the server's ids.

use super::publisher::Meaning;
use crate::media::{
    packet::{Block, Header},
    sdp::Extension,
};

/// What the extensions of a packet say, and what subscribers get of them.
pub(super) struct Translated<'p> {
    pub(super) extensions: Block,
    pub(super) level: Option<u8>,
    /// The dependency descriptor.
    pub(super) dependency: Option<&'p [u8]>,
}

/// Reads the extensions of a packet. The dependency descriptor is passed on unless the packet is one of a simulcast.
pub(super) fn translate<'p>(
    header: &Header,
    packet: &'p [u8],
    meanings: &Meaning,
    simulcast: bool,
) -> Translated<'p> {
    let (mut level, mut dependency, mut long) = (None, None, false);
    for (id, data) in header.extensions(packet) {
        match meanings.get(id) {
            Some(Extension::AudioLevel) => level = data.first().map(|byte| byte & 0x7f),
            Some(Extension::DependencyDescriptor) => dependency = Some(data),
            // Longer than 16 bytes with the properties of high dynamic range.
            Some(Extension::ColorSpace) => long |= data.len() > 16,
            Some(
                Extension::Mid
                | Extension::Rid
                | Extension::RepairedRid
                | Extension::TransportCc
                | Extension::AbsSendTime
                | Extension::VideoOrientation
                | Extension::PlayoutDelay,
            )
            | None => {}
        }
    }
    long |= dependency.is_some_and(|descriptor| descriptor.len() > 16 && !simulcast);
    let mut extensions = Block::new(long);
    for (id, data) in header.extensions(packet) {
        match meanings.get(id) {
            Some(Extension::DependencyDescriptor) if simulcast => {}
            Some(
                kept @ (Extension::AudioLevel
                | Extension::DependencyDescriptor
                | Extension::VideoOrientation
                | Extension::PlayoutDelay
                | Extension::ColorSpace),
            ) => {
                if let Some(ours) = kept.fixed_id() {
                    extensions.push(ours, data);
                }
            }
            Some(
                Extension::Mid
                | Extension::Rid
                | Extension::RepairedRid
                | Extension::TransportCc
                | Extension::AbsSendTime,
            )
            | None => {}
        }
    }
    Translated { extensions, level, dependency }
}
