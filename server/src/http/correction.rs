//! Corrections of a presence sheet, and what the people concerned ask for.

use axum::{Json, extract::State};
use jiff::Timestamp;
use signaling::{
    attendance::{PresenceSheet, decided},
    authorisation::Act,
    correction::{
        Adjustment, Answer, Correction, CorrectionRequest, Denied, Head, Ledger, Link, MAX_TEXT, Permit,
        SharedRoom, permit, shared_room,
    },
    id::{AdjustmentId, CorrectionRequestId, PersonId, SeanceId},
    office::correction::{AnswerRequest, AskCorrection},
    protocol::{Problem, Refusal},
    seance::Seance,
};

use super::{
    aside,
    asker::Asker,
    attendance::sheet_of,
    input::{Body, Path},
    refused::Refused,
};
use crate::{app::App, clock};

/// How often a correction is tried while others write theirs.
const TRIES: usize = 8;

/// Who corrects, and how far.
struct Author {
    person: PersonId,
    senior: bool,
}

/// `POST /api/seances/{id}/corrections` → the sheet as it is then.
pub(super) async fn correct(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
    Body(asked): Body<Correction>,
) -> Result<Json<PresenceSheet>, Refused> {
    let plan = asker.seance(&app, id, Act::CorrectPresence).await?;
    let author = author(&app, &asker, id).await?;
    Ok(Json(write(&app, &plan, &author, |_| Ok(asked.clone())).await?))
}

/// `POST /api/seances/{id}/shared-room` → the sheet as it is then.
pub(super) async fn share_room(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
    Body(asked): Body<SharedRoom>,
) -> Result<Json<PresenceSheet>, Refused> {
    let plan = asker.seance(&app, id, Act::CorrectPresence).await?;
    let author = author(&app, &asker, id).await?;
    Ok(Json(write(&app, &plan, &author, |sheet| shared_room(&asked, sheet)).await?))
}

/// `POST /api/seances/{id}/requests`: "C'est faux", by the person concerned.
pub(super) async fn ask(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
    Body(asked): Body<AskCorrection>,
) -> Result<Json<CorrectionRequest>, Refused> {
    let plan = asker.seance(&app, id, Act::AskCorrection).await?;
    let person = asker.person().ok_or(Refusal::LoginNeeded)?;
    let text = said(&asked.text, true)?;
    let sheet = sheet_of(&app, &plan).await?;
    if sheet.archived {
        return Err(Refusal::SessionArchived.into());
    }
    let row = sheet.rows.iter().find(|row| row.person == person).ok_or(Refusal::NotAllowed)?;
    if row.requests.iter().any(|one| one.answer.is_none()) {
        let detail = "a request of yours is waiting for its answer".to_owned();
        return Err(Refusal::Conflict { detail }.into());
    }
    let request = CorrectionRequest {
        id: CorrectionRequestId(clock::mint()),
        person,
        text,
        asked_at: app.clock.now(),
        answer: None,
        answer_text: String::new(),
        answered_at: None,
    };
    app.store.ask_correction(id, &request).await?;
    Ok(Json(request))
}

/// `POST /api/requests/{id}/answer`, once. Accepting corrects nothing by itself.
pub(super) async fn answer(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<CorrectionRequestId>,
    Body(given): Body<AnswerRequest>,
) -> Result<Json<CorrectionRequest>, Refused> {
    let found = app.store.correction_request(id).await?;
    // What does not exist is refused like what belongs to somebody else.
    let seance = found.map_or(SeanceId(uuid::Uuid::nil()), |(seance, _)| seance);
    asker.seance(&app, seance, Act::AnswerRequest).await?;
    let by = asker.person().ok_or(Refusal::LoginNeeded)?;
    let text = said(&given.text, given.answer == Answer::Refused)?;
    if !app.store.answer_correction(id, (given.answer, &text), by, app.clock.now()).await? {
        let detail = "this request was answered already".to_owned();
        return Err(Refusal::Conflict { detail }.into());
    }
    let answered = app.store.correction_request(id).await?;
    Ok(Json(answered.map(|(_, request)| request).ok_or(Refusal::Unknown)?))
}

/// Asks the rules with the sheet as it stands, and writes what they permit; again when somebody else wrote meanwhile.
async fn write(
    app: &App,
    plan: &Seance,
    author: &Author,
    asked: impl Fn(&PresenceSheet) -> Result<Correction, Denied>,
) -> Result<PresenceSheet, Refused> {
    let now = app.clock.now();
    let log = app.store.log(plan.id).await?;
    for _ in 0..TRIES {
        let known = app.store.known_here(plan).await?;
        let sheet = decided(plan, log.view(plan), &log, &known, now);
        let ledger = Ledger::new(&known.adjustments);
        let by = Permit { senior: author.senior, now };
        let permitted = asked(&sheet).and_then(|correction| {
            let olds = permit(&correction, &sheet, &ledger, by)?;
            Ok((correction, olds))
        });
        let (correction, olds) = match permitted {
            Ok(permitted) => permitted,
            Err(denied) => return Err(denied_to(app, plan, author, denied, now).await),
        };
        let mut head = known.adjustments.last().map_or_else(|| Head::start(plan.id), Head::after);
        let mut written = Vec::with_capacity(olds.len());
        for (person, old) in olds {
            let draft = Adjustment {
                id: AdjustmentId(clock::mint()),
                seance: plan.id,
                number: 0,
                person,
                old,
                new: correction.change,
                reason: correction.reason,
                text: correction.text.clone(),
                author: author.person,
                at: now,
                link: Link::default(),
            };
            let linked = head.append(draft, clock::random()).map_err(|_| Refusal::Busy)?;
            written.push(app.proof.countersign(&head, linked));
        }
        if app.store.adjust(&written).await? {
            let known = app.store.known(plan, now).await?;
            let plan = plan.clone();
            return aside(move || decided(&plan, log.view(&plan), &log, &known, now)).await;
        }
    }
    Err(Refusal::Busy.into())
}

/// A refusal in the words of the protocol; attempts after the lock leave a line.
async fn denied_to(app: &App, plan: &Seance, author: &Author, denied: Denied, now: Timestamp) -> Refused {
    if denied == Denied::Locked {
        let subject = plan.id.to_string();
        let noted =
            app.store.audit(author.person, "correction.refused", &subject, "PERIODE_VERROUILLEE", now);
        if let Err(error) = noted.await {
            return error.into();
        }
    }
    refusal(denied).into()
}

/// What the rules say, as the page is told it.
fn refusal(denied: Denied) -> Refusal {
    let invalid = |field: &str, problem| Refusal::Invalid { field: field.to_owned(), problem };
    match denied {
        Denied::Locked => Refusal::PeriodLocked,
        Denied::Archived => Refusal::SessionArchived,
        Denied::NotBegun => Refusal::NotBegun,
        Denied::Conflict => Refusal::Conflict { detail: denied.to_string() },
        Denied::Invalid("text") => invalid("text", Problem::TooLong),
        Denied::Invalid(field) => invalid(field, Problem::Range),
        Denied::UnknownPerson => invalid("people", Problem::Unknown),
    }
}

/// Refuses to change what corrections are about, once they are closed to whoever asks; an attempt after the lock leaves a
/// line of that name.
///
/// # Errors
/// `PeriodLocked`, `SessionArchived`.
pub(super) async fn unlocked(
    app: &App,
    asker: &Asker,
    plan: &Seance,
    refused: &str,
) -> Result<PresenceSheet, Refused> {
    let author = asker.person().ok_or(Refusal::LoginNeeded)?;
    let sheet = sheet_of(app, plan).await?;
    if sheet.archived {
        return Err(Refusal::SessionArchived.into());
    }
    let now = app.clock.now();
    if now > sheet.locked_from && asker.seance(app, plan.id, Act::CorrectLockedPresence).await.is_err() {
        app.store.audit(author, refused, &plan.id.to_string(), "PERIODE_VERROUILLEE", now).await?;
        return Err(Refusal::PeriodLocked.into());
    }
    Ok(sheet)
}

async fn author(app: &App, asker: &Asker, id: SeanceId) -> Result<Author, Refused> {
    let person = asker.person().ok_or(Refusal::LoginNeeded)?;
    let senior = asker.seance(app, id, Act::CorrectLockedPresence).await.is_ok();
    Ok(Author { person, senior })
}

/// A text that somebody typed, without blanks around it.
fn said(text: &str, needed: bool) -> Result<String, Refusal> {
    let text = text.trim();
    let problem = match text.chars().count() {
        0 if needed => Problem::Missing,
        0..=MAX_TEXT => return Ok(text.to_owned()),
        _ => Problem::TooLong,
    };
    Err(Refusal::Invalid { field: "text".to_owned(), problem })
}
