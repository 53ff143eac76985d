//! Case F09: who was absent watches the recording. It is told apart, and counts as nothing.

use anyhow::{Context, Result, ensure};
use harness::browser::Browser;
use serde_json::{Value, json};

use crate::retention::Recorded;

/// As if an hour had been recorded.
fn lasts_an_hour(class: &Recorded) -> Result<()> {
    let file = class.folder.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    manifest["duration_us"] = json!(3_600_000_000_u64);
    Ok(std::fs::write(file, manifest.to_string())?)
}

/// A page that came by that link.
fn page(class: &Recorded, link: &str) -> Result<Browser> {
    let mut page = Browser::of(&class.server);
    page.ticket = Some(link.split_once('#').context("no ticket")?.1.to_owned());
    Ok(page)
}

/// How much the page is told was seen, after this report.
async fn reports(page: &mut Browser, address: &str, stretches: Value) -> Result<Option<u64>> {
    let told = page.post(address, &json!({ "stretches": stretches })).await?;
    ensure!(told.status == 200, "{} {}", told.status, told.text());
    Ok(told.json()["seenMs"].as_u64())
}

#[tokio::test]
async fn what_was_seen_of_the_recording_is_told_apart_and_counts_as_nothing() -> Result<()> {
    let mut class = Recorded::is_held().await?;
    lasts_an_hour(&class)?;
    let id = class.folder.file_name().context("no name")?.to_string_lossy().into_owned();
    let watched = format!("/api/replay/{id}/watched");
    let mut marie = page(&class, &class.link)?;
    assert_eq!(reports(&mut marie, &watched, json!([])).await?, Some(0));
    assert_eq!(reports(&mut marie, &watched, json!([[0, 2000], [1500, 3000]])).await?, Some(3000));
    assert_eq!(reports(&mut marie, &watched, json!([[500, 2500]])).await?, Some(3000), "seen before");
    let seen = reports(&mut marie, &watched, json!([[3000, 3_600_000]])).await?.context("nothing")?;
    assert!((3000..900_000).contains(&seen), "nobody sees an hour in a moment: {seen}");

    // On the sheet, on one's own line, in one's own data and in the files; nowhere as presence.
    let sheet = format!("/api/seances/{}/presence", class.seance);
    let whole = class.paul.get(&sheet).await?.json();
    let own = class.marie.get(&format!("{sheet}/me")).await?.json();
    let rows = whole["rows"].as_array().context("no rows")?;
    let row = rows.iter().find(|row| row["name"] == "Marie DURAND").context("no row")?;
    for row in [row, &own["rows"][0]] {
        let told = [&row["replayMs"], &row["presenceMs"], &row["decided"], &row["minutes"]];
        assert_eq!(told, [&json!(seen), &json!(0), &json!("absent"), &json!(0)]);
    }
    let mine = class.marie.get("/api/me/data").await?.json();
    assert_eq!(mine["seances"][0]["presence"]["replayMs"], json!(seen), "{mine}");
    let files = format!("/api/seances/{}/export", class.seance);
    let csv = class.paul.get(&format!("{files}/csv")).await?.text();
    assert!(csv.lines().next().context("empty")?.ends_with(";validable;replay"), "{csv}");
    let line = csv.lines().find(|line| line.contains(";DURAND;")).context("no line")?;
    assert!(line.contains(";0:00:00;0:00:00;0;") && line.ends_with(&format!(";O;{}", clock(seen))), "{line}");
    let json = class.paul.get(&format!("{files}/json")).await?.json();
    let told = json["rows"].as_array().context("no rows")?.iter().map(|row| &row["replay_s"]);
    assert_eq!(told.collect::<Vec<_>>(), [&json!(seen / 1000), &json!(0)]);
    is_asked_of_nobody_else(&mut class, &watched).await?;

    // When the recording goes, how much was seen of it stays.
    class.ages(95)?;
    assert!(class.purges(&[]).await?.starts_with("1\t"));
    let after = class.marie.get(&format!("{sheet}/me")).await?.json();
    assert_eq!(after["rows"][0]["replayMs"], json!(seen));
    let gone = marie.post(&watched, &json!({"stretches": []})).await?;
    assert_eq!((gone.status, gone.code().as_str()), (410, "recording_deleted"));
    Ok(())
}

/// `H:MM:SS`
fn clock(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Nothing is kept of who leads; what is malformed, foreign or without a ticket is refused.
async fn is_asked_of_nobody_else(class: &mut Recorded, watched: &str) -> Result<()> {
    let way = class.paul.post(&format!("/api/seances/{}/enter", class.seance), &json!({})).await?;
    let mut paul = page(class, way.json()["link"].as_str().context("no link")?)?;
    assert_eq!(reports(&mut paul, watched, json!([[0, 1000]])).await?, None);
    let mut marie = page(class, &class.link)?;
    for wrong in [json!({}), json!({"stretches": [[0]]}), json!({"stretches": [[-1, 4]]}), json!([])] {
        assert_eq!(marie.post(watched, &wrong).await?.status, 400, "{wrong}");
    }
    let other = "/api/replay/01900000-0000-7000-8000-000000000000/watched";
    assert_eq!(marie.post(other, &json!({"stretches": []})).await?.code(), "ticket_foreign");
    let mut nobody = Browser::of(&class.server);
    assert_eq!(nobody.post(watched, &json!({"stretches": []})).await?.status, 401);
    Ok(())
}
