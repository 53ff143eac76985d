//! Schools: found by code, name or town, and one's own chosen.

use axum::{Json, extract::State};
use serde::Deserialize;
use signaling::{
    authorisation::Act,
    office::{
        person::PersonView,
        school::{SchoolChosen, SchoolView},
    },
    protocol::{Problem, Refusal},
};

use super::{
    asker::Asker,
    input::{Body, Query},
    refused::Refused,
};
use crate::app::App;

/// `?search=&academy=`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Search {
    search: String,
    /// Short name; empty for all.
    academy: String,
}

/// `GET /api/schools?search=&academy=`: public data, for everybody who is logged in.
pub(super) async fn search(
    State(app): State<App>,
    asker: Asker,
    Query(Search { search, academy }): Query<Search>,
) -> Result<Json<Vec<SchoolView>>, Refused> {
    asker.logged_in()?;
    asker.platform(Act::SearchSchools)?;
    let found = app.store.search_schools(&search, &academy).await?;
    Ok(Json(found.into_iter().map(SchoolView::from).collect()))
}

/// `POST /api/me/school`: where one teaches, once; afterwards it is the gestionnaire's to change.
pub(super) async fn choose(
    State(app): State<App>,
    asker: Asker,
    Body(SchoolChosen { uai }): Body<SchoolChosen>,
) -> Result<Json<PersonView>, Refused> {
    let person = asker.logged_in()?.id;
    asker.platform(Act::ChooseOwnSchool)?;
    let wrong = |problem| Refused::from(Refusal::Invalid { field: "uai".to_owned(), problem });
    let school = app.store.school(uai.trim()).await?.ok_or_else(|| wrong(Problem::Unknown))?;
    if !app.store.choose_school(person, &school).await? {
        return Err(wrong(Problem::Taken));
    }
    app.store.audit(person, "school chosen", &person.to_string(), &school.uai, app.clock.now()).await?;
    let person = app.store.person(person).await?.ok_or(Refusal::Unknown)?;
    Ok(Json(PersonView::from(&person)))
}
