//! Parcours.

use axum::{Json, extract::State};
use serde::Deserialize;
use signaling::{
    authorisation::Act,
    id::ParcoursId,
    parcours::{Parcours, ParcoursDraft},
    protocol::Refusal,
};

use super::{
    asker::{Asker, Scope},
    input::{Body, Path, Query},
    refused::Refused,
};
use crate::{app::App, clock};

/// `?academy=`; the academies of one's own roles when absent.
#[derive(Debug, Deserialize)]
pub(super) struct Of {
    academy: Option<String>,
}

/// Of which academies a list is.
pub(super) async fn academies(
    app: &App,
    asker: &Asker,
    asked: Option<&String>,
    act: Act,
) -> Result<Vec<String>, Refused> {
    if let Some(academy) = asked {
        asker.academy(app, academy, act).await?;
        return Ok(vec![academy.clone()]);
    }
    match asker.scope(act)? {
        Scope::Academies(academies) => Ok(academies),
        Scope::Everywhere => Ok(app.academies.all().iter().map(|academy| academy.name.clone()).collect()),
    }
}

/// `GET /api/parcours?academy=`.
pub(super) async fn list(
    State(app): State<App>,
    asker: Asker,
    Query(Of { academy }): Query<Of>,
) -> Result<Json<Vec<Parcours>>, Refused> {
    let mut found = Vec::new();
    for academy in academies(&app, &asker, academy.as_ref(), Act::SeeParcours).await? {
        found.extend(app.store.parcours_of(&academy).await?);
    }
    Ok(Json(found))
}

/// `POST /api/parcours`.
pub(super) async fn make(
    State(app): State<App>,
    asker: Asker,
    Body(draft): Body<ParcoursDraft>,
) -> Result<Json<Parcours>, Refused> {
    let academy = draft.academy.clone().unwrap_or(asker.logged_in()?.academy.clone());
    asker.academy(&app, &academy, Act::ChangeParcours).await?;
    let parcours = Parcours::new(ParcoursId(clock::mint()), &academy, &draft).map_err(Refusal::from)?;
    app.store.put_parcours(&parcours, app.clock.now()).await?;
    Ok(Json(parcours))
}

/// `GET /api/parcours/{id}`.
pub(super) async fn one(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<ParcoursId>,
) -> Result<Json<Parcours>, Refused> {
    found(&app, &asker, id, Act::SeeParcours).await.map(Json)
}

/// `PATCH /api/parcours/{id}`. What hours are reckoned by stays once a session was archived: years that are over would
/// change. Another duration is another version of the parcours.
pub(super) async fn patch(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<ParcoursId>,
    Body(draft): Body<ParcoursDraft>,
) -> Result<Json<Parcours>, Refused> {
    let mut parcours = found(&app, &asker, id, Act::ChangeParcours).await?;
    let before = parcours.clone();
    parcours.change(&draft).map_err(Refusal::from)?;
    if !parcours.counts_as(&before) && app.store.has_archived_session(id).await? {
        let detail = "a session of it is archived: durations, category and what counts stay".to_owned();
        return Err(Refusal::Conflict { detail }.into());
    }
    app.store.put_parcours(&parcours, app.clock.now()).await?;
    Ok(Json(parcours))
}

/// The parcours, for that act in its academy.
pub(super) async fn found(app: &App, asker: &Asker, id: ParcoursId, act: Act) -> Result<Parcours, Refused> {
    let parcours = app.store.parcours(id).await?;
    // Of one that there is not, nothing more is told than of one that is not theirs to see.
    let academy = parcours.as_ref().map_or("", |parcours| parcours.academy.as_str());
    asker.academy(app, academy, act).await?;
    parcours.ok_or_else(|| Refusal::Unknown.into())
}
