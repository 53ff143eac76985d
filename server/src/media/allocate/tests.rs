//! Who gets what of a network that does not carry everything.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::media::{codec::Picture, layers::Flow};

/// 100, 300 (frame rate whole), 800 and 2,000 kbit/s.
fn ladder() -> Ladder {
    let now = crate::clock::instant();
    let flows: Vec<Flow> = [&[100, 200][..], &[800], &[2_000]]
        .iter()
        .map(|layers| {
            let mut flow = Flow::default();
            for (temporal, kbps) in (0..).zip(*layers) {
                flow.packet(&Picture { temporal, ..Picture::default() }, kbps * 25, now);
            }
            flow.measure(Duration::from_millis(200));
            flow
        })
        .collect();
    Ladder::of(&flows.iter())
}

fn camera(pixels: u32, held: Option<usize>) -> Watched {
    Watched::new(&ladder(), 3, false, pixels, held)
}

fn screen() -> Watched {
    Watched { screen: true, ..camera(1_000_000, None) }
}

fn share(kbps: u64, watched: &[Watched]) -> Vec<Option<usize>> {
    let mut rungs = Vec::new();
    allocate(Some(kbps * 1_000), true, watched, &mut rungs);
    rungs
}

#[test]
fn without_a_limit_everything_is_sent() {
    let mut rungs = Vec::new();
    allocate(None, false, &[camera(1, None), screen()], &mut rungs);
    assert_eq!(rungs, [Some(3), Some(3)]);
}

#[test]
fn quality_goes_before_pictures_do() {
    let four = [camera(1_000, None); 4];
    assert_eq!(share(9_500, &four), [Some(3), Some(3), Some(3), Some(3)]);
    assert_eq!(share(4_000, &four), [Some(2), Some(2), Some(2), Some(2)]);
    assert_eq!(share(1_600, &four), [Some(1), Some(1), Some(1), Some(1)]);
    assert_eq!(share(500, &four), [Some(0), Some(0), Some(0), Some(0)], "fewer frames of all");
    assert_eq!(share(250, &four), [Some(0), Some(0), None, None]);
    assert_eq!(share(0, &four), [None; 4]);
}

#[test]
fn screens_come_first_then_the_larger_pictures() {
    let watched = [camera(10_000, None), camera(900_000, None), screen()];
    assert_eq!(share(2_600, &watched), [Some(0), Some(1), Some(3)]);
    assert_eq!(share(3_500, &watched), [Some(1), Some(2), Some(3)]);
    assert_eq!(share(150, &watched), [None, None, Some(0)]);
}

#[test]
fn going_up_needs_more_room_than_staying() {
    assert_eq!(share(2_100, &[camera(1, Some(2))]), [Some(2)], "2,000 do not fit safely");
    assert_eq!(share(2_400, &[camera(1, Some(2))]), [Some(3)]);
    assert_eq!(share(1_850, &[camera(1, Some(3))]), [Some(3)], "measured a little over");
    assert_eq!(share(1_700, &[camera(1, Some(3))]), [Some(2)]);
    assert_eq!(share(105, &[camera(1, None)]), [None], "nor does it come back at once");
    let mut rungs = Vec::new();
    allocate(Some(9_000_000), false, &[camera(1, Some(1)), camera(1, None)], &mut rungs);
    assert_eq!(rungs, [Some(1), Some(0)], "while it has to stay calm only what was left out");
}

proptest! {
    /// Never much more than the network carries, and never less of it for more room.
    #[test]
    fn the_budget_is_kept(
        kbps in 0_u64..20_000,
        pictures in prop::collection::vec((any::<bool>(), 0_u32..2_000_000, prop::option::of(0_usize..4)), 0..40),
    ) {
        let watched: Vec<Watched> = pictures
            .into_iter()
            .map(|(screen, pixels, held)| Watched { screen, ..camera(pixels, held) })
            .collect();
        let rungs = share(kbps, &watched);
        let used: u64 = watched.iter().zip(&rungs).filter_map(|(w, rung)| Some(w.rate((*rung)?))).sum();
        prop_assert!(used * STAY / 100 <= kbps * 1_000, "{used} of {kbps} kbit/s");
        prop_assert!(rungs.iter().flatten().all(|rung| *rung < 4));
    }
}
