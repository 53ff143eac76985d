//! The nonce rule under every course of events, and what reports teach.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::media::{
    packet::Block,
    receive::{Arrival, Receive},
    resend::{Kept, Ring},
};

const TERMS: Terms = Terms {
    ssrc: 77,
    payload_type: 96,
    rtx: Some((78, 97)),
    mid: None,
    clock_rate: 90_000,
    video: true,
    first: 30_000,
    first_rtx: 32_767,
};

/// A track as the worker keeps it: one layer, one subscriber, and every plaintext that was ever sealed.
struct Course {
    receive: Receive,
    epoch: u32,
    ring: Ring,
    subscription: Subscription,
    sealed: HashMap<(u32, u64), Vec<u8>>,
    out: Vec<u16>,
    now: Instant,
}

impl Course {
    fn new(rtx: bool) -> Self {
        let terms = Terms { rtx: TERMS.rtx.filter(|_| rtx), ..TERMS };
        Self {
            receive: Receive::new(90_000),
            epoch: 0,
            ring: Ring::new(64),
            subscription: Subscription::new(0, terms),
            sealed: HashMap::new(),
            out: Vec::new(),
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

    fn arrive(&mut self, sequence: u16, keyframe: bool, recovered: bool, content: u8) {
        let index = match self.receive.packet(sequence, recovered, self.now) {
            Arrival::New { index } => index,
            Arrival::Restart { index } => {
                self.epoch += 1;
                index
            }
            Arrival::Old => return,
        };
        let kept = Kept { epoch: self.epoch, index, timestamp: 9, marker: false, keyframe };
        let position = self.ring.push(kept, &Block::new(false), &[content; 20]).unwrap();
        let packet = self.ring.get(position).unwrap();
        let Some((outgoing, rollover)) = self.subscription.forward(&packet, 0, position, self.now) else {
            return;
        };
        let mut header = vec![0; 300];
        let len = outgoing.write(&mut header).unwrap();
        header.truncate(len);
        let (ssrc, sequence) = (outgoing.ssrc, outgoing.sequence);
        self.out.push(sequence);
        self.seal(&header, ssrc, rollover, sequence, &[content; 20]);
    }

    fn nack(&mut self, sequence: u16) {
        let Some(lost) = self.subscription.lost(sequence, self.now) else { return };
        let Some(packet) = self.ring.get(self.ring.position(lost.position)) else { return };
        let mut payload = packet.payload.to_vec();
        let (outgoing, rollover, original) = self.subscription.resend(&lost, &packet);
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

#[derive(Clone, Debug)]
enum Step {
    Packet { ahead: u16, keyframe: bool },
    Late { behind: u16, recovered: bool },
    Jump(u16),
    Pause,
    Nack(u8),
    Wait(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => (1_u16..4, prop::bool::weighted(0.3)).prop_map(|(ahead, keyframe)| Step::Packet { ahead, keyframe }),
        4 => (0_u16..30, any::<bool>()).prop_map(|(behind, recovered)| Step::Late { behind, recovered }),
        1 => any::<u16>().prop_map(Step::Jump),
        1 => Just(Step::Pause),
        4 => any::<u8>().prop_map(Step::Nack),
        1 => (0_u16..600).prop_map(Step::Wait),
    ]
}

proptest! {
    /// Whatever a publisher sends and a subscriber asks, no index of any SSRC is sealed with two plaintexts.
    #[test]
    fn no_index_is_sealed_twice(
        rtx: bool,
        steps in prop::collection::vec((step(), any::<u8>()), 1..400),
    ) {
        let mut course = Course::new(rtx);
        let mut head = 65_000_u16;
        for (step, content) in steps {
            match step {
                Step::Packet { ahead, keyframe } => {
                    head = head.wrapping_add(ahead);
                    course.arrive(head, keyframe, false, content);
                }
                Step::Late { behind, recovered } => {
                    course.arrive(head.wrapping_sub(behind), false, recovered, content);
                }
                Step::Jump(to) => head = to,
                Step::Pause => course.subscription.pause(),
                Step::Nack(which) => {
                    if let Some(sequence) = course.out.iter().rev().nth(usize::from(which)).copied() {
                        course.nack(sequence);
                    }
                }
                Step::Wait(ms) => course.now += Duration::from_millis(ms.into()),
            }
        }
    }
}

#[test]
fn the_property_test_reaches_what_it_is_about() {
    let mut course = Course::new(true);
    for sequence in 0..10 {
        course.arrive(sequence, sequence == 3, false, 1);
    }
    assert_eq!(course.out.len(), 7, "the picture begins with the keyframe");
    assert_eq!(course.out.first(), Some(&30_000));
    course.nack(30_004);
    assert_eq!(course.sealed.len(), 8);
    assert!(course.sealed.contains_key(&(78, 32_767)), "resent on the repair stream");
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
