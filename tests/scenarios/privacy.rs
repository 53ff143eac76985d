//! What is kept about people: who looked, what one may take along, what goes when its time has come.

use anyhow::{Context, Result};
use harness::{
    browser::Browser,
    person::{Greeting, Person},
    server::{Preau, TRAINER},
};
use serde_json::{Value, json};
use signaling::{enrolment::EnrolmentRole, seance::Seance};

/// A séance of this hour with a trainer and two participants who came and wrote.
struct Class {
    server: Preau,
    plan: Seance,
    trainer: Browser,
    marie: Browser,
    marie_id: String,
    /// Who is connected.
    _people: Vec<Person>,
}

impl Class {
    async fn is_held() -> Result<Self> {
        let server = Preau::start().await?;
        let plan = server.plans("ac-versailles", |plan| plan.title = "Lire un album".to_owned()).await?;
        let mut ids = Vec::new();
        for (email, first, last, role) in [
            ("paul.martin@ac-versailles.fr", "Paul", "MARTIN", EnrolmentRole::Trainer),
            ("marie.durand@ac-versailles.fr", "Marie", "DURAND", EnrolmentRole::Participant),
            ("jean.petit@ac-versailles.fr", "Jean", "PETIT", EnrolmentRole::Participant),
        ] {
            let id = server.knows(email, first, last, &[]).await?;
            server.enrols(plan.id, &id, role).await?;
            ids.push(id);
        }
        let mut trainer = Browser::logged_in(&server, "paul.martin@ac-versailles.fr").await?;
        let marie = Browser::logged_in(&server, "marie.durand@ac-versailles.fr").await?;
        let mut people = Vec::new();
        for (id, text) in [(&ids[1], "Bonjour de Marie"), (&ids[2], "Bonjour de Jean")] {
            let path = format!("/api/seances/{}/personal-links/{id}", plan.id);
            let made = trainer.post(&path, &json!({})).await?.json();
            let link = made["link"].as_str().context("no link")?.to_owned();
            let mut person = Person::greets(server.address(), Greeting::with(&link, "")).await?;
            person.says(text).await?;
            people.push(person);
        }
        people.push(Person::enters(&server, &server.links.trainer, TRAINER).await?);
        Ok(Self { server, plan, trainer, marie, marie_id: ids[1].clone(), _people: people })
    }
}

#[tokio::test]
async fn ones_data_are_complete_and_hold_nobody_else() -> Result<()> {
    let mut class = Class::is_held().await?;
    let asked = json!({"text": "J’étais là toute l’heure."});
    let path = format!("/api/seances/{}/requests", class.plan.id);
    assert_eq!(class.marie.post(&path, &asked).await?.status, 200);

    let answer = class.marie.get("/api/me/data").await?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.header("content-disposition").is_some_and(|name| name.contains("mes-donnees_")));
    let data = answer.json();
    assert_eq!(data["schema"], "my-data/1");
    assert_eq!(data["person"]["email"], "marie.durand@ac-versailles.fr");
    assert_eq!(data["enrolments"][0]["title"], "Lire un album");
    let seance = &data["seances"][0];
    assert_eq!(seance["messages"][0]["text"], "Bonjour de Marie");
    assert_eq!(seance["presence"]["requests"][0]["text"], "J’étais là toute l’heure.");
    assert!(seance["presence"]["firstArrival"].is_string(), "{seance}");
    assert!(
        data["accountChangedAt"].is_string() && data["logins"].as_array().is_some_and(|all| all.len() == 1)
    );
    let text = answer.text();
    for foreign in ["PETIT", "jean.petit", "Bonjour de Jean", "127.0.0.1"] {
        assert!(!text.contains(foreign), "{foreign}: {text}");
    }
    let paper = class.marie.get("/api/me/data.pdf").await?;
    assert!(paper.status == 200 && paper.body.starts_with(b"%PDF-1.7"), "{}", paper.status);
    Ok(())
}

/// The lines of `GET /api/me/views`: what, and by whom.
async fn views(browser: &mut Browser) -> Result<Vec<(String, String)>> {
    let answer = browser.get("/api/me/views").await?;
    anyhow::ensure!(answer.status == 200, "{}", answer.text());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let lines = answer.json().as_array().cloned().unwrap_or_default();
    Ok(lines.iter().map(|line| (text(&line["what"]), text(&line["viewer"]))).collect())
}

#[tokio::test]
async fn whoever_looks_is_seen_to_look() -> Result<()> {
    let mut class = Class::is_held().await?;
    assert_eq!(views(&mut class.marie).await?, []);
    let own = format!("/api/seances/{}/presence/me", class.plan.id);
    assert_eq!(class.marie.get(&own).await?.status, 200);
    assert_eq!(views(&mut class.marie).await?, [], "looking at oneself is none");
    let sheet = format!("/api/seances/{}/presence", class.plan.id);
    for _ in 0..3 {
        assert_eq!(class.trainer.get(&sheet).await?.status, 200);
    }
    let paul = |what: &str| (what.to_owned(), "Paul MARTIN".to_owned());
    let seen = views(&mut class.marie).await?;
    // Two, when an hour begins meanwhile.
    assert!(matches!(seen.len(), 1 | 2) && seen.iter().all(|line| *line == paul("presence")), "{seen:?}");
    let export = format!("/api/seances/{}/export/csv", class.plan.id);
    assert_eq!(class.trainer.get(&export).await?.status, 200);
    class.server.knows("g@ac-versailles.fr", "Anne", "ROY", &["--role", "gestionnaire"]).await?;
    let mut anne = Browser::logged_in(&class.server, "g@ac-versailles.fr").await?;
    assert_eq!(anne.get("/api/people?search=durand").await?.status, 200);
    let list = format!("/api/seances/{}/enrolments", class.plan.id);
    assert_eq!(class.trainer.get(&list).await?.status, 200);
    let seen = views(&mut class.marie).await?;
    assert!(seen.contains(&paul("export")) && seen.contains(&paul("enrolment")), "{seen:?}");
    assert!(seen.contains(&("people".to_owned(), "Anne ROY".to_owned())), "{seen:?}");
    let answer = class.marie.get("/api/me/views").await?.json();
    assert!(answer.as_array().into_iter().flatten().any(|line| line["title"] == "Lire un album"), "{answer}");
    // It outlives the process, and is told in one's data.
    class.server.kill().await?;
    class.server.restart().await?;
    assert_eq!(views(&mut class.marie).await?, seen);
    let data = class.marie.get("/api/me/data").await?.json();
    assert_eq!(data["views"].as_array().map(Vec::len), Some(seen.len()));
    assert_eq!(data["exports"], 1);
    assert!(!class.marie_id.is_empty());
    Ok(())
}

/// What leaves, and what the server writes down about it: nobody's network, device or link.
#[tokio::test]
async fn no_address_no_device_no_ticket_leaves_or_is_logged() -> Result<()> {
    let mut class = Class::is_held().await?;
    let link = class.server.links.trainer.clone();
    let (_, ticket) = link.split_once('#').context("no ticket")?;
    let mut said = String::new();
    for format in ["csv", "csv-machine", "entete", "xlsx", "pdf", "json", "xapi", "bundle"] {
        let path = format!("/api/seances/{}/export/{format}", class.plan.id);
        let answer = class.trainer.get(&path).await?;
        anyhow::ensure!(answer.status == 200, "{format}: {}", answer.text());
        // Statements of xAPI name their activities by the address of the page.
        assert!(format == "xapi" || !answer.text().contains("127.0.0.1"), "{format}");
        said += &answer.text();
    }
    class.server.is_asked_to_stop().await?;
    let log = class.server.log()?;
    for (what, text) in [("an export", &said), ("the log", &log)] {
        for secret in [ticket, "User-Agent", "Mozilla"] {
            assert!(!text.contains(secret), "{secret} is in {what}");
        }
    }
    for name in ["DURAND", "marie.durand", "Bonjour de Marie"] {
        assert!(!log.contains(name), "{name}: {log}");
    }
    Ok(())
}

#[tokio::test]
async fn an_identity_is_erased_from_the_list_and_from_the_console() -> Result<()> {
    let mut class = Class::is_held().await?;
    class.server.knows("g@ac-versailles.fr", "Anne", "ROY", &["--role", "gestionnaire"]).await?;
    let mut anne = Browser::logged_in(&class.server, "g@ac-versailles.fr").await?;
    let path = format!("/api/people/{}/erasure", class.marie_id);
    let refused = anne.post(&path, &json!({"reason": " "})).await?;
    assert_eq!((refused.status, refused.json()["field"].as_str()), (400, Some("reason")));
    let erased = anne.post(&path, &json!({"reason": "Départ de l’académie"})).await?;
    assert_eq!(erased.status, 200, "{}", erased.text());
    assert_eq!(class.marie.get("/api/me/data").await?.status, 401, "the account is closed");
    let sheet = class.trainer.get(&format!("/api/seances/{}/presence", class.plan.id)).await?;
    assert!(sheet.status == 200 && !sheet.text().contains("DURAND"), "{}", sheet.text());
    assert_eq!(sheet.json()["counts"]["enrolled"], 2, "{}", sheet.text());
    let words = ["user", "erase", "jean.petit@ac-versailles.fr", "--reason", "Retraite"];
    let (code, said, wrong) = class.server.command(&words).await?;
    assert!(code == Some(0) && said.starts_with("erased: "), "{said}{wrong}");
    let (code, _, wrong) =
        class.server.command(&["user", "erase", "g@ac-versailles.fr", "--reason", "Erreur"]).await?;
    assert!(code == Some(1) && wrong.contains("role"), "{wrong}");
    let (code, said, wrong) = class.server.command(&["journal", "verify"]).await?;
    assert!(code == Some(0) && said.contains("unbroken"), "{said}{wrong}");
    Ok(())
}
