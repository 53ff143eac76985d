//! A real PostgreSQL for one story, by `tests/postgres.sh`, which says what is missing when there is none.

use std::process::Stdio;

use anyhow::{Context, Result};
use sqlx::{AnyConnection, Connection};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{PATIENCE, server::Place};

/// Runs until it is dropped: the script ends with its standard input.
#[derive(Debug)]
pub struct Postgres {
    _script: Child,
    url: String,
}

impl Postgres {
    pub async fn start() -> Result<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/postgres.sh");
        let mut child = Command::new(script)
            .args(["sh", "-c", "echo $TESTS_POSTGRES; cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("starting tests/postgres.sh")?;
        let mut lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
        let first = timeout(PATIENCE * 8, lines.next_line()).await.context("PostgreSQL does not start")??;
        let url = first.context("PostgreSQL does not start; install it by `tests/setup.sh postgres`")?;
        Ok(Self { _script: child, url })
    }

    /// Where a server keeps everything in a new, empty database.
    pub async fn place(&self, name: &str) -> Result<Place> {
        let config = format!("[store]\nurl = \"{}\"\n", self.database(name).await?);
        Ok(Place { config: Some(config), ..Place::default() })
    }

    /// The address of a new, empty database.
    pub async fn database(&self, name: &str) -> Result<String> {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(&self.url).await?;
        let create = format!("CREATE DATABASE {name}");
        sqlx::query(sqlx::AssertSqlSafe(create)).execute(&mut connection).await?;
        connection.close().await?;
        Ok(self.url.replacen("/postgres?", &format!("/{name}?"), 1))
    }
}
