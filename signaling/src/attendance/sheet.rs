//! The journal of a séance → its presence sheet.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::event::{Close, Control, Event, Heartbeats, Params, SeanceRule, What};
use super::flag::Flag;
use super::presence::{Attendance, Presence, compute};
use super::{PresenceRow, PresenceSheet, RULE_VERSION, threshold};
use crate::id::{BootId, ConnectionId, ParticipantId, PersonId};
use crate::journal::{Fact, Identity, Record};
use crate::protocol::{
    Role,
    seance::{EndCause, SeanceState, SeanceView},
};
use crate::seance::Seance;

/// The sheet of `seance` from its whole journal, as it stands `now`. Uses the default parameters.
#[must_use]
pub fn sheet(seance: &Seance, view: SeanceView, records: &[Record], now: Timestamp) -> PresenceSheet {
    let params = Params::default();
    let log = Log::read(records);
    let close = log.close(seance, view.state, now, &params);
    let closed = !matches!(close, Close::Running(_));
    let rule = SeanceRule {
        cancelled: view.state == SeanceState::Cancelled || (closed && !log.led),
        close,
        ..rule(seance)
    };
    let attendance = compute(&rule, &log.controls, &log.events, &params);
    PresenceSheet {
        seance: view,
        window_start: attendance.window.from,
        window_end: attendance.window.to,
        threshold_min: attendance.threshold_min,
        flags: codes(attendance.flags.iter()),
        closed,
        computed_at: now,
        rule_version: RULE_VERSION,
        rows: rows(&log.people, attendance),
    }
}

fn rule(seance: &Seance) -> SeanceRule {
    SeanceRule {
        starts_at: seance.starts_at,
        duration_min: seance.duration_min,
        threshold: seance.threshold,
        enrolled: Vec::new(),
        close: Close::ByRule,
        cancelled: false,
        heartbeats: Heartbeats::Logged,
    }
}

/// What the journal says that matters for presence.
#[derive(Debug, Default)]
struct Log {
    events: Vec<Event>,
    controls: Vec<Control>,
    people: BTreeMap<PersonId, Card>,
    /// Every counted connection that ever was.
    connections: BTreeMap<ConnectionId, Link>,
    /// Somebody who leads came.
    led: bool,
    ended: Option<Timestamp>,
    clock: Clock,
}

/// Who a row is about.
#[derive(Debug)]
struct Card {
    name: String,
    role: Role,
    identity: Identity,
}

/// A connection, as the journal has it.
#[derive(Debug)]
struct Link {
    person: PersonId,
    participant: ParticipantId,
    /// Still open as far as was read.
    open: bool,
    /// Of the last heartbeat.
    heard: Option<Timestamp>,
}

/// Effective time over several runs of the server. The wall clock may have been set back between two of them: a run
/// never starts before the end of the one before.
#[derive(Debug, Default)]
struct Clock {
    boot: Option<BootId>,
    ahead: SignedDuration,
    /// The latest effective time so far.
    latest: Option<Timestamp>,
}

impl Clock {
    fn read(&mut self, record: &Record) -> Timestamp {
        let effective = record.at.effective();
        if self.boot.replace(record.at.boot) != Some(record.at.boot) {
            let missing = self.latest.map_or(SignedDuration::ZERO, |latest| latest.duration_since(effective));
            self.ahead = missing.max(SignedDuration::ZERO);
        }
        let at = self.corrected(effective);
        self.latest = self.latest.max(Some(at));
        at
    }

    /// A time noted in this run.
    fn corrected(&self, noted: Timestamp) -> Timestamp {
        threshold::moved(noted, self.ahead)
    }
}

impl Log {
    fn read(records: &[Record]) -> Self {
        let mut log = Self::default();
        for record in records {
            if let Fact::Opened { heard_until } = &record.fact {
                log.reopen(record, *heard_until);
            } else {
                let at = log.clock.read(record);
                log.take(at, record);
            }
            if log.ended.is_some() {
                break;
            }
        }
        let last = records.last().map_or(0, |record| record.seq);
        log.tell_heard(last);
        log
    }

    /// A room task started again: whatever ran before stopped after the last thing that is known of it.
    fn reopen(&mut self, record: &Record, heard_until: Option<Timestamp>) {
        let heard_until = heard_until.map(|until| self.clock.corrected(until));
        let known = self.clock.latest.max(heard_until);
        self.clock.latest = known;
        let at = self.clock.read(record);
        let Some(known) = known else { return };
        self.tell_heard(record.seq);
        self.push(known, record.seq, What::ServerDown);
        self.push(at.max(known), record.seq, What::ServerUp);
        self.connections.values_mut().for_each(|link| link.open = false);
    }

    fn take(&mut self, at: Timestamp, record: &Record) {
        let seq = record.seq;
        match &record.fact {
            Fact::Joined { person, participant, connection, name, role, identity } => {
                self.led |= role.leads();
                if counted(*role) {
                    let card = Card { name: name.clone(), role: *role, identity: *identity };
                    self.card(*person, card);
                    let link = Link { person: *person, participant: *participant, open: true, heard: None };
                    self.connections.insert(*connection, link);
                    self.push(at, seq, What::Join { person: *person, connection: *connection });
                }
            }
            Fact::Left { connection, .. } => self.leave(at, seq, *connection),
            Fact::Lost { connection, last_heard, .. } => {
                let last_heard = self.clock.corrected(*last_heard);
                self.lose(at, seq, *connection, last_heard);
            }
            Fact::Heartbeats { heard } => {
                for (connection, heard) in heard {
                    let heard = self.clock.corrected(*heard);
                    self.hear(heard, seq, *connection);
                }
            }
            Fact::Removed { participant, .. } => self.remove(at, seq, *participant),
            Fact::Extended { ends_at, .. } => self.controls.push(Control::Extend(*ends_at)),
            Fact::Ended { why, .. } => self.end(at, *why),
            Fact::Opened { .. }
            | Fact::RoomChanged { .. }
            | Fact::RoleChanged { .. }
            | Fact::HandRaised { .. }
            | Fact::TrackPublished { .. }
            | Fact::TrackMuted { .. }
            | Fact::TrackUnpublished { .. }
            | Fact::ChatPosted { .. }
            | Fact::ChatDeleted { .. }
            | Fact::RecordingStarted { .. }
            | Fact::RecordingPaused { .. }
            | Fact::RecordingResumed { .. }
            | Fact::RecordingStopped { .. } => {}
        }
    }

    fn push(&mut self, at: Timestamp, seq: u64, what: What) {
        self.events.push(Event { at, seq, what });
    }

    /// The enrolled role decides: a trainer who once came in by another door stays a trainer. The surest identity
    /// and the latest name that is not erased are kept.
    fn card(&mut self, person: PersonId, card: Card) {
        let kept = self.people.entry(person).or_insert_with(|| Card {
            name: String::new(),
            role: enrolled(card.role),
            identity: card.identity,
        });
        if !card.name.is_empty() {
            kept.name = card.name;
        }
        if card.role.leads() && !kept.role.leads() {
            kept.role = card.role;
        }
        if card.identity.validable() && !kept.identity.validable() {
            kept.identity = card.identity;
        }
    }

    /// A leave after a removal, or of somebody not counted, says nothing new.
    fn leave(&mut self, at: Timestamp, seq: u64, connection: ConnectionId) {
        if let Some(link) = self.connections.get_mut(&connection).filter(|link| link.open) {
            link.open = false;
            let person = link.person;
            self.push(at, seq, What::Leave { person, connection });
        }
    }

    fn lose(&mut self, at: Timestamp, seq: u64, connection: ConnectionId, last_heard: Timestamp) {
        if let Some(link) = self.connections.get_mut(&connection).filter(|link| link.open) {
            link.open = false;
            let person = link.person;
            self.push(at, seq, What::Lost { person, connection, last_heard: Some(last_heard) });
        }
    }

    /// Of all heartbeats of an open connection only the last one matters: see `tell_heard`.
    fn hear(&mut self, heard: Timestamp, seq: u64, connection: ConnectionId) {
        if let Some(link) = self.connections.get_mut(&connection) {
            link.heard = link.heard.max(Some(heard));
            if !link.open {
                let person = link.person;
                self.push(heard, seq, What::Heard { person, connection });
            }
        }
    }

    fn tell_heard(&mut self, seq: u64) {
        let open = self.connections.iter().filter(|(_, link)| link.open);
        let told = open.filter_map(|(connection, link)| {
            let what = What::Heard { person: link.person, connection: *connection };
            Some(Event { at: link.heard?, seq, what })
        });
        self.events.extend(told.collect::<Vec<_>>());
    }

    fn remove(&mut self, at: Timestamp, seq: u64, participant: ParticipantId) {
        let theirs = self.connections.iter().filter(|(_, link)| link.open && link.participant == participant);
        let theirs: Vec<ConnectionId> = theirs.map(|(connection, _)| *connection).collect();
        theirs.into_iter().for_each(|connection| self.leave(at, seq, connection));
    }

    fn end(&mut self, at: Timestamp, why: EndCause) {
        self.ended = Some(at);
        match why {
            EndCause::Trainer => self.controls.push(Control::End(at)),
            EndCause::Forgotten | EndCause::NoTrainer | EndCause::Cancelled => {}
        }
    }

    fn close(&self, seance: &Seance, state: SeanceState, now: Timestamp, params: &Params) -> Close {
        if let Some(at) = self.ended {
            return Close::At(at);
        }
        let window = threshold::window(&rule(seance), &self.controls);
        let auto_end = threshold::moved(window.to, params.auto_end);
        let over = matches!(state, SeanceState::Ended | SeanceState::Cancelled);
        if over || now >= auto_end {
            Close::At(auto_end.min(now))
        } else {
            Close::Running(self.clock.latest.map_or(now, |latest| latest.max(now)))
        }
    }
}

/// Observers and organisers have no row.
fn counted(role: Role) -> bool {
    match role {
        Role::Trainer | Role::CoTrainer | Role::Speaker | Role::Participant => true,
        Role::Observer | Role::Organiser => false,
    }
}

/// A participant who was given the floor stays in the participants' table.
fn enrolled(role: Role) -> Role {
    if role == Role::Speaker { Role::Participant } else { role }
}

fn rows(people: &BTreeMap<PersonId, Card>, attendance: Attendance) -> Vec<PresenceRow> {
    let mut rows: Vec<PresenceRow> = attendance
        .persons
        .into_iter()
        .filter_map(|(person, presence)| Some(row(person, people.get(&person)?, presence)))
        .collect();
    rows.sort_by_cached_key(|row| (row.role.leads(), alphabetical(&row.name), row.person));
    rows
}

fn row(person: PersonId, card: &Card, presence: Presence) -> PresenceRow {
    PresenceRow {
        person,
        name: card.name.clone(),
        role: card.role,
        identity: card.identity,
        validable: card.identity.validable(),
        here: presence.here,
        connected_ms: presence.connected_ms,
        presence_ms: presence.presence_ms,
        minutes: presence.minutes,
        status: presence.status,
        flags: codes(presence.flags.iter()),
        first_arrival: presence.first_arrival,
        last_departure: presence.last_departure,
        segments: presence.segments,
    }
}

fn codes<'f>(flags: impl Iterator<Item = &'f Flag>) -> Vec<String> {
    flags.map(|flag| flag.code().to_owned()).collect()
}

/// What to compare for the French alphabetical order, near enough: case and accents do not count.
#[must_use]
pub fn alphabetical(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        match letter {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => key.push('a'),
            'ç' => key.push('c'),
            'è' | 'é' | 'ê' | 'ë' => key.push('e'),
            'ì' | 'í' | 'î' | 'ï' => key.push('i'),
            'ñ' => key.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' => key.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => key.push('u'),
            'ý' | 'ÿ' => key.push('y'),
            'æ' => key.push_str("ae"),
            'œ' => key.push_str("oe"),
            other => key.push(other),
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::alphabetical;

    #[test]
    fn accents_and_case_do_not_count() {
        let mut names = ["Zoé", "eve", "Étienne", "Élodie", "Œdipe", "odile"];
        names.sort_by_cached_key(|name| alphabetical(name));
        assert_eq!(names, ["Élodie", "Étienne", "eve", "odile", "Œdipe", "Zoé"]);
    }
}
