//! The tables of the worked cases: E09, G01, H, I, J.

use jiff::{Timestamp, civil::date, tz::TimeZone};
use uuid::Uuid;

use super::account::{Category, Due, Entry, RuleSet, account};
use super::overlap::{Claim, credits, overlapping};
use super::school_year::{SchoolYear, YearStart};
use super::statistics::{Count, Group, disclosed};
use super::supervision::{Cell, Counting};
use super::training::{
    Attended, HalfDay, Hours, HoursMode, Outcome, Parts, Registration, Rule, Training, hours, proposal,
};
use super::{Announced, Minutes};
use crate::attendance::{Params, interval::Interval};
use crate::id::{ParcoursId, SeanceId, SessionFormationId};

const GAIA: Registration = Registration { nominative: true, double_role: false };
/// P6: two classes virtuelles of 90 minutes and one morning of three hours.
const P6: Announced = Announced { distance: Some(Minutes(180)), presence: Some(Minutes(180)) };

const DAY: jiff::civil::Date = date(2026, 11, 18);

fn training(mode: HoursMode) -> Training {
    Training { mode, rule: Rule::All, announced: P6, counted: true }
}

fn seance(n: u128, present: bool) -> Attended {
    Attended {
        seance: SeanceId(Uuid::from_u128(n)),
        on: DAY,
        required: true,
        announced: Minutes(90),
        credit: Minutes(90),
        outcome: if present { Outcome::Present } else { Outcome::Absent },
    }
}

fn parts(distance: bool, presence: bool) -> Parts {
    Parts { distance, presence }
}

/// Hours in the three modes, as the table writes them; where nothing is said, the trainer follows the proposal.
fn in_all_modes(
    registration: Registration,
    counted: bool,
    seances: &[Attended],
    morning: bool,
    attested: Option<Parts>,
) -> [String; 3] {
    let half_days = [HalfDay { on: DAY, duration: Minutes(180), signed: morning }];
    [HoursMode::Inscription, HoursMode::Attestee, HoursMode::ParSeance].map(|mode| {
        let training = Training { counted, ..training(mode) };
        let attested = attested.unwrap_or_else(|| proposal(&training, seances, &half_days));
        hours(&training, registration, seances, &half_days, Some(attested)).total().decimal()
    })
}

#[test]
fn hours_of_a_parcours() {
    let (none, first, both) = (
        [seance(1, false), seance(2, false)],
        [seance(1, true), seance(2, false)],
        [1, 2].map(|n| seance(n, true)),
    );
    let walk_in = Registration { nominative: false, ..GAIA };
    let said = |distance, presence| Some(parts(distance, presence));
    let cases = [
        ("H01", in_all_modes(GAIA, true, &none, false, None), ["6,00", "0,00", "0,00"]),
        ("H03", in_all_modes(GAIA, true, &first, true, None), ["6,00", "3,00", "4,50"]),
        ("H05", in_all_modes(GAIA, true, &none, false, said(true, false)), ["6,00", "3,00", "0,00"]),
        ("H07", in_all_modes(GAIA, true, &both, false, said(true, false)), ["6,00", "3,00", "3,00"]),
        ("H09", in_all_modes(walk_in, false, &both, true, said(true, true)), ["0,00", "0,00", "0,00"]),
        (
            "refused at a distance",
            in_all_modes(GAIA, true, &both, true, said(false, true)),
            ["6,00", "3,00", "3,00"],
        ),
        (
            "refused on site",
            in_all_modes(GAIA, true, &both, true, said(true, false)),
            ["6,00", "3,00", "3,00"],
        ),
    ];
    for (case, found, expected) in cases {
        assert_eq!(found, expected, "{case}");
    }
}

#[test]
fn what_is_proposed_follows_the_rule_and_never_a_fraction() {
    let morning = [HalfDay { on: DAY, duration: Minutes(180), signed: true }];
    let one = [seance(1, true), seance(2, false)];
    let proposed = |rule, seances: &[Attended]| {
        proposal(&Training { rule, ..training(HoursMode::Attestee) }, seances, &morning)
    };
    assert_eq!(proposed(Rule::All, &one), parts(false, true), "H03");
    assert!(proposed(Rule::AtLeast { count: 1 }, &one).distance);
    assert!(!proposed(Rule::AtLeast { count: 2 }, &one).distance);
    assert!(
        !proposed(Rule::AtLeast { count: 0 }, &[seance(1, false)]).distance,
        "kept before it was refused"
    );
    assert!(proposed(Rule::Ratio { percent: 50 }, &one).distance, "exactly the ratio is enough");
    assert!(!proposed(Rule::Ratio { percent: 51 }, &one).distance);
    assert!(!proposed(Rule::All, &[]).distance, "nothing speaks for it");
    let optional = Attended { required: false, ..seance(2, false) };
    let cancelled = Attended { outcome: Outcome::Silent, ..seance(3, false) };
    assert!(proposed(Rule::All, &[seance(1, true), optional, cancelled]).distance);
    let excused = Attended { outcome: Outcome::Excused, ..seance(2, false) };
    assert!(!proposed(Rule::All, &[seance(1, true), excused]).distance, "F08: an excuse gives no hour");
    let to_come = Attended { outcome: Outcome::ToCome, ..seance(2, false) };
    assert!(!proposed(Rule::All, &[seance(1, true), to_come]).distance, "one is still to be held");
    let afternoon = HalfDay { on: DAY, duration: Minutes(180), signed: false };
    assert!(!proposal(&training(HoursMode::Attestee), &one, &[morning[0], afternoon]).presence);
}

#[test]
fn nothing_is_counted_without_an_act_and_the_flat_duration_is_the_most() {
    let both = [seance(1, true), seance(2, true)];
    let morning = [HalfDay { on: DAY, duration: Minutes(180), signed: true }];
    for (mode, expected) in
        [(HoursMode::Inscription, 360), (HoursMode::Attestee, 0), (HoursMode::ParSeance, 0)]
    {
        let found = hours(&training(mode), GAIA, &both, &morning, None);
        assert_eq!(found.total(), Minutes(expected), "{mode:?}");
    }
    let extra = Attended { required: false, ..seance(3, true) };
    let more = [both[0], both[1], extra];
    let act = Some(parts(true, true));
    let capped = hours(&training(HoursMode::ParSeance), GAIA, &more, &morning, act);
    assert_eq!(capped, Hours::Counted { distance: Minutes(180), presence: Minutes(180) });
    let twice = Registration { double_role: true, ..GAIA };
    assert_eq!(hours(&training(HoursMode::Attestee), twice, &both, &morning, act), Hours::NONE);
    let day = [morning[0], HalfDay { signed: false, ..morning[0] }];
    let flat = Training {
        announced: Announced { presence: Some(Minutes(360)), ..P6 },
        ..training(HoursMode::ParSeance)
    };
    assert_eq!(proposal(&flat, &[], &day), parts(false, true), "whatever was earned is proposed");
    let half = hours(&flat, GAIA, &[], &day, Some(parts(false, true)));
    assert_eq!(half.total(), Minutes(180), "K05: each signed half-day credits its own duration");
    let refusal = hours(&flat, GAIA, &both, &day, Some(parts(false, false)));
    assert_eq!(refusal, Hours::NONE, "the trainer decides, whatever the séances are worth");
}

#[test]
fn a_parcours_without_duration_is_said_so_and_counts_nothing() {
    for mode in [HoursMode::Inscription, HoursMode::Attestee, HoursMode::ParSeance] {
        let bare = Training { announced: Announced::default(), ..training(mode) };
        let attested = hours(&bare, GAIA, &[seance(1, true)], &[], Some(parts(true, false)));
        assert_eq!((attested, attested.total()), (Hours::NotFilled { attested: true }, Minutes::ZERO));
        assert_eq!(Cell::of(Counting::Inscription, attested).text(), "NR");
        assert_eq!(Cell::of(Counting::Attestee, attested).text(), "100%");
    }
    assert_eq!(Cell::of(Counting::Attestee, Hours::NotFilled { attested: false }).text(), "0");
    let zero = Announced { distance: Some(Minutes::ZERO), presence: None };
    assert_eq!(zero.total(), Some(Minutes::ZERO), "zero is a value");
}

#[test]
fn of_two_seances_at_once_one_is_credited() {
    let at = |minute: i64| Timestamp::from_second(minute * 60).unwrap();
    let claim = |n: u128, start: i64, from: i64, to: i64| Claim {
        seance: SeanceId(Uuid::from_u128(n)),
        starts_at: at(start),
        credit: Minutes(90),
        retained: vec![Interval::new(at(from), at(to))],
    };
    let params = Params::default();
    let given = |claims: &[Claim]| -> Vec<(u32, bool)> {
        credits(claims, &params).values().map(|credit| (credit.minutes.0, credit.to_verify)).collect()
    };
    let g01 = [claim(1, 0, 0, 90), claim(2, 60, 62, 150)];
    assert_eq!(given(&g01), [(90, false), (0, true)], "G01");
    assert_eq!(overlapping(&g01, &params).len(), 2, "both rows are flagged");
    let g02 = [claim(1, 0, 0, 90), claim(2, 90, 90, 180)];
    assert_eq!((given(&g02), overlapping(&g02, &params).len()), (vec![(90, false); 2], 0), "G02");
    let tie = [claim(2, 0, 0, 90), claim(1, 0, 0, 90)];
    assert_eq!(given(&tie), [(90, false), (0, true)], "the smaller identifier");
    let tolerated = [claim(1, 0, 0, 90), claim(2, 85, 85, 175)];
    assert_eq!(given(&tolerated), [(90, false), (90, false)], "exactly the tolerance");
}

/// An entry of `fc` or `ap` hours, `distance` of them remote.
fn entry(n: u128, category: Category, total: u32, distance: u32) -> Entry {
    Entry {
        session_formation: SessionFormationId(Uuid::from_u128(n)),
        parcours: ParcoursId(Uuid::from_u128(n)),
        category,
        on: date(2026, 11, 18),
        hours: Hours::Counted {
            distance: Minutes(distance * 60),
            presence: Minutes((total - distance) * 60),
        },
        repeated_accepted: false,
    }
}

#[test]
fn the_annual_account() {
    // fc, ap, at a distance; total, still owed, FC missing, excess, missing by the rules of 2013.
    let cases = [
        ("I01", [18, 0, 9], ["18,00", "0,00", "0,00", "0,00", "0,00"], true),
        ("I03", [6, 12, 6], ["18,00", "0,00", "3,00", "0,00", "3,00"], false),
        ("I05", [18, 3, 12], ["21,00", "0,00", "0,00", "3,00", "0,00"], true),
        ("I07", [12, 6, 8], ["18,00", "0,00", "0,00", "0,00", "1,00"], true),
    ];
    for (case, [fc, ap, distance], expected, satisfied) in cases {
        let entries = vec![entry(1, Category::Fc, fc, distance), entry(2, Category::Ap, ap, 0)];
        let found = account(Due::of(100, None), RuleSet::Of2013, entries);
        let digital = found.digital_missing.unwrap();
        let shown =
            [found.total, found.remaining, found.fc_missing, found.excess, digital].map(Minutes::decimal);
        assert_eq!(shown, expected, "{case}");
        assert_eq!((found.satisfied, found.no_distance), (satisfied, false), "{case}");
    }
    let none_remote = account(Due::of(100, None), RuleSet::Of2016, vec![entry(1, Category::Fc, 18, 0)]);
    assert!(none_remote.satisfied && none_remote.no_distance && none_remote.digital_missing.is_none());
    let part_time = Due::of(75, None);
    assert_eq!((part_time.total.decimal(), part_time.fc.decimal()), ("13,50".to_owned(), "6,75".to_owned()));
    assert_eq!(Due::of(75, Some(Minutes(900))).total.decimal(), "15,00", "local tables differ");
}

#[test]
fn the_same_parcours_counts_once_a_year() {
    let first = entry(1, Category::Fc, 6, 3);
    let again = Entry {
        session_formation: SessionFormationId(Uuid::from_u128(9)),
        on: date(2027, 3, 1),
        ..first.clone()
    };
    let absent = Entry { hours: Hours::NONE, on: date(2026, 9, 30), ..again.clone() };
    let found = account(Due::of(100, None), RuleSet::Of2016, vec![again.clone(), first.clone()]);
    assert_eq!(found.lines.iter().map(|line| line.repeated).collect::<Vec<_>>(), [false, true]);
    assert_eq!(found.total, Minutes(360));
    let accepted = Entry { repeated_accepted: true, ..again };
    assert_eq!(
        account(Due::of(100, None), RuleSet::Of2016, vec![accepted, first.clone()]).total,
        Minutes(720)
    );
    let missed = account(Due::of(100, None), RuleSet::Of2016, vec![absent, first]);
    assert_eq!(missed.total, Minutes(360), "a delivery that gave nothing does not use the parcours up");
}

#[test]
fn minutes_are_rounded_when_they_are_written() {
    let cases = [
        (5, "0:05", "0,08", "0,01"),
        (50, "0:50", "0,83", "0,14"),
        (80, "1:20", "1,33", "0,22"),
        (90, "1:30", "1,50", "0,25"),
        (165, "2:45", "2,75", "0,46"),
        (205, "3:25", "3,42", "0,57"),
        (540, "9:00", "9,00", "1,50"),
        (900, "15:00", "15,00", "2,50"),
    ];
    for (minutes, clock, decimal, days) in cases {
        let minutes = Minutes(minutes);
        assert_eq!(
            (minutes.clock(), minutes.decimal(), minutes.days()),
            (clock.into(), decimal.into(), days.into())
        );
    }
    let sum: Minutes = [Minutes(100); 3].into_iter().sum();
    assert_eq!(sum.decimal(), "5,00", "sum first, round last");
}

#[test]
fn school_years_begin_by_the_clock_of_the_place() {
    let cases = [
        ("2026-08-31T21:30:00Z", "Europe/Paris", "09-01", "2025-2026"),
        ("2026-08-31T22:10:00Z", "Europe/Paris", "09-01", "2026-2027"),
        ("2026-08-31T22:00:00Z", "Pacific/Noumea", "02-01", "2026"),
        ("2027-01-31T13:30:00Z", "Pacific/Noumea", "02-01", "2027"),
        ("2027-01-31T12:30:00Z", "Pacific/Noumea", "02-01", "2026"),
    ];
    for (at, zone, start, expected) in cases {
        let start = YearStart::try_from(start.to_owned()).unwrap();
        let found = SchoolYear::at(at.parse().unwrap(), &TimeZone::get(zone).unwrap(), start);
        assert_eq!(found.to_string(), expected, "{at} {zone}");
    }
    for wrong in ["", "13-01", "02-29", "9", "09-31", "x-y"] {
        assert!(YearStart::try_from(wrong.to_owned()).is_err(), "{wrong}");
    }
}

#[test]
fn a_small_count_cannot_be_found_by_subtraction() {
    let group = |label: &str, people: u64| Group { label: label.to_owned(), people, minutes: people * 360 };
    let hidden = |counts: &[u64]| -> (String, bool) {
        let groups: Vec<Group> = counts.iter().map(|people| group("x", *people)).collect();
        let (lines, total) = disclosed(&groups, "all");
        let mark = |count: Count| if count == Count::Hidden { '-' } else { '#' };
        assert!(lines.iter().all(|line| mark(line.people) == mark(line.minutes)), "minutes tell as much");
        (lines.iter().map(|line| mark(line.people)).collect(), total.people == Count::Hidden)
    };
    assert_eq!(hidden(&[40, 12, 5]), ("###".to_owned(), false));
    assert_eq!(hidden(&[40, 12, 4]), ("#--".to_owned(), false), "the next one hides it");
    assert_eq!(hidden(&[40, 12, 1, 2]), ("#---".to_owned(), false), "and their sum as well");
    assert_eq!(hidden(&[40, 12, 3, 4]), ("##--".to_owned(), false), "a sum of seven tells neither");
    assert_eq!(hidden(&[40, 0, 0]), ("###".to_owned(), false), "nobody is nobody");
    assert_eq!(hidden(&[3]), ("-".to_owned(), true));
}
