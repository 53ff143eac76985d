//! One line to one record.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::{AmbiguousOffset, TimeZone},
};

use super::{Code, ExtPerson, ExtSession, File};
use crate::person::Domains;

/// The trimmed fields of a line, as many as its file has.
pub(super) struct Fields<'l>(Vec<&'l str>);

type Refused = (Code, String);

/// Longest names and places, characters; longer ones are kept and remarked on.
const LONGEST: usize = 255;

impl File {
    fn separators(self) -> usize {
        match self {
            Self::Formations => 13,
            Self::Intervenants => 5,
            Self::Stagiaires => 4,
        }
    }
}

impl<'l> Fields<'l> {
    pub(super) fn split(file: File, line: &'l str) -> Result<Self, Refused> {
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        let (found, wanted) = (fields.len() - 1, file.separators());
        if found == wanted {
            return Ok(Self(fields));
        }
        Err((Code::NbChamps, format!("{found} séparateurs « | » au lieu de {wanted}")))
    }

    pub(super) fn formation(
        &self,
        zone: &TimeZone,
        remarks: &mut Vec<String>,
    ) -> Result<ExtSession, Refused> {
        let base = self.base()?;
        let dispositif = self.text(1, "le dispositif")?.to_owned();
        if dispositif.len() != 10 || !dispositif.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let why = format!("le dispositif « {dispositif} » n’a pas dix lettres et chiffres");
            return Err((Code::ChampInvalide, why));
        }
        let dispositif_name = self.text(2, "le nom du dispositif")?.to_owned();
        let module = self.number(3, "le numéro du module")?;
        let module_name = self.text(4, "le nom du module")?.to_owned();
        let session = self.number(5, "le numéro de la session")?;
        let group = self.text(6, "le numéro du groupe")?.to_owned();
        let starts_at = self.instant(7, "début", zone, remarks)?;
        let ends_at = self.instant(9, "fin", zone, remarks)?;
        if ends_at < starts_at {
            return Err((Code::DateInvalide, "la fin précède le début".to_owned()));
        }
        let place_type = self.text(11, "le type de lieu")?.to_owned();
        let place = self.0.get(12).copied().unwrap_or_default().to_owned();
        if group.chars().count() > 2 {
            remarks.push(format!("numéro de groupe « {group} » de plus de deux caractères, gardé en entier"));
        }
        for (what, name) in [("dispositif", &dispositif_name), ("module", &module_name), ("lieu", &place)] {
            if name.chars().count() > LONGEST {
                remarks.push(format!("{what} : plus de {LONGEST} caractères, gardés en entier"));
            }
        }
        Ok(ExtSession {
            base,
            dispositif,
            dispositif_name,
            module,
            module_name,
            session,
            group,
            starts_at,
            ends_at,
            place_type,
            place,
        })
    }

    /// A trainer or a trainee; `what` is the number of the module or of the session.
    pub(super) fn person(&self, what: &str, domains: &Domains) -> Result<ExtPerson, Refused> {
        Ok(ExtPerson {
            base: self.base()?,
            number: self.number(1, what)?,
            last_name: self.text(2, "le nom")?.to_owned(),
            first_name: self.text(3, "le prénom")?.to_owned(),
            email: self.email(4, domains)?,
        })
    }

    fn text(&self, at: usize, what: &str) -> Result<&'l str, Refused> {
        match self.0.get(at).copied().unwrap_or_default() {
            "" => Err((Code::ChampVide, format!("{what} manque"))),
            text => Ok(text),
        }
    }

    fn base(&self) -> Result<String, Refused> {
        let base = self.text(0, "la base")?;
        if base.len() <= 20 && base.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Ok(base.to_owned());
        }
        let why = format!("la base « {base} » n’est pas un code de 20 lettres et chiffres au plus");
        Err((Code::ChampInvalide, why))
    }

    fn number(&self, at: usize, what: &str) -> Result<i64, Refused> {
        let text = self.text(at, what)?;
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits => Ok(number),
            Ok(_) | Err(_) => Err((Code::ChampInvalide, format!("{what} « {text} » n’est pas un nombre"))),
        }
    }

    fn email(&self, at: usize, domains: &Domains) -> Result<String, Refused> {
        let text = self.text(at, "l’adresse électronique")?;
        let why = || (Code::ChampInvalide, format!("« {text} » n’est pas une adresse électronique"));
        domains.email(text).ok_or_else(why)
    }

    /// Day and hour in the two fields from `at` on. An hour that the change of clocks doubles is taken as the first.
    fn instant(
        &self,
        at: usize,
        what: &str,
        zone: &TimeZone,
        remarks: &mut Vec<String>,
    ) -> Result<Timestamp, Refused> {
        let day = self.text(at, &format!("la date de {what}"))?;
        let hour = self.text(at + 1, &format!("l’heure de {what}"))?;
        let written = date(day)
            .zip(time(hour))
            .map(|(date, time)| DateTime::from_parts(date, time))
            .ok_or_else(|| (Code::DateInvalide, format!("{what} : « {day} {hour} » n’existe pas")))?;
        let ambiguous = zone.to_ambiguous_timestamp(written);
        match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => {}
            AmbiguousOffset::Fold { .. } => remarks.push(format!(
                "{what} : {day} {hour} existe deux fois (passage à l’heure d’hiver), la première est retenue"
            )),
            AmbiguousOffset::Gap { .. } => {
                let why = format!("{what} : {day} {hour} n’existe pas (passage à l’heure d’été)");
                return Err((Code::DateInvalide, why));
            }
        }
        ambiguous
            .compatible()
            .map_err(|_| (Code::DateInvalide, format!("{what} : {day} {hour} est hors du calendrier")))
    }
}

/// `JJ/MM/AAAA`.
fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let whole = parts.next().is_none() && year.len() == 4;
    Date::new(digits(year)?, digits(month)?, digits(day)?).ok().filter(|_| whole)
}

/// `HH:MM`.
fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    Time::new(digits(hour)?, digits(minute)?, 0, 0).ok()
}

fn digits<Number: std::str::FromStr>(text: &str) -> Option<Number> {
    let plain = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}
