//! `schools import`: the directory of an academy's schools into the database, with a preview and every rejected line.

use std::{fs, io::Write, path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use server::{academy::Academies, clock::Clock, config::Config, store::Store};
use signaling::{
    office::gaia::ImportCounts,
    school::{Directory, SchoolChange},
};

#[derive(Debug, Subcommand)]
pub(super) enum SchoolsCommand {
    /// Imports the directory of an academy. Teachers follow their schools into another circonscription. May run beside
    /// the server.
    Import(Import),
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The national directory of establishments as CSV, of which other academies are left out, or a list with the
    /// columns uai, nom, ville, circonscription.
    file: PathBuf,
    /// Short name or code of the academy (`ac-versailles`, `A025`).
    #[arg(long)]
    academy: String,
    /// Only says what would change.
    #[arg(long)]
    dry_run: bool,
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

impl SchoolsCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let Self::Import(import) = self;
        import.run().await.map(|()| ExitCode::SUCCESS)
    }
}

impl Import {
    async fn run(self) -> anyhow::Result<()> {
        let clock = Clock::start();
        let mut config = Config::read(self.config.as_deref(), super::variables())?;
        let academies = Academies::read(&config.academies.file)?;
        let academy = academies.find(&self.academy)?;
        let bytes = fs::read(&self.file).with_context(|| format!("reading {}", self.file.display()))?;
        let directory = Directory::read(&bytes, academy.schools())
            .with_context(|| format!("{} is no directory of schools", self.file.display()))?;
        if let Some(data) = &self.data {
            config.store.data.clone_from(data);
        }
        let store = Store::connect(&config.store).await?;
        let change = directory
            .change(store.schools(&academy.name).await?, &store.schools_elsewhere(&academy.name).await?);
        report(&change, directory.elsewhere, &academy.label)?;
        if self.dry_run {
            super::say("Simulation : rien n’a été changé.")?;
        } else if change.is_collapse() && !self.accept_removals {
            bail!(
                "more than half of the schools known for {} would go: the file may be cut short, or of another academy. \
                 Nothing was imported; check it, or import with --accept-removals",
                academy.name
            );
        } else {
            let now = clock.now();
            let people = store.import_schools(&academy.name, &change, now).await?;
            store.audit_as("console", "schools imported", &academy.name, &people.to_string(), now).await?;
            super::say(&format!("enseignants mis à jour : {people}"))?;
        }
        store.close().await;
        Ok(())
    }
}

/// Says what changes and what was left out, for the person who manages the people.
fn report(change: &SchoolChange, elsewhere: usize, label: &str) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let ImportCounts { added, changed, removed, same } = ImportCounts::from(&change.schools);
    writeln!(out, "{label}")?;
    writeln!(
        out,
        "écoles et établissements : {added} ajouts, {changed} modifications, {removed} retraits, {same} sans changement"
    )?;
    if elsewhere > 0 {
        writeln!(out, "lignes d’autres académies : {elsewhere}")?;
    }
    writeln!(out, "lignes rejetées : {}", change.rejected.len())?;
    for rejected in &change.rejected {
        writeln!(out, "  ligne {} {} | {}", rejected.line, rejected.code.as_str(), rejected.text)?;
    }
    out.flush().context("writing to standard output")
}
