//! Ladders as real publishers build them.

use super::*;

fn flow(now: Instant, layers: &[(u8, u8, u32)], size: Option<Size>) -> Flow {
    let mut flow = Flow::default();
    for (spatial, temporal, kbps) in layers {
        let picture = Picture { spatial: *spatial, temporal: *temporal, ..Picture::default() };
        flow.packet(&picture, *kbps as usize * 25, now);
    }
    flow.measure(Duration::from_millis(200));
    flow.sized([size, None, None, None]);
    flow
}

fn ladder(flows: &[Flow]) -> Ladder {
    Ladder::of(&flows.iter())
}

fn choices(ladder: &Ladder) -> Vec<(u8, u8, u8, u64)> {
    let rungs = ladder.rungs().iter();
    rungs.map(|r| (r.choice.encoding, r.choice.spatial, r.choice.temporal, r.rate / 1000)).collect()
}

/// Three sizes, two frame rates; the description lists the largest first.
fn simulcast(now: Instant) -> [Flow; 3] {
    [
        flow(now, &[(0, 0, 900), (0, 1, 600)], Some((1280, 720))),
        flow(now, &[(0, 0, 300), (0, 1, 200)], Some((640, 360))),
        flow(now, &[(0, 0, 90), (0, 1, 60)], Some((320, 180))),
    ]
}

#[test]
fn the_encodings_of_a_simulcast_are_the_rungs() {
    let ladder = ladder(&simulcast(crate::clock::instant()));
    let all = (ALL_SPATIAL, ALL_TEMPORAL);
    assert_eq!(
        choices(&ladder),
        [(2, all.0, 0, 90), (2, all.0, all.1, 150), (1, all.0, all.1, 500), (0, all.0, all.1, 1_500)]
    );
    assert_eq!(ladder.best().map(|best| best.encoding), Some(0));
}

#[test]
fn the_layers_of_one_stream_are_the_rungs() {
    let now = crate::clock::instant();
    let mut layered =
        flow(now, &[(0, 0, 80), (0, 1, 40), (1, 0, 200), (1, 1, 100), (2, 0, 700), (2, 1, 300)], None);
    layered.sized([Some((320, 180)), Some((640, 360)), Some((1280, 720)), None]);
    let ladder = ladder(&[layered]);
    assert_eq!(
        choices(&ladder),
        [
            (0, 0, 0, 80),
            (0, 0, ALL_TEMPORAL, 120),
            (0, 1, ALL_TEMPORAL, 420),
            (0, ALL_SPATIAL, ALL_TEMPORAL, 1_420)
        ]
    );
    assert_eq!(ladder.useful((300, 170), true), 1);
    assert_eq!(ladder.useful((640, 360), true), 2);
}

#[test]
fn a_tile_gets_what_fills_it() {
    let ladder = ladder(&simulcast(crate::clock::instant()));
    assert_eq!(ladder.useful((160, 90), true), 1, "the full frame rate of the smallest");
    assert_eq!(ladder.useful((400, 225), true), 1, "a little stretched");
    assert_eq!(ladder.useful((640, 360), true), 2);
    assert_eq!(ladder.useful((300, 400), true), 2, "cut at the sides");
    assert_eq!(ladder.useful((300, 400), false), 1, "shown whole");
    assert_eq!(ladder.useful((1920, 1080), true), 3, "the best there is");
}

#[test]
fn unknown_sizes_and_rates_are_guessed() {
    let ladder = ladder(&[Flow::default(), Flow::default(), Flow::default()]);
    assert_eq!(ladder.rungs().len(), 3);
    assert_eq!(ladder.useful((320, 180), true), 0);
    assert_eq!(ladder.useful((1280, 720), true), 2, "in the order of the description");
    assert!(ladder.rungs().is_sorted_by_key(|rung| rung.rate));
    assert_eq!(ladder.best(), None, "nothing comes yet");
}

#[test]
fn what_stopped_is_replaced_by_what_is_next_to_it() {
    let start = crate::clock::instant();
    let mut flows = simulcast(start);
    let later = start + GONE;
    flows[1].packet(&Picture::default(), 1_000, later);
    let ladder = ladder(&flows);
    assert_eq!(ladder.nearest_alive(3).map(|c| c.encoding), Some(1), "the largest rests: the next lower");
    assert_eq!(ladder.nearest_alive(0).map(|c| c.encoding), Some(1), "and none is lower");
    assert_eq!(ladder.rungs()[3].rate / 1000, 1_500, "its rate is remembered");
}

#[test]
fn a_layer_that_fades_is_forgotten() {
    let now = crate::clock::instant();
    let mut flow = flow(now, &[(0, 0, 100), (1, 0, 300)], None);
    assert_eq!(flow.top(), (1, 0));
    for _ in 0..100 {
        flow.packet(&Picture::default(), 2_500, now);
        flow.measure(Duration::from_millis(200));
    }
    assert_eq!((flow.top(), flow.total() / 1000), ((0, 0), 100));
}
