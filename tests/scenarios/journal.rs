//! The hash chain: whoever changes a record is found.

use std::path::PathBuf;

use anyhow::{Context, Result};
use harness::{person::Person, server::Preau};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

/// The SQLite file of a data folder.
fn database(server: &Preau) -> Result<PathBuf> {
    let files = std::fs::read_dir(server.data())?.filter_map(|entry| Some(entry.ok()?.path()));
    files
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "db" || end == "sqlite"))
        .context("no database in the data folder")
}

/// Runs one statement behind the server's back; the number of rows it changed.
async fn tamper(server: &Preau, statement: &'static str) -> Result<u64> {
    let options = SqliteConnectOptions::new().filename(database(server)?);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let changed = sqlx::query(statement).execute(&mut connection).await?.rows_affected();
    connection.close().await?;
    Ok(changed)
}

/// A stopped server with a small class in its journal.
async fn after_a_class() -> Result<Preau> {
    let mut server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    trainer.says("bonjour").await?;
    ben.says("bonjour aussi").await?;
    server.stop().await?;
    let (code, out, err) = server.command(&["journal", "verify"]).await?;
    assert_eq!(code, Some(0), "{out}{err}");
    Ok(server)
}

async fn is_found(statement: &'static str) -> Result<()> {
    let server = after_a_class().await?;
    assert!(tamper(&server, statement).await? > 0, "nothing was changed");
    let (code, out, err) = server.command(&["journal", "verify"]).await?;
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(format!("{out}{err}").contains('2'), "the record is named: {out}{err}");
    Ok(())
}

#[tokio::test]
async fn a_changed_fact_is_found() -> Result<()> {
    is_found("UPDATE journal SET fact = replace(fact, 'joined', 'left') WHERE seq = 2").await
}

#[tokio::test]
async fn a_moved_instant_is_found() -> Result<()> {
    is_found("UPDATE journal SET mono_ms = mono_ms + 60000 WHERE seq = 2").await
}

#[tokio::test]
async fn a_removed_record_is_found() -> Result<()> {
    is_found("DELETE FROM journal WHERE seq = 2").await
}

#[tokio::test]
async fn a_record_of_no_seance_is_found() -> Result<()> {
    is_found("UPDATE journal SET seance_id = upper(seance_id) WHERE seq >= 2").await?;
    let server = after_a_class().await?;
    tamper(&server, "UPDATE journal SET seance_id = 'elsewhere'").await?;
    let (code, out, err) = server.command(&["journal", "verify"]).await?;
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains("\"elsewhere\": broken"), "{out}");
    Ok(())
}
