//! The retention clock, and identities that are to be erased.

use axum::{Json, extract::State, response::Response};
use signaling::{
    authorisation::Act,
    id::{PersonId, RetentionRunId},
    office::privacy::{AskErasure, Erased, RetentionReport},
    protocol::{Problem, Refusal},
};

use super::{
    asker::{Asker, Scope},
    export::{attached, by, dossier, refused},
    input::{Body, Path},
    refused::Refused,
};
use crate::{
    app::App,
    dossier::Format,
    retention::{Erasure, Purge, PurgeError},
};

/// Longest reason, characters.
const MAX_REASON: usize = 500;

impl From<PurgeError> for Refused {
    fn from(error: PurgeError) -> Self {
        match error {
            PurgeError::Store(error) => error.into(),
            error @ PurgeError::Files { .. } => {
                tracing::error!(%error, "an erasure waits for the next purge");
                Refusal::StorageFailing.into()
            }
        }
    }
}

/// `GET /api/retention`: the terms, and what the last purges did in the academies that one manages.
pub(super) async fn report(State(app): State<App>, asker: Asker) -> Result<Json<RetentionReport>, Refused> {
    let scope = scope(&asker)?;
    let mut runs = app.store.purges().await?;
    if let Some(academies) = scope.academies() {
        for run in &mut runs {
            run.lines.retain(|line| academies.contains(&line.academy));
        }
    }
    Ok(Json(RetentionReport { terms: app.terms.shown(app.clock.now()), runs }))
}

/// Where somebody may see what purges did: somewhere.
fn scope(asker: &Asker) -> Result<Scope, Refused> {
    let scope = asker.scope(Act::SeeRetention)?;
    if scope.academies().is_some_and(<[String]>::is_empty) {
        return Err(Refusal::NotAllowed.into());
    }
    Ok(scope)
}

/// `GET /api/retention/{run}/certificate`: what that purge deleted in the academies that one manages, as a paper.
pub(super) async fn certificate(
    State(app): State<App>,
    asker: Asker,
    Path(run): Path<RetentionRunId>,
) -> Result<Response, Refused> {
    let scope = scope(&asker)?;
    let by = by(&app, &asker, false).await?;
    let made = dossier(&app).deletion(run, scope.academies(), &app.terms, &by, app.clock.now()).await;
    let (logged, file) = made.map_err(refused)?;
    Ok(attached(Format::Pdf.media_type(), &logged, file))
}

/// `POST /api/people/{id}/erasure`: the identity goes now, or when its attestations need no longer be kept.
pub(super) async fn erase(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<PersonId>,
    Body(asked): Body<AskErasure>,
) -> Result<Json<Erased>, Refused> {
    let person = asker.about(&app, id, Act::ErasePerson).await?;
    let by = asker.logged_in()?.id.to_string();
    let invalid = |problem| Refusal::Invalid { field: "reason".to_owned(), problem };
    let reason = asked.reason.trim();
    match reason.chars().count() {
        0 => return Err(invalid(Problem::Missing).into()),
        1..=MAX_REASON => {}
        _ => return Err(invalid(Problem::TooLong).into()),
    }
    let now = app.clock.now();
    let purge = Purge {
        store: &app.store,
        data: app.recordings.parent().unwrap_or(&app.recordings),
        terms: app.terms,
        academies: &app.academies,
        now,
        dry: false,
    };
    match purge.asked(&person, &by, reason).await? {
        Erasure::Done => Ok(Json(Erased { at: now })),
        Erasure::Later(until) => Err(Refusal::KeptUntil { until }.into()),
        Erasure::Officer => Err(Refusal::RoleHeld.into()),
        Erasure::Held => Err(Refusal::HeldBack.into()),
    }
}
