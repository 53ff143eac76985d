//! Many microphones at once: who is heard, what the others' streams look like, and what is recorded.

use signaling::protocol::media::Tile;

use super::{super::publisher::SourceRef, *};
use crate::media::{packet::Header, sdp::Extension};

impl Bench {
    /// A packet of a microphone that says how loud it is, -dBov.
    fn speaks(&mut self, track: TrackKey, sequence: u16, level: u8) {
        let mut packet =
            vec![0x90, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 0x10, level, 0, 0, 1, 2];
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
