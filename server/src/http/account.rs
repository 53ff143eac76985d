//! Accounts: logging in and out, who one is, choosing a password.

use std::sync::PoisonError;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cookie::{Cookie, SameSite, time::Duration};
use jiff::SignedDuration;
use signaling::{
    authorisation::Act,
    id::PersonId,
    office::{
        account::{Credentials, InvitationTaken, Me, PasswordChange},
        person::PersonView,
    },
    password,
    person::{Grant, Person},
    protocol::{Problem, Refusal},
    tries::{Count, Try},
};

use super::{
    asker::{Asker, cookie_name, cookie_of, csrf_of},
    input::Body,
    refused::Refused,
    source::Source,
};
use crate::{app::App, clock, store::digest_of};

/// A login is over after that, used or not.
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A browser is remembered as one that somebody logged in with.
const REMEMBERED: Duration = Duration::days(365);

/// `POST /api/login`. Unknown addresses and wrong passwords get one answer, after the same time.
pub(super) async fn login(
    State(app): State<App>,
    source: Source,
    headers: HeaderMap,
    Body(credentials): Body<Credentials>,
) -> Result<Response, Refused> {
    let Credentials { email, password } = credentials;
    let address = app.domains.email(&email);
    let account = match &address {
        Some(address) => app.store.account(address).await?,
        None => None,
    };
    let known = account.as_ref().and_then(|account| known_browser(&app, &headers, account.person));
    let counts = match known {
        Some(browser) => vec![Count::KnownBrowser(browser)],
        None => {
            let account = address.unwrap_or_else(|| email.chars().take(254).collect());
            vec![
                Count::AccountFrom { account: account.clone(), source: source.0.clone() },
                Count::Source(source.0),
                Count::Account(account),
            ]
        }
    };
    let tried = begin(&app, counts)?;
    let (person, phc) = account.map(|account| (account.person, account.password)).unzip();
    let right = app.passwords.verify(password, phc).await?;
    match person {
        Some(person) if right => {
            end(&app, tried);
            logged_in(&app, person).await
        }
        _ => Err(Refusal::LoginFailed.into()),
    }
}

/// `POST /api/invitation`: the one-time link, and the password chosen; logs in.
pub(super) async fn invitation(
    State(app): State<App>,
    source: Source,
    Body(taken): Body<InvitationTaken>,
) -> Result<Response, Refused> {
    let tried = begin(&app, vec![Count::Source(source.0)])?;
    let (digest, now) = (digest_of(&taken.token), app.clock.now());
    let invited = app.store.invited(&digest, now).await?.ok_or(Refusal::InvitationInvalid)?;
    end(&app, tried);
    let person = app.store.person(invited).await?.ok_or(Refusal::InvitationInvalid)?;
    acceptable(&taken.password, &person, "password")?;
    let phc = app.passwords.hash(taken.password).await?;
    if !app.store.take_invitation(&digest, invited, &phc, now).await? {
        return Err(Refusal::InvitationInvalid.into());
    }
    logged_in(&app, invited).await
}

/// `POST /api/password`: every browser is logged out, this one logged in anew.
pub(super) async fn change(
    State(app): State<App>,
    asker: Asker,
    source: Source,
    Body(change): Body<PasswordChange>,
) -> Result<Response, Refused> {
    let person = asker.logged_in()?.clone();
    asker.platform(Act::SeeSelf)?;
    let account = person.id.to_string();
    let tried = begin(&app, vec![Count::AccountFrom { account, source: source.0 }])?;
    let phc = app.store.password_of(person.id).await?;
    if !app.passwords.verify(change.old, phc).await? {
        return Err(Refusal::Invalid { field: "old".to_owned(), problem: Problem::Unknown }.into());
    }
    end(&app, tried);
    acceptable(&change.new, &person, "new")?;
    let phc = app.passwords.hash(change.new).await?;
    app.store.put_password(person.id, &phc, app.clock.now()).await?;
    logged_in(&app, person.id).await
}

/// `POST /api/logout`.
pub(super) async fn logout(State(app): State<App>, asker: Asker) -> Result<Response, Refused> {
    if let Some(secret) = asker.secret() {
        app.store.drop_login(&digest_of(secret), app.clock.now()).await?;
    }
    let mut gone = cookie(&app, cookie_name(&app), "");
    gone.make_removal();
    Ok((cookies([gone]), Json(me_of(&app, None, &[], None))).into_response())
}

/// `GET /api/me`.
pub(super) async fn me(State(app): State<App>, asker: Asker) -> Response {
    let person = asker.logged_in().ok().map(PersonView::from);
    let me = me_of(&app, person.as_ref(), asker.grants(), asker.secret());
    ([(header::CACHE_CONTROL, "no-store")], Json(me)).into_response()
}

/// Refuses a password that everybody would try first.
///
/// # Errors
/// `Invalid`, with the name of the field.
fn acceptable(chosen: &str, person: &Person, field: &str) -> Result<(), Refusal> {
    let email = person.email.as_deref().unwrap_or_default();
    password::check(chosen, &[&person.last_name, &person.first_name, email])
        .map_err(|problem| Refusal::Invalid { field: field.to_owned(), problem })
}

fn begin(app: &App, counts: Vec<Count>) -> Result<Try, Refusal> {
    let mut tries = app.tries.lock().unwrap_or_else(PoisonError::into_inner);
    tries.begin(app.clock.now(), counts).map_err(|seconds| Refusal::TooManyTries { seconds })
}

fn end(app: &App, tried: Try) {
    app.tries.lock().unwrap_or_else(PoisonError::into_inner).right(tried);
}

/// The answer that makes a browser somebody's.
async fn logged_in(app: &App, person: PersonId) -> Result<Response, Refused> {
    let secret = URL_SAFE_NO_PAD.encode(clock::random::<32>());
    let now = app.clock.now();
    app.store.put_login(&digest_of(&secret), person, now, now + LONGEST).await?;
    let known = app.store.person(person).await?.ok_or(Refusal::LoginFailed)?;
    let me = me_of(app, Some(&PersonView::from(&known)), &app.store.grants(person).await?, Some(&secret));
    let browser = hex::encode(clock::random::<16>());
    let mark = format!("{browser}.{}", mark_of(app, person, &browser));
    let mut remembered = cookie(app, known_name(app), &mark);
    remembered.set_max_age(REMEMBERED);
    // Without an age: the login ends with the browser, which may be everybody's in the staff room.
    let headers = cookies([cookie(app, cookie_name(app), &secret), remembered]);
    Ok((headers, Json(me)).into_response())
}

fn me_of(app: &App, person: Option<&PersonView>, roles: &[Grant], secret: Option<&str>) -> Me {
    Me {
        person: person.cloned(),
        roles: roles.to_vec(),
        csrf: secret.map(|secret| csrf_of(&app.key, secret)),
        demo: app.demo,
    }
}

/// The browser's own number, when it holds the mark of an earlier login of that person.
fn known_browser(app: &App, headers: &HeaderMap, person: PersonId) -> Option<String> {
    let value = cookie_of(headers, known_name(app))?;
    let (browser, mark) = value.split_once('.')?;
    let wanted = mark_of(app, person, browser);
    let right = aws_lc_rs::constant_time::verify_slices_are_equal(wanted.as_bytes(), mark.as_bytes());
    right.ok().map(|()| format!("{person} {browser}"))
}

fn mark_of(app: &App, person: PersonId, browser: &str) -> String {
    hex::encode(app.key.derive("known browser").tag(&format!("{person} {browser}")))
}

fn known_name(app: &App) -> &'static str {
    if app.secure { "__Host-preau-known" } else { "preau-known" }
}

fn cookie(app: &App, name: &'static str, value: &str) -> Cookie<'static> {
    Cookie::build((name, value.to_owned()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.secure)
        .build()
}

fn cookies(set: impl IntoIterator<Item = Cookie<'static>>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for cookie in set {
        if let Ok(value) = HeaderValue::try_from(cookie.to_string()) {
            headers.append(header::SET_COOKIE, value);
        }
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers
}
