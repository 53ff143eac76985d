//! Who comes before the trainer waits.

use super::*;
use crate::attendance::{PresenceSheet, Status, sheet};
use crate::protocol::seance::EndCause;

fn waiting_plan() -> Seance {
    Seance { lobby: Lobby::HostAbsent, ..plan() }
}

fn class() -> Class {
    Class { room: Room::new(waiting_plan(), BootId(Uuid::from_u128(9))), ..Class::open() }
}

fn waits(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Tell { notice: Notice::Waiting(_), .. }))
}

fn welcomed(effects: &[Effect]) -> Vec<ConnectionId> {
    let told = effects.iter().filter_map(|effect| match effect {
        Effect::Tell { to, notice: Notice::Welcome(_) } => Some(*to),
        _ => None,
    });
    told.collect()
}

/// The sheet of what the class wrote down.
fn presence(class: &Class, now: Timestamp) -> PresenceSheet {
    let boot = BootId(Uuid::from_u128(9));
    let records: Vec<Record> = (1_u64..)
        .zip(&class.facts)
        .map(|(seq, (at, fact))| Record {
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
    sheet(&waiting_plan(), class.room.view(), &records, now)
}

#[test]
fn everybody_enters_with_the_trainer_in_the_order_of_arrival_and_the_wait_counts() {
    let mut class = class();
    assert!(waits(&class.enter(after(-300), &participant(1)).unwrap()));
    assert!(waits(&class.enter(after(-200), &participant(2)).unwrap()));
    assert_eq!((class.room.present(), class.room.view().state), (0, SeanceState::Live));
    assert_eq!(refusal(&class.ask(after(-100), 201, say("Bonjour", "a"))), Some(Refusal::NotJoined));
    assert_eq!(class.ask(after(-90), 201, Request::Heartbeat {}), []);
    for second in [-40, 10, 60, 110, 160, 210, 260] {
        class.ask(after(second), 201, Request::Heartbeat {});
        class.ask(after(second), 202, Request::Heartbeat {});
        class.wake(after(second));
    }
    let effects = class.enter(after(300), &trainer()).unwrap();
    let came = [11, 201, 202].map(|connection| ConnectionId(Uuid::from_u128(connection)));
    assert_eq!(welcomed(&effects), came);
    assert_eq!(class.room.present(), 3);
    for second in (310..900).step_by(40) {
        class.ask(after(second), 201, Request::Heartbeat {});
        class.wake(after(second));
    }
    // Later ones need not wait, also while the trainer is away.
    let gone = class.room.disconnected(after(899), came[0], Departure::Closed);
    class.keep(after(899), gone);
    assert!(!waits(&class.enter(after(900), &participant(3)).unwrap()));
    class.enter(after(901), &Class::entrance(1, 12, Role::Trainer)).unwrap();
    for second in (920..3_000).step_by(40) {
        for connection in [12, 201, 203] {
            class.ask(after(second), connection, Request::Heartbeat {});
        }
        class.wake(after(second));
    }
    class.ask(after(3_000), 12, Request::EndSeance {});

    let sheet = presence(&class, after(3_001));
    let row = |n: u128| sheet.rows.iter().find(|row| row.name == format!("Personne {}", PARTICIPANTS + n));
    let first = row(1).unwrap();
    assert_eq!((first.lobby_ms, first.connected_ms), (600_000, 2_700_000));
    assert_eq!((first.presence_ms, first.status), (3_000_000, Status::Present));
    assert_eq!(row(3).unwrap().presence_ms, 2_100_000);
}

#[test]
fn who_leaves_falls_silent_or_comes_by_another_window_waits_no_longer_than_that() {
    let mut class = class();
    class.enter(after(0), &participant(1)).unwrap();
    class.enter(after(0), &participant(2)).unwrap();
    class.enter(after(0), &participant(3)).unwrap();
    let other = Entrance { connection: ConnectionId(Uuid::from_u128(300)), ..participant(3) };
    let moved = class.enter(after(20), &other).unwrap();
    let elsewhere = |effect: &Effect| matches!(effect, Effect::Close { goodbye: Some(Goodbye::Elsewhere), connection } if connection.0.as_u128() == 203);
    assert!(waits(&moved) && moved.iter().any(elsewhere));
    class.ask(after(30), 201, Request::Leave {});
    class.ask(after(50), 300, Request::Heartbeat {});
    let silent = class.wake(after(70));
    assert!(
        silent.iter().any(|effect| matches!(effect, Effect::Close { goodbye: Some(Goodbye::Silent), .. }))
    );
    class.ask(after(100), 300, Request::Heartbeat {});
    assert_eq!(welcomed(&class.enter(after(120), &trainer()).unwrap()).len(), 2);
    let sheet = presence(&class, after(120));
    let mut waited: Vec<u64> = sheet.rows.iter().map(|row| row.lobby_ms).filter(|ms| *ms > 0).collect();
    waited.sort_unstable();
    assert_eq!(waited, [30_000, 120_000]);
}

#[test]
fn without_a_trainer_it_ends_by_itself_and_the_wait_is_kept_as_evidence() {
    let mut class = class();
    class.enter(after(0), &participant(1)).unwrap();
    for minute in 0..=120 {
        class.ask(after(60 * minute + 30), 201, Request::Heartbeat {});
        class.wake(after(60 * minute + 31));
    }
    let told = |notice: &Notice| matches!(notice, Notice::Ended(ending) if ending.why == EndCause::Forgotten);
    assert!(class.effects.iter().any(|effect| matches!(effect, Effect::Tell { notice, .. } if told(notice))));
    let sheet = presence(&class, after(8_000));
    let row = sheet.rows.first().unwrap();
    assert_eq!((row.presence_ms, row.status), (0, Status::SeanceAnnulee));
    assert!(row.lobby_ms >= 7_190_000, "{}", row.lobby_ms);
}

#[test]
fn a_restart_a_trainer_who_looked_in_and_a_changed_plan() {
    let mut class = class();
    // Days before, to prepare: nobody is recorded, and nobody need not wait because of it.
    class.enter(after(-100_000), &trainer()).unwrap();
    class.ask(after(-99_000), 11, Request::Leave {});
    assert!(waits(&class.enter(after(0), &participant(1)).unwrap()));
    let again = class.replayed();
    class.room = Room { plan: waiting_plan(), ..again };
    assert!(waits(&class.enter(after(60), &participant(1)).unwrap()), "nobody is inside after a restart");
    let opened = class.room.replan(after(90), plan());
    assert_eq!(welcomed(&class.keep(after(90), opened)).len(), 1);
    assert_eq!(class.room.present(), 1);
}

#[test]
fn observers_and_organisers_do_not_wait() {
    let mut class = class();
    for role in [Role::Observer, Role::Organiser] {
        assert!(!waits(&class.enter(after(0), &Class::entrance(7, 70, role)).unwrap()));
    }
}
