//! Files of GAIA that are older than those in force: nobody goes back without knowing it.

use std::fs;

use anyhow::{Result, ensure};
use harness::{browser::Browser, server::Preau};
use serde_json::json;

use crate::{
    attestation::{HELENE, formations},
    gaia::previews,
};

const CLAIRE: &str = "claire.petit@ac-versailles.fr";

#[tokio::test]
async fn an_older_night_comes_back_only_when_somebody_says_so() -> Result<()> {
    let server = Preau::start().await?;
    server.knows(CLAIRE, "Claire", "PETIT", &["--role", "gestionnaire"]).await?;
    let mut claire = Browser::logged_in(&server, CLAIRE).await?;
    let formations = formations();
    let night = [formations.as_str(), HELENE, "ACAVER|78576|DURAND|Marie|marie.durand@ac-versailles.fr\n"];
    for (day, newer, accepted, status) in [
        ("20261118", json!(null), false, 200),
        ("20261118", json!(null), false, 200),
        ("20261117", json!("20261118"), false, 400),
        ("20261117", json!("20261118"), true, 200),
        // Those of the day before are in force by now.
        ("20261118", json!(null), false, 200),
    ] {
        let previewed = previews(&mut claire, "ac-versailles", day, night).await?;
        ensure!(previewed.status == 200, "{}", previewed.text());
        assert_eq!(previewed.json()["newer"], newer, "{day}");
        let yes = json!({"token": previewed.json()["token"], "acceptOlder": accepted});
        let imported = claire.post("/api/gaia/import", &yes).await?;
        assert_eq!(imported.status, status, "{day}: {}", imported.text());
        if status == 400 {
            assert_eq!(imported.json()["field"], "acceptOlder");
        }
    }
    let files = tempfile::tempdir()?;
    for (word, text) in ["Formations", "Intervenants", "Stagiaires"].iter().zip(night) {
        let bytes = text.chars().map(|c| u8::try_from(u32::from(c))).collect::<Result<Vec<u8>, _>>()?;
        fs::write(files.path().join(format!("ACAVER_{word}_20261116.csv")), bytes)?;
    }
    let folder = files.path().display().to_string();
    let command = ["gaia", "import", &folder, "--academy", "ac-versailles"];
    let (code, said, err) = server.command(&command).await?;
    assert!(
        code == Some(1) && said.contains("du 20261118") && err.contains("--accept-older"),
        "{said} {err}"
    );
    let (code, _, err) = server.command(&[&command[..], &["--accept-older"]].concat()).await?;
    assert_eq!(code, Some(0), "{err}");
    Ok(())
}
