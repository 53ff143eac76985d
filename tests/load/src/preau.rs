//! Préau by its WebSocket: a trainer who publishes, participants by the trainer's invitation.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use async_trait::async_trait;
use futures_util::{SinkExt, StreamExt};
use signaling::protocol::{Envelope, Notice, Request, VERSION, entry::Welcome, media::PublishedSource};
use tokio::{
    net::TcpStream,
    sync::{Mutex, watch},
    task::JoinSet,
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, Utf8Bytes},
};

use crate::sfu::{Answerer, Published, Sfu};

const PATIENCE: Duration = Duration::from_secs(30);
const OFFER: &str = "subscribe_offer";
/// As the page does.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A running server and a way in.
#[derive(Debug)]
pub struct Preau {
    address: SocketAddr,
    /// The trainer's ticket, and the open one it leads to.
    trainer: String,
    invitation: Mutex<Option<String>>,
    seats: Mutex<JoinSet<()>>,
    stop: watch::Sender<bool>,
    count: AtomicU32,
}

impl Preau {
    /// `url` is where the page is (`http://127.0.0.1:8080`), `link` the trainer's link or ticket.
    ///
    /// # Errors
    /// The address is not on the loopback.
    pub fn new(url: &str, link: &str) -> Result<Self> {
        let host = url.strip_prefix("http://").unwrap_or(url);
        let host = host.split('/').next().unwrap_or_default().replace("localhost", "127.0.0.1");
        let address: SocketAddr =
            host.parse().with_context(|| format!("--url {url:?} is no http://address:port"))?;
        ensure!(
            address.ip().is_loopback(),
            "{address} is not on the loopback: load is for this machine alone"
        );
        Ok(Self {
            address,
            trainer: link.rsplit_once('#').map_or(link, |(_, ticket)| ticket).to_owned(),
            invitation: Mutex::new(None),
            seats: Mutex::new(JoinSet::new()),
            stop: watch::Sender::new(false),
            count: AtomicU32::new(0),
        })
    }

    /// The trainer first, then participants.
    async fn enter(&self) -> Result<(Line, Welcome)> {
        let mut invitation = self.invitation.lock().await;
        if let Some(ticket) = invitation.clone() {
            drop(invitation);
            let number = self.count.fetch_add(1, Ordering::Relaxed);
            return Line::enter(self.address, ticket, Some(format!("Charge {number}"))).await;
        }
        let (mut line, welcome) = Line::enter(self.address, self.trainer.clone(), None).await?;
        let open = welcome.you.invitation.clone();
        *invitation = Some(open.context("the trainer's link invites nobody: is it a trainer's?")?);
        // The cost of forwarding is measured, not that of recording.
        line.ask(&Request::Record { on: false }).await?;
        Ok((line, welcome))
    }

    async fn stay(&self, line: Line, answerer: Option<Answerer>) {
        let stop = self.stop.subscribe();
        self.seats.lock().await.spawn(line.stay(answerer, stop));
    }
}

#[async_trait]
impl Sfu for Preau {
    fn name(&self) -> &'static str {
        "preau"
    }

    async fn publish(&self, offer: &str, tracks: &[Published]) -> Result<String> {
        let (mut line, _) = self.enter().await?;
        let source = |track: &Published| PublishedSource {
            mid: track.mid.clone(),
            source: track.source,
            muted: false,
        };
        let tracks = tracks.iter().map(source).collect();
        line.ask(&Request::Publish { negotiation: 1, sdp: offer.to_owned(), tracks }).await?;
        let answer = line
            .hears("publish_answer", |notice| {
                if let Notice::PublishAnswer { sdp, .. } = notice { Some(sdp) } else { None }
            })
            .await?;
        self.stay(line, None).await;
        Ok(answer)
    }

    async fn subscribe(&self, mut answerer: Answerer) -> Result<()> {
        let (mut line, _) = self.enter().await?;
        let (negotiation, offer) = line
            .hears(OFFER, |notice| {
                if let Notice::SubscribeOffer { negotiation, sdp, .. } = notice {
                    Some((negotiation, sdp))
                } else {
                    None
                }
            })
            .await?;
        line.ask(&Request::SubscribeAnswer { negotiation, sdp: answerer(&offer)? }).await?;
        self.stay(line, Some(answerer)).await;
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        self.stop.send_replace(true);
        let mut seats = self.seats.lock().await;
        let left = timeout(PATIENCE, async { while seats.join_next().await.is_some() {} }).await;
        left.context("not everybody could leave")
    }
}

/// One WebSocket.
struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// An offer may overtake the welcome.
    offer: Option<Utf8Bytes>,
}

impl Line {
    async fn enter(address: SocketAddr, ticket: String, name: Option<String>) -> Result<(Self, Welcome)> {
        let (socket, _) = timeout(PATIENCE, connect_async(format!("ws://{address}/ws"))).await??;
        let mut line = Self { socket, offer: None };
        let (resume, recording_acknowledged) = (None, true);
        line.ask(&Request::Hello { version: VERSION, ticket, name, resume, recording_acknowledged }).await?;
        let welcome = line
            .hears(
                "welcome",
                |notice| if let Notice::Welcome(welcome) = notice { Some(*welcome) } else { None },
            )
            .await?;
        Ok((line, welcome))
    }

    async fn ask(&mut self, request: &Request) -> Result<()> {
        Ok(self.socket.send(Message::text(serde_json::to_string(request)?)).await?)
    }

    /// Waits for a notice of that type. Others are not even read: in a crowd everybody hears of everybody.
    async fn hears<T>(&mut self, kind: &str, pick: impl Fn(Notice) -> Option<T>) -> Result<T> {
        let wait = async {
            let mut kept = self.offer.take_if(|_| kind == OFFER);
            loop {
                let text = match kept.take() {
                    Some(text) => text,
                    None => self.next().await?.with_context(|| format!("closed before {kind}"))?,
                };
                if !is(&text, "refused") && !is(&text, kind) {
                    self.offer = Some(text).filter(|text| is(text, OFFER)).or(self.offer.take());
                    continue;
                }
                let notice = serde_json::from_str::<Envelope>(&text)?.notice;
                if let Notice::Refused { reason, request, .. } = notice {
                    bail!("refused {}: {reason}", request.unwrap_or_default());
                }
                if let Some(found) = pick(notice) {
                    return Ok(found);
                }
            }
        };
        timeout(PATIENCE, wait).await.with_context(|| format!("no {kind} came"))?
    }

    /// The next text; `None` when the server closed.
    async fn next(&mut self) -> Result<Option<Utf8Bytes>> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(Some(text)),
                Some(Ok(Message::Close(_))) | None => return Ok(None),
                Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }

    /// Stays in the room until told to leave or sent away.
    async fn stay(mut self, mut answerer: Option<Answerer>, mut stop: watch::Receiver<bool>) {
        let mut heartbeat = tokio::time::interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        loop {
            let next = tokio::select! {
                text = self.next() => match text {
                    Ok(Some(text)) => self.answer(&text, answerer.as_mut()).await,
                    Ok(None) | Err(_) => return,
                },
                _ = heartbeat.tick() => self.ask(&Request::Heartbeat {}).await,
                () = told_to(&mut stop) => {
                    // The server may have gone first.
                    let _ = self.ask(&Request::Leave {}).await;
                    let _ = self.socket.close(None).await;
                    return;
                }
            };
            if let Err(error) = next {
                eprintln!("a seat is lost: {error:#}");
                return;
            }
        }
    }

    async fn answer(&mut self, text: &str, answerer: Option<&mut Answerer>) -> Result<()> {
        let Some(answerer) = answerer.filter(|_| is(text, OFFER)) else { return Ok(()) };
        let Notice::SubscribeOffer { negotiation, sdp, .. } = serde_json::from_str::<Envelope>(text)?.notice
        else {
            return Ok(());
        };
        let sdp = answerer(&sdp)?;
        self.ask(&Request::SubscribeAnswer { negotiation, sdp }).await
    }
}

/// Ends when everybody is to leave.
async fn told_to(stop: &mut watch::Receiver<bool>) {
    // The sender lives as long as the seats: an error is an end as well.
    let _ = stop.wait_for(|stop| *stop).await.map(|stop| *stop);
}

/// Whether a notice is of that type, without reading it whole.
fn is(text: &str, kind: &str) -> bool {
    let at = text.find("\"type\":\"").map(|at| at + 8).unwrap_or_default();
    text.get(at..).is_some_and(|rest| rest.strip_prefix(kind).is_some_and(|rest| rest.starts_with('"')))
}
