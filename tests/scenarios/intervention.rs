//! Trainers' time from outside: who led and for how long, for those who manage, for oneself, and as a file.

use anyhow::{Context, Result, ensure};
use harness::{browser::Browser, postgres::Postgres, server::Place};
use serde_json::{Value, json};
use signaling::protocol::seance::SeanceKind;

use crate::hours::{PAUL, Session, of};

const ZOE: &str = "zoe.garcon@ac-versailles.fr";

async fn who_led_is_told(place: Place) -> Result<()> {
    let mut session = Session::at(place, 1).await?;
    let zoe = session.server.knows(ZOE, "Zoé", "GARÇON", &[]).await?;
    let people = json!({"people": [{"email": ZOE, "role": "co_trainer"}]});
    let answer = session.claire.post(&of(&session.id, "enrolments"), &people).await?;
    ensure!(answer.status == 200, "{}", answer.text());
    let seance = session.held(SeanceKind::ClasseVirtuelle, 3).await?;
    let path = of(&session.id, "interventions");

    // Nobody came: nothing is credited, neither to the one who leads nor to the other.
    let told = |found: &Value| -> Vec<(String, String, u64)> {
        let people = found["seances"][0]["people"].as_array().cloned().unwrap_or_default();
        let text = |one: &Value, field: &str| one[field].as_str().unwrap_or_default().to_owned();
        let line =
            |one: &Value| (text(one, "name"), text(one, "role"), one["credited"].as_u64().unwrap_or(99));
        people.iter().map(line).collect()
    };
    let line = |name: &str, role: &str, credited| (name.to_owned(), role.to_owned(), credited);
    let (garcon, martin) = ("Zoé GARÇON", "Paul MARTIN");
    let found = session.claire.get(&path).await?.json();
    assert_eq!(told(&found), [line(garcon, "co_trainer", 0), line(martin, "trainer", 0)], "{found}");

    // The gestionnaire decides that Zoé led it.
    session.finds_present(&seance, &[zoe]).await?;
    let found = session.paul.get(&path).await?.json();
    assert_eq!(told(&found), [line(garcon, "co_trainer", 60), line(martin, "trainer", 0)], "{found}");
    assert_eq!(found["seances"][0]["people"][0]["byHand"], true);
    let total = |found: &Value, name: &str| {
        let totals = found["totals"].as_array().cloned().unwrap_or_default();
        totals.iter().find(|one| one["name"] == name).map(|one| one["credited"].clone())
    };
    assert_eq!((total(&found, garcon), total(&found, martin)), (Some(json!(60)), Some(json!(0))));

    // Each sees the own, a trainee nothing; and none of it is a trainee's hours.
    let mut own = Browser::logged_in(&session.server, ZOE).await?;
    let mine = own.get("/api/interventions/mine").await?.json();
    assert_eq!(
        (&mine["credited"], mine["seances"].as_array().map(Vec::len)),
        (&json!(60), Some(1)),
        "{mine}"
    );
    assert_eq!(mine["seances"][0]["people"].as_array().map(Vec::len), Some(1), "nobody else: {mine}");
    assert_eq!(own.get("/api/hours/mine").await?.json()["total"], 0);
    let year = mine["year"].as_i64().context("no year")?;
    let before = own.get(&format!("/api/interventions/mine?year={}", year - 1)).await?.json();
    assert_eq!((&before["credited"], &before["seances"]), (&json!(0), &json!([])));
    assert_eq!(own.get("/api/interventions/mine?year=12").await?.status, 400);
    assert_eq!(session.marie.get("/api/interventions/mine").await?.json()["seances"], json!([]));
    assert_eq!(session.marie.get(&path).await?.status, 403);
    // Who looked at whose hours is told to them.
    let mut paul = Browser::logged_in(&session.server, PAUL).await?;
    let views = paul.get("/api/me/views").await?.text();
    assert!(views.contains("hours") && views.contains("PETIT"), "{views}");

    is_a_file(&mut session, &seance).await
}

/// A table for spreadsheets, of the session only.
async fn is_a_file(session: &mut Session, seance: &str) -> Result<()> {
    let file = session.claire.get(&of(&session.id, "export/interventions")).await?;
    let text = file.text();
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert!(lines[0].starts_with("nom;role;seance;date;") && lines.len() == 3, "{text}");
    assert!(
        lines[1].starts_with("Zoé GARÇON;co-formateur;")
            && lines[1].contains(";1:00;0;0;0;1,00;1:00;manuel;"),
        "{text}"
    );
    assert!(
        lines[2].starts_with("Paul MARTIN;formateur;") && lines[2].contains(";0,00;0:00;auto;"),
        "{text}"
    );
    let name = file.header("content-disposition").unwrap_or_default();
    assert!(name.contains("interventions_") && name.contains("_v1.csv"), "{name}");
    assert_eq!(session.claire.get(&format!("/api/seances/{seance}/export/interventions")).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn who_led_is_told_credited_and_corrected() -> Result<()> {
    who_led_is_told(Place::default()).await
}

#[tokio::test]
async fn the_same_is_told_on_postgresql() -> Result<()> {
    let postgres = Postgres::start().await?;
    who_led_is_told(postgres.place("interventions").await?).await
}
