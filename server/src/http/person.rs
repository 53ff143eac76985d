//! People: who is known, their data, their roles, the links that let them choose a password.

use axum::{Json, extract::State};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde::Deserialize;
use signaling::{
    authorisation::Act,
    id::PersonId,
    office::{
        account::LinkMade,
        person::{NewPerson, PersonChange, PersonListed, PersonView, RoleChange},
        privacy::Viewed,
    },
    person::{Grant, Person, PlatformRole, Reach},
    protocol::{Problem, Refusal},
};

use super::{
    asker::Asker,
    input::{Body, Path, Query},
    refused::Refused,
    viewed::noted,
};
use crate::{
    app::App,
    clock,
    store::{StoreError, digest_of},
};

/// How long an invitation may wait.
pub(crate) const INVITED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// `?search=`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub(super) struct Search {
    search: String,
}

/// `GET /api/people?search=`: of the academies that one manages.
pub(super) async fn list(
    State(app): State<App>,
    asker: Asker,
    Query(Search { search }): Query<Search>,
) -> Result<Json<Vec<PersonListed>>, Refused> {
    let scope = asker.scope(Act::SeePeople)?;
    if scope.academies().is_some_and(<[String]>::is_empty) {
        return Err(Refusal::NotAllowed.into());
    }
    let mut listed = Vec::new();
    for (person, account) in app.store.people(&search, scope.academies()).await? {
        let roles = app.store.grants(person.id).await?;
        listed.push(PersonListed { person: PersonView::from(&person), roles, account });
    }
    let people: Vec<PersonId> = listed.iter().map(|one| one.person.id).collect();
    noted(&app, asker.person(), Viewed::People, ("", String::new()), &people).await?;
    Ok(Json(listed))
}

/// `POST /api/people`.
pub(super) async fn make(
    State(app): State<App>,
    asker: Asker,
    Body(new): Body<NewPerson>,
) -> Result<Json<PersonView>, Refused> {
    asker.logged_in()?;
    let person = new.person(PersonId(clock::mint()), &app.domains)?;
    belongs(&app, &asker, &person.academy).await?;
    put(&app, &person).await?;
    Ok(Json(PersonView::from(&person)))
}

/// `PATCH /api/people/{id}`.
pub(super) async fn change(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<PersonId>,
    Body(change): Body<PersonChange>,
) -> Result<Json<PersonView>, Refused> {
    let before = asker.about(&app, id, Act::ChangePerson).await?;
    officer(&app, &asker, id).await?;
    let mut after = change.applied(&before, &app.domains)?;
    // A school that the directory holds says the rest; one that it does not hold is typed.
    if after.uai != before.uai
        && let Some(school) = app.store.school(&after.uai).await?
    {
        let typed = after.circonscription.clone();
        school.takes(&mut after);
        // Somebody else may follow a person than follows the school: who replaces others, for one.
        if !typed.is_empty() && typed != before.circonscription {
            after.circonscription = typed;
        }
        note(&app, &asker, "school chosen", id, &school.uai).await?;
    }
    if after.academy != before.academy {
        belongs(&app, &asker, &after.academy).await?;
    }
    put(&app, &after).await?;
    note(&app, &asker, "person changed", id, "").await?;
    Ok(Json(PersonView::from(&after)))
}

/// `POST /api/people/{id}/invitation`: whoever opens the link chooses the password, once.
pub(super) async fn invite(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<PersonId>,
) -> Result<Json<LinkMade>, Refused> {
    let person = asker.about(&app, id, Act::InvitePerson).await?;
    officer(&app, &asker, id).await?;
    if person.email.is_none() {
        return Err(invalid("email", Problem::Missing));
    }
    let token = URL_SAFE_NO_PAD.encode(clock::random::<32>());
    let by = asker.logged_in()?.id.to_string();
    app.store.put_invitation(&digest_of(&token), id, &by, app.clock.now() + INVITED).await?;
    note(&app, &asker, "person invited", id, "").await?;
    Ok(Json(LinkMade { link: format!("{}/invitation#{token}", app.base) }))
}

/// `POST /api/people/{id}/roles`.
pub(super) async fn role(
    State(app): State<App>,
    asker: Asker,
    Path(id): Path<PersonId>,
    Body(change): Body<RoleChange>,
) -> Result<Json<Vec<Grant>>, Refused> {
    let RoleChange { role, scope, academy, granted } = change;
    let act = if is_trainer(role) { Act::AppointTrainer } else { Act::GrantRole };
    let person = asker.about(&app, id, act).await?;
    // The circonscription is one of the inspector's own academy, unless another one is named.
    let academy = match role.reach() {
        Reach::Circonscription => academy.unwrap_or_else(|| person.academy.clone()),
        Reach::Academy | Reach::Everything => String::new(),
    };
    let grant = Grant { role, scope: scope.trim().to_owned(), academy: academy.trim().to_owned() };
    if is_trainer(role) {
        appoints(&app, &asker, &grant).await?;
    }
    let known = |name: &str| app.academies.all().iter().any(|academy| academy.name == name);
    if role.reach() == Reach::Circonscription && granted && !known(&grant.academy) {
        return Err(invalid("academy", Problem::Unknown));
    }
    let sound = match role.reach() {
        Reach::Academy => known(&grant.scope),
        Reach::Circonscription => !grant.scope.is_empty() && grant.scope.chars().count() <= 100,
        Reach::Everything => grant.scope.is_empty(),
    };
    if !sound && granted {
        return Err(invalid("scope", Problem::Unknown));
    }
    if granted {
        let by = asker.logged_in()?.id.to_string();
        app.store.grant(person.id, &grant, &by, app.clock.now()).await?;
    } else if role == PlatformRole::Administrateur && app.store.holders(role).await? <= 1 {
        // Somebody must be left to give it back.
        return Err(Refusal::Conflict { detail: "this is the last administrator".to_owned() }.into());
    } else {
        app.store.revoke(person.id, &grant).await?;
    }
    let act = if granted { "role granted" } else { "role revoked" };
    note(&app, &asker, act, id, &format!("{} {}", grant.role, grant.scope)).await?;
    Ok(Json(app.store.grants(person.id).await?))
}

/// Whether the asker may have people of that academy; of none, only an administrator.
async fn belongs(app: &App, asker: &Asker, academy: &str) -> Result<(), Refused> {
    if academy.is_empty() {
        return asker.platform(Act::MakePerson).map_err(|_| invalid("academy", Problem::Missing));
    }
    match asker.academy(app, academy, Act::MakePerson).await {
        // The academy is no secret: the field says what is wrong.
        Err(Refused::Refusal(Refusal::Unknown)) => Err(invalid("academy", Problem::Unknown)),
        other => other,
    }
}

/// Roles that open nothing which a gestionnaire of the same academy has not already.
fn is_trainer(role: PlatformRole) -> bool {
    match role {
        PlatformRole::Formateur | PlatformRole::Concepteur => true,
        PlatformRole::Gestionnaire | PlatformRole::Inspecteur | PlatformRole::Administrateur => false,
    }
}

/// Whether the asker may appoint in the academy that the grant names.
async fn appoints(app: &App, asker: &Asker, grant: &Grant) -> Result<(), Refused> {
    match asker.academy(app, &grant.scope, Act::AppointTrainer).await {
        // The academy is no secret: the field says what is wrong.
        Err(Refused::Refusal(Refusal::Unknown)) => Err(invalid("scope", Problem::Unknown)),
        other => other,
    }
}

/// Whoever can invite somebody can become that person: with a role that reaches further than one's own, the person is
/// changed and invited by an administrator alone.
async fn officer(app: &App, asker: &Asker, id: PersonId) -> Result<(), Refused> {
    for grant in app.store.grants(id).await? {
        if !is_trainer(grant.role) || appoints(app, asker, &grant).await.is_err() {
            return asker.about(app, id, Act::ManageOfficer).await.map(|_| ());
        }
    }
    Ok(())
}

async fn put(app: &App, person: &Person) -> Result<(), Refused> {
    match app.store.put_person(person, app.clock.now()).await {
        Err(error) if StoreError::is_repetition(&error) => Err(invalid("email", Problem::Taken)),
        other => Ok(other?),
    }
}

async fn note(app: &App, asker: &Asker, act: &str, subject: PersonId, detail: &str) -> Result<(), Refused> {
    let author = asker.logged_in()?.id;
    Ok(app.store.audit(author, act, &subject.to_string(), detail, app.clock.now()).await?)
}

fn invalid(field: &str, problem: Problem) -> Refused {
    Refusal::Invalid { field: field.to_owned(), problem }.into()
}
