//! What every import into an academy asks and says: whose, only looking, and what more than half of everything going
//! means.

use std::{io::Write, path::PathBuf};

use anyhow::bail;
use clap::Args;
use server::{academy::Academies, config::Config};
use signaling::office::gaia::ImportCounts;

#[derive(Debug, Args)]
pub(super) struct Target {
    /// Short name or code of the academy (`ac-versailles`, `A025`); hours in files are those of its zone.
    #[arg(long)]
    pub(super) academy: String,
    /// Only says what would change.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Imports even when more than half of what is known would go.
    #[arg(long)]
    accept_removals: bool,
    /// Folder of the database.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Configuration file (TOML).
    #[arg(long)]
    config: Option<PathBuf>,
}

impl Target {
    /// The academies known here, and how to reach what the server keeps.
    pub(super) fn settings(&self) -> anyhow::Result<(Academies, Config)> {
        let mut config = Config::read(self.config.as_deref(), super::variables())?;
        if let Some(data) = &self.data {
            config.store.data.clone_from(data);
        }
        Ok((Academies::read(&config.academies.file)?, config))
    }

    /// Whether to go on after the preview: not when only looking, and not when the files seem cut short.
    ///
    /// # Errors
    /// More than half would go, and nobody said that it may.
    pub(super) fn goes_on(&self, collapse: bool, academy: &str) -> anyhow::Result<bool> {
        if self.dry_run {
            super::say("Simulation : rien n’a été changé.")?;
            return Ok(false);
        }
        if collapse && !self.accept_removals {
            bail!(
                "more than half of what is known for {academy} would go: files may be cut short, or of another academy. \
                 Nothing was imported; check them, or import with --accept-removals"
            );
        }
        Ok(true)
    }
}

/// One sort of things with what changes of it.
pub(super) fn counted(
    out: &mut impl Write,
    sort: &str,
    ImportCounts { added, changed, removed, same }: ImportCounts,
) -> std::io::Result<()> {
    writeln!(
        out,
        "{sort} : {added} ajouts, {changed} modifications, {removed} retraits, {same} sans changement"
    )
}
