//! Ways into a séance: a link for one person, the way of somebody who is logged in, the open link.

use axum::{Json, extract::State};
use jiff::{SignedDuration, Timestamp};
use signaling::{
    authorisation::Act,
    id::{LinkId, PersonId, SeanceId},
    journal::Identity,
    office::account::LinkMade,
    protocol::{Refusal, Role},
    seance::Seance,
    ticket::{Bearer, Ticket},
};

use super::{asker::Asker, input::Path, refused::Refused};
use crate::{app::App, clock, store::digest_of};

/// A link still opens the replay and the own line that long after the end.
const AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The way in of a logged-in person; the page asks for another one.
const ENTERING: SignedDuration = SignedDuration::from_hours(12);

/// `POST /api/seances/{id}/personal-links/{person}`: earlier links of the same person are taken back.
pub(super) async fn make(
    State(app): State<App>,
    asker: Asker,
    Path((id, person)): Path<(SeanceId, PersonId)>,
) -> Result<Json<LinkMade>, Refused> {
    let plan = asker.seance(&app, id, Act::MakePersonalLink).await?;
    let enrolled = app.store.enrolled_as(&plan, person).await?.ok_or(Refusal::Unknown)?;
    let role = Role::of_enrolment(enrolled);
    // Whoever holds a leader's link corrects in that name: it is given by who manages, or by the maker of the séance.
    let by_right =
        !role.leads() || asker.person().is_some_and(|own| own == person || plan.made_by == Some(own));
    if !by_right {
        asker.seance(&app, id, Act::InvitePerson).await?;
    }
    let known = app.store.person(person).await?.ok_or(Refusal::Unknown)?;
    let (link, now) = (LinkId(clock::mint()), app.clock.now());
    let by = asker.person().map(|person| person.to_string()).unwrap_or_default();
    app.store.revoke_personal_links(id, person, now).await?;
    app.store.put_personal_link(link, id, person, enrolled, &by, now).await?;
    app.store.audit_as(&by, "personal link made", &person.to_string(), &id.to_string(), now).await?;
    let bearer = Bearer::Person {
        person,
        name: known.display_name(),
        identity: Identity::PersonalLink,
        link: Some(link),
    };
    Ok(Json(link_to(&app, &plan, role, bearer, closes(&plan, now))))
}

/// `DELETE /api/seances/{id}/personal-links/{person}`: what is in a mailbox no longer opens anything.
pub(super) async fn revoke(
    State(app): State<App>,
    asker: Asker,
    Path((id, person)): Path<(SeanceId, PersonId)>,
) -> Result<Json<u64>, Refused> {
    asker.seance(&app, id, Act::RevokePersonalLink).await?;
    let now = app.clock.now();
    let revoked = app.store.revoke_personal_links(id, person, now).await?;
    let author = asker.person().map(|person| person.to_string()).unwrap_or_default();
    app.store.audit_as(&author, "personal link revoked", &person.to_string(), &id.to_string(), now).await?;
    Ok(Json(revoked))
}

/// `POST /api/seances/{id}/enter`: in the role of the enrolment; who manages comes as organiser. The
/// way in ends with the login.
pub(super) async fn enter(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
) -> Result<Json<LinkMade>, Refused> {
    let plan = asker.seance(&app, id, Act::EnterSeance).await?;
    let person = asker.logged_in()?;
    let enrolled = app.store.enrolled_as(&plan, person.id).await?;
    let role = match enrolled.map(Role::of_enrolment) {
        Some(role) => role,
        None if plan.made_by == Some(person.id) => Role::Trainer,
        None if asker.seance(&app, id, Act::CorrectLockedPresence).await.is_ok() => Role::Organiser,
        // Leads the session that the séance is of.
        None if asker.seance(&app, id, Act::SeePresence).await.is_ok() => Role::Trainer,
        // Enrolled once, and no longer.
        None => return Err(Refusal::NotAllowed.into()),
    };
    let bearer = Bearer::Person {
        person: person.id,
        name: person.display_name(),
        identity: Identity::Federated,
        link: None,
    };
    let login = asker.secret().map(digest_of);
    let until = app.clock.now() + ENTERING;
    Ok(Json(link_of(&app, &Ticket { seance: plan.id, role, bearer, until, login })))
}

/// `GET /api/seances/{id}/open-link`: the one link that everybody may follow.
pub(super) async fn open(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<SeanceId>,
) -> Result<Json<LinkMade>, Refused> {
    let plan = asker.seance(&app, id, Act::SeeOpenLink).await?;
    if !plan.guests {
        return Err(Refusal::GuestsNotAllowed.into());
    }
    let until = closes(&plan, app.clock.now());
    Ok(Json(link_to(&app, &plan, Role::Participant, Bearer::Anyone, until)))
}

fn closes(plan: &Seance, now: Timestamp) -> Timestamp {
    plan.announced_end().max(now) + AFTER
}

fn link_to(app: &App, plan: &Seance, role: Role, bearer: Bearer, until: Timestamp) -> LinkMade {
    link_of(app, &Ticket { seance: plan.id, role, bearer, until, login: None })
}

fn link_of(app: &App, ticket: &Ticket) -> LinkMade {
    let (seance, ticket) = (ticket.seance, app.key.sign(ticket));
    LinkMade { link: format!("{}/seance/{seance}#{ticket}", app.base) }
}
