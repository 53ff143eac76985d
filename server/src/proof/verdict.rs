//! Checks a bundle with nothing but itself: intact, altered (and where), or cut.

use std::fmt;

use signaling::{
    attendance::{RULE_VERSION, sheet},
    journal::{Head, Record},
    room::view_of,
};

use super::{
    Seal,
    bundle::{Closing, Line, Opening, VERSION, closing_statement, digest},
    signed,
};

/// What can be said of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was changed since it was sealed under this public key (hex); compare the key with the published one.
    Intact { records: u64, sealed_at: jiff::Timestamp, key: String },
    /// Changed: at this record, or in another part.
    Altered { part: String, why: String },
    /// The end is missing, or records at the end of the journal; what is there holds.
    Truncated { records: u64 },
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Intact { records, sealed_at, key } => {
                write!(f, "intact: {records} records, sealed {sealed_at} with key {key}")
            }
            Self::Altered { part, why } => write!(f, "altered at {part}: {why}"),
            Self::Truncated { records } => write!(f, "truncated after record {records}"),
        }
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    opening: Option<Opening>,
    head: Option<Head>,
    records: Vec<Record>,
    kept: Vec<Seal>,
    presence: Option<serde_json::Value>,
}

/// Checks a bundle.
#[must_use]
pub fn verify(bytes: &[u8]) -> Verdict {
    let mut reading = Reading::default();
    let mut closing = None;
    // Where the closing line begins: what is before it was digested.
    let mut content = 0;
    let mut rest = bytes;
    while !rest.is_empty() {
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { break };
        let (line, after) = rest.split_at(end);
        if closing.is_some() {
            return altered("the end", &"something follows the seal");
        }
        match reading.line(line) {
            Ok(None) => content += end + 1,
            Ok(Some(found)) => closing = Some(found),
            Err(verdict) => return verdict,
        }
        rest = after.get(1..).unwrap_or_default();
    }
    match closing {
        Some(_) if !rest.is_empty() => altered("the end", &"something follows the seal"),
        Some(closing) => reading.close(&closing, bytes.get(..content).unwrap_or_default()),
        None => Verdict::Truncated { records: reading.head.map_or(0, |head| head.seq) },
    }
}

fn altered(part: impl Into<String>, why: &dyn fmt::Display) -> Verdict {
    Verdict::Altered { part: part.into(), why: why.to_string() }
}

/// The closing line, when it is written as this server writes it: nothing else protects its blanks and spellings.
fn closing(line: Line, bytes: &[u8], place: String) -> Result<Option<Closing>, Verdict> {
    let written = serde_json::to_vec(&line).map_err(|error| altered(place.clone(), &error))?;
    match line {
        Line::Seal(closing) if written == bytes => Ok(Some(closing)),
        Line::Seal(_) | Line::PreauProof(_) | Line::Record(_) | Line::Kept(_) | Line::Presence(_) => {
            Err(altered(place, &"it is not written as it was sealed"))
        }
    }
}

impl Reading {
    /// Takes the next line; gives the closing one.
    fn line(&mut self, line: &[u8]) -> Result<Option<Closing>, Verdict> {
        let next = self.records.len() + 1;
        let place = match (&self.opening, &self.presence) {
            (None, _) => "the first line".to_owned(),
            (Some(_), None) => format!("record {next}"),
            (Some(_), Some(_)) => "the seal".to_owned(),
        };
        let bytes = line;
        let line: Line = serde_json::from_slice(line).map_err(|error| altered(&place, &error))?;
        match (line, &mut self.head) {
            (Line::PreauProof(opening), None) => {
                if opening.version != VERSION {
                    return Err(altered(place, &"a version of bundles that this program does not know"));
                }
                self.head = Some(Head::start(opening.seance.id));
                self.opening = Some(opening);
            }
            (Line::Record(record), Some(head)) if self.kept.is_empty() && self.presence.is_none() => {
                head.check(&record).map_err(|broken| altered(place, &broken.why))?;
                self.records.push(record);
            }
            (Line::Kept(seal), Some(_)) if self.presence.is_none() => self.kept.push(seal),
            (Line::Presence(presence), Some(_)) if self.presence.is_none() => {
                self.presence = Some(serde_json::to_value(presence).map_err(|error| altered(place, &error))?);
            }
            (line @ Line::Seal(_), Some(_)) if self.presence.is_some() => return closing(line, bytes, place),
            (
                Line::PreauProof(_) | Line::Record(_) | Line::Kept(_) | Line::Presence(_) | Line::Seal(_),
                _,
            ) => {
                return Err(altered(place, &"a line is out of place"));
            }
        }
        Ok(None)
    }

    fn close(self, closing: &Closing, content: &[u8]) -> Verdict {
        let (Some(opening), Some(head)) = (self.opening, self.head) else {
            return altered("the first line", &"it is missing");
        };
        let seance = opening.seance.id;
        let statement = closing_statement(seance, &closing.head, &closing.content);
        let own = &closing.head;
        if !own.holds(seance) || !signed(&own.key, &closing.signature, &statement) {
            return altered("the seal", &"its signature does not fit");
        }
        if own.seq > head.seq {
            return Verdict::Truncated { records: head.seq };
        }
        if own.seq < head.seq || own.hash != head.hash {
            return altered(
                format!("record {}", own.seq.min(head.seq)),
                &"the journal does not end as it was sealed",
            );
        }
        for seal in &self.kept {
            let at = seal.seq.checked_sub(1).and_then(|index| self.records.get(usize::try_from(index).ok()?));
            if !seal.holds(seance) || at.is_none_or(|record| record.hash != seal.hash) {
                return altered(format!("record {}", seal.seq), &"it does not fit the seal of its time");
            }
        }
        let content = std::str::from_utf8(content).map(digest);
        if content.as_ref() != Ok(&closing.content) {
            return altered("the first line or the presence", &"the bytes are not those that were sealed");
        }
        let plan = &opening.seance;
        if opening.rule_version == RULE_VERSION {
            let computed = sheet(plan, view_of(plan, &self.records), &self.records, opening.made_at);
            if serde_json::to_value(computed).ok() != self.presence {
                return altered("the presence", &"it does not follow from the journal");
            }
        }
        Verdict::Intact { records: head.seq, sealed_at: own.at, key: own.key.clone() }
    }
}
