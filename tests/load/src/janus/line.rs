//! One WebSocket to Janus: every request waits for what carries its transaction.

use std::{collections::HashMap, net::SocketAddr, sync::Mutex, sync::PoisonError, time::Duration};

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{ClientRequestBuilder, Message},
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How long an answer may take: hundreds may ask at once.
const PATIENCE: Duration = Duration::from_secs(30);
/// A session without a sign of life ends after a minute.
const ALIVE: Duration = Duration::from_secs(25);
/// Requests that wait to be written.
const QUEUE: usize = 64;

/// What Janus says.
#[derive(Debug, Deserialize)]
pub(super) struct Heard {
    janus: String,
    transaction: Option<String>,
    data: Option<Identified>,
    plugindata: Option<FromPlugin>,
    jsep: Option<Jsep>,
    error: Option<Failure>,
}

#[derive(Debug, Deserialize)]
struct Identified {
    id: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct FromPlugin {
    data: Said,
}

/// What the VideoRoom says: errors of a request come here too.
#[derive(Debug, Deserialize)]
struct Said {
    id: Option<u64>,
    error_code: Option<i64>,
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Jsep {
    sdp: String,
}

#[derive(Debug, Deserialize)]
struct Failure {
    code: i64,
    reason: String,
}

impl Heard {
    /// Of a new session or handle.
    pub(super) fn id(&self) -> Option<u64> {
        self.data.as_ref()?.id
    }

    /// The name of what is published.
    pub(super) fn feed(&self) -> Option<u64> {
        self.plugindata.as_ref()?.data.id
    }

    pub(super) fn sdp(self) -> Option<String> {
        Some(self.jsep?.sdp)
    }

    /// Code and reason, when the VideoRoom refused.
    pub(super) fn refusal(&self) -> Option<(i64, &str)> {
        let said = &self.plugindata.as_ref()?.data;
        Some((said.error_code?, said.error.as_deref().unwrap_or_default()))
    }
}

struct Asked {
    request: Value,
    answer: Option<oneshot::Sender<Heard>>,
}

/// The connection; it ends when dropped.
#[derive(Debug)]
pub(super) struct Line {
    asked: mpsc::Sender<Asked>,
    tasks: Mutex<JoinSet<()>>,
}

impl Line {
    pub(super) async fn open(address: SocketAddr) -> Result<Self> {
        let request = ClientRequestBuilder::new(format!("ws://{address}/").parse()?)
            .with_sub_protocol("janus-protocol");
        let (socket, _) = connect_async(request).await.context("connecting to Janus")?;
        let (asked, requests) = mpsc::channel(QUEUE);
        let mut tasks = JoinSet::new();
        tasks.spawn(run(socket, requests));
        Ok(Self { asked, tasks: Mutex::new(tasks) })
    }

    /// Sends a request and waits for what it comes to.
    pub(super) async fn ask(&self, request: Value) -> Result<Heard> {
        let (answer, answered) = oneshot::channel();
        self.asked.send(Asked { request, answer: Some(answer) }).await.ok().context("Janus is gone")?;
        let heard = timeout(PATIENCE, answered).await.context("Janus does not answer")?;
        let heard = heard.context("Janus is gone")?;
        match heard.error {
            Some(Failure { code, reason }) => bail!("Janus answers {code}: {reason}"),
            None => Ok(heard),
        }
    }

    /// Keeps a session from timing out, as long as the connection is there.
    pub(super) fn keep_alive(&self, session: u64) {
        let asked = self.asked.clone();
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).spawn(async move {
            let mut ticks = interval(ALIVE);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let request = json!({"janus": "keepalive", "session_id": session});
                if asked.send(Asked { request, answer: None }).await.is_err() {
                    return;
                }
            }
        });
    }
}

async fn run(mut socket: Socket, mut requests: mpsc::Receiver<Asked>) {
    let mut waiting: HashMap<String, oneshot::Sender<Heard>> = HashMap::new();
    let mut number = 0_u64;
    loop {
        tokio::select! {
            asked = requests.recv() => {
                let Some(Asked { mut request, answer }) = asked else { return };
                number += 1;
                let transaction = number.to_string();
                if let Value::Object(request) = &mut request {
                    request.insert("transaction".to_owned(), transaction.clone().into());
                }
                waiting.extend(answer.map(|answer| (transaction, answer)));
                if socket.send(Message::text(request.to_string())).await.is_err() {
                    return;
                }
            }
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => settle(&text, &mut waiting),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
}

/// Gives what was said to who waits for it. An `ack` only says that the event is to come, or came already.
fn settle(text: &str, waiting: &mut HashMap<String, oneshot::Sender<Heard>>) {
    if let Ok(heard) = serde_json::from_str::<Heard>(text)
        && heard.janus != "ack"
        && let Some(transaction) = &heard.transaction
        && let Some(answer) = waiting.remove(transaction)
    {
        // Who asked may have given up.
        let _ = answer.send(heard);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The event may come before the acknowledgement of the same request.
    #[test]
    fn only_the_event_settles_a_request() {
        let (answer, mut answered) = oneshot::channel();
        let mut waiting = HashMap::from([("7".to_owned(), answer)]);
        settle(r#"{"janus":"ack","session_id":1,"transaction":"7"}"#, &mut waiting);
        settle(r#"{"janus":"webrtcup","session_id":1,"sender":2}"#, &mut waiting);
        settle("not JSON", &mut waiting);
        assert!(answered.try_recv().is_err());
        let event = r#"{"janus":"event","session_id":1,"transaction":"7","sender":2,
            "plugindata":{"plugin":"janus.plugin.videoroom",
                "data":{"videoroom":"event","error_code":428,"error":"No such feed"}}}"#;
        settle(event, &mut waiting);
        let heard = answered.try_recv().unwrap();
        assert_eq!(heard.refusal(), Some((428, "No such feed")));
        settle(event, &mut waiting);
    }

    #[test]
    fn descriptions_and_identifiers_are_found() {
        let joined: Heard = serde_json::from_str(
            r#"{"janus":"event","transaction":"1","plugindata":{"plugin":"p","data":{"videoroom":"joined","id":42}},
                "jsep":{"type":"answer","sdp":"v=0"}}"#,
        )
        .unwrap();
        assert_eq!((joined.feed(), joined.id(), joined.refusal()), (Some(42), None, None));
        assert_eq!(joined.sdp().as_deref(), Some("v=0"));
        let created: Heard =
            serde_json::from_str(r#"{"janus":"success","transaction":"1","data":{"id":9}}"#).unwrap();
        assert_eq!(created.id(), Some(9));
    }
}
