//! What leaves the server is opened by other people's programs: LibreOffice, poppler, qpdf (`tests/setup.sh readers`).

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, ensure};
use calamine::{Data, DataType, Ods, Reader, open_workbook};
use harness::{
    browser::Browser,
    person::Person,
    server::{Preau, TRAINER},
};
use signaling::protocol::seance::SeanceKind;
use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    badge::Attested,
    hours::{Session, of},
};

/// Runs a program to its end; what it said.
async fn told(program: &str, words: &[&str]) -> Result<String> {
    let output = Command::new(program).args(words).stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.with_context(|| format!("{program} is missing: tests/setup.sh readers"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let err = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} {words:?}: {said}{err}");
    Ok(said)
}

async fn kept(folder: &TempDir, name: &str, by: &mut Browser, path: &str) -> Result<PathBuf> {
    let answer = by.get(path).await?;
    ensure!(answer.status == 200, "{path}: {}", answer.text());
    let file = folder.path().join(name);
    std::fs::write(&file, &answer.body)?;
    Ok(file)
}

/// Whole, archivable, tagged, fonts inside; what a reader finds in it.
pub(crate) async fn read_pdf(file: &Path) -> Result<String> {
    let path = file.to_str().context("a strange name")?;
    told("qpdf", &["--check", path]).await?;
    let info = told("pdfinfo", &[path]).await?;
    assert!(info.lines().any(|line| line.starts_with("Tagged:") && line.ends_with("yes")), "{info}");
    assert!(info.contains("Page size:") && info.contains("(A4)"), "{info}");
    let metadata = told("pdfinfo", &["-meta", path]).await?;
    for claim in
        ["<pdfaid:part>2</pdfaid:part>", "<pdfaid:conformance>A</pdfaid:conformance>", "<pdfuaid:part>1"]
    {
        assert!(metadata.contains(claim), "{claim}: {metadata}");
    }
    let fonts = told("pdffonts", &[path]).await?;
    let fonts: Vec<&str> = fonts.lines().skip(2).collect();
    // Embedded, a subset, and its letters can be copied.
    assert!(!fonts.is_empty() && fonts.iter().all(|font| font.contains(" yes yes yes ")), "{fonts:?}");
    told("pdftotext", &["-layout", path, "-"]).await
}

/// What a reader finds in the paper at an address.
pub(crate) async fn paper(by: &mut Browser, path: &str) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let file = kept(&folder, "paper.pdf", by, path).await?;
    read_pdf(&file).await
}

#[tokio::test]
async fn papers_are_whole_archivable_and_readable() -> Result<()> {
    let mut world = Attested::begins().await?;
    let folder = tempfile::tempdir()?;
    let path = format!("/api/attestations/{}/pdf", world.attestation);
    let own = kept(&folder, "attestation.pdf", &mut world.marie, &path).await?;
    let text = read_pdf(&own).await?;
    for words in
        ["Attestation de participation", "DURAND Marie", "« Calcul mental »", "Claire PETIT", "/attestation/"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("DUPLICATA") && !text.contains('@'), "{text}");
    let again = kept(&folder, "again.pdf", &mut world.marie, &path).await?;
    assert!(read_pdf(&again).await?.contains("DUPLICATA"), "printed once more");
    let path = format!("/api/sessions-formation/{}/export/pdf", world.session);
    let all = kept(&folder, "collective.pdf", &mut world.claire, &path).await?;
    let text = read_pdf(&all).await?;
    for words in ["Attestation collective", "DURAND Marie", "Présent(e)", "Paul MARTIN"] {
        assert!(text.contains(words), "{words}: {text}");
    }

    let plan = world.server.plans("ac-versailles", |_| {}).await?;
    let listed: Vec<_> = (0..40)
        .map(|n| {
            serde_json::json!({"email": format!("p.{n}@ac-versailles.fr"), "lastName": format!("ŒUVRARD-{n}"),
            "firstName": "Anne-Lise", "role": "participant"})
        })
        .collect();
    let body = serde_json::json!({"people": listed});
    world.claire.post(&format!("/api/seances/{}/enrolments", plan.id), &body).await?;
    let path = format!("/api/seances/{}/export/pdf", plan.id);
    let sheet = kept(&folder, "emargement.pdf", &mut world.claire, &path).await?;
    let text = read_pdf(&sheet).await?;
    for words in ["Feuille d’émargement", "ŒUVRARD-39 Anne-Lise", "Formateurs et tuteurs", "Page 1/"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    Ok(())
}

/// LibreOffice starts once, for all sheets.
#[tokio::test]
async fn the_workbook_opens_with_its_types() -> Result<()> {
    let server = Preau::start().await?;
    let _trainer = Person::enters(&server, &server.links.trainer, TRAINER).await?;
    let _ben = Person::enters(&server, &server.links.participant, "=1+1").await?;
    let (link, ticket) = server.links.trainer.split_once('#').context("no ticket")?;
    let (_, seance) = link.split_once("/seance/").context("no séance")?;
    let mut trainer = Browser::of(&server);
    trainer.ticket = Some(ticket.to_owned());
    let folder = tempfile::tempdir()?;
    let path = format!("/api/seances/{seance}/export/xlsx");
    let file = kept(&folder, "presence.xlsx", &mut trainer, &path).await?;
    // CSV as it is shown, UTF-8, every sheet in a file of its own.
    let profile = format!("-env:UserInstallation=file://{}", folder.path().join("profile").display());
    let form = "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,false,true,false,false,-1";
    let out = folder.path().to_str().context("a strange name")?;
    let path = file.to_str().context("a strange name")?;
    told("soffice", &[&profile, "--headless", "--convert-to", form, "--outdir", out, path]).await?;
    let sheet = |name: &str| {
        let path = folder.path().join(format!("presence-{name}.csv"));
        std::fs::read_to_string(&path).with_context(|| format!("no sheet {name}"))
    };
    assert!(sheet("Synthèse")?.contains("Hors liste;0\nInvités;1"), "{}", sheet("Synthèse")?);
    let lines = sheet("Présences")?;
    let columns: Vec<&str> = lines.lines().next().context("empty")?.split(';').collect();
    let at = |name: &str| columns.iter().position(|column| *column == name).context("no such column");
    let guest = lines.lines().find(|line| line.contains("=1+1")).context("the name is a formula")?;
    let cells: Vec<&str> = guest.split(';').collect();
    assert_eq!(cells[at("nom")?].trim_matches('"'), "=1+1", "what was typed, not two");
    assert_eq!(cells[at("nb_connexions")?], "1");
    let date = cells[at("date")?];
    assert!(date.len() == 10 && date.split('/').map(str::len).eq([2, 2, 4]), "{date}");
    let length = cells[at("duree_connexion")?];
    assert!(length.split(':').count() == 3 && length.starts_with("0:"), "{length}");
    assert!(sheet("Corrections")?.starts_with("date;personne;nature"));
    assert!(sheet("Paramètres")?.contains("coupure pontée au plus;0:02:00"), "{}", sheet("Paramètres")?);
    told("soffice", &[&profile, "--headless", "--convert-to", "ods", "--outdir", out, path]).await?;
    keeps_its_types(&folder.path().join("presence.ods"), date)
}

/// The same in the format of LibreOffice itself, read by a third program: a date, a duration and a count are no texts.
fn keeps_its_types(file: &Path, date: &str) -> Result<()> {
    let mut book: Ods<_> = open_workbook(file)?;
    assert_eq!(book.sheet_names(), ["Synthèse", "Présences", "Corrections", "Paramètres"]);
    let lines = book.worksheet_range("Présences")?;
    let mut rows = lines.rows();
    let columns = rows.next().context("empty")?;
    let rows: Vec<&[Data]> = rows.collect();
    let column = |name: &str| -> Result<Vec<&Data>> {
        let at = columns.iter().position(|column| *column == name).context("no such column")?;
        Ok(rows.iter().filter_map(|row| row.get(at)).collect())
    };
    assert!(column("nom")?.contains(&&Data::String("=1+1".to_owned())));
    let parts: Vec<&str> = date.split('/').collect();
    let iso = parts.iter().rev().copied().collect::<Vec<_>>().join("-");
    for cell in column("date")? {
        assert!(matches!(cell, Data::DateTimeIso(text) if text.starts_with(&iso)), "{cell:?}");
    }
    for name in ["duree_connexion", "temps_retenu"] {
        for cell in column(name)? {
            assert!(matches!(cell, Data::DurationIso(text) if text.starts_with("PT00H")), "{name}: {cell:?}");
        }
    }
    let counted = column("nb_connexions")?.iter().filter_map(|cell| cell.as_f64()).sum::<f64>();
    assert!((counted - 2.0).abs() < f64::EPSILON, "two people came once each: {counted}");
    Ok(())
}

#[tokio::test]
async fn the_collective_paper_says_how_many_presences_were_decided_and_why() -> Result<()> {
    let mut session = Session::of(3).await?;
    let path = of(&session.id, "export/pdf");
    assert!(!paper(&mut session.claire, &path).await?.contains("Commentaire"), "all as it was computed");
    let seance = session.held(SeanceKind::Presentiel, 1).await?;
    let two = session.people[..2].to_vec();
    session.finds_present(&seance, &two).await?;
    let text = paper(&mut session.claire, &path).await?;
    assert!(text.contains("Commentaire") && text.contains("panne de réseau (2)"), "{text}");
    Ok(())
}
