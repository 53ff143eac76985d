//! Janus VideoRoom, Debian's package, by its WebSocket protocol: one session, one handle per media connection.

mod line;
mod process;

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use self::{
    line::{Heard, Line},
    process::{MEDIA, Process, ROOM},
};
use crate::sfu::{Answerer, Published, Sfu};

/// How long Janus may take to know of a publisher whose media connection stands.
const PATIENCE: Duration = Duration::from_secs(15);
/// `JANUS_VIDEOROOM_ERROR_NO_SUCH_FEED`: the publisher is not there, or its connection is not up yet.
const NO_SUCH_FEED: i64 = 428;

/// A Janus of our own, and what is published in its room.
#[derive(Debug)]
pub struct Janus {
    line: Line,
    session: u64,
    feeds: Mutex<Vec<u64>>,
    process: Process,
}

impl Janus {
    /// Starts Debian's Janus with two event loops and nothing but the VideoRoom. `None`, with a word on standard
    /// error, when it is not installed.
    ///
    /// # Errors
    /// It does not start, or the network interface it needs cannot be made: that takes root.
    pub async fn start() -> Result<Option<Self>> {
        let Some(process) = Process::start().await? else {
            eprintln!("janus is not installed: skipped; `tests/setup.sh janus` installs it");
            return Ok(None);
        };
        let line = Line::open(process.signalling()).await?;
        let session = line.ask(json!({"janus": "create"})).await?.id().context("Janus opens no session")?;
        line.keep_alive(session);
        Ok(Some(Self { line, session, feeds: Mutex::default(), process }))
    }

    /// The process that is measured.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Where it takes signalling.
    #[must_use]
    pub fn signalling(&self) -> SocketAddr {
        self.process.signalling()
    }

    async fn handle(&self) -> Result<u64> {
        let attach = json!({
            "janus": "attach", "plugin": "janus.plugin.videoroom", "session_id": self.session
        });
        self.line.ask(attach).await?.id().context("Janus attaches nothing")
    }

    async fn say(&self, handle: u64, body: Value, jsep: Option<Value>) -> Result<Heard> {
        let mut message =
            json!({"janus": "message", "session_id": self.session, "handle_id": handle, "body": body});
        if let (Some(jsep), Value::Object(message)) = (jsep, &mut message) {
            message.insert("jsep".to_owned(), jsep);
        }
        self.line.ask(message).await
    }

    /// The offer of everything in `feeds`; asked again while a publisher is not there yet.
    async fn offer(&self, handle: u64, feeds: &[u64]) -> Result<String> {
        let streams: Vec<Value> = feeds.iter().map(|feed| json!({"feed": feed})).collect();
        let join = json!({"request": "join", "ptype": "subscriber", "room": ROOM, "streams": streams});
        let deadline = Instant::now() + PATIENCE;
        loop {
            let heard = self.say(handle, join.clone(), None).await?;
            match heard.refusal() {
                None => return heard.sdp().context("Janus offers nothing"),
                Some((NO_SUCH_FEED, _)) if Instant::now() < deadline => {
                    sleep(Duration::from_millis(100)).await
                }
                Some((code, reason)) => bail!("Janus refuses a viewer: {code} {reason}"),
            }
        }
    }
}

#[async_trait]
impl Sfu for Janus {
    fn name(&self) -> &'static str {
        "janus"
    }

    fn local(&self) -> IpAddr {
        MEDIA.into()
    }

    async fn publish(&self, offer: &str, _: &[Published]) -> Result<String> {
        let handle = self.handle().await?;
        let join = json!({"request": "joinandconfigure", "ptype": "publisher", "room": ROOM});
        let heard = self.say(handle, join, Some(json!({"type": "offer", "sdp": offer}))).await?;
        if let Some((code, reason)) = heard.refusal() {
            bail!("Janus refuses a publisher: {code} {reason}");
        }
        let feed = heard.feed().context("Janus names no feed")?;
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner).push(feed);
        heard.sdp().context("Janus answers nothing")
    }

    async fn subscribe(&self, mut answerer: Answerer) -> Result<()> {
        let feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let handle = self.handle().await?;
        let answer = answerer(&self.offer(handle, &feeds).await?)?;
        let start = json!({"request": "start", "room": ROOM});
        let heard = self.say(handle, start, Some(json!({"type": "answer", "sdp": answer}))).await?;
        match heard.refusal() {
            None => Ok(()),
            Some((code, reason)) => bail!("Janus refuses an answer: {code} {reason}"),
        }
    }

    async fn close(&self) -> Result<()> {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.line.ask(json!({"janus": "destroy", "session_id": self.session})).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
