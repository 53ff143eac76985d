//! Hours séance by séance from outside: in the school year of each séance, and the same time once, whatever the sessions;
//! and somebody whom GAIA lists as trainer and as trainee.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use harness::{
    browser::Browser,
    postgres::Postgres,
    server::{Place, Preau},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use server::{
    clock::mint,
    proof::ProofKey,
    store::{Entry, JournalWriter, Store},
};
use signaling::{
    id::{BootId, ConnectionId, ParticipantId, SeanceId, SessionFormationId},
    journal::{Fact, Identity, Moment},
    protocol::{Role, seance::EndCause},
};

use crate::hours::of;

const PAUL: &str = "paul.martin@ac-versailles.fr";
const CLAIRE: &str = "claire.petit@ac-versailles.fr";
const MARIE: &str = "marie.durand@ac-versailles.fr";

/// Claire manages, Paul leads, Marie follows.
struct World {
    server: Preau,
    claire: Browser,
    paul: String,
    marie: String,
}

impl World {
    async fn begins(place: Place) -> Result<Self> {
        let server = Preau::start_at(place).await?;
        server.knows(CLAIRE, "Claire", "PETIT", &["--role", "gestionnaire"]).await?;
        let claire = Browser::logged_in(&server, CLAIRE).await?;
        let paul = server.knows(PAUL, "Paul", "MARTIN", &[]).await?;
        let marie = server.knows(MARIE, "Marie", "DURAND", &[]).await?;
        Ok(Self { server, claire, paul, marie })
    }

    /// A session over the summer of a parcours of its own, by séances; Paul leads it and Marie follows it.
    async fn gives(&mut self, title: &str) -> Result<String> {
        let parcours = json!({"title": title, "academy": "ac-versailles", "distanceMin": 180});
        let parcours = self.claire.made("/api/parcours", &parcours).await?;
        let session = json!({
            "parcours": parcours, "startsOn": "2025-06-01", "endsOn": "2025-12-18", "state": "open",
            "hoursMode": "par_seance",
        });
        let session = self.claire.made("/api/sessions-formation", &session).await?;
        let people = json!({"people": [{"email": PAUL, "role": "trainer"}, {"email": MARIE}]});
        let answer = self.claire.post(&of(&session, "enrolments"), &people).await?;
        ensure!(answer.status == 200, "{}", answer.text());
        Ok(session)
    }

    /// A séance of 90 minutes that was held; Marie was there between those minutes.
    async fn holds(&self, session: &str, starts_at: &str, (from, to): (u64, u64)) -> Result<SeanceId> {
        let starts_at: Timestamp = starts_at.parse()?;
        let session: SessionFormationId = session.parse()?;
        let plan = self.server.plans("ac-versailles", |plan| {
            (plan.starts_at, plan.duration_min) = (starts_at, 90);
            plan.session_formation = Some(session);
        });
        let plan = plan.await?;
        let stays = |who: &str, role, (from, to)| -> Result<[(u64, Fact); 2]> {
            let (participant, connection) = (ParticipantId(mint()), ConnectionId(mint()));
            let (person, name, identity) = (who.parse()?, String::new(), Identity::Federated);
            let joined = Fact::Joined { person, participant, connection, name, role, identity };
            Ok([(from, joined), (to, Fact::Left { participant, connection })])
        };
        let mut facts = vec![(0, Fact::Opened { heard_until: None })];
        facts.extend(stays(&self.paul, Role::Trainer, (0, 90))?);
        facts.extend(stays(&self.marie, Role::Participant, (from, to))?);
        facts.push((90, Fact::Ended { why: EndCause::Trainer, by: None }));
        facts.sort_by_key(|(minute, _)| *minute);
        let (boot, boot_at) = (BootId(mint()), starts_at - SignedDuration::from_secs(1));
        let entries = facts.into_iter().map(|(minute, fact)| {
            let at = Moment { boot, boot_at, mono_ms: 1_000 + minute * 60_000 };
            Entry { at, wall: at.effective(), fact }
        });
        let store = Store::connect(&self.server.kept()?).await?;
        let folder = tempfile::tempdir()?;
        let (journal, writer) =
            JournalWriter::new(store.clone(), ProofKey::open(Path::new(""), folder.path())?);
        let committed = journal.append(plan.id, entries.collect()).map_err(|_| anyhow::anyhow!("refused"))?;
        drop(journal);
        writer.run(Default::default()).await;
        committed.await?;
        store.close().await;
        Ok(plan.id)
    }

    /// The files of a night: Paul trains, those are the trainees of session 78576.
    async fn imports(&self, day: &str, trainees: &str) -> Result<String> {
        let files = tempfile::tempdir()?;
        for (word, text) in [
            (
                "Formations",
                "ACAVER|26A0250123|Oral|45805|Animer|78576|01|18/11/2026|14:00|18/11/2026|15:30|D|A DISTANCE|\n",
            ),
            ("Intervenants", "ACAVER|45805|MARTIN|Paul|paul.martin@ac-versailles.fr|\n"),
            ("Stagiaires", trainees),
        ] {
            fs::write(files.path().join(format!("ACAVER_{word}_{day}.csv")), text)?;
        }
        let folder = files.path().display().to_string();
        let (code, said, err) =
            self.server.command(&["gaia", "import", &folder, "--academy", "ac-versailles"]).await?;
        ensure!(code == Some(0), "{err}");
        Ok(said)
    }
}

async fn an_overlap_counts_once(place: Place) -> Result<()> {
    let mut world = World::begins(place).await?;
    let (here, there) = (world.gives("Calcul mental").await?, world.gives("Laïcité").await?);
    world.holds(&here, "2025-06-10T13:00:00Z", (0, 90)).await?;
    world.holds(&here, "2025-09-30T13:00:00Z", (0, 90)).await?;
    // In the other session at the same time: 28 minutes of overlap, and two minutes less.
    world.holds(&there, "2025-09-30T14:00:00Z", (2, 90)).await?;
    let row = |hours: Value| hours["rows"][0].clone();
    let flags = |row: &Value| row["flags"].to_string();
    for (session, total, doubtful) in [(&here, 180, false), (&there, 0, true)] {
        let all = json!({"kind": "all_proposed"});
        let answer = world.claire.post(&of(session, "attestations"), &all).await?;
        ensure!(answer.status == 200, "{}", answer.text());
        let row = row(world.claire.get(&of(session, "hours")).await?.json());
        assert_eq!(row["hours"], json!({"kind": "counted", "distance": total, "presence": 0}), "{row}");
        assert!(flags(&row).contains("CHEVAUCHEMENT"), "{row}");
        assert_eq!(flags(&row).contains("a_verifier"), doubtful, "{row}");
    }
    // June belongs to the school year before, though the session ends in December.
    let mut marie = Browser::logged_in(&world.server, MARIE).await?;
    for (year, total) in [(2024, 90), (2025, 90), (2026, 0)] {
        let found = marie.get(&format!("/api/hours/mine?year={year}")).await?.json();
        assert_eq!(found["total"], total, "{found}");
        // Each of them may be chosen in the page.
        let offered = found["years"].as_array().cloned().unwrap_or_default();
        for chosen in [2024, 2025, year] {
            assert!(offered.iter().any(|one| one["year"] == chosen), "{found}");
        }
        let followed = world.claire.get(&format!("/api/supervision?year={year}")).await?.json();
        let rows = followed["rows"].as_array().cloned().unwrap_or_default();
        let sum =
            rows.iter().find(|row| row["lastName"] == "DURAND").map_or(json!(0), |row| row["total"].clone());
        assert_eq!(sum, total, "{followed}");
    }
    Ok(())
}

#[tokio::test]
async fn seances_are_credited_once_and_in_their_own_school_year() -> Result<()> {
    an_overlap_counts_once(Place::default()).await
}

async fn a_double_role_has_two_lines(place: Place) -> Result<()> {
    let mut world = World::begins(place).await?;
    let trainees = "ACAVER|78576|MARTIN|Paul|paul.martin@ac-versailles.fr\nACAVER|78576|DURAND|Marie|marie.durand@ac-versailles.fr\n";
    world.imports("20261118", trainees).await?;
    let parcours = json!({"title": "Oral", "academy": "ac-versailles", "distanceMin": 90});
    let parcours = world.claire.made("/api/parcours", &parcours).await?;
    let session =
        json!({"parcours": parcours, "startsOn": "2026-11-01", "endsOn": "2026-12-18", "state": "open"});
    let session = world.claire.made("/api/sessions-formation", &session).await?;
    let plan = json!({
        "title": "Séance", "startsAt": "2036-11-18T14:00", "durationMin": 90, "academy": "ac-versailles",
        "sessionFormation": session,
    });
    let seance = world.claire.made("/api/seances", &plan).await?;
    let key = json!({"base": "ACAVER", "dispositif": "26A0250123", "module": 45805, "session": 78576});
    let linked = world.claire.post(&format!("/api/seances/{seance}/gaia-links"), &key).await?;
    ensure!(linked.status == 200, "{}", linked.text());

    let path = format!("/api/seances/{seance}/export");
    let lines = async |claire: &mut Browser| -> Result<Vec<String>> {
        let text = claire.get(&format!("{path}/csv")).await?.text();
        Ok(text.lines().filter(|line| line.contains("MARTIN")).map(str::to_owned).collect())
    };
    let found = lines(&mut world.claire).await?;
    let [trainee, trainer] = found.as_slice() else { anyhow::bail!("{found:?}") };
    assert!(trainee.contains(";participant;gaia;") && trainee.ends_with("DOUBLE_ROLE;N"), "{trainee}");
    assert!(trainer.contains("formateur;gaia;") && trainer.ends_with("DOUBLE_ROLE;O"), "{trainer}");
    // He is not counted among the trainees, and nothing is to be typed in for him.
    let header = world.claire.get(&format!("{path}/entete")).await?.text();
    assert!(header.contains("Inscrits;1\r\n"), "{header}");
    let aid = world.claire.get(&format!("{path}/gaia")).await?.text();
    assert!(aid.contains("MARTIN;Paul;paul.martin@ac-versailles.fr;\r\n"), "{aid}");

    let accept = json!({"person": world.paul, "kind": "double_role"});
    let accepted = world.claire.post(&of(&session, "hours-exceptions"), &accept).await?;
    ensure!(accepted.status == 200, "{}", accepted.text());
    let found = lines(&mut world.claire).await?;
    let changed = "DOUBLE_ROLE MODIFIE_DEPUIS_EXPORT;O";
    assert!(found.len() == 2 && found[0].ends_with(changed), "only that line changed: {found:?}");
    assert!(found[1].ends_with("DOUBLE_ROLE;O"), "{found:?}");
    let header = world.claire.get(&format!("{path}/entete")).await?.text();
    assert!(header.contains("Inscrits;2\r\n"), "{header}");
    Ok(())
}

#[tokio::test]
async fn who_is_in_both_lists_of_gaia_has_a_line_among_trainers_and_one_among_trainees() -> Result<()> {
    a_double_role_has_two_lines(Place::default()).await
}

#[tokio::test]
async fn both_hold_on_postgresql() -> Result<()> {
    let postgres = Postgres::start().await?;
    an_overlap_counts_once(postgres.place("overlap").await?).await?;
    a_double_role_has_two_lines(postgres.place("roles").await?).await
}

#[tokio::test]
async fn who_came_before_the_list_said_so_is_recognised_by_the_next_one() -> Result<()> {
    let mut world = World::begins(Place::default()).await?;
    let luc = "ACAVER|78576|PETIT|Luc|luc.petit@ac-versailles.fr\n";
    world.imports("20251001", luc).await?;
    let session = world.gives("Oral").await?;
    // Zoé is not enrolled in it: she came all the same.
    world.marie = world.server.knows("zoe.leroy@ac-versailles.fr", "Zoé", "LEROY", &[]).await?;
    let seance = world.holds(&session, "2025-09-30T13:00:00Z", (0, 90)).await?;
    let key = json!({"base": "ACAVER", "dispositif": "26A0250123", "module": 45805, "session": 78576});
    let linked = world.claire.post(&format!("/api/seances/{seance}/gaia-links"), &key).await?;
    ensure!(linked.status == 200, "{}", linked.text());
    let hers = async |claire: &mut Browser| -> Result<Value> {
        let sheet = claire.get(&format!("/api/seances/{seance}/presence")).await?.json();
        let rows = sheet["rows"].as_array().context("no rows")?;
        rows.iter()
            .find(|row| row["minutes"] == 90 && row["role"] == "participant")
            .cloned()
            .context("no row")
    };
    let before = hers(&mut world.claire).await?;
    assert!(before["flags"].to_string().contains("HORS_GAIA") && before["enrolled"] == false, "{before}");
    let both = format!("{luc}ACAVER|78576|LEROY|Zoe|zoe.leroy@ac-versailles.fr\n");
    let said = world.imports("20251002", &both).await?;
    assert!(said.contains("maintenant dans la liste : 1"), "{said}");
    let after = hers(&mut world.claire).await?;
    assert!(!after["flags"].to_string().contains("HORS_GAIA") && after["enrolled"] == true, "{after}");
    let all = json!({"kind": "all_proposed"});
    let attested = world.claire.post(&of(&session, "attestations"), &all).await?.json();
    assert_eq!(attested["attestations"].as_array().map(Vec::len), Some(1), "{attested}");
    let hours = world.claire.get(&of(&session, "hours")).await?.json();
    let rows = hours["rows"].as_array().context("no rows")?;
    let row = rows.iter().find(|row| row["lastName"] == "LEROY").context("not on the list")?;
    assert_eq!(row["hours"], json!({"kind": "counted", "distance": 90, "presence": 0}), "{row}");
    Ok(())
}
