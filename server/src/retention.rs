//! The retention clock: what has served its time is erased at every start and once a day. Which day that is,
//! `signaling::retention` says; each step is small, and one that was cut short is taken up by the next purge.

mod files;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use signaling::{
    attendance::decided,
    correction::LOCKED_AFTER,
    hours::school_year::YearStart,
    id::{PersonId, RetentionRunId, SeanceId},
    office::privacy::{PurgeLine, PurgeRun},
    person::Person,
    retention::{Kind, Terms},
};
use tokio_util::sync::CancellationToken;

use crate::{
    academy::Academies,
    app::App,
    clock,
    store::{Aged, Asked, Holds, Over, Store, StoreError, Texts},
};

pub use files::drop_exports;

/// How long until the next purge, and until another try of one that failed.
const DAILY: Duration = Duration::from_secs(24 * 3600);
const AGAIN: Duration = Duration::from_secs(3600);

/// Why a purge stopped. What it did stays done; the next one goes on.
#[derive(Debug, thiserror::Error)]
pub enum PurgeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("files in {folder} cannot be deleted: {source}; check the rights of `store.data`")]
    Files { folder: PathBuf, source: std::io::Error },
}

/// What a purge works with.
#[derive(Debug, Clone, Copy)]
pub struct Purge<'p> {
    pub store: &'p Store,
    /// The data folder.
    pub data: &'p Path,
    pub terms: Terms,
    pub academies: &'p Academies,
    pub now: Timestamp,
    /// Only says what would be done.
    pub dry: bool,
}

/// What comes of an erasure that somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    Done,
    /// On that day: attestations must be kept until then.
    Later(Date),
    /// The person holds a role on the platform.
    Officer,
    /// By a hold, or by a request of that person that waits for its answer.
    Held,
}

/// What a kind of data did, by academy.
#[derive(Debug, Default)]
struct Tally(BTreeMap<(Kind, String), (u64, u64, u64)>);

impl Tally {
    fn add(&mut self, kind: Kind, academy: &str, count: u64, bytes: u64) {
        let line = self.0.entry((kind, academy.to_owned())).or_default();
        (line.0, line.1) = (line.0 + count, line.1 + bytes);
    }

    fn hold(&mut self, kind: Kind, academy: &str) {
        self.0.entry((kind, academy.to_owned())).or_default().2 += 1;
    }

    /// Of all academies: count, bytes, held.
    fn of(&self, kind: Kind) -> (u64, u64, u64) {
        let own = self.0.iter().filter(|((one, _), _)| *one == kind);
        own.fold((0, 0, 0), |sum, (_, line)| (sum.0 + line.0, sum.1 + line.1, sum.2 + line.2))
    }

    fn lines(self) -> Vec<PurgeLine> {
        let line = |((kind, academy), (count, bytes, held))| PurgeLine { kind, academy, count, bytes, held };
        self.0.into_iter().map(line).filter(|line| line.count + line.bytes + line.held > 0).collect()
    }
}

/// What nothing is taken from, while a purge runs.
struct Kept {
    holds: Holds,
    contested: BTreeSet<SeanceId>,
    /// Whose recordings stay as long as may be.
    recordings: BTreeSet<SeanceId>,
}

impl Purge<'_> {
    /// Goes through every kind; `done` hears of each when it is through: count, bytes, held.
    ///
    /// # Errors
    /// The database does not answer, or files cannot be deleted.
    pub async fn run(&self, mut done: impl FnMut(Kind, u64, u64, u64)) -> Result<PurgeRun, PurgeError> {
        let (holds, contested) = self.store.holds().await?;
        let recordings = self.store.recordings_kept().await?;
        let (kept, mut tally) = (Kept { holds, contested, recordings }, Tally::default());
        for kind in Kind::ALL {
            match kind {
                Kind::Erasures => self.erasures(&kept, &mut tally).await?,
                Kind::Chat => self.texts(Texts::Chat, kind, &kept, &mut tally).await?,
                Kind::Guests => self.texts(Texts::GuestNames, kind, &kept, &mut tally).await?,
                Kind::Recordings => self.recordings(&kept, &mut tally).await?,
                Kind::Events => self.events(&kept, &mut tally).await?,
                Kind::Results => self.results(&kept, &mut tally).await?,
                Kind::Gaia => self.gaia(&mut tally).await?,
                Kind::Logins => {
                    self.aged(kind, &[Aged::Logins, Aged::Invitations, Aged::WrongCodes], &mut tally).await?;
                }
                Kind::Logs => {
                    let logs = [Aged::Views, Aged::Audit, Aged::Reports, Aged::Exports, Aged::Deletions];
                    self.aged(kind, &logs, &mut tally).await?;
                }
                Kind::Files => {
                    let (count, bytes) = self.files().await?;
                    tally.add(kind, "", count, bytes);
                }
            }
            let (count, bytes, held) = tally.of(kind);
            done(kind, count, bytes, held);
        }
        let run = PurgeRun { id: RetentionRunId(clock::mint()), at: self.now, lines: tally.lines() };
        if !self.dry {
            self.store.put_purge(&run).await?;
        }
        Ok(run)
    }

    async fn erasures(&self, kept: &Kept, tally: &mut Tally) -> Result<(), PurgeError> {
        for (id, academy) in self.store.erasures_due(self.now).await? {
            if kept.holds.people.contains(&id) {
                tally.hold(Kind::Erasures, &academy);
                continue;
            }
            tally.add(Kind::Erasures, &academy, 1, 0);
            if !self.dry {
                self.erase(id).await?;
            }
        }
        Ok(())
    }

    /// Erases an identity, with the bytes of the exports that hold it.
    ///
    /// # Errors
    /// The database does not answer, or files cannot be deleted: it is then still due.
    pub async fn erase(&self, id: PersonId) -> Result<(), PurgeError> {
        let person = self.store.person(id).await?.unwrap_or_else(|| Person::named(id, None, "", ""));
        let digests = self.store.erase_person(&person, self.now).await?;
        drop_exports(self.data, &digests)?;
        self.store.audit_as("retention", "person erased", &id.to_string(), "", self.now).await?;
        Ok(())
    }

    /// What is to be said to somebody who asks for an erasure; carries it out when nothing speaks against it.
    ///
    /// # Errors
    /// The database does not answer, or files cannot be deleted: the erasure is then taken up by the next purge.
    pub async fn asked(&self, person: &Person, by: &str, reason: &str) -> Result<Erasure, PurgeError> {
        let id = person.id;
        if !self.store.grants(id).await?.is_empty() {
            return Ok(Erasure::Officer);
        }
        let (holds, _) = self.store.holds().await?;
        if holds.people.contains(&id) || self.store.awaits_answer(id).await? {
            return Ok(Erasure::Held);
        }
        let kept = attested_until(self.store, &self.terms, self.academies, person, self.now).await?;
        let due = kept.unwrap_or(self.now);
        self.store.ask_erasure(&Asked { person: id, by, reason, due }, self.now).await?;
        self.store.audit_as(by, "erasure asked", &id.to_string(), "", self.now).await?;
        if kept.is_none() {
            self.erase(id).await?;
            return Ok(Erasure::Done);
        }
        let (zone, _) = self.calendar(&person.academy);
        Ok(Erasure::Later(due.to_zoned(zone).date()))
    }

    async fn texts(
        &self,
        texts: Texts,
        kind: Kind,
        kept: &Kept,
        tally: &mut Tally,
    ) -> Result<(), PurgeError> {
        let Some(before) = self.terms.before(kind, self.now) else { return Ok(()) };
        for over in self.store.journals_over(before).await? {
            let unlocked = over.at.checked_add(LOCKED_AFTER).unwrap_or(Timestamp::MAX) > self.now;
            let needed = texts == Texts::GuestNames && (unlocked || kept.contested.contains(&over.plan.id));
            let held = needed || kept.holds.seances.contains(&over.plan.id);
            let count = self.store.erase_texts(over.plan.id, texts, self.dry || held).await?;
            if held && count > 0 {
                tally.hold(kind, &over.plan.academy);
            } else {
                tally.add(kind, &over.plan.academy, count, 0);
            }
        }
        Ok(())
    }

    async fn events(&self, kept: &Kept, tally: &mut Tally) -> Result<(), PurgeError> {
        for over in self.store.journals_over(self.now).await? {
            let (zone, start) = self.calendar(&over.plan.academy);
            if self.terms.events_end(over.at, &zone, start) > self.now {
                continue;
            }
            if kept.needs(&over) {
                tally.hold(Kind::Events, &over.plan.academy);
                continue;
            }
            tally.add(Kind::Events, &over.plan.academy, 1, 0);
            if !self.dry {
                self.store.condense(over.plan.id, self.now).await?;
            }
        }
        Ok(())
    }

    async fn results(&self, kept: &Kept, tally: &mut Tally) -> Result<(), PurgeError> {
        for over in self.store.seances_before(self.now).await? {
            let academy = &over.plan.academy;
            let (zone, start) = self.calendar(academy);
            if self.terms.results_end(over.at, &zone, start) > self.now {
                continue;
            }
            if kept.needs(&over) {
                tally.hold(Kind::Results, academy);
                continue;
            }
            tally.add(Kind::Results, academy, 1, 0);
            if !self.dry {
                let (log, known) =
                    (self.store.log(over.plan.id).await?, self.store.known_here(&over.plan).await?);
                let sheet = decided(&over.plan, log.view(&over.plan), &log, &known, self.now);
                self.store.condense(over.plan.id, self.now).await?;
                self.store.keep_figures(&over.plan, &sheet.counts).await?;
            }
        }
        self.sessions(tally).await?;
        self.people(tally).await
    }

    async fn sessions(&self, tally: &mut Tally) -> Result<(), PurgeError> {
        for (id, academy, ends_on) in self.store.results_of_sessions().await? {
            let (zone, start) = self.calendar(&academy);
            let end = ends_on.parse::<Date>().ok().and_then(|day| day.to_zoned(zone.clone()).ok());
            let due =
                end.is_some_and(|end| self.terms.results_end(end.timestamp(), &zone, start) <= self.now);
            // A séance of it may be held: its people are still needed.
            let wanted = match id.parse() {
                Ok(session) => {
                    !self.store.seances_of(session).await?.iter().all(|plan| plan.made_by.is_none())
                }
                Err(_) => false,
            };
            if due && !wanted {
                tally.add(Kind::Results, &academy, 1, 0);
                if !self.dry {
                    self.store.unname_session(&id).await?;
                }
            }
        }
        Ok(())
    }

    /// Identities that nothing needs any more.
    async fn people(&self, tally: &mut Tally) -> Result<(), PurgeError> {
        // Whoever became known since may be about to be enrolled.
        let utc = self.now.to_zoned(TimeZone::UTC);
        let Ok(before) = utc.checked_sub(2.years()) else { return Ok(()) };
        for id in self.store.people_left(before.timestamp()).await? {
            tally.add(Kind::Erasures, "", 1, 0);
            if !self.dry {
                self.erase(id).await?;
            }
        }
        Ok(())
    }

    async fn gaia(&self, tally: &mut Tally) -> Result<(), PurgeError> {
        let Some(before) = self.terms.before(Kind::Gaia, self.now) else { return Ok(()) };
        for academy in self.store.academies_of_gaia().await? {
            let count = self.store.drop_gaia(&academy, before, self.dry).await?;
            tally.add(Kind::Gaia, &academy, count, 0);
        }
        Ok(())
    }

    async fn aged(&self, kind: Kind, tables: &[Aged], tally: &mut Tally) -> Result<(), PurgeError> {
        let Some(before) = self.terms.before(kind, self.now) else { return Ok(()) };
        for aged in tables {
            let count = self.store.drop_aged(*aged, before, self.dry).await?;
            tally.add(kind, "", count, 0);
        }
        Ok(())
    }

    /// The school years of an academy; those of Paris where none is known.
    fn calendar(&self, academy: &str) -> (TimeZone, YearStart) {
        calendar(self.academies, academy)
    }
}

impl Kept {
    /// Held, or somebody waits for an answer about it.
    fn needs(&self, over: &Over) -> bool {
        self.holds.seances.contains(&over.plan.id) || self.contested.contains(&over.plan.id)
    }
}

/// Zone and first day of the school years of an academy; those of Paris where it is unknown.
fn calendar(academies: &Academies, name: &str) -> (TimeZone, YearStart) {
    let academy = academies.find(name).ok();
    let zone = academy.and_then(|academy| academy.time_zone().ok());
    let start = academy.map(|academy| academy.school_year);
    let paris = || TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC);
    (zone.unwrap_or_else(paris), start.unwrap_or_default())
}

/// Until when the attestations of somebody must be kept; `None` when none must.
///
/// # Errors
/// The database does not answer.
pub async fn attested_until(
    store: &Store,
    terms: &Terms,
    academies: &Academies,
    person: &Person,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let (zone, start) = calendar(academies, &person.academy);
    let attestations = store.attestations_of(person.id).await?;
    let ends = attestations
        .iter()
        .filter(|one| one.revoked.is_none())
        .map(|one| terms.results_end(one.at, &zone, start));
    Ok(ends.max().filter(|end| *end > now))
}

/// Purges now and once a day, until the server stops.
pub(crate) async fn daily(app: App, data: PathBuf, stop: CancellationToken) {
    loop {
        let purge = Purge {
            store: &app.store,
            data: &data,
            terms: app.terms,
            academies: &app.academies,
            now: app.clock.now(),
            dry: false,
        };
        let wait = match stop.run_until_cancelled(purge.run(|_, _, _, _| ())).await {
            None => return,
            Some(Ok(run)) => {
                let count: u64 = run.lines.iter().map(|line| line.count).sum();
                tracing::info!(count, "what had served its time was erased; see `preau retention report`");
                DAILY
            }
            Some(Err(error)) => {
                tracing::error!(%error, "what has served its time cannot be erased; trying again in an hour");
                AGAIN
            }
        };
        if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return;
        }
    }
}
