//! From the sheets of a session to the hours of its people, and from sessions to a school year.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use jiff::{SignedDuration, Timestamp, civil::date};
use signaling::{
    attendance::{
        Enrolled, GaiaStatus, Known, Log, PresenceSheet, Segment, SegmentKind, Status, Table, decided,
    },
    emargement::{HalfDay, Method, Signature},
    hours::{
        Announced, Minutes,
        account::{Category, RuleSet},
        annual::{Delivery, annual},
        roll::{Held, Reckoned, Roll, TO_VERIFY, Trainee},
        school_year::{SchoolYear, YearStart},
        training::{Hours, HoursMode, Outcome, Parts, Rule, Training},
    },
    id::{HalfDayId, ParcoursId, PersonId, SeanceId, SessionFormationId},
    parcours::{Parcours, SessionFormation, SessionState},
    person::{Degree, Person},
    protocol::{Role, seance::SeanceKind},
    seance::Seance,
};
use uuid::Uuid;

const U1: PersonId = PersonId(Uuid::from_u128(1));
const LEADER: PersonId = PersonId(Uuid::from_u128(70));

fn at(hour: i64) -> Timestamp {
    "2026-11-18T08:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hour)
}

fn plan(number: u128, hour: i64, kind: SeanceKind) -> Seance {
    Seance {
        kind,
        session_formation: Some(SessionFormationId(Uuid::nil())),
        ..Seance::new(SeanceId(Uuid::from_u128(number)), &format!("CV {number}"), at(hour))
    }
}

fn expected(person: PersonId, table: Table, double_role: bool) -> Enrolled {
    Enrolled {
        person,
        last_name: "DURAND".to_owned(),
        first_name: "Marie".to_owned(),
        table: Some(table),
        role: if table == Table::Trainers { Role::Trainer } else { Role::Participant },
        gaia: GaiaStatus::Unlinked,
        double_role,
        removed_at: None,
    }
}

/// A séance that is over, with that decision about both people and that much of it retained.
fn held(plan: Seance, status: Status, hours: std::ops::Range<i64>) -> Held {
    let known = Known {
        enrolled: vec![expected(U1, Table::Participants, false), expected(LEADER, Table::Trainers, true)],
        ..Known::default()
    };
    let log = Log::default();
    let mut sheet = decided(&plan, log.view(&plan), &log, &known, at(240));
    sheet.closed = true;
    for row in &mut sheet.rows {
        (row.status, row.decided) = (status, status);
        row.segments =
            vec![Segment { from: at(hours.start), to: at(hours.end), kind: SegmentKind::Connected }];
    }
    Held { plan, sheet }
}

/// A day of two half-days, the morning signed.
fn morning(number: u128) -> Held {
    let plan = plan(number, 48, SeanceKind::Presentiel);
    let half_day = |n: u128, hour: i64| HalfDay {
        id: HalfDayId(Uuid::from_u128(n)),
        starts_at: at(hour),
        duration_min: 180,
    };
    let half_days = vec![half_day(1, 48), half_day(2, 53)];
    let signature = Signature {
        half_day: half_days[0].id,
        person: U1,
        method: Method::Tick,
        at: at(48),
        author: LEADER,
        attachment_sha256: String::new(),
    };
    let known = Known {
        enrolled: vec![expected(U1, Table::Participants, false)],
        half_days,
        signatures: vec![signature],
        ..Known::default()
    };
    let log = Log::default();
    let sheet: PresenceSheet = decided(&plan, log.view(&plan), &log, &known, at(240));
    Held { plan, sheet }
}

fn training(mode: HoursMode) -> Training {
    let announced = Announced { distance: Some(Minutes(180)), presence: Some(Minutes(360)) };
    Training { mode, rule: Rule::All, announced, counted: true }
}

fn reckon(roll: &Roll<'_>, person: PersonId, accepted: bool) -> Reckoned {
    roll.reckon(Trainee { person, nominative: true, double_role_accepted: accepted })
}

const REMOTE: SeanceKind = SeanceKind::ClasseVirtuelle;

#[test]
fn sheets_become_a_proposal_and_a_proposal_becomes_hours_by_an_act_only() {
    let seances = [
        held(plan(2, 24, REMOTE), Status::Absent, 24..24),
        morning(3),
        held(plan(1, 0, REMOTE), Status::Present, 0..1),
    ];
    let roll = Roll::new(training(HoursMode::Attestee), &seances);
    assert_eq!(roll.columns().iter().map(|column| &column.title).collect::<Vec<_>>(), ["CV 1", "CV 2"]);
    assert_eq!((roll.half_days(), roll.is_unfinished()), (2, false));
    let found = reckon(&roll, U1, false);
    assert_eq!(found.outcomes, [Outcome::Present, Outcome::Absent], "by start");
    assert_eq!(
        (found.signed, found.proposal),
        (1, Parts::default()),
        "one séance and one half-day are missing"
    );
    assert!(roll.to_attest(&found, None).is_none());
    assert_eq!(roll.hours(&found, None), Hours::NONE);
    let by_hand = roll.hours(&found, Some(Parts { distance: true, presence: false }));
    assert_eq!(by_hand, Hours::Counted { distance: Minutes(180), presence: Minutes::ZERO });
    let credited = Roll::new(training(HoursMode::ParSeance), &seances);
    let found = reckon(&credited, U1, false);
    assert_eq!(found.proposal, Parts { distance: true, presence: true }, "each part has earned something");
    let act = Some(found.proposal);
    let half = Hours::Counted { distance: Minutes(90), presence: Minutes(180) };
    assert_eq!(credited.hours(&found, act), half, "one séance and one half-day");
    assert!(credited.to_attest(&found, None).is_some(), "credits are there to be attested");
}

#[test]
fn a_decision_about_the_row_of_a_day_wins_over_its_signatures() {
    let reckoned = |mode, decided, signed: bool| {
        let mut day = morning(3);
        for row in &mut day.sheet.rows {
            row.decided = decided;
            if !signed {
                row.signatures.clear();
            }
        }
        let seances = [day];
        let roll = Roll::new(training(mode), &seances);
        let found = reckon(&roll, U1, false);
        (found.signed, roll.hours(&found, Some(found.proposal)).total().0)
    };
    use HoursMode::{Attestee, ParSeance};
    use Status::{Absent, Excuse, Present};
    for (mode, decided, signed, expected) in [
        (ParSeance, Present, true, (1, 180)),
        // A wrong tick, then a correction.
        (ParSeance, Absent, true, (0, 0)),
        (ParSeance, Excuse, true, (0, 0)),
        (Attestee, Absent, true, (0, 0)),
        // Nobody signed: presence by decision is that of the whole day.
        (ParSeance, Present, false, (2, 360)),
        (Attestee, Present, false, (2, 360)),
        (ParSeance, Absent, false, (0, 0)),
    ] {
        assert_eq!(reckoned(mode, decided, signed), expected, "{mode:?}, {decided:?}, signed {signed}");
    }
}

#[test]
fn nothing_is_proposed_that_asks_for_a_seance_to_come_and_what_was_called_off_asks_nothing() {
    let first = held(plan(1, 0, REMOTE), Status::Present, 0..1);
    let mut later = held(plan(2, 24, REMOTE), Status::Absent, 24..24);
    later.sheet.closed = false;
    let mut called_off = held(plan(3, 30, REMOTE), Status::Absent, 30..30);
    called_off.plan.cancelled_at = Some(at(20));
    let deserted = held(plan(4, 36, REMOTE), Status::SeanceAnnulee, 36..36);
    let seances = [first.clone(), later, called_off.clone(), deserted.clone()];
    let roll = Roll::new(training(HoursMode::Attestee), &seances);
    let found = reckon(&roll, U1, false);
    let outcomes = [Outcome::Present, Outcome::ToCome, Outcome::Silent, Outcome::Silent];
    assert_eq!((found.outcomes.as_slice(), roll.is_unfinished()), (&outcomes[..], true));
    assert!(!found.proposal.distance);
    let stranger = reckon(&roll, PersonId(Uuid::from_u128(9)), false);
    assert_eq!(stranger.outcomes[3], Outcome::Silent, "whoever has no row");
    let over = [first, called_off, deserted];
    let roll = Roll::new(training(HoursMode::Attestee), &over);
    assert!(reckon(&roll, U1, false).proposal.distance);
}

#[test]
fn of_two_seances_at_once_the_sheet_of_hours_says_which_one_is_to_be_looked_at() {
    let seances =
        [held(plan(1, 0, REMOTE), Status::Present, 0..2), held(plan(2, 1, REMOTE), Status::Present, 1..2)];
    let roll = Roll::new(training(HoursMode::ParSeance), &seances);
    let found = reckon(&roll, U1, false);
    let act = Some(Parts { distance: true, presence: false });
    assert_eq!(roll.hours(&found, act).total(), Minutes(90), "G01: one of them is credited");
    assert!(found.flags.iter().any(|flag| flag == TO_VERIFY), "{:?}", found.flags);
}

#[test]
fn g01_the_same_time_is_credited_once_across_sessions_too() {
    // 13:00 to 15:00 here, 14:00 to 15:00 in a session of another parcours that credits by séance.
    let here = [held(plan(1, 0, REMOTE), Status::Present, 0..2)];
    let there = [held(plan(2, 1, REMOTE), Status::Present, 1..2)];
    let act = Some(Parts { distance: true, presence: false });
    let told = |own: &[Held], beside: &[Held]| {
        let roll = Roll::new(training(HoursMode::ParSeance), own).beside(beside);
        let found = reckon(&roll, U1, false);
        (roll.hours(&found, act).total().0, found.flags.iter().any(|flag| flag == TO_VERIFY))
    };
    assert_eq!(told(&here, &there), (90, false), "the greater presence counts");
    assert_eq!(told(&there, &here), (0, true), "and the other one is to be looked at");
    assert_eq!(told(&there, &[]), (90, false));
    let absent = [held(plan(1, 0, REMOTE), Status::Absent, 0..2)];
    assert_eq!(told(&there, &absent), (90, false), "who was not there takes nothing away");
    let flat = Roll::new(training(HoursMode::Attestee), &there).beside(&here);
    assert_eq!(flat.hours(&reckon(&flat, U1, false), act).total(), Minutes(180), "flat modes do not look");
}

#[test]
fn seances_are_credited_in_the_school_year_of_their_own_day() {
    // A session over the summer: a séance in June, one in September, by the clock of Paris.
    let on = |number: u128, starts_at: &str| {
        let mut one = held(plan(number, 0, REMOTE), Status::Present, 0..1);
        one.plan.starts_at = starts_at.parse().unwrap();
        for segment in one.sheet.rows.iter_mut().flat_map(|row| &mut row.segments) {
            (segment.from, segment.to) =
                (one.plan.starts_at, one.plan.starts_at + SignedDuration::from_hours(1));
        }
        one
    };
    let seances =
        [on(1, "2026-06-10T13:00:00Z"), on(2, "2026-08-31T22:10:00Z"), on(3, "2026-09-30T13:00:00Z")];
    let roll = Roll::new(training(HoursMode::ParSeance), &seances);
    let found = reckon(&roll, U1, false);
    let days = roll.days(&found, found.proposal);
    let told: Vec<_> = days.iter().map(|day| (day.on.to_string(), day.distance.0)).collect();
    let expected = [("2026-06-10", 90), ("2026-09-01", 90), ("2026-09-30", 90)];
    assert_eq!(told, expected.map(|(day, minutes)| (day.to_owned(), minutes)));
    let act = roll.hours(&found, Some(Parts { distance: true, presence: false }));
    let (parcours, session) = (parcours(1), session(1, HoursMode::ParSeance, date(2026, 12, 18)));
    let delivery = Delivery {
        session: &session,
        parcours: &parcours,
        nominative: true,
        act: Some(act),
        days: &days,
        told: None,
        repeated_accepted: false,
    };
    let person = Person::named(U1, None, "DURAND", "Marie");
    let (start, rules) = (YearStart::default(), RuleSet::default());
    let of = |first: i16, delivery: &Delivery<'_>| {
        let year = SchoolYear::beginning(first, start);
        let found = annual(&person, year, start, rules, std::slice::from_ref(delivery));
        (found.total.0, found.lines.iter().map(|line| line.on).collect::<Vec<_>>())
    };
    assert_eq!(of(2025, &delivery), (90, vec![date(2026, 6, 10)]));
    assert_eq!(of(2026, &delivery), (180, vec![date(2026, 9, 30)]));
    assert_eq!(of(2027, &delivery), (0, vec![]));
    // An act of before there were days, and a flat mode: the end of the session decides.
    let whole = Delivery { days: &[], ..delivery };
    assert_eq!((of(2025, &whole).0, of(2026, &whole)), (0, (270, vec![date(2026, 12, 18)])));
    // What the cap leaves out is the latest.
    let mut small = training(HoursMode::ParSeance);
    small.announced = Announced { distance: Some(Minutes(120)), presence: None };
    let roll = Roll::new(small, &seances);
    let found = reckon(&roll, U1, false);
    let capped: Vec<u32> = roll.days(&found, found.proposal).iter().map(|day| day.distance.0).collect();
    assert_eq!(capped, [90, 30]);
    assert!(roll.days(&found, Parts::default()).is_empty(), "a refusal gives nothing on any day");
}

#[test]
fn who_is_in_both_lists_has_no_hour_before_a_gestionnaire_decided() {
    let seances = [held(plan(1, 0, REMOTE), Status::Present, 0..1)];
    let roll = Roll::new(training(HoursMode::Attestee), &seances);
    assert!(roll.doubled().contains(&LEADER) && !roll.seen().contains(&LEADER));
    let act = Some(Parts { distance: true, presence: false });
    let pending = reckon(&roll, LEADER, false);
    assert_eq!((roll.hours(&pending, act), roll.to_attest(&pending, None).is_some()), (Hours::NONE, false));
    let accepted = reckon(&roll, LEADER, true);
    assert_eq!(
        (roll.hours(&accepted, act).total(), roll.to_attest(&accepted, None).is_some()),
        (Minutes(180), true)
    );
    let walk_in = roll.reckon(Trainee { person: U1, nominative: false, double_role_accepted: false });
    assert_eq!((roll.hours(&walk_in, act), roll.to_attest(&walk_in, None).is_some()), (Hours::NONE, false));
}

fn parcours(number: u128) -> Parcours {
    Parcours {
        id: ParcoursId(Uuid::from_u128(number)),
        identifiant: "26_A025_CALCULMENTAL_1.0".to_owned(),
        title: "Calcul mental".to_owned(),
        academy: "ac-versailles".to_owned(),
        collection: String::new(),
        announced: training(HoursMode::Attestee).announced,
        category: Category::Fc,
        counted: true,
        objectives: String::new(),
        competences: String::new(),
    }
}

fn session(number: u128, mode: HoursMode, ends_on: jiff::civil::Date) -> SessionFormation {
    SessionFormation {
        id: SessionFormationId(Uuid::from_u128(number)),
        parcours: ParcoursId(Uuid::from_u128(1)),
        academy: "ac-versailles".to_owned(),
        title: format!("n° {number}"),
        starts_on: ends_on,
        ends_on,
        state: SessionState::Open,
        hours_mode: mode,
        rule: Rule::All,
    }
}

#[test]
fn a_year_adds_up_what_was_attested_in_it() {
    let parcours = [parcours(1), parcours(2)];
    let sessions = [
        session(1, HoursMode::Attestee, date(2026, 11, 18)),
        session(2, HoursMode::Attestee, date(2027, 8, 31)),
        session(3, HoursMode::Inscription, date(2026, 12, 1)),
        session(4, HoursMode::Attestee, date(2026, 8, 31)),
    ];
    let act = Hours::Counted { distance: Minutes(180), presence: Minutes::ZERO };
    let delivery = |n: usize, of: usize, act| Delivery {
        session: &sessions[n],
        parcours: &parcours[of],
        nominative: true,
        act,
        days: &[],
        told: None,
        repeated_accepted: false,
    };
    let mut deliveries = vec![
        delivery(0, 0, Some(act)),
        delivery(1, 0, Some(act)),
        delivery(2, 1, None),
        delivery(3, 0, Some(act)),
    ];
    let mut person = Person::named(U1, None, "DURAND", "Marie");
    person.degree = Some(Degree::Pu1d);
    let (start, rules) = (YearStart::default(), RuleSet::default());
    let year = SchoolYear::beginning(2026, start);
    let found = annual(&person, year, start, rules, &deliveries);
    assert_eq!(found.school_year, "2026-2027");
    let shown = |line: &signaling::hours::report::AnnualLine| {
        (line.title.clone(), line.hours.total().0, line.repeated, line.attested)
    };
    assert_eq!(
        found.lines.iter().map(shown).collect::<Vec<_>>(),
        [
            ("n° 1".to_owned(), 180, false, true),
            // By registration alone, as that mode says.
            ("n° 3".to_owned(), 540, false, false),
            ("n° 2".to_owned(), 0, true, true),
        ],
        "the last one belongs to the year before"
    );
    let account = found.account.clone().unwrap();
    assert_eq!((account.total, account.remaining), (Minutes(720), Minutes(360)));
    assert_eq!((found.total, found.days.as_str()), (Minutes(720), "2,00"));
    deliveries[1].repeated_accepted = true;
    assert_eq!(annual(&person, year, start, rules, &deliveries).total, Minutes(900));
    person.degree = Some(Degree::Pu2d);
    assert!(annual(&person, year, start, rules, &deliveries).account.is_none());
    let before = annual(&person, SchoolYear::beginning(2025, start), start, rules, &deliveries);
    assert_eq!((before.lines.len(), before.total), (1, Minutes(180)));
}
