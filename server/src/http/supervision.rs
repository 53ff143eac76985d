//! The hours of many teachers: for inspectors, and counts without anybody in them.

use axum::{Json, extract::State, response::Response};
use serde::Deserialize;
use signaling::{
    authorisation::Act,
    hours::{
        report::{Statistics, Supervision},
        supervision::Counting,
    },
    id::PersonId,
    office::privacy::Viewed,
    protocol::{Problem, Refusal},
};

use super::{
    asker::Asker,
    export,
    input::{Path, Query},
    refused::Refused,
    viewed::noted,
};
use crate::{
    app::App,
    supervision::{self, Asked, Form},
};

/// The years that may be asked for.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2200;

/// What may follow the `?`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wanted {
    year: Option<i16>,
    mode: Option<Counting>,
    circonscription: String,
    school: String,
    search: String,
    page: Option<u32>,
}

impl Wanted {
    /// Within what the person may follow. Another's circonscription is as unknown as one that does not exist.
    async fn by(self, app: &App, asker: &Asker) -> Result<Asked, Refused> {
        let only = Some(self.circonscription.trim()).filter(|only| !only.is_empty());
        let whose = asker.supervised(only)?;
        if only.is_some() && app.store.circonscriptions(&whose).await?.is_empty() {
            let own = only.is_some_and(|only| whose.circonscriptions.iter().any(|own| own.name == only));
            if !own {
                return Err(Refusal::Unknown.into());
            }
        }
        Ok(Asked {
            whose,
            year: year(self.year)?,
            counting: self.mode.unwrap_or_default(),
            school: self.school.trim().to_owned(),
            search: self.search.trim().to_owned(),
            page: self.page.unwrap_or(1),
        })
    }
}

fn year(asked: Option<i16>) -> Result<Option<i16>, Refused> {
    match asked {
        Some(year) if !YEARS.contains(&year) => {
            Err(Refusal::Invalid { field: "year".to_owned(), problem: Problem::Range }.into())
        }
        asked => Ok(asked),
    }
}

/// `GET /api/supervision?year=&mode=&circonscription=&school=&search=&page=`.
pub(super) async fn report(
    State(app): State<App>,
    asker: Asker,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Supervision>, Refused> {
    let academy = asker.logged_in()?.academy.clone();
    let asked = wanted.by(&app, &asker).await?;
    let now = app.clock.now();
    let report = supervision::report(&app.store, &app.academies, &academy, &asked, now).await?;
    seen(&app, &asker, Viewed::Supervision, &asked, &report).await?;
    Ok(Json(report))
}

/// Notes whose hours are looked at, before they are shown.
async fn seen(
    app: &App,
    asker: &Asker,
    what: Viewed,
    asked: &Asked,
    report: &Supervision,
) -> Result<(), Refused> {
    let people: Vec<PersonId> = report.rows.iter().map(|row| row.person).collect();
    noted(app, asker.person(), what, ("supervision", supervision::scope(&asked.whose)), &people).await
}

/// `GET /api/supervision/export/{format}` with the same words after the `?`: all pages of the report, as `csv`,
/// `csv-machine` or `xlsx`.
pub(super) async fn exported(
    State(app): State<App>,
    asker: Asker,
    Path(format): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    let academy = asker.logged_in()?.academy.clone();
    let asked = wanted.by(&app, &asker).await?;
    let form = Form::named(&format).ok_or(Refusal::Unknown)?;
    let (by, now) = (export::by(&app, &asker, false).await?, app.clock.now());
    let report = supervision::whole(&app.store, &app.academies, &academy, &asked, now).await?;
    seen(&app, &asker, Viewed::Export, &asked, &report).await?;
    let (zone, archive) = (supervision::zone(&app.academies, &academy), export::dossier(&app).archive);
    let made = supervision::export(&archive, zone, (&asked, report), form, &by, now).await;
    let (logged, file) = made.map_err(|error| export::refused(error.into()))?;
    Ok(export::attached(form.format().media_type(), &logged, file))
}

/// `?year=&academy=`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counted {
    year: Option<i16>,
    academy: String,
}

/// `GET /api/statistics?year=&academy=`.
pub(super) async fn statistics(
    State(app): State<App>,
    asker: Asker,
    Query(counted): Query<Counted>,
) -> Result<Json<Statistics>, Refused> {
    asker.academy(&app, &counted.academy, Act::SeeStatistics).await?;
    let (year, now) = (year(counted.year)?, app.clock.now());
    Ok(Json(supervision::counts(&app.store, &app.academies, &counted.academy, year, now).await?))
}
