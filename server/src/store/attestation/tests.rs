//! Acts one after the other and at once, and what somebody follows.

use std::collections::BTreeSet;

use signaling::{
    enrolment::{EnrolmentRole, EnrolmentSource},
    hours::{
        Announced, Minutes,
        account::Category,
        report::ExceptionKind,
        training::{HoursMode, Rule},
    },
    id::ParcoursId,
    parcours::{Parcours, SessionFormation, SessionState},
    person::Person,
};

use super::*;
use crate::store::{Circonscription, Following, Gathering, Supervised, Whose};

const ACADEMY: &str = "ac-versailles";
const TOLD: Parts = Parts { distance: true, presence: false };

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn person(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

fn session(n: u128) -> SessionFormationId {
    SessionFormationId(Uuid::from_u128(n))
}

fn act(n: u128, second: i64) -> Act {
    Act {
        id: Uuid::from_u128(n),
        session_formation: session(1),
        author: person(70),
        at: instant(second),
        root: "aa".to_owned(),
        public_key: "bb".to_owned(),
        signature: "cc".to_owned(),
    }
}

/// An attestation of that act; `n` is its number, and its place among the leaves.
fn attested(act: &Act, who: u128, n: usize, hours: Hours) -> Replaced {
    let attestation = Attestation {
        id: AttestationId(Uuid::from_u128(1_000 + n as u128)),
        number: format!("2026-2027-A025-{n:06}"),
        session_formation: act.session_formation,
        person: person(who),
        hours,
        days: Vec::new(),
        attested: TOLD,
        proposed: TOLD,
        by_hand: false,
        reason: String::new(),
        author: act.author,
        at: act.at,
        revoked: None,
        verify_code: format!("CODE-{n}"),
        act: act.id,
        leaf_index: n,
        leaf: format!("leaf {n}"),
        salt: String::new(),
        line: None,
    };
    Replaced { attestation, before: None }
}

const THREE: Hours = Hours::Counted { distance: Minutes(180), presence: Minutes::ZERO };

#[tokio::test]
async fn an_act_is_kept_whole_or_not_at_all_and_one_attestation_holds() {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path()).await.unwrap();
    let first = act(1, 100);
    let both = [attested(&first, 1, 1, THREE), attested(&first, 2, 0, Hours::NotFilled { attested: true })];
    assert!(store.attest(&first, &both).await.unwrap());
    assert_eq!(store.attestations_made().await.unwrap(), 2);
    let kept = store.attestations_in(session(1)).await.unwrap();
    let whole: Vec<&Attestation> = [1, 0].iter().map(|n: &usize| &both[*n].attestation).collect();
    assert_eq!(kept.iter().collect::<Vec<_>>(), whole, "as they were written, by number");
    let (found, leaves) = store.act(first.id).await.unwrap().unwrap();
    assert_eq!((found, leaves), (first.clone(), vec!["leaf 0".to_owned(), "leaf 1".to_owned()]));

    // The number is taken, or the person was attested meanwhile: nothing of the whole act is kept.
    let second = act(2, 200);
    let taken = [attested(&second, 3, 3, THREE), attested(&second, 4, 1, THREE)];
    assert!(!store.attest(&second, &taken).await.unwrap());
    let overtaken = [attested(&second, 3, 3, THREE), attested(&second, 1, 4, THREE)];
    assert!(!store.attest(&second, &overtaken).await.unwrap());
    assert!(store.act(second.id).await.unwrap().is_none());
    assert!(store.attestations_of(person(3)).await.unwrap().is_empty());

    let before = both[0].attestation.id;
    let instead = Replaced { before: Some(before), ..attested(&second, 1, 4, THREE) };
    assert!(store.attest(&second, std::slice::from_ref(&instead)).await.unwrap());
    let own = store.attestations_of(person(1)).await.unwrap();
    let replaced = own[0].revoked.clone().unwrap();
    assert_eq!((replaced.at, replaced.reason.as_str(), &own[1].revoked), (instant(200), "", &None));
    assert!(
        !store.attest(&act(3, 300), std::slice::from_ref(&instead)).await.unwrap(),
        "no longer what holds"
    );

    let id = instead.attestation.id;
    assert!(store.revoke_attestation((session(1), id), person(71), "Erreur.", instant(400)).await.unwrap());
    assert!(!store.revoke_attestation((session(1), id), person(71), "Encore.", instant(500)).await.unwrap());
    let revoked = store.attestation_by_code("CODE-4").await.unwrap().unwrap().revoked.unwrap();
    assert_eq!((revoked.at, revoked.reason.as_str()), (instant(400), "Erreur."));
    assert!(!store.attestations_in(session(1)).await.unwrap().iter().any(|one| one.person == person(1)));
    store.close().await;
}

#[tokio::test]
async fn of_many_at_once_each_person_is_attested_by_one() {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path()).await.unwrap();
    let tries = (0..6usize).map(|n| {
        let (store, act) = (store.clone(), act(n as u128 + 1, 100));
        let lines = [attested(&act, 1, 2 * n, THREE), attested(&act, 2, 2 * n + 1, THREE)];
        async move { store.attest(&act, &lines).await }
    });
    let told = futures_util::future::join_all(tries).await;
    // Who loses is told so, or that the other one's row stands already.
    let done = told.iter().filter(|one| matches!(one, Ok(true))).count();
    assert_eq!((done, store.attestations_in(session(1)).await.unwrap().len()), (1, 2));
    store.close().await;
}

async fn known(store: &Store, n: u128, circonscription: &str) {
    let mut one = Person::named(person(n), None, "DURAND", "Marie");
    one.academy = ACADEMY.to_owned();
    one.circonscription = circonscription.to_owned();
    store.put_person(&one, instant(0)).await.unwrap();
}

async fn delivered(store: &Store, n: u128) {
    let parcours = Parcours {
        id: ParcoursId(Uuid::from_u128(n)),
        identifiant: String::new(),
        title: format!("Parcours {n}"),
        academy: ACADEMY.to_owned(),
        collection: String::new(),
        announced: Announced { distance: Some(Minutes(180)), presence: None },
        category: Category::Ap,
        counted: true,
        objectives: String::new(),
        competences: String::new(),
    };
    store.put_parcours(&parcours, instant(0)).await.unwrap();
    let day = jiff::civil::date(2026, 11, 18);
    let session = SessionFormation {
        id: session(n),
        parcours: parcours.id,
        academy: ACADEMY.to_owned(),
        title: format!("Session {n}"),
        starts_on: day,
        ends_on: day,
        state: SessionState::Open,
        hours_mode: HoursMode::Attestee,
        rule: Rule::All,
    };
    store.put_session_formation(&session, instant(0)).await.unwrap();
}

#[tokio::test]
async fn people_follow_what_they_are_enrolled_in_or_hold_an_attestation_of() {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path()).await.unwrap();
    for n in 1..=2 {
        known(&store, n, "0780001A").await;
        delivered(&store, n).await;
    }
    known(&store, 3, "").await;
    let enrol = async |who, n, role, source| {
        let to = Gathering::Session(session(n));
        store.enrol_person(to, person(who), role, source, instant(1)).await.unwrap();
    };
    enrol(1, 1, EnrolmentRole::Participant, EnrolmentSource::Gaia).await;
    enrol(2, 1, EnrolmentRole::Trainer, EnrolmentSource::Manual).await;
    enrol(2, 2, EnrolmentRole::Participant, EnrolmentSource::WalkIn).await;
    enrol(3, 2, EnrolmentRole::Participant, EnrolmentSource::Csv).await;
    let following = |who, n, nominative, act| Following {
        person: person(who),
        session_formation: session(n),
        nominative,
        act,
        days: Vec::new(),
        told: act.map(|_| TOLD),
    };
    let trappes = Circonscription { academy: ACADEMY.to_owned(), name: "0780001A".to_owned() };
    let inspected = Supervised { circonscriptions: vec![trappes], ..Supervised::default() };
    let managed = Supervised { academies: vec![ACADEMY.to_owned()], ..Supervised::default() };
    let here = Whose::Within(&inspected);
    let plain = [following(1, 1, true, None), following(2, 2, false, None)];
    assert_eq!(store.followed(here).await.unwrap(), plain);
    assert_eq!(store.supervised(&inspected).await.unwrap().len(), 2);
    assert_eq!(store.supervised(&managed).await.unwrap().len(), 3);

    // Attested without being enrolled any longer; a trainer whom somebody let count as a trainee.
    let first = act(1, 100);
    assert!(store.attest(&first, &[attested(&first, 3, 0, THREE)]).await.unwrap());
    let accept =
        store.accept_exception(session(1), person(2), ExceptionKind::DoubleRole, person(71), instant(2));
    accept.await.unwrap();
    let accepted = store.exceptions_in(session(1), ExceptionKind::DoubleRole).await.unwrap();
    assert_eq!(accepted, BTreeSet::from([person(2)]));
    let three = [following(3, 1, false, Some(THREE)), following(3, 2, true, None)];
    assert_eq!(store.followed(Whose::Person(person(3))).await.unwrap(), three);
    let two = [following(2, 1, true, None), following(2, 2, false, None)];
    assert_eq!(store.followed(Whose::Person(person(2))).await.unwrap(), two);
    let all = store.followed(Whose::Within(&managed)).await.unwrap();
    assert_eq!(all.len(), 5);

    let asked = BTreeSet::from([session(1), session(2), session(9)]);
    let deliveries = store.deliveries(&asked).await.unwrap();
    let titles: Vec<&str> = deliveries.values().map(|(_, parcours)| parcours.title.as_str()).collect();
    assert_eq!(titles, ["Parcours 1", "Parcours 2"]);
    store.close().await;
}
