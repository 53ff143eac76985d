//! Negotiation of the two media connections. The page offers the publish one, the server the subscribe one.

use serde::{Deserialize, Serialize};

use crate::id::{ParticipantId, TrackId};

use super::stage::Source;

/// Which of a person's two media connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    Publish,
    Subscribe,
}

/// A server that carries media for those whose network lets nothing else through: an entry of
/// `RTCConfiguration.iceServers`, ready to use.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct IceServer {
    /// `turn:` and `turns:` addresses (RFC 7065).
    pub urls: Vec<String>,
    pub username: String,
    pub credential: String,
}

impl std::fmt::Debug for IceServer {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

/// What a media section of the page's offer carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublishedSource {
    pub mid: String,
    pub source: Source,
    /// True when it starts silenced.
    pub muted: bool,
}

/// The track made of a published source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct AnsweredTrack {
    pub mid: String,
    pub track: TrackId,
    pub source: Source,
}

/// What a media section of the server's offer carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct OfferedTrack {
    pub mid: String,
    pub track: TrackId,
    pub participant: ParticipantId,
    pub source: Source,
}

/// A sound that comes by the WebSocket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase")]
pub struct SoundStream {
    /// The number in the binary messages. Given once in a connection, never to another track.
    pub stream: u32,
    pub track: TrackId,
    pub participant: ParticipantId,
    pub source: Source,
}

/// A picture on somebody's screen and how large it is there, device pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tile {
    pub track: TrackId,
    pub width: u16,
    pub height: u16,
}

/// How well a connection carries sound and pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "snake_case")]
pub enum QualityLevel {
    Good,
    /// Pictures suffer now and then.
    Fair,
    /// Sound suffers too.
    Poor,
}
