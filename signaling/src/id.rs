//! Identifiers are types, so that a track cannot be taken for a person.
//!
//! All are UUIDs (v7 when minted by a server, so they sort by age) and transparent strings in JSON.
//! They are minted in one place, `server/src/clock.rs`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Declares one identifier type.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "id.ts", type = "string"))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(/// One purge of what has served its time.
    RetentionRunId);
id!(/// One synchronous slot: a classe virtuelle or a webinaire, planned, live or ended.
    SeanceId);
id!(/// One human being, whatever the device: the same in every séance.
    PersonId);
id!(/// One person's stay in one room; a reconnection keeps it.
    ParticipantId);
id!(/// One WebSocket connection of one participant; each has its own presence interval.
    ConnectionId);
id!(/// One published microphone, camera or screen, as long as it is published.
    TrackId);
id!(/// One message of the chat.
    MessageId);
id!(/// One run of the server process; the monotonic clock of the journal counts from its start.
    BootId);
id!(/// One recording of one séance.
    RecordingId);
id!(/// One reusable course design.
    ParcoursId);
id!(/// One dated delivery of a parcours with its enrolled people. Never said "session" alone: GAIA has sessions too.
    SessionFormationId);
id!(/// One personal link into one séance; a link that is revoked opens nothing.
    LinkId);
id!(/// One correction of a presence sheet.
    AdjustmentId);
id!(/// One request for a correction by the person concerned.
    CorrectionRequestId);
id!(/// One half-day of a face-to-face séance.
    HalfDayId);
id!(/// One attestation of participation.
    AttestationId);
