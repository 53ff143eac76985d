//! `attendance check` and `attendance compute`: presence computed from written-down cases, one a line.

mod bench;

use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::Subcommand;
use serde::Serialize;
use signaling::attendance::case::{Case, CaseError, Outcome};

#[derive(Debug, Subcommand)]
pub(super) enum AttendanceCommand {
    /// Computes every case of the file and compares with what it expects: one line a case and a count; exit 0 when
    /// all agree, else 1.
    Check { file: PathBuf },
    /// Prints the presence computed for every case of the file, one JSON object a line; exit 1 when a line is no case.
    Compute { file: PathBuf },
    /// Measures how long the sheet of a large séance takes from its journal, in a database made for that.
    Bench {
        #[arg(long, default_value_t = 2_000)]
        people: u32,
        /// Length of the séance.
        #[arg(long, default_value_t = 90)]
        minutes: u32,
    },
}

impl AttendanceCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut out = BufWriter::new(std::io::stdout().lock());
        let right = match self {
            Self::Check { file } => check(&file, &mut out)?,
            Self::Compute { file } => compute(&file, &mut out)?,
            Self::Bench { people, minutes } => {
                let figures = super::runtime()?.block_on(bench::measured(people, minutes))?;
                writeln!(out, "{figures}")?;
                figures.same
            }
        };
        out.flush().context("writing to standard output")?;
        Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The lines of the file that are not empty, with their numbers.
fn lines(file: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<(usize, String)>>> {
    let named = file.display().to_string();
    let opened = File::open(file).with_context(|| format!("opening {named}"))?;
    let lines = (1..).zip(BufReader::new(opened).lines());
    Ok(lines
        .map(move |(n, line)| Ok((n, line.with_context(|| format!("reading line {n} of {named}"))?)))
        .filter(|line| line.as_ref().map_or(true, |(_, text)| !text.trim().is_empty())))
}

fn solve(line: &str) -> Result<(Case, Outcome), CaseError> {
    let case = Case::parse(line)?;
    let outcome = case.problem()?.solve();
    Ok((case, outcome))
}

fn check(file: &Path, out: &mut impl Write) -> anyhow::Result<bool> {
    let (mut agreeing, mut read) = (0, 0);
    for line in lines(file)? {
        let (n, line) = line?;
        read += 1;
        match solve(&line) {
            Ok((Case { id, expect: Some(expected), .. }, outcome)) => {
                let differences = outcome.differences(&expected);
                if differences.is_empty() {
                    agreeing += 1;
                    writeln!(out, "{id} ok")?;
                } else {
                    writeln!(out, "{id} DIFFERS: {}", differences.join("; "))?;
                }
            }
            Ok((Case { id, expect: None, .. }, _)) => writeln!(out, "{id} NOT CHECKED: no `expect`")?,
            Err(error) => writeln!(out, "line {n} UNREADABLE: {error}")?,
        }
    }
    writeln!(out, "{agreeing} of {read} cases agree")?;
    Ok(agreeing == read)
}

#[derive(Serialize)]
struct Computed {
    id: String,
    #[serde(flatten)]
    outcome: Outcome,
}

fn compute(file: &Path, out: &mut impl Write) -> anyhow::Result<bool> {
    let mut right = true;
    for line in lines(file)? {
        let (n, line) = line?;
        match solve(&line) {
            Ok((Case { id, .. }, outcome)) => {
                serde_json::to_writer(&mut *out, &Computed { id, outcome })?;
                writeln!(out)?;
            }
            Err(error) => {
                right = false;
                complain(&format!("line {n}: {error}"));
            }
        }
    }
    Ok(right)
}

/// To standard error; nothing can be done when that is closed.
fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
