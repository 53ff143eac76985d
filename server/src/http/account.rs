//! Logging in and out, and who one is.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cookie::{Cookie, SameSite};
use jiff::SignedDuration;
use signaling::{
    authorisation::Act,
    id::PersonId,
    office::{
        account::{Credentials, Me},
        person::PersonView,
    },
    person::Grant,
    protocol::Refusal,
};

use super::{
    asker::{Asker, cookie_name, csrf_of, digest_of},
    input::Body,
    refused::Refused,
};
use crate::{app::App, clock};

/// A login is over after that, used or not.
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// `POST /api/login`.
pub(super) async fn login(
    State(app): State<App>,
    Body(credentials): Body<Credentials>,
) -> Result<Response, Refused> {
    let Credentials { email, password } = credentials;
    let account = match app.domains.email(&email) {
        Some(email) => app.store.account(&email).await?,
        None => None,
    };
    let (person, phc) = account.map(|account| (account.person, account.password)).unzip();
    let right = app.passwords.verify(password, phc).await?;
    match person {
        Some(person) if right => logged_in(&app, person).await,
        _ => Err(Refusal::LoginFailed.into()),
    }
}

/// The answer that makes a browser somebody's.
pub(super) async fn logged_in(app: &App, person: PersonId) -> Result<Response, Refused> {
    let secret = URL_SAFE_NO_PAD.encode(clock::random::<32>());
    let now = app.clock.now();
    app.store.put_login(&digest_of(&secret), person, now, now + LONGEST).await?;
    let known = app.store.person(person).await?.ok_or(Refusal::LoginFailed)?;
    let me = me_of(app, Some(&PersonView::from(&known)), &app.store.grants(person).await?, Some(&secret));
    let headers = cookie_headers(cookie(app, &secret));
    Ok((headers, Json(me)).into_response())
}

/// `POST /api/logout`.
pub(super) async fn logout(State(app): State<App>, asker: Asker) -> Result<Response, Refused> {
    if let Some(secret) = asker.secret() {
        app.store.drop_login(&digest_of(secret), app.clock.now()).await?;
    }
    let mut gone = cookie(&app, "");
    gone.make_removal();
    Ok((cookie_headers(gone), Json(me_of(&app, None, &[], None))).into_response())
}

/// `GET /api/me`.
pub(super) async fn me(State(app): State<App>, asker: Asker) -> Json<Me> {
    let person =
        asker.platform(Act::SeeSelf).ok().and_then(|()| asker.logged_in().ok()).map(PersonView::from);
    Json(me_of(&app, person.as_ref(), asker.grants(), asker.secret()))
}

fn me_of(app: &App, person: Option<&PersonView>, roles: &[Grant], secret: Option<&str>) -> Me {
    Me {
        person: person.cloned(),
        roles: roles.to_vec(),
        csrf: secret.map(|secret| csrf_of(&app.key, secret)),
        demo: app.demo,
    }
}

/// Without an age: it ends with the browser, which may be everybody's in the staff room.
fn cookie(app: &App, secret: &str) -> Cookie<'static> {
    Cookie::build((cookie_name(app), secret.to_owned()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.secure)
        .build()
}

fn cookie_headers(cookie: Cookie<'static>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::try_from(cookie.to_string()) {
        headers.insert(header::SET_COOKIE, value);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers
}
