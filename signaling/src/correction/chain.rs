//! The chain of the corrections of a séance, made like that of its journal: `hash = SHA-256(prev ‖ row)`, `row` being the
//! canonical JSON of the correction with the salted digest of its text, so that the text can be erased.
//!
//! Each link also bears the server's signature of its own hash, made when it was written: whoever writes into the
//! database later cannot make one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Adjustment, Change, Reason};
use crate::id::{AdjustmentId, PersonId, SeanceId};
use crate::journal::{HEX_CHARS, SALT_BYTES, canonical, digest, link};

/// A correction's place in the chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Hex, 32 bytes: the salt of `digest`. Empty once the text was erased.
    pub salt: String,
    /// Hex SHA-256 of salt and text.
    pub digest: String,
    /// The hash of the correction before, 64 zeros for the first.
    pub prev: String,
    pub hash: String,
    /// Hex Ed25519: who signed the [`Head::statement`] of this correction, and how.
    pub key: String,
    pub signature: String,
}

/// Where the chain of a séance ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub seance: SeanceId,
    /// Of the last correction; 0 before the first.
    pub number: u32,
    pub hash: String,
}

/// The first correction that does not fit its chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("correction {number} was changed, or one before it is missing")]
pub struct Broken {
    pub number: u32,
}

/// What is hashed, beside the previous hash.
#[derive(Serialize)]
struct Row<'a> {
    id: AdjustmentId,
    seance: SeanceId,
    number: u32,
    person: Option<PersonId>,
    old: &'a Change,
    new: &'a Change,
    reason: Reason,
    text: &'a str,
    author: PersonId,
    at: Timestamp,
}

impl Head {
    /// Before the first correction.
    #[must_use]
    pub fn start(seance: SeanceId) -> Self {
        Self { seance, number: 0, hash: "0".repeat(HEX_CHARS) }
    }

    /// After this correction.
    #[must_use]
    pub fn after(last: &Adjustment) -> Self {
        Self { seance: last.seance, number: last.number, hash: last.link.hash.clone() }
    }

    /// What the server signs when it writes the last correction.
    #[must_use]
    pub fn statement(&self) -> String {
        format!("preau-correction/1\n{}\n{}\n{}\n", self.seance, self.number, self.hash)
    }

    /// Puts a correction at the end: number and link are set, the signature is left to who holds the key.
    ///
    /// # Errors
    /// It cannot be written as JSON; the chain is then unchanged.
    pub fn append(
        &mut self,
        mut adjustment: Adjustment,
        salt: [u8; SALT_BYTES],
    ) -> Result<Adjustment, serde_json::Error> {
        adjustment.seance = self.seance;
        adjustment.number = self.number.saturating_add(1);
        let salt = if adjustment.text.is_empty() { String::new() } else { hex::encode(salt) };
        let digest = digest(&salt, &adjustment.text);
        let prev = self.hash.clone();
        adjustment.link = Link { salt, digest, prev, ..Link::default() };
        adjustment.link.hash = adjustment.hash()?;
        *self = Self::after(&adjustment);
        Ok(adjustment)
    }

    /// Checks that `next` follows and moves on to it.
    ///
    /// # Errors
    /// It does not; the head stays.
    pub fn check(&mut self, next: &Adjustment) -> Result<(), Broken> {
        let number = self.number.saturating_add(1);
        let fits = next.seance == self.seance
            && next.number == number
            && next.link.prev == self.hash
            && next.text_fits()
            && next.hash().is_ok_and(|hash| hash == next.link.hash);
        if !fits {
            return Err(Broken { number });
        }
        *self = Self::after(next);
        Ok(())
    }
}

impl Adjustment {
    /// Erases what was typed, and the salt that would let somebody guess it. The chain still verifies.
    pub fn erase_text(&mut self) {
        self.text.clear();
        self.link.salt.clear();
    }

    /// A text that is still there must be the one digested; without one there is no salt.
    fn text_fits(&self) -> bool {
        if self.text.is_empty() {
            return self.link.salt.is_empty() && self.link.digest.len() == HEX_CHARS;
        }
        self.link.salt.len() == HEX_CHARS && digest(&self.link.salt, &self.text) == self.link.digest
    }

    fn hash(&self) -> Result<String, serde_json::Error> {
        let row = canonical(&Row {
            id: self.id,
            seance: self.seance,
            number: self.number,
            person: self.person,
            old: &self.old,
            new: &self.new,
            reason: self.reason,
            text: &self.link.digest,
            author: self.author,
            at: self.at,
        })?;
        Ok(link(&self.link.prev, &row))
    }
}

/// Checks all corrections of `seance`, in order from the first.
///
/// # Errors
/// The first one that does not fit.
pub fn verify<'a>(
    seance: SeanceId,
    adjustments: impl IntoIterator<Item = &'a Adjustment>,
) -> Result<Head, Broken> {
    let mut head = Head::start(seance);
    adjustments.into_iter().try_for_each(|next| head.check(next))?;
    Ok(head)
}
