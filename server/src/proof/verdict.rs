//! Checks a bundle with nothing but itself: intact, altered (and where), or cut.

use std::{collections::BTreeSet, fmt};

use signaling::{
    attendance::{Known, RULE_VERSION},
    correction::{self, Adjustment},
    journal::{Head, Record},
};

use super::{
    Seal,
    bundle::{Author, Closing, Line, Opening, VERSION, closing_statement, digest, proven},
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
    known: Known,
    /// A line beside the journal was read: no record follows.
    beside: bool,
    corrections: Option<correction::Head>,
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
        Line::Seal(_)
        | Line::PreauProof(_)
        | Line::Record(_)
        | Line::Kept(_)
        | Line::Enrolled(_)
        | Line::Author(_)
        | Line::HalfDay(_)
        | Line::Signature(_)
        | Line::Adjustment(_)
        | Line::Presence(_) => Err(altered(place, &"it is not written as it was sealed")),
    }
}

impl Reading {
    /// Where the next line stands.
    fn place(&self) -> String {
        match (&self.opening, &self.presence) {
            (None, _) => "the first line".to_owned(),
            (Some(_), Some(_)) => "the seal".to_owned(),
            (Some(_), None) if self.beside => format!("correction {}", self.known.adjustments.len() + 1),
            (Some(_), None) => format!("record {}", self.records.len() + 1),
        }
    }

    /// Takes the next line; gives the closing one.
    fn line(&mut self, bytes: &[u8]) -> Result<Option<Closing>, Verdict> {
        let place = self.place();
        let line: Line = serde_json::from_slice(bytes).map_err(|error| altered(&place, &error))?;
        match (line, &mut self.head) {
            (Line::PreauProof(opening), None) => self.open(opening, place)?,
            (Line::Record(record), Some(head))
                if self.kept.is_empty() && !self.beside && self.presence.is_none() =>
            {
                head.check(&record).map_err(|broken| altered(place, &broken.why))?;
                self.records.push(record);
            }
            (Line::Kept(seal), Some(_)) if !self.beside && self.presence.is_none() => self.kept.push(seal),
            (Line::Presence(presence), Some(_)) if self.presence.is_none() => {
                self.presence = Some(*presence);
            }
            (line @ Line::Seal(_), Some(_)) if self.presence.is_some() => return closing(line, bytes, place),
            (Line::Adjustment(one), Some(_)) if self.presence.is_none() => self.correct(*one, &place)?,
            (line, Some(_)) if self.presence.is_none() => self.beside(line, place)?,
            _ => return Err(altered(place, &"a line is out of place")),
        }
        Ok(None)
    }

    fn open(&mut self, opening: Opening, place: String) -> Result<(), Verdict> {
        if opening.version == 0 || opening.version > VERSION {
            return Err(altered(place, &"a version of bundles that this program does not know"));
        }
        let seance = opening.seance.id;
        self.head = Some(Head::start(seance));
        self.corrections = Some(correction::Head::start(seance));
        self.known = Known { linked: opening.linked, archived: opening.archived, ..Known::default() };
        self.opening = Some(opening);
        Ok(())
    }

    /// A correction follows the one before, and was signed when it was written.
    fn correct(&mut self, one: Adjustment, place: &str) -> Result<(), Verdict> {
        self.beside = true;
        let head = self.corrections.as_mut().ok_or_else(|| altered(place, &"a line is out of place"))?;
        head.check(&one).map_err(|broken| altered(format!("correction {}", broken.number), &broken))?;
        if !signed(&one.link.key, &one.link.signature, &head.statement()) {
            return Err(altered(format!("correction {}", one.number), &"its signature does not fit"));
        }
        self.known.adjustments.push(one);
        Ok(())
    }

    /// What else was known beside the journal.
    fn beside(&mut self, line: Line, place: String) -> Result<(), Verdict> {
        self.beside = true;
        match line {
            Line::Enrolled(one) => self.known.enrolled.push(*one),
            Line::Author(Author { person, name }) => drop(self.known.names.insert(person, name)),
            Line::HalfDay(day) => self.known.half_days.push(day),
            Line::Signature(one) => self.known.signatures.push(one),
            Line::PreauProof(_)
            | Line::Record(_)
            | Line::Kept(_)
            | Line::Adjustment(_)
            | Line::Presence(_)
            | Line::Seal(_) => return Err(altered(place, &"a line is out of place")),
        }
        Ok(())
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
        // The key may have been changed since: then it sealed the journal of its time.
        let keys: BTreeSet<&str> = self.kept.iter().chain([own]).map(|seal| seal.key.as_str()).collect();
        if let Some(one) = self.known.adjustments.iter().find(|one| !keys.contains(one.link.key.as_str())) {
            return altered(format!("correction {}", one.number), &"it was signed with another key");
        }
        let content = std::str::from_utf8(content).map(digest);
        if content.as_ref() != Ok(&closing.content) {
            return altered(
                "the first line, the enrolments or the presence",
                &"the bytes are not those that were sealed",
            );
        }
        let plan = &opening.seance;
        if opening.rule_version == RULE_VERSION {
            let computed = proven(plan, &self.records, self.known, opening.made_at);
            if serde_json::to_value(computed).ok() != self.presence {
                return altered("the presence", &"it does not follow from the journal");
            }
        }
        Verdict::Intact { records: head.seq, sealed_at: own.at, key: own.key.clone() }
    }
}
