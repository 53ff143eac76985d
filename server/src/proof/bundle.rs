//! What an inspector takes home: journal, presence, rule and seals of one séance in one file of lines.
//!
//! Each line is a JSON object with one field that names it: `preau_proof` (what this is), `record` (one a fact),
//! `kept` (a seal of before), `presence` (the sheet), `seal` (the end). The last one carries the digest of all bytes
//! before it and a signature over both: a file without it was cut.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use signaling::{
    attendance::{PresenceSheet, RULE_VERSION, sheet},
    id::SeanceId,
    journal::{Broken, Record, verify},
    room::view_of,
    seance::Seance,
};

use super::{ProofKey, Seal, statement};

/// The version of the form of bundles.
pub(super) const VERSION: u16 = 1;

/// One line of a bundle.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line {
    PreauProof(Opening),
    Record(Record),
    Kept(Seal),
    Presence(Box<PresenceSheet>),
    Seal(Closing),
}

/// What the bundle is about.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Opening {
    pub(super) version: u16,
    pub(super) rule_version: u16,
    pub(super) made_at: Timestamp,
    pub(super) seance: Seance,
}

/// What closes it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Closing {
    /// Over the head of the journal.
    pub(super) head: Seal,
    /// Hex SHA-256 of all bytes before this line.
    pub(super) content: String,
    /// Hex, over head and content.
    pub(super) signature: String,
}

/// The text of a finished bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle(String);

/// Why no bundle is made.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    #[error("the journal is not whole: {0}; no proof is made of it")]
    Broken(#[from] Broken),
    #[error("the bundle cannot be written: {0}")]
    Unwritable(#[from] serde_json::Error),
}

impl Bundle {
    /// Makes the bundle of a séance as it stands `now`.
    ///
    /// # Errors
    /// The journal does not hold together.
    pub fn make(
        plan: &Seance,
        records: &[Record],
        kept: &[Seal],
        key: &ProofKey,
        now: Timestamp,
    ) -> Result<Self, BundleError> {
        let head = verify(plan.id, records)?;
        let opening =
            Opening { version: VERSION, rule_version: RULE_VERSION, made_at: now, seance: plan.clone() };
        let mut text = String::new();
        write(&mut text, &Line::PreauProof(opening))?;
        for record in records {
            write(&mut text, &Line::Record(record.clone()))?;
        }
        for seal in kept {
            write(&mut text, &Line::Kept(seal.clone()))?;
        }
        let presence = sheet(plan, view_of(plan, records), records, now);
        write(&mut text, &Line::Presence(Box::new(presence)))?;
        let content = digest(&text);
        let head = key.seal(&head, now);
        let signature = key.sign(&closing_statement(plan.id, &head, &content));
        write(&mut text, &Line::Seal(Closing { head, content, signature }))?;
        Ok(Self(text))
    }

    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

fn write(text: &mut String, line: &Line) -> Result<(), serde_json::Error> {
    text.push_str(&serde_json::to_string(line)?);
    text.push('\n');
    Ok(())
}

pub(super) fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

pub(super) fn closing_statement(seance: SeanceId, head: &Seal, content: &str) -> String {
    format!("{}{content}\n", statement(seance, head.seq, &head.hash, head.at))
}
