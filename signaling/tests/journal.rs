//! The chain finds every alteration, lets texts be erased, and its form is pinned.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use jiff::Timestamp;
use proptest::{collection::vec, prelude::*};
use serde_json::Value;
use signaling::{
    id::{BootId, ConnectionId, MessageId, ParticipantId, PersonId, SeanceId},
    journal::{Broken, Fact, Flaw, Head, Identity, Moment, Record, verify},
    protocol::{Role, seance::EndCause},
};
use uuid::Uuid;

const SEANCE: SeanceId = SeanceId(Uuid::from_u128(0x5ea));

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn chained(facts: Vec<(u64, Fact)>) -> Vec<Record> {
    let mut head = Head::start(SEANCE);
    let mut mono_ms = 0;
    facts
        .into_iter()
        .zip(1u8..)
        .map(|((later_ms, fact), salt)| {
            mono_ms += later_ms;
            let at = Moment { boot: BootId(Uuid::from_u128(7)), boot_at: time(0), mono_ms };
            head.append(at, at.effective(), fact, [salt; 32]).unwrap()
        })
        .collect()
}

fn fact() -> impl Strategy<Value = Fact> {
    let participant = || (0..9u128).prop_map(|id| ParticipantId(Uuid::from_u128(id)));
    let connection = || (0..9u128).prop_map(|id| ConnectionId(Uuid::from_u128(id)));
    let moment = || (0..9_000i64).prop_map(time);
    prop_oneof![
        (participant(), connection(), "\\PC{1,9}", any::<bool>()).prop_map(
            |(participant, connection, name, guest)| {
                Fact::Joined {
                    person: PersonId(Uuid::from_u128(3)),
                    participant,
                    connection,
                    name,
                    role: if guest { Role::Participant } else { Role::Trainer },
                    identity: if guest { Identity::Declared } else { Identity::Federated },
                }
            }
        ),
        (participant(), connection(), "\\PC{1,9}").prop_map(|(participant, connection, name)| {
            Fact::LobbyEntered {
                person: PersonId(Uuid::from_u128(3)),
                participant,
                connection,
                name,
                role: Role::Participant,
                identity: Identity::Declared,
            }
        }),
        (participant(), connection(), moment(), any::<bool>()).prop_map(
            |(participant, connection, until, admitted)| {
                Fact::LobbyLeft { participant, connection, until, admitted }
            }
        ),
        (participant(), connection())
            .prop_map(|(participant, connection)| Fact::Left { participant, connection }),
        (participant(), connection(), moment()).prop_map(|(participant, connection, last_heard)| {
            Fact::Lost { participant, connection, last_heard }
        }),
        vec((connection(), moment()), 0..5).prop_map(|heard| Fact::Heartbeats { heard }),
        (participant(), "\\PC{0,40}").prop_map(|(participant, text)| Fact::ChatPosted {
            message: MessageId(Uuid::from_u128(1)),
            participant,
            client_id: "c-1".to_owned(),
            text,
        }),
        (participant(), proptest::option::of("[a-c]{1,3}"))
            .prop_map(|(participant, room)| Fact::RoomChanged { participant, room }),
        proptest::option::of(moment()).prop_map(|heard_until| Fact::Opened { heard_until }),
        (moment(), participant()).prop_map(|(ends_at, by)| Fact::Extended { ends_at, by }),
        proptest::option::of(participant()).prop_map(|by| Fact::Ended { why: EndCause::Trainer, by }),
    ]
}

fn journal() -> impl Strategy<Value = Vec<Record>> {
    vec((0..60_000u64, fact()), 1..12).prop_map(chained)
}

/// Every leaf of a JSON value, as a path.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| leaves(value, &format!("{path}/{key}"), found));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| leaves(item, &format!("{path}/{index}"), found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => found.push(path.to_owned()),
    }
}

/// Other values of the same kind, close to the original.
fn altered(leaf: &Value) -> Vec<Value> {
    match leaf {
        Value::Null => vec![Value::from("x"), Value::from("2026-11-18T13:00:00Z")],
        Value::Bool(flag) => vec![Value::from(!flag)],
        Value::Number(number) => {
            let number = number.as_u64().unwrap();
            vec![Value::from(number + 1), Value::from(number.wrapping_sub(1))]
        }
        Value::String(text) => {
            let mut flipped: Vec<char> = text.chars().collect();
            if let Some(last) = flipped.last_mut() {
                *last = if *last == '1' { '2' } else { '1' };
            }
            let next_second = text
                .parse::<Timestamp>()
                .ok()
                .map(|at| Value::from((at + jiff::SignedDuration::from_secs(1)).to_string()));
            [
                Value::from(flipped.iter().collect::<String>()),
                Value::from(format!("{text}0")),
                Value::from(text.to_uppercase()),
            ]
            .into_iter()
            .chain(next_second)
            .collect()
        }
        Value::Array(_) | Value::Object(_) => Vec::new(),
    }
}

proptest! {
    // Every alteration of every field of every record, in each.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_altered_field_is_found(records in journal()) {
        for (index, record) in records.iter().enumerate() {
            let json = serde_json::to_value(record).unwrap();
            let mut paths = Vec::new();
            leaves(&json, "", &mut paths);
            for path in paths {
                for other in altered(json.pointer(&path).unwrap()) {
                    let mut json = json.clone();
                    *json.pointer_mut(&path).unwrap() = other;
                    // What cannot be read any more is found by reading.
                    let Ok(forged) = serde_json::from_value::<Record>(json) else { continue };
                    if forged == *record {
                        continue;
                    }
                    let mut forgery = records.clone();
                    forgery[index] = forged;
                    let broken = verify(SEANCE, &forgery);
                    prop_assert!(broken.is_err(), "{path} of record {} was changed unseen", index + 1);
                    prop_assert_eq!(broken.unwrap_err().seq, index as u64 + 1);
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn what_was_chained_verifies_and_survives_storage(records in journal()) {
        let stored: Vec<Record> =
            serde_json::from_str(&serde_json::to_string(&records).unwrap()).unwrap();
        prop_assert_eq!(&stored, &records);
        let head = verify(SEANCE, &stored).unwrap();
        prop_assert_eq!(head.seq, records.len() as u64);
        prop_assert_eq!(&head.hash, &records.last().unwrap().hash);
    }

    #[test]
    fn a_hole_a_repeat_or_a_swap_is_found(records in journal(), at in any::<prop::sample::Index>()) {
        let at = at.index(records.len());
        let mut repeated = records.clone();
        repeated.insert(at, records[at].clone());
        prop_assert_eq!(verify(SEANCE, &repeated).unwrap_err().why, Flaw::Hole);

        if at + 1 < records.len() {
            let mut shorter = records.clone();
            shorter.remove(at);
            prop_assert_eq!(verify(SEANCE, &shorter), Err(Broken { seq: at as u64 + 1, why: Flaw::Hole }));

            let mut swapped = records.clone();
            swapped.swap(at, at + 1);
            prop_assert_eq!(verify(SEANCE, &swapped), Err(Broken { seq: at as u64 + 1, why: Flaw::Hole }));
        }
    }

    #[test]
    fn a_digest_too_many_or_too_few_is_found(records in journal(), at in any::<prop::sample::Index>()) {
        let at = at.index(records.len());
        let broken = Err(Broken { seq: at as u64 + 1, why: Flaw::Text });
        let mut longer = records.clone();
        longer[at].digests.push("0".repeat(64));
        prop_assert_eq!(verify(SEANCE, &longer), broken.clone());
        let mut shorter = records;
        if shorter[at].digests.pop().is_some() {
            prop_assert_eq!(verify(SEANCE, &shorter), broken);
        }
    }

    /// Whoever rewrites a record with a new, correct hash has to rewrite all that follow.
    #[test]
    fn a_rewritten_record_no_longer_carries_the_next(records in journal(), other in fact()) {
        prop_assume!(records.len() > 1 && other != records[0].fact);
        let mut forgery = records;
        forgery[0] = Head::start(SEANCE).append(forgery[0].at, forgery[0].wall, other, [1; 32]).unwrap();
        prop_assert_eq!(verify(SEANCE, &forgery), Err(Broken { seq: 2, why: Flaw::Link }));
    }

    #[test]
    fn erased_texts_leave_the_chain_whole(records in journal(), erased in vec(any::<bool>(), 12)) {
        let kept = verify(SEANCE, &records).unwrap();
        let mut records = records;
        for (record, _) in records.iter_mut().zip(erased).filter(|(_, erased)| *erased) {
            record.erase_texts();
            prop_assert!(record.salt.is_empty());
        }
        prop_assert_eq!(verify(SEANCE, &records), Ok(kept));
    }

    #[test]
    fn records_of_another_seance_are_refused(records in journal()) {
        let other = SeanceId(Uuid::from_u128(1));
        prop_assert_eq!(verify(other, &records).unwrap_err().why, Flaw::ForeignSeance);
    }
}

#[test]
fn an_empty_journal_verifies() {
    assert_eq!(verify(SEANCE, []), Ok(Head::start(SEANCE)));
}

#[test]
fn a_chain_goes_on_from_its_stored_head() {
    let facts = |count| (0..count).map(|_| (5, Fact::Heartbeats { heard: Vec::new() })).collect();
    let whole = chained(facts(4));
    let mut head = verify(SEANCE, &whole[..3]).unwrap();
    let next = head.append(whole[3].at, whole[3].wall, whole[3].fact.clone(), [4; 32]).unwrap();
    assert_eq!(next, whole[3]);
}

/// The stored form is a promise: a change here makes every old journal unverifiable.
#[test]
fn the_form_is_pinned() {
    let records = chained(vec![
        (0, Fact::Opened { heard_until: None }),
        (
            1_500,
            Fact::ChatPosted {
                message: MessageId(Uuid::from_u128(1)),
                participant: ParticipantId(Uuid::from_u128(2)),
                client_id: "c-1".to_owned(),
                text: "Bonjour à tous".to_owned(),
            },
        ),
    ]);
    let hashes: Vec<&str> = records.iter().map(|record| record.hash.as_str()).collect();
    assert_eq!(
        hashes,
        [
            "4e6e6c81d4f46c5be79aa72023fed179ff30313fe8b113d697457eaedc090918",
            "6ad63ca676b71f7816e6a88190742ae2169b7570ef55430d769f3286c63c2bf0",
        ]
    );
}
