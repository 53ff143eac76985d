//! The files of GAIA by command: preview, import, a second night, and everything that files can have.

use std::{fs, path::Path, process::Command};

use anyhow::Result;
use harness::server::binary;
use tempfile::TempDir;

const FORMATION: &str = "ACAREU|26A0280123|Numérique et apprentissages|45805|Animer une classe virtuelle|78576|01|18/11/2026|14:00|18/11/2026|15:30|D|A DISTANCE|";

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

fn trainees(range: std::ops::Range<usize>) -> String {
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
