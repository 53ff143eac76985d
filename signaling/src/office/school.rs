//! Schools in the page: the search, one's own choice, the import of a directory with its preview.

use serde::{Deserialize, Serialize};

use super::gaia::ImportCounts;
use crate::{
    person::Degree,
    school::{RejectedSchool, School},
};

/// `GET /api/schools?search=&academy=`: at most twenty, by town and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct SchoolView {
    pub uai: String,
    pub name: String,
    pub town: String,
    /// What inspectors are matched by; empty where there is none.
    pub circonscription: String,
    /// As people call it; may be empty.
    pub circonscription_name: String,
    pub degree: Option<Degree>,
}

impl From<School> for SchoolView {
    fn from(school: School) -> Self {
        Self {
            uai: school.uai,
            name: school.name,
            town: school.town,
            circonscription: school.circonscription,
            circonscription_name: school.circonscription_name,
            degree: school.degree,
        }
    }
}

/// `POST /api/me/school`: where one teaches, said once. Later changes are the gestionnaire's (`taken`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SchoolChosen {
    pub uai: String,
}

/// A line of a directory that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct SchoolRejected {
    /// From 1.
    pub line: usize,
    /// `NB_CHAMPS`, `CHAMP_VIDE`, `UAI_INVALIDE`, `ENCODAGE`, `DOUBLON`, `AUTRE_ACADEMIE`.
    pub code: String,
    /// The line as it was read, or its beginning.
    pub text: String,
}

impl From<&RejectedSchool> for SchoolRejected {
    fn from(rejected: &RejectedSchool) -> Self {
        let code = rejected.code.as_str().to_owned();
        Self { line: rejected.line, code, text: rejected.text.clone() }
    }
}

/// `POST /api/schools/preview`: what an import would change. The token stands for the file for 15 minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct SchoolPreview {
    pub token: String,
    /// Short name.
    pub academy: String,
    pub schools: ImportCounts,
    /// People whose school is added or changed.
    pub people: u64,
    /// Lines of other academies.
    pub elsewhere: usize,
    /// Lines of schools that are closed or not open yet, and further lines of the same school.
    pub without_effect: usize,
    /// Every one of them.
    pub rejected: Vec<SchoolRejected>,
    /// More than half of what is known would go: the import needs `acceptRemovals`.
    pub collapse: bool,
}

/// `POST /api/schools/import`: carries out what was previewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SchoolImport {
    pub token: String,
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub accept_removals: bool,
}

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct SchoolImported {
    pub schools: ImportCounts,
    /// People whose school, town or circonscription is another now.
    pub people: u64,
}
