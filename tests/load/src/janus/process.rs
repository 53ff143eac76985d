//! A Janus for measuring: Debian's binary with the VideoRoom and the WebSocket transport alone, two event loops,
//! and a network interface it accepts.
//!
//! Janus skips the loopback interface, so it gets a pair of interfaces that lead nowhere, one of which carries a
//! loopback address.

use std::{
    fmt::Write,
    fs::File,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};

/// The room that is made at the start.
pub(super) const ROOM: u64 = 1234;
/// Where its media is, and where the peers' sockets must be.
pub(super) const MEDIA: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

const BINARY: &str = "/usr/bin/janus";
/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(15);
const INTERFACE: &str = "jlo0";
const PEER: &str = "jlo1";

/// The running process with its files; it ends when dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    signalling: SocketAddr,
    _folder: TempDir,
    _interface: Interface,
}

impl Process {
    /// `None` when Janus is not installed.
    pub(super) async fn start() -> Result<Option<Self>> {
        if !Path::new(BINARY).exists() {
            return Ok(None);
        }
        let interface = Interface::up()?;
        let folder = tempfile::tempdir()?;
        let signalling = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        configure(folder.path(), signalling.port())?;
        let log = File::create(folder.path().join("log"))?;
        let mut child = Command::new(BINARY)
            .arg("-F")
            .arg(folder.path())
            .arg("-C")
            .arg(folder.path().join("janus.jcfg"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("starting janus")?;
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(signalling).await.is_err() {
            if Instant::now() > deadline || child.try_wait()?.is_some() {
                let _ = child.kill();
                let _ = child.wait();
                bail!("janus does not listen:\n{}", std::fs::read_to_string(folder.path().join("log"))?);
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(Some(Self { child, signalling, _folder: folder, _interface: interface }))
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn signalling(&self) -> SocketAddr {
        self.signalling
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has nothing to save.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes the configuration: a fair opponent has no bandwidth cap, logs errors only and loads nothing it does not use.
fn configure(folder: &Path, port: u16) -> Result<()> {
    let library = library()?;
    let mut folders = String::new();
    for (kind, wanted) in [
        ("plugins", Some("libjanus_videoroom.so")),
        ("transports", Some("libjanus_websockets.so")),
        ("events", None),
        ("loggers", None),
    ] {
        let own = folder.join(kind);
        std::fs::create_dir(&own)?;
        if let Some(wanted) = wanted {
            symlink(library.join(kind).join(wanted), own.join(wanted))?;
        }
        writeln!(folders, "  {kind}_folder = {:?}", own)?;
    }
    let main = format!(
        "general: {{\n  configs_folder = {folder:?}\n{folders}  debug_level = 2\n  session_timeout = 60\n  \
         event_loops = 2\n}}\nmedia: {{\n  rtp_port_range = \"20000-29999\"\n}}\nnat: {{\n  \
         ice_enforce_list = \"{INTERFACE}\"\n  ice_lite = true\n  full_trickle = false\n  ignore_mdns = true\n}}\n"
    );
    let socket = format!(
        "general: {{\n  json = \"compact\"\n  ws = true\n  ws_port = {port}\n  ws_ip = \"127.0.0.1\"\n  \
         wss = false\n}}\nadmin: {{\n  admin_ws = false\n}}\n"
    );
    let room = format!(
        "general: {{\n}}\nroom-{ROOM}: {{\n  description = \"load\"\n  publishers = 200\n  bitrate = 0\n  \
         fir_freq = 0\n  audiocodec = \"opus\"\n  videocodec = \"vp8\"\n  record = false\n  \
         notify_joining = false\n}}\n"
    );
    std::fs::write(folder.join("janus.jcfg"), main)?;
    std::fs::write(folder.join("janus.transport.websockets.jcfg"), socket)?;
    std::fs::write(folder.join("janus.plugin.videoroom.jcfg"), room)?;
    Ok(())
}

/// Where Debian puts the plugins: the folder of the machine's architecture.
fn library() -> Result<PathBuf> {
    let folders =
        std::fs::read_dir("/usr/lib")?.filter_map(Result::ok).map(|entry| entry.path().join("janus"));
    folders.into_iter().find(|folder| folder.join("plugins").exists()).context("janus has no plugins")
}

/// The pair of interfaces. What this process made, it takes away.
#[derive(Debug)]
struct Interface {
    made: bool,
}

impl Interface {
    fn up() -> Result<Self> {
        if Path::new("/sys/class/net").join(INTERFACE).exists() {
            return Ok(Self { made: false });
        }
        ip(&["link", "add", INTERFACE, "type", "veth", "peer", "name", PEER])?;
        let interface = Self { made: true };
        ip(&["address", "add", &format!("{MEDIA}/32"), "dev", INTERFACE])?;
        ip(&["link", "set", INTERFACE, "up"])?;
        ip(&["link", "set", PEER, "up"])?;
        ip(&["-6", "address", "flush", "dev", INTERFACE])?;
        Ok(interface)
    }
}

impl Drop for Interface {
    fn drop(&mut self) {
        if self.made {
            let _ = ip(&["link", "delete", INTERFACE]);
        }
    }
}

fn ip(arguments: &[&str]) -> Result<()> {
    let program = if Path::new("/usr/sbin/ip").exists() { "/usr/sbin/ip" } else { "ip" };
    let output = Command::new(program).args(arguments).output().context("running ip; install iproute2")?;
    ensure!(
        output.status.success(),
        "ip {}: {}; janus needs an interface with a loopback address: run as root, or under unshare --net",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
