//! A plan that is changed while the room is open.

use super::*;
use crate::protocol::seance::EndCause;

#[test]
fn a_changed_plan_is_told_and_what_was_extended_stays_extended() {
    let mut class = Class::open();
    class.enter(after(-600), &Class::entrance(1, 101, Role::Trainer)).unwrap();
    class.ask(after(-500), 101, Request::Extend { minutes: 20 });
    let mut plan = plan();
    plan.starts_at = after(3_600);
    plan.recorded = false;
    let effects = class.room.replan(after(-400), plan.clone());
    let told = effects.iter().find_map(|effect| match effect {
        Effect::Broadcast { notice: Notice::Seance { seance }, .. } => Some(seance.clone()),
        _ => None,
    });
    let told = told.unwrap();
    assert_eq!((told.starts_at, told.opens_at), (after(3_600), after(1_800)));
    assert_eq!(told.ends_at, after(3_600 + 110 * 60));
    let early = Class::entrance(2, 102, Role::Participant);
    assert_eq!(class.enter(after(0), &early).unwrap_err(), Refusal::NotOpenYet { opens_at: after(1_800) });

    plan.cancelled_at = Some(after(100));
    let effects = class.room.replan(after(100), plan);
    let effects = class.keep(after(100), effects);
    let ended = |effect: &Effect| {
        matches!(effect, Effect::Journal(Fact::Ended { why: EndCause::Cancelled, by: None }))
    };
    assert!(effects.iter().any(ended));
    assert_eq!(class.room.view().state, SeanceState::Cancelled);
    assert_eq!(class.enter(after(101), &early).unwrap_err(), Refusal::Cancelled);
}
