//! The estimator on a virtual link: a queue that drops at its tail, a delay, losses by a seeded die, and a subscriber
//! that reports like a browser.

use std::collections::VecDeque;

use super::{super::Arrivals, *};

const STEP: Duration = Duration::from_millis(1);
/// What waits for so long hurries, and is given up.
const EVENLY: Duration = Duration::from_millis(60);
const PATIENCE: Duration = Duration::from_millis(300);
/// A packet's bytes, and those of one of padding.
const PACKET: usize = 1_100;
const PADDING: usize = 300;

/// A packet on its way: its number, and when it was sent if it is sound.
#[derive(Clone, Copy, Debug)]
struct Packet {
    sequence: u16,
    sound: Option<Instant>,
}

/// What a link does.
#[derive(Clone, Copy, Debug)]
struct Link {
    /// Bits per second.
    capacity: f64,
    /// One way.
    delay: Duration,
    /// Bytes waiting above which packets are dropped.
    room: f64,
    /// Packets in a thousand that vanish, each way.
    loss: u64,
    /// In each second the subscriber does nothing for so many milliseconds, and finds all at once then.
    stalls: u64,
}

/// A server that forwards video of up to `need` bits per second to one subscriber.
struct World {
    now: Instant,
    start: Instant,
    estimator: Estimator,
    arrivals: Arrivals,
    link: Link,
    need: f64,
    /// Bytes waiting in the link, and the packets: what is left of each and its number.
    queue: f64,
    waiting: VecDeque<(f64, Packet)>,
    flying: VecDeque<(Instant, Packet)>,
    returning: VecDeque<(Instant, Vec<u8>)>,
    dice: u64,
    frame: u64,
    /// Packets of pictures that may not leave yet: when they were made, and their bytes.
    paced: VecDeque<(Instant, usize)>,
    /// When the sounds that arrived were sent, and when they arrived.
    sounds: Vec<(Instant, Instant)>,
    /// Bits per second that the allocation chose, from the budget of a moment ago.
    chosen: f64,
}

impl World {
    fn new(link: Link, need: f64) -> Self {
        let start = crate::clock::instant();
        let mut estimator = Estimator::new(start);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a bitrate")]
        estimator.need(need as u64);
        Self {
            now: start,
            start,
            estimator,
            arrivals: Arrivals::new(start),
            link,
            need,
            queue: 0.0,
            waiting: VecDeque::new(),
            flying: VecDeque::new(),
            returning: VecDeque::new(),
            dice: 42,
            frame: 0,
            paced: VecDeque::new(),
            sounds: Vec::new(),
            chosen: 300e3,
        }
    }

    fn loses(&mut self) -> bool {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % 1_000 < self.link.loss
    }

    fn send(&mut self, bytes: usize, sound: bool) {
        let sequence = self.estimator.stamp(bytes, self.now);
        if self.queue + bytes as f64 > self.link.room || self.loses() {
            return;
        }
        self.queue += bytes as f64 + 28.0;
        let sound = sound.then_some(self.now);
        self.waiting.push_back((bytes as f64 + 28.0, Packet { sequence, sound }));
    }

    /// The queue's length in time.
    fn waits(&self) -> f64 {
        self.queue * 8.0 / self.link.capacity
    }

    fn estimate(&self) -> f64 {
        self.estimator.budget().map_or(0.0, |budget| budget as f64)
    }

    fn step(&mut self) {
        self.now += STEP;
        let ms = (self.now - self.start).as_millis() as u64;
        let mut carried = self.link.capacity / 8_000.0;
        while let Some((left, packet)) = self.waiting.front_mut().filter(|_| carried > 0.0) {
            let part = left.min(carried);
            (*left, carried, self.queue) = (*left - part, carried - part, self.queue - part);
            if *left <= 0.0 {
                self.flying.push_back((self.now + self.link.delay, *packet));
                self.waiting.pop_front();
            }
        }
        let awake = ms % 1_000 >= self.link.stalls;
        while let Some((_, packet)) = self.flying.pop_front_if(|(at, _)| awake && *at <= self.now) {
            self.arrivals.arrived(packet.sequence, 7, self.now);
            self.sounds.extend(packet.sound.map(|sent| (sent, self.now)));
        }
        if awake && self.arrivals.due(self.now) {
            let mut out = [0; Arrivals::LONGEST];
            while let Some(len) = self.arrivals.tell(1, &mut out, self.now) {
                if !self.loses() {
                    self.returning.push_back((self.now + self.link.delay, out[..len].to_vec()));
                }
            }
        }
        while let Some((_, message)) = self.returning.pop_front_if(|(at, _)| *at <= self.now) {
            self.estimator.feedback(&message, self.now);
        }
        if ms.is_multiple_of(20) {
            self.send(120, true);
            self.estimator.beat(self.now);
            self.estimator.probe(self.now);
        }
        if ms.is_multiple_of(200) {
            self.chosen =
                self.need.min(self.estimator.budget().map_or(f64::MAX, |budget| budget as f64) - 60e3);
        }
        if ms.is_multiple_of(33) {
            self.frame += 1;
            // Frames differ by half, and every tenth second there is a large one.
            let weight =
                if self.frame.is_multiple_of(300) { 8.0 } else { 0.75 + (self.frame % 3) as f64 * 0.25 };
            let mut bytes = self.chosen.max(30e3) / 8.0 * 0.033 * weight;
            while bytes > 0.0 {
                self.paced.push_back((self.now, (bytes as usize).clamp(60, PACKET)));
                bytes -= PACKET as f64;
            }
        }
        if ms.is_multiple_of(5) {
            let waits = self.paced.front().map(|(since, _)| self.now - *since);
            if waits.is_some_and(|waits| waits > PATIENCE) {
                self.paced.clear();
            }
            self.estimator.go_on(waits.is_some_and(|waits| waits > EVENLY), self.now);
            while self.estimator.is_open()
                && let Some((_, bytes)) = self.paced.pop_front()
            {
                self.send(bytes, false);
            }
            while self.paced.is_empty() && self.estimator.padding(self.now).is_some_and(|bytes| bytes > 0) {
                self.send(PADDING, false);
            }
        }
    }

    /// Runs for so long and gives the estimates and queueing times, one each 100 ms.
    fn run(&mut self, seconds: f64) -> Vec<(f64, f64)> {
        let end = self.now + Duration::from_secs_f64(seconds);
        let mut samples = Vec::new();
        while self.now < end {
            self.step();
            if (self.now - self.start).as_millis().is_multiple_of(100) {
                samples.push((self.estimate(), self.waits()));
            }
        }
        samples
    }
}

const LINK: Link = Link { capacity: 3e6, delay: Duration::from_millis(25), room: 150e3, loss: 0, stalls: 0 };

fn print(name: &str, samples: &[(f64, f64)]) {
    let lines: Vec<String> =
        samples.iter().step_by(5).map(|(e, q)| format!("{:.0}k/{:.0}ms", e / 1e3, q * 1e3)).collect();
    eprintln!("{name}: {}", lines.join(" "));
}

#[test]
fn it_soon_finds_what_is_needed() {
    for need in [0.8e6, 2.5e6] {
        let mut world = World::new(Link { capacity: 20e6, ..LINK }, need);
        let samples = world.run(6.0);
        print("find", &samples);
        // Where nothing was to be found out everything may be sent.
        let enough = |(estimate, _): &(f64, f64)| *estimate >= need || *estimate == 0.0;
        assert!(samples.iter().skip(20).all(enough) && world.chosen >= need - 60e3, "{need}");
    }
}

#[test]
fn a_cut_is_followed_and_its_end_too() {
    let mut world = World::new(LINK, 2.5e6);
    let before = world.run(10.0);
    print("before", &before);
    assert!(before.last().is_some_and(|(estimate, _)| *estimate > 2.2e6));
    world.link.capacity = 500e3;
    let cut = world.run(20.0);
    print("cut", &cut);
    assert!(cut.iter().skip(30).all(|(estimate, _)| *estimate < 600e3), "under within 3 s, and it stays");
    assert!(cut.iter().skip(100).all(|(estimate, _)| *estimate > 300e3), "what there is is used");
    assert!(
        cut.iter().skip(70).all(|(_, waits)| *waits < 0.4),
        "the queue is emptied, but for what a large frame makes"
    );
    world.link.capacity = 3e6;
    let after = world.run(15.0);
    print("after", &after);
    assert!(after.iter().skip(100).all(|(estimate, _)| *estimate > 2e6), "back within 10 s");
}

#[test]
fn a_shallow_queue_that_drops_is_followed_too() {
    let mut world = World::new(Link { room: 20e3, ..LINK }, 2.5e6);
    print("before", &world.run(10.0));
    world.link.capacity = 500e3;
    let cut = world.run(20.0);
    print("cut", &cut);
    assert!(cut.iter().skip(50).all(|(estimate, _)| *estimate < 750e3));
    assert!(cut.iter().skip(100).all(|(estimate, _)| *estimate > 250e3));
}

#[test]
fn random_loss_is_not_taken_for_a_full_link() {
    for loss in [50, 90] {
        let link = Link { capacity: 10e6, delay: Duration::from_millis(50), loss, ..LINK };
        let mut world = World::new(link, 2e6);
        let samples = world.run(40.0);
        print("loss", &samples);
        let least = samples.iter().skip(50).map(|(estimate, _)| *estimate).fold(f64::MAX, f64::min);
        assert!(least > 0.6 * 2e6, "{loss} in a thousand: {least}");
    }
}

#[test]
fn a_busy_subscriber_is_not_taken_for_a_full_link() {
    for (stalls, loss) in [(60, 0), (120, 0), (80, 50)] {
        let link = Link { capacity: 10e6, delay: Duration::from_millis(50), loss, stalls, ..LINK };
        let mut world = World::new(link, 2e6);
        let samples = world.run(40.0);
        print("stalls", &samples);
        let least = samples.iter().skip(50).map(|(estimate, _)| *estimate).fold(f64::MAX, f64::min);
        assert!(least > 0.6 * 2e6, "{stalls} ms in a second, {loss} in a thousand: {least}");
    }
}

#[test]
fn a_way_that_becomes_longer_and_loses_reports_is_not_taken_for_a_full_one() {
    let mut world = World::new(Link { capacity: 20e6, delay: Duration::ZERO, ..LINK }, 2e6);
    world.run(5.0);
    (world.link.delay, world.link.loss) = (Duration::from_millis(50), 50);
    world.run(2.5);
    let mut full = 0;
    for _ in 0..40_000 {
        world.step();
        full += u32::from(world.estimator.pace.is_full());
    }
    assert!(full < 100, "{full} ms of 40 s");
}

#[test]
fn a_way_that_stops_for_a_moment_is_trusted_again_soon() {
    for loss in [0, 50] {
        let link = Link { capacity: 20e6, delay: Duration::from_millis(50), loss, ..LINK };
        let mut world = World::new(link, 2e6);
        world.run(10.0);
        for _ in 0..10 {
            world.link.stalls = 500;
            let stopped = world.run(1.0);
            world.link.stalls = 0;
            let after = world.run(6.0);
            print("stopped", &stopped);
            print("after", &after);
            assert!(after.iter().skip(30).all(|(estimate, _)| *estimate > 1.5e6), "{loss} in a thousand");
        }
    }
}

#[test]
fn little_traffic_does_not_pull_it_down() {
    let mut world = World::new(Link { capacity: 5e6, ..LINK }, 2e6);
    world.run(5.0);
    let high = world.estimate();
    // The screen is not shared any more: only thumbnails go on.
    world.need = 150e3;
    world.estimator.need(150_000);
    let low = world.run(30.0);
    print("low", &low);
    assert!(low.iter().all(|(estimate, _)| *estimate > 0.7 * high));
}

#[test]
fn a_steady_link_is_used_well_without_a_standing_queue() {
    let mut world = World::new(Link { capacity: 1.5e6, ..LINK }, 4e6);
    world.run(15.0);
    let samples = world.run(45.0);
    print("steady", &samples);
    let count = samples.len() as f64;
    let (rate, waits) =
        samples.iter().fold((0.0, 0.0), |(r, w), (rate, waits)| (r + rate / count, w + waits / count));
    assert!((0.7 * 1.5e6..1.1 * 1.5e6).contains(&rate), "{rate}");
    assert!(waits < 0.08, "{waits}");
}

#[test]
fn silence_lowers_it_and_word_brings_it_back() {
    let mut world = World::new(LINK, 2e6);
    world.run(5.0);
    world.link.loss = 1_000;
    let silent = world.run(6.0);
    assert!(silent.last().is_some_and(|(estimate, _)| *estimate < 500e3));
    world.link.loss = 0;
    let after = world.run(12.0);
    print("after", &after);
    assert!(after.last().is_some_and(|(estimate, _)| *estimate > 1.5e6));
}

#[test]
fn invented_feedback_costs_little_and_breaks_nothing() {
    let mut world = World::new(LINK, 2e6);
    world.run(2.0);
    let mut out = [0; Arrivals::LONGEST];
    for n in 0..10_000_u64 {
        let mut invented = Arrivals::new(world.start);
        for k in 0..5 {
            let at = world.start + Duration::from_micros(n.wrapping_mul(k * 7_919) % 90_000_000);
            #[expect(clippy::cast_possible_truncation, reason = "any number will do")]
            invented.arrived((n * 31 + k) as u16, 7, at);
        }
        if let Some(len) = invented.tell(1, &mut out, world.now) {
            world.estimator.feedback(&out[..len], world.now);
        }
        world.now += Duration::from_micros(100);
        world.estimator.beat(world.now);
        world.estimator.probe(world.now);
    }
    let estimate = world.estimate();
    assert!((LEAST..=MOST).contains(&estimate), "{estimate}");
}

/// The longest time between the arrivals of two sounds from the `from`-th on, and how late they come at most.
fn silence(world: &World, from: usize) -> (Duration, Duration) {
    let sounds = world.sounds.get(from..).unwrap_or_default();
    let silence = sounds.windows(2).map(|pair| pair[1].1 - pair[0].1).max().unwrap_or_default();
    let late = sounds.iter().map(|(sent, arrived)| *arrived - *sent).max().unwrap_or_default();
    (silence, late)
}

#[test]
fn at_a_cut_the_sound_goes_on() {
    for moment in 0..12 {
        let mut world = World::new(LINK, 1.6e6);
        world.run(7.5 + f64::from(moment) * 0.037);
        world.link.capacity = 500e3;
        let from = world.sounds.len();
        world.run(8.0);
        let (silence, late) = silence(&world, from);
        eprintln!("{moment}: silent for {silence:?}, {late:?} late");
        assert!(silence <= Duration::from_millis(100), "{silence:?}");
        assert!(late <= Duration::from_millis(700), "{late:?}");
    }
}
