//! Personal links, the way in of somebody who is logged in, and séances without guests.

use anyhow::{Context, Result};
use harness::{
    browser::Browser,
    person::{Greeting, Line, Person},
    server::Preau,
};
use serde_json::json;
use signaling::{
    attendance::PresenceSheet, enrolment::EnrolmentRole, id::SeanceId, journal::Identity, protocol::Refusal,
    seance::Seance,
};

const PAUL: &str = "paul.martin@ac-versailles.fr";
const MARIE: &str = "marie.durand@ac-versailles.fr";

/// A séance with a trainer and one participant, who both have accounts.
struct Class {
    server: Preau,
    plan: Seance,
    marie: String,
    paul: Browser,
}

impl Class {
    async fn begins(guests: bool) -> Result<Self> {
        let server = Preau::start().await?;
        let plan = server.plans("ac-versailles", |plan| plan.guests = guests).await?;
        let paul = server.knows(PAUL, "Paul", "MARTIN", &[]).await?;
        let marie = server.knows(MARIE, "Marie", "DURAND", &[]).await?;
        server.enrols(plan.id, &paul, EnrolmentRole::Trainer).await?;
        server.enrols(plan.id, &marie, EnrolmentRole::Participant).await?;
        let paul = Browser::logged_in(&server, PAUL).await?;
        Ok(Self { server, plan, marie, paul })
    }

    fn links(&self) -> String {
        format!("/api/seances/{}/personal-links/{}", self.plan.id, self.marie)
    }

    async fn link_of_marie(&mut self) -> Result<String> {
        let made = self.paul.post(&self.links(), &json!({})).await?;
        anyhow::ensure!(made.status == 200, "{}", made.text());
        Ok(made.json()["link"].as_str().context("no link")?.to_owned())
    }

    async fn refuses(&self, link: &str) -> Result<Refusal> {
        let mut line = Line::open(self.server.address()).await?;
        line.ask(&Greeting::with(link, "Marie").request()).await?;
        line.refusal().await
    }
}

fn of_seance(id: SeanceId, way: &str) -> String {
    format!("/api/seances/{id}/{way}")
}

#[tokio::test]
async fn a_personal_link_is_somebody_until_it_is_taken_back() -> Result<()> {
    let mut class = Class::begins(true).await?;
    let link = class.link_of_marie().await?;
    let marie = Person::enters(&class.server, &link, "somebody else").await?;
    let again = Person::enters(&class.server, &link, "").await?;
    assert_eq!(marie.welcome.you.name, "Marie DURAND", "the link says who comes");
    let stay = format!("#{}", again.stay());
    drop((marie.vanishes(), again.vanishes()));
    let enter = class.paul.post(&of_seance(class.plan.id, "enter"), &json!({})).await?;
    let trainer = enter.json()["link"].as_str().unwrap().to_owned();
    let (status, body) = class.server.get("/api/presence", Some(&trainer)).await?;
    assert_eq!(status, 200, "{body}");
    let sheet: PresenceSheet = serde_json::from_str(&body)?;
    let row = sheet.rows.iter().find(|row| row.person.to_string() == class.marie).unwrap();
    assert!(row.validable && row.flags.contains(&"MULTI_CONNEXION".to_owned()), "{row:?}");

    let revoked = class.paul.delete(&class.links()).await?;
    assert_eq!((revoked.status, revoked.text().as_str()), (200, "1"));
    for link in [&link, &stay] {
        assert_eq!(class.refuses(link).await?, Refusal::LinkRevoked);
        let (status, body) = class.server.get("/api/entry", Some(link)).await?;
        assert!(status == 401 && body.contains("link_revoked"), "{status} {body}");
    }
    // A new one opens again, and only the last one does.
    let second = class.link_of_marie().await?;
    let third = class.link_of_marie().await?;
    assert_eq!(class.refuses(&second).await?, Refusal::LinkRevoked);
    Person::enters(&class.server, &third, "").await?;
    Ok(())
}

#[tokio::test]
async fn without_guests_only_the_enrolled_enter() -> Result<()> {
    let mut class = Class::begins(false).await?;
    let closed = class.paul.get(&of_seance(class.plan.id, "open-link")).await?;
    assert_eq!((closed.status, closed.code().as_str()), (403, "guests_not_allowed"));
    let open = class.server.plans("ac-versailles", |plan| plan.id = class.plan.id).await?;
    let link = class.paul.get(&of_seance(open.id, "open-link")).await?.json()["link"].clone();
    let link = link.as_str().unwrap().to_owned();
    let guest = Person::enters(&class.server, &link, "Eve").await?;
    let stay = format!("#{}", guest.stay());
    drop(guest.vanishes());
    // The trainer closes the door to guests: those who were in come no more, under any name.
    class.server.plans("ac-versailles", |plan| (plan.id, plan.guests) = (open.id, false)).await?;
    for link in [&link, &stay] {
        assert_eq!(class.refuses(link).await?, Refusal::GuestsNotAllowed);
        let (status, body) = class.server.get("/api/entry", Some(link)).await?;
        assert!(status == 403 && body.contains("guests_not_allowed"), "{status} {body}");
    }
    let mut marie = Browser::logged_in(&class.server, MARIE).await?;
    let way = marie.post(&of_seance(open.id, "enter"), &json!({})).await?.json()["link"].clone();
    let marie = Person::enters(&class.server, way.as_str().unwrap(), "").await?;
    assert_eq!(marie.welcome.you.name, "Marie DURAND");
    Ok(())
}

#[tokio::test]
async fn a_login_is_a_known_identity() -> Result<()> {
    let mut class = Class::begins(true).await?;
    let mut marie = Browser::logged_in(&class.server, MARIE).await?;
    let way = marie.post(&of_seance(class.plan.id, "enter"), &json!({})).await?;
    let inside = Person::enters(&class.server, way.json()["link"].as_str().unwrap(), "").await?;
    let trainer =
        class.paul.post(&of_seance(class.plan.id, "enter"), &json!({})).await?.json()["link"].clone();
    let (_, body) = class.server.get("/api/presence", trainer.as_str()).await?;
    let sheet: PresenceSheet = serde_json::from_str(&body)?;
    let row = sheet.rows.iter().find(|row| row.person.to_string() == class.marie).unwrap();
    assert_eq!(row.identity, Identity::Federated);
    drop(inside);
    // Nobody who is not expected gets a way in, and no séance tells that it exists.
    class.server.knows("jean.petit@ac-creteil.fr", "Jean", "PETIT", &[]).await?;
    let mut jean = Browser::logged_in(&class.server, "jean.petit@ac-creteil.fr").await?;
    let nothing = jean.post("/api/seances/00000000-0000-7000-8000-000000000000/enter", &json!({})).await?;
    let hidden = jean.post(&of_seance(class.plan.id, "enter"), &json!({})).await?;
    assert_eq!((hidden.status, hidden.text()), (nothing.status, nothing.text()));
    assert_eq!(hidden.code(), "unknown");
    Ok(())
}

#[tokio::test]
async fn whoever_is_struck_off_has_no_way_in_any_more() -> Result<()> {
    let mut class = Class::begins(true).await?;
    let link = class.link_of_marie().await?;
    let mut marie = Browser::logged_in(&class.server, MARIE).await?;
    let way = marie.post(&of_seance(class.plan.id, "enter"), &json!({})).await?.json()["link"].clone();
    let path = format!("/api/seances/{}/enrolments/{}", class.plan.id, class.marie);
    let struck = class.paul.delete(&path).await?;
    assert_eq!(struck.status, 200, "{}", struck.text());
    for link in [link.as_str(), way.as_str().context("no way in")?] {
        assert_eq!(class.refuses(link).await?, Refusal::LinkRevoked);
    }
    Ok(())
}

#[tokio::test]
async fn the_link_of_a_trainer_is_given_by_who_manages() -> Result<()> {
    let mut class = Class::begins(true).await?;
    let jean = class.server.knows("jean.petit@ac-versailles.fr", "Jean", "PETIT", &[]).await?;
    class.server.enrols(class.plan.id, &jean, EnrolmentRole::CoTrainer).await?;
    let (claire, manages) = ("claire.bernard@ac-versailles.fr", ["--role", "gestionnaire"]);
    class.server.knows(claire, "Claire", "BERNARD", &manages).await?;
    let path = format!("/api/seances/{}/personal-links/{jean}", class.plan.id);
    let refused = class.paul.post(&path, &json!({})).await?;
    assert_eq!((refused.status, refused.code().as_str()), (403, "not_allowed"), "a colleague's name");
    let mut claire = Browser::logged_in(&class.server, claire).await?;
    let link = claire.post(&path, &json!({})).await?.json()["link"].clone();
    let link = link.as_str().context("no link")?.to_owned();
    let (status, _) = class.server.get("/api/presence", Some(&link)).await?;
    assert_eq!(status, 200);
    // Dismissed, it opens nothing, though nobody took it back.
    let gone = format!("/api/seances/{}/enrolments/{jean}", class.plan.id);
    assert_eq!(claire.delete(&gone).await?.status, 200);
    let (status, body) = class.server.get("/api/presence", Some(&link)).await?;
    assert!(status == 401 && body.contains("link_revoked"), "{status} {body}");
    Ok(())
}

#[tokio::test]
async fn who_organises_leaves_with_the_role_and_ways_in_end_with_the_login() -> Result<()> {
    let class = Class::begins(true).await?;
    let (manages, administers) = (["--role", "gestionnaire"], ["--role", "administrateur"]);
    let claire = class.server.knows("claire.bernard@ac-versailles.fr", "Claire", "BERNARD", &manages).await?;
    class.server.knows("admin@ac-versailles.fr", "Anne", "ROY", &administers).await?;
    let mut anne = Browser::logged_in(&class.server, "admin@ac-versailles.fr").await?;
    let mut browser = Browser::logged_in(&class.server, "claire.bernard@ac-versailles.fr").await?;
    let enter = of_seance(class.plan.id, "enter");
    let way = browser.post(&enter, &json!({})).await?.json()["link"].clone();
    let way = way.as_str().context("no way in")?;
    let mut inside = Person::enters(&class.server, way, "").await?;
    let stay = format!("#{}", inside.stay());
    let roles = browser.get("/api/me").await?.json()["roles"].clone();
    let role = json!({"role": "gestionnaire", "scope": roles[0]["scope"], "granted": false});
    let taken = anne.post(&format!("/api/people/{claire}/roles"), &role).await?;
    assert_eq!((taken.status, taken.json()), (200, json!([])), "{}", taken.text());
    // In the room, at its door, and beside it.
    assert_eq!(inside.hears_refusal().await?, Refusal::LinkRevoked);
    for link in [way, &stay] {
        assert_eq!(class.refuses(link).await?, Refusal::LinkRevoked);
        let (status, body) = class.server.get("/api/presence", Some(link)).await?;
        assert!(status == 401 && body.contains("link_revoked"), "{status} {body}");
    }

    // Marie goes home and logs out of the machine in the staff room.
    let mut marie = Browser::logged_in(&class.server, MARIE).await?;
    let way = marie.post(&enter, &json!({})).await?.json()["link"].clone();
    let way = way.as_str().context("no way in")?;
    let inside = Person::enters(&class.server, way, "").await?;
    let stay = format!("#{}", inside.stay());
    drop(inside.vanishes());
    assert_eq!(marie.post("/api/logout", &json!({})).await?.status, 200);
    for link in [way, &stay] {
        assert_eq!(class.refuses(link).await?, Refusal::LoginNeeded);
        let (status, body) = class.server.get("/api/presence/me", Some(link)).await?;
        assert!(status == 401 && body.contains("login_needed"), "{status} {body}");
    }
    Ok(())
}
