//! `attendance bench`: a séance with many people is written as its room would, and its sheet is computed from the
//! database as for a page. The same sheet from all records, heartbeats included, must be equal.

use std::{fmt, time::Duration};

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use server::{
    academy::Academies,
    archive::Archive,
    clock::{self, Clock},
    dossier::{By, Dossier, Format},
    proof::ProofKey,
    store::{Entry, Gathering, Journal, JournalWriter, Newcomer, Store},
};
use signaling::{
    attendance::{Log, decided},
    enrolment::{EnrolmentRole, EnrolmentSource},
    id::{BootId, ConnectionId, ParticipantId, PersonId, SeanceId},
    journal::{Fact, Identity, Moment},
    protocol::{
        Role,
        seance::{EndCause, SeanceKind},
    },
    seance::Seance,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

/// Times the sheet is computed; the median is told.
const TIMES: usize = 7;
/// Heartbeats are written that often, seconds.
const PERSIST: u32 = 10;
/// Somebody speaks that often, seconds.
const BEAT: u32 = 15;

/// What was measured.
pub(super) struct Figures {
    people: usize,
    records: usize,
    megabytes: f64,
    reading: Duration,
    knowing: Duration,
    computing: Duration,
    whole: Duration,
    /// From every record.
    slow: Duration,
    workbook: Duration,
    paper: Duration,
    /// Both ways give the same sheet.
    pub(super) same: bool,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        write!(
            f,
            "{} people, {} records, {:.1} MB of facts: sheet in {:.1} ms (journal {:.1} ms, people {:.1} ms, \
             computation {:.1} ms); from all records {:.1} ms; XLSX {:.1} ms, PDF {:.1} ms; {}",
            self.people,
            self.records,
            self.megabytes,
            ms(self.whole),
            ms(self.reading),
            ms(self.knowing),
            ms(self.computing),
            ms(self.slow),
            ms(self.workbook),
            ms(self.paper),
            if self.same { "the same sheet" } else { "NOT the same sheet" }
        )
    }
}

/// Makes the séance in a folder of its own, measures, and removes the folder.
pub(super) async fn measured(people: u32, minutes: u32) -> anyhow::Result<Figures> {
    let folder = std::env::temp_dir().join(format!("preau-bench-{}", clock::mint()));
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let figures = in_folder(&folder, people, minutes).await;
    std::fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    figures
}

async fn in_folder(folder: &std::path::Path, people: u32, minutes: u32) -> anyhow::Result<Figures> {
    let store = Store::open(folder).await?;
    let class = Class::new(people, minutes);
    store.put_seance(&class.plan).await?;
    class.enrol(&store).await?;
    let key = ProofKey::open(std::path::Path::new(""), folder)?;
    let (journal, writer) = JournalWriter::new(store.clone(), key);
    let writing = TaskTracker::new().spawn(writer.run(CancellationToken::new()));
    let written = class.write(&journal).await?;
    drop(journal);
    writing.await?;

    let now = class.at(minutes * 60 + 300).effective();
    let plan = &class.plan;
    let (mut reading, mut knowing, mut computing, mut whole) = (vec![], vec![], vec![], vec![]);
    let mut quick = None;
    for _ in 0..TIMES {
        let start = clock::instant();
        let log = store.log(plan.id).await?;
        let read = clock::instant();
        let known = store.known(plan, now).await?;
        let knew = clock::instant();
        let sheet = decided(plan, log.view(plan), &log, &known, now);
        let done = clock::instant();
        reading.push(read - start);
        knowing.push(knew - read);
        computing.push(done - knew);
        whole.push(done - start);
        quick = Some((sheet, known));
    }
    let (sheet, known) = quick.context("nothing was measured")?;
    let start = clock::instant();
    let log = Log::of(&store.records(plan.id).await?);
    let all = decided(plan, log.view(plan), &log, &known, now);
    let slow = clock::instant() - start;
    let (workbook, paper) = files(&store, folder, plan, now).await?;
    store.close().await;
    Ok(Figures {
        people: sheet.rows.len(),
        records: written.records,
        megabytes: written.bytes as f64 / 1e6,
        reading: median(reading),
        knowing: median(knowing),
        computing: median(computing),
        whole: median(whole),
        slow,
        workbook,
        paper,
        same: sheet == all,
    })
}

/// How long the workbook and the sheet to sign take, from the question to the bytes on the disk.
async fn files(
    store: &Store,
    folder: &std::path::Path,
    plan: &Seance,
    now: Timestamp,
) -> anyhow::Result<(Duration, Duration)> {
    let proof = ProofKey::open(std::path::Path::new(""), folder)?;
    let academies = Academies::read(std::path::Path::new(""))?;
    let archive = Archive::new(folder, store.clone());
    let dossier = Dossier { store, archive, proof: &proof, academies: &academies, base: "http://localhost" };
    let by = By { author: "bench".to_owned(), name: String::new(), addresses: true };
    let mut took = Vec::new();
    for format in [Format::Xlsx, Format::Pdf] {
        let start = clock::instant();
        dossier.seance(plan, format, None, &by, now).await?;
        took.push(clock::instant() - start);
    }
    Ok((took.first().copied().unwrap_or_default(), took.last().copied().unwrap_or_default()))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// A webinaire in which everybody comes, half of them lose their connection once, and some leave early.
struct Class {
    plan: Seance,
    people: u32,
    minutes: u32,
    boot: BootId,
    boot_at: Timestamp,
}

/// What was written.
#[derive(Default)]
struct Written {
    records: usize,
    bytes: usize,
}

impl Class {
    fn new(people: u32, minutes: u32) -> Self {
        let starts_at = Clock::start().now() - SignedDuration::from_hours(24);
        let plan = Seance {
            kind: SeanceKind::Webinaire,
            duration_min: minutes,
            capacity: people,
            ..Seance::new(SeanceId(clock::mint()), "Grand webinaire", starts_at)
        };
        Self { plan, people, minutes, boot: BootId(clock::mint()), boot_at: starts_at }
    }

    fn at(&self, second: u32) -> Moment {
        Moment { boot: self.boot, boot_at: self.boot_at, mono_ms: u64::from(second) * 1_000 }
    }

    /// Half of them are expected.
    async fn enrol(&self, store: &Store) -> anyhow::Result<()> {
        let newcomers: Vec<Newcomer> = (0..self.people.div_ceil(2))
            .map(|number| Newcomer {
                email: format!("stagiaire.{number}@ac-versailles.fr"),
                last_name: format!("STAGIAIRE {number}"),
                first_name: "Camille".to_owned(),
                academy: "ac-versailles".to_owned(),
                role: EnrolmentRole::Participant,
                uai: String::new(),
            })
            .collect();
        let to = Gathering::Seance(self.plan.id);
        store.enrol(to, &newcomers, EnrolmentSource::Csv, self.boot_at).await?;
        Ok(())
    }

    /// Second by second, as a room says it.
    async fn write(&self, journal: &Journal) -> anyhow::Result<Written> {
        let mut written = Written::default();
        let mut said = vec![(0, Fact::Opened { heard_until: None })];
        for second in 0..self.minutes * 60 {
            for number in 0..self.people {
                said.extend(self.happens(number, second).into_iter().map(|fact| (second, fact)));
            }
            if second % PERSIST == 0 {
                let heard: Vec<_> =
                    (0..self.people).filter_map(|number| self.heard(number, second)).collect();
                if !heard.is_empty() {
                    said.push((second, Fact::Heartbeats { heard }));
                }
            }
            if said.len() >= 200 {
                self.commit(journal, std::mem::take(&mut said), &mut written).await?;
            }
        }
        said.push((self.minutes * 60, Fact::Ended { why: EndCause::Trainer, by: None }));
        self.commit(journal, said, &mut written).await?;
        Ok(written)
    }

    async fn commit(
        &self,
        journal: &Journal,
        said: Vec<(u32, Fact)>,
        written: &mut Written,
    ) -> anyhow::Result<()> {
        let mut entries = Vec::with_capacity(said.len());
        for (second, fact) in said {
            written.records += 1;
            written.bytes += serde_json::to_vec(&fact)?.len();
            let at = self.at(second);
            entries.push(Entry { at, wall: at.effective(), fact });
        }
        let committed = journal.append(self.plan.id, entries);
        let committed = committed.map_err(|_| anyhow::anyhow!("the journal takes nothing more"))?;
        committed.await.context("the journal has stopped")
    }

    /// When somebody's connection is cut, and back a minute and a half later.
    fn cut(&self, number: u32) -> Option<u32> {
        (number % 2 == 1).then(|| 300 + number % 1_200)
    }

    fn happens(&self, number: u32, second: u32) -> Option<Fact> {
        let (participant, last) = (ParticipantId(named(1, number)), self.minutes * 60 - 200 - number % 300);
        let connection = |which| ConnectionId(named(which, number));
        let joined = |which| Fact::Joined {
            person: PersonId(named(0, number)),
            participant,
            connection: connection(which),
            name: format!("Camille {number}"),
            role: if number == 0 { Role::Trainer } else { Role::Participant },
            identity: Identity::PersonalLink,
        };
        let cut = self.cut(number);
        if second == number % 240 {
            Some(joined(2))
        } else if cut == Some(second) {
            Some(Fact::Lost {
                participant,
                connection: connection(2),
                last_heard: self.at(second).effective(),
            })
        } else if cut.is_some_and(|cut| second == cut + 90) {
            Some(joined(3))
        } else if number % 5 == 4 && second == last {
            Some(Fact::Left { participant, connection: connection(if cut.is_some() { 3 } else { 2 }) })
        } else {
            None
        }
    }

    /// The connection of somebody who spoke since heartbeats were last written.
    fn heard(&self, number: u32, second: u32) -> Option<(ConnectionId, Timestamp)> {
        let last = second.checked_sub((second + number) % BEAT)?;
        let left = number % 5 == 4 && last >= self.minutes * 60 - 200 - number % 300;
        if last + PERSIST <= second || last < number % 240 || left {
            return None;
        }
        let which = match self.cut(number) {
            Some(cut) if (cut..cut + 90).contains(&last) => return None,
            Some(cut) if last >= cut + 90 => 3,
            Some(_) | None => 2,
        };
        Some((ConnectionId(named(which, number)), self.at(last).effective()))
    }
}

/// The same identifier for the same thing of the same person.
fn named(what: u128, number: u32) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | what << 40 | u128::from(number))
}
