//! Logging in, and who one is.

use serde::{Deserialize, Serialize};

use super::person::PersonView;
use crate::person::Grant;

/// `POST /api/login`.
#[derive(Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Credentials {
    pub email: String,
    pub password: String,
}

/// `POST /api/password`: for somebody who is logged in.
#[derive(Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordChange {
    pub old: String,
    pub new: String,
}

/// `POST /api/invitation`: the token of a one-time link, and the password chosen.
#[derive(Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InvitationTaken {
    pub token: String,
    pub password: String,
}

/// `GET /api/me`. Without a person nobody is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Me {
    pub person: Option<PersonView>,
    pub roles: Vec<Grant>,
    /// Value of the header `X-Preau-Csrf` of every request that changes something.
    pub csrf: Option<String>,
    /// This server shows what Préau can do; nothing in it is real.
    pub demo: bool,
}

/// A link that was made: shown once, sent by whoever asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct LinkMade {
    pub link: String,
}

/// Passwords appear in no log.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

impl std::fmt::Debug for PasswordChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordChange(…)")
    }
}

impl std::fmt::Debug for InvitationTaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InvitationTaken(…)")
    }
}
