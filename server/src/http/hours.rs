//! The hours of a session of a parcours, and somebody's year.

use axum::{Json, extract::State};
use serde::Deserialize;
use signaling::{
    authorisation::Act,
    hours::{
        account::RuleSet,
        annual::annual,
        report::{AcceptException, AnnualHours, SessionHours},
        school_year::SchoolYear,
    },
    id::{PersonId, SessionFormationId},
    office::privacy::Viewed,
    parcours::SessionState,
    person::Person,
    planning::Invalid,
    protocol::Refusal,
};

use super::{
    asker::Asker,
    input::{Body, Path, Query},
    refused::Refused,
    viewed::{hours_noted, person_noted},
};
use crate::{
    academy::Academy,
    app::App,
    hours::{Course, followed::Followed},
    store::Whose,
};

/// `?year=&rules=`: the calendar year in which the school year begins, this one when it is absent; `2016` or `2013`, that
/// of the academy when it is absent.
#[derive(Debug, Deserialize)]
pub(super) struct Of {
    pub(super) year: Option<i16>,
    rules: Option<RuleSet>,
}

/// `GET /api/sessions-formation/{id}/hours`: what presence proposes, and what is attested.
pub(super) async fn of_session(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SessionFormationId>,
) -> Result<Json<SessionHours>, Refused> {
    asker.session_formation(&app, id, Act::SeeHours).await?;
    let report = course(&app, id).await?.report();
    hours_noted(&app, &asker, Viewed::Hours, id, &report).await?;
    Ok(Json(report))
}

/// `POST /api/sessions-formation/{id}/hours-exceptions`: what counts although by itself it would not.
pub(super) async fn accept(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SessionFormationId>,
    Body(exception): Body<AcceptException>,
) -> Result<Json<SessionHours>, Refused> {
    asker.session_formation(&app, id, Act::AcceptHoursException).await?;
    let author = asker.logged_in()?.id;
    let before = course(&app, id).await?;
    if before.session.state == SessionState::Archived {
        return Err(Refusal::PeriodLocked.into());
    }
    if !before.report().rows.iter().any(|row| row.person == exception.person) {
        return Err(Refusal::from(Invalid::unknown("person")).into());
    }
    let now = app.clock.now();
    app.store.accept_exception(id, exception.person, exception.kind, author, now).await?;
    Ok(Json(course(&app, id).await?.report()))
}

/// `GET /api/hours/mine`.
pub(super) async fn mine(
    State(app): State<App>,
    asker: Asker,
    Query(of): Query<Of>,
) -> Result<Json<AnnualHours>, Refused> {
    asker.platform(Act::SeeSelf)?;
    year_of(&app, asker.logged_in()?, &of).await.map(Json)
}

/// `GET /api/people/{id}/hours`.
pub(super) async fn of_person(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<PersonId>,
    Query(of): Query<Of>,
) -> Result<Json<AnnualHours>, Refused> {
    let person = asker.about(&app, id, Act::SeeHoursOf).await?;
    person_noted(&app, &asker, Viewed::Hours, ("", String::new()), person.id).await?;
    year_of(&app, &person, &of).await.map(Json)
}

/// The school year that is asked for, in the academy of that person.
pub(super) fn school_year<'a>(
    app: &'a App,
    person: &Person,
    of: &Of,
) -> Result<(Option<&'a Academy>, SchoolYear), Refused> {
    let academy = app.academies.find(&person.academy).ok();
    let start = academy.map(|academy| academy.school_year).unwrap_or_default();
    match of.year {
        Some(first) if (1970..=9000).contains(&first) => Ok((academy, SchoolYear::beginning(first, start))),
        Some(_) => Err(Refusal::from(Invalid::unknown("year")).into()),
        None => Ok((academy, this_year(app, academy))),
    }
}

async fn year_of(app: &App, person: &Person, of: &Of) -> Result<AnnualHours, Refused> {
    let (academy, year) = school_year(app, person, of)?;
    let start = academy.map(|academy| academy.school_year).unwrap_or_default();
    let followed = Followed::load(&app.store, Whose::Person(person.id)).await?;
    let own = followed.by_person().remove(&person.id).unwrap_or_default();
    let rules = of.rules.or(academy.map(|academy| academy.account_rules)).unwrap_or_default();
    Ok(annual(person, year, start, rules, &own))
}

/// The school year that runs in an academy; in Paris for whoever is of none.
fn this_year(app: &App, academy: Option<&Academy>) -> SchoolYear {
    let zone = academy.map_or("Europe/Paris", |academy| academy.zone.as_str());
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let start = academy.map(|academy| academy.school_year).unwrap_or_default();
    SchoolYear::at(app.clock.now(), &zone, start)
}

/// A session with all that its hours follow from.
///
/// # Errors
/// There is none.
pub(super) async fn course(app: &App, id: SessionFormationId) -> Result<Course, Refused> {
    let course = Course::load(&app.store, id, app.clock.now()).await?;
    course.ok_or_else(|| Refusal::Unknown.into())
}
