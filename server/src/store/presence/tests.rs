//! Other séances of the same people.

use signaling::{
    emargement::HalfDay,
    enrolment::{EnrolmentRole, EnrolmentSource},
    id::HalfDayId,
    planning::{Context, NewSeance, plan},
};
use uuid::Uuid;

use super::*;
use crate::store::Gathering;

fn seance(n: u128, starts_at: Timestamp) -> Seance {
    let new = serde_json::json!({"title": "CV", "startsAt": "2026-11-18T14:00", "durationMin": 60});
    let context = Context {
        id: SeanceId(Uuid::from_u128(n)),
        academy: "ac-versailles".to_owned(),
        time_zone: "UTC".to_owned(),
        made_by: None,
        trainers: Vec::new(),
        now: starts_at,
    };
    let (planned, _) = plan(&serde_json::from_value::<NewSeance>(new).unwrap(), context).unwrap();
    Seance { starts_at, ..planned }
}

#[tokio::test]
async fn what_is_held_at_the_same_time_is_found_among_all_of_a_busy_day() {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path()).await.unwrap();
    let noon: Timestamp = "2026-11-18T12:00:00Z".parse().unwrap();
    let person = PersonId(Uuid::from_u128(1));
    let put = async |n: u128, starts_at: Timestamp| {
        let planned = seance(n, starts_at);
        store.put_seance(&planned).await.unwrap();
        let (to, role) = (Gathering::Seance(planned.id), EnrolmentRole::Participant);
        store.enrol_person(to, person, role, EnrolmentSource::Manual, noon).await.unwrap();
        planned
    };
    let own = put(100, noon).await;
    // Many in the morning, long over; one half an hour later.
    for n in 0..60_u32 {
        let before = SignedDuration::from_hours(10) + SignedDuration::from_mins(i64::from(n));
        put(u128::from(n), noon - before).await;
    }
    let other = put(99, noon + SignedDuration::from_mins(30)).await;
    let found: Vec<SeanceId> =
        store.meanwhile(&own).await.unwrap().into_iter().map(|other| other.id).collect();
    assert_eq!(found, [other.id]);
}

#[tokio::test]
async fn a_half_day_days_after_the_start_of_its_seance_is_found_from_both_sides() {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path()).await.unwrap();
    let noon: Timestamp = "2026-11-18T12:00:00Z".parse().unwrap();
    let later = noon + SignedDuration::from_hours(10 * 24);
    let put = async |planned: Seance| {
        store.put_seance(&planned).await.unwrap();
        let (to, role) = (Gathering::Seance(planned.id), EnrolmentRole::Participant);
        let person = PersonId(Uuid::from_u128(1));
        store.enrol_person(to, person, role, EnrolmentSource::Manual, noon).await.unwrap();
        planned
    };
    let on_site = put(Seance { kind: SeanceKind::Presentiel, ..seance(1, noon) }).await;
    let id = HalfDayId(Uuid::from_u128(9));
    let day = HalfDay { id, starts_at: later, duration_min: 180 };
    store.add_half_days(on_site.id, &[day]).await.unwrap();
    let remote = put(seance(2, later + SignedDuration::from_mins(90))).await;
    // In between, and after: nobody is at both.
    let between = put(seance(3, noon + SignedDuration::from_hours(5 * 24))).await;
    put(seance(4, later + SignedDuration::from_mins(180))).await;
    let beside = async |plan: &Seance| {
        let found = store.meanwhile(plan).await.unwrap();
        found.into_iter().map(|other| other.id).collect::<Vec<_>>()
    };
    assert_eq!(beside(&on_site).await, [remote.id]);
    assert_eq!(beside(&remote).await, [SeanceId(Uuid::from_u128(4)), on_site.id]);
    assert!(beside(&between).await.is_empty());
}
