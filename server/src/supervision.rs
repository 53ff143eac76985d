//! The hours of many teachers: gathered from the store, reckoned by `signaling::hours`, shown by pages or written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use signaling::{
    hours::{
        report::{Statistics, Supervision},
        school_year::{SchoolYear, YearStart},
        statistics,
        supervision::{Counting, Teacher, matrix},
    },
    person::Person,
};

use crate::{
    academy::Academies,
    archive::{Archive, ArchiveError, Made, Request},
    dossier::{By, Format},
    export::{
        File, SupervisionMatrix, csv::Dialect, document::Edition, supervision_csv, supervision_xlsx,
        zone::Zone,
    },
    hours::followed::Followed,
    store::{Logged, Store, StoreError, Supervised, Whose},
};

/// Teachers on one page of the report.
const PAGE: usize = 100;

/// What is asked of the report.
#[derive(Debug, Clone)]
pub struct Asked {
    pub whose: Supervised,
    /// In which the school year begins; absent for the present one.
    pub year: Option<i16>,
    pub counting: Counting,
    pub school: String,
    pub search: String,
    /// From 1.
    pub page: u32,
}

/// In which form it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Csv,
    CsvMachine,
    Xlsx,
}

impl Form {
    /// The form of that name in addresses.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Csv, Self::CsvMachine, Self::Xlsx].into_iter().find(|form| form.format().name() == name)
    }

    pub(crate) fn format(self) -> Format {
        match self {
            Self::Csv => Format::Csv,
            Self::CsvMachine => Format::CsvMachine,
            Self::Xlsx => Format::Xlsx,
        }
    }
}

/// The school year that was asked for, or the present one, in that academy.
fn year(academies: &Academies, academy: &str, asked: Option<i16>, now: Timestamp) -> SchoolYear {
    let start = year_start(academies, academy);
    let present = SchoolYear::at(now, &zone(academies, academy).rules(), start);
    asked.map_or(present, |first| SchoolYear::beginning(first, start))
}

/// The zone of an academy; that of Paris where none is known.
#[must_use]
pub fn zone(academies: &Academies, academy: &str) -> Zone {
    Zone::named(academies.find(academy).map_or("Europe/Paris", |academy| academy.zone.as_str()))
}

fn year_start(academies: &Academies, academy: &str) -> YearStart {
    academies.find(academy).map(|academy| academy.school_year).unwrap_or_default()
}

/// With what they follow, and when the school years of their academies begin.
fn teachers<'a>(academies: &Academies, people: &'a [Person], followed: &'a Followed) -> Vec<Teacher<'a>> {
    let mut starts: BTreeMap<&str, YearStart> = BTreeMap::new();
    let mut deliveries = followed.by_person();
    let each = people.iter().map(|person| {
        let start = starts.entry(&person.academy).or_insert_with(|| year_start(academies, &person.academy));
        let deliveries = deliveries.remove(&person.id).unwrap_or_default();
        Teacher { person, year_start: *start, deliveries }
    });
    each.collect()
}

/// The report; `academy` says when the school year begins.
///
/// # Errors
/// The database does not answer.
pub async fn report(
    store: &Store,
    academies: &Academies,
    academy: &str,
    asked: &Asked,
    now: Timestamp,
) -> Result<Supervision, StoreError> {
    let mut whole = whole(store, academies, academy, asked, now).await?;
    let people = whole.rows.len();
    let pages = people.div_ceil(PAGE).max(1);
    let page = usize::try_from(asked.page).unwrap_or(1).clamp(1, pages);
    whole.rows = whole.rows.into_iter().skip((page - 1) * PAGE).take(PAGE).collect();
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(Supervision { people: count(people), page: count(page), pages: count(pages), ..whole })
}

/// On one page, however long.
///
/// # Errors
/// The database does not answer.
pub async fn whole(
    store: &Store,
    academies: &Academies,
    academy: &str,
    asked: &Asked,
    now: Timestamp,
) -> Result<Supervision, StoreError> {
    let year = year(academies, academy, asked.year, now);
    let people = store.supervised(&asked.whose).await?;
    let followed = Followed::load(store, Whose::Within(&asked.whose)).await?;
    let mut listed = teachers(academies, &people, &followed);
    // Clerks and trainers of an academy are nobody's teachers as long as they follow nothing.
    listed.retain(|teacher| {
        let teaches = !teacher.person.circonscription.is_empty() || teacher.person.degree.is_some();
        (teaches || !teacher.deliveries.is_empty()) && teacher.matches(&asked.school, &asked.search)
    });
    let (columns, rows) = matrix(&listed, &store.leading().await?, year.first(), asked.counting);
    let all = Supervised { only: None, ..asked.whose.clone() };
    Ok(Supervision {
        school_year: year.to_string(),
        year: year.first(),
        counting: asked.counting,
        circonscription: asked.whose.only.clone().unwrap_or_default(),
        circonscriptions: store.circonscriptions(&all).await?,
        people: 0,
        page: 1,
        pages: 1,
        columns,
        rows,
    })
}

/// Counts of an academy, without anybody in them.
pub(crate) async fn counts(
    store: &Store,
    academies: &Academies,
    academy: &str,
    asked: Option<i16>,
    now: Timestamp,
) -> Result<Statistics, StoreError> {
    let year = year(academies, academy, asked, now);
    let whose = Supervised { academies: vec![academy.to_owned()], ..Supervised::default() };
    let people = store.supervised(&whose).await?;
    let followed = Followed::load(store, Whose::Within(&whose)).await?;
    let listed = teachers(academies, &people, &followed);
    let (by_degree, by_circonscription, total) = statistics::of_year(&listed, year.first());
    Ok(Statistics {
        school_year: year.to_string(),
        year: year.first(),
        academy: academy.to_owned(),
        by_degree,
        by_circonscription,
        total,
    })
}

/// The [`whole`] report as a file, numbered and kept like every export.
///
/// # Errors
/// It cannot be made or kept.
pub async fn export(
    archive: &Archive,
    zone: Zone,
    (asked, report): (&Asked, Supervision),
    form: Form,
    by: &By,
    now: Timestamp,
) -> Result<(Logged, File), ArchiveError> {
    let scope = scope(&asked.whose);
    // A part of the report is another file than the whole.
    let part = if asked.school.is_empty() && asked.search.is_empty() { "" } else { " extrait" };
    let request = Request {
        author: by.author.clone(),
        scope: "supervision",
        scope_id: format!("{scope} {} {}{part}", report.school_year, asked.counting.name()),
        format: form.format().name(),
        at: now,
    };
    let edition =
        Edition { at: now, zone, by: by.name.clone(), version: 0, number: 0, base_url: String::new() };
    let document = SupervisionMatrix {
        counting: asked.counting,
        school_year: report.school_year,
        scope,
        edition,
        columns: report.columns,
        rows: report.rows,
    };
    let digests: BTreeMap<String, String> = document
        .rows
        .iter()
        .map(|row| {
            let cells: Vec<String> = row.cells.iter().map(|cell| cell.text()).collect();
            (row.person.to_string(), crate::store::digest_of(&cells.join(";")))
        })
        .collect();
    archive
        .export(&request, |turn| {
            let mut document = document.clone();
            (document.edition.version, document.edition.number) = (turn.version, turn.number);
            let file = match form {
                Form::Csv => supervision_csv(&document, Dialect::French)?,
                Form::CsvMachine => supervision_csv(&document, Dialect::Machine)?,
                Form::Xlsx => supervision_xlsx(&document)?,
            };
            Ok(Made { file, digests: digests.clone() })
        })
        .await
}

/// What the file is about: the circonscription, else all that the asker may see.
pub(crate) fn scope(whose: &Supervised) -> String {
    let all = || {
        let names = whose.circonscriptions.iter().map(|one| one.name.as_str());
        whose.academies.iter().map(String::as_str).chain(names).collect::<Vec<_>>().join("-")
    };
    match &whose.only {
        Some(only) => only.clone(),
        None if whose.everywhere => "toutes".to_owned(),
        None => all(),
    }
}
