//! Trainers' time: cases J01 to J05 of the domain, from the journal of a class.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod class;

use class::{Class, MANAGER, TRAINER, U1, expected, minute, person, seance};
use signaling::{
    attendance::{Enrolled, Status, Table},
    correction::{Change, Correction, Reason},
    enrolment::EnrolmentRole,
    hours::{
        Minutes,
        intervention::{SeanceInterventions, Sharing, totals},
        roll::Held,
    },
    journal::{Fact, Identity},
    protocol::{Role, seance::EndCause},
};

const SECOND: u128 = 72;
const INSPECTOR: u128 = 73;
const TUTOR: u128 = 74;

/// 14:00 to 15:30: the host from 13:40 to 15:40, a second animator for 30 minutes, a tutor for all of it, an inspector
/// who looks in, and a trainee.
fn class() -> Class {
    let mut class = Class::held();
    class.expects(U1);
    class.known.enrolled.push(Enrolled { role: Role::CoTrainer, ..expected(SECOND, Table::Trainers) });
    class.known.enrolled.push(Enrolled {
        table: None,
        role: Role::Observer,
        ..expected(INSPECTOR, Table::Tutors)
    });
    class.known.enrolled.push(expected(TUTOR, Table::Tutors));
    class.stays(SECOND, 0, 30, Role::CoTrainer, Identity::Federated);
    class.stays(INSPECTOR, 10, 20, Role::Observer, Identity::Federated);
    class.stays(TUTOR, 0, 90, Role::Participant, Identity::Federated);
    class.stays(U1, 0, 90, Role::Participant, Identity::Federated);
    class.says(100, &Fact::Ended { why: EndCause::Trainer, by: None });
    class
}

fn held(class: &Class) -> Held {
    Held { plan: seance(), sheet: class.sheet() }
}

/// Who did what: before, animation, after, credited.
fn told(class: &Class, sharing: Sharing) -> Vec<(u128, [u32; 4])> {
    let found = SeanceInterventions::of(&held(class), sharing);
    assert!(found.closed);
    let minutes = [TRAINER, SECOND, TUTOR, INSPECTOR, U1].into_iter().filter_map(|who| {
        let one = found.people.iter().find(|one| one.person == person(who))?;
        Some((who, [one.before, one.animation, one.after, one.credited].map(|Minutes(minutes)| minutes)))
    });
    minutes.collect()
}

fn decides(class: &mut Class, who: u128, status: Status) {
    let correction = Correction {
        people: vec![person(who)],
        change: Change::Status(Some(status)),
        reason: Reason::Autre,
        text: "a remplacé sa collègue".to_owned(),
        seen: class.sheet().version,
    };
    class.corrects(MANAGER, minute(200), &correction).unwrap();
}

#[test]
fn j01_j03_j05_who_led_is_credited_the_announced_duration() {
    let mut class = class();
    let expected = [(TRAINER, [20, 90, 10, 90]), (SECOND, [0, 30, 0, 0]), (TUTOR, [0, 90, 0, 0])];
    assert_eq!(told(&class, Sharing::Chacun), expected, "neither the inspector nor the trainee is in it");
    // Below the threshold it is correctable, and shared among those who are credited.
    decides(&mut class, SECOND, Status::Present);
    let credited = |sharing| told(&class, sharing).iter().map(|(_, minutes)| minutes[3]).collect::<Vec<_>>();
    assert_eq!(credited(Sharing::Chacun), [90, 90, 0]);
    assert_eq!(credited(Sharing::Partage), [45, 45, 0]);
    let found = SeanceInterventions::of(&held(&class), Sharing::Chacun);
    let roles: Vec<_> = found.people.iter().map(|one| (one.role, one.by_hand)).collect();
    let both =
        [(EnrolmentRole::Trainer, false), (EnrolmentRole::CoTrainer, true), (EnrolmentRole::Tutor, false)];
    assert_eq!(both.iter().filter(|one| roles.contains(one)).count(), 3, "{roles:?}");
}

#[test]
fn what_does_not_divide_goes_to_the_first_and_sums_are_of_closed_seances() {
    let class = class();
    let mut running = held(&class);
    running.sheet.closed = false;
    let mut odd = held(&class);
    odd.plan.duration_min = 91;
    for row in odd.sheet.rows.iter_mut().filter(|row| row.table == Table::Trainers) {
        row.decided = Status::Present;
    }
    let shared = SeanceInterventions::of(&odd, Sharing::Partage);
    let credits: Vec<u32> = shared.people.iter().map(|one| one.credited.0).collect();
    assert_eq!(credits, [46, 45, 0]);
    let seances =
        [&running, &held(&class), &held(&class)].map(|held| SeanceInterventions::of(held, Sharing::Chacun));
    let total = totals(&seances).into_iter().find(|one| one.person == person(TRAINER)).unwrap();
    assert_eq!((total.animation, total.credited), (Minutes(180), Minutes(180)));
    let [own, ..] = seances;
    assert_eq!(own.clone().only(person(TRAINER)).unwrap().people.len(), 1);
    assert_eq!(own.only(person(U1)), None, "a trainee led nothing");
}
