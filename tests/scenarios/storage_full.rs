//! A full disk: refusals that say so, a class that goes on, nothing acknowledged lost.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use harness::{
    PATIENCE,
    person::Person,
    server::{Place, Preau},
    until,
};
use signaling::protocol::{Notice, Refusal, Request};
use tokio::process::Command;

/// A file system of 4 MiB in memory, unmounted when dropped. Mounting needs root.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    async fn mount() -> Result<Option<Self>> {
        let folder = tempfile::tempdir()?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            .arg(folder.path())
            .output()
            .await?;
        Ok(mounted.status.success().then_some(Self(folder)))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the space that is left.
    async fn fill(&self) -> Result<()> {
        let ballast = self.path().join("ballast");
        Command::new("dd")
            .args(["if=/dev/zero", "bs=4k"])
            .arg(format!("of={}", ballast.display()))
            .output()
            .await?;
        ensure!(std::fs::metadata(ballast)?.len() > 0);
        Ok(())
    }

    fn free(&self) -> Result<()> {
        Ok(std::fs::remove_file(self.path().join("ballast"))?)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _unmounted = std::process::Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// Fills the disk while `ben` goes on, until `chloe` is told.
async fn is_warned(disk: &SmallDisk, ben: &mut Person, chloe: &mut Person) -> Result<()> {
    disk.fill().await?;
    // SQLite may still hold a page or two: write until it cannot.
    let full = async {
        for count in 0_u32.. {
            ben.asks(Request::RaiseHand { raised: count % 2 == 0 }).await?;
            tokio::time::sleep(Duration::from_millis(8)).await;
        }
        Ok::<(), anyhow::Error>(())
    };
    let warned = chloe
        .hears("the warning", |notice| matches!(notice, Notice::Storage { failing: true }).then_some(()));
    tokio::select! {
        written = full => written,
        warned = warned => warned,
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing_acknowledged() -> Result<()> {
    let Some(disk) = SmallDisk::mount().await? else {
        eprintln!("mounting a small file system needs root: not checked");
        return Ok(());
    };
    let place = Place { data: Some(disk.path().join("data")), ..Place::default() };
    let mut server = Preau::start_at(place).await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let mut chloe = Person::enters(&server, &server.links.trainer, "Chloé").await?;
    let mut acknowledged = vec![ben.says("avant").await?.id];

    is_warned(&disk, &mut ben, &mut chloe).await?;
    let post = Request::ChatPost { client_id: "plein".to_owned(), text: "pendant".to_owned() };
    assert_eq!(chloe.is_refused(post).await?, Refusal::StorageFailing);
    let (status, said) = server.get("/healthz", None).await?;
    assert_eq!((status, said.lines().count()), (503, 1), "whoever watches the server is told: {said}");

    disk.free()?;
    chloe
        .hears("the all-clear", |notice| matches!(notice, Notice::Storage { failing: false }).then_some(()))
        .await?;
    let last = until("writing works again", Duration::from_secs(20), async || {
        let again = Request::ChatPost { client_id: "apres".to_owned(), text: "après".to_owned() };
        chloe.asks(again).await?;
        chloe
            .hears("an answer", |notice| match notice {
                Notice::ChatPosted { message } if message.client_id == "apres" => Some(Some(message.id)),
                Notice::Refused { client_id: Some(id), .. } if id == "apres" => Some(None),
                _ => None,
            })
            .await
    })
    .await?;
    acknowledged.push(last);

    server.kill().await?;
    let (code, out, err) = server.command(&["journal", "verify"]).await?;
    assert_eq!(code, Some(0), "{out}{err}");
    let away = ben.vanishes();
    server.restart().await?;
    let back = away.is_welcomed().await?;
    let kept: Vec<_> = back.welcome.chat.messages.iter().map(|message| message.id).collect();
    assert_eq!(kept, acknowledged);
    Ok(())
}

#[tokio::test]
async fn a_stop_waits_for_a_full_disk_until_it_is_asked_again() -> Result<()> {
    let Some(disk) = SmallDisk::mount().await? else {
        eprintln!("mounting a small file system needs root: not checked");
        return Ok(());
    };
    let place = Place { data: Some(disk.path().join("data")), ..Place::default() };
    let mut server = Preau::start_at(place).await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let mut chloe = Person::enters(&server, &server.links.trainer, "Chloé").await?;
    is_warned(&disk, &mut ben, &mut chloe).await?;

    server.is_asked_to_stop().await?;
    until("the stop begins", PATIENCE, async || Ok(server.log()?.contains("stopping").then_some(()))).await?;
    assert!(server.runs()?, "what is not written is waited for");
    let ended = tokio::time::timeout(Duration::from_secs(5), server.stop()).await??;
    assert!(!ended.success(), "something is missing");
    Ok(())
}

/// The disk fills up while a file is being kept: it does not leave, nothing half-written stays, and the log knows nothing.
#[tokio::test]
async fn a_disk_full_in_mid_export_leaves_nothing_half_written() -> Result<()> {
    let Some(disk) = SmallDisk::mount().await? else {
        eprintln!("mounting a small file system needs root: not checked");
        return Ok(());
    };
    // Only the exports are on the small disk: the rest of the server does not notice.
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    std::fs::create_dir(&data)?;
    std::os::unix::fs::symlink(disk.path(), data.join("exports"))?;
    let server = Preau::start_at(Place { data: Some(data), ..Place::default() }).await?;
    let _chloe = Person::enters(&server, &server.links.trainer, "Chloé").await?;
    let (_, path) = server.links.trainer.split_once("/seance/").context("no link")?;
    let seance = path.split('#').next().unwrap_or_default().to_owned();
    let trainer = Some(server.links.trainer.as_str());
    disk.fill().await?;
    let before = std::fs::read_dir(disk.path())?.count();
    let said: serde_json::Value = serde_json::from_str(include_str!("../../web-client/src/app/fr.json"))?;
    for format in ["csv", "xlsx", "pdf", "json", "bundle"] {
        let address = format!("/api/seances/{seance}/export/{format}");
        let (status, body) = server.get(&address, trainer).await?;
        let refusal: serde_json::Value = serde_json::from_str(&body)?;
        assert_eq!((status, refusal["code"].as_str()), (503, Some("storage_failing")), "{format}: {body}");
        let words = said["refusal"]["storage_failing"].as_str().context("the page has no words for it")?;
        assert!(words.contains("Réessayez") || words.contains("réessayez"), "{words}");
    }
    assert_eq!(std::fs::read_dir(disk.path())?.count(), before, "nothing half-written");
    // By command neither.
    let out = disk.path().join("presence.xlsx");
    let file = out.display().to_string();
    let words = ["export", "--seance", &seance, "--format", "xlsx", "--out", &file];
    let (code, said, wrong) = server.command(&words).await?;
    assert!(code == Some(1) && said.is_empty() && wrong.contains("free disk space"), "{said}{wrong}");
    assert!(!out.exists(), "{wrong}");
    let (_, log) = server.get(&format!("/api/seances/{seance}/exports"), trainer).await?;
    assert_eq!(log, "[]", "no export took place");
    disk.free()?;
    let (status, _) = server.get(&format!("/api/seances/{seance}/export/xlsx"), trainer).await?;
    assert_eq!(status, 200);
    let (_, log) = server.get(&format!("/api/seances/{seance}/exports"), trainer).await?;
    assert!(log.contains("\"number\":1,"), "the first number was not used up: {log}");
    Ok(())
}

/// An import that does not fit is told, and nothing of it is there.
#[tokio::test]
async fn an_import_that_does_not_fit_changes_nothing() -> Result<()> {
    let Some(disk) = SmallDisk::mount().await? else {
        eprintln!("mounting a small file system needs root: not checked");
        return Ok(());
    };
    let files = tempfile::tempdir()?;
    let night = |day: &str, people: std::ops::Range<u32>| -> Result<()> {
        let formation = "ACAREU|26A0280123|Calcul|45805|Calcul mental|78576|01|18/11/2026|14:00|18/11/2026|15:30|D|A DISTANCE|\n";
        let people: String =
            people.map(|n| format!("ACAREU|78576|NOM{n}|Anne|anne.{n}@ac-reunion.fr\n")).collect();
        for (word, text) in [("Formations", formation), ("Intervenants", ""), ("Stagiaires", &people)] {
            std::fs::write(files.path().join(format!("ACAREU_{word}_{day}.csv")), text)?;
        }
        Ok(())
    };
    let import = async || -> Result<(bool, String)> {
        let mut command = Command::new(harness::server::binary());
        command.args(["gaia", "import"]).arg(files.path()).args(["--academy", "ac-reunion", "--data"]);
        let done = command.arg(disk.path()).output().await?;
        let said = [done.stdout, done.stderr].concat();
        Ok((done.status.success(), String::from_utf8(said)?))
    };
    night("20261117", 0..100)?;
    assert!(import().await?.0);
    night("20261118", 0..40_000)?;
    let (done, said) = import().await?;
    assert!(!done && said.contains("full"), "{said}");
    night("20261118", 0..200)?;
    let (done, said) = import().await?;
    assert!(
        done && said.contains("stagiaires : 100 ajouts, 0 modifications, 0 retraits, 100 sans changement"),
        "{said}"
    );
    Ok(())
}
