//! Who may come in and when, and what those hear who come back.

use super::*;

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
