//! Émargement of face-to-face half-days: the trainer's screen, the teacher's code, ticks and paper lists.

use axum::{Json, extract::State};
use fast_qr::{QRBuilder, convert::svg::SvgBuilder};
use jiff::{Timestamp, civil, tz::TimeZone};
use signaling::{
    authorisation::Act,
    correction::LOCKED_AFTER,
    emargement::{CodeKey, HalfDay, Method, NotSigned, Signature, Withdrawal, fits, refused_until},
    id::{HalfDayId, PersonId, SeanceId},
    office::emargement::{
        Blocked, HalfDayCode, HalfDays, NewHalfDay, SignFor, SignOwn, Signed, WithdrawSignature,
    },
    protocol::{Problem, Refusal},
    seance::Seance,
};

use super::{
    asker::Asker,
    correction::unlocked,
    input::{Body, Path},
    refused::Refused,
    scan,
    session_formation::unarchived,
};
use crate::{app::App, clock};

/// Signatures for others are corrections, and what can be signed too: they close with them. An attempt after that is noted so.
const REFUSED: &str = "signature.refused";
/// Longest reason for a withdrawal, characters.
const MAX_REASON: usize = 500;

/// `GET /api/seances/{id}/half-days`
pub(super) async fn half_days(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
) -> Result<Json<HalfDays>, Refused> {
    asker.seance(&app, id, Act::SeeHalfDays).await?;
    Ok(Json(HalfDays {
        half_days: app.store.half_days(id).await?,
        signatures: app.store.signatures(id).await?,
        withdrawn: app.store.withdrawn_signatures(id).await?,
        blocked: blocked(&app, id).await?,
    }))
}

/// `POST /api/seances/{id}/half-days`, at a local hour of the séance's zone.
pub(super) async fn plan(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
    Body(asked): Body<NewHalfDay>,
) -> Result<Json<HalfDays>, Refused> {
    let plan = asker.seance(&app, id, Act::PlanHalfDay).await?;
    unlocked(&app, &asker, &plan, REFUSED).await?;
    let invalid = |field: &str, problem| Refusal::Invalid { field: field.to_owned(), problem };
    let starts_at = local(&asked.starts_at, &plan).ok_or(invalid("startsAt", Problem::Malformed))?;
    let day = HalfDay { id: HalfDayId(clock::mint()), starts_at, duration_min: asked.duration_min };
    fits(&app.store.half_days(id).await?, &day).map_err(|field| invalid(field, Problem::Range))?;
    if !of_seance(&plan, &day) {
        return Err(invalid("startsAt", Problem::Range).into());
    }
    app.store.add_half_days(id, &[day]).await?;
    half_days(State(app), asker, Path(id)).await
}

/// `DELETE /api/half-days/{id}`: one that nobody signed.
pub(super) async fn strike(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<HalfDayId>,
) -> Result<Json<HalfDays>, Refused> {
    let (plan, _) = found(&app, &asker, id, Act::PlanHalfDay).await?;
    unlocked(&app, &asker, &plan, REFUSED).await?;
    if !app.store.strike_half_day(id).await? {
        return Err(Refusal::Conflict { detail: "somebody signed it".to_owned() }.into());
    }
    half_days(State(app), asker, Path(plan.id)).await
}

/// `GET /api/half-days/{id}/code`: for the trainer's screen, anew every 30 seconds.
pub(super) async fn code(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<HalfDayId>,
) -> Result<Json<HalfDayCode>, Refused> {
    let (_, day) = found(&app, &asker, id, Act::ShowHalfDayCode).await?;
    let shown = CodeKey::new(&app.key).shown(&day, app.clock.now()).map_err(refusal)?;
    let link = format!("{}/emargement#{}", app.base, shown.token);
    let svg = QRBuilder::new(link.as_str()).build().map_err(|_| Refusal::Busy)?;
    Ok(Json(HalfDayCode {
        code: shown.code,
        token: shown.token,
        svg: SvgBuilder::default().to_str(&svg),
        seconds_left: shown.seconds_left,
        link,
    }))
}

/// `POST /api/emargement`: a teacher signs, with six digits or what the QR code holds. Signing twice is signing once.
pub(super) async fn sign(
    State(app): State<App>,
    asker: Asker,
    Body(asked): Body<SignOwn>,
) -> Result<Json<Signed>, Refused> {
    let person = asker.person().ok_or(Refusal::LoginNeeded)?;
    let now = app.clock.now();
    let (own_try, before) = app.store.begin_try(person, now).await?;
    if let Some(until) = refused_until(&before, now) {
        app.store.forget_try(&own_try).await?;
        let seconds = u64::try_from(until.duration_since(now).as_secs()).unwrap_or(0) + 1;
        return Err(Refusal::TooManyTries { seconds }.into());
    }
    let expected = app.store.half_days_of(person, now).await?;
    let key = CodeKey::new(&app.key);
    let (read, method) = match (&asked.code, &asked.token) {
        (Some(code), None) => (key.typed(code, &expected, now), Method::Code),
        (None, Some(token)) => (key.scanned(token, &expected, now), Method::Qr),
        _ => {
            app.store.forget_try(&own_try).await?;
            let problem = Problem::Missing;
            return Err(Refusal::Invalid { field: "code".to_owned(), problem }.into());
        }
    };
    if read != Err(NotSigned::Wrong) {
        app.store.forget_try(&own_try).await?;
    }
    let half_day = read.map_err(refusal)?;
    let (plan, day) = found(&app, &asker, half_day, Act::SignHalfDay).await?;
    unarchived(&app, plan.session_formation).await?;
    let signature =
        Signature { half_day, person, method, at: now, author: person, attachment_sha256: String::new() };
    let signature = app.store.sign(&signature).await?.ok_or(Refusal::Unknown)?;
    Ok(Json(Signed { signature, half_day: day }))
}

/// `POST /api/half-days/{id}/signatures`: the trainer ticks somebody, or enters a paper list, with the digest of its
/// scan when one was kept before.
pub(super) async fn sign_for(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<HalfDayId>,
    Body(asked): Body<SignFor>,
) -> Result<Json<Signed>, Refused> {
    let (plan, day) = found(&app, &asker, id, Act::SignForOthers).await?;
    let author = asker.person().ok_or(Refusal::LoginNeeded)?;
    let invalid = |field: &str, problem| Refusal::Invalid { field: field.to_owned(), problem };
    if !asked.method.is_manual() {
        return Err(invalid("method", Problem::Range).into());
    }
    let sheet = unlocked(&app, &asker, &plan, REFUSED).await?;
    // Nobody was there yet; afterwards a list may be entered as late as anything is corrected.
    if app.clock.now() < day.opens_at() {
        return Err(Refusal::OutOfWindow.into());
    }
    let expected = sheet.rows.iter().any(|row| row.person == asked.person && row.enrolled);
    if !expected {
        return Err(invalid("person", Problem::Unknown).into());
    }
    let attachment_sha256 = asked.attachment.unwrap_or_default();
    if !attachment_sha256.is_empty() && !scan::is_kept(&app, &attachment_sha256).await {
        return Err(invalid("attachment", Problem::Unknown).into());
    }
    let signature = Signature {
        half_day: id,
        person: asked.person,
        method: asked.method,
        at: app.clock.now(),
        author,
        attachment_sha256,
    };
    let signature = app.store.sign(&signature).await?.ok_or(Refusal::Unknown)?;
    Ok(Json(Signed { signature, half_day: day }))
}

/// `DELETE /api/half-days/{id}/signatures/{person}`: a signature that was wrong no longer counts. It is kept with who took
/// it back, when and why.
pub(super) async fn withdraw(
    State(app): State<App>,
    asker: Asker,
    Path((id, person)): Path<(HalfDayId, PersonId)>,
    Body(WithdrawSignature { reason }): Body<WithdrawSignature>,
) -> Result<Json<HalfDays>, Refused> {
    let (plan, _) = found(&app, &asker, id, Act::SignForOthers).await?;
    let by = asker.person().ok_or(Refusal::LoginNeeded)?;
    let reason = reason.trim().to_owned();
    let wrong = match reason.chars().count() {
        0 => Some(Problem::Missing),
        1..=MAX_REASON => None,
        _ => Some(Problem::TooLong),
    };
    if let Some(problem) = wrong {
        return Err(Refusal::Invalid { field: "reason".to_owned(), problem }.into());
    }
    unlocked(&app, &asker, &plan, REFUSED).await?;
    let withdrawal = Withdrawal { at: app.clock.now(), by, reason };
    if !app.store.withdraw_signature(id, person, &withdrawal).await? {
        return Err(Refusal::Conflict { detail: "there is no such signature".to_owned() }.into());
    }
    half_days(State(app), asker, Path(plan.id)).await
}

/// The half-day and its séance, for somebody who may do that there.
pub(super) async fn found(
    app: &App,
    asker: &Asker,
    id: HalfDayId,
    act: Act,
) -> Result<(Seance, HalfDay), Refused> {
    let found = app.store.half_day(id).await?;
    // What does not exist is refused like what belongs to somebody else.
    let seance = found.as_ref().map_or(SeanceId(uuid::Uuid::nil()), |(seance, _)| *seance);
    let plan = asker.seance(app, seance, act).await?;
    let (_, day) = found.ok_or(Refusal::Unknown)?;
    Ok((plan, day))
}

/// Who typed too many wrong codes, for the trainer to go and see.
async fn blocked(app: &App, seance: SeanceId) -> Result<Vec<Blocked>, Refused> {
    let now = app.clock.now();
    let wrong = app.store.wrong_codes(seance).await?;
    let people = wrong.chunk_by(|one, other| one.0 == other.0);
    let blocked = people.filter_map(|tries| {
        let (person, _) = tries.first()?;
        let times: Vec<Timestamp> = tries.iter().map(|(_, at)| *at).collect();
        refused_until(&times, now).map(|until| Blocked { person: *person, until })
    });
    Ok(blocked.collect())
}

/// Whether a half-day is of the séance, which may take several days: nobody signs in March for November.
fn of_seance(plan: &Seance, day: &HalfDay) -> bool {
    let (from, to) = (plan.starts_at - LOCKED_AFTER, plan.announced_end() + LOCKED_AFTER);
    (from..=to).contains(&day.starts_at)
}

/// A local hour of the séance's zone. One that is skipped is read with the offset before, one that occurs twice is the
/// first (RFC 5545).
fn local(text: &str, plan: &Seance) -> Option<Timestamp> {
    let local: civil::DateTime = text.parse().ok()?;
    let zone = TimeZone::get(&plan.time_zone).ok()?;
    zone.to_ambiguous_zoned(local).compatible().ok().map(|zoned| zoned.timestamp())
}

fn refusal(why: NotSigned) -> Refusal {
    match why {
        NotSigned::OutOfWindow => Refusal::OutOfWindow,
        NotSigned::Expired => Refusal::CodeExpired,
        NotSigned::Wrong => Refusal::CodeWrong,
        NotSigned::NotExpected => Refusal::NotAllowed,
    }
}
