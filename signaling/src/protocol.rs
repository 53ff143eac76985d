//! The list of messages: what a browser may ask, what it may hear, why it may be refused.
//!
//! `Request` (browser to server) is strict: unknown types and fields are refused. `Notice` (server to browser) is
//! open: a page ignores what it does not know, so servers can be upgraded first. What the messages of one noun
//! carry is in `protocol/<noun>.rs`; the prose is `signaling/PROTOCOL.md`, whose examples are parsed by a test.

pub mod chat;
pub mod entry;
pub mod media;
pub mod recording;
pub mod refusal;
pub mod role;
pub mod seance;
pub mod sound;
pub mod stage;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::{
    refusal::{Problem, Refusal},
    role::{Permission, Role},
};
use crate::id::{MessageId, ParticipantId, TrackId};
use chat::{ChatMessage, ChatPage};
use entry::{Resume, Resumed, Waiting, Welcome};
use media::{AnsweredTrack, OfferedTrack, PublishedSource, Tile};
use recording::RecordingState;
use seance::{Ending, SeanceView};
use stage::{Gone, Person, Source};

/// The version spoken by this build. A page of another version is refused and reloads.
pub const VERSION: u16 = 1;

/// Longest accepted WebSocket message, bytes.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// Longest accepted chat message, characters (Unicode scalar values).
pub const MAX_CHAT_CHARS: usize = 2_000;

/// Longest accepted display name, characters.
pub const MAX_NAME_CHARS: usize = 60;

/// Most pictures listed in one `view`.
pub const MAX_TILES: usize = 100;

/// What a browser asks. The first message of a connection is `hello` or `check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Request {
    /// Enters the séance, or comes back to it.
    Hello {
        version: u16,
        /// The entry ticket of the link, or the stay ticket received in `welcome`.
        ticket: String,
        /// The name typed in the lobby; ignored when the ticket already names the person.
        name: Option<String>,
        resume: Option<Resume>,
        /// True once the person has read the recording notice of the lobby.
        recording_acknowledged: bool,
    },
    /// The lobby's connection check: a throw-away media connection, closed after 15 seconds.
    Check { version: u16, ticket: String, sdp: String },
    /// Sent every 15 seconds; the presence of the person is proven by it.
    Heartbeat {},
    /// Leaves for good; the place is not kept.
    Leave {},
    /// The offer of the publish connection: first, renegotiation or ICE restart. Its answer bears the same number; one
    /// that stays without answer may be sent again as it is.
    Publish {
        #[serde(default)]
        negotiation: u32,
        sdp: String,
        tracks: Vec<PublishedSource>,
    },
    /// Takes a track back (end of a screen share).
    Unpublish { track: TrackId },
    /// The answer to the `subscribe_offer` of the same number.
    SubscribeAnswer { negotiation: u32, sdp: String },
    /// The network changed: asks for a subscribe offer with fresh ICE credentials.
    SubscribeRestart {},
    /// The pictures now on the person's screen, the whole list, at most [`MAX_TILES`]; one that is not listed is not
    /// sent. Until the first one everything is sent.
    View { tiles: Vec<Tile> },
    /// Sound by this WebSocket, for those whose network lets no media connection through: the others are heard by it
    /// (`on`), and one's own microphone goes up by it. The last one counts; it ends with the connection.
    Sound { on: bool, microphone: bool },
    /// Own microphone, camera or screen: silenced or heard again.
    Mute { track: TrackId, muted: bool },
    /// Trainers: silences somebody's source; the person may turn it on again later.
    MuteParticipant { participant: ParticipantId, source: Source },
    /// Trainers: silences every microphone but the trainers'.
    MuteAll {},
    /// Raises or lowers one's own hand.
    RaiseHand { raised: bool },
    /// Trainers: lowers somebody's hand.
    LowerHand { participant: ParticipantId },
    /// Trainers: makes somebody a speaker, or a participant again.
    SetRole { participant: ParticipantId, role: Role },
    /// Trainers: removes somebody from the séance.
    Remove { participant: ParticipantId },
    /// Writes to everybody. `client_id` makes a retry harmless: the same one is posted once.
    ChatPost { client_id: String, text: String },
    /// Trainers: takes a message out of the chat.
    ChatDelete { message: MessageId },
    /// The messages before that one, at most 100.
    ChatEarlier { before: MessageId },
    /// Trainers: starts, pauses or resumes the recording.
    Record { on: bool },
    /// Trainers: moves the end of the séance by that many minutes.
    Extend { minutes: u16 },
    /// Trainers: ends the séance for everybody.
    EndSeance {},
}

impl Request {
    /// The `type` of the message, as it travels.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Hello { .. } => "hello",
            Self::Check { .. } => "check",
            Self::Heartbeat {} => "heartbeat",
            Self::Leave {} => "leave",
            Self::Publish { .. } => "publish",
            Self::Unpublish { .. } => "unpublish",
            Self::SubscribeAnswer { .. } => "subscribe_answer",
            Self::SubscribeRestart {} => "subscribe_restart",
            Self::View { .. } => "view",
            Self::Sound { .. } => "sound",
            Self::Mute { .. } => "mute",
            Self::MuteParticipant { .. } => "mute_participant",
            Self::MuteAll {} => "mute_all",
            Self::RaiseHand { .. } => "raise_hand",
            Self::LowerHand { .. } => "lower_hand",
            Self::SetRole { .. } => "set_role",
            Self::Remove { .. } => "remove",
            Self::ChatPost { .. } => "chat_post",
            Self::ChatDelete { .. } => "chat_delete",
            Self::ChatEarlier { .. } => "chat_earlier",
            Self::Record { .. } => "record",
            Self::Extend { .. } => "extend",
            Self::EndSeance {} => "end_seance",
        }
    }
}

/// What a browser hears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Notice {
    /// The whole state: first entry, or a return after too long an absence.
    Welcome(Box<Welcome>),
    /// The trainer is not there yet: the person waits, and is welcomed when the trainer comes.
    Waiting(Waiting),
    /// A return in time: the notices missed follow.
    Resumed(Resumed),
    /// A request was not carried out. `request` is its type; `client_id` that of a chat message.
    Refused {
        request: Option<String>,
        reason: Refusal,
        client_id: Option<String>,
    },
    /// Somebody arrived, changed (name, role, hand, sources) or is reconnecting. Replaces what was known.
    Person {
        person: Person,
    },
    PersonGone {
        participant: ParticipantId,
        why: Gone,
    },
    /// Raised hands, first raised first.
    Hands {
        order: Vec<ParticipantId>,
    },
    /// Who is speaking now, loudest first. Not numbered.
    Speaking {
        participants: Vec<ParticipantId>,
    },
    /// Own role changed: `permissions` replaces the list of `welcome`.
    Permissions {
        role: Role,
        permissions: Vec<Permission>,
        publishable: Vec<Source>,
    },
    ChatPosted {
        message: ChatMessage,
    },
    ChatDeleted {
        message: MessageId,
    },
    /// The answer to `chat_earlier`.
    ChatPage(ChatPage),
    Recording {
        recording: RecordingState,
    },
    /// The séance was extended.
    Seance {
        seance: SeanceView,
    },
    /// The séance is over; the connection stays open for `recording_ready` and then closes.
    Ended(Ending),
    /// The replay can be opened.
    RecordingReady {
        recording: crate::id::RecordingId,
    },
    /// The answer to the `publish` of the same number, with the identifiers given to its tracks.
    PublishAnswer {
        negotiation: u32,
        sdp: String,
        tracks: Vec<AnsweredTrack>,
    },
    /// The server offers what there is to see and hear; the page answers with `subscribe_answer`.
    SubscribeOffer {
        negotiation: u32,
        sdp: String,
        tracks: Vec<OfferedTrack>,
    },
    /// Sound by this WebSocket: the answer to `sound`, and told again when what is heard changes. Not numbered.
    Sound {
        on: bool,
        /// The track that one's own binary messages go to.
        microphone: Option<TrackId>,
        /// Who is behind the stream numbers of binary messages, as far as something of them was sent.
        streams: Vec<media::SoundStream>,
    },
    /// The answer to `check`.
    CheckAnswer {
        sdp: String,
        /// Those of `GET /api/entry`, with fresh credentials.
        ice_servers: Vec<media::IceServer>,
    },
    /// Media of one connection was lost by the server; the page restarts it.
    MediaLost {
        connection: media::Connection,
    },
    /// Which encodings of one's own track somebody needs; the others may be left out. `rids` is empty without
    /// simulcast: then `watched` says it all. Not numbered.
    Encode {
        track: TrackId,
        watched: bool,
        rids: Vec<String>,
    },
    /// How well one's own connection carries media: when the level changes, else at most every 2 s. Not numbered.
    Quality {
        level: media::QualityLevel,
        /// Packets lost, both ways, of a hundred.
        loss_percent: u8,
        round_trip_ms: u16,
    },
    /// To those who lead: somebody's connection is weak, or is no longer. At entry the weak ones are told again. Not
    /// numbered.
    Weak {
        participant: ParticipantId,
        weak: bool,
    },
    /// Journal writes are failing (or work again); chat and hands are refused meanwhile.
    Storage {
        failing: bool,
    },
    /// Its content travels in another notice: a slow page is told of somebody once, not five times.
    Superseded {},
    /// The connection is closed now; the page comes back by itself with `resume`.
    Goodbye {
        why: Goodbye,
    },
}

/// A notice as it travels. Numbered notices are the same for everybody in the room and can be replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
pub struct Envelope {
    /// The room's number of this notice; absent on what concerns one person only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub seq: Option<u64>,
    #[serde(flatten)]
    pub notice: Notice,
}

/// Why a connection is closed by the server although the person may come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Goodbye {
    /// The server restarts; the place is kept.
    ServerStopping,
    /// The browser could not keep up with the notices.
    TooSlow,
    /// The same stay was opened elsewhere ("Continuer ici").
    Elsewhere,
    /// No heartbeat for 60 seconds.
    Silent,
}
