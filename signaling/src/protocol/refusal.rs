//! Why something that was asked is not done, in words for whoever asked.

use serde::{Deserialize, Serialize};

/// Why a request was not carried out. The text says what to do; the page translates the tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(tag = "code", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Refusal {
    #[error("this link is not valid; ask the trainer for a new one")]
    TicketInvalid,
    #[error("this link has expired; ask the trainer for a new one")]
    TicketExpired,
    #[error("this link is for another séance; open the link of this one")]
    TicketForeign,
    #[error("this page is out of date; reload it to continue")]
    UnsupportedVersion,
    #[error("say hello first: send `hello` with a ticket")]
    NotJoined,
    #[error("this connection has already said hello; open another one")]
    AlreadyJoined,
    #[error("type your name to enter, at most 60 characters")]
    NameNeeded,
    #[error("read the recording notice and accept it to enter")]
    RecordingNotAcknowledged,
    #[error("the séance opens at {opens_at}; come back then")]
    NotOpenYet {
        #[cfg_attr(test, ts(type = "string"))]
        opens_at: jiff::Timestamp,
    },
    #[error("the séance is over; its replay and presence sheet are on its page")]
    Ended,
    #[error("the séance was called off; ask its organiser for another date")]
    Cancelled,
    #[error("you were removed from this séance; ask the trainer")]
    Removed,
    #[error("the séance is full; ask the trainer")]
    RoomFull,
    #[error("only a trainer may do this; ask one of the trainers in the room")]
    TrainersOnly,
    #[error("your role does not allow this; ask a trainer for the floor")]
    NotAllowed,
    #[error("nobody by that identifier is in the room; the list was refreshed")]
    UnknownParticipant,
    #[error("that track is not yours or no longer exists")]
    UnknownTrack,
    #[error("too many tracks; stop a camera or a screen share first")]
    TooManyTracks,
    #[error("somebody else shares a screen; ask them to stop first")]
    ScreenTaken,
    #[error("the message is empty or longer than 2,000 characters")]
    TextLength,
    #[error("too many messages in a short time; wait a few seconds")]
    TooFast,
    #[error(
        "more sound and picture is sent than may be; share less at once, or turn the camera off and on again"
    )]
    TooMuchMedia,
    #[error("that message no longer exists")]
    UnknownMessage,
    #[error("that is not a message this server understands: {detail}")]
    Malformed { detail: String },
    #[error("the message is over 64 KiB; shorten it")]
    TooLarge,
    #[error("the media description cannot be used: {detail}")]
    BadSdp { detail: String },
    #[error("that cannot be done now: {detail}")]
    OutOfTurn { detail: String },
    #[error("the server cannot save anything at the moment; nothing was lost, try again in a minute")]
    StorageFailing,
    #[error("the server is busy; try again in a few seconds")]
    Busy,
    #[error("this recording was deleted at {at}: the time for which it was kept is over")]
    RecordingDeleted {
        #[cfg_attr(test, ts(type = "string"))]
        at: jiff::Timestamp,
    },
    #[error("this séance is not recorded; change its settings first")]
    NotRecorded,
    #[error("an extension is 1 to 180 minutes")]
    ExtensionRange,
    #[error("log in to continue")]
    LoginNeeded,
    #[error("the address or the password is wrong")]
    LoginFailed,
    #[error("the request does not come from a page of this server; reload the page and try again")]
    CsrfMissing,
    #[error("this link was used already or has expired; ask for a new one")]
    InvitationInvalid,
    #[error("this personal link was revoked; ask the trainer for a new one")]
    LinkRevoked,
    #[error("only invited people may enter this séance; use your personal link or log in")]
    GuestsNotAllowed,
    #[error("too many tries; wait {seconds} seconds")]
    TooManyTries { seconds: u64 },
    #[error("there is nothing by that identifier, or it is not yours to see")]
    Unknown,
    #[error("{field} is not right: {problem:?}")]
    Invalid {
        /// As the request calls it.
        field: String,
        problem: Problem,
    },
    #[error("that was changed meanwhile: {detail}; reload and try again")]
    Conflict { detail: String },
    #[error("the period is locked; ask the gestionnaire of the academy")]
    #[serde(rename = "PERIODE_VERROUILLEE")]
    PeriodLocked,
    #[error("it has not begun: only an absence can be excused before")]
    NotBegun,
    #[error("this session was archived; nothing of it can be changed any more")]
    SessionArchived,
    #[error(
        "{people} people have neither an attestation nor a refusal of one; confirm to archive nevertheless"
    )]
    Unattested {
        people: u32,
        /// Of them, those for whom an attestation is proposed.
        proposed: u32,
    },
    #[error("nothing can be signed now: half an hour before and after the start of a half-day")]
    #[serde(rename = "HORS_FENETRE")]
    OutOfWindow,
    #[error("this code is past or of another half-day; take the one on the screen")]
    #[serde(rename = "CODE_EXPIRE")]
    CodeExpired,
    #[error("this is not the code on the screen; look again")]
    CodeWrong,
    #[error("an attestation must be kept until {until}; the identity is erased then")]
    KeptUntil {
        #[cfg_attr(test, ts(type = "string"))]
        until: jiff::civil::Date,
    },
    #[error("this person holds a role on the platform; withdraw it first")]
    RoleHeld,
    #[error("these data are held: a request waits for its answer, or somebody else needs them")]
    HeldBack,
    #[error("the file that left was erased, with what it held of people; that it left is still written down")]
    FileErased,
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "protocol.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    Missing,
    TooShort,
    TooLong,
    /// Not of the form it should have.
    Malformed,
    /// Out of the range of what is possible.
    Range,
    /// Names nothing that exists.
    Unknown,
    /// Somebody else has it.
    Taken,
    /// A password that everybody tries first.
    TooCommon,
    /// A password made of the person's own name or address.
    TooPersonal,
}
