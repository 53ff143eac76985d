//! Arrivals, holes, restarts and the figures of reports.

use proptest::prelude::*;

use super::*;

const MS: Duration = Duration::from_millis(1);

#[test]
fn every_packet_is_new_once() {
    let now = crate::clock::instant();
    let mut receive = Receive::new(90_000);
    assert_eq!(receive.packet(65_534, false, now), Arrival::Restart { index: 131_070 });
    assert_eq!(receive.packet(65_535, false, now), Arrival::New { index: 131_071 });
    assert_eq!(receive.packet(1, false, now), Arrival::New { index: 131_073 });
    assert_eq!(receive.packet(0, true, now), Arrival::New { index: 131_072 });
    assert_eq!(receive.packet(0, false, now), Arrival::Old);
    assert_eq!(receive.packet(1, true, now), Arrival::Old);
    assert_eq!(receive.packet(65_000, false, now), Arrival::Old, "before the first");
}

#[test]
fn a_far_jump_is_a_restart_but_not_by_rtx() {
    let now = crate::clock::instant();
    let mut receive = Receive::new(90_000);
    assert_eq!(receive.packet(10, true, now), Arrival::Old, "RTX cannot begin");
    receive.packet(10, false, now);
    assert_eq!(receive.packet(20_000, true, now), Arrival::Old);
    assert_eq!(receive.packet(20_000, false, now), Arrival::Restart { index: 85_536 });
    assert_eq!(receive.packet(10, false, now), Arrival::Restart { index: 65_546 });
}

#[test]
fn holes_are_asked_for_until_they_are_filled_or_hopeless() {
    let start = crate::clock::instant();
    let mut receive = Receive::new(90_000);
    for sequence in [1, 2, 5] {
        receive.packet(sequence, false, start);
    }
    let mut asked = Vec::new();
    receive.ask(start, &mut asked);
    assert_eq!(asked, [3, 4]);
    asked.clear();
    receive.ask(start + 30 * MS, &mut asked);
    assert!(asked.is_empty(), "less than a round trip ago");
    assert_eq!(receive.packet(3, true, start + 30 * MS), Arrival::New { index: 65_539 });
    for n in 1..30 {
        receive.ask(start + 100 * MS * n, &mut asked);
    }
    assert_eq!(asked, vec![4; usize::from(MAX_TRIES) - 1]);
    assert!(receive.gave_up());
    assert!(!receive.gave_up());
}

#[test]
fn reports_count_losses() {
    let start = crate::clock::instant();
    let mut receive = Receive::new(90_000);
    assert_eq!(receive.report(start), None);
    for sequence in (0..100_u16).filter(|n| n % 4 != 1) {
        receive.packet(sequence, false, start);
    }
    receive.sender_report(0x1234_5678_9abc_def0, 0, start);
    let report = receive.report(start + 500 * MS).unwrap();
    assert_eq!((report.fraction_lost, report.total_lost, report.highest), (64, 25, 99));
    assert_eq!((report.last_report, report.delay), (0x5678_9abc, 32_768));
    assert_eq!(receive.report(start).unwrap().fraction_lost, 0, "nothing since");
}

#[test]
fn jitter_is_zero_for_an_even_stream() {
    let start = crate::clock::instant();
    let mut receive = Receive::new(48_000);
    receive.packet(0, false, start);
    for n in 0..100 {
        receive.time(n * 960, start + 20 * MS * n);
    }
    assert_eq!(receive.report(start).unwrap().jitter, 0);
    for n in 100..200 {
        receive.time(n * 960, start + 20 * MS * n + MS * (n % 2) * 10);
    }
    assert!((400..=480).contains(&receive.report(start).unwrap().jitter));
}

proptest! {
    /// Within one epoch no index is announced as new twice, whatever arrives.
    #[test]
    fn new_means_new(steps in prop::collection::vec((any::<i16>(), any::<bool>(), 0..4_u8), 1..400)) {
        let now = crate::clock::instant();
        let mut receive = Receive::new(90_000);
        let mut seen = std::collections::HashSet::new();
        let mut sequence = 0_u16;
        for (jump, recovered, scale) in steps {
            sequence = sequence.wrapping_add_signed(jump >> (4 * scale));
            match receive.packet(sequence, recovered, now) {
                Arrival::New { index } => prop_assert!(seen.insert(index)),
                Arrival::Restart { index } => { seen.clear(); seen.insert(index); }
                Arrival::Old => {}
            }
            prop_assert!(receive.missing.len() <= MAX_MISSING);
            prop_assert!(receive.missing.is_sorted_by_key(|missing| missing.index));
        }
    }
}

#[test]
fn what_left_the_window_is_not_asked_for() {
    let now = crate::clock::instant();
    let mut receive = Receive::new(90_000);
    receive.packet(0, false, now);
    receive.packet(2_000, false, now);
    assert!(receive.missing.iter().all(|missing| missing.index > (1 << 16) + 2_000 - WINDOW));
    assert!(receive.gave_up(), "a keyframe is needed");
    // Nothing of before is taken for what is in the window now.
    assert!(matches!(receive.packet(1_500, true, now), Arrival::New { .. }));
    assert!(matches!(receive.packet(1_024, true, now), Arrival::New { .. }));
}
