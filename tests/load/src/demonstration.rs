//! The server's own process, started for a measurement on a processor of its own.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::process;

const PATIENCE: Duration = Duration::from_secs(30);

/// A demonstration that runs until this is dropped.
#[derive(Debug)]
pub struct Demonstration {
    pub url: String,
    /// The trainer's link.
    pub trainer: String,
    pub pid: u32,
    _child: Child,
    /// What it prints is not read any more, but it may go on printing.
    _said: Lines<BufReader<ChildStdout>>,
    data: TempDir,
}

/// The variable that names another binary than the one beside this one.
const NAMED: &str = "PREAU_BINARY";

/// The binary to start.
fn binary() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(NAMED) {
        return Ok(named.into());
    }
    let beside = std::env::current_exe()?.with_file_name("preau");
    ensure!(
        beside.exists(),
        "{} is absent: build it (`make build`), or give --url and --ticket",
        beside.display()
    );
    Ok(beside)
}

impl Demonstration {
    /// Where it keeps everything.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Starts it on free ports, in a folder that goes with it.
    ///
    /// # Errors
    /// There is no binary, or it does not start.
    pub async fn start(cpu: Option<usize>) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let mut command = Command::new(binary()?);
        command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--media-port", "0", "--data"]);
        // It is ours; the server would take it for an option of its own that it does not know.
        command.env_remove(NAMED);
        command.arg(data.path()).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = process::pinned(cpu, || command.spawn())?.context("starting preau")?;
        let pid = child.id().context("preau ended at once")?;
        let mut lines = BufReader::new(child.stdout.take().context("preau says nothing")?).lines();
        let (mut url, mut trainer) = (None, None);
        while url.is_none() || trainer.is_none() {
            let line = timeout(PATIENCE, lines.next_line()).await.context("preau does not start")??;
            match line.as_deref().and_then(|line| line.split_once(' ')) {
                Some(("listening", at)) => url = Some(at.to_owned()),
                Some(("trainer", link)) => trainer = Some(link.to_owned()),
                Some(_) => {}
                None => bail!("preau ended while starting"),
            }
        }
        let (url, trainer) = (url.unwrap_or_default(), trainer.unwrap_or_default());
        Ok(Self { url, trainer, pid, _child: child, _said: lines, data })
    }
}
