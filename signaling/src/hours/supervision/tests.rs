//! Teachers against sessions: the two ways of counting, what is counted once, and counts of all.

use jiff::civil::date;
use uuid::Uuid;

use super::super::statistics::{Count, of_year};
use super::*;

const SIX: Announced = Announced { distance: Some(Minutes(180)), presence: Some(Minutes(180)) };
const UNKNOWN: Announced = Announced { distance: None, presence: None };

fn id(n: u128) -> SessionFormationId {
    SessionFormationId(Uuid::from_u128(n))
}

fn offer(n: u128, parcours: u128, ends_on: Date, announced: Announced) -> (SessionFormationId, Offer) {
    let offer = Offer {
        session_formation: id(n),
        parcours: ParcoursId(Uuid::from_u128(parcours)),
        title: format!("Session {n}"),
        starts_on: ends_on,
        ends_on,
        trainers: Vec::new(),
        announced,
        mode: HoursMode::Attestee,
        category: Category::Fc,
        counted: true,
    };
    (id(n), offer)
}

fn follows(attested: Option<Attested>) -> Following {
    let registration = Registration { nominative: true, double_role: false };
    Following { registration, repeated_accepted: false, attested }
}

/// Both parts told, and what they count for.
fn attested(distance: u32, presence: u32) -> Option<Attested> {
    let parts = Parts { distance: distance > 0, presence: presence > 0 };
    Some(Attested { parts, distance: Some(Minutes(distance)), presence: Some(Minutes(presence)) })
}

fn teacher(n: u128, followed: &[(u128, Following)]) -> Teacher {
    Teacher {
        person: PersonId(Uuid::from_u128(n)),
        last_name: "D’ANGELO".to_owned(),
        first_name: "Hélène".to_owned(),
        school: "École Jules-Ferry".to_owned(),
        town: "Trappes".to_owned(),
        uai: "0789999V".to_owned(),
        circonscription: if n < 8 { "0780001A".to_owned() } else { String::new() },
        degree: Some(Degree::Pu1d),
        year_start: YearStart::default(),
        followed: followed.iter().map(|(n, following)| (id(*n), *following)).collect(),
    }
}

fn texts(offers: &BTreeMap<SessionFormationId, Offer>, who: &Teacher, counting: Counting) -> Vec<String> {
    let (_, rows) = matrix(offers, std::slice::from_ref(who), 2026, counting);
    rows[0].cells.iter().map(|cell| cell.text()).collect()
}

#[test]
fn the_two_ways_of_counting_differ_where_nothing_was_attested() {
    let offers: BTreeMap<_, _> = [
        offer(1, 1, date(2026, 10, 7), SIX),
        offer(2, 2, date(2026, 11, 7), SIX),
        offer(3, 3, date(2027, 1, 14), UNKNOWN),
        offer(4, 4, date(2027, 2, 14), UNKNOWN),
        offer(5, 5, date(2027, 3, 14), SIX),
    ]
    .into();
    let whole =
        Some(Attested { parts: Parts { distance: true, presence: false }, distance: None, presence: None });
    let marie = teacher(
        1,
        &[
            (1, follows(attested(180, 0))),
            (2, follows(None)),
            (3, follows(whole)),
            (4, follows(None)),
            (5, follows(attested(0, 0))),
        ],
    );
    assert_eq!(texts(&offers, &marie, Counting::Inscription), ["6:00", "6:00", "NR", "NR", "6:00"]);
    assert_eq!(texts(&offers, &marie, Counting::Attestee), ["3:00", "0", "100%", "0", "0"]);
    let (_, rows) = matrix(&offers, &[marie], 2026, Counting::Attestee);
    assert_eq!(rows[0].total, Minutes(180));
}

#[test]
fn a_session_by_registration_shows_only_what_was_attested_when_that_is_asked() {
    let (key, mut one) = offer(1, 1, date(2026, 10, 7), SIX);
    one.mode = HoursMode::Inscription;
    let offers: BTreeMap<_, _> = [(key, one)].into();
    // Kept is what counts in that mode, the whole; only one part was told.
    let told = Some(Attested {
        parts: Parts { distance: true, presence: false },
        distance: Some(Minutes(180)),
        presence: Some(Minutes(180)),
    });
    let marie = teacher(1, &[(1, follows(told))]);
    assert_eq!(texts(&offers, &marie, Counting::Attestee), ["3:00"]);
    assert_eq!(texts(&offers, &marie, Counting::Inscription), ["6:00"]);
}

#[test]
fn the_same_parcours_is_counted_once_and_a_school_year_ends() {
    let offers: BTreeMap<_, _> = [
        offer(1, 1, date(2026, 10, 7), SIX),
        offer(2, 1, date(2027, 3, 7), SIX),
        offer(3, 1, date(2027, 9, 1), SIX),
        offer(4, 2, date(2026, 8, 31), SIX),
    ]
    .into();
    let all: Vec<(u128, Following)> = (1..=4).map(|n| (n, follows(attested(180, 180)))).collect();
    let mut marie = teacher(1, &all);
    let (columns, _) = matrix(&offers, std::slice::from_ref(&marie), 2026, Counting::Attestee);
    let shown: Vec<SessionFormationId> = columns.iter().map(|column| column.session_formation).collect();
    assert_eq!(shown, [id(1), id(2)], "what ends in another school year is not of this one");
    assert_eq!(texts(&offers, &marie, Counting::Attestee), ["6:00", "0"]);
    assert_eq!(texts(&offers, &marie, Counting::Inscription), ["6:00", "0"]);
    marie.followed.get_mut(&id(2)).unwrap().repeated_accepted = true;
    assert_eq!(texts(&offers, &marie, Counting::Attestee), ["6:00", "6:00"]);
    // In the south the year is the calendar's.
    marie.year_start = YearStart::try_from("02-01".to_owned()).unwrap();
    let (columns, _) = matrix(&offers, &[marie], 2026, Counting::Attestee);
    let shown: Vec<SessionFormationId> = columns.iter().map(|column| column.session_formation).collect();
    assert_eq!(shown, [id(4), id(1)]);
}

#[test]
fn columns_are_those_that_somebody_of_the_list_follows() {
    let offers: BTreeMap<_, _> = [
        offer(1, 1, date(2026, 10, 7), SIX),
        offer(2, 2, date(2026, 9, 7), SIX),
        offer(3, 3, date(2026, 12, 7), SIX),
    ]
    .into();
    let walked_in =
        Following { registration: Registration { nominative: false, double_role: false }, ..follows(None) };
    let people =
        [teacher(1, &[(1, follows(attested(180, 180)))]), teacher(2, &[(2, walked_in)]), teacher(3, &[])];
    let (columns, rows) = matrix(&offers, &people, 2026, Counting::Inscription);
    assert_eq!(columns.iter().map(|one| one.session_formation).collect::<Vec<_>>(), [id(2), id(1)]);
    let written: Vec<Vec<String>> =
        rows.iter().map(|row| row.cells.iter().map(|cell| cell.text()).collect()).collect();
    assert_eq!(written, [["", "6:00"], ["0", ""], ["", ""]], "who walked in is not registered by name");
}

#[test]
fn people_are_found_by_any_words_of_their_names_and_schools() {
    let helene = teacher(1, &[]);
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
    let offers: BTreeMap<_, _> = [offer(1, 1, date(2026, 10, 7), SIX)].into();
    let mut people: Vec<Teacher> = (1..=11).map(|n| teacher(n, &[(1, follows(attested(180, 0)))])).collect();
    people.push(teacher(12, &[]));
    let (degrees, circonscriptions, total) = of_year(&offers, &people, 2026);
    let shown = |count: Count| match count {
        Count::Shown { count } => Some(count),
        Count::Hidden => None,
    };
    assert_eq!((shown(total.people), shown(total.minutes)), (Some(11), Some(11 * 180)));
    assert_eq!(degrees.len(), 5);
    assert_eq!((degrees[0].label.as_str(), shown(degrees[0].people)), ("PU1D", Some(11)));
    assert_eq!(shown(degrees[4].people), Some(0));
    // Seven of the circonscription and four of none: the four are few, and the seven would tell them.
    let told: Vec<(&str, Option<u64>)> =
        circonscriptions.iter().map(|group| (group.label.as_str(), shown(group.people))).collect();
    assert_eq!(told, [("0780001A", None), ("", None)]);
    let (_, _, other) = of_year(&offers, &people, 2027);
    assert_eq!(shown(other.people), Some(0));
}
