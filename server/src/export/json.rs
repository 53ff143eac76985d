//! Presence for other programs: schema `presence/1` (domain rules §3.4, Annex A.4). Durations in whole seconds, instants
//! in RFC 3339 with the offset of the séance, people by identifier only.

use std::{fmt, num::ParseIntError, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use signaling::{attendance::Status, protocol::seance::SeanceKind};

use super::{
    ExportError, File,
    document::{GaiaKey, Part, Row, SeanceDocument},
    presence::file_name,
};

/// The presence of a séance as other programs read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PresenceJson {
    schema: String,
    rule_version: String,
    seance: SeanceJson,
    rows: Vec<RowJson>,
    /// Where the next page begins; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    version: u64,
    generated_at: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SeanceJson {
    id: String,
    kind: SeanceKind,
    title: String,
    starts_at: String,
    tz: String,
    announced_s: u64,
    effective_s: u64,
    threshold_s: u64,
    closed: bool,
    links: Vec<LinkJson>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct LinkJson {
    base: String,
    dispositif: String,
    module: i64,
    session: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct RowJson {
    person: String,
    role: String,
    enrolment: String,
    /// The linked sessions of GAIA that list the person, where the séance is linked to several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<LinkJson>,
    connected_s: u64,
    lobby_s: u64,
    presence_s: u64,
    #[serde(default)]
    replay_s: u64,
    status: Status,
    origin: String,
    flags: Vec<String>,
    validable: bool,
}

/// Where a page begins: `12-500`, in the export number 12 from its row 500 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub export: u64,
    pub row: usize,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.export, self.row)
    }
}

impl FromStr for Cursor {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (export, row) = text.split_once('-').unwrap_or((text, ""));
        Ok(Self { export: export.parse()?, row: row.parse()? })
    }
}

impl PresenceJson {
    #[must_use]
    pub fn of(document: &SeanceDocument) -> Self {
        let seance = &document.seance;
        Self {
            schema: "presence/1".to_owned(),
            rule_version: format!("2026-{}", seance.rule_version),
            seance: SeanceJson {
                id: seance.id.to_string(),
                kind: seance.kind,
                title: seance.title.clone(),
                starts_at: seance.zone.rfc3339(seance.starts_at),
                tz: seance.zone.name().to_owned(),
                announced_s: u64::from(seance.announced_min) * 60,
                effective_s: seance.effective_ms / 1000,
                threshold_s: u64::from(seance.threshold_min) * 60,
                closed: seance.closed,
                links: document.frame.gaia.iter().map(|gaia| link(&gaia.key)).collect(),
            },
            rows: document.rows.iter().map(|one| row(one, document.frame.gaia.len() > 1)).collect(),
            next: None,
            version: document.edition.version,
            generated_at: seance.zone.rfc3339(document.edition.at),
        }
    }

    /// An entity tag that changes when, and only when, what is said changes: neither the version nor the instant counts.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn etag(&self) -> Result<String, ExportError> {
        let text = serde_json::to_string(&(&self.rule_version, &self.seance, &self.rows))?;
        Ok(format!("W/\"{}\"", hex::encode(Sha256::digest(text))))
    }

    /// An export of before, from its bytes.
    ///
    /// # Errors
    /// They are none.
    pub fn read(bytes: &[u8]) -> Result<Self, ExportError> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// At most `limit` rows from that one on. Pages are cut from one kept export, so that they fit together whatever
    /// happens meanwhile.
    #[must_use]
    pub fn page(mut self, cursor: Cursor, limit: usize) -> Self {
        self.rows.drain(..cursor.row.min(self.rows.len()));
        if self.rows.len() > limit {
            self.rows.truncate(limit);
            let next = Cursor { row: cursor.row.saturating_add(limit), ..cursor };
            self.next = Some(next.to_string());
        }
        self
    }

    /// The whole as a file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn file(&self, document: &SeanceDocument) -> Result<File, ExportError> {
        Ok(File { name: file_name(document, "presence", "json"), bytes: serde_json::to_vec(self)? })
    }
}

fn link(key: &GaiaKey) -> LinkJson {
    let GaiaKey { base, dispositif, module, session, .. } = key.clone();
    LinkJson { base, dispositif, module, session }
}

fn row(row: &Row, several_lists: bool) -> RowJson {
    let lists = row.lists().filter(|_| several_lists);
    RowJson {
        person: row.person.to_string(),
        role: match row.part {
            Part::Participant => "participant",
            Part::Trainer => "trainer",
            Part::CoTrainer => "co_trainer",
            Part::Tutor => "tutor",
        }
        .to_owned(),
        enrolment: row.enrolment.word().to_owned(),
        links: lists.map(link).collect(),
        connected_s: row.connected_ms / 1000,
        lobby_s: row.lobby_ms / 1000,
        presence_s: row.presence_ms / 1000,
        replay_s: row.replay_ms / 1000,
        status: row.status,
        origin: if row.manual { "manuel" } else { "auto" }.to_owned(),
        flags: row.flags.clone(),
        validable: row.validable,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::samples, Cursor, PresenceJson};

    #[test]
    fn is_the_sample() {
        let mut document = samples::seance();
        document.rows.truncate(1);
        let json = PresenceJson::of(&document);
        let value = serde_json::to_value(&json).unwrap();
        assert_eq!(
            value,
            serde_json::json!({
                "schema": "presence/1", "rule_version": "2026-1",
                "seance": {
                    "id": "00000000-0000-0000-0000-000000000001", "kind": "classe_virtuelle",
                    "title": "CV de lancement", "starts_at": "2026-11-18T14:00:00+01:00", "tz": "Europe/Paris",
                    "announced_s": 5400, "effective_s": 5400, "threshold_s": 2700, "closed": true,
                    "links": [
                        {"base": "ACAVER", "dispositif": "26A0250123", "module": 45805, "session": 78576}
                    ]
                },
                "rows": [{
                    "person": "00000000-0000-0000-0000-000000000007", "role": "participant", "enrolment": "gaia",
                    "connected_s": 6050, "lobby_s": 0, "presence_s": 5400, "replay_s": 0, "status": "present",
                    "origin": "auto", "flags": [], "validable": true
                }],
                "version": 1, "generated_at": "2026-11-18T16:02:11+01:00"
            })
        );
    }

    #[test]
    fn pages_join_up_and_the_tag_follows_the_content() {
        let mut document = samples::seance();
        let whole = PresenceJson::of(&document);
        let kept = whole.file(&document).unwrap().bytes;
        let mut seen = Vec::new();
        let mut cursor = Some(Cursor { export: 12, row: 0 });
        while let Some(at) = cursor {
            let page = PresenceJson::read(&kept).unwrap().page(at, 2);
            seen.extend(page.rows.iter().map(|row| row.person.clone()));
            cursor = page.next.map(|next| next.parse().unwrap());
        }
        assert_eq!(seen, whole.rows.iter().map(|row| row.person.clone()).collect::<Vec<_>>());
        assert!(whole.clone().page(Cursor { export: 12, row: 99 }, 2).rows.is_empty());
        for wrong in ["", "12", "12-", "-3", "a-b", "12--1", "99999999999999999999-0"] {
            assert!(wrong.parse::<Cursor>().is_err(), "{wrong}");
        }
        let tag = whole.etag().unwrap();
        document.edition.version = 2;
        assert_eq!(PresenceJson::of(&document).etag().unwrap(), tag);
        document.rows[0].presence_ms += 1000;
        assert_ne!(PresenceJson::of(&document).etag().unwrap(), tag);
    }
}
