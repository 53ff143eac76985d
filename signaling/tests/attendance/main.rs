//! The cases of the domain, one by one; in `invariant`, what every computation keeps whatever the log.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod invariant;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use signaling::{
    attendance::{
        Params, Status,
        case::{Case, CaseError},
        compute,
        event::{Close, Control, Event, Heartbeats, SeanceRule, WaitReason, What},
        overlapping,
    },
    id::{ConnectionId, PersonId},
    seance::Threshold,
};
use uuid::Uuid;

use invariant::broken;

const CASES: &str = include_str!("../attendance-cases.jsonl");

/// One identifier per name, the same in every case.
fn uuid(name: &str) -> Uuid {
    let bytes = name.bytes().fold(0u128, |number, byte| number << 8 | u128::from(byte));
    Uuid::from_u128(bytes)
}

fn person(name: &str) -> PersonId {
    PersonId(uuid(name))
}

#[test]
fn every_case_of_the_domain() {
    let mut read = 0;
    for line in CASES.lines() {
        let case = Case::parse(line).unwrap();
        let mut problem = case.problem().unwrap();
        let found = compute(&problem.rule, &problem.controls, &problem.events, &Params::default());
        assert_eq!(broken(&found), None, "case {}", case.id);
        let outcome = problem.solve();
        let expected = case.expect.unwrap();
        assert_eq!(outcome, expected, "case {}", case.id);
        assert_eq!(outcome.differences(&expected), Vec::<String>::new(), "case {}", case.id);

        problem.events.reverse();
        assert_eq!(problem.solve(), outcome, "case {} stored backwards", case.id);
        read += 1;
    }
    assert_eq!(read, 27);
}

/// A case with this event, after a join.
fn with_event(event: &str) -> Result<Vec<String>, CaseError> {
    let line = format!(
        r#"{{"id":"X","seance":{{"id":"S","start":"2026-11-18T13:00:00Z","dur":90,"thr":"auto","tz":"Europe/Paris"}},
        "events":[{{"type":"join","p":"a","conn":"c","t":"2026-11-18T13:00:00Z"}},{event}],
        "expect":{{"window":["2026-11-18T13:00:00Z","2026-11-18T14:30:00Z"],"threshold_min":45,"seance_flags":[],
        "persons":{{}}}}}}"#
    );
    let case = Case::parse(&line)?;
    Ok(case.problem()?.solve().differences(&case.expect.unwrap()))
}

#[test]
fn a_case_without_meaning_is_refused_and_a_wrong_one_told() {
    let told = with_event(r#"{"type":"leave","p":"a","conn":"c","t":"2026-11-18T13:10:00Z"}"#).unwrap();
    assert_eq!(told, ["a is connected 600000 ms, presence 600000 ms, 10 min, Absent, [], expected missing"]);
    let missing = with_event(r#"{"type":"leave","p":"a","t":"2026-11-18T13:10:00Z"}"#);
    assert_eq!(missing, Err(CaseError::Missing { at: 1, field: "conn" }));
    let timeless = with_event(r#"{"type":"server_down"}"#);
    assert_eq!(timeless, Err(CaseError::Missing { at: 1, field: "t" }));
    let unknown = with_event(r#"{"type":"sneeze","t":"2026-11-18T13:10:00Z"}"#);
    assert_eq!(unknown, Err(CaseError::UnknownEvent { at: 1, kind: "sneeze".to_owned() }));
    assert!(matches!(with_event(r#"{"type":"leave","q":1}"#), Err(CaseError::Unreadable(_))));
}

// ---- what the cases do not show ----

fn minute(minute: i64) -> Timestamp {
    second(60 * minute)
}

/// From the start of the séance CV90, 2026-11-18T13:00:00Z.
fn second(second: i64) -> Timestamp {
    "2026-11-18T13:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

fn cv90() -> SeanceRule {
    SeanceRule {
        starts_at: second(0),
        duration_min: 90,
        threshold: Threshold::Auto,
        enrolled: Vec::new(),
        close: Close::ByRule,
        cancelled: false,
        heartbeats: Heartbeats::Implied,
    }
}

fn join(at: Timestamp, connection: &str) -> Event {
    Event {
        at,
        seq: 0,
        what: What::Join { person: person("u1"), connection: ConnectionId(uuid(connection)) },
    }
}

fn leave(at: Timestamp, connection: &str) -> Event {
    Event {
        at,
        seq: 1,
        what: What::Leave { person: person("u1"), connection: ConnectionId(uuid(connection)) },
    }
}

fn lost(at: Timestamp, connection: &str, last_heard: Timestamp) -> Event {
    let connection = ConnectionId(uuid(connection));
    Event { at, seq: 0, what: What::Lost { person: person("u1"), connection, last_heard: Some(last_heard) } }
}

fn lobby(at: Timestamp, reason: WaitReason) -> Event {
    Event { at, seq: 0, what: What::LobbyEnter { person: person("u1"), reason } }
}

fn happens(at: Timestamp, what: What) -> Event {
    Event { at, seq: 0, what }
}

fn u1(rule: &SeanceRule, controls: &[Control], events: &[Event]) -> (u64, Status, Vec<&'static str>) {
    let found = compute(rule, controls, events, &Params::default());
    let presence = &found.persons[&person("u1")];
    let flags = presence.flags.iter().map(|flag| flag.code()).collect();
    (presence.presence_ms / 1000, presence.status, flags)
}

#[test]
fn tolerances_are_inclusive() {
    let gap = |seconds: i64| {
        let events = [
            join(minute(0), "a"),
            leave(minute(10), "a"),
            join(second(600 + seconds), "b"),
            leave(minute(30), "b"),
        ];
        u1(&cv90(), &[], &events).0
    };
    assert_eq!(gap(120), 1800);
    assert_eq!(gap(121), 1800 - 121);

    let back_after = |seconds: i64| {
        let events = [
            join(minute(0), "a"),
            happens(minute(10), What::ServerDown),
            happens(minute(20), What::ServerUp),
            join(second(1200 + seconds), "b"),
            leave(minute(60), "b"),
        ];
        u1(&cv90(), &[], &events)
    };
    assert_eq!(back_after(300), (3600, Status::Present, vec!["COUPURE_SERVEUR_CREDITEE"]));
    assert_eq!(back_after(301), (600 + 3600 - 1501, Status::Absent, vec![]));
}

#[test]
fn an_outage_credits_only_those_it_cut_off() {
    let left_before = [
        join(minute(0), "a"),
        leave(minute(9), "a"),
        happens(minute(10), What::ServerDown),
        happens(minute(20), What::ServerUp),
        join(minute(21), "b"),
        leave(minute(30), "b"),
    ];
    assert_eq!(u1(&cv90(), &[], &left_before), (18 * 60, Status::Absent, vec![]));

    let at_once = [
        join(minute(0), "a"),
        happens(minute(10), What::ServerDown),
        Event { seq: 1, ..happens(minute(10), What::ServerUp) },
        Event { seq: 2, ..join(minute(10), "b") },
        leave(minute(50), "b"),
    ];
    assert_eq!(u1(&cv90(), &[], &at_once), (50 * 60, Status::Present, vec![]));

    // The second stop comes before the person had time to come back from the first one.
    let twice = [
        join(minute(0), "a"),
        happens(minute(10), What::ServerDown),
        happens(minute(12), What::ServerUp),
        happens(minute(13), What::ServerDown),
        happens(minute(30), What::ServerUp),
        join(minute(31), "b"),
        leave(minute(50), "b"),
    ];
    assert_eq!(u1(&cv90(), &[], &twice), (50 * 60, Status::Present, vec!["COUPURE_SERVEUR_CREDITEE"]));
}

#[test]
fn lost_connections_end_when_last_heard() {
    let unheard = [join(minute(5), "a"), lost(minute(6), "a", minute(5))];
    let flags = vec!["AUCUN_BATTEMENT", "SORTIE_SANS_LEAVE"];
    assert_eq!(u1(&cv90(), &[], &unheard), (0, Status::Absent, flags));

    let ConnectionId(a) = ConnectionId(uuid("a"));
    let heard = What::Heard { person: person("u1"), connection: ConnectionId(a) };
    let reopened = [
        join(minute(0), "a"),
        lost(minute(11), "a", minute(10)),
        happens(minute(20), heard),
        leave(minute(30), "a"),
    ];
    assert_eq!(u1(&cv90(), &[], &reopened), (20 * 60, Status::Absent, vec!["SORTIE_SANS_LEAVE"]));

    // Noticed after the end of the séance, but silent before it.
    let late = [join(minute(0), "a"), lost(second(2460), "a", second(2390))];
    let ended = [Control::End(minute(40))];
    assert_eq!(u1(&cv90(), &ended, &late), (2390, Status::Present, vec!["SORTIE_SANS_LEAVE"]));
}

#[test]
fn a_leave_of_a_closed_connection_is_ignored() {
    let events = [join(minute(0), "a"), leave(minute(50), "a"), leave(minute(80), "a")];
    assert_eq!(u1(&cv90(), &[], &events), (3000, Status::Present, vec!["LEAVE_ORPHELIN"]));
    assert_eq!(u1(&cv90(), &[], &[leave(minute(3), "x")]), (0, Status::Absent, vec!["LEAVE_ORPHELIN"]));
}

#[test]
fn waiting_for_the_trainer_is_credited_when_the_seance_took_place() {
    let events = [
        lobby(minute(-15), WaitReason::HostAbsent),
        happens(minute(20), What::LobbyAdmit { person: person("u1") }),
        join(second(1201), "a"),
        leave(minute(50), "a"),
    ];
    assert_eq!(u1(&cv90(), &[], &events), (3000, Status::Present, vec![]));

    // Gave up a minute before the start, came a minute after it: nothing between the two counts.
    let early = [
        lobby(minute(-15), WaitReason::HostAbsent),
        happens(minute(-1), What::LobbyLeave { person: person("u1") }),
        join(minute(1), "a"),
        leave(minute(50), "a"),
    ];
    assert_eq!(u1(&cv90(), &[], &early), (49 * 60, Status::Present, vec![]));

    let cancelled = SeanceRule { cancelled: true, ..cv90() };
    assert_eq!(u1(&cancelled, &[], &events[..2]), (0, Status::SeanceAnnulee, vec![]));
    let found = compute(&cancelled, &[], &events[..2], &Params::default());
    assert_eq!(found.persons[&person("u1")].lobby_ms, 35 * 60_000);
}

#[test]
fn the_window_follows_the_animator() {
    let whole = [join(minute(-10), "a"), leave(minute(110), "a")];
    let seen = |rule: &SeanceRule, controls: &[Control]| {
        let found = compute(rule, controls, &whole, &Params::default());
        (found.window.length().as_secs() / 60, found.threshold_min, found.persons[&person("u1")].minutes)
    };
    assert_eq!(seen(&cv90(), &[Control::Extend(minute(105))]), (105, 45, 105));
    assert_eq!(seen(&cv90(), &[Control::Extend(minute(105)), Control::End(minute(100))]), (100, 45, 100));
    let twice = [Control::Extend(minute(105)), Control::Extend(minute(100))];
    assert_eq!(seen(&cv90(), &twice), (105, 45, 105));
    // Ended late without an extension: the announced window stays.
    assert_eq!(seen(&cv90(), &[Control::End(minute(100))]), (90, 45, 90));
    // Ended before it began.
    assert_eq!(seen(&cv90(), &[Control::End(minute(-5))]), (0, 0, 0));
    // Odd halves are rounded up.
    assert_eq!(seen(&SeanceRule { duration_min: 45, ..cv90() }, &[]), (45, 23, 45));
    assert_eq!(seen(&cv90(), &[Control::End(second(41 * 60 - 1))]), (40, 20, 40));
    assert_eq!(seen(&cv90(), &[Control::End(second(41 * 60))]), (41, 21, 41));
}

#[test]
fn hours_over_the_same_time_are_flagged_in_both() {
    let stay = |rule: &SeanceRule, from, to| {
        compute(rule, &[], &[join(from, "a"), leave(to, "a")], &Params::default())
    };
    let first = stay(&cv90(), minute(0), minute(90));
    let later = SeanceRule { starts_at: minute(60), ..cv90() };
    let both = BTreeSet::from([person("u1")]);
    assert_eq!(overlapping(&first, &stay(&later, minute(62), minute(150)), &Params::default()), both);
    assert_eq!(overlapping(&stay(&later, minute(62), minute(150)), &first, &Params::default()), both);
    // Exactly the tolerance.
    let brief = stay(&later, minute(85), minute(150));
    assert_eq!(overlapping(&first, &brief, &Params::default()), BTreeSet::new());
    // Early in the next séance: that time is not retained there.
    let next = SeanceRule { starts_at: minute(90), ..cv90() };
    let early = stay(&next, minute(80), minute(180));
    assert_eq!(overlapping(&first, &early, &Params::default()), BTreeSet::new());
}

#[test]
fn a_running_seance_counts_until_the_last_sign_of_life() {
    let connection = ConnectionId(uuid("a"));
    let heard = |at| happens(at, What::Heard { person: person("u1"), connection });
    let now = |now| SeanceRule { close: Close::Running(now), heartbeats: Heartbeats::Logged, ..cv90() };
    let events = [join(minute(0), "a"), heard(minute(10))];
    let seen = |rule: &SeanceRule| {
        let found = compute(rule, &[], &events, &Params::default());
        let presence = found.persons[&person("u1")].clone();
        assert_eq!(presence.last_departure.is_none(), presence.here);
        (presence.presence_ms / 1000, presence.here)
    };
    assert_eq!(seen(&now(second(660))), (660, true));
    assert_eq!(seen(&now(second(661))), (600, false));
}

// ---- the invariants, on any log ----
