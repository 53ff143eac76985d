//! What holds of every presence, whatever the log.

use jiff::Timestamp;
use proptest::{collection::vec, prelude::*, sample::Index};
use signaling::{
    attendance::{
        Attendance, Params, Status, compute,
        event::{Close, Control, Event, Heartbeats, SeanceRule, WaitReason, What},
        interval,
    },
    id::{ConnectionId, PersonId},
    seance::Threshold,
};
use uuid::Uuid;

use crate::{cv90, join, leave, person, second, u1, uuid};

/// The first invariant of the rules that `found` breaks.
pub(crate) fn broken(found: &Attendance) -> Option<String> {
    let effective_ms = interval::total_ms(&[found.window]);
    for (person, presence) in &found.persons {
        if presence.presence_ms > effective_ms {
            return Some(format!("{person}: more presence than séance"));
        }
        if u64::from(presence.minutes) != presence.presence_ms / 60_000 {
            return Some(format!("{person}: minutes"));
        }
        let pieces = &presence.segments;
        if pieces.iter().any(|piece| piece.from >= piece.to) {
            return Some(format!("{person}: empty segment"));
        }
        if pieces.iter().zip(pieces.iter().skip(1)).any(|(before, next)| before.to > next.from) {
            return Some(format!("{person}: segments overlap"));
        }
        if pieces.iter().any(|piece| piece.from < found.window.from || piece.to > found.window.to) {
            return Some(format!("{person}: segment outside the window"));
        }
        if interval::total_ms(&presence.retained()) != presence.presence_ms {
            return Some(format!("{person}: segments are not the presence"));
        }
        if found.threshold_min > 0 {
            let reached = presence.presence_ms >= u64::from(found.threshold_min) * 60_000;
            let told = presence.status == Status::Present;
            if presence.status != Status::SeanceAnnulee && reached != told {
                return Some(format!("{person}: status"));
            }
        }
    }
    None
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (-1_800i64..9_000).prop_map(second)
}

fn named<T: Copy + std::fmt::Debug + 'static>(
    of: impl Fn(Uuid) -> T,
    prefix: &'static str,
) -> impl Strategy<Value = T> {
    let all: Vec<T> = (0..4).map(|index| of(uuid(&format!("{prefix}{index}")))).collect();
    prop::sample::select(all)
}

fn what() -> impl Strategy<Value = What> {
    let who = || (named(PersonId, "u"), named(ConnectionId, "c"));
    let reason = prop::sample::select(vec![WaitReason::AwaitingAuthorization, WaitReason::HostAbsent]);
    prop_oneof![
        6 => who().prop_map(|(person, connection)| What::Join { person, connection }),
        4 => who().prop_map(|(person, connection)| What::Leave { person, connection }),
        2 => (who(), prop::option::of(moment())).prop_map(|((person, connection), last_heard)| {
            What::Lost { person, connection, last_heard }
        }),
        2 => who().prop_map(|(person, connection)| What::Heard { person, connection }),
        1 => named(PersonId, "u").prop_map(|person| What::Role { person }),
        1 => (named(PersonId, "u"), reason).prop_map(|(person, reason)| What::LobbyEnter { person, reason }),
        1 => named(PersonId, "u").prop_map(|person| What::LobbyAdmit { person }),
        1 => named(PersonId, "u").prop_map(|person| What::LobbyDeny { person }),
        1 => Just(What::ServerDown),
        1 => Just(What::ServerUp),
    ]
}

fn log() -> impl Strategy<Value = Vec<Event>> {
    vec((moment(), what()), 0..30)
        .prop_map(|lines| (0..).zip(lines).map(|(seq, (at, what))| Event { at, seq, what }).collect())
}

fn rule() -> impl Strategy<Value = SeanceRule> {
    let threshold = prop_oneof![2 => Just(Threshold::Auto), 1 => (0u32..120).prop_map(Threshold::Fixed)];
    let close = prop_oneof![
        3 => Just(Close::ByRule),
        1 => moment().prop_map(Close::At),
        1 => moment().prop_map(Close::Running),
    ];
    (1u32..120, threshold, close, any::<bool>(), any::<bool>()).prop_map(
        |(duration_min, threshold, close, cancelled, logged)| SeanceRule {
            duration_min,
            threshold,
            close,
            cancelled,
            heartbeats: if logged { Heartbeats::Logged } else { Heartbeats::Implied },
            ..cv90()
        },
    )
}

fn controls() -> impl Strategy<Value = Vec<Control>> {
    vec(prop_oneof![moment().prop_map(Control::Extend), moment().prop_map(Control::End)], 0..3)
}

proptest! {
    #[test]
    fn presence_fits_the_window_whatever_the_log(rule in rule(), controls in controls(), log in log()) {
        let found = compute(&rule, &controls, &log, &Params::default());
        prop_assert_eq!(broken(&found), None);
    }

    /// Counted second by second, without any interval.
    #[test]
    fn presence_is_the_seconds_of_the_window_that_are_connected_or_bridged(
        stays in vec((-600i64..6_000, 0i64..900), 1..12),
    ) {
        let stays: Vec<(i64, i64)> = stays.into_iter().map(|(from, length)| (from, from + length)).collect();
        let log: Vec<Event> = stays.iter().enumerate().flat_map(|(index, (from, to))| {
            let name = format!("c{index}");
            [join(second(*from), &name), leave(second(*to), &name)]
        }).collect();
        let (presence_s, _, _) = u1(&cv90(), &[], &log);

        let mut counted = 0;
        for at in 0..5_400 {
            let connected = stays.iter().any(|(from, to)| (*from..*to).contains(&at));
            let before = stays.iter().filter(|(_, to)| *to <= at).map(|(_, to)| *to).max();
            let after = stays.iter().filter(|(from, _)| *from > at).map(|(from, _)| *from).min();
            let bridged = before.zip(after).is_some_and(|(before, after)| after - before <= 120);
            counted += u64::from(connected || bridged);
        }
        prop_assert_eq!(presence_s, counted);
    }

    #[test]
    fn storage_order_and_replay_change_nothing(
        rule in rule(),
        controls in controls(),
        (log, shuffled) in log().prop_flat_map(|log| (Just(log.clone()), Just(log).prop_shuffle())),
    ) {
        let found = compute(&rule, &controls, &log, &Params::default());
        prop_assert_eq!(compute(&rule, &controls, &log, &Params::default()), found.clone());
        prop_assert_eq!(compute(&rule, &controls, &shuffled, &Params::default()), found);
    }

    #[test]
    fn a_second_device_never_lowers_presence(
        rule in rule(),
        controls in controls(),
        log in log(),
        (from, to) in (moment(), moment()),
        who in any::<Index>(),
    ) {
        let before = compute(&rule, &controls, &log, &Params::default());
        let person = person(&format!("u{}", who.index(4)));
        let connection = ConnectionId(uuid("second device"));
        let mut log = log;
        log.push(Event { at: from.min(to), seq: 90, what: What::Join { person, connection } });
        log.push(Event { at: from.max(to), seq: 91, what: What::Leave { person, connection } });
        let after = compute(&rule, &controls, &log, &Params::default());
        let had = before.persons.get(&person).map_or(0, |presence| presence.presence_ms);
        prop_assert!(after.persons[&person].presence_ms >= had);
        for (other, presence) in before.persons.iter().filter(|(other, _)| **other != person) {
            prop_assert_eq!(&after.persons[other], presence);
        }
    }
}
