//! The page by HTTPS: a certificate from files, read again when it changes.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt};
use harness::{
    PATIENCE,
    server::{Place, Preau},
    tls::Authority,
    until,
};
use signaling::protocol::{Envelope, Notice, Request, VERSION};
use tempfile::tempdir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
    time::timeout,
};
use tokio_tungstenite::{client_async, tungstenite::Message};

/// The configuration of a server with these files.
fn config(certificate: &Path, key: &Path) -> String {
    format!("[http]\ntls_certificate = {certificate:?}\ntls_key = {key:?}\n")
}

async fn secured(authority: &Authority, folder: &Path) -> Result<Preau> {
    let (certificate, key) = authority.certify(folder)?;
    Preau::start_at(Place { config: Some(config(&certificate, &key)), ..Place::default() }).await
}

#[tokio::test]
async fn a_class_is_entered_by_https_and_wss() -> Result<()> {
    let (authority, folder) = (Authority::new()?, tempdir()?);
    let server = secured(&authority, folder.path()).await?;
    ensure!(server.links.trainer.starts_with("https://"), "links lead to https");

    let mut stream = authority.connect(&server).await?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await??;
    ensure!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));

    let (_, ticket) = server.links.trainer.split_once('#').context("a link without a ticket")?;
    let (mut socket, _) = client_async("wss://localhost/ws", authority.connect(&server).await?).await?;
    let hello = Request::Hello {
        version: VERSION,
        ticket: ticket.to_owned(),
        name: None,
        resume: None,
        recording_acknowledged: true,
    };
    socket.send(Message::text(serde_json::to_string(&hello)?)).await?;
    let welcomed = async {
        while let Some(message) = socket.next().await {
            let envelope: Envelope = serde_json::from_str(message?.to_text()?)?;
            if matches!(envelope.notice, Notice::Welcome(_)) {
                return Ok(());
            }
        }
        anyhow::bail!("closed without a welcome")
    };
    timeout(PATIENCE, welcomed).await?
}

#[tokio::test]
async fn who_speaks_http_to_https_is_told_so() -> Result<()> {
    let (authority, folder) = (Authority::new()?, tempdir()?);
    let server = secured(&authority, folder.path()).await?;
    let mut stream = TcpStream::connect(server.address()).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await??;
    ensure!(answer.starts_with("HTTP/1.1 400") && answer.contains("https://"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_up_on_sighup() -> Result<()> {
    let (authority, folder) = (Authority::new()?, tempdir()?);
    let server = secured(&authority, folder.path()).await?;
    let shown = async || -> Result<Vec<u8>> {
        let stream = authority.connect(&server).await?;
        let chain = stream.get_ref().1.peer_certificates().context("no certificate")?;
        Ok(chain.first().context("an empty chain")?.to_vec())
    };
    let before = shown().await?;
    let asked = async || -> Result<()> {
        let id = server.id().context("the server has ended")?;
        ensure!(Command::new("kill").args(["-HUP", &id.to_string()]).status().await?.success());
        Ok(())
    };

    // A file that cannot be used changes nothing.
    std::fs::write(folder.path().join("certificate.pem"), "not a certificate")?;
    asked().await?;
    until("the report of a bad certificate", PATIENCE, async || {
        Ok(server.log()?.contains("tls_certificate").then_some(()))
    })
    .await?;
    ensure!(shown().await? == before);

    authority.certify(folder.path())?;
    asked().await?;
    until("the new certificate", PATIENCE, async || Ok((shown().await? != before).then_some(()))).await
}

#[tokio::test]
async fn a_bad_certificate_is_refused_at_the_start_by_its_option() -> Result<()> {
    let (authority, folder) = (Authority::new()?, tempdir()?);
    let (certificate, key) = authority.certify(folder.path())?;
    let foreign = tempdir()?;
    let (_, other_key) = authority.certify(foreign.path())?;
    let missing = folder.path().join("missing.pem");
    for (certificate, key, option) in [
        (&certificate, &other_key, "http.tls_key"),
        (&missing, &key, "http.tls_certificate"),
        (&certificate, &missing, "http.tls_key"),
    ] {
        let place = Place { config: Some(config(certificate, key)), ..Place::default() };
        let error = Preau::start_at(place).await.err().context("it started")?;
        ensure!(format!("{error:#}").contains(option), "{error:#}");
    }
    Ok(())
}
