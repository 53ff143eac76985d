//! The whole server on a real PostgreSQL instead of a file.

use std::time::Duration;

use anyhow::Result;
use harness::{
    browser::{Browser, PASSWORD},
    person::Person,
    postgres::Postgres,
    server::{Place, Preau, TRAINER},
    until,
};
use serde_json::{Value, json};
use signaling::{attendance::PresenceSheet, protocol::Request};

#[tokio::test]
async fn a_class_is_held_killed_and_proven_on_postgresql() -> Result<()> {
    let postgres = Postgres::start().await?;
    let mut server = Preau::start_at(postgres.place("class").await?).await?;
    let file = std::fs::metadata(server.data().join("preau.sqlite"));
    assert!(file.is_ok_and(|file| file.len() == 0), "nothing lies in the file");
    let mut trainer = Person::enters(&server, &server.links.trainer, TRAINER).await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben Morel").await?;
    for n in 0..5 {
        ben.says(&format!("message {n}")).await?;
    }
    trainer.reads("message 4").await?;
    server.kill().await?;
    server.restart().await?;
    // What was acknowledged before the kill is there: a newcomer reads it.
    let mut chloe = Person::enters(&server, &server.links.participant, "Chloé").await?;
    assert!(chloe.welcome.chat.messages.iter().any(|message| message.text == "message 4"));
    chloe.says("encore là").await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, TRAINER).await?;
    trainer.asks(Request::EndSeance {}).await?;
    let sheet = until("the closed sheet", Duration::from_secs(10), async || {
        let (_, body) = server.get("/api/presence", Some(&server.links.organiser)).await?;
        let sheet: PresenceSheet = serde_json::from_str(&body)?;
        Ok(sheet.closed.then_some(sheet))
    })
    .await?;
    assert!(sheet.rows.iter().any(|row| row.name == "Ben Morel"));
    let (code, said, wrong) = server.command(&["journal", "verify"]).await?;
    assert!(code == Some(0) && said.contains("unbroken"), "{said}{wrong}");
    Ok(())
}

#[tokio::test]
async fn people_log_in_on_postgresql() -> Result<()> {
    let postgres = Postgres::start().await?;
    let server = Preau::start_at(postgres.place("office").await?).await?;
    server.knows("anne.roy@ac-lyon.fr", "Anne", "ROY", &["--role", "gestionnaire"]).await?;
    let mut anne = Browser::logged_in(&server, "anne.roy@ac-lyon.fr").await?;
    let new = json!({"email": "luc.dangelo@ac-lyon.fr", "lastName": "D'ANGELO", "firstName": "Luc"});
    let made = anne.post("/api/people", &new).await?;
    assert_eq!(made.status, 200, "{}", made.text());
    let taken = anne.post("/api/people", &new).await?;
    assert_eq!((taken.status, taken.json()["problem"].as_str()), (400, Some("taken")));
    let luc = made.json()["id"].as_str().unwrap().to_owned();
    let change = json!({"degree": "PU1D", "quotitePercent": 80, "dueMin": 864});
    assert_eq!(anne.patch(&format!("/api/people/{luc}"), &change).await?.json()["dueMin"], 864);
    let beyond = anne.patch(&format!("/api/people/{luc}"), &json!({"dueMin": 6_481})).await?;
    assert_eq!((beyond.status, &beyond.json()["field"]), (400, &json!("dueMin")));
    for (change, due) in [(json!({"dueMin": null}), Value::Null), (json!({"dueMin": 864}), json!(864))] {
        assert_eq!(anne.patch(&format!("/api/people/{luc}"), &change).await?.json()["dueMin"], due);
    }
    let listed = anne.get("/api/people?search=dangelo").await?.json();
    assert_eq!(listed[0]["person"]["quotitePercent"], 80, "{listed}");
    let link = anne.post(&format!("/api/people/{luc}/invitation"), &json!({})).await?.json()["link"].clone();
    let token = link.as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let mut browser = Browser::of(&server);
    let taken = browser.post("/api/invitation", &json!({"token": token, "password": PASSWORD})).await?;
    assert_eq!(taken.status, 200, "{}", taken.text());
    assert_eq!(browser.get("/api/me").await?.json()["person"]["dueMin"], 864);
    Ok(())
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named() -> Result<()> {
    let postgres = Postgres::start().await?;
    let mut place = postgres.place("there").await?;
    place.config = place.config.map(|config| config.replace("/there?", "/elsewhere?"));
    let error = Preau::start_at(place).await.unwrap_err().to_string();
    assert!(error.contains("store.url") && error.contains("elsewhere"), "{error}");
    let nowhere = "[store]\nurl = \"postgres://preau:geheim@127.0.0.1:1/preau\"\n".to_owned();
    let error =
        Preau::start_at(Place { config: Some(nowhere), ..Place::default() }).await.unwrap_err().to_string();
    assert!(error.contains("store.url") && !error.contains("geheim"), "{error}");
    Ok(())
}
