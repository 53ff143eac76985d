//! A running LiveKit server, by its protobuf messages over WebSocket (`livekit_rtc.proto`, protocol 9).
//!
//! Written from the published protocol; there is no package to run it against here. The server has to announce a
//! loopback address: `livekit-server --dev --bind 127.0.0.1 --node-ip 127.0.0.1`.

mod signal;

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use server::clock;
use signaling::protocol::stage::Source;
use tokio::{sync::Mutex, task::JoinSet, time::timeout};

use self::signal::{Heard, PATIENCE, Say, Signal, Target};
use crate::sfu::{Answerer, Published, Sfu, with_candidate};

const ROOM: &str = "preau-load";

/// The server, and everybody's signalling connection.
#[derive(Debug)]
pub struct LiveKit {
    url: String,
    key: String,
    secret: String,
    people: Mutex<JoinSet<()>>,
}

impl LiveKit {
    /// `url` as in `ws://127.0.0.1:7880`, `ticket` as `KEY:SECRET`; without it the development pair. `None`, with a
    /// word on standard error, without a URL.
    ///
    /// # Errors
    /// The ticket has another form.
    pub fn new(url: Option<&str>, ticket: Option<&str>) -> Result<Option<Self>> {
        let Some(url) = url else {
            eprintln!("livekit: no --url of a running server: skipped");
            return Ok(None);
        };
        let (key, secret) =
            ticket.unwrap_or("devkey:secret").split_once(':').context("--ticket is KEY:SECRET")?;
        Ok(Some(Self {
            url: url.trim_end_matches('/').replacen("http", "ws", 1),
            key: key.to_owned(),
            secret: secret.to_owned(),
            people: Mutex::default(),
        }))
    }

    /// An access token for one hour.
    fn token(&self, identity: &str) -> String {
        let part = |value: &serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({
            "iss": self.key, "sub": identity, "exp": clock::wall().as_second() + 3_600,
            "video": {"room": ROOM, "roomJoin": true, "canPublish": true, "canSubscribe": true},
        });
        let signed = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(&claims));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes()), signed.as_bytes());
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag))
    }

    async fn enters(&self, subscribes: bool) -> Result<Signal> {
        let token = self.token(&clock::mint().to_string());
        let url = format!(
            "{}/rtc?access_token={token}&auto_subscribe={}&protocol=9&sdk=go&version=1",
            self.url,
            u8::from(subscribes)
        );
        let mut signal = Signal::open(&url).await?;
        signal.hear("the entry", |heard| matches!(heard, Heard::Joined).then_some(())).await?;
        Ok(signal)
    }

    /// The description and, as it comes in a message of its own, the candidate.
    async fn described(signal: &mut Signal, from: Target) -> Result<String> {
        let sdp = signal
            .hear("a description", |heard| {
                if let (Heard::Answer(sdp), Target::Publisher) | (Heard::Offer(sdp), Target::Subscriber) =
                    (heard, from)
                {
                    return Some(sdp.clone());
                }
                None
            })
            .await?;
        let candidate = signal
            .hear("a candidate", |heard| {
                let Heard::Candidate { line, target } = heard else { return None };
                (*target == from).then(|| line.clone())
            })
            .await?;
        Ok(with_candidate(&sdp, &candidate))
    }

    /// Keeps somebody there; later offers are answered.
    async fn stays(&self, mut signal: Signal, answerer: Option<(Answerer, String)>) {
        self.people.lock().await.spawn(async move {
            let Some((mut answerer, candidate)) = answerer else { return signal.idle().await };
            while let Some(sdp) = signal.next_offer().await {
                let Ok(answer) = answerer(&with_candidate(&sdp, &candidate)) else { return };
                if signal.say(&Say::Answer(&answer)).await.is_err() {
                    return;
                }
            }
        });
    }
}

#[async_trait]
impl Sfu for LiveKit {
    fn name(&self) -> &'static str {
        "livekit"
    }

    async fn publish(&self, offer: &str, tracks: &[Published]) -> Result<String> {
        let mut signal = self.enters(false).await?;
        for track in tracks {
            signal.say(&Say::AddTrack { cid: &track.mid, source: track.source }).await?;
            signal.hear("the track", |heard| matches!(heard, Heard::Published).then_some(())).await?;
        }
        signal.say(&Say::Offer(offer)).await?;
        let answer = Self::described(&mut signal, Target::Publisher).await?;
        self.stays(signal, None).await;
        Ok(answer)
    }

    async fn subscribe(&self, mut answerer: Answerer) -> Result<()> {
        let mut signal = self.enters(true).await?;
        let offer = timeout(PATIENCE, Self::described(&mut signal, Target::Subscriber)).await??;
        let answer = answerer(&offer)?;
        signal.say(&Say::Answer(&answer)).await?;
        let Some(candidate) = offer.lines().rev().find_map(|line| line.strip_prefix("a=candidate:")) else {
            bail!("LiveKit gave no candidate");
        };
        let candidate = format!("candidate:{candidate}");
        self.stays(signal, Some((answerer, candidate))).await;
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        self.people.lock().await.shutdown().await;
        Ok(())
    }
}

/// `TrackType` and `TrackSource` of `livekit_models.proto`.
const fn kinds(source: Source) -> (u64, u64) {
    match source {
        Source::Camera => (1, 1),
        Source::Microphone => (0, 2),
        Source::Screen => (1, 3),
        Source::ScreenAudio => (0, 4),
    }
}
