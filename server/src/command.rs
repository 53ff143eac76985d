//! The command line: `serve`, `journal verify`, `recordings recover`, `attendance check`,
//! `gaia import`, `schools import`, `retention`, `user`, `export`, `verify`.

mod attendance;
mod export;
mod gaia;
mod import;
mod journal;
mod recordings;
mod retention;
mod schools;
mod serve;
mod user;

use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Parser, Subcommand};
use server::config::Http;

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
    Serve(serve::Serve),
    /// The journal of the séances.
    #[command(subcommand)]
    Journal(journal::JournalCommand),
    /// The recordings.
    #[command(subcommand)]
    Recordings(recordings::RecordingsCommand),
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
            Command::Journal(command) => runtime()?.block_on(command.run()),
            Command::Recordings(command) => command.run(),
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
