//! A worked case: a planned séance and its log written as JSON, one case a line, with the result to find.
//!
//! Instants are RFC 3339 in UTC. People and connections go by the names of the case; durations are in milliseconds.
//! Whoever doubts a sheet can write its log down in this form and compute it again.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::{Close, Control, Event, Heartbeats, Params, SeanceRule, WaitReason, What};
use super::{Attendance, Flag, Status, compute};
use crate::id::{ConnectionId, PersonId};
use crate::seance::Threshold;

/// One case as it is written.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    pub id: String,
    seance: Planned,
    #[serde(default)]
    control: Vec<Vec<String>>,
    #[serde(default)]
    events: Vec<Happening>,
    /// The result to find; computing does not look at it.
    pub expect: Option<Outcome>,
}

/// Why a case cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    #[error("not a case: {0}")]
    Unreadable(String),
    #[error("event {at}: the field `{field}` is missing")]
    Missing { at: usize, field: &'static str },
    #[error("event {at}: `{kind}` is not a type of event")]
    UnknownEvent { at: usize, kind: String },
    #[error("event {at}: the reason of a wait is awaiting_authorization or host_absent, not `{reason}`")]
    UnknownReason { at: usize, reason: String },
    #[error("control {0}: neither [\"extend\", instant] nor [\"end\", instant, who]")]
    BadControl(usize),
    #[error("the threshold is \"auto\" or a number of minutes, not `{0}`")]
    BadThreshold(String),
}

/// What was computed, in the form in which cases expect it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Start and end of the counted window.
    pub window: [Timestamp; 2],
    pub threshold_min: u32,
    pub seance_flags: Vec<Flag>,
    pub persons: BTreeMap<String, PersonOutcome>,
}

/// One person's line of an [`Outcome`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonOutcome {
    pub connected_ms: u64,
    pub presence_ms: u64,
    pub minutes: u32,
    pub status: Status,
    pub flags: Vec<Flag>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Planned {
    #[serde(rename = "id")]
    _id: String,
    start: Timestamp,
    dur: u32,
    thr: PlannedThreshold,
    #[serde(rename = "tz")]
    _tz: String,
    #[serde(default)]
    enrolled: Vec<String>,
    hard_end: Option<Timestamp>,
    #[serde(default)]
    cancelled: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum PlannedThreshold {
    Minutes(u32),
    Word(String),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Happening {
    #[serde(rename = "type")]
    kind: String,
    p: Option<String>,
    conn: Option<String>,
    t: Option<Timestamp>,
    boot: Option<Timestamp>,
    mono: Option<i64>,
    #[serde(rename = "wall")]
    _wall: Option<String>,
    #[serde(rename = "client_t")]
    _client_t: Option<Timestamp>,
    seq: Option<u64>,
    #[serde(rename = "identity")]
    _identity: Option<String>,
    #[serde(rename = "role")]
    _role: Option<String>,
    last_hb: Option<Timestamp>,
    reason: Option<String>,
}

/// Identifiers for the names of one case, in the order in which they are met.
#[derive(Debug, Default)]
struct Names(BTreeMap<String, u128>);

impl Names {
    fn id(&mut self, name: &str) -> Uuid {
        let next = self.0.len() as u128 + 1;
        Uuid::from_u128(*self.0.entry(name.to_owned()).or_insert(next))
    }
}

/// A case in the terms of the computation.
#[derive(Debug, Clone)]
pub struct Problem {
    pub rule: SeanceRule,
    pub controls: Vec<Control>,
    pub events: Vec<Event>,
    names: BTreeMap<PersonId, String>,
}

impl Case {
    /// # Errors
    /// [`CaseError::Unreadable`] when the line is not a case in JSON.
    pub fn parse(line: &str) -> Result<Self, CaseError> {
        serde_json::from_str(line).map_err(|error| CaseError::Unreadable(error.to_string()))
    }

    /// # Errors
    /// Any [`CaseError`]: something in it has no meaning.
    pub fn problem(&self) -> Result<Problem, CaseError> {
        let (mut people, mut connections) = (Names::default(), Names::default());
        let events = self.events.iter().enumerate();
        let events = events.map(|(at, event)| event.read(at, &mut people, &mut connections));
        let events = events.collect::<Result<_, _>>()?;
        let rule = self.rule(&mut people)?;
        let controls = self.control.iter().enumerate().map(|(at, line)| control(at, line));
        let controls = controls.collect::<Result<_, _>>()?;
        let names = people.0.into_iter().map(|(name, id)| (PersonId(Uuid::from_u128(id)), name)).collect();
        Ok(Problem { rule, controls, events, names })
    }

    fn rule(&self, people: &mut Names) -> Result<SeanceRule, CaseError> {
        Ok(SeanceRule {
            starts_at: self.seance.start,
            duration_min: self.seance.dur,
            threshold: match &self.seance.thr {
                PlannedThreshold::Minutes(minutes) => Threshold::Fixed(*minutes),
                PlannedThreshold::Word(word) if word == "auto" => Threshold::Auto,
                PlannedThreshold::Word(word) => return Err(CaseError::BadThreshold(word.clone())),
            },
            enrolled: self.seance.enrolled.iter().map(|name| PersonId(people.id(name))).collect(),
            close: self.seance.hard_end.map_or(Close::ByRule, Close::At),
            cancelled: self.seance.cancelled,
            heartbeats: Heartbeats::Implied,
        })
    }
}

fn control(at: usize, line: &[String]) -> Result<Control, CaseError> {
    let instant = |text: &String| text.parse().map_err(|_| CaseError::BadControl(at));
    match line {
        [word, to] if word == "extend" => Ok(Control::Extend(instant(to)?)),
        [word, when, ..] if word == "end" => Ok(Control::End(instant(when)?)),
        _ => Err(CaseError::BadControl(at)),
    }
}

impl Happening {
    fn read(&self, at: usize, people: &mut Names, connections: &mut Names) -> Result<Event, CaseError> {
        let what = self.what(at, people, connections)?;
        Ok(Event { at: self.instant(at)?, seq: self.seq.unwrap_or(at as u64), what })
    }

    /// The effective time: as written, or so many milliseconds after the start of the process.
    fn instant(&self, at: usize) -> Result<Timestamp, CaseError> {
        if let Some(instant) = self.t {
            return Ok(instant);
        }
        let (Some(boot), Some(mono)) = (self.boot, self.mono) else {
            return Err(CaseError::Missing { at, field: "t" });
        };
        boot.checked_add(SignedDuration::from_millis(mono))
            .map_err(|error| CaseError::Unreadable(error.to_string()))
    }

    fn what(&self, at: usize, people: &mut Names, connections: &mut Names) -> Result<What, CaseError> {
        let mut person = || {
            let name = self.p.as_deref().ok_or(CaseError::Missing { at, field: "p" })?;
            Ok(PersonId(people.id(name)))
        };
        let mut connection = || {
            let name = self.conn.as_deref().ok_or(CaseError::Missing { at, field: "conn" })?;
            Ok(ConnectionId(connections.id(name)))
        };
        Ok(match self.kind.as_str() {
            "join" => What::Join { person: person()?, connection: connection()? },
            "leave" => What::Leave { person: person()?, connection: connection()? },
            "lost" => What::Lost { person: person()?, connection: connection()?, last_heard: self.last_hb },
            "role" => What::Role { person: person()? },
            "lobby_enter" => What::LobbyEnter { person: person()?, reason: self.wait(at)? },
            "lobby_admit" => What::LobbyAdmit { person: person()? },
            "lobby_deny" => What::LobbyDeny { person: person()? },
            "lobby_leave" => What::LobbyLeave { person: person()? },
            "server_down" => What::ServerDown,
            "server_up" => What::ServerUp,
            other => return Err(CaseError::UnknownEvent { at, kind: other.to_owned() }),
        })
    }

    fn wait(&self, at: usize) -> Result<WaitReason, CaseError> {
        match self.reason.as_deref() {
            Some("awaiting_authorization") => Ok(WaitReason::AwaitingAuthorization),
            Some("host_absent") => Ok(WaitReason::HostAbsent),
            Some(other) => Err(CaseError::UnknownReason { at, reason: other.to_owned() }),
            None => Err(CaseError::Missing { at, field: "reason" }),
        }
    }
}

impl Problem {
    /// The result, under the names of the case.
    #[must_use]
    pub fn solve(&self) -> Outcome {
        self.outcome(&compute(&self.rule, &self.controls, &self.events, &Params::default()))
    }

    /// A computed attendance in the form in which cases expect it.
    #[must_use]
    pub fn outcome(&self, found: &Attendance) -> Outcome {
        let persons = found.persons.iter().filter_map(|(person, presence)| {
            let line = PersonOutcome {
                connected_ms: presence.connected_ms,
                presence_ms: presence.presence_ms,
                minutes: presence.minutes,
                status: presence.status,
                flags: presence.flags.iter().copied().collect(),
            };
            Some((self.names.get(person)?.clone(), line))
        });
        Outcome {
            window: [found.window.from, found.window.to],
            threshold_min: found.threshold_min,
            seance_flags: found.flags.iter().copied().collect(),
            persons: persons.collect(),
        }
    }
}

impl Outcome {
    /// What differs from what was expected, in words; empty when nothing does.
    #[must_use]
    pub fn differences(&self, expected: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let mut differ = |what: &str, found_value: String, expected_value: String| {
            if found_value != expected_value {
                found.push(format!("{what} is {found_value}, expected {expected_value}"));
            }
        };
        let span = |window: &[Timestamp; 2]| window.map(|at| at.to_string()).join("/");
        differ("window", span(&self.window), span(&expected.window));
        differ("threshold_min", self.threshold_min.to_string(), expected.threshold_min.to_string());
        differ("seance_flags", codes(&self.seance_flags), codes(&expected.seance_flags));
        let names = self
            .persons
            .keys()
            .chain(expected.persons.keys().filter(|name| !self.persons.contains_key(*name)));
        for name in names {
            let line = |outcome: &Self| {
                outcome.persons.get(name).map_or_else(|| "missing".to_owned(), PersonOutcome::to_string)
            };
            differ(name, line(self), line(expected));
        }
        found
    }
}

fn codes(flags: &[Flag]) -> String {
    let codes: Vec<&str> = flags.iter().map(|flag| flag.code()).collect();
    format!("[{}]", codes.join(" "))
}

impl std::fmt::Display for PersonOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { connected_ms, presence_ms, minutes, status, flags } = self;
        write!(
            f,
            "connected {connected_ms} ms, presence {presence_ms} ms, {minutes} min, {status:?}, {}",
            codes(flags)
        )
    }
}
