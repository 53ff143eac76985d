//! People as the platform knows them, their roles, and how an e-mail address is written (domain rules §1.1, §1.5).

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::id::PersonId;

/// Longest address kept, characters (RFC 5321 §4.5.3.1).
const MAX_EMAIL: usize = 254;

/// One human being. `email` is normalised ([`Domains::email`]); texts are empty when nobody said them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    pub email: Option<String>,
    pub last_name: String,
    pub first_name: String,
    /// Short name of the academy, empty when unknown.
    pub academy: String,
    /// Code of the school; that of an inspector is the circonscription's own.
    pub uai: String,
    pub school: String,
    pub town: String,
    pub circonscription: String,
    pub degree: Option<Degree>,
    /// Share of full time, of a hundred.
    pub quotite_percent: u32,
    /// Minutes due a year, where they do not follow from the share.
    pub due_min: Option<u32>,
    /// The identity was erased: names and address are empty.
    pub erased: bool,
}

impl Person {
    /// Somebody of whom only that is known.
    #[must_use]
    pub fn named(id: PersonId, email: Option<String>, last_name: &str, first_name: &str) -> Self {
        Self {
            id,
            email,
            last_name: last_name.to_owned(),
            first_name: first_name.to_owned(),
            academy: String::new(),
            uai: String::new(),
            school: String::new(),
            town: String::new(),
            circonscription: String::new(),
            degree: None,
            quotite_percent: 100,
            due_min: None,
            erased: false,
        }
    }

    /// As the room and its lists show somebody: `Marie DURAND`.
    #[must_use]
    pub fn display_name(&self) -> String {
        let whole = format!("{} {}", self.first_name, self.last_name.to_uppercase());
        let whole = whole.trim();
        if whole.is_empty() { self.email.clone().unwrap_or_default() } else { whole.to_owned() }
    }
}

/// Level and sector of a teacher, by the school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "UPPERCASE")]
pub enum Degree {
    Pu1d,
    Pr1d,
    Pu2d,
    Pr2d,
}

impl Degree {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pu1d, Self::Pr1d, Self::Pu2d, Self::Pr2d];

    /// As it is stored and exported.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Pu1d => "PU1D",
            Self::Pr1d => "PR1D",
            Self::Pu2d => "PU2D",
            Self::Pr2d => "PR2D",
        }
    }

    /// Of a stored code; `None` when it is none.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|degree| degree.code().eq_ignore_ascii_case(code))
    }

    /// Primary teachers have the annual account of 18 h.
    #[must_use]
    pub fn is_primary(self) -> bool {
        matches!(self, Self::Pu1d | Self::Pr1d)
    }
}

/// True for the code of a school: seven digits and the letter that follows from them (domain rules §1.4).
#[must_use]
pub fn is_uai(code: &str) -> bool {
    let digits = code.get(..7).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).is_some_and(|number| uai(number) == code)
}

/// The code of a school: seven digits, and the letter that follows from them.
#[must_use]
pub fn uai(number: u32) -> String {
    const LETTERS: &str = "ABCDEFGHJKLMNPRSTUVWXYZ";
    let letter: String = LETTERS.chars().skip(number as usize % LETTERS.len()).take(1).collect();
    format!("{number:07}{letter}")
}

/// What somebody may be on the platform, whatever the séance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "snake_case")]
pub enum PlatformRole {
    /// Plans séances of the academy that is the scope, and leads those.
    Formateur,
    /// Prepares parcours and séances of the academy that is the scope; sees no presence.
    Concepteur,
    /// Manages the academy that is the scope.
    Gestionnaire,
    /// Follows the hours of the circonscription that is the scope.
    Inspecteur,
    /// Everything of the platform; no scope.
    Administrateur,
}

impl PlatformRole {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Formateur, Self::Concepteur, Self::Gestionnaire, Self::Inspecteur, Self::Administrateur];

    /// As it is stored.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Formateur => "formateur",
            Self::Concepteur => "concepteur",
            Self::Gestionnaire => "gestionnaire",
            Self::Inspecteur => "inspecteur",
            Self::Administrateur => "administrateur",
        }
    }

    /// What its scope is.
    #[must_use]
    pub fn reach(self) -> Reach {
        match self {
            Self::Formateur | Self::Concepteur | Self::Gestionnaire => Reach::Academy,
            Self::Inspecteur => Reach::Circonscription,
            Self::Administrateur => Reach::Everything,
        }
    }
}

impl fmt::Display for PlatformRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for PlatformRole {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.code() == text).ok_or(UnknownRole)
    }
}

/// A word that names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such role; known are formateur, concepteur, gestionnaire, inspecteur, administrateur")]
pub struct UnknownRole;

/// What a role is bounded by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Academy,
    Circonscription,
    Everything,
}

/// One role as somebody has it. The scope is that of [`PlatformRole::reach`], empty for everything.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    pub role: PlatformRole,
    pub scope: String,
    /// Of an inspecteur, the academy of the circonscription: names of circonscriptions repeat. Else empty.
    pub academy: String,
}

/// Whose addresses are whose: the domains of the academies, and the domains that go on under another name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Domains {
    aliases: BTreeMap<String, String>,
    academies: BTreeMap<String, String>,
}

impl Domains {
    /// Addresses in `domain` are of that academy.
    pub fn belongs(&mut self, domain: &str, academy: &str) {
        self.academies.insert(domain.to_lowercase(), academy.to_owned());
    }

    /// Addresses in `old` are the same people as in `new`.
    pub fn alias(&mut self, old: &str, new: &str) {
        self.aliases.insert(old.to_lowercase(), new.to_lowercase());
    }

    /// The one way to write an address: trimmed, lower case, in the domain that goes on. `None` when it is no address.
    #[must_use]
    pub fn email(&self, text: &str) -> Option<String> {
        let text = text.trim().to_lowercase();
        let (local, domain) = text.rsplit_once('@')?;
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>,;:\"()[]\\|".contains(c);
        let named = !local.is_empty() && local.chars().all(|c| plain(c) && c != '@');
        let labels = domain.split('.').filter(|label| {
            let sound = label.chars().all(|c| c.is_alphanumeric() || c == '-');
            !label.is_empty() && sound && !label.starts_with('-') && !label.ends_with('-')
        });
        let hosted = domain.contains('.') && labels.count() == domain.split('.').count();
        if !named || !hosted || text.chars().count() > MAX_EMAIL {
            return None;
        }
        let domain = self.aliases.get(domain).map_or(domain, String::as_str);
        Some(format!("{local}@{domain}"))
    }

    /// The academy of a normalised address.
    #[must_use]
    pub fn academy(&self, email: &str) -> Option<&str> {
        let (_, domain) = email.rsplit_once('@')?;
        self.academies.get(domain).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling_and_old_domains_go_on() {
        let mut domains = Domains::default();
        domains.belongs("ac-normandie.fr", "ac-normandie");
        domains.alias("ac-caen.fr", "ac-normandie.fr");
        let email = domains.email("  Marie.DURAND@AC-Caen.fr ").unwrap();
        assert_eq!(email, "marie.durand@ac-normandie.fr");
        assert_eq!(domains.academy(&email), Some("ac-normandie"));
        assert_eq!(domains.academy("a@example.fr"), None);
        for wrong in [
            "",
            "marie",
            "@ac-caen.fr",
            "marie@",
            "marie@ac",
            "a b@c.fr",
            "a@b@c.fr",
            "a@-b.fr",
            "a@b..fr",
            "<a@b.fr>",
            "a;b@c.fr",
            "a\u{7}@b.fr",
        ] {
            assert_eq!(domains.email(wrong), None, "{wrong}");
        }
        assert_eq!(domains.email(&format!("{}@b.fr", "x".repeat(250))), None);
    }

    #[test]
    fn codes_are_read_as_they_are_written() {
        for role in PlatformRole::ALL {
            assert_eq!(role.code().parse(), Ok(role));
        }
        for degree in Degree::ALL {
            assert_eq!(Degree::of(degree.code()), Some(degree));
            assert_eq!(serde_json::to_value(degree).unwrap(), degree.code());
        }
        assert!(is_uai("0160053W") && is_uai("0789999V"));
        assert!(!is_uai("0160053X") && !is_uai("016005W") && !is_uai("") && !is_uai("+160053W"));
        assert_eq!("chef".parse::<PlatformRole>(), Err(UnknownRole));
    }
}
