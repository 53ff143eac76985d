//! The signed ticket: who, which séance, which role, until when.
//!
//! Form: `base64url(JSON claims) "." base64url(HMAC-SHA256 of the first part)`, without padding. Links carry it in
//! their fragment, so it reaches no access log.
//!
//! ```
//! use jiff::Timestamp;
//! use signaling::{id::SeanceId, protocol::Role, ticket::{Bearer, Key, Ticket}};
//!
//! let key = Key::new(&[7; 32]);
//! let until = Timestamp::from_second(2_000_000_000).unwrap();
//! let ticket = Ticket { seance: SeanceId(uuid::Uuid::nil()), role: Role::Trainer, bearer: Bearer::Anyone, until, login: None };
//! let text = key.sign(&ticket);
//! assert_eq!(key.verify(&text, Timestamp::UNIX_EPOCH), Ok(ticket));
//! ```

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::id::{LinkId, ParticipantId, PersonId, SeanceId};
use crate::journal::Identity;
use crate::protocol::{Refusal, Role};

/// Longest ticket read, bytes.
const MAX_TICKET: usize = 2_048;

/// What a ticket says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    pub seance: SeanceId,
    pub role: Role,
    pub bearer: Bearer,
    /// Refused from that instant on.
    pub until: Timestamp,
    /// The login by which it was given, by its digest: logged out, it opens nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
}

/// Whose ticket it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Bearer {
    /// An open link: each one who follows it types a name.
    Anyone,
    /// A personal link, or the way in of somebody who is logged in.
    Person {
        person: PersonId,
        name: String,
        identity: Identity,
        /// The link that can be taken back; absent when the ticket is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<LinkId>,
    },
    /// Given in `welcome`: the same stay in the same room.
    Stay {
        participant: ParticipantId,
        person: PersonId,
        name: String,
        identity: Identity,
        /// The link by which the stay began.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<LinkId>,
    },
}

impl Bearer {
    /// The name the ticket already gives, if any.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Anyone => None,
            Self::Person { name, .. } | Self::Stay { name, .. } => Some(name),
        }
    }

    /// The person, when the ticket already knows.
    #[must_use]
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::Anyone => None,
            Self::Person { person, .. } | Self::Stay { person, .. } => Some(*person),
        }
    }

    /// The link on which the ticket hangs: taken back, it opens nothing any more.
    #[must_use]
    pub fn link(&self) -> Option<LinkId> {
        match self {
            Self::Anyone => None,
            Self::Person { link, .. } | Self::Stay { link, .. } => *link,
        }
    }
}

/// The server's secret for tickets.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// A key from 32 secret bytes.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        // RFC 2104 §2: a key shorter than the block is padded with zeros.
        let mut block = [0; 64];
        block.iter_mut().zip(secret).for_each(|(to, from)| *to = *from);
        Self(Hmac::new(&block.into()))
    }

    /// A key for one other purpose: what it signs is no ticket of this key, nor the other way round.
    #[must_use]
    pub fn derive(&self, label: &str) -> Self {
        let mut mac = self.0.clone();
        mac.update(label.as_bytes());
        Self::new(&mac.finalize().into_bytes().into())
    }

    /// HMAC-SHA256 of a text, for keys derived for something else than tickets.
    #[must_use]
    pub fn tag(&self, text: &str) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// The ticket as text.
    #[must_use]
    pub fn sign(&self, ticket: &Ticket) -> String {
        let claims = serde_json::to_vec(ticket).unwrap_or_default();
        let body = URL_SAFE_NO_PAD.encode(claims);
        let mut mac = self.0.clone();
        mac.update(body.as_bytes());
        let tag = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        format!("{body}.{tag}")
    }

    /// Reads a ticket and checks its signature and date.
    ///
    /// # Errors
    /// `TicketInvalid` when it is not one of ours, `TicketExpired` when it was.
    pub fn verify(&self, text: &str, now: Timestamp) -> Result<Ticket, Refusal> {
        if text.len() > MAX_TICKET {
            return Err(Refusal::TicketInvalid);
        }
        let (body, tag) = text.split_once('.').ok_or(Refusal::TicketInvalid)?;
        let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| Refusal::TicketInvalid)?;
        let mut mac = self.0.clone();
        mac.update(body.as_bytes());
        mac.verify_slice(&tag).map_err(|_| Refusal::TicketInvalid)?;
        let claims = URL_SAFE_NO_PAD.decode(body).map_err(|_| Refusal::TicketInvalid)?;
        let ticket: Ticket = serde_json::from_slice(&claims).map_err(|_| Refusal::TicketInvalid)?;
        if ticket.until <= now { Err(Refusal::TicketExpired) } else { Ok(ticket) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ticket() -> Ticket {
        Ticket {
            seance: SeanceId(uuid::Uuid::from_u128(1)),
            role: Role::Participant,
            bearer: Bearer::Anyone,
            until: Timestamp::from_second(2_000_000_000).unwrap(),
            login: None,
        }
    }

    #[test]
    fn a_ticket_of_another_server_is_refused() {
        let text = Key::new(&[1; 32]).sign(&ticket());
        assert_eq!(Key::new(&[2; 32]).verify(&text, Timestamp::UNIX_EPOCH), Err(Refusal::TicketInvalid));
    }

    #[test]
    fn a_derived_key_signs_nothing_that_another_accepts() {
        let key = Key::new(&[1; 32]);
        let text = key.derive("replay").sign(&ticket());
        assert_eq!(key.derive("replay").verify(&text, Timestamp::UNIX_EPOCH), Ok(ticket()));
        for other in [key.clone(), key.derive("replay 2"), Key::new(&[2; 32]).derive("replay")] {
            assert_eq!(other.verify(&text, Timestamp::UNIX_EPOCH), Err(Refusal::TicketInvalid));
        }
    }

    #[test]
    fn an_expired_ticket_is_refused_as_such() {
        let key = Key::new(&[1; 32]);
        let text = key.sign(&ticket());
        assert_eq!(key.verify(&text, ticket().until), Err(Refusal::TicketExpired));
    }

    proptest! {
        #[test]
        fn any_changed_character_is_refused(at in 0usize..200, letter in "[A-Za-z0-9_.-]") {
            let key = Key::new(&[1; 32]);
            let text = key.sign(&ticket());
            let at = at % text.len();
            let mut changed = text.clone();
            changed.replace_range(at..=at, &letter);
            prop_assume!(changed != text);
            prop_assert_eq!(key.verify(&changed, Timestamp::UNIX_EPOCH), Err(Refusal::TicketInvalid));
        }

        #[test]
        fn garbage_is_refused(text in ".{0,300}") {
            prop_assert!(Key::new(&[1; 32]).verify(&text, Timestamp::UNIX_EPOCH).is_err());
        }
    }
}
