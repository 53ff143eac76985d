//! What arrives of a track: which of its encodings go on, how large their pictures are, and whether it is heard.

use std::time::{Duration, Instant};

use signaling::protocol::stage::Source;
use slab::Slab;

use super::{room::Room, track::Track};
use crate::media::codec::{Picture, SPATIAL, Size};

/// Who is forwarded sends something in this time, be it silence: that is sent every 400 ms.
const LATELY: Duration = Duration::from_secs(1);

impl Track {
    /// A packet of an encoding arrived, in a picture that is complete with it or not.
    pub(super) fn arrived(
        &mut self,
        layer: usize,
        picture: &Picture,
        ends: bool,
        bytes: usize,
        now: Instant,
    ) {
        let simulcast = self.simulcast();
        let Some(own) = self.layers.get_mut(layer) else { return };
        self.stale |= own.flow.packet(picture, bytes, now);
        if !simulcast || !ends {
            return;
        }
        own.flow.completes(now);
        let others = (0..).zip(&mut self.layers).filter(|(other, _)| *other != layer);
        others.for_each(|(_, other)| other.flow.misses());
    }

    /// Whether an encoding that was alive has stopped since it was last looked at.
    pub(super) fn lacks(&self) -> bool {
        self.simulcast() && self.ladder.lacks(&self.layers.iter().map(|layer| &layer.flow))
    }

    /// A keyframe of an encoding told these sizes.
    pub(super) fn sized(&mut self, layer: usize, sizes: [Option<Size>; SPATIAL]) {
        if let Some(layer) = self.layers.get_mut(layer) {
            self.resized |= layer.flow.sized(sizes);
        }
    }

    /// Whether everybody who has it hears it: not muted, and not left out for louder ones.
    pub(super) fn is_heard(&self, now: Instant) -> bool {
        !self.muted && self.heard.is_some_and(|at| now.duration_since(at) < LATELY)
    }

    /// What a viewer gets of this sound now, bit/s, who has its speaker large or not.
    pub(super) fn sounds(&self, pinned: bool, now: Instant) -> u64 {
        let Some(plain) = self.layers.first() else { return 0 };
        let forwarded = self.is_heard(now) || pinned && !self.muted && plain.flow.is_fresh(now, LATELY);
        if forwarded { plain.flow.total() } else { 0 }
    }
}

/// The level of silence (RFC 6464 §3).
const SILENT: u8 = 127;

/// Whether the subscribers get the packet: of many open microphones, the loudest are forwarded, and those of who has
/// the floor. The streams of the others pause, so that their sequence numbers go on without a hole.
pub(super) fn audible(track: &mut Track, rooms: &mut Slab<Room>, level: Option<u8>, now: Instant) -> bool {
    if track.source != Source::Microphone {
        return true;
    }
    // Who does not say how loud it is counts as silent: otherwise that would be a way past everybody.
    let level = level.unwrap_or(SILENT);
    let Some(room) = rooms.get_mut(track.room) else { return false };
    let audible = room.speakers.heard(track.participant, track.id, level, now);
    if !audible && track.audible {
        let others = track.subscriptions.iter_mut().filter(|(_, own)| !own.pinned);
        others.for_each(|(_, own)| own.pause());
    }
    track.interrupted |= audible && !track.audible;
    track.audible = audible;
    audible
}
