//! One's own data, and who looked at them.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use signaling::{authorisation::Act, office::privacy::ViewOfMe, protocol::Refusal};

use super::{aside, asker::Asker, refused::Refused};
use crate::{
    app::App,
    export::{pdf::personal_pdf, personal::PersonalData, zone::Zone},
    personal::personal_data,
};

/// `GET /api/me/data`: everything that is kept about who asks, as JSON.
pub(super) async fn data(State(app): State<App>, asker: Asker) -> Result<Response, Refused> {
    let data = gathered(&app, &asker).await?;
    let name = format!("mes-donnees_{}.json", zone_of(&app, &data).stamp(data.made_at));
    let bytes = aside(move || serde_json::to_vec_pretty(&data)).await?.map_err(|_| Refusal::Busy)?;
    Ok(file("application/json", &name, bytes))
}

/// `GET /api/me/data.pdf`: the same to read.
pub(super) async fn paper(State(app): State<App>, asker: Asker) -> Result<Response, Refused> {
    let data = gathered(&app, &asker).await?;
    let zone = zone_of(&app, &data);
    let made = aside(move || personal_pdf(&data.document(zone))).await?;
    let made = made.map_err(|error| {
        tracing::error!(%error, "a paper cannot be written");
        Refused::from(Refusal::Busy)
    })?;
    Ok(file("application/pdf", &made.name, made.bytes))
}

/// `GET /api/me/views`: who looked at the data of who asks.
pub(super) async fn views(State(app): State<App>, asker: Asker) -> Result<Json<Vec<ViewOfMe>>, Refused> {
    let person = asker.about(&app, asker.logged_in()?.id, Act::SeeOwnData).await?;
    Ok(Json(app.store.views_of(person.id).await?))
}

async fn gathered(app: &App, asker: &Asker) -> Result<PersonalData, Refused> {
    let person = asker.about(app, asker.logged_in()?.id, Act::SeeOwnData).await?;
    Ok(personal_data(&app.store, &person, app.clock.now()).await?)
}

/// The hours are those of the person's academy.
fn zone_of(app: &App, data: &PersonalData) -> Zone {
    let academy = app.academies.find(&data.person.academy);
    Zone::named(academy.map_or("Europe/Paris", |academy| academy.zone.as_str()))
}

fn file(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}
