//! The process itself: one a folder, ready when it says so, gone when asked.

use std::{os::unix::fs::PermissionsExt, time::Duration};

use anyhow::{Context, Result};
use harness::{
    PATIENCE,
    person::{Line, Person},
    server::{Place, Preau, binary},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
    time::timeout,
};

#[tokio::test]
async fn a_data_folder_has_one_user_and_one_process() -> Result<()> {
    let server = Preau::start().await?;
    let rights = std::fs::metadata(server.data())?.permissions().mode();
    assert_eq!(rights & 0o077, 0, "others may look into the folder: {rights:o}");
    let second = ["serve", "--listen", "127.0.0.1:0", "--media-port", "0"];
    for words in [&second[..], &["recordings", "recover"]] {
        let (code, _, err) = timeout(PATIENCE, server.command(words)).await??;
        assert_eq!(code, Some(1));
        assert!(err.contains("store.data") && err.contains("--data"), "{err}");
    }
    let (code, out, err) = server.command(&["journal", "verify"]).await?;
    assert_eq!(code, Some(0), "reading disturbs nobody: {out}{err}");
    Ok(())
}

#[tokio::test]
async fn a_connection_that_says_nothing_does_not_hold_up_the_stop() -> Result<()> {
    let mut server = Preau::start().await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    ben.says("bonjour").await?;
    let _silent = Line::open(server.address()).await?;
    // Less than the ten seconds after which a silent connection is closed.
    let stopped = timeout(Duration::from_secs(8), server.stop()).await.context("the stop is held up")??;
    assert!(stopped.success());
    let log = server.log()?;
    assert!(!log.contains("ERROR"), "{log}");
    let (code, out, err) = server.command(&["journal", "verify"]).await?;
    assert_eq!(code, Some(0), "{out}{err}");
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_no_database_of_ours_is_named_and_left_alone() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("preau.sqlite");
    std::fs::write(&file, "a diary")?;
    let verify =
        Command::new(binary()).args(["journal", "verify", "--data"]).arg(folder.path()).output().await?;
    let said = String::from_utf8_lossy(&verify.stderr);
    assert_eq!(verify.status.code(), Some(1));
    assert!(said.contains("preau.sqlite") && said.contains("--data"), "{said}");
    assert_eq!(std::fs::read_to_string(file)?, "a diary");
    Ok(())
}

/// One request, as it is: the answer.
async fn asked(server: &Preau, request: &str) -> Result<String> {
    let mut stream = TcpStream::connect(server.address()).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await??;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The séance and the ticket of a link.
fn parts(link: &str) -> Result<(&str, &str)> {
    let (address, ticket) = link.split_once('#').context("no ticket")?;
    Ok((address.rsplit('/').next().context("no séance")?, ticket))
}

#[tokio::test]
async fn the_cookie_of_a_replay_opens_that_replay_alone() -> Result<()> {
    const MINE: &str = "01900000-0000-7000-8000-000000000001";
    const OTHER: &str = "01900000-0000-7000-8000-000000000002";
    let config = Some("[http]\npublic_url = \"https://classe.example.fr\"\n".to_owned());
    let server = Preau::start_at(Place { config, ..Place::default() }).await?;
    let (seance, ticket) = parts(&server.links.participant)?;
    for recording in [MINE, OTHER] {
        let folder = server.data().join("recordings").join(seance).join(recording);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("manifest.json"), "{}")?;
    }
    let opened = asked(
        &server,
        &format!(
            "POST /api/replay/{MINE}/open HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ticket}\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n"
        ),
    )
    .await?;
    let cookie = opened
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .with_context(|| format!("no cookie: {opened}"))?;
    for attribute in ["; Secure", "; HttpOnly", "; SameSite=Strict", &format!("; Path=/api/replay/{MINE};")] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let pair = cookie.split(';').next().unwrap_or_default();
    let status = async |path: &str, header: String| -> Result<String> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{header}\r\nConnection: close\r\n\r\n");
        Ok(asked(&server, &request).await?.chars().skip(9).take(3).collect())
    };
    assert_eq!(status(&format!("/api/replay/{MINE}/manifest.json"), format!("Cookie: {pair}")).await?, "200");
    assert_eq!(
        status(&format!("/api/replay/{OTHER}/manifest.json"), format!("Cookie: {pair}")).await?,
        "401"
    );
    let (_, value) = pair.split_once('=').context("no cookie value")?;
    assert_eq!(status("/api/entry", format!("Authorization: Bearer {value}")).await?, "401");
    assert_eq!(status("/api/entry", format!("Authorization: Bearer {ticket}")).await?, "200");
    Ok(())
}
