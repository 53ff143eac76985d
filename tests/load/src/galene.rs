//! A running Galène server, by its JSON messages over WebSocket (`galene-protocol.md`, version 2).
//!
//! Written from the published protocol; there is no package to run it against here. Galène makes a connection for
//! every stream, so a viewer can be given one publisher only, and it announces no loopback address: run it in a
//! network namespace of its own.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use async_trait::async_trait;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use server::clock;
use tokio::{net::TcpStream, sync::Mutex, task::JoinSet, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::sfu::{Answerer, Published, Sfu, with_candidate};

/// How long the server may take to say something.
const PATIENCE: Duration = Duration::from_secs(15);

/// The server, and everybody's signalling connection.
#[derive(Debug)]
pub struct Galene {
    url: String,
    group: String,
    username: String,
    password: String,
    people: Mutex<JoinSet<()>>,
}

/// What Galène says.
#[derive(Debug, Deserialize)]
struct Heard {
    #[serde(rename = "type")]
    typ: String,
    kind: Option<String>,
    id: Option<String>,
    sdp: Option<String>,
    candidate: Option<Candidate>,
    value: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Candidate {
    candidate: String,
}

impl Galene {
    /// `url` as in `ws://127.0.0.1:8443/ws`, `ticket` as `GROUP:USERNAME:PASSWORD`. `None`, with a word on standard
    /// error, without a URL.
    ///
    /// # Errors
    /// The ticket has another form.
    pub fn new(url: Option<&str>, ticket: Option<&str>) -> Result<Option<Self>> {
        let Some(url) = url else {
            eprintln!("galene: no --url of a running server: skipped");
            return Ok(None);
        };
        let mut parts = ticket.unwrap_or_default().splitn(3, ':').map(str::to_owned);
        let (Some(group), Some(username), Some(password)) = (parts.next(), parts.next(), parts.next()) else {
            bail!("--ticket is GROUP:USERNAME:PASSWORD");
        };
        Ok(Some(Self { url: url.to_owned(), group, username, password, people: Mutex::default() }))
    }

    async fn enters(&self) -> Result<Line> {
        let (socket, _) = connect_async(self.url.as_str()).await.context("connecting to Galène")?;
        let mut line = Line { socket, candidate: None };
        line.say(&json!({"type": "handshake", "version": ["2"], "id": clock::mint().to_string()})).await?;
        line.say(&json!({
            "type": "join", "kind": "join", "group": self.group, "username": self.username,
            "password": self.password
        }))
        .await?;
        let joined = line.hear("joined").await?;
        ensure!(joined.kind.as_deref() == Some("join"), "Galène refuses the entry: {:?}", joined.value);
        Ok(line)
    }
}

/// One person's connection.
#[derive(Debug)]
struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The first UDP candidate heard of.
    candidate: Option<String>,
}

impl Line {
    async fn say(&mut self, what: &Value) -> Result<()> {
        Ok(self.socket.send(Message::text(what.to_string())).await?)
    }

    async fn next(&mut self) -> Result<Heard> {
        loop {
            let Message::Text(text) = self.socket.next().await.context("Galène hung up")?? else { continue };
            let heard: Heard = serde_json::from_str(&text)?;
            match heard.typ.as_str() {
                "ping" => self.say(&json!({"type": "pong"})).await?,
                "ice" => self.candidate = self.candidate.take().or_else(|| udp(&heard)),
                _ => return Ok(heard),
            }
        }
    }

    async fn hear(&mut self, typ: &str) -> Result<Heard> {
        let search = async {
            loop {
                match self.next().await? {
                    heard if heard.typ == typ => return Ok(heard),
                    heard if heard.typ == "abort" => bail!("Galène refuses the stream"),
                    _ => {}
                }
            }
        };
        timeout(PATIENCE, search).await.with_context(|| format!("Galène does not send {typ}"))?
    }

    /// The description, with the candidate that comes in a message of its own.
    async fn described(&mut self, sdp: &str) -> Result<String> {
        let search = async {
            while self.candidate.is_none() {
                let message = self.socket.next().await.context("Galène hung up")??;
                if let Message::Text(text) = message {
                    self.candidate = serde_json::from_str(&text).ok().as_ref().and_then(udp);
                }
            }
            anyhow::Ok(())
        };
        timeout(PATIENCE, search).await.context("Galène sends no candidate")??;
        Ok(with_candidate(sdp, self.candidate.as_deref().unwrap_or_default()))
    }

    /// Answers pings until the connection is over.
    async fn idle(mut self) {
        while self.next().await.is_ok() {}
    }
}

fn udp(heard: &Heard) -> Option<String> {
    let line = &heard.candidate.as_ref()?.candidate;
    let protocol = line.split(' ').nth(2)?;
    protocol.eq_ignore_ascii_case("udp").then(|| line.clone())
}

#[async_trait]
impl Sfu for Galene {
    fn name(&self) -> &'static str {
        "galene"
    }

    async fn publish(&self, offer: &str, _: &[Published]) -> Result<String> {
        let mut line = self.enters().await?;
        let id = clock::mint().to_string();
        line.say(&json!({"type": "offer", "id": id, "label": "camera", "sdp": offer})).await?;
        let answer = line.hear("answer").await?.sdp.context("Galène answers nothing")?;
        let answer = line.described(&answer).await?;
        self.people.lock().await.spawn(line.idle());
        Ok(answer)
    }

    async fn subscribe(&self, mut answerer: Answerer) -> Result<()> {
        let mut line = self.enters().await?;
        line.say(&json!({"type": "request", "request": {"": ["audio", "video"]}})).await?;
        let heard = line.hear("offer").await?;
        let offer = line.described(heard.sdp.as_deref().unwrap_or_default()).await?;
        line.say(&json!({"type": "answer", "id": heard.id, "sdp": answerer(&offer)?})).await?;
        self.people.lock().await.spawn(line.idle());
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        self.people.lock().await.shutdown().await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_udp_candidates_count() {
        let heard = |candidate: &str| -> Heard {
            serde_json::from_value(json!({"type": "ice", "id": "1", "candidate": {"candidate": candidate}}))
                .unwrap()
        };
        let line = "candidate:1 1 udp 2130706431 10.99.0.1 40000 typ host";
        assert_eq!(udp(&heard(line)).as_deref(), Some(line));
        assert_eq!(udp(&heard("candidate:1 1 tcp 1518280447 10.99.0.1 9 typ host")), None);
        assert_eq!(udp(&heard("")), None);
    }

    #[test]
    fn without_a_server_it_is_skipped() {
        assert!(Galene::new(None, None).unwrap().is_none());
        assert!(Galene::new(Some("ws://127.0.0.1:8443/ws"), Some("class")).is_err());
    }
}
