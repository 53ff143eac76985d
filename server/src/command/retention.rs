//! `retention`: what the retention clock does, from the console. May run beside the server.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use server::{
    academy::Academies,
    archive::{Archive, put},
    clock::Clock,
    config::Config,
    dossier::{By, Dossier},
    proof::ProofKey,
    retention::{Erasure, Purge},
    store::Store,
};
use signaling::{
    id::{RetentionRunId, SeanceId},
    person::Person,
    retention::Terms,
};

/// Who acts from here, in the database.
const CONSOLE: &str = "console";

#[derive(Debug, Subcommand)]
pub(super) enum RetentionCommand {
    /// Erases what has served its time, as the server does once a day. A line a kind: what, count, bytes, held.
    Run {
        /// Only says what would be done.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        place: Place,
    },
    /// What the last purges did.
    Report {
        #[command(flatten)]
        place: Place,
    },
    /// Writes the certificate of a purge: what was deleted, as a PDF.
    Certificate {
        /// The identifier that `retention report` prints; the last purge when absent.
        run: Option<RetentionRunId>,
        /// The file to write; replaced when it is there.
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Keeps a séance, or whatever concerns a person, beyond its term.
    Hold {
        #[command(flatten)]
        of: Of,
        /// Why, for whoever reads the database later.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        place: Place,
    },
    /// Lets it go again.
    Release {
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Of {
    /// Identifier of a séance.
    #[arg(long)]
    seance: Option<SeanceId>,
    /// E-mail address of a person.
    #[arg(long)]
    person: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Place {
    /// Folder of the database and the recordings.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Configuration file (TOML).
    #[arg(long)]
    config: Option<PathBuf>,
}

/// What the commands work with.
pub(super) struct Desk {
    data: PathBuf,
    terms: Terms,
    academies: Academies,
    store: Store,
    /// Where the key of proof is, if the configuration says so.
    proof: PathBuf,
    /// Start of the addresses.
    base: String,
    now: Timestamp,
}

impl RetentionCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Run { dry_run, place } => {
                let desk = Desk::open(place.data, place.config).await?;
                desk.purge(dry_run).await?;
                desk.store.close().await;
            }
            Self::Report { place } => {
                let desk = Desk::open(place.data, place.config).await?;
                desk.report().await?;
                desk.store.close().await;
            }
            Self::Certificate { run, out, place } => {
                let desk = Desk::open(place.data, place.config).await?;
                desk.certify(run, &out).await?;
                desk.store.close().await;
            }
            Self::Hold { of, reason, place } => {
                let desk = Desk::open(place.data, place.config).await?;
                desk.hold(&of, Some(&reason)).await?;
                desk.store.close().await;
            }
            Self::Release { of, place } => {
                let desk = Desk::open(place.data, place.config).await?;
                desk.hold(&of, None).await?;
                desk.store.close().await;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Desk {
    pub(super) async fn open(data: Option<PathBuf>, config: Option<PathBuf>) -> anyhow::Result<Self> {
        let clock = Clock::start();
        let mut config = Config::read(config.as_deref(), super::variables())?;
        if let Some(data) = data {
            config.store.data = data;
        }
        let academies = Academies::read(&config.academies.file)?;
        let store = Store::connect(&config.store).await?;
        Ok(Self {
            terms: config.retention.terms(),
            base: super::base(&config.http),
            proof: config.proof.key_file,
            data: config.store.data,
            academies,
            store,
            now: clock.now(),
        })
    }

    fn work(&self, dry: bool) -> Purge<'_> {
        Purge {
            store: &self.store,
            data: &self.data,
            terms: self.terms,
            academies: &self.academies,
            now: self.now,
            dry,
        }
    }

    async fn purge(&self, dry: bool) -> anyhow::Result<()> {
        let mut unsaid = Ok(());
        let work = self.work(dry);
        let run = work.run(|kind, count, bytes, held| {
            let said = super::say(&format!("{}\t{count}\t{bytes}\t{held}", kind.word()));
            if unsaid.is_ok() {
                unsaid = said;
            }
        });
        run.await?;
        unsaid
    }

    async fn report(&self) -> anyhow::Result<()> {
        for run in self.store.purges().await? {
            super::say(&format!("{} {}", run.at, run.id))?;
            for line in run.lines {
                let academy = if line.academy.is_empty() { "-" } else { line.academy.as_str() };
                super::say(&format!(
                    "\t{}\t{academy}\t{}\t{}\t{}",
                    line.kind.word(),
                    line.count,
                    line.bytes,
                    line.held
                ))?;
            }
        }
        Ok(())
    }

    async fn certify(&self, run: Option<RetentionRunId>, out: &Path) -> anyhow::Result<()> {
        let last = async || Ok::<_, anyhow::Error>(self.store.purges().await?.first().map(|run| run.id));
        let run = match run {
            Some(run) => run,
            None => last().await?.context("there was no purge yet; see `preau retention run`")?,
        };
        let proof = ProofKey::open(&self.proof, &self.data)?;
        let dossier = Dossier {
            store: &self.store,
            archive: Archive::new(&self.data, self.store.clone()),
            proof: &proof,
            academies: &self.academies,
            base: &self.base,
        };
        let by = By { author: CONSOLE.to_owned(), name: "ligne de commande".to_owned(), addresses: false };
        let (logged, file) = dossier.deletion(run, None, &self.terms, &by, self.now).await?;
        put(out, &file.bytes)
            .with_context(|| format!("writing {}; check --out and the disk", out.display()))?;
        super::say(&format!("{} (export {}, {} bytes)", out.display(), logged.number, file.bytes.len()))
    }

    async fn hold(&self, of: &Of, reason: Option<&str>) -> anyhow::Result<()> {
        let (scope, id) = match (&of.seance, &of.person) {
            (Some(seance), _) => {
                self.store.seance(*seance).await?.with_context(|| format!("there is no séance {seance}"))?;
                ("seance", seance.to_string())
            }
            (None, Some(email)) => ("person", self.find(email).await?.id.to_string()),
            (None, None) => bail!("name a séance or a person"),
        };
        self.store.put_hold((scope, &id), reason, self.now).await?;
        let act = if reason.is_some() { "retention held" } else { "retention released" };
        self.store.audit_as(CONSOLE, act, &id, scope, self.now).await?;
        super::say(&format!("{act}: {scope} {id}"))
    }

    async fn find(&self, email: &str) -> anyhow::Result<Person> {
        let Some(address) = self.academies.domains().email(email) else {
            bail!("{email} is no e-mail address")
        };
        let found = self.store.person_by_email(&address).await?;
        found.with_context(|| format!("nobody has the address {address}; see `preau user list`"))
    }

    /// `user erase`.
    pub(super) async fn erase(&self, email: &str, reason: &str) -> anyhow::Result<ExitCode> {
        let person = self.find(email).await?;
        let said = match self.work(false).asked(&person, CONSOLE, reason).await? {
            Erasure::Done => {
                super::say(&format!("erased: person {}", person.id))?;
                ExitCode::SUCCESS
            }
            Erasure::Later(until) => {
                super::say(&format!(
                    "kept until {until}: an attestation must be kept; the identity goes then"
                ))?;
                ExitCode::FAILURE
            }
            Erasure::Officer => bail!("this person holds a role; take it away first, see `preau user role`"),
            Erasure::Held => bail!(
                "kept: by a hold (see `preau retention release`), or by a request that waits for its answer"
            ),
        };
        self.store.close().await;
        Ok(said)
    }
}
