//! The nonce rule under every course of events, and what reports teach.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::media::{
    Codec,
    codec::{self, Picture},
    packet::Block,
    receive::{Arrival, Receive},
    ring::{Kept, Ring},
};

const TERMS: Terms = Terms {
    ssrc: 77,
    payload_type: 96,
    rtx: Some((78, 97)),
    mid: None,
    transport: None,
    clock_rate: 90_000,
    video: true,
    redundant: false,
    first: 30_000,
    first_rtx: 32_767,
};

/// One encoding as the worker keeps it.
struct Encoding {
    receive: Receive,
    epoch: u32,
    ring: Ring,
    head: u16,
}

/// A simulcast track as the worker keeps it: one subscriber, and every plaintext that was ever sealed.
struct Course {
    encodings: [Encoding; 2],
    epochs: u32,
    subscription: Subscription,
    sealed: HashMap<(u32, u64), Vec<u8>>,
    /// What left at first hand: sequence number, timestamp, payload.
    out: Vec<(u16, u32, Vec<u8>)>,
    numbered: bool,
    /// What numbered packets bear: it grows with each.
    number: u16,
    now: Instant,
}

/// A VP8 packet of one picture a packet: ids and the base index count the pictures.
fn vp8(picture: u16, temporal: u8, keyframe: bool, content: u8) -> Vec<u8> {
    let [high, low] = (picture | 0x8000).to_be_bytes();
    vec![0x90, 0xe0, high, low, (picture >> 1) as u8, temporal << 6 | 0x20, u8::from(!keyframe), content]
}

impl Course {
    fn new(rtx: bool, numbered: bool) -> Self {
        let terms = Terms { rtx: TERMS.rtx.filter(|_| rtx), transport: numbered.then_some(3), ..TERMS };
        let encoding =
            |head| Encoding { receive: Receive::new(90_000), epoch: 0, ring: Ring::new(64, 90_000), head };
        Self {
            encodings: [encoding(65_000), encoding(30)],
            epochs: 0,
            subscription: Subscription::new(0, terms),
            sealed: HashMap::new(),
            out: Vec::new(),
            numbered,
            number: 0,
            now: crate::clock::instant(),
        }
    }

    /// Checks the nonce rule: what is sealed under an index is always the same.
    fn seal(&mut self, header: &[u8], ssrc: u32, rollover: u32, sequence: u16, payload: &[u8]) {
        let index = (u64::from(rollover) << 16) | u64::from(sequence);
        let text = [header, payload].concat();
        let first = self.sealed.entry((ssrc, index)).or_insert_with(|| text.clone());
        assert_eq!(*first, text, "two plaintexts for SSRC {ssrc}, index {index}");
    }

    fn arrive(&mut self, layer: u8, sequence: u16, keyframe: bool, recovered: bool, content: u8) {
        let encoding = &mut self.encodings[usize::from(layer)];
        let index = match encoding.receive.packet(sequence, recovered, self.now) {
            Arrival::New { index } => index,
            Arrival::Restart { index } => {
                self.epochs += 1;
                encoding.epoch = self.epochs;
                index
            }
            Arrival::Old => return,
        };
        let temporal = if keyframe { 0 } else { sequence as u8 & 1 };
        let payload = vp8(sequence & 0x7fff, temporal, keyframe, content);
        let picture = codec::read(Codec::Vp8, &payload, true, None);
        let (epoch, timestamp) = (encoding.epoch, u32::from(sequence) * 3_000);
        let kept = Kept { epoch, index, timestamp, picture, marker: true, to_wall: None };
        let position = encoding.ring.push(kept, &Block::new(false), &payload).unwrap();
        let packet = encoding.ring.get(position).unwrap();
        let forwarded = self.subscription.forward(&packet, layer, position, self.now);
        let Some((mut outgoing, rollover)) = forwarded else { return };
        self.number += 1;
        outgoing.transport = self.numbered.then_some((3, self.number));
        let mut header = vec![0; 300];
        let len = outgoing.write(&mut header).unwrap();
        header.truncate(len);
        let mut payload = payload;
        outgoing.patch.apply(&mut payload);
        let (ssrc, sequence, timestamp) = (outgoing.ssrc, outgoing.sequence, outgoing.timestamp);
        self.out.push((sequence, timestamp, payload.clone()));
        self.seal(&header, ssrc, rollover, sequence, &payload);
    }

    fn nack(&mut self, sequence: u16) {
        let Some(lost) = self.subscription.lost(sequence, self.now) else { return };
        let ring = &self.encodings[usize::from(lost.shape.layer)].ring;
        let Some(packet) = ring.get(ring.position(lost.position)) else { return };
        let mut payload = packet.payload.to_vec();
        let resent = self.subscription.resend(&lost, &packet);
        let Some((mut outgoing, rollover, original)) = resent else { return };
        self.number += 1;
        outgoing.transport = self.numbered.then_some((3, self.number));
        outgoing.patch.apply(&mut payload);
        let first = self.out.iter().rev().find(|(first, ..)| *first == sequence).unwrap();
        assert_eq!((outgoing.timestamp, &payload), (first.1, &first.2), "as it was sent at first");
        if let Some(original) = original {
            assert_eq!(original, sequence);
            payload.splice(0..0, original.to_be_bytes());
        }
        let mut header = vec![0; 300];
        let len = outgoing.write(&mut header).unwrap();
        header.truncate(len);
        let (ssrc, sequence) = (outgoing.ssrc, outgoing.sequence);
        self.seal(&header, ssrc, rollover, sequence, &payload);
    }
}

impl Course {
    fn pad(&mut self) {
        let Some((outgoing, rollover)) = self.subscription.padding() else { return };
        self.number += 1;
        let outgoing = Outgoing { transport: self.numbered.then_some((3, self.number)), ..outgoing };
        let mut header = vec![0; 300];
        let len = outgoing.write(&mut header).unwrap();
        header.truncate(len);
        let (ssrc, sequence) = (outgoing.ssrc, outgoing.sequence);
        self.seal(&header, ssrc, rollover, sequence, &[0]);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Packet { ahead: u16, keyframe: bool },
    Late { behind: u16, recovered: bool },
    Jump(u16),
    Pause,
    Aim(Option<(u8, u8)>),
    Nack(u8),
    Wait(u16),
    Pad,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => (1_u16..4, prop::bool::weighted(0.3)).prop_map(|(ahead, keyframe)| Step::Packet { ahead, keyframe }),
        4 => (0_u16..30, any::<bool>()).prop_map(|(behind, recovered)| Step::Late { behind, recovered }),
        1 => any::<u16>().prop_map(Step::Jump),
        1 => Just(Step::Pause),
        2 => prop::option::weighted(0.9, (0_u8..2, 0_u8..2)).prop_map(Step::Aim),
        4 => any::<u8>().prop_map(Step::Nack),
        1 => (0_u16..600).prop_map(Step::Wait),
        1 => Just(Step::Pad),
    ]
}

fn aim(encoding: u8, temporal: u8) -> Option<Choice> {
    Some(Choice { encoding, temporal, ..Choice::default() })
}

proptest! {
    /// Whatever a publisher sends and a subscriber asks or has on the screen, no index of any SSRC is sealed with two
    /// plaintexts, and what is resent is what was sent.
    #[test]
    fn no_index_is_sealed_twice(
        rtx: bool, numbered: bool,
        steps in prop::collection::vec((step(), any::<u8>()), 1..400),
    ) {
        let mut course = Course::new(rtx, numbered);
        for (step, content) in steps {
            let layer = content & 1;
            let head = &mut course.encodings[usize::from(layer)].head;
            match step {
                Step::Packet { ahead, keyframe } => {
                    *head = head.wrapping_add(ahead);
                    let head = *head;
                    course.arrive(layer, head, keyframe, false, content);
                }
                Step::Late { behind, recovered } => {
                    let head = *head;
                    course.arrive(layer, head.wrapping_sub(behind), false, recovered, content);
                }
                Step::Jump(to) => *head = to,
                Step::Pad => course.pad(),
                Step::Pause => course.subscription.pause(),
                Step::Aim(target) => {
                    course.subscription.aim(target.and_then(|(encoding, temporal)| aim(encoding, temporal)), false);
                }
                Step::Nack(which) => {
                    if let Some((sequence, ..)) = course.out.iter().rev().nth(usize::from(which)) {
                        let sequence = *sequence;
                        course.nack(sequence);
                    }
                }
                Step::Wait(ms) => course.now += Duration::from_millis(ms.into()),
            }
        }
    }

    /// Without loss a subscriber sees one unbroken stream, whatever is chosen for it: sequence numbers, picture ids
    /// and base indexes count on, timestamps grow, and nothing but a keyframe begins another encoding.
    #[test]
    fn choices_leave_no_trace_in_the_numbers(
        steps in prop::collection::vec((0_u8..24, any::<bool>()), 1..300),
    ) {
        let mut course = Course::new(true, true);
        course.subscription.aim(aim(0, 1), false);
        for (n, (step, keyframe)) in (0_u16..).zip(steps) {
            if step < 4 {
                course.subscription.aim(aim(step >> 1, step & 1), false);
            }
            course.now += Duration::from_millis(33);
            for layer in 0..2 {
                let head = course.encodings[usize::from(layer)].head.wrapping_add(1);
                course.encodings[usize::from(layer)].head = head;
                course.arrive(layer, head, keyframe && step > 12 || n == 0, false, layer);
            }
        }
        for pair in course.out.windows(2) {
            let [before, after] = pair else { unreachable!() };
            let numbers = |payload: &[u8]| {
                let numbers = codec::vp8::read(payload).unwrap().numbers;
                (numbers.id(payload).unwrap(), numbers.base(payload).unwrap())
            };
            let ((id, base), (next_id, next_base)) = (numbers(&before.2), numbers(&after.2));
            prop_assert_eq!(before.0.wrapping_add(1), after.0);
            prop_assert_eq!((id + 1) & 0x7fff, next_id);
            prop_assert!(next_base.wrapping_sub(base) <= 1, "{} then {}", base, next_base);
            prop_assert!(after.1.wrapping_sub(before.1).cast_signed() > 0);
            prop_assert!(before.2[7] == after.2[7] || after.2[6] == 0, "another encoding begins with a keyframe");
        }
    }
}

#[test]
fn the_property_tests_reach_what_they_are_about() {
    let mut course = Course::new(true, true);
    for sequence in 0..10 {
        course.arrive(0, sequence, sequence == 3, false, 1);
    }
    assert_eq!(course.out.len(), 7, "the picture begins with the keyframe");
    assert_eq!(course.out.first().map(|first| first.0), Some(30_000));
    course.nack(30_004);
    assert_eq!(course.sealed.len(), 8);
    assert!(course.sealed.contains_key(&(78, 32_767)), "resent on the repair stream");
    // Every other picture is left out, then another encoding takes over.
    assert!(!course.subscription.aim(aim(0, 0), false), "no keyframe is needed to go down");
    for sequence in 10..20 {
        course.arrive(0, sequence, false, false, 1);
    }
    assert_eq!(course.out.len(), 12);
    assert!(course.subscription.aim(aim(1, 1), false));
    course.arrive(1, 500, false, false, 2);
    course.arrive(0, 20, false, false, 1);
    assert_eq!(course.out.len(), 13, "the old one goes on until the keyframe");
    course.arrive(1, 501, true, false, 2);
    course.arrive(0, 21, false, false, 1);
    course.arrive(1, 502, false, false, 2);
    assert_eq!(course.out.len(), 15);
    assert_eq!(course.out.iter().map(|out| out.2[7]).filter(|content| *content == 2).count(), 2);
    course.subscription.aim(None, false);
    course.arrive(1, 503, true, false, 2);
    assert_eq!(course.out.len(), 15, "off the screen");
}

/// Two spatial layers in one stream, as VP9 sends them: two packets a picture, one for each layer.
#[test]
fn spatial_layers_come_and_go_within_a_stream() {
    let now = crate::clock::instant();
    let mut subscription = Subscription::new(0, TERMS);
    let mut ring = Ring::new(64, 90_000);
    let mut show = |subscription: &mut Subscription, picture: u64, keyframe: bool| {
        let mut shown = Vec::new();
        for spatial in 0..2_u8 {
            let layer =
                Picture { keyframe: keyframe && spatial == 0, ends: true, spatial, ..Picture::default() };
            let (index, marker) = (10 + 2 * picture + u64::from(spatial), spatial == 1);
            let kept = Kept {
                epoch: 1,
                index,
                timestamp: picture as u32 * 3_000,
                marker,
                to_wall: None,
                picture: layer,
            };
            let position = ring.push(kept, &Block::new(false), &[0; 20]).unwrap();
            let packet = ring.get(position).unwrap();
            let forwarded = subscription.forward(&packet, 0, position, now);
            shown.extend(forwarded.map(|(outgoing, _)| (outgoing.sequence - 30_000, outgoing.marker)));
        }
        shown
    };
    let low = Some(Choice { spatial: 0, ..Choice::default() });
    assert_eq!(show(&mut subscription, 0, true), [(0, false), (1, true)]);
    assert!(!subscription.aim(low, false));
    assert_eq!(show(&mut subscription, 1, false), [(2, true)], "the lower layer ends the picture now");
    assert_eq!(show(&mut subscription, 2, false), [(3, true)]);
    assert!(subscription.aim(Some(Choice::default()), false), "up needs a keyframe");
    assert_eq!(show(&mut subscription, 3, false), [(4, true)]);
    assert!(subscription.needs_keyframe(0, 1));
    assert_eq!(show(&mut subscription, 4, true), [(5, false), (6, true)]);
    assert!(!subscription.needs_keyframe(0, 1));
}

/// Three temporal layers as libvpx numbers them: 0 2 1 2, in sync at the beginning of every other round.
#[test]
fn temporal_layers_are_taken_up_where_nothing_is_missing() {
    let now = crate::clock::instant();
    let mut subscription = Subscription::new(0, TERMS);
    let mut ring = Ring::new(64, 90_000);
    let mut n = 0_u16;
    let mut round = |subscription: &mut Subscription, sync: bool| -> Vec<u8> {
        let mut shown = Vec::new();
        for (temporal, in_sync) in [(0, false), (2, true), (1, true), (2, false)] {
            let mut payload = vp8(n, temporal, n == 0, 0);
            payload[5] = temporal << 6 | u8::from(in_sync && sync) << 5;
            let picture = codec::read(Codec::Vp8, &payload, true, None);
            let timestamp = u32::from(n) * 3_000;
            let kept =
                Kept { epoch: 1, index: 5 + u64::from(n), timestamp, marker: true, to_wall: None, picture };
            let position = ring.push(kept, &Block::new(false), &payload).unwrap();
            let forwarded = subscription.forward(&ring.get(position).unwrap(), 0, position, now).is_some();
            shown.extend(forwarded.then_some(temporal));
            n += 1;
        }
        shown
    };
    let up_to = |temporal| Some(Choice { temporal, ..Choice::default() });
    assert_eq!(round(&mut subscription, true), [0, 2, 1, 2]);
    subscription.aim(up_to(0), false);
    assert_eq!(round(&mut subscription, true), [0], "down at once");
    subscription.aim(up_to(2), false);
    assert_eq!(round(&mut subscription, false), [0], "not where something is missing");
    assert_eq!(round(&mut subscription, true), [0, 1]);
    assert_eq!(round(&mut subscription, false), [0, 1]);
    assert_eq!(round(&mut subscription, true), [0, 2, 1, 2]);
}

#[test]
fn the_round_trip_is_learnt_from_reports() {
    let start = crate::clock::instant();
    let mut subscription = Subscription::new(0, TERMS);
    let clock = StreamClock { ntp: 0x0001_0203_0405_0607, rtp: 0 };
    subscription.reported(&clock, start);
    subscription.reception(clock.quoted(), 65_536 / 8, start + Duration::from_millis(175));
    assert_eq!(subscription.round_trip, Duration::from_millis(50));
    subscription.reception(1, 0, start + Duration::from_secs(9));
    assert_eq!(subscription.round_trip, Duration::from_millis(50), "quotes another report");
}
