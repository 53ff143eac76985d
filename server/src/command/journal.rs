//! `journal verify`: the hash chain of every séance.

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use server::{
    config::Config,
    store::{Store, StoreError},
};
use signaling::id::SeanceId;

#[derive(Debug, Subcommand)]
pub(super) enum JournalCommand {
    /// Checks the hash chain of every séance: exit 0, or 1 with the first bad record.
    Verify {
        #[arg(long)]
        data: PathBuf,
    },
}

impl JournalCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let Self::Verify { data } = self;
        verify(data).await
    }
}

async fn verify(data: PathBuf) -> anyhow::Result<ExitCode> {
    let mut config = Config::read(None, super::variables())?;
    config.store.data = data;
    let store = Store::connect_read_only(&config.store).await?;
    let mut sound = true;
    for name in store.journals().await? {
        let said = verified(&store, &name).await?;
        sound &= said.is_ok();
        super::say(&said.unwrap_or_else(|broken| broken))?;
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is to be said of one journal; `Err` when it is broken.
async fn verified(store: &Store, name: &str) -> anyhow::Result<Result<String, String>> {
    // Another way to write an identifier of ours is as foreign as any other text: its rows belong to no séance.
    let Some(seance) = name.parse::<SeanceId>().ok().filter(|seance| seance.to_string() == name) else {
        return Ok(Err(format!("séance {name:?}: broken: that is no identifier of a séance")));
    };
    let records = match store.records(seance).await {
        Ok(records) => records,
        Err(error @ StoreError::Unreadable { .. }) => return Ok(Err(error.to_string())),
        Err(error) => return Err(error.into()),
    };
    Ok(match signaling::journal::verify(seance, &records) {
        Ok(head) => Ok(format!("séance {seance}: {} records, unbroken, head {}", head.seq, head.hash)),
        Err(broken) => Err(format!("séance {seance}: broken at record {}: {}", broken.seq, broken.why)),
    })
}
