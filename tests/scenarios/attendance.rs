//! The presence sheet, from the outside.

use std::time::Duration;

use anyhow::Result;
use harness::{
    person::Person,
    server::{Preau, TRAINER},
    until,
};
use signaling::{attendance::PresenceSheet, protocol::Request};

async fn sheet(server: &Preau, path: &str, link: &str) -> Result<PresenceSheet> {
    let (status, body) = server.get(path, Some(link)).await?;
    anyhow::ensure!(status == 200, "{status}: {body}");
    Ok(serde_json::from_str(&body)?)
}

#[tokio::test]
async fn the_sheet_grows_during_the_seance_and_is_there_when_it_ends() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, TRAINER).await?;
    let ben = Person::enters(&server, &server.links.participant, "Ben Morel").await?;
    let during = sheet(&server, "/api/presence", &server.links.trainer).await?;
    assert!(!during.closed);
    let row = during.rows.iter().find(|row| row.name == "Ben Morel").unwrap();
    assert!(row.here && !row.validable);

    drop(ben.vanishes());
    let seen = until("Ben’s departure", Duration::from_secs(10), async || {
        let sheet = sheet(&server, "/api/presence", &server.links.trainer).await?;
        Ok(sheet.rows.into_iter().find(|row| row.name == "Ben Morel" && !row.here))
    })
    .await?;
    assert!(seen.connected_ms < 60_000);

    trainer.asks(Request::EndSeance {}).await?;
    let closed = until("the closed sheet", Duration::from_secs(10), async || {
        let sheet = sheet(&server, "/api/presence", &server.links.organiser).await?;
        Ok(sheet.closed.then_some(sheet))
    })
    .await?;
    assert!(closed.rows.iter().any(|row| row.name == TRAINER));
    assert!(closed.rows.iter().all(|row| !row.here));

    let (status, csv) = server.get("/api/presence.csv", Some(&server.links.trainer)).await?;
    assert_eq!(status, 200);
    assert!(csv.starts_with('\u{feff}'), "Excel needs the byte order mark");
    assert!(csv.contains("\r\n") && csv.contains("Ben Morel;") && csv.contains(TRAINER), "{csv}");
    Ok(())
}

#[tokio::test]
async fn the_sheet_is_not_for_participants() -> Result<()> {
    let server = Preau::start().await?;
    let ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let _chloe = Person::enters(&server, &server.links.participant, "Chloé").await?;
    let stay = format!("#{}", ben.stay());
    for path in ["/api/presence", "/api/presence.csv"] {
        for link in [Some(stay.as_str()), Some(server.links.participant.as_str()), None] {
            let (status, body) = server.get(path, link).await?;
            assert!((400..500).contains(&status), "{path}: {status} {body}");
            assert!(!body.contains("Chloé"));
        }
    }
    let mine = sheet(&server, "/api/presence/me", &stay).await?;
    let names: Vec<_> = mine.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["Ben"]);
    Ok(())
}
