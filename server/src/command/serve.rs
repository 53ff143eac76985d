//! `serve`: every port is taken, then the server runs until it is asked to stop.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    path::PathBuf,
};

use anyhow::Context;
use clap::Args;
use server::{
    Parts, Server,
    academy::Academies,
    clock::Clock,
    config::{Config, Media, TcpPort},
    demo,
    proof::ProofKey,
    secret,
    store::{Folder, Store},
};
use tokio::signal::unix::{Signal, SignalKind, signal};

#[derive(Debug, Args)]
pub(super) struct Serve {
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

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let clock = Clock::start();
        let config = self.configured()?;
        let mut asked = Asked::new()?;
        let data = Folder::take(&config.store.data)?;
        let key = secret::ticket_key(&config)?;
        let store = Store::connect(&config.store).await?;
        let announced = config.announced(self.demo)?;
        let ports = Ports::take(&config, &announced).await?;
        let address = ports.listener.local_addr().context("reading the listening address")?;
        let base = match config.http.public_url.trim_end_matches('/') {
            "" => format!("{}://{}", config.http.scheme(), super::reachable(address)),
            url => url.to_owned(),
        };
        let demo = match self.demo {
            true => Some(demo::prepare(&store, data.path(), &key, clock.now(), &base).await?),
            false => None,
        };
        let proof = ProofKey::open(&config.proof.key_file, data.path())?;
        let parts = Parts {
            listener: ports.listener,
            admin: ports.admin,
            media_sockets: ports.media_sockets,
            media_listener: ports.media_listener,
            tcp_port: ports.tcp_port,
            relay_socket: ports.relay_socket,
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
        super::say(&format!("listening {base}"))?;
        if let Some(links) = demo {
            super::say(&format!("trainer {}", links.trainer))?;
            super::say(&format!("participant {}", links.participant))?;
            super::say(&format!("organiser {}", links.organiser))?;
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
        let mut config = Config::read(self.config.as_deref(), super::variables())?;
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

/// What is listened on.
struct Ports {
    listener: tokio::net::TcpListener,
    admin: Option<tokio::net::TcpListener>,
    media_sockets: Vec<UdpSocket>,
    media_listener: Option<tokio::net::TcpListener>,
    tcp_port: Option<u16>,
    relay_socket: Option<tokio::net::UdpSocket>,
}

impl Ports {
    async fn take(config: &Config, announced: &[IpAddr]) -> anyhow::Result<Self> {
        let media_sockets = media_sockets(announced, &config.media)?;
        let (tcp_port, media_listener) = media_tcp(config, &media_sockets).await?;
        let relay_socket = relay_socket(config, &media_sockets).await?;
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
        Ok(Self { listener, admin, media_sockets, media_listener, tcp_port, relay_socket })
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
