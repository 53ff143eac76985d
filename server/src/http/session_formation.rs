//! Sessions of a parcours, with their séances and enrolments.

use axum::{Json, extract::State};
use serde::Deserialize;
use signaling::{
    authorisation::Act,
    id::{ParcoursId, SessionFormationId},
    office::parcours::{ArchiveRequest, SessionDetail, SessionRights},
    parcours::{SessionFormation, SessionFormationDraft, SessionState},
    planning::Invalid,
    protocol::Refusal,
};

use super::{
    asker::Asker,
    enrolment,
    input::{Body, Path, Query},
    parcours,
    refused::Refused,
    seance,
};
use crate::{app::App, clock, hours::Course, store::Gathering};

/// `?academy=&parcours=`.
#[derive(Debug, Deserialize)]
pub(super) struct Of {
    academy: Option<String>,
    parcours: Option<ParcoursId>,
}

/// `GET /api/sessions-formation`: mine, and those of the academies one manages or conceives for.
pub(super) async fn list(
    State(app): State<App>,
    asker: Asker,
    Query(of): Query<Of>,
) -> Result<Json<Vec<SessionFormation>>, Refused> {
    let person = asker.logged_in()?.id;
    let mut found = Vec::new();
    if of.academy.is_none() {
        found.extend(app.store.sessions_formation_for(person).await?);
    }
    for academy in parcours::academies(&app, &asker, of.academy.as_ref(), Act::MakeSessionFormation).await? {
        found.extend(app.store.sessions_formation_in(&academy).await?);
    }
    found.retain(|session| of.parcours.is_none_or(|parcours| session.parcours == parcours));
    found.sort_by_key(|session| (std::cmp::Reverse(session.starts_on), session.id));
    found.dedup_by_key(|session| session.id);
    Ok(Json(found))
}

/// `POST /api/sessions-formation`.
pub(super) async fn make(
    State(app): State<App>,
    asker: Asker,
    Body(draft): Body<SessionFormationDraft>,
) -> Result<Json<SessionDetail>, Refused> {
    asker.logged_in()?;
    let of = draft.parcours.ok_or_else(|| Refusal::from(Invalid::missing("parcours")))?;
    let of = parcours::found(&app, &asker, of, Act::MakeSessionFormation).await?;
    let id = SessionFormationId(clock::mint());
    // As the academy counts, unless somebody says otherwise.
    let usual = app.academies.find(&of.academy).ok().map(|academy| academy.hours_mode);
    let draft = SessionFormationDraft { hours_mode: draft.hours_mode.or(usual), ..draft };
    let session = SessionFormation::new(id, &of, &draft).map_err(Refusal::from)?;
    app.store.put_session_formation(&session, app.clock.now()).await?;
    detail(&app, &asker, session).await.map(Json)
}

/// `GET /api/sessions-formation/{id}`.
pub(super) async fn one(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SessionFormationId>,
) -> Result<Json<SessionDetail>, Refused> {
    asker.session_formation(&app, id, Act::SeeSessionFormation).await?;
    let session = app.store.session_formation(id).await?.ok_or(Refusal::Unknown)?;
    detail(&app, &asker, session).await.map(Json)
}

/// `PATCH /api/sessions-formation/{id}`.
pub(super) async fn patch(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SessionFormationId>,
    Body(draft): Body<SessionFormationDraft>,
) -> Result<Json<SessionDetail>, Refused> {
    asker.session_formation(&app, id, Act::ChangeSessionFormation).await?;
    let session = changed(&app, id, |session, attested| {
        let mode = session.hours_mode;
        session.change(&draft)?;
        // What an act counts for was reckoned in the mode of its time.
        if session.hours_mode != mode && attested {
            let detail =
                "hours are attested in the mode that there is; revoke these attestations first".to_owned();
            return Err(Refusal::Conflict { detail });
        }
        Ok(())
    });
    detail(&app, &asker, session.await?).await.map(Json)
}

/// `POST /api/sessions-formation/{id}/archive`: for good; what is to be attested is attested before, or it is said that
/// it shall not be.
pub(super) async fn archive(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SessionFormationId>,
    Body(request): Body<ArchiveRequest>,
) -> Result<Json<SessionDetail>, Refused> {
    asker.session_formation(&app, id, Act::ArchiveSessionFormation).await?;
    unarchived_session(&app.store.session_formation(id).await?.ok_or(Refusal::Unknown)?)?;
    if !request.confirm {
        let course = Course::load(&app.store, id, app.clock.now()).await?.ok_or(Refusal::Unknown)?;
        let hours = course.report();
        let people = hours.unanswered();
        if people > 0 {
            return Err(Refusal::Unattested { people, proposed: hours.to_attest }.into());
        }
    }
    let session = changed(&app, id, |session, _| {
        session.state = SessionState::Archived;
        Ok(())
    });
    detail(&app, &asker, session.await?).await.map(Json)
}

/// Refuses to change what belongs to an archived session.
///
/// # Errors
/// `SessionArchived`.
pub(super) async fn unarchived(app: &App, id: Option<SessionFormationId>) -> Result<(), Refused> {
    let Some(id) = id else { return Ok(()) };
    let session = app.store.session_formation(id).await?;
    match session.map(|session| session.state) {
        Some(SessionState::Archived) => Err(Refusal::SessionArchived.into()),
        Some(SessionState::Prep | SessionState::Open) | None => Ok(()),
    }
}

/// Changes a session that is not archived, as it is when it is written: nobody archives it, or attests, meanwhile.
async fn changed(
    app: &App,
    id: SessionFormationId,
    change: impl FnOnce(&mut SessionFormation, bool) -> Result<(), Refusal>,
) -> Result<SessionFormation, Refused> {
    let changed = app.store.change_session_formation(id, app.clock.now(), |session, attested| {
        unarchived_session(session)?;
        change(session, attested)
    });
    Ok(changed.await?.ok_or(Refusal::Unknown)??)
}

fn unarchived_session(session: &SessionFormation) -> Result<(), Refusal> {
    match session.state {
        SessionState::Archived => Err(Refusal::PeriodLocked),
        SessionState::Prep | SessionState::Open => Ok(()),
    }
}

async fn detail(app: &App, asker: &Asker, session: SessionFormation) -> Result<SessionDetail, Refused> {
    let parcours = app.store.parcours(session.parcours).await?.ok_or(Refusal::Unknown)?;
    let mut seances = Vec::new();
    for plan in app.store.seances_of(session.id).await? {
        seances.push(seance::shown(app, asker, &plan).await?);
    }
    let allowed = async |act| asker.session_formation(app, session.id, act).await.is_ok();
    let enrolments = match allowed(Act::SeeSessionEnrolments).await {
        true => Some(enrolment::looked_at(app, asker, Gathering::Session(session.id)).await?),
        false => None,
    };
    let may = SessionRights {
        change: allowed(Act::ChangeSessionFormation).await,
        archive: allowed(Act::ArchiveSessionFormation).await,
        design: asker.academy(app, &session.academy, Act::ChangeParcours).await.is_ok(),
    };
    Ok(SessionDetail { session, parcours, seances, enrolments, may })
}
