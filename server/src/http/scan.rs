//! Scans of paper lists: kept under their digest, shown to those who lead the émargement.

use axum::{
    Json,
    body::{Body as Content, Bytes},
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use sha2::{Digest, Sha256};
use signaling::{
    authorisation::Act,
    id::HalfDayId,
    office::emargement::KeptScan,
    protocol::{Problem, Refusal},
};

use super::{asker::Asker, emargement::found, input::Path, refused::Refused};
use crate::{app::App, clock};

/// Largest scan, bytes.
pub(super) const MAX_SCAN: usize = 10 << 20;

/// `POST /api/half-days/{id}/scans`: a PDF, a JPEG or a PNG, as it is. Answers the digest by which signatures name it.
pub(super) async fn keep(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<HalfDayId>,
    bytes: Bytes,
) -> Result<Json<KeptScan>, Refused> {
    found(&app, &asker, id, Act::SignForOthers).await?;
    if kind(&bytes).is_none() {
        return Err(Refusal::Invalid { field: "scan".to_owned(), problem: Problem::Malformed }.into());
    }
    let sha256 = hex::encode(Sha256::digest(&bytes));
    if let Err(error) = written(&app, &sha256, &bytes).await {
        tracing::error!(%error, "a scan cannot be kept; check the disk and `store.data`");
        return Err(Refusal::StorageFailing.into());
    }
    Ok(Json(KeptScan { sha256 }))
}

/// `GET /api/half-days/{id}/scans/{sha256}`: one that a signature of that half-day names.
pub(super) async fn show(
    State(app): State<App>,
    asker: Asker,
    Path((id, sha256)): Path<(HalfDayId, String)>,
) -> Result<Response, Refused> {
    let (plan, _) = found(&app, &asker, id, Act::SeeHalfDays).await?;
    let signatures = app.store.signatures(plan.id).await?;
    let named =
        |one: &signaling::emargement::Signature| one.half_day == id && one.attachment_sha256 == sha256;
    if sha256.is_empty() || !signatures.iter().any(named) {
        return Err(Refusal::Unknown.into());
    }
    let bytes = tokio::fs::read(app.scans.join(&sha256)).await.map_err(|error| {
        tracing::error!(%error, "a scan that is named cannot be read");
        Refusal::Unknown
    })?;
    let kind = kind(&bytes).unwrap_or("application/octet-stream");
    let mut response = Response::new(Content::from(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// Whether a scan of that digest is kept.
pub(super) async fn is_kept(app: &App, sha256: &str) -> bool {
    let digest = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    digest && tokio::fs::try_exists(app.scans.join(sha256)).await.unwrap_or(false)
}

/// What the first bytes say; nothing that a browser would run.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 3] =
        [(b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png")];
    known.into_iter().find_map(|(magic, kind)| bytes.starts_with(magic).then_some(kind))
}

/// Whole on disk under its digest, or not at all.
async fn written(app: &App, sha256: &str, bytes: &[u8]) -> std::io::Result<()> {
    let (path, part) = (app.scans.join(sha256), app.scans.join(format!("{}.part", clock::mint())));
    let writing = async {
        tokio::fs::create_dir_all(&app.scans).await?;
        tokio::fs::write(&part, bytes).await?;
        tokio::fs::File::open(&part).await?.sync_all().await?;
        tokio::fs::rename(&part, &path).await
    };
    let outcome = writing.await;
    if outcome.is_err() {
        // What was begun is of no use.
        let _ = tokio::fs::remove_file(&part).await;
    }
    outcome
}
