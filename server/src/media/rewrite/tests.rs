//! Continuity, and the heart of the nonce rule.

use std::{collections::HashMap, time::Duration};

use proptest::prelude::*;

use super::*;

fn packet(epoch: Epoch, index: u64, timestamp: u32) -> Numbered {
    Numbered { epoch, index, timestamp, ..Numbered::default() }
}

fn forward(rewrite: &mut Rewrite, packet: Numbered, now: Instant) -> Option<(u64, u32)> {
    rewrite.forward(&packet, now).map(|ours| (ours.index, ours.timestamp))
}

#[test]
fn gaps_of_the_source_stay_gaps() {
    let now = crate::clock::instant();
    let mut rewrite = Rewrite::new(100, 90_000);
    rewrite.begin(&packet(1, 5_000, 10), now);
    assert_eq!(forward(&mut rewrite, packet(1, 5_000, 10), now), Some((100, 10)));
    assert_eq!(forward(&mut rewrite, packet(1, 5_003, 40), now), Some((103, 40)));
    assert_eq!(forward(&mut rewrite, packet(1, 5_001, 20), now), Some((101, 20)), "recovered late");
    assert_eq!(forward(&mut rewrite, packet(1, 4_999, 0), now), None, "before the run");
    assert_eq!(forward(&mut rewrite, packet(2, 5_002, 0), now), None, "another run");
}

#[test]
fn a_pause_leaves_no_hole_and_keeps_the_clock() {
    let now = crate::clock::instant();
    let mut rewrite = Rewrite::new(100, 48_000);
    rewrite.begin(&packet(1, 10, 960), now);
    assert_eq!(forward(&mut rewrite, packet(1, 10, 960), now), Some((100, 960)));
    rewrite.pause();
    assert!(!rewrite.follows(1));
    assert_eq!(forward(&mut rewrite, packet(1, 11, 1920), now), None);
    rewrite.begin(&packet(1, 500, 96_000), now);
    assert_eq!(forward(&mut rewrite, packet(1, 500, 96_000), now), Some((101, 96_000)));
}

#[test]
fn a_switch_continues_the_timestamps_by_the_time_passed() {
    let now = crate::clock::instant();
    let mut rewrite = Rewrite::new(0, 90_000);
    rewrite.begin(&packet(1, 10, 1_000_000), now);
    forward(&mut rewrite, packet(1, 10, 1_000_000), now);
    let later = now + Duration::from_millis(100);
    rewrite.begin(&packet(2, 7, 42), later);
    assert_eq!(forward(&mut rewrite, packet(2, 7, 42), later), Some((1, 1_009_000)));
    assert_eq!(forward(&mut rewrite, packet(2, 8, 3_042), later), Some((2, 1_012_000)));
}

/// Two encodings whose publisher told its wall clock: whatever the network delays, a picture keeps its instant.
#[test]
fn a_switch_continues_the_timestamps_by_the_wall_clock() {
    let now = crate::clock::instant();
    let mut rewrite = Rewrite::new(0, 90_000);
    let at = |epoch, index, timestamp, wall: u32| Numbered {
        to_wall: Some(wall.wrapping_sub(timestamp)),
        ..packet(epoch, index, timestamp)
    };
    let low = at(1, 10, 4_294_967_000, 500_000);
    rewrite.begin(&low, now);
    forward(&mut rewrite, low, now);
    // The picture after it, 33 ms later at the source, arrives 80 ms later.
    let later = now + Duration::from_millis(80);
    let high = at(2, 900, 77, 503_000);
    rewrite.begin(&high, later);
    assert_eq!(forward(&mut rewrite, high, later), Some((1, 4_294_967_000_u32.wrapping_add(3_000))));
    // The very picture that was just sent small comes large: never the same timestamp twice, never back.
    let same = at(3, 40, 9_000, 503_000);
    rewrite.begin(&same, later);
    let (_, timestamp) = forward(&mut rewrite, same, later).unwrap();
    assert_eq!(timestamp, 4_294_967_000_u32.wrapping_add(3_001));
    // A publisher that lies about its clock moves nothing by more than a second.
    let lie = at(4, 1, 5, 90_000_000);
    rewrite.begin(&lie, later + Duration::from_millis(10));
    assert_eq!(forward(&mut rewrite, lie, later), Some((3, timestamp.wrapping_add(900))));
}

#[test]
fn packets_left_out_leave_no_gap_and_holes_keep_their_place() {
    let now = crate::clock::instant();
    let mut rewrite = Rewrite::new(0, 90_000);
    let numbered = |index: u64, id: u16| Numbered { id: Some(id), ..packet(1, index, 0) };
    let mut go = |index, id| rewrite.forward(&numbered(index, id), now).map(|o| (o.index, id - o.id_by));
    assert_eq!(go(10, 50), None, "no run yet");
    rewrite.begin(&numbered(10, 50), now);
    let mut go = |index, id| rewrite.forward(&numbered(index, id), now).map(|o| (o.index, id - o.id_by));
    assert_eq!(go(10, 50), Some((0, 50)));
    rewrite.skip(11, true);
    rewrite.skip(12, false);
    let mut go = |index, id| rewrite.forward(&numbered(index, id), now).map(|o| (o.index, id - o.id_by));
    assert_eq!(go(14, 52), Some((2, 51)), "13 is missing");
    assert_eq!(go(12, 51), None, "left out once, left out for ever");
    assert_eq!(go(11, 51), None);
    rewrite.skip(13, true);
    let mut go = |index, id| rewrite.forward(&numbered(index, id), now).map(|o| (o.index, id - o.id_by));
    assert_eq!(go(13, 52), Some((1, 51)), "too late to be left out: its number is given away");
    // Far more than can be told apart.
    for n in 0..100 {
        rewrite.skip(20 + 2 * n, true);
    }
    let mut go = |index, id| rewrite.forward(&numbered(index, id), now).map(|o| o.index);
    assert_eq!(go(300, 400), Some(300 - 10 - 2 - 100));
    assert_eq!(go(17, 60), None, "too long ago to tell");
}

#[test]
fn picture_numbers_go_on_after_a_switch() {
    let now = crate::clock::instant();
    let mut rewrite = Rewrite::new(0, 90_000);
    let numbered =
        |epoch, index, id, base| Numbered { id: Some(id), base: Some(base), ..packet(epoch, index, 0) };
    let show = |rewrite: &mut Rewrite, packet: Numbered| {
        let ours = rewrite.forward(&packet, now).unwrap();
        let (id, base) = (packet.id.unwrap(), packet.base.unwrap());
        (id.wrapping_sub(ours.id_by) & 0x7fff, base.wrapping_sub(ours.base_by))
    };
    rewrite.begin(&numbered(1, 1, 32_766, 254), now);
    assert_eq!(show(&mut rewrite, numbered(1, 1, 32_766, 254)), (32_766, 254), "as it comes");
    assert_eq!(show(&mut rewrite, numbered(1, 2, 32_767, 255)), (32_767, 255));
    rewrite.begin(&numbered(2, 9, 5, 80), now);
    assert_eq!(show(&mut rewrite, numbered(2, 9, 5, 80)), (0, 0), "both wrap");
    assert_eq!(show(&mut rewrite, numbered(2, 10, 6, 80)), (1, 0));
}

proptest! {
    /// The heart of the nonce rule: one index of ours never names two packets of the source, whatever is left out.
    #[test]
    fn no_index_is_given_to_two_packets(
        steps in prop::collection::vec((0_u8..8, 0_u64..40, 0_u32..3), 1..300),
    ) {
        let start = crate::clock::instant();
        let mut rewrite = Rewrite::new(7, 90_000);
        let mut heads = [1_000_u64; 3];
        let mut given: HashMap<u64, (u32, u64)> = HashMap::new();
        for (n, (action, distance, epoch)) in steps.into_iter().enumerate() {
            let now = start + Duration::from_millis(n as u64);
            let head = &mut heads[epoch as usize];
            let index = match action {
                0 => { rewrite.pause(); continue; }
                1 => { rewrite.begin(&packet(epoch, *head, 0), now); *head }
                2 => head.saturating_sub(distance),
                3 | 4 if rewrite.follows(epoch) => {
                    *head += distance.min(3);
                    rewrite.skip(*head, action == 3);
                    continue;
                }
                _ => { *head += distance.min(5); *head }
            };
            if let Some((ours, _)) = forward(&mut rewrite, packet(epoch, index, 0), now) {
                prop_assert_eq!(*given.entry(ours).or_insert((epoch, index)), (epoch, index));
            }
        }
    }

    /// With nothing lost, what is left out can never be noticed.
    #[test]
    fn what_is_left_out_leaves_no_trace(kept in prop::collection::vec(any::<bool>(), 1..200)) {
        let now = crate::clock::instant();
        let mut rewrite = Rewrite::new(0, 90_000);
        let numbered = |n: u64| Numbered { id: u16::try_from(n).ok(), ..packet(1, n, 0) };
        rewrite.begin(&numbered(1), now);
        rewrite.forward(&numbered(1), now);
        let mut next = 1;
        for (n, kept) in (2..).zip(kept) {
            if kept {
                let ours = rewrite.forward(&numbered(n), now).unwrap();
                prop_assert_eq!((ours.index, n - u64::from(ours.id_by)), (next, next + 1));
                next += 1;
            } else {
                rewrite.skip(n, true);
            }
        }
    }
}
