//! The tables E05 to E08, templates, changes and series.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use uuid::Uuid;

use super::*;
use crate::{
    id::SeanceId,
    protocol::{Problem, seance::SeanceKind},
    seance::{Seance, Threshold},
};

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn e05_one_instant_in_every_academy_zone() {
    let instant = at("2026-11-18T13:00:00Z");
    for (name, local, offset) in [
        ("Europe/Paris", "18/11/2026 14:00", "+01:00"),
        ("America/Guadeloupe", "18/11/2026 09:00", "-04:00"),
        ("America/St_Barthelemy", "18/11/2026 09:00", "-04:00"),
        ("America/Marigot", "18/11/2026 09:00", "-04:00"),
        ("America/Martinique", "18/11/2026 09:00", "-04:00"),
        ("America/Cayenne", "18/11/2026 10:00", "-03:00"),
        ("America/Miquelon", "18/11/2026 10:00", "-03:00"),
        ("Indian/Reunion", "18/11/2026 17:00", "+04:00"),
        ("Indian/Mayotte", "18/11/2026 16:00", "+03:00"),
        ("Pacific/Noumea", "19/11/2026 00:00", "+11:00"),
        ("Pacific/Wallis", "19/11/2026 01:00", "+12:00"),
        ("Pacific/Tahiti", "18/11/2026 03:00", "-10:00"),
        ("Pacific/Marquesas", "18/11/2026 03:30", "-09:30"),
        ("Pacific/Gambier", "18/11/2026 04:00", "-09:00"),
    ] {
        assert_eq!(written(instant, &zone(name)), local, "{name}");
        assert_eq!(instant.to_zoned(zone(name)).strftime("%:z").to_string(), offset, "{name}");
    }
}

#[test]
fn e06_overseas_zones_through_the_year() {
    let days = ["2026-01-15", "2026-03-15", "2026-04-15", "2026-07-15", "2026-10-28", "2026-11-18"];
    let tables = [
        ("America/Guadeloupe", [-5.0, -5.0, -6.0, -6.0, -5.0, -5.0]),
        ("America/St_Barthelemy", [-5.0, -5.0, -6.0, -6.0, -5.0, -5.0]),
        ("America/Marigot", [-5.0, -5.0, -6.0, -6.0, -5.0, -5.0]),
        ("America/Martinique", [-5.0, -5.0, -6.0, -6.0, -5.0, -5.0]),
        ("America/Cayenne", [-4.0, -4.0, -5.0, -5.0, -4.0, -4.0]),
        ("America/Miquelon", [-4.0, -3.0, -4.0, -4.0, -3.0, -4.0]),
        ("Indian/Reunion", [3.0, 3.0, 2.0, 2.0, 3.0, 3.0]),
        ("Indian/Mayotte", [2.0, 2.0, 1.0, 1.0, 2.0, 2.0]),
        ("Pacific/Noumea", [10.0, 10.0, 9.0, 9.0, 10.0, 10.0]),
        ("Pacific/Wallis", [11.0, 11.0, 10.0, 10.0, 11.0, 11.0]),
        ("Pacific/Tahiti", [-11.0, -11.0, -12.0, -12.0, -11.0, -11.0]),
        ("Pacific/Marquesas", [-10.5, -10.5, -11.5, -11.5, -10.5, -10.5]),
        ("Pacific/Gambier", [-10.0, -10.0, -11.0, -11.0, -10.0, -10.0]),
    ];
    for (name, ahead) in tables {
        for (day, expected) in days.into_iter().zip(ahead) {
            let noon = at(&format!("{day}T12:00:00Z"));
            let seconds = |name| zone(name).to_offset(noon).seconds();
            let hours = f64::from(seconds(name) - seconds("Europe/Paris")) / 3_600.0;
            assert!((hours - expected).abs() < 1e-9, "{name} {day}: {hours}");
        }
    }
}

/// Instant, warning and how it is written, of an hour typed in Paris.
fn typed(local: &str, occurrence: Occurrence) -> (String, Option<ClockWarning>, String) {
    let paris = zone("Europe/Paris");
    let (at, warning) = instant(local.parse().unwrap(), &paris, occurrence).unwrap();
    (at.to_string(), warning, written(at, &paris))
}

#[test]
fn e07_an_hour_that_does_not_exist() {
    let (at, warning, written) = typed("2027-03-28T02:30", Occurrence::First);
    assert_eq!(at, "2027-03-28T01:30:00Z");
    let shown: DateTime = "2027-03-28T03:30".parse().unwrap();
    assert_eq!(warning, Some(ClockWarning::HourSkipped { shown, season: Season::Summer }));
    assert_eq!(written, "28/03/2027 03:30");
}

#[test]
fn e08_an_hour_that_exists_twice() {
    let (first, second) = (at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"));
    for (chosen, at, said) in [
        (Occurrence::First, first, "25/10/2026 02:30 (heure d’été)"),
        (Occurrence::Second, second, "25/10/2026 02:30 (heure d’hiver)"),
    ] {
        let warning = Some(ClockWarning::HourTwice { first, second, chosen });
        assert_eq!(typed("2026-10-25T02:30", chosen), (at.to_string(), warning, said.to_owned()));
    }
    assert_eq!(typed("2026-10-25T03:00", Occurrence::Second).1, None);
}

fn context() -> Context {
    Context {
        id: SeanceId(Uuid::from_u128(1)),
        academy: "ac-versailles".to_owned(),
        time_zone: "Europe/Paris".to_owned(),
        made_by: None,
        trainers: vec!["Paul MARTIN".to_owned()],
        now: at("2026-09-01T08:00:00Z"),
    }
}

fn new(json: &str) -> NewSeance {
    serde_json::from_str(json).unwrap()
}

fn planned() -> Seance {
    plan(&new(r#"{"title":" CV de lancement ","startsAt":"2026-11-18T14:00","durationMin":90}"#), context())
        .unwrap()
        .0
}

#[test]
fn three_fields_make_a_seance() {
    let seance = planned();
    assert_eq!((seance.title.as_str(), seance.kind), ("CV de lancement", SeanceKind::ClasseVirtuelle));
    assert_eq!(seance.starts_at.to_string(), "2026-11-18T13:00:00Z");
    assert_eq!((seance.threshold, seance.recorded, seance.guests), (Threshold::Auto, false, false));
    assert_eq!((seance.access_before_min, seance.required, seance.sequence), (30, true, 0));
    for template in Template::all() {
        assert!(template.sentence.ends_with("personnes au plus."), "{}", template.sentence);
    }
    assert_eq!(
        Template::of(SeanceKind::ClasseVirtuelle).sentence,
        "1 h, portes ouvertes 30 min avant, attente jusqu’à l’arrivée du formateur, présence comptée à partir de la moitié de la durée, sans \
         enregistrement, personnes inscrites seulement, 350 personnes au plus."
    );
    let webinar = r#"{"title":"W","startsAt":"2026-03-01T02:30","durationMin":30,"template":"webinaire",
        "timeZone":"Pacific/Noumea","threshold":{"mode":"fixed","minutes":45},"guests":true}"#;
    let (webinar, warnings) = plan(&new(webinar), context()).unwrap();
    assert_eq!((webinar.capacity, webinar.guests), (1_000, true));
    assert_eq!(webinar.starts_at.to_string(), "2026-02-28T15:30:00Z");
    assert_eq!(warnings, [PlanWarning::InThePast, PlanWarning::ThresholdUnreachable]);
}

#[test]
fn what_cannot_be_planned_is_named() {
    let fields = |field: &str, value: &str| {
        let mut json: serde_json::Value = serde_json::from_str(
            r#"{"title":"T","startsAt":"2026-11-18T14:00","durationMin":60,"kind":"classe_virtuelle"}"#,
        )
        .unwrap();
        json[field] = serde_json::from_str(value).unwrap();
        plan(&serde_json::from_value(json).unwrap(), context()).unwrap_err()
    };
    for (field, value, problem) in [
        ("title", r#"" ""#, Problem::Missing),
        ("title", &format!("{:?}", "x".repeat(101)), Problem::TooLong),
        ("startsAt", r#""2026-02-30T10:00""#, Problem::Malformed),
        ("startsAt", r#""demain""#, Problem::Malformed),
        ("startsAt", r#""1926-11-18T14:00""#, Problem::Range),
        ("durationMin", "0", Problem::Range),
        ("durationMin", "10000", Problem::Range),
        ("timeZone", r#""Europe/Trappes""#, Problem::Unknown),
        ("threshold", r#"{"mode":"fixed","minutes":10000}"#, Problem::Range),
        ("accessBeforeMin", "1441", Problem::Range),
        ("capacity", "0", Problem::Range),
        ("creditMin", "10000", Problem::Range),
    ] {
        assert_eq!(fields(field, value), Invalid { field, problem }, "{field} {value}");
    }
    assert!(
        serde_json::from_str::<NewSeance>(r#"{"title":"T","startsAt":"x","durationMin":1,"but":2}"#).is_err()
    );
}

#[test]
fn a_change_counts_and_what_has_begun_stays() {
    let (seance, before) = (planned(), at("2026-11-18T12:00:00Z"));
    let moved = SeancePatch { starts_at: Some("2026-11-19T14:00".to_owned()), ..SeancePatch::default() };
    let Change::Changed(new, warnings) = change(&seance, &moved, before, false).unwrap() else {
        panic!("it is not changed")
    };
    assert_eq!((new.sequence, new.starts_at.to_string()), (1, "2026-11-19T13:00:00Z".to_owned()));
    assert!(warnings.is_empty());
    let same = SeancePatch { title: Some("CV de lancement".to_owned()), ..SeancePatch::default() };
    assert_eq!(change(&seance, &same, before, false), Ok(Change::None));
    assert_eq!(change(&seance, &moved, at("2026-11-18T13:00:00Z"), false), Ok(Change::TooLate));
    assert_eq!(change(&seance, &moved, before, true), Ok(Change::TooLate));
    let renamed: SeancePatch = serde_json::from_str(r#"{"title":"Autre titre","creditMin":null}"#).unwrap();
    let late = change(&seance, &renamed, at("2026-12-01T13:00:00Z"), true).unwrap();
    assert!(matches!(late, Change::Changed(new, _) if new.title == "Autre titre"));
    // Another zone alone: the hour on the wall stays.
    let abroad: SeancePatch = serde_json::from_str(r#"{"timeZone":"Indian/Reunion"}"#).unwrap();
    let there = change(&seance, &abroad, before, false).unwrap();
    assert!(matches!(there, Change::Changed(new, _) if new.starts_at == at("2026-11-18T10:00:00Z")));
}

#[test]
fn a_series_keeps_the_hour_on_the_wall() {
    let starts = |json: &str| -> Vec<String> {
        let series: NewSeries = serde_json::from_str(json).unwrap();
        let each = series.each().unwrap();
        each.iter().map(|new| plan(new, context()).unwrap().0.starts_at.to_string()).collect()
    };
    let seance = r#""seance":{"title":"T","startsAt":"2026-10-19T17:30","durationMin":60}"#;
    assert_eq!(
        starts(&format!(r#"{{{seance},"every":"weekly","count":3,"except":["2026-10-26"]}}"#)),
        ["2026-10-19T15:30:00Z", "2026-11-02T16:30:00Z", "2026-11-09T16:30:00Z"]
    );
    assert_eq!(
        starts(&format!(r#"{{{seance},"every":"daily","count":6}}"#))[4..],
        ["2026-10-23T15:30:00Z", "2026-10-26T16:30:00Z"]
    );
    let last = seance.replace("2026-10-19", "2026-12-31");
    assert_eq!(
        starts(&format!(r#"{{{last},"every":"monthly","count":3}}"#)),
        ["2026-12-31T16:30:00Z", "2027-01-31T16:30:00Z", "2027-02-28T16:30:00Z"]
    );
    for count in [0, 61] {
        let series: NewSeries =
            serde_json::from_str(&format!(r#"{{{seance},"every":"weekly","count":{count}}}"#)).unwrap();
        assert_eq!(series.each().unwrap_err().field, "count");
    }
}
