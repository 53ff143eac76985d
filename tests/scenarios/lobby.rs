//! Who comes before the trainer waits, and enters by itself, also after a power cut.

use anyhow::{Context, Result, bail};
use harness::{
    PATIENCE,
    browser::Browser,
    person::{Greeting, Line, Person},
    server::Preau,
};
use serde_json::json;
use signaling::{
    attendance::PresenceSheet,
    enrolment::EnrolmentRole,
    protocol::{Notice, Request, entry::Waiting},
    seance::Lobby,
};
use tokio::time::timeout;

const PAUL: &str = "paul.martin@ac-versailles.fr";
const MARIE: &str = "marie.durand@ac-versailles.fr";

/// Says hello and is left waiting.
async fn waits(server: &Preau, greeting: Greeting) -> Result<(Line, Waiting)> {
    let mut line = Line::open(server.address()).await?;
    line.ask(&greeting.request()).await?;
    match timeout(PATIENCE, line.next()).await??.map(|envelope| envelope.notice) {
        Some(Notice::Waiting(waiting)) => Ok((line, waiting)),
        other => bail!("does not wait: {other:?}"),
    }
}

#[tokio::test]
async fn a_participant_who_comes_first_waits_and_enters_with_the_trainer() -> Result<()> {
    let mut server = Preau::start().await?;
    let plan = server.plans("ac-versailles", |plan| plan.lobby = Lobby::HostAbsent).await?;
    let paul = server.knows(PAUL, "Paul", "MARTIN", &[]).await?;
    let marie = server.knows(MARIE, "Marie", "DURAND", &[]).await?;
    server.enrols(plan.id, &paul, EnrolmentRole::Trainer).await?;
    server.enrols(plan.id, &marie, EnrolmentRole::Participant).await?;
    let mut paul = Browser::logged_in(&server, PAUL).await?;
    let made = paul.post(&format!("/api/seances/{}/personal-links/{marie}", plan.id), &json!({})).await?;
    let hers = made.json()["link"].as_str().context("no link")?.to_owned();
    let enter = paul.post(&format!("/api/seances/{}/enter", plan.id), &json!({})).await?;
    let his = enter.json()["link"].as_str().context("no link")?.to_owned();

    let (mut line, waiting) = waits(&server, Greeting::with(&hers, "")).await?;
    assert_eq!(waiting.seance.id, plan.id);
    line.ask(&Request::RaiseHand { raised: true }).await?;
    assert_eq!(line.refusal().await?, signaling::protocol::Refusal::NotJoined);

    // The wait outlives the server: the page comes back as the same person and goes on waiting.
    server.kill().await?;
    server.restart().await?;
    let stay = format!("#{}", waiting.stay);
    let (mut line, _) = waits(&server, Greeting::with(&stay, "")).await?;
    let paul = Person::enters(&server, &his, "").await?;
    let welcomed = async {
        loop {
            match line.next().await?.map(|envelope| envelope.notice) {
                Some(Notice::Welcome(welcome)) => return Ok(welcome),
                Some(_) => {}
                None => bail!("the connection was closed"),
            }
        }
    };
    let welcome = timeout(PATIENCE, welcomed).await??;
    assert_eq!(welcome.you.name, "Marie DURAND");
    assert!(welcome.people.iter().any(|person| person.id == paul.id()));

    let (status, body) = server.get("/api/presence", Some(&his)).await?;
    assert_eq!(status, 200, "{body}");
    let sheet: PresenceSheet = serde_json::from_str(&body)?;
    let row = sheet.rows.iter().find(|row| row.person.to_string() == marie).context("no row")?;
    assert!(row.here && row.lobby_ms > 0 && row.enrolled, "{row:?}");
    // The time spent in the lobby counts: nothing is missing between the door and the room.
    assert!(row.presence_ms >= row.connected_ms, "{row:?}");

    // Who comes now need not wait.
    let (status, _) = server.get("/api/entry", Some(&hers)).await?;
    assert_eq!(status, 200);
    Person::enters(&server, &hers, "").await?;
    let (code, out, _) = server.command(&["journal", "verify"]).await?;
    assert_eq!(code, Some(0), "{out}");
    Ok(())
}
