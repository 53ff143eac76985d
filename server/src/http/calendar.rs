//! Séances for the calendars of people: one at a time, or all of one's own at a private address.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, tz::TimeZone};
use signaling::{
    authorisation::Act, enrolment::InvitationAnswer, id::SeanceId, office::calendar::CalendarAddress,
    person::Person, protocol::Refusal, seance::Seance,
};

use super::{asker::Asker, input::Path, refused::Refused};
use crate::{
    app::App,
    calendar::{Entry, Method, calendar},
    clock,
    store::digest_of,
};

/// What a feed holds.
const BEHIND: SignedDuration = SignedDuration::from_hours(92 * 24);
const AHEAD: SignedDuration = SignedDuration::from_hours(400 * 24);

/// `GET /api/seances/{id}/calendar.ics`: an invitation for the person who asks, or its cancellation.
pub(super) async fn one(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
) -> Result<Response, Refused> {
    let plan = asker.seance(&app, id, Act::SeeSeance).await?;
    let reader = match asker.person() {
        Some(person) => app.store.person(person).await?,
        None => None,
    };
    let own = match asker.person() {
        Some(person) => app.store.own_enrolment(id, person).await?,
        None => None,
    };
    let organizer = organizer(&app, &plan).await?;
    let zone = zone_of(&app, reader.as_ref(), &plan.time_zone);
    let attendee = reader.as_ref().and_then(|person| Some((person.display_name(), person.email.clone()?)));
    let entry = Entry {
        seance: &plan,
        organizer: organizer.as_ref().map(|(name, email)| (name.as_str(), email.as_str())),
        attendee: attendee.as_ref().map(|(name, email)| (name.as_str(), email.as_str())),
        answer: own.map_or(InvitationAnswer::Waiting, |(_, answer)| answer),
        reader_zone: &zone,
    };
    let text = calendar(&[entry], Method::Message, &app.base, app.clock.now());
    let method = if plan.cancelled_at.is_some() { "CANCEL" } else { "REQUEST" };
    Ok(file(text, method, &format!("seance_{id}.ics")))
}

/// `POST /api/calendar`: a new private address; the one before opens nothing any more.
pub(super) async fn make(State(app): State<App>, asker: Asker) -> Result<Json<CalendarAddress>, Refused> {
    asker.platform(Act::MakeCalendar)?;
    let person = asker.logged_in()?.id;
    let secret = URL_SAFE_NO_PAD.encode(clock::random::<24>());
    app.store.put_calendar(person, Some(&digest_of(&secret)), app.clock.now()).await?;
    Ok(Json(CalendarAddress { url: format!("{}/api/calendar/{secret}", app.base) }))
}

/// `DELETE /api/calendar`: no address opens it any more.
pub(super) async fn revoke(State(app): State<App>, asker: Asker) -> Result<StatusCode, Refused> {
    asker.platform(Act::MakeCalendar)?;
    app.store.put_calendar(asker.logged_in()?.id, None, app.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/calendar/{secret}`: whoever has the address.
pub(super) async fn feed(State(app): State<App>, Path(secret): Path<String>) -> Result<Response, Refused> {
    // Calendars that want to see a file's name may add its ending.
    let secret = secret.strip_suffix(".ics").unwrap_or(&secret);
    let owner = app.store.calendar_owner(&digest_of(secret)).await?.ok_or(Refusal::Unknown)?;
    let person = app.store.person(owner).await?.filter(|person| !person.erased).ok_or(Refusal::Unknown)?;
    let now = app.clock.now();
    let plans = app.store.seances_for(owner, now - BEHIND, now + AHEAD).await?;
    let zone = zone_of(&app, Some(&person), "Europe/Paris");
    let answer = InvitationAnswer::Waiting;
    let entry = |seance| Entry { seance, organizer: None, attendee: None, answer, reader_zone: &zone };
    let entries: Vec<Entry<'_>> = plans.iter().map(entry).collect();
    Ok(file(calendar(&entries, Method::Feed, &app.base, now), "PUBLISH", "preau.ics"))
}

/// The first of those who lead.
async fn organizer(app: &App, plan: &Seance) -> Result<Option<(String, String)>, Refused> {
    let mut leading = app.store.expected(plan.id).await?;
    leading.retain(|one| one.role.leads());
    leading.sort_by_key(|one| one.role);
    let named = leading.into_iter().find_map(|one| Some((one.person.display_name(), one.person.email?)));
    Ok(named)
}

/// The zone in which somebody lives: that of the academy.
fn zone_of(app: &App, person: Option<&Person>, otherwise: &str) -> TimeZone {
    let academy = person.and_then(|person| app.academies.find(&person.academy).ok());
    let zone = academy.and_then(|academy| academy.time_zone().ok());
    zone.or_else(|| TimeZone::get(otherwise).ok()).unwrap_or(TimeZone::UTC)
}

fn file(text: String, method: &str, name: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, format!("text/calendar; charset=utf-8; method={method}")),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, text).into_response()
}
