//! The command line: `serve`, `journal verify`, `recordings recover`, `attendance check`,
//! `gaia import`, `schools import`, `retention`, `user`, `export`, `verify`.

mod attendance;
mod export;
mod gaia;
mod retention;
mod schools;
mod user;

use std::{
    io::Write,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use server::{
    Parts, Server,
    academy::Academies,
    clock::Clock,
    config::{Config, Http, Media, TcpPort},
    demo,
    proof::ProofKey,
    secret,
    store::{Folder, Store, StoreError},
};
use signaling::id::SeanceId;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Préau: virtual classroom and webinar server.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Every option of the configuration file may be set by the environment: \
    PREAU_HTTP_LISTEN, PREAU_MEDIA_PORT, PREAU_MEDIA_ADDRESSES, PREAU_STORE_DATA… See server/config.example.toml."
)]
pub(crate) struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves classes. Prints `listening URL` once it does; logs go to standard error.
    Serve(Serve),
    /// The journal of the séances.
    #[command(subcommand)]
    Journal(JournalCommand),
    /// The recordings.
    #[command(subcommand)]
    Recordings(RecordingsCommand),
    /// Presence from cases written down in a file.
    #[command(subcommand)]
    Attendance(attendance::AttendanceCommand),
    /// What GAIA says of sessions, trainers and trainees.
    #[command(subcommand)]
    Gaia(gaia::GaiaCommand),
    /// Schools and the circonscriptions they lie in.
    #[command(subcommand)]
    Schools(schools::SchoolsCommand),
    /// What has served its time.
    #[command(subcommand)]
    Retention(retention::RetentionCommand),
    /// People, their roles and their passwords.
    #[command(subcommand)]
    User(user::UserCommand),
    Export(export::Export),
    Verify(export::Verify),
}

#[derive(Debug, Args)]
struct Serve {
    /// Opens a séance to try out and prints the links of a trainer, of participants and of an organiser.
    #[arg(long)]
    demo: bool,
    /// Configuration file (TOML).
    #[arg(long)]
    config: Option<PathBuf>,
    /// Address and port of the page; port 0 takes a free one.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// UDP port of sound and picture; 0 takes a free one.
    #[arg(long)]
    media_port: Option<u16>,
    /// Folder of the database and the recordings.
    #[arg(long)]
    data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum JournalCommand {
    /// Checks the hash chain of every séance: exit 0, or 1 with the first bad record.
    Verify {
        #[arg(long)]
        data: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum RecordingsCommand {
    /// Makes recordings playable that a crash left open, as every start does. May be run again.
    Recover {
        #[arg(long)]
        data: PathBuf,
    },
}

impl Line {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Serve(options) => {
                let runtime = runtime()?;
                let served = runtime.block_on(options.run());
                // What still runs is a repair of recordings, which the next start takes up again.
                runtime.shutdown_background();
                served.map(|()| ExitCode::SUCCESS)
            }
            Command::Journal(JournalCommand::Verify { data }) => runtime()?.block_on(verify(data)),
            Command::Recordings(RecordingsCommand::Recover { data }) => recover(&data),
            Command::Attendance(command) => command.run(),
            Command::Gaia(command) => runtime()?.block_on(command.run()),
            Command::Schools(command) => runtime()?.block_on(command.run()),
            Command::Retention(command) => runtime()?.block_on(command.run()),
            Command::User(command) => runtime()?.block_on(command.run()),
            Command::Export(command) => runtime()?.block_on(command.run()),
            Command::Verify(command) => command.run(),
        }
    }
}

/// The environment, as far as it is text.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// How much everything else gives way to the media workers: sound waits for nobody's list.
const GIVES_WAY: i32 = 5;

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // The media workers are not started by these threads. Where the system refuses, all are equal.
        .on_thread_start(|| {
            let _ = rustix::process::nice(GIVES_WAY);
        })
        .build()
        .context("starting the runtime")
}

/// One line of standard output, at once.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("writing to standard output")
}

impl Serve {
    async fn run(self) -> anyhow::Result<()> {
        let clock = Clock::start();
        let config = self.configured()?;
        let mut asked = Asked::new()?;
        let data = Folder::take(&config.store.data)?;
        let key = secret::ticket_key(&config)?;
        let store = Store::connect(&config.store).await?;
        let announced = config.announced(self.demo)?;
        let media_sockets = media_sockets(&announced, &config.media)?;
        let (tcp_port, media_listener) = media_tcp(&config, &media_sockets).await?;
        let relay_socket = relay_socket(&config, &media_sockets).await?;
        let listener = tokio::net::TcpListener::bind(config.http.listen).await.with_context(|| {
            format!(
                "listening on {}; another one may use it, see `http.listen` (--listen)",
                config.http.listen
            )
        })?;
        let admin = match config.admin.listen {
            Some(listen) => Some(tokio::net::TcpListener::bind(listen).await.with_context(|| {
                format!("listening on {listen} for the figures; another one may use it, see `admin.listen`")
            })?),
            None => None,
        };
        let address = listener.local_addr().context("reading the listening address")?;
        let base = match config.http.public_url.trim_end_matches('/') {
            "" => format!("{}://{}", config.http.scheme(), reachable(address)),
            url => url.to_owned(),
        };
        let demo = match self.demo {
            true => Some(demo::prepare(&store, data.path(), &key, clock.now(), &base).await?),
            false => None,
        };
        let proof = ProofKey::open(&config.proof.key_file, data.path())?;
        let parts = Parts {
            listener,
            admin,
            media_sockets,
            media_listener,
            tcp_port,
            relay_socket,
            announced,
            data,
            store,
            key,
            proof,
            clock,
            academies: Academies::read(&config.academies.file)?,
            base: base.clone(),
            demo: self.demo,
        };
        let server = Server::start(parts, &config)?;
        say(&format!("listening {base}"))?;
        if let Some(links) = demo {
            say(&format!("trainer {}", links.trainer))?;
            say(&format!("participant {}", links.participant))?;
            say(&format!("organiser {}", links.organiser))?;
        }
        let stop = server.stop();
        let serving = server.run();
        tokio::pin!(serving);
        tokio::select! {
            served = &mut serving => return Ok(served?),
            () = asked.next() => stop.cancel(),
        }
        tracing::info!("stopping: rooms are told, the journal is written; ask again to stop at once");
        tokio::select! {
            served = serving => Ok(served?),
            () = asked.next() => anyhow::bail!("stopped at once; what was acknowledged is safe"),
        }
    }

    fn configured(&self) -> anyhow::Result<Config> {
        let mut config = Config::read(self.config.as_deref(), variables())?;
        if let Some(listen) = self.listen {
            config.http.listen = listen;
        }
        if let Some(port) = self.media_port {
            config.media.port = port;
        }
        if let Some(data) = &self.data {
            config.store.data.clone_from(data);
        }
        Ok(config)
    }
}

/// Start of the addresses that people are given by a command: as configured, else where the server would listen.
fn base(http: &Http) -> String {
    match http.public_url.trim_end_matches('/') {
        "" => format!("{}://{}", http.scheme(), reachable(http.listen)),
        url => url.to_owned(),
    }
}

/// The address people can type: an unspecified one means this machine too.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()))
    } else {
        address
    }
}

/// One socket per media worker, on neighbouring ports.
fn media_sockets(announced: &[IpAddr], options: &Media) -> anyhow::Result<Vec<UdpSocket>> {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let workers = if options.workers == 0 { cores() } else { options.workers };
    (0..workers)
        .map(|n| {
            let port = match options.port {
                0 => 0,
                first => u16::try_from(usize::from(first) + n)
                    .with_context(|| format!("`media.port` {first} leaves no room for {workers} workers"))?,
            };
            media_socket(announced, port)
        })
        .collect()
}

/// The TCP port to announce for media, and its listener unless that is the page's.
async fn media_tcp(
    config: &Config,
    sockets: &[UdpSocket],
) -> anyhow::Result<(Option<u16>, Option<tokio::net::TcpListener>)> {
    let Some(beside) = sockets.first() else { return Ok((None, None)) };
    let mut address = beside.local_addr().context("reading the media address")?;
    match config.media.tcp_port {
        TcpPort::Off => return Ok((None, None)),
        TcpPort::Same => {}
        TcpPort::Port(port) if port.get() == config.http.listen.port() => {
            return Ok((Some(port.get()), None));
        }
        TcpPort::Port(port) => address.set_port(port.get()),
    }
    match tokio::net::TcpListener::bind(address).await {
        Ok(listener) => Ok((Some(address.port()), Some(listener))),
        // Nobody asked for this port by name: the classes can be held without it.
        Err(error) if config.media.tcp_port == TcpPort::Same => {
            tracing::error!(%error, port = address.port(), "no media over TCP: the port is taken; see `media.tcp_port`");
            Ok((None, None))
        }
        Err(error) => Err(error)
            .with_context(|| format!("listening on TCP port {}; see `media.tcp_port`", address.port())),
    }
}

/// The relay's UDP port, at the addresses of media.
async fn relay_socket(
    config: &Config,
    sockets: &[UdpSocket],
) -> anyhow::Result<Option<tokio::net::UdpSocket>> {
    let (true, 1.., Some(beside)) = (config.turn.enabled, config.turn.udp_port, sockets.first()) else {
        return Ok(None);
    };
    let mut address = beside.local_addr().context("reading the media address")?;
    address.set_port(config.turn.udp_port);
    let bound = tokio::net::UdpSocket::bind(address).await;
    bound.map(Some).with_context(|| format!("opening UDP port {}; see `turn.udp_port`", address.port()))
}

/// On the loopback alone when nothing else is announced.
fn media_socket(announced: &[IpAddr], port: u16) -> anyhow::Result<UdpSocket> {
    let local = match announced {
        [one] => *one,
        _ if announced.iter().all(IpAddr::is_loopback) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        _ if announced.iter().any(IpAddr::is_ipv6) => IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED),
        _ => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    };
    UdpSocket::bind((local, port)).or_else(|_| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port))).with_context(
        || format!("opening UDP port {port}; another one may use it, see --media-port and `media.workers`"),
    )
}

/// SIGTERM, or Ctrl-C.
struct Asked {
    terminated: Signal,
    interrupted: Signal,
}

impl Asked {
    fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("listening for signals");
        Ok(Self {
            terminated: listen(SignalKind::terminate())?,
            interrupted: listen(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminated.recv() => {}
            _ = self.interrupted.recv() => {}
        }
    }
}

async fn verify(data: PathBuf) -> anyhow::Result<ExitCode> {
    let mut config = Config::read(None, variables())?;
    config.store.data = data;
    let store = Store::connect_read_only(&config.store).await?;
    let mut sound = true;
    for name in store.journals().await? {
        let said = verified(&store, &name).await?;
        sound &= said.is_ok();
        say(&said.unwrap_or_else(|broken| broken))?;
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

fn recover(data: &Path) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(data.is_dir(), "there is no folder {}; check --data", data.display());
    let folder = Folder::take(data)?;
    let (mut sealed, mut failed) = (0_usize, false);
    for (folder, report) in recorder::repair::recover_all(folder.path())? {
        match report {
            Ok(report) if report.intact => {}
            Ok(report) => {
                sealed += 1;
                say(&format!("{}: {} files sealed", folder.display(), report.sealed))?;
            }
            Err(error) => {
                failed = true;
                say(&format!("{}: {error}", folder.display()))?;
            }
        }
    }
    say(&format!("{sealed} recordings recovered"))?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
