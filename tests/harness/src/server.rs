//! The real `preau` process: started, stopped, killed, started again on the same ports and data.

use std::{
    net::{SocketAddr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
};

use anyhow::{Context, Result, bail};
use server::config::{Config, Store};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
    time::timeout,
};

use crate::PATIENCE;

/// The development build of the binary, or the one that `TESTS_BINARY` names.
#[must_use]
pub fn binary() -> PathBuf {
    std::env::var_os("TESTS_BINARY")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/debug/preau"), PathBuf::from)
}

/// The name in the trainer's link of a demonstration.
pub const TRAINER: &str = "Formatrice (démonstration)";

/// The links a demonstration prints.
#[derive(Debug, Clone, Default)]
pub struct Links {
    pub listening: String,
    pub trainer: String,
    pub participant: String,
    pub organiser: String,
}

/// Where and how a server runs; kept across restarts.
#[derive(Debug, Default)]
pub struct Place {
    /// The data folder; one in a temporary folder when absent.
    pub data: Option<PathBuf>,
    /// The content of a configuration file.
    pub config: Option<String>,
    /// More arguments of `preau serve`.
    pub arguments: Vec<String>,
}

/// One running server.
#[derive(Debug)]
pub struct Preau {
    folder: TempDir,
    data: PathBuf,
    config: Option<PathBuf>,
    arguments: Vec<String>,
    listen: SocketAddr,
    media: SocketAddr,
    child: Child,
    pub links: Links,
}

impl Preau {
    /// Starts a demonstration server in a temporary folder.
    pub async fn start() -> Result<Self> {
        Self::start_at(Place::default()).await
    }

    /// Starts a demonstration server and waits until it listens.
    pub async fn start_at(place: Place) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = place.data.unwrap_or_else(|| folder.path().join("data"));
        let config = match place.config {
            Some(text) => {
                let path = folder.path().join("preau.toml");
                std::fs::write(&path, text)?;
                Some(path)
            }
            None => None,
        };
        let listen = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let media = UdpSocket::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = serve(listen, media, &data, config.as_deref(), &place.arguments);
        let mut child = command.spawn().with_context(|| format!("starting {}", binary().display()))?;
        let links = links(&mut child, folder.path()).await?;
        Ok(Self { folder, data, config, arguments: place.arguments, listen, media, child, links })
    }

    /// Changes the configuration file, for the next [`Preau::restart`].
    pub fn configure(&self, text: &str) -> Result<()> {
        let path = self.config.as_deref().context("the server was started without a configuration file")?;
        Ok(std::fs::write(path, text)?)
    }

    /// Where HTTP and WebSocket are served.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listen
    }

    /// Where media is received.
    #[must_use]
    pub fn media_address(&self) -> SocketAddr {
        self.media
    }

    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Ends the process as a power cut would.
    pub async fn kill(&mut self) -> Result<()> {
        self.child.kill().await?;
        Ok(())
    }

    /// Asks the process to stop, and waits until it did.
    pub async fn stop(&mut self) -> Result<ExitStatus> {
        self.is_asked_to_stop().await?;
        timeout(PATIENCE, self.child.wait()).await.context("the server does not stop")?.map_err(Into::into)
    }

    /// Asks the process to stop.
    pub async fn is_asked_to_stop(&self) -> Result<()> {
        let id = self.child.id().context("the server has ended already")?;
        let sent = Command::new("kill").arg("-TERM").arg(id.to_string()).status().await?;
        if !sent.success() {
            bail!("the server could not be asked to stop");
        }
        Ok(())
    }

    /// Starts the process again, after `kill` or `stop`, on the same ports and data.
    pub async fn restart(&mut self) -> Result<()> {
        let mut command = serve(self.listen, self.media, &self.data, self.config.as_deref(), &self.arguments);
        self.child = command.spawn()?;
        self.links = links(&mut self.child, self.folder.path()).await?;
        Ok(())
    }

    /// The number of the process, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// True while the process runs.
    pub fn runs(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// What the process has written to standard error.
    pub fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.folder.path().join("log"))?)
    }

    /// Runs `preau WORDS --data DATA`; its exit code, standard output and standard error.
    pub async fn command(&self, words: &[&str]) -> Result<(Option<i32>, String, String)> {
        let output = self.beside(words)?.output().await?;
        Ok((
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ))
    }

    /// `preau WORDS --data DATA`, with the server's own database.
    pub fn beside(&self, words: &[&str]) -> Result<Command> {
        let mut command = Command::new(binary());
        command.args(words).arg("--data").arg(&self.data).env("PREAU_STORE_URL", self.kept()?.url);
        Ok(command)
    }

    /// Where the server keeps everything.
    pub fn kept(&self) -> Result<Store> {
        let config = Config::read(self.config.as_deref(), [])?;
        Ok(Store { data: self.data.clone(), ..config.store })
    }

    /// A REST answer, status and body, to the holder of `link`; `None` asks as nobody.
    pub async fn get(&self, path: &str, link: Option<&str>) -> Result<(u16, String)> {
        get(self.listen, path, link).await
    }
}

/// An HTTP answer from any address, status and body, to the holder of `link`; `None` asks as nobody.
pub async fn get(address: SocketAddr, path: &str, link: Option<&str>) -> Result<(u16, String)> {
    let bearer = match link.and_then(|link| link.split_once('#')) {
        Some((_, ticket)) => format!("Authorization: Bearer {ticket}\r\n"),
        None => String::new(),
    };
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{bearer}Connection: close\r\n\r\n", address);
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await??;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
    let status = head.split(' ').nth(1).context("no HTTP status")?.parse()?;
    Ok((status, body.to_owned()))
}

/// The command line of a demonstration server.
fn serve(
    listen: SocketAddr,
    media: SocketAddr,
    data: &Path,
    config: Option<&Path>,
    arguments: &[String],
) -> Command {
    let mut command = Command::new(binary());
    command.args(["serve", "--demo", "--listen"]).arg(listen.to_string());
    command.arg("--media-port").arg(media.port().to_string()).arg("--data").arg(data);
    if let Some(config) = config {
        command.arg("--config").arg(config);
    }
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Reads standard output until the three links are printed; standard error goes to the file `log`.
async fn links(child: &mut Child, folder: &Path) -> Result<Links> {
    let mut log = tokio::fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).await?;
    let mut errors = child.stderr.take().context("no standard error")?;
    let mut lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
    #[expect(clippy::disallowed_methods, reason = "ends with the pipe, that is with the process")]
    let copied = tokio::spawn(async move { tokio::io::copy(&mut errors, &mut log).await });
    let mut links = Links::default();
    let announced = async {
        while let Some(line) = lines.next_line().await? {
            match line.split_once(' ') {
                Some(("listening", url)) => url.clone_into(&mut links.listening),
                Some(("trainer", url)) => url.clone_into(&mut links.trainer),
                Some(("participant", url)) => url.clone_into(&mut links.participant),
                Some(("organiser", url)) => {
                    url.clone_into(&mut links.organiser);
                    return Ok(links);
                }
                _ => {}
            }
        }
        let _ended = copied.await;
        bail!("the server ended before listening: {}", std::fs::read_to_string(folder.join("log"))?)
    };
    timeout(PATIENCE, announced).await.context("the server does not listen")?
}
