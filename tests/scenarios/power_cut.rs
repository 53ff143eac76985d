//! The power fails in the middle of long work: a purge, an import, an export. What was done stays done or was never
//! begun, and the next start goes on.
//!
//! Where the work is cut is certain on any machine: a trigger in the database never comes back from one row, so that
//! the process stands there, with its transaction open, until it is killed.

use anyhow::{Context, Result};
use harness::{
    PATIENCE,
    browser::Browser,
    person::Person,
    server::{Place, Preau, TRAINER, binary},
    until,
};
use serde_json::{Value, json};
use server::{
    clock::mint,
    proof::ProofKey,
    store::{Entry, JournalWriter, Store},
};
use signaling::{
    id::{BootId, ConnectionId, MessageId, ParticipantId, PersonId},
    journal::{Fact, Identity, Moment},
    protocol::{Role, seance::EndCause},
    seance::Seance,
};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};
use tokio::process::Command;

/// The database of a stopped or running server, from outside.
struct Database(AnyConnection);

impl Database {
    async fn of(data: &std::path::Path) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let address = format!("sqlite://{}", data.join("preau.sqlite").display());
        let mut connection = AnyConnection::connect(&address).await?;
        sqlx::query("PRAGMA busy_timeout = 0").execute(&mut connection).await?;
        Ok(Self(connection))
    }

    async fn does(&mut self, sql: &str) -> Result<()> {
        sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut self.0).await?;
        Ok(())
    }

    async fn number(&mut self, sql: &str) -> Result<i64> {
        Ok(sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_one(&mut self.0).await?.try_get(0)?)
    }

    /// Whoever changes that row never comes to its end.
    async fn snags(&mut self, change: &str, row: &str) -> Result<()> {
        self.does(
            "CREATE VIEW IF NOT EXISTS endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        )
        .await?;
        let trigger = format!(
            "CREATE TRIGGER IF NOT EXISTS snag BEFORE {change} WHEN {row} BEGIN SELECT COUNT(*) FROM endless; END"
        );
        self.does(&trigger).await
    }

    /// Waits until somebody stands there: nobody else can write then, however long one tries.
    async fn holds(&mut self) -> Result<()> {
        until("the work stands still in its transaction", PATIENCE * 4, async || {
            match sqlx::query("BEGIN IMMEDIATE").execute(&mut self.0).await {
                Ok(_) => {
                    self.does("ROLLBACK").await?;
                    Ok(None)
                }
                Err(_) => Ok(Some(())),
            }
        })
        .await
    }

    async fn lets_go(&mut self) -> Result<()> {
        self.does("DROP TRIGGER snag").await?;
        self.does("DROP VIEW endless").await
    }
}

/// A journal of a class that was held in spring, with so many messages.
async fn spring(server: &Preau, messages: u64) -> Result<Seance> {
    let starts_at: jiff::Timestamp = "2026-04-14T12:00:00Z".parse()?;
    let plan = server.plans("ac-versailles", |plan| plan.starts_at = starts_at).await?;
    let data = tempfile::tempdir()?;
    let store = Store::connect(&server.kept()?).await?;
    let key = ProofKey::open(std::path::Path::new(""), data.path())?;
    let (journal, writer) = JournalWriter::new(store.clone(), key);
    let boot = BootId(mint());
    let (participant, connection) = (ParticipantId(mint()), ConnectionId(mint()));
    let joined = Fact::Joined {
        person: PersonId(mint()),
        participant,
        connection,
        name: "Zoé Invitée".to_owned(),
        role: Role::Participant,
        identity: Identity::Declared,
    };
    let said = (0..messages).map(|n| Fact::ChatPosted {
        message: MessageId(mint()),
        participant,
        client_id: n.to_string(),
        text: format!("Message du printemps, {n}"),
    });
    let ended = Fact::Ended { why: EndCause::Trainer, by: None };
    let facts = [Fact::Opened { heard_until: None }, joined].into_iter().chain(said).chain([ended]);
    let entries = (0..).zip(facts).map(|(n, fact)| {
        let at = Moment { boot, boot_at: starts_at, mono_ms: n };
        Entry { at, wall: at.effective(), fact }
    });
    let committed = journal.append(plan.id, entries.collect()).map_err(|_| anyhow::anyhow!("refused"))?;
    drop(journal);
    writer.run(Default::default()).await;
    committed.await?;
    store.close().await;
    Ok(plan)
}

/// The journals of all séances hold together; how many texts of spring are left in them.
async fn left(server: &Preau, plan: &Seance) -> Result<usize> {
    let (code, said, wrong) = server.command(&["journal", "verify"]).await?;
    anyhow::ensure!(code == Some(0), "{said}{wrong}");
    let store = Store::connect(&server.kept()?).await?;
    let records = store.records(plan.id).await?;
    store.close().await;
    Ok(records.iter().filter(|record| format!("{record:?}").contains("printemps")).count())
}

#[tokio::test]
async fn a_purge_that_is_killed_is_taken_up_again() -> Result<()> {
    let place = Place { config: Some("[retention]\nenabled = false\n".to_owned()), ..Place::default() };
    let mut server = Preau::start_at(place).await?;
    let plan = spring(&server, 1_200).await?;
    let (code, said, wrong) = server.command(&["retention", "run", "--dry-run"]).await?;
    assert!(code == Some(0) && said.contains("chat\t1200\t0\t0"), "{said}{wrong}");
    assert_eq!(left(&server, &plan).await?, 1_200);
    let id = plan.id.to_string();
    let hold = ["retention", "hold", "--seance", &id, "--reason", "recours"];
    assert_eq!(server.command(&hold).await?.0, Some(0));
    let (_, said, _) = server.command(&["retention", "run"]).await?;
    assert!(said.contains("chat\t0\t0\t1"), "{said}");
    assert_eq!(server.command(&["retention", "release", "--seance", &id]).await?.0, Some(0));
    // The server beside it would write too.
    server.kill().await?;
    let mut database = Database::of(server.data()).await?;
    database.snags("UPDATE ON journal", "OLD.seq = 900").await?;
    let mut purge = server.beside(&["retention", "run"])?.kill_on_drop(true).spawn()?;
    let erased = "SELECT COUNT(*) FROM journal WHERE seq < 900 AND fact LIKE '%chat_posted%' AND salt = ''";
    until("the first erased messages", PATIENCE * 4, async || {
        Ok((database.number(erased).await? > 0).then_some(()))
    })
    .await?;
    database.holds().await?;
    purge.kill().await?;
    database.lets_go().await?;
    let rest = left(&server, &plan).await?;
    assert!((300..1_200).contains(&rest), "some are gone, and the one that was being erased is not: {rest}");
    let runs = "SELECT COUNT(*) FROM retention_run";
    assert_eq!(
        database.number(runs).await?,
        1,
        "the one that was held back; what was cut short reports nothing"
    );
    // A server that purges by itself does the rest.
    server.configure("")?;
    server.restart().await?;
    until("nothing left", PATIENCE * 4, async || Ok((left(&server, &plan).await? == 0).then_some(())))
        .await?;
    server.knows("g@ac-lyon.fr", "Anne", "ROY", &["--role", "administrateur"]).await?;
    let mut anne = Browser::logged_in(&server, "g@ac-lyon.fr").await?;
    let report = until("the report", PATIENCE * 4, async || {
        let report = anne.get("/api/retention").await?.json();
        Ok((report["runs"].as_array().is_some_and(|runs| runs.len() == 2)).then_some(report))
    })
    .await?;
    assert_eq!(report["terms"][0]["count"], 30, "{report}");
    assert!(
        report["runs"][0]["lines"].as_array().is_some_and(|lines| {
            lines.iter().any(|line| line["kind"] == "chat" && line["count"] == rest)
        }),
        "{report}"
    );
    Ok(())
}

fn trainees(range: std::ops::Range<u32>) -> String {
    range.map(|n| format!("ACAREU|78576|NOM{n}|Anne|anne.{n}@ac-reunion.fr\n")).collect()
}

/// An import of GAIA is one transaction: nobody is half enrolled, and the same files come in afterwards.
#[tokio::test]
async fn an_import_that_is_killed_changes_nothing_and_is_made_again() -> Result<()> {
    let (files, data) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let night = |day: &str, people: &str| -> Result<()> {
        let formation = "ACAREU|26A0280123|Calcul|45805|Calcul mental|78576|01|18/11/2026|14:00|18/11/2026|15:30|D|A DISTANCE|\n";
        for (word, text) in [("Formations", formation), ("Intervenants", ""), ("Stagiaires", people)] {
            let folder = files.path().join(day);
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join(format!("ACAREU_{word}_{day}.csv")), text)?;
        }
        Ok(())
    };
    let import = || {
        let mut command = Command::new(binary());
        command.args(["gaia", "import"]).arg(files.path()).args(["--academy", "ac-reunion", "--data"]);
        command.arg(data.path()).kill_on_drop(true).stdout(std::process::Stdio::piped());
        command
    };
    night("20261117", &trainees(0..1_000))?;
    assert!(import().output().await?.status.success());
    let mut database = Database::of(data.path()).await?;
    let (known, days) =
        ("SELECT COUNT(*) FROM ext_trainee WHERE removed_ms IS NULL", "SELECT COUNT(*) FROM gaia_import");
    assert_eq!(database.number(known).await?, 1_000);
    // The next night a hundred go and a thousand come; the power fails at the last of them.
    night("20261118", &trainees(100..2_000))?;
    database.snags("INSERT ON ext_trainee", "NEW.email = 'anne.1999@ac-reunion.fr'").await?;
    let mut cut = import().spawn()?;
    database.holds().await?;
    cut.kill().await?;
    assert_eq!((database.number(known).await?, database.number(days).await?), (1_000, 1));
    database.lets_go().await?;
    let done = import().output().await?;
    let said = String::from_utf8(done.stdout)?;
    assert!(
        said.contains("stagiaires : 1000 ajouts, 0 modifications, 100 retraits, 900 sans changement"),
        "{said}"
    );
    assert_eq!((database.number(known).await?, database.number(days).await?), (1_900, 2));
    Ok(())
}

/// An export is in the log only when its bytes are kept; cut between the two, it did not take place.
#[tokio::test]
async fn an_export_that_is_killed_did_not_take_place() -> Result<()> {
    let mut server = Preau::start().await?;
    let trainer = Person::enters(&server, &server.links.trainer, TRAINER).await?;
    let (_, path) = server.links.trainer.split_once("/seance/").context("no link")?;
    let seance = path.split('#').next().unwrap_or_default().to_owned();
    drop(trainer);
    let mut database = Database::of(server.data()).await?;
    until("the snag", PATIENCE, async || {
        Ok(database.snags("INSERT ON export_log", "NEW.number = 1").await.ok())
    })
    .await?;
    let (link, address) = (server.links.trainer.clone(), server.address());
    let path = format!("/api/seances/{seance}/export/xlsx");
    let asked = async { harness::server::get(address, &path, Some(&link)).await };
    let exports = server.data().join("exports");
    let cut = async {
        until("the bytes", PATIENCE * 4, async || {
            let mut files = std::fs::read_dir(&exports)?.flatten();
            Ok(files.any(|file| file.path().extension().is_none()).then_some(()))
        })
        .await?;
        database.holds().await?;
        server.kill().await
    };
    let (answer, cut) = tokio::join!(asked, cut);
    cut?;
    assert!(answer.is_err(), "nobody was told that it left: {answer:?}");
    database.lets_go().await?;
    assert_eq!(std::fs::read_dir(&exports)?.count(), 1, "its bytes were kept before");
    // What was being written when the power failed has no end.
    std::fs::write(exports.join("a.part"), "half")?;
    server.restart().await?;
    let link = server.links.trainer.clone();
    let log = format!("/api/seances/{seance}/exports");
    assert_eq!(server.get(&log, Some(&link)).await?.1, "[]");
    let (status, _) = server.get(&path.replace("xlsx", "csv"), Some(&link)).await?;
    assert_eq!(status, 200);
    let told: Value = serde_json::from_str(&server.get(&log, Some(&link)).await?.1)?;
    assert_eq!((&told[0]["number"], &told[0]["version"]), (&json!(1), &json!(1)), "no number was used up");
    // What nothing refers to goes with the next purge, once it is no longer fresh.
    let kept = told[0]["sha256"].as_str().context("no digest")?;
    for file in std::fs::read_dir(&exports)? {
        let file = std::fs::File::options().write(true).open(file?.path())?;
        file.set_modified(std::time::SystemTime::UNIX_EPOCH)?;
    }
    let (code, said, wrong) = server.command(&["retention", "run"]).await?;
    assert!(code == Some(0) && said.contains("files\t2\t"), "{said}{wrong}");
    let left: Vec<_> = std::fs::read_dir(&exports)?.flatten().map(|file| file.file_name()).collect();
    assert_eq!(left, [kept]);
    Ok(())
}
