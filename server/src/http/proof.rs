//! What an inspector takes home: the bundle of proof of a séance, and the page that checks it offline.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use signaling::protocol::{Permission, Refusal};

use super::{aside, bearer::Bearer, refused::Refused};
use crate::{app::App, export::proof_name, proof::Bundle};

/// One file that works by itself, without a server and in two languages.
const VERIFIER: &str = concat!(
    include_str!("../proof/verifier/page.html"),
    "<script>\n",
    include_str!("../proof/verifier/english.js"),
    include_str!("../proof/verifier/verify.js"),
    "</script>\n</body>\n</html>\n"
);

/// `GET /api/presence.proof`: journal, presence and signatures, for those who validate.
pub(super) async fn bundle(State(app): State<App>, bearer: Bearer) -> Result<Response, Refused> {
    bearer.may(Permission::SeePresence)?;
    let plan = bearer.plan.clone();
    if app.store.condensed_at(plan.id).await?.is_some() {
        return Err(Refusal::Unknown.into());
    }
    let records = app.store.records(plan.id).await?;
    let seals = app.store.seals(plan.id).await?;
    let known = app.store.known_here(&plan).await?;
    let (key, now) = (app.proof.clone(), app.clock.now());
    let name = proof_name(&plan);
    let made = aside(move || Bundle::make(&plan, &records, &seals, &known, &key, now)).await?;
    let bundle = made.map_err(|error| {
        tracing::error!(%error, "no proof can be made; run `preau journal verify`");
        Refusal::Busy
    })?;
    Ok(attached("application/jsonl", &name, bundle.into_bytes()))
}

/// `GET /api/verifier`: for everybody.
pub(super) async fn verifier() -> Response {
    attached("text/html; charset=utf-8", "verificateur-preau.html", VERIFIER.as_bytes().to_vec())
}

fn attached(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}
