//! `preau-load`: load on this machine's own servers, bounded in count and time.

use std::{io::Write, net::SocketAddr, process::ExitCode, time::Duration};

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use load::{
    Film, arrivals, bench,
    fanout::{self, Kind, Source},
    figures::Figures,
    process,
    proxy::{Network, Proxy, Script},
    storm,
};

/// The load generator of Préau. Loopback addresses only; it stops by itself.
#[derive(Debug, Parser)]
#[command(name = "preau-load", version)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Publishers to many viewers: what does a forwarded packet cost?
    Fanout(Fanout),
    /// Everybody comes at once: how long to the first media packet?
    Storm(Storm),
    /// People at the doors of many séances in the same minute: how long to the acknowledged arrival?
    Arrivals(Doors),
    /// A bad network before the media port of a server, by a script and a seed.
    Proxy(Bad),
    /// Préau, the floor and Janus side by side, and what is asked of Préau. A few minutes.
    Bench(Bench),
}

#[derive(Debug, Args)]
struct Fanout {
    #[arg(long, value_enum, default_value = "preau")]
    target: Kind,
    /// Where a running server is; without it Préau is started from the binary beside this one.
    #[arg(long)]
    url: Option<String>,
    /// The trainer's link.
    #[arg(long, value_name = "TRAINER_LINK", requires = "url")]
    ticket: Option<String>,
    /// Whose processor time and memory are the server's.
    #[arg(long, value_name = "PID")]
    server_pid: Option<u32>,
    #[arg(long, value_name = "N", default_value = "200", value_parser = clap::value_parser!(u32).range(1..=5000))]
    subscribers: u32,
    /// Video of each publisher, kbit/s.
    #[arg(long, value_name = "K", default_value = "2000", value_parser = clap::value_parser!(u32).range(20..=20_000))]
    kbps: u32,
    /// Payload bytes of a full packet.
    #[arg(long, value_name = "BYTES", default_value = "1100", value_parser = clap::value_parser!(u16).range(200..=1200))]
    packet: u16,
    #[arg(long, value_name = "S", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=100))]
    publishers: u32,
    /// Three layers each.
    #[arg(long)]
    simulcast: bool,
    /// The floor sends runs of packets as one message with segments.
    #[arg(long)]
    gso: bool,
    /// One line of JSON at the end.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Bad {
    /// What clients are told to be the server.
    #[arg(long, value_name = "ADDRESS:PORT")]
    front: SocketAddr,
    /// The server's media port.
    #[arg(long, value_name = "ADDRESS:PORT")]
    server: SocketAddr,
    #[arg(long, default_value = "1")]
    seed: u64,
    /// For example "0 delay=50ms loss=5%; 10 down.rate=500k; 20 down.rate=none".
    #[arg(long)]
    script: Script,
    #[arg(long, value_name = "S", default_value = "60", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
}

impl Bad {
    async fn run(&self) -> Result<()> {
        let proxy = Proxy::start(self.front, self.server, self.seed, Network::default())?;
        self.script.play(&proxy, Duration::from_secs(self.seconds)).await;
        let (up, down) = proxy.counts();
        print(&format!("up {up:?}\ndown {down:?}"))
    }
}

#[derive(Debug, Args)]
struct Storm {
    /// Where a running server is; without it Préau is started from the binary beside this one.
    #[arg(long)]
    url: Option<String>,
    /// The trainer's link.
    #[arg(long, value_name = "TRAINER_LINK", requires = "url")]
    ticket: Option<String>,
    /// Whose processor time and memory are the server's.
    #[arg(long, value_name = "PID")]
    server_pid: Option<u32>,
    #[arg(long, value_name = "N", default_value = "500", value_parser = clap::value_parser!(u32).range(1..=5000))]
    clients: u32,
    /// They come evenly over so long.
    #[arg(long, value_name = "S", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// One line of JSON at the end.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Doors {
    #[arg(long, value_name = "N", default_value = "5000", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    people: u32,
    /// They come evenly over so long.
    #[arg(long, value_name = "S", default_value = "60", value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
}

#[derive(Debug, Args)]
struct Bench {
    /// Length of one window; each target has five.
    #[arg(long, value_name = "S", default_value = "2", value_parser = clap::value_parser!(u64).range(1..=60))]
    window: u64,
    /// Crowds of viewers.
    #[arg(long, value_name = "N,N", default_value = "50,200,500", value_delimiter = ',')]
    viewers: Vec<u16>,
    /// Clients of the storm.
    #[arg(long, value_name = "N", default_value = "500", value_parser = clap::value_parser!(u32).range(1..=5000))]
    storm: u32,
    /// Exit 3 when something that is asked of Préau is not met.
    #[arg(long)]
    strict: bool,
}

/// What `bench --strict` exits with when something is not met.
const NOT_MET: u8 = 3;

impl Bench {
    fn plan(&self) -> bench::Plan {
        bench::Plan {
            window: Duration::from_secs(self.window),
            crowds: self.viewers.iter().map(|&viewers| viewers.into()).collect(),
            storm: self.storm as usize,
        }
    }

    async fn run(&self) -> Result<ExitCode> {
        let outcome = bench::run(&self.plan()).await?;
        print(&outcome.text)?;
        let failed = self.strict && outcome.not_met > 0;
        Ok(if failed { ExitCode::from(NOT_MET) } else { ExitCode::SUCCESS })
    }
}

impl Storm {
    fn plan(&self) -> storm::Plan {
        let (url, ticket) = (self.url.clone(), self.ticket.clone());
        let source = Source { url, ticket, server_pid: self.server_pid, ..Source::own(Kind::Preau, false) };
        storm::Plan { source, clients: self.clients as usize, seconds: self.seconds }
    }
}

impl Fanout {
    fn plan(&self) -> fanout::Plan {
        let film = Film { simulcast: self.simulcast, ..Film::trainer(self.kbps, self.packet.into()) };
        let (url, ticket) = (self.url.clone(), self.ticket.clone());
        fanout::Plan {
            source: Source { kind: self.target, url, ticket, server_pid: self.server_pid, gso: self.gso },
            subscribers: self.subscribers as usize,
            publishers: self.publishers as usize,
            film,
            seconds: self.seconds,
        }
    }
}

fn main() -> Result<ExitCode> {
    let line = Line::parse();
    process::raise_descriptors()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    match &line.command {
        Command::Bench(command) => return runtime.block_on(command.run()),
        Command::Fanout(command) => {
            say(runtime.block_on(fanout::run(&command.plan()))?.as_ref(), command.json)?;
        }
        Command::Arrivals(command) => {
            let seen = runtime.block_on(arrivals::run(command.people as usize, command.seconds))?;
            print(&format!("{seen:#?}"))?;
        }
        Command::Proxy(command) => runtime.block_on(command.run())?,
        Command::Storm(command) => {
            say(runtime.block_on(storm::run(&command.plan()))?.as_ref(), command.json)?
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn say(figures: Option<&Figures>, json: bool) -> Result<()> {
    let Some(figures) = figures else { return Ok(()) };
    print(&if json { figures.line()? } else { format!("{figures:#?}") })
}

fn print(text: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}
