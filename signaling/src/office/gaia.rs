//! GAIA in the page: the three-step search, live links, the import with its preview.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    gaia::{Difference, ExtSession, Rejected, Remark},
    planning::Invalid,
    protocol::Problem,
};

/// An academy whose GAIA somebody may search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
pub struct GaiaAcademy {
    /// Short name.
    pub name: String,
    pub label: String,
}

/// First step of the search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct GaiaDispositif {
    pub base: String,
    /// Ten letters and digits.
    pub dispositif: String,
    pub name: String,
}

/// Second step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct GaiaModule {
    pub module: i64,
    pub name: String,
}

/// Third step, and a session that a séance follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct GaiaSession {
    /// Short name of the academy whose files have it.
    pub academy: String,
    pub base: String,
    pub dispositif: String,
    pub dispositif_name: String,
    pub module: i64,
    pub module_name: String,
    pub session: i64,
    pub group: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub starts_at: Timestamp,
    #[cfg_attr(test, ts(type = "string"))]
    pub ends_at: Timestamp,
    pub place_type: String,
    pub place: String,
    pub trainers: u64,
    pub trainees: u64,
    /// GAIA's files have it no more.
    pub removed: bool,
}

impl GaiaSession {
    /// A session with the numbers of its people.
    #[must_use]
    pub fn of(academy: String, session: ExtSession, trainers: u64, trainees: u64, removed: bool) -> Self {
        Self {
            academy,
            base: session.base,
            dispositif: session.dispositif,
            dispositif_name: session.dispositif_name,
            module: session.module,
            module_name: session.module_name,
            session: session.session,
            group: session.group,
            starts_at: session.starts_at,
            ends_at: session.ends_at,
            place_type: session.place_type,
            place: session.place,
            trainers,
            trainees,
            removed,
        }
    }
}

/// Longest name of a group, characters.
const MAX_GROUP: usize = 40;

/// A session of GAIA that a séance is to follow, and how. Linked already: how it is followed from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts", optional_fields))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewGaiaLink {
    pub base: String,
    pub dispositif: String,
    pub module: i64,
    pub session: i64,
    /// Whether the trainers of the module are enrolled too; they are when absent.
    pub trainers: Option<bool>,
    /// The group under which its trainees stand in lists; none when absent or empty.
    pub group: Option<String>,
    /// Strikes off the trainees whom no followed list names. Only of a séance to come.
    pub overwrite: Option<bool>,
}

impl NewGaiaLink {
    /// The session.
    #[must_use]
    pub fn key(&self) -> GaiaKey {
        let Self { base, dispositif, module, session, .. } = self;
        GaiaKey { base: base.clone(), dispositif: dispositif.clone(), module: *module, session: *session }
    }

    /// The name of the group, in one line; empty for none.
    ///
    /// # Errors
    /// It is too long.
    pub fn group_name(&self) -> Result<String, Invalid> {
        let typed = self.group.as_deref().unwrap_or_default();
        let name = typed.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.chars().count() > MAX_GROUP {
            Err(Invalid { field: "group", problem: Problem::TooLong })
        } else {
            Ok(name)
        }
    }
}

/// A session of GAIA that a séance follows, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct GaiaLink {
    #[serde(flatten)]
    pub session: GaiaSession,
    /// Its trainers are enrolled too.
    pub with_trainers: bool,
    /// Empty for none.
    pub group_name: String,
}

/// Which session of GAIA a séance is to follow no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GaiaKey {
    pub base: String,
    pub dispositif: String,
    pub module: i64,
    pub session: i64,
}

/// The sessions that a séance follows now, and who came and went by the last change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct GaiaLinks {
    pub sessions: Vec<GaiaLink>,
    pub enrolled: u64,
    pub unenrolled: u64,
    /// Nothing was changed: the numbers are what would become of it.
    pub preview: bool,
}

/// What would become of the rows of one sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct ImportCounts {
    pub added: usize,
    pub changed: usize,
    pub removed: usize,
    pub same: usize,
}

impl<Row> From<&Difference<Row>> for ImportCounts {
    fn from(difference: &Difference<Row>) -> Self {
        Self {
            added: difference.added.len(),
            changed: difference.changed.len(),
            removed: difference.removed.len(),
            same: difference.same,
        }
    }
}

/// A line that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct GaiaRejected {
    /// `Formations`, `Intervenants`, `Stagiaires`.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// `NB_CHAMPS`, `CHAMP_VIDE`, `CHAMP_INVALIDE`, `DATE_INVALIDE`, `ENCODAGE`, `DOUBLON`.
    pub code: String,
    /// What is wrong, in French.
    pub why: String,
    /// The line as it was read.
    pub text: String,
}

impl From<&Rejected> for GaiaRejected {
    fn from(rejected: &Rejected) -> Self {
        Self {
            file: rejected.file.word().to_owned(),
            line: rejected.line,
            code: rejected.code.as_str().to_owned(),
            why: rejected.why.clone(),
            text: rejected.text.clone(),
        }
    }
}

/// A line that is taken, with a doubt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct GaiaRemark {
    pub file: String,
    pub line: usize,
    /// In French.
    pub what: String,
}

impl From<&Remark> for GaiaRemark {
    fn from(remark: &Remark) -> Self {
        Self { file: remark.file.word().to_owned(), line: remark.line, what: remark.what.clone() }
    }
}

/// What an import would change. The token stands for these files for 15 minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct GaiaPreview {
    pub token: String,
    /// Short name.
    pub academy: String,
    /// `YYYYMMDD` of the files.
    pub day: String,
    pub sessions: ImportCounts,
    pub trainers: ImportCounts,
    pub trainees: ImportCounts,
    /// Every one of them.
    pub rejected: Vec<GaiaRejected>,
    pub remarks: Vec<GaiaRemark>,
    /// More than half of what is known would go: the import needs `acceptRemovals`.
    pub collapse: bool,
    /// Files of that day were imported already, at that instant.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub imported_at: Option<Timestamp>,
    /// The day of the files in force, when those are newer than these: the import needs `acceptOlder`.
    pub newer: Option<String>,
}

/// Carries out what was previewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GaiaImport {
    pub token: String,
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub accept_removals: bool,
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub accept_older: bool,
}

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct GaiaImported {
    pub sessions: ImportCounts,
    pub trainers: ImportCounts,
    pub trainees: ImportCounts,
    /// In séances to come, by the lists they follow.
    pub enrolled: u64,
    pub unenrolled: u64,
    /// In séances that have begun: who came unexpected, and is on their list now.
    pub recognised: u64,
}
