//! The room by example, and its one law: the journal replayed gives the same room.
#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for one effect among many")]

mod lobby;
mod quality;
mod replan;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::id::{PersonId, SeanceId};
use crate::journal::{Identity, Moment};
use crate::protocol::{
    Goodbye, entry::Resume, entry::Welcome, media::PublishedSource, recording::RecordingState,
    seance::SeanceKind,
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
        id: SeanceId(Uuid::from_u128(1)),
        title: "Lire au cycle 3".to_owned(),
        kind: SeanceKind::ClasseVirtuelle,
        starts_at: start(),
        time_zone: "Europe/Paris".to_owned(),
        duration_min: 90,
        threshold: Threshold::Auto,
        access_before_min: 30,
        recorded: true,
        trainers: vec!["Claire".to_owned()],
        capacity: 5,
        session_formation: None,
        academy: String::new(),
        guests: true,
        lobby: Lobby::None,
        required: true,
        credit_min: None,
        sequence: 0,
        cancelled_at: None,
        made_by: None,
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
fn a_late_comer_gets_the_history() {
    let mut class = Class::open();
    class.enter(after(0), &trainer()).unwrap();
    class.ask(after(1), 11, say(" Bonjour à tous ", "a"));
    let entered = class.enter(after(60), &participant(1)).unwrap();
    let state = welcome(&entered);
    assert_eq!(state.chat.messages.first().unwrap().text, "Bonjour à tous");
    assert_eq!(state.people.len(), 2);
    assert_eq!(state.you.publishable, vec![Source::Microphone, Source::Camera]);
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
fn the_door_refuses_early_full_removed_and_late() {
    let mut class = Class::open();
    let early = start() - SignedDuration::from_mins(31);
    let opens_at = start() - SignedDuration::from_mins(30);
    assert_eq!(class.enter(early, &participant(1)).unwrap_err(), Refusal::NotOpenYet { opens_at });
    class.enter(early, &trainer()).unwrap();
    for n in 1..=4 {
        class.enter(after(0), &participant(n)).unwrap();
    }
    assert_eq!(class.enter(after(0), &participant(5)).unwrap_err(), Refusal::RoomFull);
    class.ask(after(1), 11, Request::Remove { participant: id(PARTICIPANTS + 1) });
    assert_eq!(class.enter(after(2), &participant(1)).unwrap_err(), Refusal::Removed);
    class.ask(after(3), 11, Request::EndSeance {});
    assert_eq!(class.enter(after(4), &participant(2)).unwrap_err(), Refusal::Ended);
}

#[test]
fn who_comes_back_in_time_hears_what_was_missed_and_keeps_the_hand() {
    let mut class = Class::open();
    class.enter(after(0), &trainer()).unwrap();
    let entered = class.enter(after(1), &participant(1)).unwrap();
    let seen = welcome(&entered).reached;
    class.ask(after(2), 201, Request::RaiseHand { raised: true });
    let lost = class.room.disconnected(after(3), ConnectionId(Uuid::from_u128(201)), Departure::Closed);
    class.keep(after(3), lost);
    class.ask(after(4), 11, say("Vous êtes là ?", "b"));
    let resume = Some(Resume { epoch: BootId(Uuid::from_u128(9)), seen });
    let back = Entrance { resume, connection: ConnectionId(Uuid::from_u128(301)), ..participant(1) };
    let effects = class.enter(after(30), &back).unwrap();
    assert!(matches!(effects.first(), Some(Effect::Tell { notice: Notice::Resumed(_), .. })));
    let numbers: Vec<u64> = effects
        .iter()
        .filter_map(|e| match e {
            Effect::Broadcast { seq, to, .. } if to.contains(&back.connection) => Some(*seq),
            _ => None,
        })
        .collect();
    let count = u64::try_from(numbers.len()).unwrap();
    assert_eq!(numbers, (seen + 1..=seen + count).collect::<Vec<_>>(), "no hole, no repetition");
    assert!(broadcasts(&effects).iter().any(|n| matches!(n, Notice::ChatPosted { .. })));
    let person = class.room.person(id(PARTICIPANTS + 1)).unwrap();
    assert!(person.connected && person.hand_raised);
}

#[test]
fn too_late_or_another_run_gets_the_whole_state() {
    let mut class = Class::open();
    class.enter(after(0), &trainer()).unwrap();
    for (epoch, seen) in [(10, 0), (9, 999)] {
        let resume = Some(Resume { epoch: BootId(Uuid::from_u128(epoch)), seen });
        let effects = class.enter(after(1), &Entrance { resume, ..participant(1) }).unwrap();
        assert_eq!(welcome(&effects).people.len(), 2);
    }
}

#[test]
fn only_those_who_moderate_hear_the_invitation() {
    let mut class = Class::open();
    let invitation = |effects: Vec<Effect>| {
        effects.into_iter().find_map(|effect| match effect {
            Effect::Tell { notice: Notice::Welcome(welcome), .. } => Some(welcome.you.invitation),
            _ => None,
        })
    };
    let trainer = class.enter(after(0), &trainer()).unwrap();
    assert_eq!(invitation(trainer), Some(Some("open".to_owned())));
    let participant = class.enter(after(1), &participant(1)).unwrap();
    assert_eq!(invitation(participant), Some(None));
}

#[test]
fn the_same_stay_elsewhere_replaces_the_first_without_doubling() {
    let mut class = Class::open();
    class.enter(after(0), &participant(1)).unwrap();
    let elsewhere = Entrance { connection: ConnectionId(Uuid::from_u128(301)), ..participant(1) };
    let effects = class.enter(after(10), &elsewhere).unwrap();
    let old = ConnectionId(Uuid::from_u128(201));
    assert!(effects.contains(&Effect::Close { connection: old, goodbye: Some(Goodbye::Elsewhere) }));
    assert_eq!(class.room.present(), 1);
    assert!(!broadcasts(&effects).iter().any(|n| matches!(n, Notice::PersonGone { .. })));
}

#[test]
fn silence_loses_the_connection_then_the_place() {
    let mut class = Class::open();
    class.enter(after(0), &trainer()).unwrap();
    class.enter(after(0), &participant(1)).unwrap();
    class.ask(after(50), 11, Request::Heartbeat {});
    let effects = class.wake(after(60));
    let lost = effects.iter().find_map(|e| match e {
        Effect::Journal(Fact::Lost { last_heard, .. }) => Some(*last_heard),
        _ => None,
    });
    assert_eq!(lost, Some(after(0)), "closed at the last sign of life, not at its detection");
    class.ask(after(100), 11, Request::Heartbeat {});
    let effects = class.wake(after(120));
    let gone = Notice::PersonGone { participant: id(PARTICIPANTS + 1), why: Gone::Lost };
    assert!(broadcasts(&effects).contains(&&gone));
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
    Request::Publish { sdp: "v=0".to_owned(), tracks }
}

#[test]
fn the_trainer_silences_and_the_person_may_speak_again() {
    let mut class = Class::open();
    class.enter(after(0), &trainer()).unwrap();
    class.enter(after(0), &participant(1)).unwrap();
    class.ask(after(1), 201, publish(&[Source::Microphone]));
    let effects = class.ask(after(2), 11, Request::MuteAll {});
    let track = class.room.stage.track_of(id(PARTICIPANTS + 1), Source::Microphone).unwrap();
    assert!(effects.contains(&Effect::Media(MediaOrder::Mute { track, muted: true })));
    let shown = class.room.person(id(PARTICIPANTS + 1)).unwrap().tracks;
    assert!(shown.first().unwrap().muted_by_trainer);
    let effects = class.ask(after(2), 201, publish(&[Source::Microphone, Source::Camera]));
    let silenced = effects.iter().find_map(|effect| match effect {
        Effect::Media(MediaOrder::Publish { tracks, .. }) => {
            tracks.iter().find(|t| t.track == track).map(|t| t.muted)
        }
        _ => None,
    });
    assert_eq!(silenced, Some(true), "a renegotiation does not undo it");
    class.ask(after(3), 201, Request::Mute { track, muted: false });
    assert!(!class.room.person(id(PARTICIPANTS + 1)).unwrap().tracks.first().unwrap().muted);
    assert_eq!(
        refusal(&class.ask(after(4), 11, Request::Mute { track, muted: true })),
        Some(Refusal::UnknownTrack)
    );
}

#[test]
fn one_screen_at_a_time_and_only_with_the_floor() {
    let mut class = Class::open();
    class.enter(after(0), &trainer()).unwrap();
    class.enter(after(0), &participant(1)).unwrap();
    assert_eq!(refusal(&class.ask(after(1), 201, publish(&[Source::Screen]))), Some(Refusal::NotAllowed));
    let floor = Request::SetRole { participant: id(PARTICIPANTS + 1), role: Role::Speaker };
    class.ask(after(2), 11, floor);
    class.ask(after(3), 201, publish(&[Source::Screen, Source::ScreenAudio]));
    assert_eq!(refusal(&class.ask(after(4), 11, publish(&[Source::Screen]))), Some(Refusal::ScreenTaken));
    let twice = publish(&[Source::Camera, Source::Camera]);
    assert_eq!(refusal(&class.ask(after(5), 11, twice)), Some(Refusal::TooManyTracks));
    let back = Request::SetRole { participant: id(PARTICIPANTS + 1), role: Role::Participant };
    let effects = class.ask(after(6), 11, back);
    let withdrawn = effects.iter().filter(|e| matches!(e, Effect::Media(MediaOrder::Unpublish { .. })));
    assert_eq!(withdrawn.count(), 2, "a screen goes with the floor");
}

#[test]
fn an_offer_that_cannot_be_used_takes_its_tracks_back() {
    let mut class = Class::open();
    class.enter(after(0), &participant(1)).unwrap();
    class.ask(after(1), 201, publish(&[Source::Camera]));
    let reason = Refusal::BadSdp { detail: "not SDP".to_owned() };
    let effects = class.room.publish_refused(after(2), id(PARTICIPANTS + 1), reason.clone());
    assert_eq!(refusal(&effects), Some(reason));
    assert!(class.room.stage.tracks_of(id(PARTICIPANTS + 1)).is_empty());
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
fn a_knock_that_is_refused_opens_nothing_and_a_visit_days_before_is_not_recorded() {
    let mut class = Class::open();
    let early = start() - SignedDuration::from_hours(48);
    assert!(class.enter(early, &participant(1)).is_err());
    assert!(class.facts.is_empty() && class.room.view().state == SeanceState::Planned);
    let effects = class.enter(early, &trainer()).unwrap();
    assert_eq!(welcome(&effects).recording, RecordingState::Waiting {});
    assert!(!effects.iter().any(|e| matches!(e, Effect::Recorder(_))));
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

#[test]
fn a_given_floor_outlives_an_absence_and_a_removal_covers_every_stay() {
    let mut class = Class::open();
    class.enter(after(0), &trainer()).unwrap();
    class.enter(after(0), &participant(1)).unwrap();
    let twin = Entrance {
        participant: id(PARTICIPANTS + 50),
        connection: ConnectionId(Uuid::from_u128(250)),
        ..participant(1)
    };
    class.enter(after(1), &twin).unwrap();
    class.ask(after(2), 11, Request::SetRole { participant: id(PARTICIPANTS + 1), role: Role::Speaker });
    let gone = class.room.disconnected(after(3), ConnectionId(Uuid::from_u128(201)), Departure::Closed);
    class.keep(after(3), gone);
    class.ask(after(50), 11, Request::Heartbeat {});
    class.wake(after(70));
    assert!(class.room.person(id(PARTICIPANTS + 1)).is_none());
    let effects = class.enter(after(71), &participant(1)).unwrap();
    assert_eq!(welcome(&effects).you.role, Role::Speaker);
    let effects = class.ask(after(72), 11, Request::Remove { participant: id(PARTICIPANTS + 1) });
    let closed = effects.iter().filter(|e| matches!(e, Effect::Close { .. }));
    assert!(closed.count() >= 1 && class.room.connection_of(twin.participant).is_none());
    assert_eq!(class.enter(after(73), &twin).unwrap_err(), Refusal::Removed);
}

#[test]
fn many_missed_notices_come_as_one_state_and_floods_are_refused() {
    let mut class = Class::open();
    class.enter(after(0), &trainer()).unwrap();
    let entered = class.enter(after(0), &participant(1)).unwrap();
    let seen = welcome(&entered).reached;
    for n in 0..60 {
        assert_eq!(refusal(&class.ask(after(1), 11, Request::RaiseHand { raised: n % 2 == 0 })), None);
    }
    assert_eq!(
        refusal(&class.ask(after(1), 11, Request::RaiseHand { raised: true })),
        Some(Refusal::TooFast)
    );
    for second in 12..15 {
        for n in 0..60 {
            class.ask(after(second * 11 - 110), 11, Request::RaiseHand { raised: n % 2 == 0 });
        }
    }
    let resume = Some(Resume { epoch: BootId(Uuid::from_u128(9)), seen });
    let back = Entrance { resume, connection: ConnectionId(Uuid::from_u128(301)), ..participant(1) };
    assert!(class.room.backlog.after(seen).is_some(), "all of it is still known");
    let effects = class.enter(after(45), &back).unwrap();
    assert_eq!(welcome(&effects).people.len(), 2);
}

/// Everything a replay must restore, as the next person to enter would see it.
fn state(room: &Room) -> impl PartialEq + std::fmt::Debug {
    let people: BTreeMap<ParticipantId, Person> =
        room.members.iter().filter_map(|(id, _)| Some((id, room.person(id)?))).collect();
    (people, room.hands.order(), room.chat.latest(), room.recording, room.view(), room.ended.clone())
}

#[derive(Debug, Clone)]
enum Step {
    Enter(u128),
    Lose(u128),
    Ask(u128, Request),
    Wait(i64),
}

fn request() -> impl Strategy<Value = Request> {
    let who = (PARTICIPANTS + 1..PARTICIPANTS + 4).prop_map(id);
    prop_oneof![
        Just(Request::Heartbeat {}),
        Just(Request::Leave {}),
        any::<bool>().prop_map(|raised| Request::RaiseHand { raised }),
        ("[a-z]{0,4}", "[a-c]").prop_map(|(text, client_id)| Request::ChatPost { client_id, text }),
        Just(Request::MuteAll {}),
        any::<bool>().prop_map(|on| Request::Record { on }),
        (0u16..20).prop_map(|minutes| Request::Extend { minutes }),
        Just(publish(&[Source::Microphone, Source::Camera])),
        Just(publish(&[Source::Screen])),
        Just(publish(&[])),
        who.clone().prop_map(|participant| Request::SetRole { participant, role: Role::Speaker }),
        who.clone().prop_map(|participant| Request::LowerHand { participant }),
        who.clone().prop_map(|participant| Request::Remove { participant }),
        who.prop_map(|participant| Request::MuteParticipant { participant, source: Source::Microphone }),
        (any::<bool>(), any::<bool>()).prop_map(|(on, microphone)| Request::Sound { on, microphone }),
        Just(Request::EndSeance {}),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0u128..4).prop_map(Step::Enter),
        1 => (0u128..4).prop_map(Step::Lose),
        8 => ((0u128..4), request()).prop_map(|(who, request)| Step::Ask(who, request)),
        1 => (1i64..30).prop_map(Step::Wait),
    ]
}

proptest! {
    /// Whatever people do, the journal alone gives the same room; and numbers of notices have no hole for anybody.
    #[test]
    fn the_journal_replayed_gives_the_same_room(steps in prop::collection::vec(step(), 1..40)) {
        let mut class = Class::open();
        let mut now = start();
        for step in steps {
            match step {
                Step::Enter(0) => drop(class.enter(now, &trainer())),
                Step::Enter(n) => drop(class.enter(now, &participant(n))),
                // After the end nobody's presence is written down any more.
                Step::Lose(_) if class.room.is_over() => {}
                Step::Lose(n) => {
                    let connection = if n == 0 { 11 } else { 200 + n };
                    let how = Departure::Closed;
                    let lost = class.room.disconnected(now, ConnectionId(Uuid::from_u128(connection)), how);
                    class.keep(now, lost);
                }
                Step::Ask(0, request) => drop(class.ask(now, 11, request)),
                Step::Ask(n, request) => drop(class.ask(now, 200 + n, request)),
                Step::Wait(seconds) => now += SignedDuration::from_secs(seconds),
            }
        }
        prop_assert_eq!(format!("{:?}", state(&class.room)), format!("{:?}", state(&class.replayed())));
        let numbers: Vec<u64> = class.effects.iter().filter_map(|effect| match effect {
            Effect::Broadcast { seq, .. } => Some(*seq),
            _ => None,
        }).collect();
        prop_assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1));
    }
}
