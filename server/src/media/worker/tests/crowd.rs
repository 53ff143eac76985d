//! Many microphones at once: who is heard, what the others' streams look like, and what is recorded.

use signaling::protocol::media::Tile;

use super::{super::publisher::SourceRef, *};
use crate::media::{codec::Picture, packet::Header, sdp::Extension};

/// Beats in a second.
const SECOND: u32 = 50;

/// Bytes of 20 ms of a voice: 32 kbit/s.
const VOICE: usize = 80;

impl Bench {
    /// A packet of a microphone that says how loud it is, -dBov.
    fn speaks(&mut self, track: TrackKey, sequence: u16, level: u8) {
        let mut packet = vec![0x90, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 0x10, level, 0, 0];
        packet.extend([1; VOICE]);
        packet[2..4].copy_from_slice(&sequence.to_be_bytes());
        packet[4..8].copy_from_slice(&(u32::from(sequence) * 960).to_be_bytes());
        let publisher = self.worker.tracks[track].publisher;
        self.worker.tracks[track].layers[0].ssrc = Some(9);
        let meanings = &mut self.worker.connections[publisher].publisher().unwrap().meanings;
        meanings.0[1] = Some(Extension::AudioLevel);
        let source = SourceRef { track, layer: 0, repair: false };
        self.worker.opened(publisher, source, &Header::parse(&packet).unwrap(), &packet, self.now);
    }

    /// Everybody sends a packet; these speak, the others are silent.
    fn turn(&mut self, voices: &[TrackKey], sequence: u16, speaking: &[usize]) {
        for (n, voice) in voices.iter().enumerate() {
            let level = if speaking.contains(&n) { 25 } else { 127 };
            self.speaks(*voice, sequence, level);
        }
        self.now += BEAT;
        let _ = self.worker.rooms[self.room].speakers.poll(self.now);
        self.worker.fan_out(self.now);
        self.worker.flush();
    }

    /// Time passes.
    fn beats(&mut self, beats: u32) {
        for _ in 0..beats {
            self.now += BEAT;
            self.worker.guarded_beat(self.now);
        }
    }

    /// The sequence numbers and timestamps that left since the last look.
    fn left(&self) -> Vec<(u16, u32)> {
        let mut datagram = [0; 1500];
        let mut left = Vec::new();
        while let Ok(length) = self.worker.socket.recv(&mut datagram) {
            let header = Header::parse(&datagram[..length]).unwrap();
            left.push((header.sequence, header.timestamp));
        }
        left
    }
}

#[test]
fn in_a_crowd_the_loudest_are_forwarded_and_the_others_streams_pause() {
    let mut bench = Bench::new();
    let voices: Vec<TrackKey> = (0..8).map(|_| bench.track(Source::Microphone).1).collect();
    let (tap, recorded) = crossbeam_channel::bounded(10_000);
    bench.ask(Command::Tap { tap: Some(tap) });
    bench.receives(voices[7]);
    for sequence in 0..50 {
        bench.turn(&voices, sequence, &[0, 1, 2]);
    }
    let before = bench.left();
    assert!(before.len() < 5, "seven others are open: silence is left out, {} packets", before.len());
    let audible = |bench: &Bench| -> Vec<bool> {
        voices.iter().map(|voice| bench.worker.tracks[*voice].audible).collect()
    };
    assert_eq!(audible(&bench), [true, true, true, false, false, false, false, false]);
    // One falls silent; another is heard from its first word.
    for sequence in 50..100 {
        bench.turn(&voices, sequence, &[0, 1]);
    }
    assert_eq!(bench.left(), [], "nobody else gets the place by being silent too");
    for sequence in 100..110 {
        bench.turn(&voices, sequence, &[0, 1, 7]);
    }
    let after = bench.left();
    assert_eq!(after.len(), 10, "from the first packet on");
    let (last, clock) = before.last().copied().unwrap();
    for (n, (sequence, timestamp)) in (1..).zip(after) {
        assert_eq!(sequence, last + n, "no hole for the receiver");
        assert_eq!(timestamp.wrapping_sub(clock) % 960, 0, "on the same clock");
    }
    assert!(bench.worker.counters.unheard > 0);
    let packets = recorded.try_iter().filter(|item| matches!(item, TapItem::Packet { .. })).count();
    assert_eq!(packets, 8 * 110, "everybody is recorded");
}

#[test]
fn who_is_large_on_a_screen_is_heard_there_in_any_crowd() {
    let mut bench = Bench::new();
    let voices: Vec<TrackKey> = (0..8).map(|_| bench.track(Source::Microphone).1).collect();
    let (camera, key) = bench.track(Source::Camera);
    bench.worker.tracks[key].participant = bench.worker.tracks[voices[7]].participant;
    let (other, _) = bench.track(Source::Camera);
    let viewer = bench.receives(voices[7]);
    bench.worker.connections[viewer].subscriber().unwrap().places.insert(1, (voices[7], 0));
    let participant = bench.worker.connections[viewer].participant;
    let mut sequence = 0;
    let mut goes_on = |bench: &mut Bench, tiles: Vec<Tile>| {
        bench.ask(Command::View { participant, tiles });
        for _ in 0..20 {
            bench.turn(&voices, sequence, &[0, 1, 2]);
            sequence += 1;
        }
        bench.left()
    };
    let tile = |track, width, height| Tile { track, width, height };
    goes_on(&mut bench, Vec::new());
    assert_eq!(goes_on(&mut bench, vec![tile(camera, 320, 180), tile(other, 320, 180)]), [], "as all others");
    let heard = goes_on(&mut bench, vec![tile(camera, 1280, 720), tile(other, 160, 90)]);
    assert_eq!(heard.len(), 20);
    assert!(heard.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0), "without a hole");
    assert_eq!(goes_on(&mut bench, vec![tile(other, 1280, 720)]), [], "not any more");
}

#[test]
fn who_has_the_floor_is_heard_in_any_crowd() {
    let mut bench = Bench::new();
    let voices: Vec<TrackKey> = (0..8).map(|_| bench.track(Source::Microphone).1).collect();
    let participant = bench.worker.tracks[voices[7]].participant;
    bench.ask(Command::Floor { participant, holds: true });
    for sequence in 0..50 {
        bench.turn(&voices, sequence, &[0, 1, 2]);
    }
    assert!(bench.worker.tracks[voices[7]].audible && !bench.worker.tracks[voices[6]].audible);
    bench.ask(Command::Floor { participant, holds: false });
    bench.turn(&voices, 50, &[0, 1, 2]);
    assert!(!bench.worker.tracks[voices[7]].audible);
}

/// A viewer of a camera in two encodings, and of so many microphones that speak for a second.
struct Listening {
    bench: Bench,
    voices: Vec<(TrackId, TrackKey)>,
    viewer: ConnectionKey,
    camera: TrackKey,
    place: usize,
}

impl Listening {
    const LOW: u32 = 200_000;
    const HIGH: u32 = 1_200_000;

    fn to(voices: usize) -> Self {
        let mut bench = Bench::new();
        let voices: Vec<_> = (0..voices).map(|_| bench.track(Source::Microphone)).collect();
        let (_, camera) = bench.publishes(Source::Camera, &["q".to_owned(), "h".to_owned()]);
        let viewer = bench.receives(camera);
        let mut places = vec![(1, (camera, 0))];
        for (ssrc, (_, voice)) in (2..).zip(&voices) {
            places.push((ssrc, (*voice, bench.subscribes(viewer, *voice, ssrc))));
        }
        bench.worker.connections[viewer].subscriber().unwrap().places.extend(places);
        let keys: Vec<TrackKey> = voices.iter().map(|(_, key)| *key).collect();
        for sequence in 0..50 {
            for (layer, rate) in bench.worker.tracks[camera].layers.iter_mut().zip([Self::LOW, Self::HIGH]) {
                layer.flow.packet(&Picture::default(), rate as usize / 8 / 50, bench.now);
            }
            bench.turn(&keys, sequence, &[0, 1, 2]);
            bench.worker.guarded_beat(bench.now);
        }
        Self { bench, voices, viewer, camera, place: 0 }
    }

    /// The encoding that is to be forwarded on a network of this rate, bit/s.
    fn shown_on(&mut self, bitrate: u64) -> Option<u8> {
        let now = self.bench.now;
        let subscriber = self.bench.worker.connections[self.viewer].subscriber().unwrap();
        (subscriber.told, subscriber.lowered) = (Some((bitrate, now)), None);
        self.bench.worker.share_out(self.viewer, now);
        let target = self.bench.worker.tracks[self.camera].subscriptions[self.place].target();
        target.map(|target| target.encoding)
    }
}

#[test]
fn microphones_take_no_more_of_the_network_than_what_is_heard_of_them() {
    let mut listening = Listening::to(30);
    assert_eq!(listening.shown_on(1_600_000), Some(1), "three are heard, not thirty");
    assert_eq!(listening.shown_on(1_150_000), Some(0), "the three count");
    let mut few = Listening::to(6);
    assert_eq!(few.shown_on(1_250_000), Some(0), "all six are heard");
    for (track, _) in few.voices.clone() {
        few.bench.ask(Command::Mute { track, muted: true });
    }
    assert_eq!(few.shown_on(1_450_000), Some(1), "what is muted takes nothing");
}

#[test]
fn a_line_goes_to_whom_there_is_something_to_hear_of() {
    let mut bench = Bench::new();
    let voices: Vec<_> =
        (0..subscriber::LINES_OF_KIND + 5).map(|_| bench.track(Source::Microphone)).collect();
    let wanted: Vec<TrackId> = voices.iter().map(|(id, _)| *id).collect();
    let keys: Vec<TrackKey> = voices.iter().map(|(_, key)| *key).collect();
    for track in &wanted {
        bench.ask(Command::Mute { track: *track, muted: true });
    }
    let participant = ParticipantId(clock::mint());
    bench.ask(Command::Subscribe { participant, tracks: wanted.clone() });
    let first = bench.agrees(participant);
    assert_eq!(first, wanted[..30], "all are muted: the first come first");
    // The last one is unmuted: a muted one makes room for it, in two steps.
    let last = wanted[34];
    bench.ask(Command::Mute { track: last, muted: false });
    bench.beats(SECOND);
    let second = bench.agrees(participant);
    assert_eq!(second.len(), 29);
    let third = bench.agrees(participant);
    assert!(third.contains(&last) && second.iter().all(|track| third.contains(track)), "the others stay");
    // Muted again, it keeps the line as long as nobody needs it.
    bench.ask(Command::Mute { track: last, muted: true });
    bench.beats(2 * SECOND);
    assert_eq!(bench.told(), []);
    // Everybody is unmuted, and one of those without a line begins to speak.
    for track in &wanted {
        bench.ask(Command::Mute { track: *track, muted: false });
    }
    bench.beats(2 * SECOND);
    let lineless = wanted.iter().position(|track| !third.contains(track)).unwrap();
    let mut offered = Vec::new();
    for sequence in 0..100 {
        bench.turn(&keys, sequence, &[lineless]);
        bench.beats(1);
        for event in bench.told() {
            let Event::Offered { negotiation, tracks, sdp, .. } = event else { continue };
            offered = tracks.into_iter().map(|(_, track)| track).collect();
            bench.ask(Command::Answer { participant, negotiation, sdp: agreed(&sdp) });
        }
    }
    assert!(offered.contains(&wanted[lineless]) && offered.len() == 30, "it is heard");
}

#[test]
fn cameras_in_view_have_the_lines() {
    let mut bench = Bench::new();
    let wanted: Vec<TrackId> = (0..48).map(|_| bench.track(Source::Camera).0).collect();
    let participant = ParticipantId(clock::mint());
    let page = |tracks: &[TrackId]| {
        tracks.iter().map(|track| Tile { track: *track, width: 320, height: 180 }).collect::<Vec<_>>()
    };
    bench.ask(Command::Subscribe { participant, tracks: wanted.clone() });
    assert_eq!(bench.agrees(participant), wanted[..30]);
    bench.ask(Command::View { participant, tiles: page(&wanted[..16]) });
    assert_eq!(bench.told(), [], "all of it has lines");
    bench.ask(Command::View { participant, tiles: page(&wanted[32..]) });
    let fewer = bench.agrees(participant);
    assert_eq!(fewer.len(), 14);
    let shown = bench.agrees(participant);
    assert!(wanted[32..].iter().all(|track| shown.contains(track)), "the third page");
    assert_eq!((shown.len(), bench.told()), (30, vec![]));
    // Back again too soon: not before the lines have settled.
    bench.ask(Command::View { participant, tiles: page(&wanted[..16]) });
    assert_eq!(bench.told(), []);
    bench.beats(2 * SECOND);
    bench.agrees(participant);
    let shown = bench.agrees(participant);
    assert!(wanted[..16].iter().all(|track| shown.contains(track)));
}
