//! `recordings recover`: what a crash left open becomes playable.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Subcommand;
use server::store::Folder;

#[derive(Debug, Subcommand)]
pub(super) enum RecordingsCommand {
    /// Makes recordings playable that a crash left open, as every start does. May be run again.
    Recover {
        #[arg(long)]
        data: PathBuf,
    },
}

impl RecordingsCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Self::Recover { data } = self;
        recover(&data)
    }
}

fn recover(data: &Path) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(data.is_dir(), "there is no folder {}; check --data", data.display());
    let folder = Folder::take(data)?;
    let (mut sealed, mut failed) = (0_usize, false);
    for (folder, report) in recorder::repair::recover_all(folder.path())? {
        match report {
            Ok(report) if report.intact => {}
            Ok(report) => {
                sealed += 1;
                super::say(&format!("{}: {} files sealed", folder.display(), report.sealed))?;
            }
            Err(error) => {
                failed = true;
                super::say(&format!("{}: {error}", folder.display()))?;
            }
        }
    }
    super::say(&format!("{sealed} recordings recovered"))?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
