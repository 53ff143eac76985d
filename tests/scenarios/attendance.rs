//! The presence sheet, from the outside.

use std::{process::Command, time::Duration};

use anyhow::Result;
use harness::{
    person::Person,
    server::{Preau, TRAINER, binary},
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
    for path in ["/api/presence", "/api/presence.csv", "/api/presence.proof"] {
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

/// A case of ninety minutes with somebody who stayed for all of it, as the last line says or does not.
const CASE: &str = r#"{"id":"A01","seance":{"id":"CV90","start":"2026-11-18T13:00:00Z","dur":90,"thr":"auto","tz":"Europe/Paris"},"control":[],"events":[{"type":"join","p":"u1","conn":"c1","t":"2026-11-18T12:52:10Z"},{"type":"leave","p":"u1","conn":"c1","t":"2026-11-18T14:33:00Z"}],"expect":{"window":["2026-11-18T13:00:00Z","2026-11-18T14:30:00Z"],"threshold_min":45,"seance_flags":[],"persons":{"u1":{"connected_ms":6050000,"presence_ms":5400000,"minutes":90,"status":"present","flags":[]}}}}"#;

#[test]
fn cases_are_checked_and_computed_by_command() -> Result<()> {
    let file = tempfile::NamedTempFile::new()?;
    let run = |word: &str| -> Result<(Option<i32>, String, String)> {
        let done = Command::new(binary()).args(["attendance", word]).arg(file.path()).output()?;
        Ok((done.status.code(), String::from_utf8(done.stdout)?, String::from_utf8(done.stderr)?))
    };
    std::fs::write(file.path(), format!("{CASE}\n\n"))?;
    assert_eq!(run("check")?, (Some(0), "A01 ok\n1 of 1 cases agree\n".to_owned(), String::new()));
    let (code, out, _) = run("compute")?;
    assert_eq!(code, Some(0));
    let expected = r#"{"id":"A01","window":["2026-11-18T13:00:00Z","2026-11-18T14:30:00Z"],"threshold_min":45,"seance_flags":[],"persons":{"u1":{"connected_ms":6050000,"presence_ms":5400000,"minutes":90,"status":"present","flags":[]}}}"#;
    assert_eq!(out, format!("{expected}\n"));

    std::fs::write(
        file.path(),
        format!("{}\nnot a case\n{CASE}", CASE.replace("90,\"status", "89,\"status")),
    )?;
    let (code, out, _) = run("check")?;
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(code, Some(1));
    assert!(
        lines[0].starts_with("A01 DIFFERS: u1 is connected 6050000 ms") && lines[0].contains("89 min"),
        "{out}"
    );
    assert!(lines[1].starts_with("line 2 UNREADABLE: not a case"), "{out}");
    assert_eq!(lines[2..], ["A01 ok", "1 of 3 cases agree"]);
    let (code, out, err) = run("compute")?;
    assert_eq!((code, out.lines().count()), (Some(1), 2));
    assert!(err.starts_with("line 2: not a case"), "{err}");

    drop(file);
    Ok(())
}
