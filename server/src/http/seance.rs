//! Séances: planned, changed, called off, repeated, copied; templates; answers to the invitation.

use axum::{Json, extract::State};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use signaling::{
    authorisation::Act,
    emargement::moved_with,
    enrolment::{EnrolmentRole, EnrolmentSource},
    id::{HalfDayId, PersonId, SeanceId},
    office::seance::{AnswerToInvitation, DuplicateSeance, MyEnrolment, Planned, PlannedSeance},
    person::PlatformRole,
    planning::{
        Change, Context, Invalid, NewSeance, NewSeries, SeancePatch, Template, change, plan, touches_hours,
    },
    protocol::{Refusal, seance::SeanceState},
    room::view_of,
    seance::Seance,
};

use super::{
    aside,
    asker::{Asker, Scope},
    correction::unlocked,
    input::{Body, Path, Query},
    refused::Refused,
    session_formation::unarchived,
    stretch::Stretch,
};
use crate::{app::App, clock, store::Gathering};

/// How far the list reaches when nobody says it.
const BEHIND: SignedDuration = SignedDuration::from_hours(31 * 24);
const AHEAD: SignedDuration = SignedDuration::from_hours(180 * 24);
/// A séance ends by itself that long after its announced end.
const FORGOTTEN: SignedDuration = SignedDuration::from_mins(30);

/// Nothing is extended beyond that.
const LONGEST_EXTENSION: SignedDuration = SignedDuration::from_hours(48);

/// `?preview=true`: what would be saved, with its warnings.
#[derive(Debug, Deserialize)]
pub(super) struct Preview {
    #[serde(default)]
    preview: bool,
}

/// `GET /api/seances?from=&to=`: mine; with `academy=`, those of the academy, for who manages it.
pub(super) async fn list(
    State(app): State<App>,
    asker: Asker,
    Query(stretch): Query<Stretch>,
) -> Result<Json<Vec<PlannedSeance>>, Refused> {
    let person = asker.logged_in()?.id;
    let now = app.clock.now();
    let (from, to) = stretch.bounds(now, BEHIND, AHEAD)?;
    let plans = match &stretch.academy {
        Some(academy) => {
            // Enrolled people and trainers see their own; all of an academy, who manages or conceives for it.
            let scope = asker.scope(Act::SeeSeance)?;
            let within = match &scope {
                Scope::Everywhere => true,
                Scope::Academies(all) => all.contains(academy) && !only_trains(&asker, academy),
            };
            if !within {
                return Err(Refusal::Unknown.into());
            }
            app.store.seances_in(academy, from, to).await?
        }
        None => app.store.seances_for(person, from, to).await?,
    };
    let mut found = Vec::with_capacity(plans.len());
    for plan in plans {
        let state = state_of(&app, &plan).await?;
        let mine = mine(&app, &plan, Some(person)).await?;
        found.push(PlannedSeance::of(&plan, state, mine));
    }
    Ok(Json(found))
}

/// Plans séances of an academy without managing it.
fn only_trains(asker: &Asker, academy: &str) -> bool {
    let mut here = asker.grants().iter().filter(|grant| grant.scope == academy);
    here.all(|grant| grant.role == PlatformRole::Formateur)
        && asker.grants().iter().all(|grant| grant.role != PlatformRole::Administrateur)
}

/// `GET /api/templates`.
pub(super) async fn templates(asker: Asker) -> Result<Json<Vec<Template>>, Refused> {
    asker.logged_in()?;
    Ok(Json(Template::all()))
}

/// `GET /api/seances/{id}`.
pub(super) async fn one(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
) -> Result<Json<PlannedSeance>, Refused> {
    let plan = asker.seance(&app, id, Act::SeeSeance).await?;
    Ok(Json(shown(&app, &asker, &plan).await?))
}

/// `POST /api/seances`.
pub(super) async fn make(
    State(app): State<App>,
    asker: Asker,
    Query(Preview { preview }): Query<Preview>,
    Body(new): Body<NewSeance>,
) -> Result<Json<Planned>, Refused> {
    let place = place(&app, &asker, &new).await?;
    Ok(Json(keep(&app, &asker, &new, &place, preview).await?))
}

/// `POST /api/seances/series`: all or none.
pub(super) async fn series(
    State(app): State<App>,
    asker: Asker,
    Query(Preview { preview }): Query<Preview>,
    Body(series): Body<NewSeries>,
) -> Result<Json<Vec<Planned>>, Refused> {
    let place = place(&app, &asker, &series.seance).await?;
    let each = series.each().map_err(Refusal::from)?;
    // Everything is looked at before anything is saved.
    let mut planned = Vec::with_capacity(each.len());
    for new in &each {
        planned.push(keep(&app, &asker, new, &place, true).await?);
    }
    if !preview {
        planned.clear();
        for new in &each {
            planned.push(keep(&app, &asker, new, &place, false).await?);
        }
    }
    Ok(Json(planned))
}

/// `POST /api/seances/{id}/duplicate`.
pub(super) async fn duplicate(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
    Body(wanted): Body<DuplicateSeance>,
) -> Result<Json<Planned>, Refused> {
    let from = asker.seance(&app, id, Act::ChangeSeance).await?;
    asker.logged_in()?;
    unarchived(&app, from.session_formation).await?;
    let now = app.clock.now();
    let copy = Seance {
        id: SeanceId(clock::mint()),
        // Later than every hour that can be typed: the copy has not begun.
        starts_at: Timestamp::MAX,
        sequence: 0,
        cancelled_at: None,
        made_by: asker.person(),
        ..from.clone()
    };
    let typed = SeancePatch {
        starts_at: Some(wanted.starts_at),
        occurrence: wanted.occurrence,
        title: wanted.title,
        ..SeancePatch::default()
    };
    let (copy, warnings) = match change(&copy, &typed, now, false).map_err(Refusal::from)? {
        Change::Changed(copy, warnings) => (Seance { sequence: 0, ..*copy }, warnings),
        Change::None | Change::TooLate => return Err(Refusal::from(Invalid::unknown("startsAt")).into()),
    };
    app.store.put_seance(&copy).await?;
    if wanted.enrolments.unwrap_or(true) {
        app.store.copy_enrolments(id, copy.id, now).await?;
    }
    let (old, new) = ((from.starts_at, from.time_zone.as_str()), (copy.starts_at, copy.time_zone.as_str()));
    let mut half_days = moved_with(&app.store.half_days(id).await?, old, new);
    half_days.iter_mut().for_each(|day| day.id = HalfDayId(clock::mint()));
    app.store.add_half_days(copy.id, &half_days).await?;
    let copy = app.store.seance(copy.id).await?.unwrap_or(copy);
    Ok(Json(Planned { seance: shown(&app, &asker, &copy).await?, warnings }))
}

/// `PATCH /api/seances/{id}`.
pub(super) async fn patch(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
    Query(Preview { preview }): Query<Preview>,
    Body(patch): Body<SeancePatch>,
) -> Result<Json<Planned>, Refused> {
    let plan = asker.seance(&app, id, Act::ChangeSeance).await?;
    if patch.seen.is_some_and(|seen| seen != plan.sequence) {
        return Err(conflict("the plan"));
    }
    unarchived(&app, plan.session_formation).await?;
    if let Some(Some(session)) = patch.session_formation {
        asker.session_formation(&app, session, Act::PlanSeance).await?;
        unarchived(&app, Some(session)).await?;
        let session = app.store.session_formation(session).await?.ok_or(Refusal::Unknown)?;
        if session.academy != plan.academy {
            return Err(Refusal::Unknown.into());
        }
    }
    let over = matches!(state_of(&app, &plan).await?, SeanceState::Ended | SeanceState::Cancelled);
    match change(&plan, &patch, app.clock.now(), over).map_err(Refusal::from)? {
        Change::None => Ok(Json(Planned { seance: shown(&app, &asker, &plan).await?, warnings: Vec::new() })),
        Change::TooLate => Err(conflict("the séance has begun or is over")),
        Change::Changed(new, warnings) => {
            let inside = app.classrooms.find(id).is_some_and(|room| room.present() > 0);
            if new.recorded && !plan.recorded && inside {
                // Who is inside was not told that the class is recorded.
                return Err(conflict("somebody is in the room"));
            }
            if touches_hours(&plan, &new) {
                unlocked(&app, &asker, &plan, "plan.refused").await?;
            }
            if !preview {
                replace(&app, &plan, &new).await?;
            }
            Ok(Json(Planned { seance: shown(&app, &asker, &new).await?, warnings }))
        }
    }
}

/// `DELETE /api/seances/{id}`: called off. The séance and its evidence stay; who is in the room is sent home.
pub(super) async fn cancel(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
) -> Result<Json<PlannedSeance>, Refused> {
    let plan = asker.seance(&app, id, Act::CancelSeance).await?;
    unarchived(&app, plan.session_formation).await?;
    match state_of(&app, &plan).await? {
        SeanceState::Cancelled => return Ok(Json(shown(&app, &asker, &plan).await?)),
        SeanceState::Ended => return Err(conflict("the séance is over")),
        SeanceState::Planned | SeanceState::Live => {}
    }
    let mut new = plan.clone();
    new.cancelled_at = Some(app.clock.now());
    new.sequence = plan.sequence.saturating_add(1);
    replace(&app, &plan, &new).await?;
    Ok(Json(shown(&app, &asker, &new).await?))
}

/// `POST /api/seances/{id}/answer`.
pub(super) async fn answer(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
    Body(AnswerToInvitation { answer }): Body<AnswerToInvitation>,
) -> Result<Json<PlannedSeance>, Refused> {
    let plan = asker.seance(&app, id, Act::AnswerInvitation).await?;
    let person = asker.person().ok_or(Refusal::LoginNeeded)?;
    if !app.store.answer_invitation(id, person, answer).await? {
        return Err(Refusal::NotAllowed.into());
    }
    Ok(Json(shown(&app, &asker, &plan).await?))
}

/// Where a new séance belongs, and in whose name.
struct Place {
    academy: String,
    time_zone: String,
    /// The person who asks leads it.
    leads: bool,
}

async fn place(app: &App, asker: &Asker, new: &NewSeance) -> Result<Place, Refused> {
    let person = asker.logged_in()?;
    let academy = match (new.session_formation, &new.academy) {
        (Some(session), typed) => {
            asker.session_formation(app, session, Act::PlanSeance).await?;
            unarchived(app, Some(session)).await?;
            let session = app.store.session_formation(session).await?.ok_or(Refusal::Unknown)?;
            if typed.as_ref().is_some_and(|typed| *typed != session.academy) {
                return Err(Refusal::Unknown.into());
            }
            session.academy
        }
        (None, typed) => {
            let academy = typed.clone().unwrap_or_else(|| person.academy.clone());
            asker.academy(app, &academy, Act::PlanSeance).await?;
            academy
        }
    };
    let time_zone = app.academies.find(&academy).map_err(|_| Refusal::Unknown)?.zone.clone();
    let prepares = asker.grants().iter().any(|grant| match grant.role {
        PlatformRole::Administrateur => true,
        PlatformRole::Gestionnaire | PlatformRole::Concepteur => grant.scope == academy,
        PlatformRole::Formateur | PlatformRole::Inspecteur => false,
    });
    let trains =
        asker.grants().iter().any(|grant| grant.role == PlatformRole::Formateur && grant.scope == academy);
    Ok(Place { academy, time_zone, leads: trains || !prepares })
}

async fn keep(
    app: &App,
    asker: &Asker,
    new: &NewSeance,
    place: &Place,
    preview: bool,
) -> Result<Planned, Refused> {
    let person = asker.logged_in()?;
    let now = app.clock.now();
    let context = Context {
        id: SeanceId(clock::mint()),
        academy: place.academy.clone(),
        time_zone: place.time_zone.clone(),
        made_by: Some(person.id),
        trainers: if place.leads { vec![person.display_name()] } else { Vec::new() },
        now,
    };
    let (seance, warnings) = plan(new, context).map_err(Refusal::from)?;
    if !preview {
        app.store.put_seance(&seance).await?;
        if place.leads {
            let to = Gathering::Seance(seance.id);
            let (role, source) = (EnrolmentRole::Trainer, EnrolmentSource::Manual);
            app.store.enrol_person(to, person.id, role, source, now).await?;
        }
    }
    let mine = if preview { None } else { mine(app, &seance, Some(person.id)).await? };
    Ok(Planned { seance: PlannedSeance::of(&seance, SeanceState::Planned, mine), warnings })
}

/// Saves a changed plan, and tells the room where it is open.
async fn replace(app: &App, old: &Seance, new: &Seance) -> Result<(), Refused> {
    if !app.store.replace_seance(new, old.sequence).await? {
        return Err(conflict("the plan"));
    }
    let saved = app.store.seance(new.id).await?.ok_or(Refusal::Unknown)?;
    if let Some(room) = app.classrooms.find(new.id) {
        room.replan(saved).await;
    }
    Ok(())
}

fn conflict(what: &str) -> Refused {
    Refusal::Conflict { detail: what.to_owned() }.into()
}

pub(super) async fn shown(app: &App, asker: &Asker, plan: &Seance) -> Result<PlannedSeance, Refused> {
    let (state, mine) = (state_of(app, plan).await?, mine(app, plan, asker.person()).await?);
    Ok(PlannedSeance::of(plan, state, mine))
}

async fn mine(app: &App, plan: &Seance, person: Option<PersonId>) -> Result<Option<MyEnrolment>, Refused> {
    let Some(person) = person else { return Ok(None) };
    let own = app.store.own_enrolment(plan.id, person).await?;
    Ok(own.map(|(role, answer)| MyEnrolment { role, answer }))
}

/// Where a séance stands. Only around its time the journal must be asked.
pub(super) async fn state_of(app: &App, plan: &Seance) -> Result<SeanceState, Refused> {
    if plan.cancelled_at.is_some() {
        return Ok(SeanceState::Cancelled);
    }
    if let Some(view) = app.classrooms.view(plan.id).await {
        return Ok(view.state);
    }
    let now = app.clock.now();
    if !app.store.has_journal(plan.id).await? {
        let past = now > plan.announced_end() + FORGOTTEN;
        return Ok(if past { SeanceState::Ended } else { SeanceState::Planned });
    }
    // Extensions add hours at most.
    if now > plan.announced_end() + LONGEST_EXTENSION {
        return Ok(SeanceState::Ended);
    }
    let records = app.store.records(plan.id).await?;
    let (seance, last) = (plan.clone(), records.last().map(|record| record.at.effective()));
    let view = aside(move || view_of(&seance, &records)).await?;
    // Nobody closed it: it ended by itself, though no process was there to write so.
    let abandoned = last.is_some() && now > view.ends_at + FORGOTTEN;
    Ok(if abandoned { SeanceState::Ended } else { view.state })
}
