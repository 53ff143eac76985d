//! People as the pages show and change them.

use serde::{Deserialize, Serialize};

use crate::id::PersonId;
use crate::person::{Degree, Grant, Person, PlatformRole};

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct PersonView {
    pub id: PersonId,
    pub email: Option<String>,
    pub last_name: String,
    pub first_name: String,
    /// Short name, `ac-versailles`; empty when unknown.
    pub academy: String,
    pub uai: String,
    pub school: String,
    pub town: String,
    pub circonscription: String,
    pub degree: Option<Degree>,
    pub quotite_percent: u32,
    /// Minutes due a year, where they do not follow from the share of full time.
    pub due_min: Option<u32>,
}

impl From<&Person> for PersonView {
    fn from(person: &Person) -> Self {
        Self {
            id: person.id,
            email: person.email.clone(),
            last_name: person.last_name.clone(),
            first_name: person.first_name.clone(),
            academy: person.academy.clone(),
            uai: person.uai.clone(),
            school: person.school.clone(),
            town: person.town.clone(),
            circonscription: person.circonscription.clone(),
            degree: person.degree,
            quotite_percent: person.quotite_percent,
            due_min: person.due_min,
        }
    }
}

/// `GET /api/people?search=`: at most a hundred, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct PersonListed {
    pub person: PersonView,
    pub roles: Vec<Grant>,
    /// Has chosen a password.
    pub account: bool,
}

/// `POST /api/people`. Of a known address the person is changed no more than by `PATCH`: it is refused as taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewPerson {
    pub email: String,
    pub last_name: String,
    pub first_name: String,
    /// Absent: that of the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub academy: Option<String>,
}

/// `PATCH /api/people/{id}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts", optional_fields))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PersonChange {
    pub email: Option<String>,
    pub last_name: Option<String>,
    pub first_name: Option<String>,
    pub academy: Option<String>,
    pub uai: Option<String>,
    pub school: Option<String>,
    pub town: Option<String>,
    pub circonscription: Option<String>,
    /// A code as in [`Degree`], or empty for unknown.
    pub degree: Option<String>,
    pub quotite_percent: Option<u32>,
    pub due_min: Option<u32>,
}

/// `POST /api/people/{id}/roles`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleChange {
    pub role: PlatformRole,
    #[serde(default)]
    pub scope: String,
    pub granted: bool,
}
