//! Somebody in a room: a WebSocket that speaks the protocol.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use signaling::{
    id::ParticipantId,
    protocol::{
        Envelope, Notice, Refusal, Request, VERSION,
        chat::ChatMessage,
        entry::{Resume, Welcome},
        stage::Person as Seen,
    },
};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async, tungstenite::Message};

use crate::{PATIENCE, server::Preau};

/// Numbers the messages of a story: a number used twice would be a retry.
static POSTS: AtomicU32 = AtomicU32::new(0);

/// A WebSocket before anything is said on it.
#[derive(Debug)]
pub struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Binary messages that came while notices were waited for.
    pub sounds: VecDeque<Vec<u8>>,
}

impl Line {
    /// Opens a WebSocket to the server.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let (socket, _) = timeout(PATIENCE, connect_async(format!("ws://{address}/ws"))).await??;
        Ok(Self { socket, sounds: VecDeque::new() })
    }

    /// Opens a WebSocket that takes little at a time, as a bad network does.
    pub async fn open_narrow(address: SocketAddr) -> Result<Self> {
        let tcp = TcpSocket::new_v4()?;
        tcp.set_recv_buffer_size(128 * 1024)?;
        let stream = MaybeTlsStream::Plain(tcp.connect(address).await?);
        let (socket, _) = timeout(PATIENCE, client_async(format!("ws://{address}/ws"), stream)).await??;
        Ok(Self { socket, sounds: VecDeque::new() })
    }

    /// Sends text as it is, which need not be a request.
    pub async fn send(&mut self, text: &str) -> Result<()> {
        self.socket.send(Message::text(text)).await?;
        Ok(())
    }

    /// Sends bytes as a binary message.
    pub async fn send_bytes(&mut self, bytes: Vec<u8>) -> Result<()> {
        self.socket.send(Message::binary(bytes)).await?;
        Ok(())
    }

    pub async fn ask(&mut self, request: &Request) -> Result<()> {
        self.send(&serde_json::to_string(request)?).await
    }

    /// The next notice; `None` when the server has closed.
    pub async fn next(&mut self) -> Result<Option<Envelope>> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Ok(Some(envelope(&text).with_context(|| format!("not a notice: {text:.400}"))?));
                }
                Some(Ok(Message::Close(_))) | None => return Ok(None),
                // A process that was killed resets its connections.
                Some(Err(_)) => return Ok(None),
                Some(Ok(Message::Binary(message))) => self.sounds.push_back(message.to_vec()),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            }
        }
    }

    /// Waits for a refusal, with the `type` it answers.
    pub async fn refusal(&mut self) -> Result<Refusal> {
        let wait = async {
            while let Some(envelope) = self.next().await? {
                if let Notice::Refused { reason, .. } = envelope.notice {
                    return Ok(reason);
                }
            }
            bail!("closed without a refusal")
        };
        timeout(PATIENCE, wait).await.context("no refusal came")?
    }

    /// Waits until the server has closed the connection.
    pub async fn closed(&mut self) -> Result<()> {
        let wait = async {
            while self.next().await?.is_some() {}
            Ok(())
        };
        timeout(PATIENCE, wait).await.context("the connection stays open")?
    }
}

/// A notice and its number.
fn envelope(text: &str) -> Result<Envelope> {
    Ok(serde_json::from_str(text)?)
}

/// What `hello` carries besides the version.
#[derive(Debug, Clone, Default)]
pub struct Greeting {
    pub ticket: String,
    pub name: Option<String>,
    pub resume: Option<Resume>,
}

impl Greeting {
    /// The ticket of a link, and the name typed in the lobby.
    #[must_use]
    pub fn with(link: &str, name: &str) -> Self {
        let ticket = link.split_once('#').map_or(link, |(_, ticket)| ticket).to_owned();
        Self { ticket, name: Some(name.to_owned()), resume: None }
    }

    #[must_use]
    pub fn request(self) -> Request {
        Request::Hello {
            version: VERSION,
            ticket: self.ticket,
            name: self.name,
            resume: self.resume,
            recording_acknowledged: true,
        }
    }
}

/// Somebody who was welcomed.
#[derive(Debug)]
pub struct Person {
    line: Line,
    address: SocketAddr,
    pub welcome: Welcome,
    /// The last number heard.
    pub seen: u64,
    /// Heard while something else was waited for, oldest first.
    heard: VecDeque<Notice>,
}

impl Person {
    /// Enters by a link under a name.
    pub async fn enters(server: &Preau, link: &str, name: &str) -> Result<Self> {
        Self::greets(server.address(), Greeting::with(link, name)).await
    }

    /// Says hello and is welcomed.
    pub async fn greets(address: SocketAddr, greeting: Greeting) -> Result<Self> {
        let mut line = Line::open(address).await?;
        line.ask(&greeting.request()).await?;
        let answer = timeout(PATIENCE, line.next()).await.context("hello is not answered")??;
        match answer.map(|envelope| envelope.notice) {
            Some(Notice::Welcome(welcome)) => {
                let seen = welcome.reached;
                Ok(Self { line, address, welcome: *welcome, seen, heard: VecDeque::new() })
            }
            other => bail!("not welcomed: {other:?}"),
        }
    }

    #[must_use]
    pub fn id(&self) -> ParticipantId {
        self.welcome.you.participant
    }

    /// The ticket with which this person comes back.
    #[must_use]
    pub fn stay(&self) -> &str {
        &self.welcome.you.stay
    }

    /// The connection itself, for what is not a request.
    pub fn line(&mut self) -> &mut Line {
        &mut self.line
    }

    /// Closes the socket without a word, as a lost network does.
    pub fn vanishes(self) -> Absent {
        Absent {
            address: self.address,
            greeting: Greeting {
                ticket: self.welcome.you.stay.clone(),
                name: None,
                resume: Some(Resume { epoch: self.welcome.epoch, seen: self.seen }),
            },
            welcome: self.welcome,
        }
    }

    pub async fn asks(&mut self, request: Request) -> Result<()> {
        self.line.ask(&request).await
    }

    /// Posts in the chat and waits until everybody would see it: the acknowledged message.
    pub async fn says(&mut self, text: &str) -> Result<ChatMessage> {
        let client_id = format!("post-{}", POSTS.fetch_add(1, Ordering::Relaxed));
        self.asks(Request::ChatPost { client_id: client_id.clone(), text: text.to_owned() }).await?;
        self.hears("the own message", |notice| match notice {
            Notice::ChatPosted { message } if message.client_id == client_id => Some(message.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until somebody's message arrives.
    pub async fn reads(&mut self, text: &str) -> Result<ChatMessage> {
        self.hears(&format!("the message « {text} »"), |notice| match notice {
            Notice::ChatPosted { message } if message.text == text => Some(message.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until somebody is seen in a certain state.
    pub async fn sees(&mut self, what: &str, state: impl Fn(&Seen) -> bool) -> Result<Seen> {
        if let Some(there) = self.welcome.people.iter().find(|person| state(person)) {
            return Ok(there.clone());
        }
        self.hears(what, |notice| match notice {
            Notice::Person { person } if state(person) => Some(person.clone()),
            _ => None,
        })
        .await
    }

    /// Sends a request and waits for its refusal.
    pub async fn is_refused(&mut self, request: Request) -> Result<Refusal> {
        self.asks(request).await?;
        self.hears_refusal().await
    }

    pub async fn hears_refusal(&mut self) -> Result<Refusal> {
        self.hears("a refusal", |notice| match notice {
            Notice::Refused { reason, .. } => Some(reason.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for a notice, among those not yet taken and those to come; what is skipped stays for later.
    pub async fn hears<T>(&mut self, what: &str, pick: impl Fn(&Notice) -> Option<T>) -> Result<T> {
        if let Some(at) = self.heard.iter().position(|notice| pick(notice).is_some())
            && let Some(notice) = self.heard.remove(at)
            && let Some(found) = pick(&notice)
        {
            return Ok(found);
        }
        let wait = async {
            loop {
                let Some(notice) = self.next().await? else { bail!("the connection ended before {what}") };
                if let Some(found) = pick(&notice) {
                    return Ok(found);
                }
                self.heard.push_back(notice);
            }
        };
        timeout(PATIENCE, wait).await.with_context(|| format!("never heard: {what}"))?
    }

    /// Takes in what comes for so long, and keeps the notices for later.
    pub async fn listens_for(&mut self, time: Duration) -> Result<()> {
        let listen = async {
            while let Some(notice) = self.next().await? {
                self.heard.push_back(notice);
            }
            bail!("the connection ended")
        };
        timeout(time, listen).await.unwrap_or(Ok(()))
    }

    /// True when nothing that `pick` accepts is heard for a while.
    pub async fn does_not_hear(&mut self, wait: Duration, pick: impl Fn(&Notice) -> bool) -> Result<()> {
        let listen = async {
            loop {
                match self.next().await {
                    Ok(Some(notice)) if pick(&notice) => return Some(notice),
                    Ok(Some(_)) => {}
                    Ok(None) | Err(_) => return None,
                }
            }
        };
        match timeout(wait, listen).await {
            Ok(Some(notice)) => bail!("heard {notice:?}"),
            Ok(None) => bail!("the connection ended"),
            Err(_) => Ok(()),
        }
    }

    async fn next(&mut self) -> Result<Option<Notice>> {
        let Some(envelope) = self.line.next().await? else { return Ok(None) };
        if let Some(seq) = envelope.seq {
            if seq != self.seen + 1 {
                bail!("notice {seq} after {}", self.seen);
            }
            self.seen = seq;
        }
        Ok(Some(envelope.notice))
    }
}

/// Somebody whose connection was lost.
#[derive(Debug)]
pub struct Absent {
    pub address: SocketAddr,
    pub greeting: Greeting,
    pub welcome: Welcome,
}

impl Absent {
    /// Comes back in time: the missed notices follow.
    pub async fn resumes(self) -> Result<Person> {
        let mut line = Line::open(self.address).await?;
        let seen = self.greeting.resume.as_ref().map_or(0, |resume| resume.seen);
        line.ask(&self.greeting.request()).await?;
        match timeout(PATIENCE, line.next()).await??.map(|envelope| envelope.notice) {
            Some(Notice::Resumed(_)) => Ok(Person {
                line,
                address: self.address,
                welcome: self.welcome,
                seen,
                heard: VecDeque::new(),
            }),
            other => bail!("not resumed: {other:?}"),
        }
    }

    /// Comes back to a room that has forgotten the numbers: a whole state.
    pub async fn is_welcomed(self) -> Result<Person> {
        Person::greets(self.address, self.greeting).await
    }
}
