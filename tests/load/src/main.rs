//! `preau-load`: load on this machine's own servers, bounded in count and time.

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use load::{Film, fanout, figures::Figures, process};

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
}

#[derive(Debug, Args)]
struct Fanout {
    /// preau, janus, livekit, galene or floor.
    #[arg(long, default_value = "preau")]
    target: String,
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

impl Fanout {
    fn plan(&self) -> fanout::Plan {
        let film = Film { simulcast: self.simulcast, ..Film::trainer(self.kbps, self.packet.into()) };
        fanout::Plan {
            target: self.target.clone(),
            url: self.url.clone(),
            ticket: self.ticket.clone(),
            server_pid: self.server_pid,
            subscribers: self.subscribers as usize,
            publishers: self.publishers as usize,
            film,
            seconds: self.seconds,
            gso: self.gso,
        }
    }
}

fn main() -> Result<()> {
    let line = Line::parse();
    process::raise_descriptors()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    match line.command {
        Command::Fanout(command) => {
            let figures = runtime.block_on(fanout::run(&command.plan()))?;
            say(&figures, command.json)
        }
    }
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn say(figures: &Figures, json: bool) -> Result<()> {
    if json {
        println!("{}", figures.line()?);
    } else {
        println!("{figures:#?}");
    }
    Ok(())
}
