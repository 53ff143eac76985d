//! Who is speaking, and who is heard: from the audio levels that the senders write into their packets (RFC 6464).

mod loudest;

use std::time::{Duration, Instant};

use signaling::id::{ParticipantId, TrackId};

use self::loudest::Loudest;

/// Smoothed loudness (127 - dBov below full scale) above which somebody begins to speak: -45 dBov.
const BEGIN: f32 = 82.0;
/// ... and below which they may be silent: -55 dBov.
const END: f32 = 72.0;
/// How much of the way to a louder packet the smoothed loudness goes in [`PACKET`], and to a softer one.
const RISE: f32 = 0.35;
const FALL: f32 = 0.1;
const PACKET: Duration = Duration::from_millis(20);
/// A louder packet counts for no longer than this, however long nothing was sent before it: a click is no speech.
const LONGEST: Duration = Duration::from_millis(60);
/// From that many open microphones on, only the loudest are forwarded...
const CROWD: usize = 7;
/// ...open being one that sent something in this time: silence is sent every 400 ms.
const OPEN: Duration = Duration::from_secs(2);
/// Silence shorter than this is a breath.
const HOLD: Duration = Duration::from_millis(600);
/// At most five reports a second.
const SPACING: Duration = Duration::from_millis(200);
/// A later speaker overtakes an earlier one when louder by this much.
const OVERTAKE: f32 = 6.0;

#[derive(Clone, Debug)]
struct Voice {
    participant: ParticipantId,
    track: TrackId,
    loudness: f32,
    speaking: bool,
    /// Its last packet.
    heard: Instant,
    /// The last time the loudness was above [`END`].
    loud: Instant,
}

/// The voices of one room.
#[derive(Clone, Debug, Default)]
pub(super) struct Speakers {
    voices: Vec<Voice>,
    reported: Vec<ParticipantId>,
    last: Option<Instant>,
    loudest: Loudest,
    /// Too many microphones are open to forward them all.
    crowded: bool,
    /// These are forwarded at all times.
    floor: Vec<ParticipantId>,
}

impl Speakers {
    /// A packet of a microphone; `level` in -dBov, 0 the loudest, 127 silence. `true` when it is to be forwarded.
    pub(super) fn heard(
        &mut self,
        participant: ParticipantId,
        track: TrackId,
        level: u8,
        now: Instant,
    ) -> bool {
        let loudness = f32::from(127 - level.min(127));
        let at = self.voices.iter().position(|voice| voice.track == track).unwrap_or_else(|| {
            self.voices.push(Voice {
                participant,
                track,
                loudness: 0.0,
                speaking: false,
                heard: now.checked_sub(PACKET).unwrap_or(now),
                loud: now,
            });
            self.voices.len() - 1
        });
        let Some(voice) = self.voices.get_mut(at) else { return true };
        let elapsed = now.duration_since(voice.heard);
        // Rises within three packets, whatever their length and number. Falls over 200 ms, however few packets those are: silence is sent only every
        // 400 ms (RFC 7587 §3.1.3, discontinuous transmission).
        let (rate, elapsed) =
            if loudness > voice.loudness { (RISE, elapsed.min(LONGEST)) } else { (FALL, elapsed) };
        let share = 1.0 - (1.0 - rate).powf(elapsed.as_secs_f32() / PACKET.as_secs_f32());
        voice.heard = now;
        voice.loudness += (loudness - voice.loudness) * share;
        if voice.loudness > END {
            voice.loud = now;
        }
        voice.speaking |= voice.loudness > BEGIN;
        let has_place = self.loudest.packet(track, loudness, voice.loudness, now);
        !self.crowded || has_place || self.floor.contains(&participant)
    }

    /// Whether the microphone is one of the loudest, or of somebody who has the floor, however few are open.
    pub(super) fn chosen(&self, participant: ParticipantId, track: TrackId) -> bool {
        self.loudest.has(track) || self.floor.contains(&participant)
    }

    /// Somebody has the floor, or has it no longer: then they are heard like everybody else.
    pub(super) fn floor(&mut self, participant: ParticipantId, holds: bool) {
        self.floor.retain(|holder| *holder != participant);
        if holds {
            self.floor.push(participant);
        }
    }

    /// A microphone went away or was muted.
    pub(super) fn forget(&mut self, track: TrackId) {
        self.voices.retain(|voice| voice.track != track);
        self.loudest.forget(track);
    }

    /// Who speaks, loudest first, when that changed and the last report is old enough.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Vec<ParticipantId>> {
        let open = |voice: &&Voice| now.duration_since(voice.heard) < OPEN;
        self.crowded = self.voices.iter().filter(open).count() >= CROWD;
        if self.last.is_some_and(|last| now.duration_since(last) < SPACING) {
            return None;
        }
        for voice in &mut self.voices {
            voice.speaking &= now.duration_since(voice.loud) < HOLD;
        }
        let order = self.order();
        if order == self.reported {
            return None;
        }
        self.last = Some(now);
        self.reported.clone_from(&order);
        Some(order)
    }

    /// Keeps the reported order unless somebody is clearly louder, so that equals do not flicker.
    fn order(&self) -> Vec<ParticipantId> {
        let mut speaking: Vec<(ParticipantId, f32)> = Vec::new();
        let known =
            |participant: &ParticipantId| self.reported.iter().position(|reported| reported == participant);
        let mut voices: Vec<&Voice> = self.voices.iter().filter(|voice| voice.speaking).collect();
        voices.sort_by_key(|voice| known(&voice.participant).unwrap_or(usize::MAX));
        for voice in voices {
            if speaking.iter().any(|(participant, _)| *participant == voice.participant) {
                continue;
            }
            let at = speaking
                .iter()
                .position(|(_, loudness)| voice.loudness > loudness + OVERTAKE)
                .unwrap_or(speaking.len());
            speaking.insert(at, (voice.participant, voice.loudness));
        }
        speaking.into_iter().map(|(participant, _)| participant).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn participant(n: u128) -> ParticipantId {
        ParticipantId(uuid::Uuid::from_u128(n))
    }

    fn track(n: u128) -> TrackId {
        TrackId(uuid::Uuid::from_u128(n))
    }

    struct Class {
        speakers: Speakers,
        now: Instant,
        reports: Vec<Vec<ParticipantId>>,
    }

    impl Class {
        fn new() -> Self {
            Self { speakers: Speakers::default(), now: crate::clock::instant(), reports: Vec::new() }
        }

        /// Everybody sends 50 packets a second at the given levels.
        fn run(&mut self, milliseconds: u64, levels: &[u8]) {
            for _ in 0..milliseconds / 20 {
                for (n, level) in (1..).zip(levels) {
                    self.speakers.heard(participant(n), track(n), *level, self.now);
                }
                self.now += Duration::from_millis(20);
                self.reports.extend(self.speakers.poll(self.now));
            }
        }
    }

    #[test]
    fn speech_is_reported_once_and_its_end_once() {
        let mut class = Class::new();
        class.run(1_000, &[127, 90]);
        assert!(class.reports.is_empty(), "silence and noise");
        class.run(1_000, &[25, 90]);
        class.run(400, &[127, 90]);
        assert_eq!(class.reports, [vec![participant(1)]], "a breath is no end");
        class.run(2_000, &[127, 90]);
        assert_eq!(class.reports, [vec![participant(1)], vec![]]);
    }

    /// A silent sender with discontinuous transmission: one packet every 400 ms.
    #[test]
    fn speech_ends_as_soon_with_few_packets() {
        let mut class = Class::new();
        class.run(1_000, &[25]);
        for _ in 0..3 {
            class.now += Duration::from_millis(400);
            class.speakers.heard(participant(1), track(1), 127, class.now);
            class.reports.extend(class.speakers.poll(class.now));
        }
        assert_eq!(class.reports, [vec![participant(1)], vec![]]);
    }

    #[test]
    fn many_small_packets_are_no_louder_than_few_large_ones() {
        let loudness = |spacing: u64| {
            let mut class = Class::new();
            for _ in 0..180 / spacing {
                class.now += Duration::from_millis(spacing);
                class.speakers.heard(participant(1), track(1), 25, class.now);
            }
            class.speakers.voices[0].loudness
        };
        assert!((loudness(1) - loudness(60)).abs() < 15.0, "{} and {}", loudness(1), loudness(60));
    }

    #[test]
    fn in_a_crowd_only_the_loudest_and_the_floor_are_forwarded() {
        let mut class = Class::new();
        class.speakers.floor(participant(8), true);
        // Six open microphones: everybody is heard, even who is silent.
        class.run(1_000, &[25, 26, 27, 127, 127, 127]);
        assert!(class.speakers.heard(participant(4), track(4), 127, class.now));
        let levels = [25, 26, 27, 127, 127, 127, 60, 127];
        class.run(1_000, &levels);
        let mut heard = Vec::new();
        for (n, level) in (1..).zip(levels) {
            heard.push(class.speakers.heard(participant(n), track(n), level, class.now));
        }
        assert_eq!(heard, [true, true, true, false, false, false, false, true]);
        class.speakers.floor(participant(8), false);
        assert!(!class.speakers.heard(participant(8), track(8), 127, class.now));
        // Five of them go: everybody is heard again.
        (1..=5).for_each(|n| class.speakers.forget(track(n)));
        class.run(100, &[]);
        assert!(class.speakers.heard(participant(7), track(7), 60, class.now));
    }

    #[test]
    fn the_loudest_comes_first_without_flicker() {
        let mut class = Class::new();
        class.run(1_000, &[30, 10]);
        assert_eq!(class.reports.last(), Some(&vec![participant(2), participant(1)]));
        let reports = class.reports.len();
        for _ in 0..50 {
            class.run(40, &[20, 22]);
            class.run(40, &[22, 20]);
        }
        assert!(class.reports.len() <= reports + 1, "{} reports", class.reports.len() - reports);
    }

    #[test]
    fn at_most_five_reports_a_second() {
        let mut class = Class::new();
        for n in 0..50 {
            let level = if n % 2 == 0 { 5 } else { 127 };
            class.run(100, &[level, 127 - level]);
        }
        assert!(class.reports.len() <= 25, "{} in five seconds", class.reports.len());
    }

    #[test]
    fn a_muted_microphone_stops_at_once() {
        let mut class = Class::new();
        class.run(500, &[20]);
        class.speakers.forget(track(1));
        class.now += SPACING;
        assert_eq!(class.speakers.poll(class.now), Some(vec![]));
    }
}
