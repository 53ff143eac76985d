//! Attestations: the act, what takes it back, and what is shown to whom.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use signaling::{
    attestation::typed_code,
    authorisation::Act,
    hours::report::{
        AttestRequest, AttestationView, Attested, OwnAttestation, RevokeRequest, VerifiedAttestation,
    },
    id::{AttestationId, SessionFormationId},
    office::privacy::Viewed,
    parcours::SessionState,
    protocol::Refusal,
};

use super::{
    asker::Asker,
    input::{Body, Path},
    refused::Refused,
    viewed::person_noted,
};
use crate::{
    app::App,
    hours::{
        attest::{self, Author, Denied},
        names, view,
    },
    store::{Attestation, StoreError},
};

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Refusal(refusal) => refusal.into(),
            Denied::Store(error) => error.into(),
        }
    }
}

/// `POST /api/sessions-formation/{id}/attestations`.
pub(super) async fn attest(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SessionFormationId>,
    Body(request): Body<AttestRequest>,
) -> Result<Json<Attested>, Refused> {
    let capacity = asker.capacity(&app, id, Act::Attest).await?;
    let person = asker.logged_in()?;
    let author = Author { person: person.id, name: person.display_name(), capacity };
    let attestations = attest::attest(&app, id, &request, &author).await?;
    Ok(Json(Attested { attestations }))
}

/// `DELETE /api/attestations/{id}`: it stays, with the reason, and no longer holds.
pub(super) async fn revoke(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<AttestationId>,
    Body(request): Body<RevokeRequest>,
) -> Result<Json<AttestationView>, Refused> {
    let kept = found(&app, &asker, id).await?;
    match asker.session_formation(&app, kept.session_formation, Act::RevokeAttestation).await {
        // Whoever may see the attestation knows that there is one.
        Err(Refused::Refusal(Refusal::Unknown)) => return Err(Refusal::NotAllowed.into()),
        other => other?,
    }
    let author = asker.logged_in()?.id;
    let reason = attest::reason(&request.reason)?;
    let session = app.store.session_formation(kept.session_formation).await?.ok_or(Refusal::Unknown)?;
    if session.state == SessionState::Archived {
        return Err(Refusal::PeriodLocked.into());
    }
    if !app.store.revoke_attestation((session.id, id), author, reason, app.clock.now()).await? {
        return Err(Refusal::Conflict { detail: "it holds no longer".to_owned() }.into());
    }
    let kept = app.store.attestation(id).await?.ok_or(Refusal::Unknown)?;
    shown(&app, vec![kept]).await?.pop().map(Json).ok_or_else(|| Refusal::Unknown.into())
}

/// `GET /api/attestations/mine`: all of one's own, the latest first, revoked ones too. Where another one took its place,
/// only that one is shown.
pub(super) async fn mine(State(app): State<App>, asker: Asker) -> Result<Json<Vec<OwnAttestation>>, Refused> {
    asker.platform(Act::SeeSelf)?;
    let mut own = app.store.attestations_of(asker.logged_in()?.id).await?;
    own.retain(|one| one.revoked.as_ref().is_none_or(|revoked| !revoked.reason.is_empty()));
    own.reverse();
    let mut shown_own = Vec::with_capacity(own.len());
    for attestation in shown(&app, own).await? {
        let academy = app.store.academy_of_session(attestation.session_formation).await?;
        let time_zone = zone_of(&app, &academy.unwrap_or_default());
        shown_own.push(OwnAttestation { attestation, time_zone });
    }
    Ok(Json(shown_own))
}

/// Where the day of an attestation is read: the paper does it in the same place.
fn zone_of(app: &App, academy: &str) -> String {
    app.academies.find(academy).map_or_else(|_| "Europe/Paris".to_owned(), |academy| academy.zone.clone())
}

/// `GET /api/attestation/{code}`: for whoever holds the paper, no more than is on it.
pub(super) async fn verified(
    State(app): State<App>,
    asker: Asker,
    Path(code): Path<String>,
) -> Result<Json<VerifiedAttestation>, Refused> {
    asker.platform(Act::VerifyAttestation)?;
    let code = typed_code(&code).ok_or(Refusal::Unknown)?;
    let kept = app.store.attestation_by_code(&code).await?.ok_or(Refusal::Unknown)?;
    let session = app.store.session_formation(kept.session_formation).await?.ok_or(Refusal::Unknown)?;
    let parcours = app.store.parcours(session.parcours).await?.ok_or(Refusal::Unknown)?;
    let said = kept.line.as_ref();
    Ok(Json(VerifiedAttestation {
        number: kept.number.clone(),
        name: said.map(|line| line.initials()).unwrap_or_default(),
        title: said.map_or(&parcours.title, |line| &line.title).clone(),
        identifiant: said.map_or(&parcours.identifiant, |line| &line.identifiant).clone(),
        starts_on: said.map_or(session.starts_on, |line| line.starts_on),
        ends_on: said.map_or(session.ends_on, |line| line.ends_on),
        distance: said.map_or(parcours.announced.distance, |line| line.distance),
        presence: said.map_or(parcours.announced.presence, |line| line.presence),
        attested: kept.attested,
        at: kept.at,
        revoked_at: kept.revoked.as_ref().map(|revoked| revoked.at),
        time_zone: zone_of(&app, &session.academy),
    }))
}

/// `GET /api/attestations/{id}/receipt`: one's own line, provable without this server.
pub(super) async fn receipt(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<AttestationId>,
) -> Result<Response, Refused> {
    let kept = found(&app, &asker, id).await?;
    let of = ("session_formation", kept.session_formation.to_string());
    person_noted(&app, &asker, Viewed::Attestation, of, kept.person).await?;
    let receipt = attest::receipt(&app, &kept).await?.ok_or(Refusal::Unknown)?;
    let name = format!("attachment; filename=\"recu_{}.json\"", kept.number);
    let headers = [(header::CONTENT_DISPOSITION, name), (header::CACHE_CONTROL, "no-store".to_owned())];
    Ok((headers, Json(receipt)).into_response())
}

/// An attestation that the person may see: the one it is about, the own inspector, who leads or manages the session.
pub(super) async fn found(app: &App, asker: &Asker, id: AttestationId) -> Result<Attestation, Refused> {
    asker.logged_in()?;
    let kept = app.store.attestation(id).await?.ok_or(Refusal::Unknown)?;
    if asker.about(app, kept.person, Act::SeeAttestation).await.is_err() {
        asker.session_formation(app, kept.session_formation, Act::SeeAttestation).await?;
    }
    Ok(kept)
}

async fn shown(app: &App, kept: Vec<Attestation>) -> Result<Vec<AttestationView>, StoreError> {
    let names = names(&app.store, kept.iter().map(|one| one.author)).await?;
    let sessions = kept.iter().map(|one| one.session_formation).collect();
    let sessions = app.store.deliveries(&sessions).await?;
    let views = kept.iter().map(|one| {
        let by = names.get(&one.author).cloned().unwrap_or_default();
        match sessions.get(&one.session_formation) {
            Some((session, parcours)) => view(one, &session.title, &parcours.identifiant, by),
            None => view(one, "", "", by),
        }
    });
    Ok(views.collect())
}
