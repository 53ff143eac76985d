//! The directory of an academy's schools through the page: what it would change first, then the change.

use axum::{
    Json,
    body::Bytes,
    extract::{Multipart, State},
    http::StatusCode,
};
use signaling::{
    authorisation::Act,
    office::{
        gaia::ImportCounts,
        school::{SchoolImport, SchoolImported, SchoolPreview},
    },
    protocol::{Problem, Refusal},
    school::Directory,
};

use super::{aside, asker::Asker, input::Body, refused::Refused};
use crate::{
    app::App,
    imports::{Pending, TooMany},
};

/// Longest upload, bytes: the directory of the whole country is about 50 MB.
pub(super) const MAX_UPLOAD: usize = 96 * 1024 * 1024;

/// `POST /api/schools/preview`: `multipart/form-data` with `academy` and one file.
pub(super) async fn preview(
    State(app): State<App>,
    asker: Asker,
    multipart: Multipart,
) -> Result<Json<SchoolPreview>, Refused> {
    let person = asker.logged_in()?.id;
    let (academy, file) = received(multipart).await?;
    asker.academy(&app, &academy, Act::ImportSchools).await?;
    let known = app.academies.find(&academy).map_err(|_| Refusal::Unknown)?.clone();
    let directory = aside(move || Directory::read(&file, known.schools())).await?;
    let directory =
        directory.map_err(|_| Refusal::Invalid { field: "file".to_owned(), problem: Problem::Malformed })?;
    let change =
        directory.change(app.store.schools(&academy).await?, &app.store.schools_elsewhere(&academy).await?);
    let schools = &change.schools;
    let touched: Vec<_> = schools.added.iter().chain(&schools.changed).collect();
    let answer = SchoolPreview {
        token: String::new(),
        academy: academy.clone(),
        schools: ImportCounts::from(schools),
        people: app.store.people_at(&touched).await?,
        elsewhere: directory.elsewhere,
        without_effect: directory.without_effect,
        rejected: change.rejected.iter().map(Into::into).collect(),
        collapse: change.is_collapse(),
    };
    let pending = Pending { academy, person, what: directory };
    let token = app.directories.keep(pending, app.clock.now()).map_err(|TooMany| Refusal::Busy)?;
    Ok(Json(SchoolPreview { token, ..answer }))
}

/// `POST /api/schools/import`: what the preview showed, against what is known by now. The token is good for once.
pub(super) async fn import(
    State(app): State<App>,
    asker: Asker,
    Body(SchoolImport { token, accept_removals }): Body<SchoolImport>,
) -> Result<Json<SchoolImported>, Refused> {
    let person = asker.logged_in()?.id;
    let now = app.clock.now();
    let pending = app.directories.of(&token, person, now).ok_or(Refusal::Unknown)?;
    let academy = &pending.academy;
    asker.academy(&app, academy, Act::ImportSchools).await?;
    let known = app.store.schools(academy).await?;
    let change = pending.what.change(known, &app.store.schools_elsewhere(academy).await?);
    if change.is_collapse() && !accept_removals {
        let field = "acceptRemovals".to_owned();
        return Err(Refusal::Invalid { field, problem: Problem::Missing }.into());
    }
    let people = app.store.import_schools(academy, &change, now).await?;
    app.directories.forget(&token);
    app.store.audit(person, "schools imported", academy, &people.to_string(), now).await?;
    Ok(Json(SchoolImported { schools: ImportCounts::from(&change.schools), people }))
}

async fn received(mut multipart: Multipart) -> Result<(String, Bytes), Refused> {
    let malformed = |detail: &str| Refusal::Malformed { detail: detail.to_owned() };
    let (mut academy, mut file) = (String::new(), None);
    while let Some(part) = multipart.next_field().await.map_err(|error| malformed(&error.body_text()))? {
        if part.name() == Some("academy") {
            academy = part.text().await.map_err(|error| malformed(&error.body_text()))?;
            continue;
        }
        let bytes = part.bytes().await.map_err(|error| match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
            _ => malformed(&error.body_text()),
        })?;
        file = Some(bytes);
    }
    let missing = Refusal::Invalid { field: "file".to_owned(), problem: Problem::Missing };
    Ok((academy, file.ok_or(missing)?))
}
