//! Files that leave: by route and by command, numbered, kept, and not at all when they cannot be kept.

use anyhow::{Context, Result};
use harness::{
    person::Person,
    server::{Preau, TRAINER},
};
use serde_json::Value;

/// The séance of a link.
fn seance_of(link: &str) -> Result<&str> {
    let (_, rest) = link.split_once("/seance/").context("no link into a séance")?;
    rest.split(['#', '/']).next().context("no identifier")
}

#[tokio::test]
async fn every_form_leaves_with_a_number_and_can_be_had_again() -> Result<()> {
    let server = Preau::start().await?;
    let _trainer = Person::enters(&server, &server.links.trainer, TRAINER).await?;
    let _ben = Person::enters(&server, &server.links.participant, "=Ben Morel").await?;
    let seance = seance_of(&server.links.trainer)?.to_owned();
    let trainer = Some(server.links.trainer.as_str());
    for (format, start) in [
        ("csv", "\u{feff}base_gaia;dispositif;module;session_gaia;groupe;nom;prenom;courriel;uai;"),
        ("csv-machine", "base_gaia,dispositif,module,session_gaia,groupe,nom,"),
        ("entete", "\u{feff}rubrique;valeur\r\n"),
        ("xlsx", "PK"),
        ("pdf", "%PDF-1.7"),
        ("json", "{\"schema\":\"presence/1\","),
        ("ics", "BEGIN:VCALENDAR\r\n"),
        ("bundle", "{\"preau_proof\":"),
    ] {
        let (status, body) = server.get(&format!("/api/seances/{seance}/export/{format}"), trainer).await?;
        assert_eq!(status, 200, "{format}: {body}");
        assert!(body.starts_with(start), "{format}: {}", body.chars().take(80).collect::<String>());
        // Neither where from nor with what anybody came; an invitation holds the address of the page itself.
        assert!(format == "ics" || !body.contains("127.0.0.1"), "{format}");
    }
    let (_, csv) = server.get(&format!("/api/seances/{seance}/export/csv"), trainer).await?;
    assert!(csv.contains(";'=Ben Morel;;"), "no cell is a formula: {csv}");
    for format in ["gaia", "docx"] {
        let path = format!("/api/seances/{seance}/export/{format}");
        assert_eq!(
            server.get(&path, trainer).await?.0,
            404,
            "{format}: no GAIA session is linked, no such form"
        );
    }

    let (status, log) = server.get(&format!("/api/seances/{seance}/exports"), trainer).await?;
    let log: Vec<Value> = serde_json::from_str(&log).with_context(|| format!("{status} {log}"))?;
    let told: Vec<_> = log.iter().map(|line| (line["number"].as_u64(), line["version"].as_u64())).collect();
    assert_eq!(told.first(), Some(&(Some(9), Some(2))), "the second CSV");
    assert_eq!(told.len(), 9);
    let (status, again) = server.get("/api/exports/9", trainer).await?;
    assert_eq!(status, 401, "by a login only: {again}");

    let participant = Some(server.links.participant.as_str());
    for path in ["export/csv", "export/pdf", "export/bundle", "exports"] {
        for link in [participant, None] {
            let (status, body) = server.get(&format!("/api/seances/{seance}/{path}"), link).await?;
            assert!((401..=404).contains(&status) && !body.contains("Morel"), "{path}: {status} {body}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_command_writes_every_form_beside_the_server() -> Result<()> {
    let server = Preau::start().await?;
    let _trainer = Person::enters(&server, &server.links.trainer, TRAINER).await?;
    let seance = seance_of(&server.links.trainer)?.to_owned();
    let folder = tempfile::tempdir()?;
    for format in ["csv", "csv-machine", "entete", "xlsx", "pdf", "json", "ics", "bundle"] {
        let out = folder.path().join(format).display().to_string();
        let words = ["export", "--seance", &seance, "--format", format, "--out", &out];
        let (code, said, err) = server.command(&words).await?;
        assert_eq!(code, Some(0), "{format}: {err}");
        assert!(said.contains("(export ") && std::fs::metadata(&out)?.len() > 100, "{format}: {said}");
    }
    let out = folder.path().join("gaia").display().to_string();
    for (words, told) in [
        (["--seance", seance.as_str(), "--format", "gaia"], "GAIA"),
        (["--seance", seance.as_str(), "--format", "docx"], "csv-machine"),
        (["--session", "01900000-0000-7000-8000-000000000000", "--format", "csv"], "--session"),
    ] {
        let words: Vec<&str> = ["export"].into_iter().chain(words).chain(["--out", &out]).collect();
        let (code, _, err) = server.command(&words).await?;
        assert!(code != Some(0) && err.contains(told), "{words:?}: {err}");
    }
    assert!(!std::path::Path::new(&out).exists());
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_kept_does_not_leave() -> Result<()> {
    let server = Preau::start().await?;
    let _trainer = Person::enters(&server, &server.links.trainer, TRAINER).await?;
    let seance = seance_of(&server.links.trainer)?.to_owned();
    let trainer = Some(server.links.trainer.as_str());
    let blocked = server.data().join("exports");
    std::fs::write(&blocked, "where the folder should be")?;
    let path = format!("/api/seances/{seance}/export/csv");
    let (status, body) = server.get(&path, trainer).await?;
    assert!(status == 503 && body.contains("storage_failing"), "{status} {body}");
    let log = format!("/api/seances/{seance}/exports");
    assert_eq!(server.get(&log, trainer).await?.1, "[]", "no export took place");
    std::fs::remove_file(&blocked)?;
    assert_eq!(server.get(&path, trainer).await?.0, 200);
    assert!(server.get(&log, trainer).await?.1.contains("\"number\":1,"));
    Ok(())
}
