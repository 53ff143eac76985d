//! The files of GAIA through the page: what they would change first, then the change.

use axum::{
    Json,
    extract::{Multipart, State, multipart::Field},
};
use jiff::tz::TimeZone;
use signaling::{
    authorisation::Act,
    gaia::{Change, Extract, File, Files},
    office::gaia::{GaiaImport, GaiaImported, GaiaPreview, ImportCounts},
    planning::Invalid,
    protocol::{Problem, Refusal},
};

use super::{aside, asker::Asker, input::Body, refused::Refused};
use crate::{
    app::App,
    imports::{Pending, TooMany},
};

/// Longest upload, bytes: 60,000 trainees are about 5 MB.
pub(super) const MAX_UPLOAD: usize = 48 * 1024 * 1024;

/// The files of one day, as they were read.
#[derive(Debug)]
pub(crate) struct GaiaDay {
    /// `YYYYMMDD`.
    day: String,
    extract: Extract,
}

/// What was uploaded.
#[derive(Default)]
struct Upload {
    academy: String,
    /// `YYYYMMDD`, from the names of the files.
    day: Option<String>,
    files: [Option<Vec<u8>>; 3],
}

/// `POST /api/gaia/preview`: `multipart/form-data` with `academy` and the three files, told by their names
/// (`…_Formations_20261118.csv`) or by those of their fields (`formations`, `intervenants`, `stagiaires`).
pub(super) async fn preview(
    State(app): State<App>,
    asker: Asker,
    multipart: Multipart,
) -> Result<Json<GaiaPreview>, Refused> {
    let person = asker.logged_in()?.id;
    let upload = received(multipart).await?;
    asker.academy(&app, &upload.academy, Act::ImportGaia).await?;
    let zone = app.academies.find(&upload.academy).ok().and_then(|academy| academy.time_zone().ok());
    let zone = zone.ok_or(Refusal::Unknown)?;
    let now = app.clock.now();
    let today = || TimeZone::to_datetime(&zone, now).strftime("%Y%m%d").to_string();
    let day = upload.day.unwrap_or_else(today);
    let [formations, intervenants, stagiaires] = upload.files;
    let missing = |file: File| Refusal::from(Invalid::missing(field(file)));
    let formations = formations.ok_or_else(|| missing(File::Formations))?;
    let intervenants = intervenants.ok_or_else(|| missing(File::Intervenants))?;
    let stagiaires = stagiaires.ok_or_else(|| missing(File::Stagiaires))?;
    let (domains, known) = (app.domains.clone(), app.store.gaia(&upload.academy).await?);
    let (extract, change) = aside(move || {
        let files = Files { formations: &formations, intervenants: &intervenants, stagiaires: &stagiaires };
        let extract = Extract::read(files, &zone, &domains);
        let change = Change::between(known, &extract);
        (extract, change)
    })
    .await?;
    let imported_at = app.store.gaia_imported(&upload.academy, &day).await?;
    let answer = GaiaPreview {
        token: String::new(),
        academy: upload.academy.clone(),
        day: day.clone(),
        sessions: ImportCounts::from(&change.sessions),
        trainers: ImportCounts::from(&change.trainers),
        trainees: ImportCounts::from(&change.trainees),
        rejected: extract.rejected.iter().map(Into::into).collect(),
        remarks: extract.remarks.iter().map(Into::into).collect(),
        collapse: change.is_collapse(),
        imported_at,
        newer: app.store.gaia_day(&upload.academy).await?.filter(|newest| day < *newest),
    };
    let what = GaiaDay { day, extract };
    let pending = Pending { academy: upload.academy, person, what };
    let token = app.imports.keep(pending, now).map_err(|TooMany| Refusal::Busy)?;
    Ok(Json(GaiaPreview { token, ..answer }))
}

/// `POST /api/gaia/import`: what the preview showed, against what is known by now. The token is good for once.
pub(super) async fn import(
    State(app): State<App>,
    asker: Asker,
    Body(GaiaImport { token, accept_removals, accept_older }): Body<GaiaImport>,
) -> Result<Json<GaiaImported>, Refused> {
    let person = asker.logged_in()?.id;
    let now = app.clock.now();
    let pending = app.imports.of(&token, person, now).ok_or(Refusal::Unknown)?;
    asker.academy(&app, &pending.academy, Act::ImportGaia).await?;
    let missing = |field: &str| Refusal::Invalid { field: field.to_owned(), problem: Problem::Missing };
    let newest = app.store.gaia_day(&pending.academy).await?;
    if newest.is_some_and(|newest| pending.what.day < newest) && !accept_older {
        return Err(missing("acceptOlder").into());
    }
    let known = app.store.gaia(&pending.academy).await?;
    let extract = pending.clone();
    let change = aside(move || Change::between(known, &extract.what.extract)).await?;
    if change.is_collapse() && !accept_removals {
        return Err(missing("acceptRemovals").into());
    }
    let followed = app.store.import_gaia(&pending.academy, &pending.what.day, &change, now).await?;
    app.imports.forget(&token);
    Ok(Json(GaiaImported {
        sessions: ImportCounts::from(&change.sessions),
        trainers: ImportCounts::from(&change.trainers),
        trainees: ImportCounts::from(&change.trainees),
        enrolled: followed.enrolled,
        unenrolled: followed.unenrolled,
        recognised: followed.recognised,
    }))
}

async fn received(mut multipart: Multipart) -> Result<Upload, Refused> {
    let malformed = |detail: &str| Refusal::Malformed { detail: detail.to_owned() };
    let mut upload = Upload::default();
    while let Some(part) = multipart.next_field().await.map_err(|error| malformed(&error.body_text()))? {
        if part.name() == Some("academy") {
            upload.academy = part.text().await.map_err(|error| malformed(&error.body_text()))?;
            continue;
        }
        let Some((file, day)) = named(&part) else {
            return Err(malformed("a file that is none of formations, intervenants, stagiaires").into());
        };
        if upload.day.is_some() && day.is_some() && day != upload.day {
            return Err(malformed("the files are of different days").into());
        }
        upload.day = upload.day.or(day);
        let bytes = part.bytes().await.map_err(|error| {
            if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
                Refusal::TooLarge
            } else {
                malformed(&error.body_text())
            }
        })?;
        if let Some(slot) = upload.files.get_mut(position(file)) {
            *slot = Some(bytes.to_vec());
        }
    }
    Ok(upload)
}

/// Which file a part is, and of which day.
fn named(part: &Field<'_>) -> Option<(File, Option<String>)> {
    let name = part.file_name().unwrap_or_default();
    if let Some((_, file, day)) = File::of_name(name) {
        return Some((file, Some(day.to_owned())));
    }
    let file = File::ALL.into_iter().find(|file| Some(field(*file)) == part.name())?;
    Some((file, None))
}

/// The field of a file.
fn field(file: File) -> &'static str {
    match file {
        File::Formations => "formations",
        File::Intervenants => "intervenants",
        File::Stagiaires => "stagiaires",
    }
}

fn position(file: File) -> usize {
    match file {
        File::Formations => 0,
        File::Intervenants => 1,
        File::Stagiaires => 2,
    }
}
