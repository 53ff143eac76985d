//! What has served its time: recordings, with a notice, a way to keep them, and a paper; scans that nobody needs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use harness::{
    PATIENCE,
    browser::Browser,
    person::{Greeting, Person},
    server::Preau,
    until,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use server::{clock::wall, store::Store};
use signaling::{
    emargement::HalfDay,
    enrolment::EnrolmentRole,
    id::{HalfDayId, SeanceId},
    protocol::Request,
    seance::Threshold,
};

use crate::readers::read_pdf;

const PAUL: &str = "paul.martin@ac-versailles.fr";
const MARIE: &str = "marie.durand@ac-versailles.fr";

/// A class that Paul led and to which Marie was expected, recorded.
pub(crate) struct Recorded {
    pub(crate) server: Preau,
    pub(crate) paul: Browser,
    pub(crate) marie: Browser,
    anne: Browser,
    pub(crate) seance: SeanceId,
    /// Marie's way in.
    pub(crate) link: String,
    pub(crate) folder: PathBuf,
}

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

impl Recorded {
    pub(crate) async fn is_held() -> Result<Self> {
        let server = Preau::start().await?;
        let paul_id = server.knows(PAUL, "Paul", "MARTIN", &[]).await?;
        let marie_id = server.knows(MARIE, "Marie", "DURAND", &[]).await?;
        server.knows("g@ac-versailles.fr", "Anne", "ROY", &["--role", "gestionnaire"]).await?;
        let plan = server
            .plans("ac-versailles", |plan| {
                plan.title = "Lire un album".to_owned();
                plan.recorded = true;
                plan.threshold = Threshold::Fixed(30);
            })
            .await?;
        server.enrols(plan.id, &paul_id, EnrolmentRole::Trainer).await?;
        server.enrols(plan.id, &marie_id, EnrolmentRole::Participant).await?;
        let mut paul = Browser::logged_in(&server, PAUL).await?;
        let mut marie = Browser::logged_in(&server, MARIE).await?;
        let entered = format!("/api/seances/{}/enter", plan.id);
        let way = paul.post(&entered, &json!({})).await?.json()["link"].clone();
        let link = marie.post(&entered, &json!({})).await?.json()["link"].clone();
        let link = link.as_str().context("no link")?.to_owned();
        let way = Greeting::with(way.as_str().context("no link")?, "");
        let mut trainer = Person::greets(server.address(), way).await?;
        trainer.says("bonjour").await?;
        trainer.asks(Request::EndSeance {}).await?;
        let root = server.data().join("recordings").join(plan.id.to_string());
        let folder = until("the recording", PATIENCE * 2, async || {
            let (_, entry) = server.get("/api/entry", Some(&link)).await?;
            let entry: Value = serde_json::from_str(&entry)?;
            let id = entry["recordings"][0]["id"].as_str().map(|id| root.join(id));
            Ok(id.filter(|_| entry["recordings"][0]["ready"] == true))
        })
        .await?;
        let anne = Browser::logged_in(&server, "g@ac-versailles.fr").await?;
        Ok(Self { server, paul, marie, anne, seance: plan.id, link, folder })
    }

    /// As if it had been made so many days ago.
    pub(crate) fn ages(&self, count: i64) -> Result<()> {
        let file = self.folder.join("manifest.json");
        let mut manifest: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
        manifest["started"] = json!(wall() - days(count));
        Ok(std::fs::write(file, manifest.to_string())?)
    }

    async fn entry(&self) -> Result<Value> {
        let (status, body) = self.server.get("/api/entry", Some(&self.link)).await?;
        ensure!(status == 200, "{body}");
        Ok(serde_json::from_str(&body)?)
    }

    /// What a purge says of recordings.
    pub(crate) async fn purges(&self, more: &[&str]) -> Result<String> {
        let words = [&["retention", "run"], more].concat();
        let (code, said, wrong) = self.server.command(&words).await?;
        ensure!(code == Some(0), "{said}{wrong}");
        let line = said.lines().find_map(|line| line.strip_prefix("recordings\t"));
        Ok(line.context(said.clone())?.to_owned())
    }

    async fn expiring(browser: &mut Browser) -> Result<Vec<Value>> {
        let answer = browser.get("/api/recordings/expiring").await?;
        answer.json().as_array().cloned().with_context(|| answer.text())
    }
}

/// How many days from now, rounded.
fn in_days(instant: &Value) -> Result<i64> {
    let at: Timestamp = instant.as_str().with_context(|| format!("no instant: {instant}"))?.parse()?;
    Ok((at.duration_since(wall()).as_secs() + 43_200).div_euclid(86_400))
}

#[tokio::test]
async fn a_recording_is_announced_kept_longer_and_then_deleted_with_a_paper() -> Result<()> {
    let mut class = Recorded::is_held().await?;
    let entry = class.entry().await?;
    assert_eq!(in_days(&entry["recordings"][0]["keptUntil"])?, 90, "{entry}");
    assert!(Recorded::expiring(&mut class.paul).await?.is_empty(), "not within a week");

    class.ages(85)?;
    let told = Recorded::expiring(&mut class.paul).await?;
    assert_eq!((told.len(), &told[0]["title"]), (1, &json!("Lire un album")), "{told:?}");
    assert_eq!((in_days(&told[0]["keptUntil"])?, in_days(&told[0]["longest"])?), (5, 280));
    assert!(Recorded::expiring(&mut class.marie).await?.is_empty(), "she does not decide");
    let keep = format!("/api/seances/{}/recordings/kept", class.seance);
    assert_eq!(class.marie.post(&keep, &json!({})).await?.status, 403);
    let kept = class.paul.post(&keep, &json!({})).await?;
    ensure!(kept.status == 200, "{}", kept.text());
    assert_eq!(in_days(&kept.json()["until"])?, 280);
    assert_eq!(in_days(&class.entry().await?["recordings"][0]["keptUntil"])?, 280);
    assert!(Recorded::expiring(&mut class.paul).await?.is_empty());
    class.ages(95)?;
    assert_eq!(class.purges(&[]).await?, "0\t0\t0", "it stays");

    // He changes his mind; a gestionnaire holds it back for a while.
    assert_eq!(class.paul.delete(&keep).await?.status, 200);
    let id = class.seance.to_string();
    let hold = ["retention", "hold", "--seance", &id, "--reason", "recours"];
    assert_eq!(class.server.command(&hold).await?.0, Some(0));
    assert_eq!(class.entry().await?["recordings"][0]["keptUntil"], Value::Null, "no end is known");
    assert_eq!(class.purges(&[]).await?, "0\t0\t1");
    assert_eq!(class.server.command(&["retention", "release", "--seance", &id]).await?.0, Some(0));
    assert!(class.purges(&["--dry-run"]).await?.starts_with("1\t"));
    assert!(class.folder.exists(), "a dry run deletes nothing");

    // The power failed while it was being deleted: out of sight, and still there.
    std::fs::rename(&class.folder, class.folder.with_extension("deleted"))?;
    assert_eq!(class.entry().await?["recordings"], json!([]));
    assert!(class.purges(&[]).await?.starts_with("1\t"));
    let root = class.folder.parent().context("no folder")?;
    assert_eq!(std::fs::read_dir(root)?.count(), 0, "nothing of it is left");
    is_gone(&class).await?;
    is_certified(&mut class).await
}

/// Whoever comes for it is told when it went.
async fn is_gone(class: &Recorded) -> Result<()> {
    let entry = class.entry().await?;
    assert_eq!(in_days(&entry["deletedRecordings"][0]["deletedAt"])?, 0, "{entry}");
    let id = class.folder.file_name().context("no name")?.to_string_lossy().into_owned();
    let mut anybody = Browser::of(&class.server);
    anybody.ticket = class.link.split_once('#').map(|(_, ticket)| ticket.to_owned());
    let opened = anybody.post(&format!("/api/replay/{id}/open"), &json!({})).await?;
    assert_eq!((opened.status, opened.code().as_str()), (410, "recording_deleted"), "{}", opened.text());
    let other = "/api/replay/01900000-0000-7000-8000-000000000000/open";
    assert_eq!(anybody.post(other, &json!({})).await?.code(), "ticket_foreign");
    Ok(())
}

/// A paper says what was deleted, to whom the academy is; it can be had by command too.
async fn is_certified(class: &mut Recorded) -> Result<()> {
    let report = class.anne.get("/api/retention").await?.json();
    let run = report["runs"][0]["id"].as_str().with_context(|| report.to_string())?.to_owned();
    let path = format!("/api/retention/{run}/certificate");
    let paper = class.anne.get(&path).await?;
    ensure!(paper.status == 200, "{}", paper.text());
    let file = class.server.data().join("certificate.pdf");
    std::fs::write(&file, &paper.body)?;
    let text = read_pdf(&file).await?;
    let id = class.folder.file_name().context("no name")?.to_string_lossy().into_owned();
    for words in
        ["Certificat d’effacement", "Lire un album", "Enregistrements", "90 jours", "Versailles", "Anne ROY"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.replace(['\n', ' '], "").contains(&id) || text.contains(&id[..8]), "{id}: {text}");
    assert!(!text.contains("DURAND") && !text.contains("MARTIN"), "{text}");
    assert_eq!(class.marie.get(&path).await?.status, 403);
    let nothing = "/api/retention/01900000-0000-7000-8000-000000000000/certificate";
    assert_eq!(class.anne.get(nothing).await?.status, 404);
    // Another academy had nothing to be deleted.
    class.server.knows("s@ac-nice.fr", "Luc", "PETIT", &["--role", "gestionnaire"]).await?;
    let mut luc = Browser::logged_in(&class.server, "s@ac-nice.fr").await?;
    std::fs::write(&file, luc.get(&path).await?.body)?;
    let text = read_pdf(&file).await?;
    assert!(text.contains("Rien n’avait fait son temps") && !text.contains("Lire un album"), "{text}");
    let out = file.display().to_string();
    let (code, said, wrong) = class.server.command(&["retention", "certificate", "--out", &out]).await?;
    assert!(code == Some(0) && said.contains("(export 3, "), "{said}{wrong}");
    assert!(read_pdf(&file).await?.contains("Lire un album"));
    Ok(())
}

/// A scan that no signature names is nobody's; one that a signature names is its proof.
#[tokio::test]
async fn scans_that_no_signature_names_are_deleted_and_counted() -> Result<()> {
    let server = Preau::start().await?;
    let paul_id = server.knows(PAUL, "Paul", "MARTIN", &[]).await?;
    let marie_id = server.knows(MARIE, "Marie", "DURAND", &[]).await?;
    let plan = server.plans("ac-versailles", |plan| plan.duration_min = 360).await?;
    server.enrols(plan.id, &paul_id, EnrolmentRole::Trainer).await?;
    server.enrols(plan.id, &marie_id, EnrolmentRole::Participant).await?;
    let store = Store::connect(&server.kept()?).await?;
    let half_day = HalfDay { id: HalfDayId(server::clock::mint()), starts_at: wall(), duration_min: 180 };
    store.add_half_days(plan.id, std::slice::from_ref(&half_day)).await?;
    store.close().await;
    let mut paul = Browser::logged_in(&server, PAUL).await?;
    let path = format!("/api/half-days/{}", half_day.id);
    let mut digests = Vec::new();
    for text in ["%PDF-1.4 named", "%PDF-1.4 blurred"] {
        let kept = paul.send("POST", &format!("{path}/scans"), "application/pdf", text.as_bytes()).await?;
        digests.push(kept.json()["sha256"].as_str().with_context(|| kept.text())?.to_owned());
    }
    let paper = json!({"person": marie_id, "method": "paper", "attachment": digests[0]});
    let signed = paul.post(&format!("{path}/signatures"), &paper).await?;
    ensure!(signed.status == 200, "{}", signed.text());
    let scans = server.data().join("scans");
    let purged = async || -> Result<String> {
        let (code, said, wrong) = server.command(&["retention", "run"]).await?;
        ensure!(code == Some(0), "{said}{wrong}");
        let line = said.lines().find_map(|line| line.strip_prefix("files\t")).context("no such line")?;
        Ok(line.to_owned())
    };
    assert_eq!(purged().await?, "0\t0\t0", "one of today may be about to be named");
    for digest in &digests {
        is_old(&scans.join(digest))?;
    }
    assert_eq!(purged().await?, "1\t16\t0");
    assert!(scans.join(&digests[0]).exists() && !scans.join(&digests[1]).exists());
    assert_eq!(paul.get(&format!("{path}/scans/{}", digests[0])).await?.status, 200);
    Ok(())
}

fn is_old(file: &Path) -> Result<()> {
    let file = std::fs::File::options().write(true).open(file)?;
    Ok(file.set_modified(std::time::SystemTime::UNIX_EPOCH)?)
}
