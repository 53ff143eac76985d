//! The one law of the room: its journal replayed gives the same room.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

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
