//! The files of GAIA by command and through the page: preview, import, a second night, everything that files can have.

mod link;

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use harness::{
    browser::{Answer, Browser},
    server::{Preau, binary},
};
use serde_json::{Value, json};
use signaling::id::SeanceId;
use tempfile::TempDir;

pub(crate) const FORMATION: &str = "ACAREU|26A0280123|Numérique et apprentissages|45805|Animer une classe virtuelle|78576|01|18/11/2026|14:00|18/11/2026|15:30|D|A DISTANCE|";

/// A folder of files and a folder of data.
struct Night {
    files: TempDir,
    data: TempDir,
}

impl Night {
    fn new() -> Result<Self> {
        Ok(Self { files: tempfile::tempdir()?, data: tempfile::tempdir()? })
    }

    /// Writes the files of a day in CP1252, accents and all.
    fn falls(&self, day: &str, formations: &str, intervenants: &str, stagiaires: &str) -> Result<()> {
        let folder = self.files.path().join(day);
        fs::create_dir_all(&folder)?;
        for (word, text) in
            [("Formations", formations), ("Intervenants", intervenants), ("Stagiaires", stagiaires)]
        {
            let bytes = text.chars().map(|c| u8::try_from(u32::from(c))).collect::<Result<Vec<u8>, _>>()?;
            fs::write(folder.join(format!("ACAREU_{word}_{day}.csv")), bytes)?;
        }
        Ok(())
    }

    fn import(&self, folder: &Path, academy: &str, more: &[&str]) -> Result<(Option<i32>, String, String)> {
        let mut command = Command::new(binary());
        command.args(["gaia", "import"]).arg(folder).args(["--academy", academy, "--data"]);
        let done = command.arg(self.data.path()).args(more).output()?;
        Ok((done.status.code(), String::from_utf8(done.stdout)?, String::from_utf8(done.stderr)?))
    }

    async fn rows(&self, query: &str) -> Result<Vec<String>> {
        use sqlx::{Connection, Row};
        sqlx::any::install_default_drivers();
        let path = format!("sqlite://{}", self.data.path().join("preau.sqlite").display());
        let mut connection = sqlx::AnyConnection::connect(&path).await?;
        let rows = sqlx::query(sqlx::AssertSqlSafe(query.to_owned())).fetch_all(&mut connection).await?;
        rows.iter().map(|row| Ok(row.try_get::<String, _>(0)?)).collect()
    }
}

fn trainee(n: usize) -> String {
    format!("ACAREU|78576|NOM{n}|Zoé|zoe.{n}@ac-reunion.fr\n")
}

pub(crate) fn trainees(range: std::ops::Range<usize>) -> String {
    range.map(trainee).collect()
}

const PEOPLE: &str = "SELECT email FROM ext_trainee WHERE removed_ms IS NULL ORDER BY email";

#[tokio::test]
async fn nights_follow_each_other_and_nobody_is_erased() -> Result<()> {
    let night = Night::new()?;
    let trainer = "ACAREU|45805|MARTIN|Hélène|helene.martin@ac-reunion.fr|\n";
    night.falls("20261117", FORMATION, trainer, &trainees(0..3))?;
    let (code, out, err) = night.import(night.files.path(), "ac-reunion", &["--dry-run"])?;
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("stagiaires : 3 ajouts, 0 modifications, 0 retraits, 0 sans changement"), "{out}");
    assert!(night.rows(PEOPLE).await?.is_empty(), "a simulation changes nothing");

    let (code, out, err) = night.import(night.files.path(), "A028", &[])?;
    assert_eq!(code, Some(0), "{out}{err}");
    assert_eq!(night.rows(PEOPLE).await?.len(), 3);
    // 14:00 at La Réunion is 10:00 UTC.
    let start = night.rows("SELECT CAST(starts_ms AS TEXT) FROM ext_session").await?;
    let expected: jiff::Timestamp = "2026-11-18T10:00:00Z".parse()?;
    assert_eq!(start, [expected.as_millisecond().to_string()]);
    assert_eq!(night.rows("SELECT first_name FROM ext_trainer").await?, ["Hélène"]);

    let (code, out, _) = night.import(night.files.path(), "ac-reunion", &[])?;
    assert!(code == Some(0) && out.contains("déjà importés"), "{out}");

    // The next day one leaves, one comes, one is renamed.
    let changed = trainees(1..4).replace("NOM2", "NOUVEAU-NOM");
    night.falls("20261118", FORMATION, trainer, &changed)?;
    let (code, out, err) = night.import(night.files.path(), "ac-reunion", &[])?;
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("stagiaires : 1 ajouts, 1 modifications, 1 retraits, 1 sans changement"), "{out}");
    let now = night.rows(PEOPLE).await?;
    assert_eq!(now, ["zoe.1@ac-reunion.fr", "zoe.2@ac-reunion.fr", "zoe.3@ac-reunion.fr"]);
    let gone = night.rows("SELECT email FROM ext_trainee WHERE removed_ms IS NOT NULL").await?;
    assert_eq!(gone, ["zoe.0@ac-reunion.fr"], "the row keeps its place");

    // And comes back.
    night.falls("20261119", FORMATION, trainer, &trainees(0..4))?;
    night.import(night.files.path(), "ac-reunion", &[])?;
    assert_eq!(night.rows(PEOPLE).await?.len(), 4);
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_is_lost() -> Result<()> {
    let night = Night::new()?;
    let day = night.files.path().join("20261117");
    night.falls("20261117", FORMATION, "", &trainees(0..30))?;
    assert_eq!(night.import(&day, "ac-reunion", &[])?.0, Some(0));

    // Rejected lines are told with their number, their code and their text; the others are imported.
    let doubtful = FORMATION.replace("18/11/2026|14:00", "31/02/2026|14:00");
    night.falls("20261118", &format!("{FORMATION}\n{doubtful}"), "ACAREU|45805|X", &trainees(0..31))?;
    let (code, out, _) = night.import(night.files.path(), "ac-reunion", &[])?;
    assert_eq!(code, Some(0));
    assert!(out.contains("lignes rejetées : 2"), "{out}");
    assert!(
        out.contains("Formations ligne 2 DATE_INVALIDE : début : « 31/02/2026 14:00 » n’existe pas |"),
        "{out}"
    );
    assert!(out.contains("Intervenants ligne 1 NB_CHAMPS"), "{out}");

    // A file cut short does not un-enrol everybody.
    night.falls("20261119", FORMATION, "", &trainees(0..5))?;
    let (code, _, err) = night.import(night.files.path(), "ac-reunion", &[])?;
    assert!(code == Some(1) && err.contains("--accept-removals"), "{err}");
    assert_eq!(night.rows(PEOPLE).await?.len(), 31);
    let (code, ..) = night.import(night.files.path(), "ac-reunion", &["--accept-removals"])?;
    assert_eq!((code, night.rows(PEOPLE).await?.len()), (Some(0), 5));

    // A missing file, an unknown academy, an empty folder.
    night.falls("20261120", FORMATION, "", "")?;
    fs::remove_file(night.files.path().join("20261120/ACAREU_Stagiaires_20261120.csv"))?;
    let (code, _, err) = night.import(night.files.path(), "ac-reunion", &[])?;
    assert!(code == Some(1) && err.contains("ACAREU_Stagiaires_20261120.csv is missing"), "{err}");
    let (code, _, err) = night.import(night.files.path(), "ac-nulle-part", &[])?;
    assert!(code == Some(1) && err.contains("ac-nulle-part") && err.contains("ac-reunion"), "{err}");
    let (code, _, err) = night.import(night.data.path(), "ac-reunion", &[])?;
    assert!(code == Some(1) && err.contains("YYYYMMDD"), "{err}");
    assert_eq!(night.rows(PEOPLE).await?.len(), 5);
    Ok(())
}

#[tokio::test]
async fn everything_that_lines_can_have_is_told_by_code() -> Result<()> {
    let night = Night::new()?;
    let paris = FORMATION.replace("26A0280123", "26A0250123");
    let moved = |day: &str, hour: &str, session: &str| {
        let moved = paris.replace("18/11/2026|14:00|18/11/2026|15:30", &format!("{day}|{hour}|{day}|23:00"));
        moved.replace("78576", session)
    };
    let formations = [
        paris.clone(),
        moved("28/03/2027", "02:30", "1"),
        moved("25/10/2026", "02:30", "2"),
        moved("29/02/2027", "14:00", "3"),
        paris.replace("78576|01", "4|123"),
        paris.replace("Numérique", "Num\u{81}rique").replace("78576", "5"),
        paris.replace("|15:30|D", "|13:30|D").replace("78576", "6"),
        // The file ends in the middle of a line.
        paris.replace("78576", "7").chars().take(60).collect(),
    ];
    night.falls("20261118", &formations.join("\n"), "", &trainees(0..5))?;
    let (code, out, err) = night.import(night.files.path(), "ac-versailles", &[])?;
    assert_eq!(code, Some(0), "{out}{err}");
    for said in [
        "lignes rejetées : 5",
        "Formations ligne 2 DATE_INVALIDE : début : 28/03/2027 02:30 n’existe pas (passage à l’heure d’été)",
        "Formations ligne 4 DATE_INVALIDE",
        "Formations ligne 6 ENCODAGE",
        "Formations ligne 7 DATE_INVALIDE : la fin précède le début",
        "Formations ligne 8 NB_CHAMPS",
        "Formations ligne 3 : début : 25/10/2026 02:30 existe deux fois",
        "Formations ligne 5 : numéro de groupe « 123 »",
    ] {
        assert!(out.contains(said), "{said} is missing: {out}");
    }
    let groups = night.rows("SELECT group_number FROM ext_session ORDER BY session").await?;
    assert_eq!(groups, ["01", "123", "01"]);

    // The same lines in another order change nothing.
    let mut lines = formations;
    lines.reverse();
    let people: String = (0..5).rev().map(trainee).collect();
    night.falls("20261119", &lines.join("\n"), "", &people)?;
    let (code, out, err) = night.import(night.files.path(), "ac-versailles", &[])?;
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("sessions : 0 ajouts, 0 modifications, 0 retraits, 3 sans changement"), "{out}");
    assert!(out.contains("stagiaires : 0 ajouts, 0 modifications, 0 retraits, 5 sans changement"), "{out}");
    Ok(())
}

/// The three files of a day as a browser uploads them.
fn upload(academy: &str, day: &str, texts: [&str; 3]) -> Vec<u8> {
    let mut body = format!("--edge\r\nContent-Disposition: form-data; name=\"academy\"\r\n\r\n{academy}\r\n");
    for (word, text) in ["Formations", "Intervenants", "Stagiaires"].into_iter().zip(texts) {
        body += &format!(
            "--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"ACAREU_{word}_{day}.csv\"\r\n\
             Content-Type: text/csv\r\n\r\n{text}\r\n"
        );
    }
    (body + "--edge--\r\n").into_bytes()
}

pub(crate) async fn previews(
    browser: &mut Browser,
    academy: &str,
    day: &str,
    texts: [&str; 3],
) -> Result<Answer> {
    let body = upload(academy, day, texts);
    browser.send("POST", "/api/gaia/preview", "multipart/form-data; boundary=edge", &body).await
}

/// Previews and imports.
pub(crate) async fn imports(browser: &mut Browser, day: &str, texts: [&str; 3]) -> Result<Value> {
    let previewed = previews(browser, "ac-reunion", day, texts).await?;
    ensure!(previewed.status == 200, "{}", previewed.text());
    let yes = json!({"token": previewed.json()["token"], "acceptRemovals": true});
    let imported = browser.post("/api/gaia/import", &yes).await?;
    ensure!(imported.status == 200, "{}", imported.text());
    Ok(imported.json())
}

const INES: &str = "ines.nguyen@ac-reunion.fr";
const HELENE: &str = "helene.martin@ac-reunion.fr";
pub(crate) const TRAINERS: &str = "ACAREU|45805|MARTIN|Hélène|helene.martin@ac-reunion.fr|\n";

/// Inès manages La Réunion.
pub(crate) async fn managed() -> Result<(Preau, Browser)> {
    let server = Preau::start().await?;
    server.knows(INES, "Inès", "NGUYEN", &["--role", "gestionnaire", "--scope", "ac-reunion"]).await?;
    let ines = Browser::logged_in(&server, INES).await?;
    Ok((server, ines))
}

/// Who is expected: addresses, roles and sources.
pub(crate) async fn expected(browser: &mut Browser, seance: SeanceId) -> Result<Vec<String>> {
    let list = browser.get(&format!("/api/seances/{seance}/enrolments")).await?.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let each = list.as_array().context("no list")?.iter().map(|one| {
        let email = text(&one["person"]["email"]);
        format!(
            "{} {} {}",
            email.split('@').next().unwrap_or_default(),
            text(&one["role"]),
            text(&one["source"])
        )
    });
    Ok(each.collect())
}

#[tokio::test]
async fn files_are_imported_through_the_page_after_a_look_at_what_they_change() -> Result<()> {
    let (server, mut ines) = managed().await?;
    let doubled = format!("{}\n{}", FORMATION, FORMATION.replace("18/11/2026|14:00", "25/10/2026|02:30"));
    // La Réunion never changes its clocks; the second line only repeats the key.
    let texts = [
        doubled.as_str(),
        TRAINERS,
        "ACAREU|78576|SANS|Adresse|\nACAREU|78576|GARÇON|Zoé|zoe.1@ac-reunion.fr\n",
    ];
    let previewed = previews(&mut ines, "ac-reunion", "20261118", texts).await?.json();
    assert_eq!((&previewed["day"], &previewed["collapse"]), (&json!("20261118"), &json!(false)));
    assert_eq!(previewed["trainees"], json!({"added": 1, "changed": 0, "removed": 0, "same": 0}));
    let rejected: Vec<_> = previewed["rejected"]
        .as_array()
        .context("no list")?
        .iter()
        .map(|r| (&r["file"], &r["line"], &r["code"]))
        .collect();
    assert_eq!(
        rejected,
        [
            (&json!("Formations"), &json!(2), &json!("DOUBLON")),
            (&json!("Stagiaires"), &json!(1), &json!("CHAMP_VIDE")),
        ]
    );
    let yes = json!({"token": previewed["token"]});
    // Nobody else can use what she looked at.
    server.knows(HELENE, "Hélène", "MARTIN", &["--role", "gestionnaire", "--scope", "ac-mayotte"]).await?;
    let mut helene = Browser::logged_in(&server, HELENE).await?;
    assert_eq!(helene.post("/api/gaia/import", &yes).await?.status, 404);
    assert_eq!(previews(&mut helene, "ac-reunion", "20261118", texts).await?.status, 404);
    assert_eq!(ines.post("/api/gaia/import", &yes).await?.json()["trainees"]["added"], 1);
    assert_eq!(ines.post("/api/gaia/import", &yes).await?.status, 404, "a token is good for once");

    // Files cut short un-enrol nobody by accident.
    let many = trainees(0..30);
    imports(&mut ines, "20261119", [FORMATION, TRAINERS, &many]).await?;
    let few = trainees(0..3);
    let cut = previews(&mut ines, "ac-reunion", "20261120", [FORMATION, TRAINERS, &few]).await?.json();
    assert_eq!((&cut["collapse"], &cut["trainees"]["removed"]), (&json!(true), &json!(27)));
    let refused = ines.post("/api/gaia/import", &json!({"token": cut["token"]})).await?;
    assert_eq!((refused.status, refused.json()["field"].as_str()), (400, Some("acceptRemovals")));

    // A file that is missing, one of another day, one that is none.
    let whole = String::from_utf8(upload("ac-reunion", "20261121", [FORMATION, TRAINERS, &few]))?;
    let without = whole.replace("_Stagiaires_", "_Formations_");
    let mixed = whole.replacen("Stagiaires_20261121", "Stagiaires_20261122", 1);
    let foreign = whole.replace("_Stagiaires_", "_Recettes_");
    for (body, code) in [
        (without, "invalid"),
        (mixed, "malformed"),
        (foreign, "malformed"),
        ("--edge--\r\n".to_owned(), "unknown"),
    ] {
        let kind = "multipart/form-data; boundary=edge";
        let answer = ines.send("POST", "/api/gaia/preview", kind, body.as_bytes()).await?;
        assert_eq!(answer.code(), code, "{}", answer.text());
    }
    Ok(())
}
