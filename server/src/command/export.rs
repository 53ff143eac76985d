//! `export` and `verify`: files out of the database, and the check of a bundle of proof.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Args;
use server::{
    academy::Academies,
    archive::{Archive, put},
    clock::Clock,
    config::Config,
    dossier::{By, Dossier, Format},
    export::document::GaiaNumber,
    proof::{ProofKey, Receipted, Verdict, verify, verify_receipt},
    store::Store,
};
use signaling::id::{SeanceId, SessionFormationId};

/// Writes what is known of a séance, or of a session of a parcours, into a file, and into the log of exports. May run
/// beside the server.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The séance, by its identifier.
    #[arg(long, required_unless_present = "session", conflicts_with = "session")]
    seance: Option<SeanceId>,
    /// The session of a parcours, by its identifier.
    #[arg(long)]
    session: Option<SessionFormationId>,
    /// csv, csv-machine, entete, xlsx, pdf, json, gaia, ics, xapi or bundle; of a session csv, csv-machine, xlsx, pdf
    /// or xapi.
    #[arg(long, value_parser = format)]
    format: Format,
    /// Of several linked sessions of GAIA that one, BASE/SESSION; all of them in one file when absent.
    #[arg(long, value_parser = gaia)]
    gaia: Option<GaiaNumber>,
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

fn format(name: &str) -> Result<Format, String> {
    let known = || Format::ALL.map(|(name, _)| name).join(", ");
    Format::named(name).ok_or_else(|| format!("no such format; known are {}", known()))
}

fn gaia(text: &str) -> Result<GaiaNumber, String> {
    GaiaNumber::read(text)
        .ok_or_else(|| "a session of GAIA is named BASE/SESSION, as ACAVER/78576".to_owned())
}

impl Export {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let now = Clock::start().now();
        let mut config = Config::read(self.config.as_deref(), super::variables())?;
        if let Some(data) = &self.data {
            config.store.data.clone_from(data);
        }
        // Whether it is a database of Préau is asked first: nothing is written into another one.
        Store::connect_read_only(&config.store).await?.close().await;
        let store = Store::connect_beside(&config.store).await?;
        let proof = ProofKey::open(&config.proof.key_file, &config.store.data)?;
        let academies = Academies::read(&config.academies.file)?;
        let dossier = Dossier {
            store: &store,
            archive: Archive::new(&config.store.data, store.clone()),
            proof: &proof,
            academies: &academies,
            base: &super::base(&config.http),
        };
        let by = By { author: "commande".to_owned(), name: "ligne de commande".to_owned(), addresses: true };
        let made = match (self.seance, self.session) {
            (Some(id), _) => {
                let plan = store.seance(id).await?;
                let plan = plan.with_context(|| format!("there is no séance {id}; check --seance"))?;
                dossier.seance(&plan, self.format, self.gaia.as_ref(), &by, now).await
            }
            (None, Some(id)) => {
                let known = store.session_formation(id).await?;
                known.with_context(|| format!("there is no session {id}; check --session"))?;
                dossier.session_formation(id, self.format, &by, now).await
            }
            (None, None) => anyhow::bail!("name a séance (--seance) or a session of a parcours (--session)"),
        };
        let (logged, file) = made?;
        store.close().await;
        put(&self.out, &file.bytes)
            .with_context(|| format!("writing {}; check --out and the disk", self.out.display()))?;
        let (number, bytes) = (logged.number, file.bytes.len());
        super::say(&format!("{} (export {number}, {bytes} bytes)", self.out.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Checks a bundle of proof or the receipt of an attestation, without a network or a database: exit 0 intact, 1 altered,
/// 2 cut, 3 unreadable.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The bundle or the receipt.
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
        let foreign = |key: &str| {
            let expected = self.key.as_ref().filter(|expected| !key.eq_ignore_ascii_case(expected));
            expected.map(|_| format!("signed with key {key}, which is not the one given"))
        };
        if let Some(mut receipted) = verify_receipt(&bytes) {
            if let Receipted::Intact { key, .. } = &receipted
                && let Some(why) = foreign(key)
            {
                receipted = Receipted::Altered { why };
            }
            super::say(&receipted.to_string())?;
            return Ok(match receipted {
                Receipted::Intact { .. } => ExitCode::SUCCESS,
                Receipted::Altered { .. } => ExitCode::from(1),
            });
        }
        let mut verdict = verify(&bytes);
        if let Verdict::Intact { key, .. } = &verdict
            && let Some(why) = foreign(key)
        {
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
