//! Badges: one's own, and what anybody needs to check one: the issuer, its key, the list of revocations.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use signaling::{authorisation::Act, id::AttestationId, protocol::Refusal};

use super::{
    asker::Asker,
    attestation,
    export::{attached, by, dossier, refused},
    input::{Path, Query},
    refused::Refused,
};
use crate::{app::App, dossier::issuer_name, export::badge::Issuer};

/// For who checks a badge inside a page of somebody else.
const OPEN: (header::HeaderName, &str) = (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
/// How long a list may be believed.
const SHORTLY: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=300");

/// `?form=svg`: a picture that holds the token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    form: Option<Shape>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Shape {
    Jwt,
    Svg,
}

/// `GET /api/attestations/{id}/badge`: by the person's own wish only.
pub(super) async fn take(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<AttestationId>,
    Query(Form { form }): Query<Form>,
) -> Result<Response, Refused> {
    let kept = attestation::found(&app, &asker, id).await?;
    match asker.about(&app, kept.person, Act::TakeBadge).await {
        // Whoever may see the attestation knows that there is one.
        Err(Refused::Refusal(Refusal::Unknown)) => return Err(Refusal::NotAllowed.into()),
        other => other?,
    };
    let picture = form == Some(Shape::Svg);
    let by = by(&app, &asker, false).await?;
    let made = dossier(&app).badge(id, picture, &by, app.clock.now()).await;
    let (logged, file) = made.map_err(refused)?;
    Ok(attached(if picture { "image/svg+xml" } else { "application/jwt" }, &logged, file))
}

/// `GET /badges/issuer`.
pub(super) async fn issuer(State(app): State<App>) -> Response {
    ([OPEN, SHORTLY], Json(own(&app).profile())).into_response()
}

/// `GET /badges/keys`.
pub(super) async fn keys(State(app): State<App>) -> Response {
    ([OPEN, SHORTLY], Json(json!({"keys": [app.proof.jwk()]}))).into_response()
}

/// `GET /badges/keys/{kid}`.
pub(super) async fn key(State(app): State<App>, Path(kid): Path<String>) -> Result<Response, Refused> {
    if kid != app.proof.thumbprint() {
        return Err(Refusal::Unknown.into());
    }
    let body: Value = app.proof.jwk();
    Ok(([OPEN, SHORTLY, (header::CONTENT_TYPE, "application/jwk+json")], body.to_string()).into_response())
}

/// `GET /badges/status`: which badges were revoked, as a credential of its own.
pub(super) async fn status(State(app): State<App>) -> Result<Response, Refused> {
    let issuer = own(&app);
    let list = issuer.revocations(&app.store.revoked_badges().await?, app.clock.now()).map_err(|error| {
        tracing::error!(%error, "the list of revoked badges cannot be made");
        Refusal::Busy
    })?;
    let token = app.proof.token(&issuer.key(&app.proof.thumbprint()), &list);
    Ok(([OPEN, SHORTLY, (header::CONTENT_TYPE, "application/vc+jwt")], token).into_response())
}

/// The server itself; on badges it bears the name of the academy.
fn own(app: &App) -> Issuer {
    Issuer { name: issuer_name(""), base: app.base.to_string() }
}
