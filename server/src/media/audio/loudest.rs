//! Whose microphones are heard when many are open: three places, for the loudest.
//!
//! A place is taken at the first packet of speech, so that no beginning is cut off, and given up only after a breath
//! of silence. While all three speak, somebody else gets in by being clearly louder than the softest of them.

use std::time::{Duration, Instant};

use signaling::id::TrackId;

use super::{BEGIN, END, OVERTAKE};

/// Microphones that are forwarded besides those of who has the floor.
const PLACES: usize = 3;
/// Silence shorter than this keeps a place.
const HOLD: Duration = Duration::from_millis(400);
/// Who has just got a place keeps it for that long, however loud others are.
const STAY: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
struct Place {
    track: TrackId,
    since: Instant,
    /// The last packet of speech.
    loud: Instant,
    loudness: f32,
}

/// The places of one room.
#[derive(Clone, Debug, Default)]
pub(super) struct Loudest([Option<Place>; PLACES]);

impl Loudest {
    /// A packet of a microphone, its own loudness and the smoothed one: whether the track has a place now.
    pub(super) fn packet(&mut self, track: TrackId, raw: f32, smoothed: f32, now: Instant) -> bool {
        let speech = raw > END;
        if let Some(own) = self.0.iter_mut().flatten().find(|place| place.track == track) {
            own.loudness = smoothed;
            if speech {
                own.loud = now;
            }
            return true;
        }
        if !speech {
            return false;
        }
        let Some(place) = self.takeable(raw, smoothed, now) else { return false };
        *place = Some(Place { track, since: now, loud: now, loudness: smoothed });
        true
    }

    /// A free place, else that of who has been silent longest, else that of the softest when the newcomer is louder.
    fn takeable(&mut self, raw: f32, smoothed: f32, now: Instant) -> Option<&mut Option<Place>> {
        let silent = |place: &Place| now.duration_since(place.loud) >= HOLD;
        let at = self.0.iter().position(Option::is_none).or_else(|| {
            let held = self.0.iter().enumerate().filter_map(|(at, place)| Some((at, (*place)?)));
            let quietest =
                held.clone().filter(|(_, place)| silent(place)).min_by_key(|(_, place)| place.loud);
            let softer = |(_, place): &(usize, Place)| {
                raw > BEGIN && smoothed > place.loudness + OVERTAKE && now.duration_since(place.since) >= STAY
            };
            let softest =
                held.filter(softer).min_by(|(_, one), (_, other)| one.loudness.total_cmp(&other.loudness));
            quietest.or(softest).map(|(at, _)| at)
        })?;
        self.0.get_mut(at)
    }

    /// Whether the track has a place.
    pub(super) fn has(&self, track: TrackId) -> bool {
        self.0.iter().flatten().any(|place| place.track == track)
    }

    /// A microphone went away or was muted.
    pub(super) fn forget(&mut self, track: TrackId) {
        for place in &mut self.0 {
            *place = place.filter(|place| place.track != track);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: f32 = 30.0;
    const VOICE: f32 = 100.0;

    fn track(n: u128) -> TrackId {
        TrackId(uuid::Uuid::from_u128(n))
    }

    fn full(now: Instant) -> Loudest {
        let mut loudest = Loudest::default();
        for n in 0..3 {
            assert!(loudest.packet(track(n), VOICE, VOICE, now), "the first word is heard");
        }
        loudest
    }

    #[test]
    fn silence_takes_no_place_and_a_voice_takes_one_at_once() {
        let now = crate::clock::instant();
        let mut loudest = Loudest::default();
        assert!(!loudest.packet(track(9), QUIET, QUIET, now));
        let mut loudest = full(now);
        assert!(!loudest.packet(track(9), VOICE, VOICE, now), "there are but three");
        assert!(loudest.packet(track(0), QUIET, QUIET, now), "a pause between two words is heard");
    }

    #[test]
    fn who_fell_silent_makes_room_for_a_voice_but_not_for_a_noise() {
        let start = crate::clock::instant();
        let mut loudest = full(start);
        let now = start + HOLD;
        for n in [0, 2] {
            assert!(loudest.packet(track(n), VOICE, VOICE, now));
        }
        assert!(!loudest.packet(track(9), QUIET, QUIET, now));
        assert!(loudest.packet(track(9), VOICE, QUIET, now), "the first packet of speech");
        assert!(!loudest.packet(track(1), QUIET, QUIET, now), "its place is taken");
    }

    #[test]
    fn the_softest_speaker_gives_way_to_a_clearly_louder_one_after_a_while() {
        let start = crate::clock::instant();
        let mut loudest = full(start);
        let loud = VOICE + 2.0 * OVERTAKE;
        assert!(!loudest.packet(track(9), loud, loud, start), "too soon");
        let now = start + STAY;
        for (n, level) in [(0, VOICE + 5.0), (1, VOICE), (2, VOICE + 5.0)] {
            assert!(loudest.packet(track(n), level, level, now));
        }
        assert!(!loudest.packet(track(8), VOICE + 3.0, VOICE + 3.0, now), "hardly louder");
        assert!(loudest.packet(track(9), loud, loud, now));
        assert!(!loudest.packet(track(1), VOICE, VOICE, now));
    }

    #[test]
    fn a_muted_microphone_frees_its_place() {
        let now = crate::clock::instant();
        let mut loudest = full(now);
        loudest.forget(track(1));
        assert!(loudest.packet(track(9), VOICE, VOICE, now));
    }
}
