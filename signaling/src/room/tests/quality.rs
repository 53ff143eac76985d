//! Weak connections: told to those who lead, kept nowhere; and who is heard in any crowd.

use super::*;
use crate::protocol::media::QualityLevel;

fn id(who: u128) -> ParticipantId {
    ParticipantId(Uuid::from_u128(who))
}

/// Who is told of weak connections, and what.
fn weak(effects: &[Effect]) -> Vec<(ConnectionId, ParticipantId, bool)> {
    let told = |effect: &Effect| match effect {
        Effect::Tell { to, notice: Notice::Weak { participant, weak } } => Some((*to, *participant, *weak)),
        _ => None,
    };
    effects.iter().filter_map(told).collect()
}

#[test]
fn a_weak_connection_is_told_to_those_who_lead_and_again_when_they_enter() {
    let mut class = Class::open();
    class.enter(after(0), &Class::entrance(1, 101, Role::Trainer)).unwrap();
    class.enter(after(1), &Class::entrance(2, 102, Role::Participant)).unwrap();
    let trainer = ConnectionId(Uuid::from_u128(101));
    assert_eq!(weak(&class.room.weak(id(2), true)), [(trainer, id(2), true)]);
    assert_eq!(class.room.weak(id(2), true), [], "told once");
    assert_eq!(class.room.weak(id(9), true), [], "nobody by that identifier");
    let entered = class.enter(after(2), &Class::entrance(3, 103, Role::CoTrainer)).unwrap();
    assert_eq!(weak(&entered), [(ConnectionId(Uuid::from_u128(103)), id(2), true)]);
    let entered = class.enter(after(2), &Class::entrance(4, 104, Role::Participant)).unwrap();
    assert_eq!(weak(&entered), [], "not for colleagues");
    // Who left is no longer weak for those who come.
    class.ask(after(3), 102, Request::Leave {});
    let entered = class.enter(after(4), &Class::entrance(5, 105, Role::CoTrainer)).unwrap();
    assert_eq!(weak(&entered), []);
    assert_eq!(class.room.weak(id(2), false), []);
}

#[test]
fn figures_go_to_the_person_alone() {
    let mut class = Class::open();
    class.enter(after(0), &Class::entrance(1, 101, Role::Trainer)).unwrap();
    class.enter(after(1), &Class::entrance(2, 102, Role::Participant)).unwrap();
    let to = ConnectionId(Uuid::from_u128(102));
    let notice = Notice::Quality { level: QualityLevel::Poor, loss_percent: 12, round_trip_ms: 90 };
    assert_eq!(class.room.quality(id(2), QualityLevel::Poor, 12, 90), [Effect::Tell { to, notice }]);
    let told = class.room.excess(id(2));
    assert!(matches!(
        told[..],
        [Effect::Tell { notice: Notice::Refused { reason: Refusal::TooMuchMedia, .. }, .. }]
    ));
}

#[test]
fn the_floor_comes_and_goes_with_the_role() {
    let floor = |effects: &[Effect]| -> Vec<bool> {
        let order = |effect: &Effect| match effect {
            Effect::Media(MediaOrder::Floor { holds, .. }) => Some(*holds),
            _ => None,
        };
        effects.iter().filter_map(order).collect()
    };
    let mut class = Class::open();
    assert_eq!(floor(&class.enter(after(0), &Class::entrance(1, 101, Role::Trainer)).unwrap()), [true]);
    assert_eq!(floor(&class.enter(after(1), &Class::entrance(2, 102, Role::Participant)).unwrap()), [false]);
    for (role, holds) in [(Role::Speaker, true), (Role::Participant, false)] {
        let effects = class.ask(after(2), 101, Request::SetRole { participant: id(2), role });
        assert_eq!(floor(&effects), [holds]);
    }
}
