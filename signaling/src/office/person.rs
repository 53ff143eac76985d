//! People as the pages show and change them.

use serde::{Deserialize, Serialize};

use crate::id::PersonId;
use crate::parcours::nullable;
use crate::person::{Degree, Domains, Grant, Person, PlatformRole, is_uai};
use crate::protocol::{Problem, Refusal};

/// Longest name of somebody or of a school, characters.
const MAX_TEXT: usize = 120;

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
    /// Minutes due in a school year; `null`: as the quotité says.
    #[serde(default, deserialize_with = "nullable")]
    #[cfg_attr(test, ts(type = "number | null"))]
    pub due_min: Option<Option<u32>>,
}

/// `POST /api/people/{id}/roles`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleChange {
    pub role: PlatformRole,
    #[serde(default)]
    pub scope: String,
    /// Of an inspecteur, the academy of the circonscription; the person's own when absent.
    #[serde(default)]
    #[cfg_attr(test, ts(optional))]
    pub academy: Option<String>,
    pub granted: bool,
}

impl NewPerson {
    /// The person to be kept: address and academy by the table of domains.
    ///
    /// # Errors
    /// `Invalid`, with the name of the field.
    pub fn person(self, id: PersonId, domains: &Domains) -> Result<Person, Refusal> {
        let email = domains.email(&self.email).ok_or_else(|| invalid("email", Problem::Malformed))?;
        let own = domains.academy(&email).unwrap_or_default().to_owned();
        let last_name = text("lastName", &self.last_name, true)?;
        let first_name = text("firstName", &self.first_name, false)?;
        let mut person = Person::named(id, Some(email), &last_name, &first_name);
        person.academy = self.academy.unwrap_or(own);
        Ok(person)
    }
}

impl PersonChange {
    /// The person as it is after the change.
    ///
    /// # Errors
    /// `Invalid`, with the name of the field.
    pub fn applied(self, before: &Person, domains: &Domains) -> Result<Person, Refusal> {
        let mut person = before.clone();
        if let Some(email) = self.email {
            person.email = Some(domains.email(&email).ok_or_else(|| invalid("email", Problem::Malformed))?);
        }
        let texts = [
            ("lastName", self.last_name, &mut person.last_name),
            ("firstName", self.first_name, &mut person.first_name),
            ("academy", self.academy, &mut person.academy),
            ("uai", self.uai, &mut person.uai),
            ("school", self.school, &mut person.school),
            ("town", self.town, &mut person.town),
            ("circonscription", self.circonscription, &mut person.circonscription),
        ];
        for (field, new, place) in texts {
            if let Some(new) = new {
                *place = text(field, &new, field == "lastName")?;
            }
        }
        if !person.uai.is_empty() && !is_uai(&person.uai) {
            return Err(invalid("uai", Problem::Malformed));
        }
        if let Some(code) = self.degree {
            person.degree = Degree::of(&code);
            if person.degree.is_none() && !code.is_empty() {
                return Err(invalid("degree", Problem::Unknown));
            }
        }
        if let Some(percent) = self.quotite_percent {
            person.quotite_percent = percent;
            if !(1..=100).contains(&percent) {
                return Err(invalid("quotitePercent", Problem::Range));
            }
        }
        if let Some(minutes) = self.due_min {
            person.due_min = minutes;
            if minutes.is_some_and(|minutes| minutes > 108 * 60) {
                return Err(invalid("dueMin", Problem::Range));
            }
        }
        Ok(person)
    }
}

/// One line without stray blanks.
fn text(field: &str, given: &str, needed: bool) -> Result<String, Refusal> {
    let text = given.split_whitespace().collect::<Vec<_>>().join(" ");
    if needed && text.is_empty() {
        return Err(invalid(field, Problem::Missing));
    }
    if text.chars().count() > MAX_TEXT {
        return Err(invalid(field, Problem::TooLong));
    }
    if text.chars().any(char::is_control) {
        return Err(invalid(field, Problem::Malformed));
    }
    Ok(text)
}

fn invalid(field: &str, problem: Problem) -> Refusal {
    Refusal::Invalid { field: field.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains() -> Domains {
        let mut domains = Domains::default();
        domains.belongs("ac-lyon.fr", "ac-lyon");
        domains
    }

    fn new(email: &str, last_name: &str) -> Result<Person, Refusal> {
        let (email, last_name) = (email.to_owned(), last_name.to_owned());
        let new = NewPerson { email, last_name, first_name: " Anne  Marie ".to_owned(), academy: None };
        new.person(PersonId(uuid::Uuid::nil()), &domains())
    }

    #[test]
    fn the_address_tells_the_academy() {
        let person = new("A.Petit@ac-lyon.fr", "PETIT").unwrap();
        assert_eq!((person.academy.as_str(), person.first_name.as_str()), ("ac-lyon", "Anne Marie"));
        assert_eq!(person.display_name(), "Anne Marie PETIT");
        assert_eq!(new("a@example.fr", "PETIT").unwrap().academy, "");
        assert_eq!(new("nobody", "PETIT"), Err(invalid("email", Problem::Malformed)));
        assert_eq!(new("a@example.fr", "  "), Err(invalid("lastName", Problem::Missing)));
        assert_eq!(new("a@example.fr", &"x".repeat(121)), Err(invalid("lastName", Problem::TooLong)));
    }

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let before = new("a.petit@ac-lyon.fr", "PETIT").unwrap();
        let applied =
            |json: &str| serde_json::from_str::<PersonChange>(json).unwrap().applied(&before, &domains());
        let after = applied(r#"{"uai":"0789999V","degree":"PU1D","quotitePercent":80}"#).unwrap();
        assert_eq!((after.degree, after.quotite_percent), (Some(Degree::Pu1d), 80));
        assert_eq!((after.email, after.last_name), (before.email.clone(), before.last_name.clone()));
        for (json, field, problem) in [
            (r#"{"uai":"0789999W"}"#, "uai", Problem::Malformed),
            (r#"{"degree":"PU3D"}"#, "degree", Problem::Unknown),
            (r#"{"quotitePercent":101}"#, "quotitePercent", Problem::Range),
            (r#"{"dueMin":100000}"#, "dueMin", Problem::Range),
            (r#"{"lastName":""}"#, "lastName", Problem::Missing),
            (r#"{"email":"x"}"#, "email", Problem::Malformed),
        ] {
            assert_eq!(applied(json), Err(invalid(field, problem)), "{json}");
        }
    }
}
