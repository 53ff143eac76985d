//! What trainers led: in a session, and one's own in a school year.

use axum::{Json, extract::State};
use signaling::{
    authorisation::Act,
    hours::intervention::{OwnInterventions, SessionInterventions},
    id::{PersonId, SessionFormationId},
    office::privacy::Viewed,
};

use super::{
    asker::Asker,
    hours::{Of, course, school_year},
    input::{Path, Query},
    refused::Refused,
    viewed::noted,
};
use crate::{
    app::App,
    hours::intervention::{own, sharing},
};

/// `GET /api/sessions-formation/{id}/interventions`.
pub(super) async fn of_session(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SessionFormationId>,
) -> Result<Json<SessionInterventions>, Refused> {
    asker.session_formation(&app, id, Act::SeeHours).await?;
    let course = course(&app, id).await?;
    let found = course.interventions(sharing(&app.academies, &course.session.academy));
    let people: Vec<PersonId> = found.totals.iter().map(|one| one.person).collect();
    noted(&app, asker.person(), Viewed::Hours, ("session_formation", id.to_string()), &people).await?;
    Ok(Json(found))
}

/// `GET /api/interventions/mine?year=`.
pub(super) async fn mine(
    State(app): State<App>,
    asker: Asker,
    Query(of): Query<Of>,
) -> Result<Json<OwnInterventions>, Refused> {
    asker.platform(Act::SeeSelf)?;
    let person = asker.logged_in()?;
    let (academy, year) = school_year(&app, person, &of)?;
    let found = own(&app.store, &app.academies, (person.id, academy), year, app.clock.now()).await?;
    Ok(Json(found))
}
