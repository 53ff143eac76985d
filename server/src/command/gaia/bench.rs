//! `gaia bench`: the files of a large academy come into a new database, come again the next night while séances follow
//! their lists, the teachers among them are followed by an inspector, and get their schools from the country's directory.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    time::Duration,
};

use anyhow::Context;
use jiff::Timestamp;
use serde_json::json;
use server::{
    academy::{Academies, Academy},
    archive::Archive,
    clock::{self, Clock},
    dossier::By,
    store::{ExtKey, Gathering, Linking, Newcomer, Store, Supervised},
    supervision::{self, Asked, Form},
};
use signaling::{
    enrolment::{EnrolmentRole, EnrolmentSource},
    gaia::Change,
    hours::supervision::Counting,
    id::{ParcoursId, PersonId, SeanceId, SessionFormationId},
    parcours::{Parcours, SessionFormation},
    person::Person,
    planning::{Context as Planning, plan},
};

use super::Drop;
use crate::command::schools::bench as schools;

/// Trainees of one session.
const CLASS: u32 = 30;
/// Teachers in the report of supervision.
const TEACHERS: u32 = 3_000;
/// What an import of 60,000 trainees may take.
const SECONDS: f64 = 20.0;
const MEBIBYTES: f64 = 300.0;
const ACADEMY: &str = "ac-versailles";

/// What was measured.
pub(super) struct Figures {
    trainees: u32,
    links: u32,
    first: Measured,
    again: Measured,
    page: Duration,
    workbook: Duration,
    schools: schools::Figures,
    /// MiB, when all was done.
    peak: f64,
}

/// One import: how long from the files to the commit, and the most memory that the process had until then.
struct Measured {
    took: Duration,
    peak: f64,
}

impl Measured {
    fn told(&self) -> String {
        let seconds = self.took.as_secs_f64();
        let met = |met: bool| if met { "met" } else { "NOT met" };
        format!(
            "{seconds:.1} s (limit {SECONDS} s, {}), peak {:.0} MiB (limit {MEBIBYTES} MiB, {})",
            met(seconds < SECONDS),
            self.peak,
            met(self.peak < MEBIBYTES)
        )
    }
}

impl Figures {
    pub(super) fn told(&self) -> String {
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        format!(
            "GAIA, {} trainees into a new database: {}\nGAIA, the next night with {} séances that follow: {}\n\
             supervision of {TEACHERS} teachers: page in {:.0} ms, XLSX in {:.0} ms\n{}, peak of everything {:.0} MiB",
            self.trainees,
            self.first.told(),
            self.links,
            self.again.told(),
            ms(self.page),
            ms(self.workbook),
            self.schools.told(),
            self.peak
        )
    }
}

/// Works in a folder of its own and removes it.
pub(super) async fn measured(trainees: u32, links: u32) -> anyhow::Result<Figures> {
    let folder = std::env::temp_dir().join(format!("preau-bench-{}", clock::mint()));
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let figures = in_folder(&folder, trainees, links).await;
    std::fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    figures
}

async fn in_folder(folder: &Path, trainees: u32, links: u32) -> anyhow::Result<Figures> {
    let academies = Academies::read(Path::new(""))?;
    let academy = academies.find(ACADEMY)?;
    let (store, now) = (Store::open(folder).await?, Clock::start().now());
    let bench = Bench { store: &store, academies: &academies, academy, folder, now };
    write(folder, "20261117", 0..trainees)?;
    let first = bench.import("20261117").await?;
    bench.follow(links.min(trainees.div_ceil(CLASS))).await?;
    // A twentieth goes, as many come.
    let moved = trainees / 20;
    write(folder, "20261118", moved..trainees + moved)?;
    let again = bench.import("20261118").await?;
    let (page, workbook) = bench.supervise().await?;
    let schools = schools::measured(&store, academy, folder, TEACHERS.into(), now).await?;
    store.close().await;
    Ok(Figures { trainees, links, first, again, page, workbook, schools, peak: peak()? })
}

/// The three files of a night. Only a line at a time is in memory, which is measured.
fn write(folder: &Path, day: &str, people: std::ops::Range<u32>) -> anyhow::Result<()> {
    let folder = folder.join(day);
    std::fs::create_dir_all(&folder)?;
    let file = |word: &str| -> anyhow::Result<BufWriter<File>> {
        Ok(BufWriter::new(File::create(folder.join(format!("ACAVER_{word}_{day}.csv")))?))
    };
    let (mut formations, mut intervenants, mut stagiaires) =
        (file("Formations")?, file("Intervenants")?, file("Stagiaires")?);
    for session in 0..people.end.div_ceil(CLASS) {
        let module = session / 4;
        // CP1252, as GAIA writes: the accent is one byte.
        formations.write_all(format!("ACAVER|26A025{:04}|Num", module / 4).as_bytes())?;
        formations.write_all(b"\xe9rique|")?;
        writeln!(
            formations,
            "{module}|Animer une classe virtuelle {module}|{session}|01|18/11/2027|14:00|18/11/2027|15:30|D|A DISTANCE|"
        )?;
        if session % 4 == 0 {
            writeln!(
                intervenants,
                "ACAVER|{module}|FORMATEUR{module}|Anne|formateur.{module}@ac-versailles.fr|"
            )?;
        }
    }
    for number in people {
        let session = number / CLASS;
        write!(stagiaires, "ACAVER|{session}|STAGIAIRE{number}|Zo")?;
        stagiaires.write_all(b"\xe9")?;
        writeln!(stagiaires, "|stagiaire.{number}@ac-versailles.fr")?;
    }
    for mut file in [formations, intervenants, stagiaires] {
        file.flush()?;
    }
    Ok(())
}

struct Bench<'b> {
    store: &'b Store,
    academies: &'b Academies,
    academy: &'b Academy,
    folder: &'b Path,
    now: Timestamp,
}

impl Bench<'_> {
    /// As `gaia import` does it.
    async fn import(&self, day: &str) -> anyhow::Result<Measured> {
        let begun = clock::instant();
        let drop = Drop::find(&self.folder.join(day), self.academy)?;
        let extract = drop.read(self.academy, &self.academies.domains())?;
        anyhow::ensure!(extract.rejected.is_empty(), "a line was rejected: {:?}", extract.rejected.first());
        let change = Change::between(self.store.gaia(ACADEMY).await?, &extract);
        self.store.import_gaia(ACADEMY, &drop.day, &change, self.now).await?;
        let took = clock::instant() - begun;
        Ok(Measured { took, peak: peak()? })
    }

    /// So many séances to come follow a session each.
    async fn follow(&self, links: u32) -> anyhow::Result<()> {
        let by = PersonId(clock::mint());
        let mut maker = Person::named(by, Some("g@ac-versailles.fr".to_owned()), "ROY", "Anne");
        ACADEMY.clone_into(&mut maker.academy);
        self.store.put_person(&maker, self.now).await?;
        let new = serde_json::from_value(json!({
            "title": "Classe virtuelle", "startsAt": "2027-11-18T14:00", "durationMin": 90,
        }))?;
        for session in 0..links {
            let id = SeanceId(clock::mint());
            let context = Planning {
                id,
                academy: ACADEMY.to_owned(),
                time_zone: self.academy.zone.clone(),
                made_by: Some(by),
                trainers: Vec::new(),
                now: self.now,
            };
            let (seance, _) = plan(&new, context).map_err(|wrong| anyhow::anyhow!("{wrong:?}"))?;
            self.store.put_seance(&seance).await?;
            let (base, module) = ("ACAVER".to_owned(), i64::from(session / 4));
            let dispositif = format!("26A025{:04}", module / 4);
            let key = ExtKey { base, dispositif, module, session: session.into() };
            let found = self.store.ext_session(&key).await?.context("the session was not imported")?;
            self.store
                .link_gaia(
                    id,
                    &found.session,
                    &Linking { with_trainers: true, ..Linking::default() },
                    by,
                    self.now,
                )
                .await?;
        }
        Ok(())
    }

    /// The report of an academy of which so many teachers follow two sessions: a page, and all of it as a workbook.
    async fn supervise(&self) -> anyhow::Result<(Duration, Duration)> {
        let listed: Vec<Newcomer> = (0..TEACHERS)
            .map(|number| Newcomer {
                email: format!("enseignant.{number}@ac-versailles.fr"),
                last_name: format!("ENSEIGNANT{number:04}"),
                first_name: "Camille".to_owned(),
                academy: ACADEMY.to_owned(),
                uai: schools::school(number),
                role: EnrolmentRole::Participant,
            })
            .collect();
        for title in ["Calcul mental", "Lire un album"] {
            let draft = serde_json::from_value(json!({"title": title, "distanceMin": 180}))?;
            let wrong = |wrong| anyhow::anyhow!("{wrong:?}");
            let parcours = Parcours::new(ParcoursId(clock::mint()), ACADEMY, &draft).map_err(wrong)?;
            self.store.put_parcours(&parcours, self.now).await?;
            let dates = serde_json::from_value(json!({"startsOn": "2026-10-07", "endsOn": "2026-12-18"}))?;
            let id = SessionFormationId(clock::mint());
            let session = SessionFormation::new(id, &parcours, &dates).map_err(wrong)?;
            self.store.put_session_formation(&session, self.now).await?;
            self.store.enrol(Gathering::Session(id), &listed, EnrolmentSource::Manual, self.now).await?;
        }
        let asked = Asked {
            whose: Supervised { academies: vec![ACADEMY.to_owned()], ..Supervised::default() },
            year: Some(2026),
            counting: Counting::Inscription,
            school: String::new(),
            search: "enseignant".to_owned(),
            page: 1,
        };
        let begun = clock::instant();
        let page = supervision::report(self.store, self.academies, ACADEMY, &asked, self.now).await?;
        let answered = clock::instant() - begun;
        anyhow::ensure!(page.people == TEACHERS, "{} teachers instead of {TEACHERS}", page.people);
        let begun = clock::instant();
        let whole = supervision::whole(self.store, self.academies, ACADEMY, &asked, self.now).await?;
        let archive = Archive::new(self.folder, self.store.clone());
        let by = By { author: "bench".to_owned(), name: String::new(), addresses: false };
        let zone = supervision::zone(self.academies, ACADEMY);
        supervision::export(&archive, zone, (&asked, whole), Form::Xlsx, &by, self.now).await?;
        Ok((answered, clock::instant() - begun))
    }
}

/// The most memory that this process had so far, MiB (`VmHWM`).
fn peak() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM in /proc")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1_024.0)
}
