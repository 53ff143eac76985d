//! Presence for other programs: schema `presence/1` (domain rules §3.4, Annex A.4). Durations in whole seconds, instants
//! in RFC 3339 with the offset of the séance, people by identifier only.

use serde::Serialize;
use sha2::{Digest, Sha256};
use signaling::{attendance::Status, protocol::seance::SeanceKind};

use super::{
    ExportError, File,
    document::{Part, Row, SeanceDocument},
    presence::file_name,
};

/// The presence of a séance as other programs read it.
#[derive(Debug, Clone, Serialize)]
pub struct PresenceJson {
    schema: &'static str,
    rule_version: String,
    seance: SeanceJson,
    rows: Vec<RowJson>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    version: u64,
    generated_at: String,
}

#[derive(Debug, Clone, Serialize)]
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

#[derive(Debug, Clone, Serialize)]
struct LinkJson {
    base: String,
    dispositif: String,
    module: i64,
    session: i64,
}

#[derive(Debug, Clone, Serialize)]
struct RowJson {
    person: String,
    role: &'static str,
    enrolment: &'static str,
    connected_s: u64,
    lobby_s: u64,
    presence_s: u64,
    status: Status,
    origin: &'static str,
    flags: Vec<String>,
    validable: bool,
}

impl PresenceJson {
    #[must_use]
    pub fn of(document: &SeanceDocument) -> Self {
        let seance = &document.seance;
        let link = |gaia: &super::document::GaiaSession| LinkJson {
            base: gaia.key.base.clone(),
            dispositif: gaia.key.dispositif.clone(),
            module: gaia.key.module,
            session: gaia.key.session,
        };
        Self {
            schema: "presence/1",
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
                links: document.frame.gaia.iter().map(link).collect(),
            },
            rows: document.rows.iter().map(row).collect(),
            next: None,
            version: document.edition.version,
            generated_at: seance.zone.rfc3339(document.edition.at),
        }
    }

    /// Changes when, and only when, what is said changes: neither the version nor the instant counts.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn etag(&self) -> Result<String, ExportError> {
        let text = serde_json::to_string(&(&self.rule_version, &self.seance, &self.rows))?;
        Ok(format!("\"{}\"", hex::encode(Sha256::digest(text))))
    }

    /// `limit` rows after the person `cursor`; from the first one without. An unknown cursor gives no row.
    #[must_use]
    pub fn page(mut self, cursor: Option<&str>, limit: usize) -> Self {
        if let Some(cursor) = cursor {
            let after = self.rows.iter().position(|row| row.person == cursor).map(|index| index + 1);
            self.rows.drain(..after.unwrap_or(self.rows.len()));
        }
        if self.rows.len() > limit {
            self.rows.truncate(limit);
            self.next = self.rows.last().map(|row| row.person.clone());
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

fn row(row: &Row) -> RowJson {
    RowJson {
        person: row.person.to_string(),
        role: match row.part {
            Part::Participant => "participant",
            Part::Trainer => "trainer",
            Part::CoTrainer => "co_trainer",
            Part::Tutor => "tutor",
        },
        enrolment: row.enrolment.word(),
        connected_s: row.connected_ms / 1000,
        lobby_s: row.lobby_ms / 1000,
        presence_s: row.presence_ms / 1000,
        status: row.status,
        origin: if row.manual { "manuel" } else { "auto" },
        flags: row.flags.clone(),
        validable: row.validable,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::samples, PresenceJson};

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
                    "connected_s": 6050, "lobby_s": 0, "presence_s": 5400, "status": "present", "origin": "auto",
                    "flags": [], "validable": true
                }],
                "version": 1, "generated_at": "2026-11-18T16:02:11+01:00"
            })
        );
    }

    #[test]
    fn pages_join_up_and_the_tag_follows_the_content() {
        let mut document = samples::seance();
        let whole = PresenceJson::of(&document);
        let mut seen = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = whole.clone().page(cursor.as_deref(), 2);
            seen.extend(page.rows.iter().map(|row| row.person.clone()));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, whole.rows.iter().map(|row| row.person.clone()).collect::<Vec<_>>());
        assert!(whole.clone().page(Some("nobody"), 2).rows.is_empty());
        let tag = whole.etag().unwrap();
        document.edition.version = 2;
        assert_eq!(PresenceJson::of(&document).etag().unwrap(), tag);
        document.rows[0].presence_ms += 1000;
        assert_ne!(PresenceJson::of(&document).etag().unwrap(), tag);
    }
}
