//! Encodings of a camera that come and go, and what viewers get meanwhile.

use super::*;
use crate::media::codec::Picture;

/// A picture of a camera, as simulcast sends them.
const INTERVAL: Duration = Duration::from_millis(33);

/// A camera in two encodings and its viewer, who is to have the upper one.
struct Watching {
    bench: Bench,
    camera: TrackKey,
    pictures: u32,
}

impl Watching {
    fn new() -> Self {
        let mut bench = Bench::new();
        let (_, camera) = bench.publishes(Source::Camera, &["q".to_owned(), "h".to_owned()]);
        let viewer = bench.receives(camera);
        bench.worker.connections[viewer].subscriber().unwrap().places.insert(1, (camera, 0));
        for (layer, ssrc) in bench.worker.tracks[camera].layers.iter_mut().zip(1..) {
            layer.ssrc = Some(ssrc);
        }
        Self { bench, camera, pictures: 0 }
    }

    /// A beat, and the pictures that came before it in these encodings, each of so many bytes.
    fn beat(&mut self, encodings: &[(usize, usize)]) {
        self.bench.now += BEAT;
        let now = self.bench.now;
        let began = INTERVAL * self.pictures;
        let elapsed = BEAT * u32::try_from(self.bench.worker.beats + 1).unwrap();
        if began <= elapsed {
            self.pictures += 1;
            for (encoding, bytes) in encodings {
                self.bench.worker.tracks[self.camera].arrived(
                    *encoding,
                    &Picture::default(),
                    true,
                    *bytes,
                    now,
                );
            }
        }
        self.bench.worker.guarded_beat(now);
    }

    fn target(&self) -> Option<u8> {
        self.bench.worker.tracks[self.camera].subscriptions[0].target().map(|target| target.encoding)
    }

    fn keyframe_asked(&mut self, encoding: usize) -> bool {
        self.bench.worker.tracks[self.camera].layers[encoding].keyframes.due(self.bench.now)
    }
}

#[test]
fn an_encoding_that_stops_is_replaced_by_the_next_lower_one_soon() {
    const BOTH: [(usize, usize); 2] = [(0, 800), (1, 5_000)];
    let mut watching = Watching::new();
    (0..100).for_each(|_| watching.beat(&BOTH));
    assert_eq!(watching.target(), Some(1));
    watching.bench.worker.tracks[watching.camera].layers[0].keyframes.arrived();
    // A fifth of a second of it is lost, or its browser was busy: that is no reason.
    (0..10).for_each(|_| watching.beat(&BOTH[..1]));
    (0..50).for_each(|_| watching.beat(&BOTH));
    assert_eq!(watching.target(), Some(1));
    assert!(!watching.keyframe_asked(0));
    let stopped = watching.bench.now;
    while watching.target() == Some(1) {
        watching.beat(&BOTH[..1]);
        assert!(watching.bench.now < stopped + Duration::from_millis(370), "its viewer sees nothing");
    }
    assert!(watching.keyframe_asked(0), "the lower one begins with a keyframe");
    // It comes back.
    (0..15).for_each(|_| watching.beat(&BOTH));
    assert_eq!(watching.target(), Some(1));
}

#[test]
fn a_slow_encoding_beside_a_fast_one_is_alive() {
    let mut watching = Watching::new();
    for turn in 0..300 {
        let Watching { bench, camera, .. } = &mut watching;
        bench.now += BEAT;
        // Fifty pictures a second, and four.
        let track = &mut bench.worker.tracks[*camera];
        let encodings = if turn % 12 == 0 { 0..2 } else { 1..2 };
        encodings.for_each(|encoding| track.arrived(encoding, &Picture::default(), true, 1_000, bench.now));
        bench.worker.guarded_beat(bench.now);
        let rungs = bench.worker.tracks[*camera].ladder;
        assert!(turn < 50 || rungs.rungs().iter().all(|rung| rung.alive), "turn {turn}");
    }
}

#[test]
fn an_annex_knows_how_large_pictures_are() {
    const SIZES: [Option<(u16, u16)>; 4] = [Some((320, 180)), Some((640, 360)), Some((1280, 720)), None];
    let (mut home, mut annex) = (Bench::new(), Bench::new());
    let (track, key) = home.track(Source::Camera);
    let orders = home.beside();
    home.receives(key);
    // Told before the annex opens, and once more after that.
    home.worker.tracks[key].sized(0, SIZES);
    for (index, sizes) in [(1, SIZES), (2, [Some((160, 90)), None, None, None])] {
        home.worker.open_annex(home.room, 1);
        home.worker.tracks[key].sized(0, sizes);
        home.arrives(key, index, true);
        home.worker.fan_out(home.now);
        for order in orders.try_iter() {
            annex.worker.order(order, annex.now);
        }
        let room = annex.worker.rooms_by_number[&ROOM];
        let replica = annex.worker.rooms[room].tracks[&track];
        let known = annex.worker.tracks[replica].layers[0].flow.sizes;
        assert_eq!(known, home.worker.tracks[key].layers[0].flow.sizes);
    }
}
