//! `gaia import`: the files of a night into the database, with a preview and every rejected line.

mod bench;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use server::{
    academy::Academy,
    clock::Clock,
    store::{Followed, Store},
};
use signaling::{
    gaia::{Change, Extract, File, Files, is_day},
    office::gaia::ImportCounts,
    person::Domains,
};

use super::import::{Target, counted};

#[derive(Debug, Subcommand)]
pub(super) enum GaiaCommand {
    /// Imports the files of an academy: sessions, trainers, trainees. May run beside the server.
    Import(Import),
    /// Measures large imports into a database made for that: GAIA's files of two nights, the directory of the country's
    /// schools; and the report of supervision.
    Bench {
        #[arg(long, default_value_t = 60_000)]
        trainees: u32,
        /// Séances that follow a list while the second night is imported.
        #[arg(long, default_value_t = 200)]
        links: u32,
    },
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// Folder with the three files, or with one folder a day named YYYYMMDD, of which the last is taken.
    folder: PathBuf,
    /// Imports even files that are older than those in force.
    #[arg(long)]
    accept_older: bool,
    #[command(flatten)]
    target: Target,
}

impl GaiaCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Import(import) => import.run().await?,
            Self::Bench { trainees, links } => {
                super::say(&bench::measured(trainees, links).await?.told())?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Import {
    async fn run(self) -> anyhow::Result<()> {
        let clock = Clock::start();
        let (academies, config) = self.target.settings()?;
        let academy = academies.find(&self.target.academy)?;
        let drop = Drop::find(&self.folder, academy)?;
        let store = Store::connect(&config.store).await?;
        let newest = store.gaia_day(&academy.name).await?;
        let older = newest.filter(|newest| drop.day < *newest);
        if let Some(at) = store.gaia_imported(&academy.name, &drop.day).await?
            && !self.target.dry_run
            && !(older.is_some() && self.accept_older)
        {
            super::say(&format!("{} : fichiers du {} déjà importés le {at}", academy.name, drop.day))?;
            store.close().await;
            return Ok(());
        }
        let extract = drop.read(academy, &academies.domains())?;
        let change = Change::between(store.gaia(&academy.name).await?, &extract);
        report(&extract, &change, &drop, academy)?;
        if let Some(newest) = &older {
            super::say(&format!("attention : des fichiers plus récents, du {newest}, sont déjà importés"))?;
        }
        if let Some(newest) = older.filter(|_| !self.accept_older && !self.target.dry_run) {
            bail!(
                "these files of {} are older than those of {newest} that are in force. Nothing was imported; import \
                 with --accept-older to go back",
                drop.day
            );
        }
        if self.target.goes_on(change.is_collapse(), &academy.name)? {
            let followed = store.import_gaia(&academy.name, &drop.day, &change, clock.now()).await?;
            let Followed { enrolled, unenrolled, recognised } = followed;
            super::say(&format!(
                "séances à venir : {enrolled} inscriptions, {unenrolled} désinscriptions par les listes suivies"
            ))?;
            if recognised > 0 {
                super::say(&format!(
                    "séances passées : personnes venues sans être inscrites, maintenant dans la liste : {recognised}"
                ))?;
            }
        }
        store.close().await;
        Ok(())
    }
}

/// The three files of one day.
struct Drop {
    /// `YYYYMMDD`.
    day: String,
    files: [PathBuf; 3],
}

impl Drop {
    fn find(folder: &Path, academy: &Academy) -> anyhow::Result<Self> {
        let names = |folder: &Path| -> anyhow::Result<Vec<String>> {
            let listed = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
            let names = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
            Ok(names.collect())
        };
        let here = names(folder)?;
        if here.iter().any(|name| File::of_name(name).is_some()) {
            return Self::among(folder, &here, academy);
        }
        let days = here.iter().filter(|name| name.starts_with('2') && is_day(name));
        match days.max() {
            Some(day) => {
                let folder = folder.join(day);
                Self::among(&folder, &names(&folder)?, academy)
            }
            None => bail!(
                "{} holds neither files <code>_Formations_<YYYYMMDD>.csv nor folders named YYYYMMDD",
                folder.display()
            ),
        }
    }

    /// The latest three files; where several codes lie together, those of the academy's code.
    fn among(folder: &Path, names: &[String], academy: &Academy) -> anyhow::Result<Self> {
        let mut sets: Vec<(&str, &str)> =
            names.iter().filter_map(|name| File::of_name(name)).map(|(code, _, day)| (day, code)).collect();
        sets.sort_unstable();
        sets.dedup();
        let own =
            |code: &str| code.eq_ignore_ascii_case(&academy.code) || code.eq_ignore_ascii_case(&academy.name);
        let mut codes: Vec<&str> = sets.iter().map(|(_, code)| *code).collect();
        codes.sort_unstable();
        codes.dedup();
        let chosen = match codes.as_slice() {
            [_] => sets.last(),
            _ => sets.iter().rev().find(|(_, code)| own(code)),
        };
        let Some((day, code)) = chosen else {
            bail!(
                "{} holds files of several codes ({}), none of which is {} or {}; give a folder with one of them",
                folder.display(),
                codes.join(", "),
                academy.code,
                academy.name
            );
        };
        let mut files = Vec::new();
        for file in File::ALL {
            let name = names.iter().find(|name| File::of_name(name) == Some((code, file, day)));
            let Some(name) = name else {
                bail!(
                    "{} is missing in {}: nothing was imported, what was known is kept",
                    format_args!("{code}_{}_{day}.csv", file.word()),
                    folder.display()
                );
            };
            files.push(folder.join(name));
        }
        let files = files.try_into().map_err(|_| anyhow::anyhow!("three files are needed"))?;
        Ok(Self { day: (*day).to_owned(), files })
    }

    fn read(&self, academy: &Academy, domains: &Domains) -> anyhow::Result<Extract> {
        let read = |path: &PathBuf| fs::read(path).with_context(|| format!("reading {}", path.display()));
        let [formations, intervenants, stagiaires] = &self.files;
        let (formations, intervenants, stagiaires) =
            (read(formations)?, read(intervenants)?, read(stagiaires)?);
        let files = Files { formations: &formations, intervenants: &intervenants, stagiaires: &stagiaires };
        Ok(Extract::read(files, &academy.time_zone()?, domains))
    }
}

/// Says what changes and what was left out, for the person who manages the enrolments.
fn report(extract: &Extract, change: &Change, drop: &Drop, academy: &Academy) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    writeln!(out, "{} ({}), fichiers du {}", academy.label, academy.zone, drop.day)?;
    let sorts = [
        ("sessions", ImportCounts::from(&change.sessions)),
        ("formateurs", ImportCounts::from(&change.trainers)),
        ("stagiaires", ImportCounts::from(&change.trainees)),
    ];
    for (sort, counts) in sorts {
        counted(&mut out, sort, counts)?;
    }
    writeln!(out, "lignes rejetées : {}", extract.rejected.len())?;
    for rejected in &extract.rejected {
        let (file, code) = (rejected.file.word(), rejected.code.as_str());
        writeln!(out, "  {file} ligne {} {code} : {} | {}", rejected.line, rejected.why, rejected.text)?;
    }
    if !extract.remarks.is_empty() {
        writeln!(out, "remarques : {}", extract.remarks.len())?;
    }
    for remark in &extract.remarks {
        writeln!(out, "  {} ligne {} : {}", remark.file.word(), remark.line, remark.what)?;
    }
    out.flush().context("writing to standard output")
}
