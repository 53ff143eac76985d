//! The chain of a journal: what is hashed, how a fact joins it, how it is checked.
//!
//! All hashes are lower-case hex, so that the chain can be checked with a shell:
//!
//! * `hash   = SHA-256(prev ‖ row)`, `prev` being the 64 characters of the previous hash;
//! * `digest = SHA-256(salt ‖ text)`, `salt` being its 64 characters;
//! * `row` is the canonical JSON (RFC 8785: no blanks, keys sorted) of `seance`, `seq`, `boot`, `boot_at`, `mono_ms`,
//!   `wall` and `fact`, each personal text of the fact being replaced by its digest.
//!
//! A chain cut at its end is still a chain: who must notice a cut compares the [`Head`] with one kept elsewhere.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Fact, Moment, Record};
use crate::id::{BootId, SeanceId};

/// Bytes of a record's salt, as random as they come.
pub const SALT_BYTES: usize = 32;

/// Characters of a salt or a hash in hex.
pub(crate) const HEX_CHARS: usize = 64;

/// The last link of the chain of one séance: all that is needed to go on, or to compare with a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub seance: SeanceId,
    /// Of the last record; 0 before the first.
    pub seq: u64,
    /// Of the last record; 64 zeros before the first.
    pub hash: String,
}

/// The first record that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {seq} does not fit the chain: {why}")]
pub struct Broken {
    /// The number that the record has or should have.
    pub seq: u64,
    pub why: Flaw,
}

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("it belongs to another séance")]
    ForeignSeance,
    #[error("a record is missing, repeated or out of place before it")]
    Hole,
    #[error("it does not follow the record before it")]
    Link,
    #[error("a text, its salt or its digest was changed")]
    Text,
    #[error("what it says was changed")]
    Hash,
}

/// The fact cannot be written as JSON.
#[derive(Debug, thiserror::Error)]
#[error("the fact cannot be written as JSON: {0}")]
pub struct Unwritable(#[from] serde_json::Error);

impl Head {
    /// Before the first record.
    #[must_use]
    pub fn start(seance: SeanceId) -> Self {
        Self { seance, seq: 0, hash: "0".repeat(HEX_CHARS) }
    }

    /// Puts `fact` at the end of the chain and moves on. `salt` comes from the system's random source, one per record.
    ///
    /// # Errors
    /// When the fact cannot be written as JSON; the chain is then unchanged.
    pub fn append(
        &mut self,
        at: Moment,
        wall: Timestamp,
        mut fact: Fact,
        salt: [u8; SALT_BYTES],
    ) -> Result<Record, Unwritable> {
        let salt = hex::encode(salt);
        let texts = fact.texts_mut();
        let digests: Vec<String> = texts.iter().map(|text| digest(&salt, text)).collect();
        let salt = if texts.iter().all(|text| text.is_empty()) { String::new() } else { salt };
        let seq = self.seq.saturating_add(1);
        let row = row(self.seance, seq, at, wall, masked(&fact, &digests))?;
        let hash = link(&self.hash, &row);
        let prev = std::mem::replace(&mut self.hash, hash.clone());
        self.seq = seq;
        Ok(Record { seance: self.seance, seq, at, wall, fact, salt, digests, prev, hash })
    }

    /// Checks that `record` is the next one and moves on to it. Large journals are checked record by record.
    ///
    /// # Errors
    /// When it is not; the head stays at the last good record.
    pub fn check(&mut self, record: &Record) -> Result<(), Broken> {
        let seq = self.seq.saturating_add(1);
        let flaw = |why| Err(Broken { seq, why });
        if record.seance != self.seance {
            return flaw(Flaw::ForeignSeance);
        }
        if record.seq != seq {
            return flaw(Flaw::Hole);
        }
        if record.prev != self.hash {
            return flaw(Flaw::Link);
        }
        if !texts_fit(record) {
            return flaw(Flaw::Text);
        }
        let fact = masked(&record.fact, &record.digests);
        match row(record.seance, seq, record.at, record.wall, fact) {
            Ok(row) if link(&record.prev, &row) == record.hash => {
                self.seq = seq;
                self.hash.clone_from(&record.hash);
                Ok(())
            }
            Ok(_) | Err(_) => flaw(Flaw::Hash),
        }
    }
}

/// Checks the whole journal of `seance`, in order from its first record.
///
/// # Errors
/// The first record that does not fit, and why.
pub fn verify<'r>(seance: SeanceId, records: impl IntoIterator<Item = &'r Record>) -> Result<Head, Broken> {
    let mut head = Head::start(seance);
    records.into_iter().try_for_each(|record| head.check(record))?;
    Ok(head)
}

/// Each text that is still there must be the one digested; without any text there must be no salt left.
fn texts_fit(record: &Record) -> bool {
    let mut fact = record.fact.clone();
    let texts = fact.texts_mut();
    let salt_chars = if texts.iter().all(|text| text.is_empty()) { 0 } else { HEX_CHARS };
    record.salt.len() == salt_chars
        && texts.len() == record.digests.len()
        && texts
            .iter()
            .zip(&record.digests)
            .all(|(text, kept)| text.is_empty() || digest(&record.salt, text) == *kept)
}

/// The fact as it is hashed: digests in the place of texts.
fn masked(fact: &Fact, digests: &[String]) -> Fact {
    let mut fact = fact.clone();
    for (text, digest) in fact.texts_mut().into_iter().zip(digests) {
        text.clone_from(digest);
    }
    fact
}

pub(crate) fn digest(salt: &str, text: &str) -> String {
    hex::encode(Sha256::new().chain_update(salt).chain_update(text).finalize())
}

pub(crate) fn link(prev: &str, row: &str) -> String {
    hex::encode(Sha256::new().chain_update(prev).chain_update(row).finalize())
}

/// What is hashed, beside the previous hash.
#[derive(Serialize)]
struct Row {
    seance: SeanceId,
    seq: u64,
    boot: BootId,
    boot_at: Timestamp,
    mono_ms: u64,
    wall: Timestamp,
    fact: Fact,
}

fn row(
    seance: SeanceId,
    seq: u64,
    at: Moment,
    wall: Timestamp,
    fact: Fact,
) -> Result<String, serde_json::Error> {
    let Moment { boot, boot_at, mono_ms } = at;
    canonical(&Row { seance, seq, boot, boot_at, mono_ms, wall, fact })
}

/// The canonical JSON of a value (RFC 8785, for the texts and whole numbers that are hashed here).
pub(crate) fn canonical(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    write_canonical(&serde_json::to_value(value)?, &mut text);
    Ok(text)
}

/// Sorts the keys itself: whether `serde_json` does depends on a feature that any crate of the build may turn on.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (index, (key, value)) in fields.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(&Value::from(key.as_str()), out);
                out.push(':');
                write_canonical(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            // Writing to a string cannot fail.
            let _ = write!(out, "{value}");
        }
    }
}
