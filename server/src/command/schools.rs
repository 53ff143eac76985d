//! `schools import`: the directory of an academy's schools into the database, with a preview and every rejected line.

pub(super) mod bench;

use std::{fs, io::Write, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, Subcommand};
use server::{clock::Clock, store::Store};
use signaling::{
    office::gaia::ImportCounts,
    school::{Directory, SchoolChange},
};

use super::import::{Target, counted};

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
    #[command(flatten)]
    target: Target,
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
        let (academies, config) = self.target.settings()?;
        let academy = academies.find(&self.target.academy)?;
        let bytes = fs::read(&self.file).with_context(|| format!("reading {}", self.file.display()))?;
        let directory = Directory::read(&bytes, academy.schools())
            .with_context(|| format!("{} is no directory of schools", self.file.display()))?;
        let store = Store::connect(&config.store).await?;
        let change = directory
            .change(store.schools(&academy.name).await?, &store.schools_elsewhere(&academy.name).await?);
        report(&change, &directory, &academy.label)?;
        if self.target.goes_on(change.is_collapse(), &academy.name)? {
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
fn report(change: &SchoolChange, directory: &Directory, label: &str) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    writeln!(out, "{label}")?;
    counted(&mut out, "écoles et établissements", ImportCounts::from(&change.schools))?;
    for (lines, count) in [
        ("lignes d’autres académies", directory.elsewhere),
        ("lignes sans effet (établissement fermé, ou déjà dit)", directory.without_effect),
    ] {
        if count > 0 {
            writeln!(out, "{lines} : {count}")?;
        }
    }
    writeln!(out, "lignes rejetées : {}", change.rejected.len())?;
    for rejected in &change.rejected {
        writeln!(out, "  ligne {} {} | {}", rejected.line, rejected.code.as_str(), rejected.text)?;
    }
    out.flush().context("writing to standard output")
}
