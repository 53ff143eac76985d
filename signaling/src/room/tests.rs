//! The room by example.
#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for one effect among many")]

mod door;
mod lobby;
mod quality;
mod replan;
mod replay;
mod stage;

use jiff::SignedDuration;

use super::*;
use crate::id::{PersonId, SeanceId};
use crate::journal::{Identity, Moment};
use crate::protocol::{
    Goodbye, entry::Resume, entry::Welcome, media::PublishedSource, recording::RecordingState,
};

const PARTICIPANTS: u128 = 100;

fn start() -> Timestamp {
    "2026-11-18T13:00:00Z".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(seconds)
}

fn plan() -> Seance {
    Seance {
        recorded: true,
        trainers: vec!["Claire".to_owned()],
        capacity: 5,
        ..Seance::new(SeanceId(Uuid::from_u128(1)), "Lire au cycle 3", start())
    }
}

/// A room with everything it told and wrote, as its server would see it.
struct Class {
    room: Room,
    next: u128,
    facts: Vec<(Timestamp, Fact)>,
    effects: Vec<Effect>,
}

impl Class {
    fn open() -> Self {
        Self {
            room: Room::new(plan(), BootId(Uuid::from_u128(9))),
            next: 1_000,
            facts: Vec::new(),
            effects: Vec::new(),
        }
    }

    fn keep(&mut self, now: Timestamp, effects: Vec<Effect>) -> Vec<Effect> {
        for effect in &effects {
            if let Effect::Journal(fact) = effect {
                self.facts.push((now, fact.clone()));
            }
        }
        self.effects.extend(effects.iter().cloned());
        effects
    }

    fn entrance(who: u128, connection: u128, role: Role) -> Entrance {
        Entrance {
            connection: ConnectionId(Uuid::from_u128(connection)),
            participant: ParticipantId(Uuid::from_u128(who)),
            person: PersonId(Uuid::from_u128(who + 10_000)),
            name: format!("Personne {who}"),
            role,
            identity: Identity::PersonalLink,
            stay: "stay".to_owned(),
            ice_servers: Vec::new(),
            invitation: Some("open".to_owned()),
            resume: None,
            recording_acknowledged: true,
        }
    }

    fn enter(&mut self, now: Timestamp, entrance: &Entrance) -> Result<Vec<Effect>, Refusal> {
        let next = &mut self.next;
        let mut mint = || {
            *next += 1;
            Uuid::from_u128(*next)
        };
        let mut effects = self.room.knock(now, entrance);
        let entered = self.room.enter(now, entrance, &mut mint);
        effects.extend(entered.as_ref().cloned().unwrap_or_default());
        self.keep(now, effects.clone());
        entered.map(|_| effects)
    }

    fn ask(&mut self, now: Timestamp, connection: u128, request: Request) -> Vec<Effect> {
        let next = &mut self.next;
        let mut mint = || {
            *next += 1;
            Uuid::from_u128(*next)
        };
        let from = ConnectionId(Uuid::from_u128(connection));
        let effects = self.room.handle(now, from, request, &mut mint);
        self.keep(now, effects)
    }

    fn wake(&mut self, now: Timestamp) -> Vec<Effect> {
        let effects = self.room.wake(now);
        self.keep(now, effects)
    }

    /// The same room from its journal, in another run of the server.
    fn replayed(&self) -> Room {
        let boot = BootId(Uuid::from_u128(10));
        let records: Vec<Record> = self
            .facts
            .iter()
            .zip(1_u64..)
            .map(|((at, fact), seq)| Record {
                seance: plan().id,
                seq,
                at: Moment { boot, boot_at: *at, mono_ms: 0 },
                wall: *at,
                fact: fact.clone(),
                salt: String::new(),
                digests: Vec::new(),
                prev: String::new(),
                hash: String::new(),
            })
            .collect();
        Room::replay(plan(), boot, &records)
    }
}

fn trainer() -> Entrance {
    Class::entrance(1, 11, Role::Trainer)
}

fn participant(n: u128) -> Entrance {
    Class::entrance(PARTICIPANTS + n, 200 + n, Role::Participant)
}

fn id(who: u128) -> ParticipantId {
    ParticipantId(Uuid::from_u128(who))
}

fn refusal(effects: &[Effect]) -> Option<Refusal> {
    effects.iter().find_map(|effect| match effect {
        Effect::Tell { notice: Notice::Refused { reason, .. }, .. } => Some(reason.clone()),
        _ => None,
    })
}

fn welcome(effects: &[Effect]) -> &Welcome {
    let found = effects.iter().find_map(|effect| match effect {
        Effect::Tell { notice: Notice::Welcome(welcome), .. } => Some(welcome),
        _ => None,
    });
    found.expect("a welcome")
}

fn broadcasts(effects: &[Effect]) -> Vec<&Notice> {
    let told = effects.iter().filter_map(|effect| match effect {
        Effect::Broadcast { notice, .. } => Some(notice),
        _ => None,
    });
    told.collect()
}

fn say(text: &str, client_id: &str) -> Request {
    Request::ChatPost { client_id: client_id.to_owned(), text: text.to_owned() }
}

#[test]
fn the_recording_starts_with_the_trainer_and_is_acknowledged_at_the_door() {
    let mut class = Class::open();
    let entered = class.enter(after(0), &participant(1)).unwrap();
    assert_eq!(welcome(&entered).recording, RecordingState::Waiting {});
    let effects = class.enter(after(5), &trainer()).unwrap();
    assert!(effects.iter().any(|e| matches!(e, Effect::Recorder(RecorderOrder::Start { .. }))));
    let unread = Entrance { recording_acknowledged: false, ..participant(2) };
    assert_eq!(class.enter(after(6), &unread).unwrap_err(), Refusal::RecordingNotAcknowledged);
}

#[test]
fn the_same_message_twice_is_posted_once() {
    let mut class = Class::open();
    class.enter(after(0), &participant(1)).unwrap();
    let first = class.ask(after(1), 201, say("bonjour", "x1"));
    let second = class.ask(after(2), 201, say("bonjour", "x1"));
    assert!(first.iter().any(|e| matches!(e, Effect::Journal(Fact::ChatPosted { .. }))));
    assert!(!second.iter().any(|e| matches!(e, Effect::Journal(_))));
    assert!(matches!(second.first(), Some(Effect::Tell { notice: Notice::ChatPosted { .. }, .. })));
    for n in 0..10 {
        class.ask(after(3), 201, say("encore", &format!("y{n}")));
    }
    assert_eq!(refusal(&class.ask(after(3), 201, say("encore", "z"))), Some(Refusal::TooFast));
    assert_eq!(refusal(&class.ask(after(30), 201, say("  ", "w"))), Some(Refusal::TextLength));
}

fn publish(sources: &[Source]) -> Request {
    let tracks = sources
        .iter()
        .zip(0..)
        .map(|(source, n)| PublishedSource { mid: n.to_string(), source: *source, muted: false })
        .collect();
    Request::Publish { negotiation: 1, sdp: "v=0".to_owned(), tracks }
}

#[test]
fn nothing_is_acknowledged_while_nothing_can_be_saved() {
    let mut class = Class::open();
    class.enter(after(0), &trainer()).unwrap();
    assert_eq!(class.room.storage(true).len(), 1);
    assert_eq!(refusal(&class.ask(after(1), 11, say("perdu ?", "a"))), Some(Refusal::StorageFailing));
    assert!(class.enter(after(2), &participant(1)).is_ok(), "the class goes on");
    class.room.storage(false);
    assert_eq!(refusal(&class.ask(after(3), 11, say("non", "a"))), None);
}

#[test]
fn an_extension_moves_the_end_and_a_forgotten_class_ends() {
    let mut class = Class::open();
    class.enter(after(0), &trainer()).unwrap();
    let beyond = Request::Extend { minutes: 181 };
    assert_eq!(refusal(&class.ask(after(1), 11, beyond)), Some(Refusal::ExtensionRange));
    class.ask(after(1), 11, Request::Extend { minutes: 10 });
    assert_eq!(class.room.view().ends_at, after(100 * 60));
    let forgotten = after(130 * 60);
    class.ask(forgotten - SignedDuration::from_secs(1), 11, Request::Heartbeat {});
    let effects = class.wake(forgotten);
    let ended = broadcasts(&effects).into_iter().find_map(|n| match n {
        Notice::Ended(ending) => Some(ending.why),
        _ => None,
    });
    assert_eq!(ended, Some(EndCause::Forgotten));
    assert_eq!(class.room.view().ends_at, after(100 * 60), "the counted window stays the announced one");
}

#[test]
fn after_a_restart_everybody_is_expected_back_and_told_how_long_it_was() {
    let mut class = Class::open();
    class.enter(after(0), &trainer()).unwrap();
    class.ask(after(1), 11, say("avant", "a"));
    class.room = class.replayed();
    class.room.heard_until = Some(after(5));
    let opened = class.room.open(after(9));
    assert!(
        opened.iter().any(|e| matches!(e, Effect::Journal(Fact::RecordingStopped { failed: false, .. }))),
        "the interrupted recording is closed"
    );
    let resume = Some(Resume { epoch: BootId(Uuid::from_u128(9)), seen: 3 });
    let back = Entrance { resume, connection: ConnectionId(Uuid::from_u128(12)), ..trainer() };
    let effects = class.enter(after(10), &back).unwrap();
    let state = welcome(&effects);
    assert_eq!(state.outage_ms, Some(4_000));
    assert_eq!(state.chat.messages.len(), 1);
    assert!(
        matches!(state.recording, RecordingState::Waiting {}),
        "the next recording starts after the welcome"
    );
    assert!(effects.iter().any(|e| matches!(e, Effect::Recorder(RecorderOrder::Start { .. }))));
}

#[test]
fn what_was_taken_off_the_record_stays_off_it_after_a_restart() {
    let mut class = Class::open();
    class.enter(after(0), &trainer()).unwrap();
    class.ask(after(1), 11, Request::Record { on: false });
    class.room = class.replayed();
    let back = Entrance { connection: ConnectionId(Uuid::from_u128(12)), ..trainer() };
    let effects = class.enter(after(9), &back).unwrap();
    assert!(!effects.iter().any(|e| matches!(e, Effect::Recorder(RecorderOrder::Start { .. }))));
    assert_eq!(class.room.recording.state(), RecordingState::Paused {});
    let effects = class.ask(after(10), 12, Request::Record { on: true });
    assert!(effects.iter().any(|e| matches!(e, Effect::Recorder(RecorderOrder::Start { .. }))));
}

#[test]
fn a_forgotten_class_is_over_for_whoever_knocks_after_a_restart() {
    let mut class = Class::open();
    class.enter(after(0), &trainer()).unwrap();
    class.room = class.replayed();
    let late = after(4 * 3_600);
    let back = Entrance { connection: ConnectionId(Uuid::from_u128(12)), ..trainer() };
    assert_eq!(class.enter(late, &back).unwrap_err(), Refusal::Ended);
}
