//! What an inspector takes home: journal, presence, rule and seals of one séance in one file of lines.
//!
//! Each line is a JSON object with one field that names it: `preau_proof` (what this is), `record` (one a fact),
//! `kept` (a seal of before), then what was known and decided beside the journal (`enrolled`, `author`, `half_day`,
//! `signature`, `adjustment`), `presence` (the sheet), `seal` (the end). The last one carries the digest of all bytes
//! before it and a signature over both: a file without it was cut. Corrections are chained and signed one by one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use signaling::{
    attendance::{Enrolled, Known, Log, PresenceSheet, RULE_VERSION, decided},
    correction::{self, Adjustment},
    emargement::{HalfDay, Signature},
    id::{PersonId, SeanceId},
    journal::{Broken, Record, verify},
    seance::Seance,
};

use super::{ProofKey, Seal, statement};

/// The version of the form of bundles. 2: corrections and what else is known beside the journal.
pub(super) const VERSION: u16 = 2;

/// One line of a bundle.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line {
    PreauProof(Opening),
    Record(Record),
    Kept(Seal),
    Enrolled(Box<Enrolled>),
    Author(Author),
    HalfDay(HalfDay),
    Signature(Signature),
    Adjustment(Box<Adjustment>),
    /// The sheet; of another version of the rules, a form of its own.
    Presence(Box<serde_json::Value>),
    Seal(Closing),
}

/// The name of somebody who corrected.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Author {
    pub(super) person: PersonId,
    pub(super) name: String,
}

/// What the bundle is about.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Opening {
    pub(super) version: u16,
    pub(super) rule_version: u16,
    pub(super) made_at: Timestamp,
    pub(super) seance: Seance,
    /// Linked to a session of GAIA.
    #[serde(default)]
    pub(super) linked: bool,
    /// The session of the parcours was archived.
    #[serde(default)]
    pub(super) archived: bool,
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
    #[error("{0}; no proof is made of the corrections")]
    Corrected(#[from] correction::Broken),
    #[error("the bundle cannot be written: {0}")]
    Unwritable(#[from] serde_json::Error),
}

impl Bundle {
    /// Makes the bundle of a séance as it stands `now`. Requests and what people did in other séances stay out of it.
    ///
    /// # Errors
    /// The journal or the corrections do not hold together.
    pub fn make(
        plan: &Seance,
        records: &[Record],
        kept: &[Seal],
        known: &Known,
        key: &ProofKey,
        now: Timestamp,
    ) -> Result<Self, BundleError> {
        let head = verify(plan.id, records)?;
        correction::verify(plan.id, &known.adjustments)?;
        let opening = Opening {
            version: VERSION,
            rule_version: RULE_VERSION,
            made_at: now,
            seance: plan.clone(),
            linked: known.linked,
            archived: known.archived,
        };
        let mut text = String::new();
        write(&mut text, &Line::PreauProof(opening))?;
        for record in records {
            write(&mut text, &Line::Record(record.clone()))?;
        }
        for seal in kept {
            write(&mut text, &Line::Kept(seal.clone()))?;
        }
        for line in beside(known) {
            write(&mut text, &line)?;
        }
        let presence = proven(plan, records, known.clone(), now);
        write(&mut text, &Line::Presence(Box::new(serde_json::to_value(presence)?)))?;
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

/// What is known beside the journal, as lines.
fn beside(known: &Known) -> Vec<Line> {
    let author = |(person, name): (&PersonId, &String)| Author { person: *person, name: name.clone() };
    let mut lines: Vec<Line> =
        known.enrolled.iter().map(|one| Line::Enrolled(Box::new(one.clone()))).collect();
    lines.extend(known.names.iter().map(author).map(Line::Author));
    lines.extend(known.half_days.iter().cloned().map(Line::HalfDay));
    lines.extend(known.signatures.iter().cloned().map(Line::Signature));
    lines.extend(known.adjustments.iter().map(|one| Line::Adjustment(Box::new(one.clone()))));
    lines
}

/// The sheet that follows from what a bundle holds.
pub(super) fn proven(plan: &Seance, records: &[Record], known: Known, now: Timestamp) -> PresenceSheet {
    let known = Known { requests: Vec::new(), elsewhere: Vec::new(), replays: Vec::new(), ..known };
    let log = Log::of(records);
    // What is only proposed is no part of a proof.
    PresenceSheet { pairs: Vec::new(), ..decided(plan, log.view(plan), &log, &known, now) }
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
