//! Teachers against sessions: the two ways of counting, what is counted once, and counts of all.

use jiff::civil::{Date, date};
use uuid::Uuid;

use super::super::{
    account::Category,
    statistics::{Count, of_year},
    training::{Parts, Rule},
};
use super::*;
use crate::{
    id::{ParcoursId, PersonId},
    parcours::{Parcours, SessionState},
    person::Degree,
};

const SIX: Announced = Announced { distance: Some(Minutes(180)), presence: Some(Minutes(180)) };
const UNKNOWN: Announced = Announced { distance: None, presence: None };

type Offer = (SessionFormation, Parcours);

fn id(n: u128) -> SessionFormationId {
    SessionFormationId(Uuid::from_u128(n))
}

fn offer(n: u128, design: u128, ends_on: Date, announced: Announced) -> Offer {
    let parcours = Parcours {
        id: ParcoursId(Uuid::from_u128(design)),
        identifiant: String::new(),
        title: String::new(),
        academy: "ac-versailles".to_owned(),
        collection: String::new(),
        announced,
        category: Category::Fc,
        counted: true,
        objectives: String::new(),
        competences: String::new(),
    };
    let session = SessionFormation {
        id: id(n),
        parcours: parcours.id,
        academy: parcours.academy.clone(),
        title: format!("Session {n}"),
        starts_on: ends_on,
        ends_on,
        state: SessionState::Open,
        hours_mode: HoursMode::Attestee,
        rule: Rule::All,
    };
    (session, parcours)
}

/// Enrolled by name; nothing attested.
fn follows((session, parcours): &Offer) -> Delivery<'_> {
    Delivery {
        session,
        parcours,
        nominative: true,
        act: None,
        days: &[],
        told: None,
        repeated_accepted: false,
    }
}

/// The same with an act that counts for so many minutes.
fn attested(offer: &Offer, distance: u32, presence: u32) -> Delivery<'_> {
    let hours = Hours::Counted { distance: Minutes(distance), presence: Minutes(presence) };
    let told = Parts { distance: distance > 0, presence: presence > 0 };
    Delivery { act: Some(hours), told: Some(told), ..follows(offer) }
}

fn helene(n: u128) -> Person {
    let mut person = Person::named(PersonId(Uuid::from_u128(n)), None, "D’ANGELO", "Hélène");
    "École Jules-Ferry".clone_into(&mut person.school);
    "Trappes".clone_into(&mut person.town);
    "0789999V".clone_into(&mut person.uai);
    if n < 8 { "0780001A" } else { "" }.clone_into(&mut person.circonscription);
    person.degree = Some(Degree::Pu1d);
    person
}

fn teacher<'a>(person: &'a Person, deliveries: Vec<Delivery<'a>>) -> Teacher<'a> {
    Teacher { person, year_start: YearStart::default(), deliveries }
}

fn shown(teachers: &[Teacher<'_>], counting: Counting) -> (Vec<SessionFormationId>, Vec<Vec<String>>) {
    let (columns, rows) = matrix(teachers, &BTreeMap::new(), 2026, counting);
    let cells = |row: &SupervisedPerson| row.cells.iter().map(|cell| cell.text()).collect();
    (columns.iter().map(|column| column.session_formation).collect(), rows.iter().map(cells).collect())
}

fn texts(teacher: &Teacher<'_>, counting: Counting) -> Vec<String> {
    shown(std::slice::from_ref(teacher), counting).1.remove(0)
}

#[test]
fn the_two_ways_of_counting_differ_where_nothing_was_attested() {
    let offers = [
        offer(1, 1, date(2026, 10, 7), SIX),
        offer(2, 2, date(2026, 11, 7), SIX),
        offer(3, 3, date(2027, 1, 14), UNKNOWN),
        offer(4, 4, date(2027, 2, 14), UNKNOWN),
        offer(5, 5, date(2027, 3, 14), SIX),
    ];
    let whole = Delivery { act: Some(Hours::NotFilled { attested: true }), ..attested(&offers[2], 1, 0) };
    let deliveries = vec![
        attested(&offers[0], 180, 0),
        follows(&offers[1]),
        whole,
        follows(&offers[3]),
        attested(&offers[4], 0, 0),
    ];
    let person = helene(1);
    let helene = teacher(&person, deliveries);
    assert_eq!(texts(&helene, Counting::Inscription), ["6:00", "6:00", "NR", "NR", "6:00"]);
    assert_eq!(texts(&helene, Counting::Attestee), ["3:00", "0", "100%", "0", "0"]);
    let (_, rows) = matrix(&[helene], &BTreeMap::new(), 2026, Counting::Attestee);
    assert_eq!(rows[0].total, Minutes(180));
}

#[test]
fn a_session_by_registration_shows_only_what_was_attested_when_that_is_asked() {
    let mut one = offer(1, 1, date(2026, 10, 7), SIX);
    one.0.hours_mode = HoursMode::Inscription;
    // Kept is what counts in that mode, the whole; only one part was told.
    let told = Some(Parts { distance: true, presence: false });
    let person = helene(1);
    let helene = teacher(&person, vec![Delivery { told, ..attested(&one, 180, 180) }]);
    assert_eq!(texts(&helene, Counting::Attestee), ["3:00"]);
    assert_eq!(texts(&helene, Counting::Inscription), ["6:00"]);
}

#[test]
fn the_same_parcours_is_counted_once_and_a_school_year_ends() {
    let offers = [
        offer(1, 1, date(2026, 10, 7), SIX),
        offer(2, 1, date(2027, 3, 7), SIX),
        offer(3, 1, date(2027, 9, 1), SIX),
        offer(4, 2, date(2026, 8, 31), SIX),
    ];
    let person = helene(1);
    let mut helene = teacher(&person, offers.iter().map(|offer| attested(offer, 180, 180)).collect());
    let (columns, _) = shown(std::slice::from_ref(&helene), Counting::Attestee);
    assert_eq!(columns, [id(1), id(2)], "what ends in another school year is not of this one");
    assert_eq!(texts(&helene, Counting::Attestee), ["6:00", "0"]);
    assert_eq!(texts(&helene, Counting::Inscription), ["6:00", "0"]);
    helene.deliveries[1].repeated_accepted = true;
    assert_eq!(texts(&helene, Counting::Attestee), ["6:00", "6:00"]);
    // In the south the year is the calendar's.
    helene.year_start = YearStart::try_from("02-01".to_owned()).unwrap();
    assert_eq!(shown(&[helene], Counting::Attestee).0, [id(4), id(1)]);
}

#[test]
fn columns_are_those_that_somebody_of_the_list_follows() {
    let offers = [offer(1, 1, date(2026, 10, 7), SIX), offer(2, 2, date(2026, 9, 7), SIX)];
    let walked_in = Delivery { nominative: false, ..follows(&offers[1]) };
    let people = [helene(1), helene(2), helene(3)];
    let teachers = [
        teacher(&people[0], vec![attested(&offers[0], 180, 180)]),
        teacher(&people[1], vec![walked_in]),
        teacher(&people[2], Vec::new()),
    ];
    let (columns, rows) = shown(&teachers, Counting::Inscription);
    assert_eq!(columns, [id(2), id(1)]);
    assert_eq!(rows, [["", "6:00"], ["0", ""], ["", ""]], "who walked in is not registered by name");
}

#[test]
fn people_are_found_by_any_words_of_their_names_and_schools() {
    let person = helene(1);
    let helene = teacher(&person, Vec::new());
    for (school, search, found) in [
        ("", "", true),
        ("", "helene", true),
        ("", "d'angelo hélène", true),
        ("", "durand", false),
        ("ferry jules", "", true),
        ("jules-ferry TRAPPES", "", true),
        ("0789999v", "Hel", true),
        ("Plaisir", "helene", false),
    ] {
        assert_eq!(helene.matches(school, search), found, "{school:?} {search:?}");
    }
}

#[test]
fn statistics_count_who_followed_and_what_it_gave_and_hide_few() {
    let one = offer(1, 1, date(2026, 10, 7), SIX);
    let people: Vec<Person> = (1..=12).map(helene).collect();
    let mut teachers: Vec<Teacher<'_>> =
        people.iter().map(|person| teacher(person, vec![attested(&one, 180, 0)])).collect();
    teachers[11].deliveries.clear();
    let (degrees, circonscriptions, total) = of_year(&teachers, 2026);
    let told = |count: Count| match count {
        Count::Shown { count } => Some(count),
        Count::Hidden => None,
    };
    assert_eq!((told(total.people), told(total.minutes)), (Some(11), Some(11 * 180)));
    assert_eq!(degrees.len(), 5);
    assert_eq!((degrees[0].label.as_str(), told(degrees[0].people)), ("PU1D", Some(11)));
    assert_eq!(told(degrees[4].people), Some(0));
    // Seven of the circonscription and four of none: the four are few, and the seven would tell them.
    let groups: Vec<(&str, Option<u64>)> =
        circonscriptions.iter().map(|group| (group.label.as_str(), told(group.people))).collect();
    assert_eq!(groups, [("0780001A", None), ("", None)]);
    assert_eq!(told(of_year(&teachers, 2027).2.people), Some(0));
}
