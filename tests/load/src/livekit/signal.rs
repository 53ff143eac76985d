//! The few messages that are needed, and the little of protobuf that they need.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use signaling::protocol::stage::Source;
use tokio::{
    net::TcpStream,
    time::{Interval, MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// How long the server may take to say something.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);
/// The server gives up a client that does not ping.
const PING: Duration = Duration::from_secs(5);

/// `SignalTarget`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Publisher,
    Subscriber,
}

/// `SignalRequest`.
#[derive(Debug)]
pub(super) enum Say<'s> {
    Offer(&'s str),
    Answer(&'s str),
    AddTrack { cid: &'s str, source: Source },
    Ping,
}

impl Say<'_> {
    fn encode(&self) -> Vec<u8> {
        let mut inner = Vec::new();
        let field = match self {
            Self::Offer(sdp) | Self::Answer(sdp) => {
                let offers = matches!(self, Self::Offer(_));
                text(&mut inner, 1, if offers { "offer" } else { "answer" });
                text(&mut inner, 2, sdp);
                if offers { 1 } else { 2 }
            }
            Self::AddTrack { cid, source } => {
                let (kind, source) = super::kinds(*source);
                text(&mut inner, 1, cid);
                number(&mut inner, 3, kind);
                number(&mut inner, 8, source);
                4
            }
            Self::Ping => {
                let mut out = Vec::new();
                number(&mut out, 14, 1);
                return out;
            }
        };
        let mut out = Vec::new();
        bytes(&mut out, field, &inner);
        out
    }
}

/// `SignalResponse`, as far as it is of interest.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Joined,
    Answer(String),
    Offer(String),
    Candidate {
        /// `candidate:…`, over UDP.
        line: String,
        target: Target,
    },
    Published,
    Left,
    Other,
}

impl Heard {
    fn decode(message: &[u8]) -> Option<Self> {
        let (field, Value::Bytes(inner)) = fields(message).next()? else { return Some(Self::Other) };
        Some(match field {
            1 => Self::Joined,
            2 => Self::Answer(string(inner, 2)?),
            3 => Self::Offer(string(inner, 2)?),
            4 => {
                let init: serde_json::Value = serde_json::from_str(&string(inner, 1)?).ok()?;
                let line = init.get("candidate")?.as_str()?.to_owned();
                let udp = line.split(' ').nth(2).is_some_and(|protocol| protocol.eq_ignore_ascii_case("udp"));
                let subscriber = fields(inner).any(|field| field == (2, Value::Number(1)));
                let target = if subscriber { Target::Subscriber } else { Target::Publisher };
                if udp { Self::Candidate { line, target } } else { Self::Other }
            }
            6 => Self::Published,
            8 => Self::Left,
            _ => Self::Other,
        })
    }
}

/// One participant's connection.
#[derive(Debug)]
pub(super) struct Signal {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Heard while something else was awaited.
    waiting: Vec<Heard>,
    pings: Interval,
}

impl Signal {
    pub(super) async fn open(url: &str) -> Result<Self> {
        let (socket, _) = connect_async(url).await.context("connecting to LiveKit")?;
        let mut pings = interval(PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self { socket, waiting: Vec::new(), pings })
    }

    pub(super) async fn say(&mut self, what: &Say<'_>) -> Result<()> {
        Ok(self.socket.send(Message::binary(what.encode())).await?)
    }

    /// Waits for what `pick` takes, heard before or to come.
    pub(super) async fn hear<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&Heard) -> Option<T>,
    ) -> Result<T> {
        if let Some((at, found)) = (0..).zip(&self.waiting).find_map(|(at, heard)| Some((at, pick(heard)?))) {
            self.waiting.remove(at);
            return Ok(found);
        }
        let search = async {
            loop {
                let heard = self.next().await?;
                if let Some(found) = pick(&heard) {
                    return Ok(found);
                }
                self.waiting.push(heard);
            }
        };
        timeout(PATIENCE, search).await.with_context(|| format!("LiveKit does not send {what}"))?
    }

    /// The next offer; `None` once the connection is over.
    pub(super) async fn next_offer(&mut self) -> Option<String> {
        loop {
            if let Heard::Offer(sdp) = self.next().await.ok()? {
                return Some(sdp);
            }
        }
    }

    /// Stays until the connection is over.
    pub(super) async fn idle(&mut self) {
        while self.next().await.is_ok() {}
    }

    async fn next(&mut self) -> Result<Heard> {
        loop {
            tokio::select! {
                _ = self.pings.tick() => self.socket.send(Message::binary(Say::Ping.encode())).await?,
                message = self.socket.next() => match message.context("LiveKit hung up")?? {
                    Message::Binary(message) => match Heard::decode(&message) {
                        Some(Heard::Left) => bail!("LiveKit sends us away"),
                        Some(heard) => return Ok(heard),
                        None => {}
                    },
                    Message::Close(_) => bail!("LiveKit closes the connection"),
                    Message::Text(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
                },
            }
        }
    }
}

/// A protobuf field's value, as it is on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value<'m> {
    Number(u64),
    Bytes(&'m [u8]),
    /// Fixed width: of no interest.
    Fixed,
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return out.push(low & 0x7f);
        }
        out.push(low | 0x80);
    }
}

fn number(out: &mut Vec<u8>, field: u64, value: u64) {
    varint(out, field << 3);
    varint(out, value);
}

fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

fn text(out: &mut Vec<u8>, field: u64, value: &str) {
    bytes(out, field, value.as_bytes());
}

fn take_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, tail) = rest.split_first()?;
        *rest = tail;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// The fields of a message, in order; ends at the first that cannot be read.
fn fields(message: &[u8]) -> impl Iterator<Item = (u64, Value<'_>)> {
    let mut rest = message;
    std::iter::from_fn(move || {
        let key = take_varint(&mut rest)?;
        let mut take = |length: usize| {
            let (value, tail) = rest.split_at_checked(length)?;
            rest = tail;
            Some(value)
        };
        let value = match key & 7 {
            0 => Value::Number(take_varint(&mut rest)?),
            1 => take(8).map(|_| Value::Fixed)?,
            5 => take(4).map(|_| Value::Fixed)?,
            2 => {
                let length = usize::try_from(take_varint(&mut rest)?).ok()?;
                let (value, tail) = rest.split_at_checked(length)?;
                rest = tail;
                Value::Bytes(value)
            }
            _ => return None,
        };
        Some((key >> 3, value))
    })
}

fn string(message: &[u8], wanted: u64) -> Option<String> {
    fields(message).find_map(|(field, value)| match value {
        Value::Bytes(value) if field == wanted => String::from_utf8(value.to_vec()).ok(),
        Value::Bytes(_) | Value::Number(_) | Value::Fixed => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes written out by hand from the encoding's rules.
    #[test]
    fn requests_are_as_protobuf_wants_them() {
        assert_eq!(Say::Answer("v=0").encode(), b"\x12\x0d\x0a\x06answer\x12\x03v=0");
        let track = Say::AddTrack { cid: "1", source: Source::Camera };
        assert_eq!(track.encode(), b"\x22\x07\x0a\x011\x18\x01\x40\x01");
        assert_eq!(Say::Ping.encode(), b"\x70\x01");
    }

    #[test]
    fn answers_and_candidates_are_found_among_other_fields() {
        let answer = b"\x12\x0f\x0a\x06answer\x18\x05\x12\x03v=0";
        assert_eq!(Heard::decode(answer), Some(Heard::Answer("v=0".to_owned())));
        let init = r#"{"candidate":"candidate:1 1 udp 2130706431 127.0.0.1 7882 typ host"}"#;
        let mut inner = Vec::new();
        text(&mut inner, 1, init);
        number(&mut inner, 2, 1);
        let mut message = Vec::new();
        bytes(&mut message, 4, &inner);
        let line = "candidate:1 1 udp 2130706431 127.0.0.1 7882 typ host".to_owned();
        assert_eq!(Heard::decode(&message), Some(Heard::Candidate { line, target: Target::Subscriber }));
        assert_eq!(Heard::decode(b"\x0a\x00"), Some(Heard::Joined));
        assert_eq!(Heard::decode(b"\x90\x01\x07"), Some(Heard::Other), "a pong");
        assert_eq!(Heard::decode(b"\x12\xff"), None);
    }
}
