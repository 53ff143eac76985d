//! The computation itself: a log in, everybody's presence out (domain rules §2.2).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::event::{Close, Control, Event, Params, SeanceRule, WaitReason, What};
use super::flag::Flag;
use super::interval::{self, Interval};
use super::stay::Stay;
use super::{Segment, SegmentKind, Status, threshold};
use crate::id::PersonId;

/// The presence of everybody in one séance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendance {
    /// The counted window.
    pub window: Interval,
    pub threshold_min: u32,
    pub flags: BTreeSet<Flag>,
    pub persons: BTreeMap<PersonId, Presence>,
}

/// One person's presence. Durations in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// Raw union of the connections, neither bridged nor clipped.
    pub connected_ms: u64,
    /// Raw time in the waiting room.
    pub lobby_ms: u64,
    /// Time retained.
    pub presence_ms: u64,
    /// Whole minutes of presence, truncated.
    pub minutes: u32,
    pub status: Status,
    pub flags: BTreeSet<Flag>,
    /// True while a connection is open, in a running séance.
    pub here: bool,
    pub first_arrival: Option<Timestamp>,
    /// None while the person is here.
    pub last_departure: Option<Timestamp>,
    /// Union of the connections, in order; the last one ends with what is known while the person is here.
    pub connected: Vec<Interval>,
    /// Connected before and after the counted window.
    pub before_ms: u64,
    pub after_ms: u64,
    /// The time retained, piece by piece, with the reason why it counts.
    pub segments: Vec<Segment>,
}

/// Computes everybody's presence. Depends on nothing but its arguments, nor on the order of `events` and `controls`.
#[must_use]
pub fn compute(rule: &SeanceRule, controls: &[Control], events: &[Event], params: &Params) -> Attendance {
    let window = threshold::window(rule, controls);
    let effective_ms = threshold::effective_ms(window);
    let threshold_min = threshold::threshold_min(rule, effective_ms);
    let hard_end = threshold::hard_end(rule, controls, window, params);
    let mut flags = BTreeSet::new();
    if threshold::unreachable(rule, effective_ms) {
        flags.insert(Flag::SeuilInatteignable);
    }
    let persons = read(rule, events, hard_end, params)
        .into_iter()
        .map(|(person, stay)| (person, assess(stay, window, threshold_min, rule.cancelled, params)))
        .collect();
    Attendance { window, threshold_min, flags, persons }
}

/// The persons whose retained presence in two séances overlaps for longer than is tolerated: both rows carry
/// [`Flag::Chevauchement`].
#[must_use]
pub fn overlapping(left: &Attendance, right: &Attendance, params: &Params) -> BTreeSet<PersonId> {
    let both =
        left.persons.iter().filter_map(|(person, one)| Some((person, one, right.persons.get(person)?)));
    both.filter(|(_, one, other)| {
        let common = interval::common(&one.retained(), &other.retained());
        interval::total(&common) > params.overlap_tolerance
    })
    .map(|(person, _, _)| *person)
    .collect()
}

impl Presence {
    /// The time retained.
    #[must_use]
    pub fn retained(&self) -> Vec<Interval> {
        interval::union(self.segments.iter().map(|piece| Interval::new(piece.from, piece.to)))
    }
}

/// Steps 1 to 4: the log, in order of effective time, to what each person did.
fn read(
    rule: &SeanceRule,
    events: &[Event],
    hard_end: Option<Timestamp>,
    params: &Params,
) -> BTreeMap<PersonId, Stay> {
    let mut stays: BTreeMap<PersonId, Stay> =
        rule.enrolled.iter().map(|person| (*person, Stay::default())).collect();
    let mut ordered: Vec<(Timestamp, &Event)> =
        events.iter().map(|event| (heeded_at(event, hard_end), event)).collect();
    ordered.sort_by_key(|(at, event)| (*at, event.seq));

    let after_end = ordered.partition_point(|(at, _)| hard_end.is_none_or(|end| *at <= end));
    let (during, after) = ordered.split_at(after_end);
    for (_, event) in during {
        match event.what.person() {
            Some(person) => happen(stays.entry(person).or_default(), event),
            None => stays.values_mut().for_each(|stay| shake(stay, event, rule, params)),
        }
    }
    for stay in stays.values_mut() {
        match (rule.close, hard_end) {
            (Close::Running(now), _) => stay.look(now, rule.heartbeats, params),
            (Close::At(_) | Close::ByRule, Some(end)) => stay.end(end, rule.heartbeats, params),
            (Close::At(_) | Close::ByRule, None) => {}
        }
    }
    for (_, event) in after {
        if let Some(person) = event.what.person() {
            let stay = stays.entry(person).or_default();
            if let What::Leave { connection, .. } = &event.what {
                stay.leave(event.at, *connection);
            }
        }
    }
    stays
}

/// A loss noticed after the end, of somebody silent since before it, belongs before it.
fn heeded_at(event: &Event, hard_end: Option<Timestamp>) -> Timestamp {
    match (&event.what, hard_end) {
        (What::Lost { last_heard, .. }, Some(end)) if last_heard.is_none_or(|heard| heard < end) => {
            event.at.min(end)
        }
        _ => event.at,
    }
}

/// What happens to one person.
fn happen(stay: &mut Stay, event: &Event) {
    let at = event.at;
    match &event.what {
        What::Join { connection, .. } => stay.join(at, *connection),
        What::Leave { connection, .. } => stay.leave(at, *connection),
        What::Lost { connection, last_heard, .. } => stay.lose(at, *connection, *last_heard),
        What::Heard { connection, .. } => stay.hear(at, *connection),
        What::LobbyEnter { reason, .. } => stay.wait(at, *reason),
        What::LobbyAdmit { .. } | What::LobbyLeave { .. } => stay.stop_waiting(at),
        What::LobbyDeny { .. } => stay.refuse(at),
        What::Role { .. } | What::ServerDown | What::ServerUp => {}
    }
}

/// What happens to the server happens to everybody.
fn shake(stay: &mut Stay, event: &Event, rule: &SeanceRule, params: &Params) {
    match &event.what {
        What::ServerDown => stay.server_down(event.at, rule.heartbeats),
        What::ServerUp => stay.server_up(event.at, params),
        What::Join { .. }
        | What::Leave { .. }
        | What::Lost { .. }
        | What::Heard { .. }
        | What::Role { .. }
        | What::LobbyEnter { .. }
        | What::LobbyAdmit { .. }
        | What::LobbyDeny { .. }
        | What::LobbyLeave { .. } => {}
    }
}

/// Steps 5, 7, 9 and 10.
fn assess(stay: Stay, window: Interval, threshold_min: u32, cancelled: bool, params: &Params) -> Presence {
    let mut flags = stay.flags;
    if interval::any_overlap(&stay.connected) {
        flags.insert(Flag::MultiConnexion);
    }
    let connected = interval::union(stay.connected.iter().copied());
    let lobby = interval::union(stay.waits.iter().map(|(wait, _)| *wait));
    let credited_lobby = interval::union(credited(&stay.waits, window, cancelled));
    let outages = interval::union(stay.credits);
    let counted = connected.iter().chain(&credited_lobby).chain(&outages).copied();
    let bridged = interval::bridge(counted, params.reconnect_tolerance);

    let retained = interval::clip(&bridged, window);
    let presence_ms = interval::total_ms(&retained);
    let before = Interval::new(Timestamp::MIN, window.from);
    let after = Interval::new(window.to, Timestamp::MAX);
    Presence {
        before_ms: interval::total_ms(&interval::clip(&connected, before)),
        after_ms: interval::total_ms(&interval::clip(&connected, after)),
        connected_ms: interval::total_ms(&connected),
        lobby_ms: interval::total_ms(&lobby),
        presence_ms,
        minutes: threshold::whole_minutes(presence_ms),
        status: threshold::status(presence_ms, threshold_min, cancelled),
        flags,
        here: stay.here,
        first_arrival: connected.first().map(|first| first.from),
        last_departure: connected.last().map(|last| last.to).filter(|_| !stay.here),
        segments: segments(&retained, &connected, &outages, &credited_lobby),
        connected,
    }
}

/// Waiting for an absent trainer counts from the start of the window, if the séance took place. What lies before is
/// clipped later; a wait that was over by then must not be bridged into the window.
fn credited(
    waits: &[(Interval, WaitReason)],
    window: Interval,
    cancelled: bool,
) -> impl Iterator<Item = Interval> {
    let counts = move |wait: &Interval, reason: WaitReason| {
        !cancelled && reason == WaitReason::HostAbsent && wait.to > window.from
    };
    waits.iter().filter(move |(wait, reason)| counts(wait, *reason)).map(|(wait, _)| *wait)
}

/// Every piece of the time retained with one reason: connection first, then outage, then waiting; the rest was bridged.
fn segments(
    retained: &[Interval],
    connected: &[Interval],
    outages: &[Interval],
    lobby: &[Interval],
) -> Vec<Segment> {
    let mut rest = retained.to_vec();
    let mut pieces = Vec::new();
    for (kind, reason) in
        [(SegmentKind::Connected, connected), (SegmentKind::Outage, outages), (SegmentKind::Lobby, lobby)]
    {
        let explained = interval::common(&rest, reason);
        rest = interval::subtract(&rest, reason);
        pieces.extend(explained.into_iter().map(|piece| (piece, kind)));
    }
    pieces.extend(rest.into_iter().map(|piece| (piece, SegmentKind::Bridged)));
    pieces.sort_unstable_by_key(|(piece, _)| *piece);
    pieces.into_iter().map(|(piece, kind)| Segment { from: piece.from, to: piece.to, kind }).collect()
}
