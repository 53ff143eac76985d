//! `export` and `verify`: files out of the database, and the check of a bundle of proof.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, ValueEnum};
use server::{
    clock::Clock,
    config::Config,
    export::presence_csv,
    proof::{Bundle, ProofKey, Verdict, verify},
    store::Store,
};
use signaling::{attendance::decided, id::SeanceId};

/// Writes what is known of a séance into a file. May run beside the server.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The séance, by its identifier.
    #[arg(long)]
    seance: SeanceId,
    #[arg(long)]
    format: Format,
    /// The file to write; replaced when it is there.
    #[arg(long)]
    out: PathBuf,
    /// Folder of the database.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Configuration file (TOML).
    #[arg(long)]
    config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The presence sheet for a French spreadsheet.
    Csv,
    /// The presence sheet as the page gets it.
    Json,
    /// Journal, presence, rule and signatures, for `preau verify`.
    Bundle,
}

impl Export {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let now = Clock::start().now();
        let config = Config::read(self.config.as_deref(), super::variables())?;
        let data = self.data.as_ref().unwrap_or(&config.store.data);
        let store = Store::open_read_only(data).await?;
        let plan = store.seance(self.seance).await?;
        let plan = plan.with_context(|| format!("there is no séance {}; check --seance", self.seance))?;
        let sheet = async || {
            let (log, known) = (store.log(plan.id).await?, store.known(&plan, now).await?);
            anyhow::Ok(decided(&plan, log.view(&plan), &log, &known, now))
        };
        let bytes = match self.format {
            Format::Csv => presence_csv(&sheet().await?).1,
            Format::Json => serde_json::to_vec_pretty(&sheet().await?)?,
            Format::Bundle => {
                let key = ProofKey::open(&config.proof.key_file, data)?;
                let records = store.records(plan.id).await?;
                let seals = store.seals(plan.id).await?;
                Bundle::make(&plan, &records, &seals, &store.known_here(&plan).await?, &key, now)?
                    .into_bytes()
            }
        };
        store.close().await;
        put(&self.out, &bytes)?;
        super::say(&format!("{} ({} bytes)", self.out.display(), bytes.len()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Whole or not at all: a full disk leaves what was there before.
fn put(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut name = path.file_name().context("--out names no file")?.to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = fs::File::create(&part)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // What was begun is of no use; the error that is told is the first one.
        let _ = fs::remove_file(&part);
    }
    written.with_context(|| format!("writing {}; check --out and the disk", path.display()))
}

/// Checks a bundle of proof, without a network or a database: exit 0 intact, 1 altered, 2 cut, 3 unreadable.
#[derive(Debug, Args)]
pub(super) struct Verify {
    bundle: PathBuf,
    /// The public key that must have signed (hex), as the organiser publishes it.
    #[arg(long)]
    key: Option<String>,
}

impl Verify {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let bytes = match fs::read(&self.bundle) {
            Ok(bytes) => bytes,
            Err(error) => {
                super::say(&format!("unreadable: {}: {error}", self.bundle.display()))?;
                return Ok(ExitCode::from(3));
            }
        };
        let mut verdict = verify(&bytes);
        if let (Verdict::Intact { key, .. }, Some(expected)) = (&verdict, &self.key)
            && !key.eq_ignore_ascii_case(expected)
        {
            let why = format!("signed with key {key}, which is not the one given");
            verdict = Verdict::Altered { part: "the seal".to_owned(), why };
        }
        super::say(&verdict.to_string())?;
        Ok(match verdict {
            Verdict::Intact { .. } => ExitCode::SUCCESS,
            Verdict::Altered { .. } => ExitCode::from(1),
            Verdict::Truncated { .. } => ExitCode::from(2),
        })
    }
}
