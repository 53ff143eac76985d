//! A list of addresses as trainers have it: `;`, `,` or tab between cells, with or without a header, CP1252 or UTF-8,
//! a column of addresses or lines copied from a letter (domain rules §1.5). Every line is taken or rejected.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::EnrolmentRole;
use crate::{
    delimited::{cells, separator},
    gaia::lines,
    person::{Domains, is_uai},
};

/// Most lines that are read at once.
pub const MAX_LINES: usize = 5_000;

/// Most characters that are shown of a line that was left out.
const SHOWN: usize = 200;

/// Somebody on the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct ListedPerson {
    /// From 1.
    pub line: u32,
    /// Normalised.
    pub email: String,
    /// As the list says, else as the address does; may be empty.
    pub last_name: String,
    pub first_name: String,
    pub role: EnrolmentRole,
    /// Code of the school, where the list says it; else empty.
    #[serde(default)]
    pub uai: String,
}

/// Why a line was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ListCode {
    /// No cell is an e-mail address.
    AdresseInvalide,
    /// The role is none of those known.
    RoleInconnu,
    /// The code of the school is not one: seven digits and the letter that follows from them.
    UaiInvalide,
    /// The address stands on a line before.
    Doublon,
    /// Characters that cannot be read.
    Encodage,
    /// More than [`MAX_LINES`].
    TropDeLignes,
}

/// A line that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct RejectedLine {
    /// From 1.
    pub line: u32,
    pub code: ListCode,
    /// The line as it was read, or its beginning.
    pub text: String,
}

/// What a list says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleList {
    pub people: Vec<ListedPerson>,
    pub rejected: Vec<RejectedLine>,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Email,
    LastName,
    FirstName,
    Role,
    /// Of the school.
    Uai,
    /// Groups and everything else: not taken over.
    Other,
}

/// Reads a list. Addresses get their one spelling from `domains`.
#[must_use]
pub fn read(bytes: &[u8], domains: &Domains) -> PeopleList {
    let mut list = PeopleList::default();
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut columns: Option<Vec<Column>> = None;
    let mut first = true;
    let separator = separator(bytes);
    for (line, decoded) in (1_u32..).zip(lines(bytes)) {
        let text = decoded.text.trim();
        if text.is_empty() {
            continue;
        }
        let rejected = |code| RejectedLine { line, code, text: text.chars().take(SHOWN).collect() };
        if !decoded.readable {
            list.rejected.push(rejected(ListCode::Encodage));
            continue;
        }
        let cells = cells(text, separator);
        if std::mem::take(&mut first) {
            columns = header(&cells);
            if columns.is_some() {
                continue;
            }
        }
        if list.people.len() + list.rejected.len() >= MAX_LINES {
            list.rejected.push(rejected(ListCode::TropDeLignes));
            break;
        }
        match person(line, &cells, columns.as_deref(), domains) {
            Err(code) => list.rejected.push(rejected(code)),
            Ok(person) if seen.insert(person.email.clone(), line).is_some() => {
                list.rejected.push(rejected(ListCode::Doublon));
            }
            Ok(person) => list.people.push(person),
        }
    }
    list
}

/// The columns, when the line names them: no address, and the word of an address among the cells.
fn header(cells: &[String]) -> Option<Vec<Column>> {
    if cells.iter().any(|cell| cell.contains('@')) {
        return None;
    }
    let columns: Vec<Column> = cells.iter().map(|cell| column(cell)).collect();
    columns.contains(&Column::Email).then_some(columns)
}

fn column(title: &str) -> Column {
    match super::folded(title).trim() {
        "e-mail"
        | "email"
        | "mail"
        | "mel"
        | "courriel"
        | "adresse"
        | "adresse e-mail"
        | "adresse email"
        | "adresse mail"
        | "adresse electronique"
        | "adresse de courriel" => Column::Email,
        "nom" | "nom de famille" | "last name" | "lastname" | "surname" => Column::LastName,
        "prenom" | "first name" | "firstname" => Column::FirstName,
        "role" | "fonction" => Column::Role,
        "uai" | "rne" | "code uai" | "code rne" => Column::Uai,
        _ => Column::Other,
    }
}

fn person(
    line: u32,
    cells: &[String],
    columns: Option<&[Column]>,
    domains: &Domains,
) -> Result<ListedPerson, ListCode> {
    let columns = match columns {
        Some(columns) => columns.to_vec(),
        None => guessed(cells),
    };
    let cell = |wanted: Column| {
        columns.iter().zip(cells).find(|(column, _)| **column == wanted).map_or("", |(_, cell)| cell.as_str())
    };
    let (named, address) = letter(cell(Column::Email));
    let email = domains.email(address).ok_or(ListCode::AdresseInvalide)?;
    let role = match cell(Column::Role) {
        "" => EnrolmentRole::Participant,
        word => role(word).ok_or(ListCode::RoleInconnu)?,
    };
    let uai = cell(Column::Uai).to_uppercase();
    if !uai.is_empty() && !is_uai(&uai) {
        return Err(ListCode::UaiInvalide);
    }
    let (mut last_name, mut first_name) =
        (cell(Column::LastName).to_owned(), cell(Column::FirstName).to_owned());
    if last_name.is_empty() && first_name.is_empty() {
        (last_name, first_name) = named.unwrap_or_else(|| super::from_address(&email));
    }
    Ok(ListedPerson { line, email, last_name, first_name, role, uai })
}

/// Without a header: the address, names before it or after it, the role, then groups; the code of a school anywhere.
fn guessed(cells: &[String]) -> Vec<Column> {
    let at = cells.iter().position(|cell| cell.contains('@')).unwrap_or(0);
    let (names, role) = match at {
        0 if names_follow(cells) => (1..3, 3),
        at => (0..at, at + 1),
    };
    let columns = cells.iter().enumerate().map(|(index, cell)| match index {
        _ if index == at => Column::Email,
        _ if is_school(cell) => Column::Uai,
        _ if index == role => Column::Role,
        _ if index == names.start && names.contains(&index) => Column::LastName,
        _ if index == names.start + 1 && names.contains(&index) => Column::FirstName,
        _ => Column::Other,
    });
    columns.collect()
}

/// Whether the two cells behind an address that comes first are a last and a first name, not a role with groups.
fn names_follow(cells: &[String]) -> bool {
    let name = |cell: &String| {
        let letters = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '.' | '\'' | '’');
        !cell.is_empty() && cell.chars().all(letters) && role(cell).is_none()
    };
    matches!(cells, [_, last, first, ..] if name(last) && name(first))
}

/// Written like the code of a school, right or wrong.
fn is_school(cell: &str) -> bool {
    let digits = cell.trim_end_matches(char::is_alphabetic);
    digits.len() == 7 && cell.chars().count() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `Marie DURAND <marie.durand@…>` as it stands in a letter: last name, first name and address.
fn letter(cell: &str) -> (Option<(String, String)>, &str) {
    let Some((name, rest)) = cell.split_once('<') else { return (None, cell) };
    let address = rest.trim_end().trim_end_matches('>');
    let name = name.trim().trim_matches(['"', '\'']);
    let words: Vec<&str> = name.split_whitespace().collect();
    let capitals =
        |word: &&str| word.chars().any(char::is_alphabetic) && !word.chars().any(char::is_lowercase);
    let (last, first): (Vec<&str>, Vec<&str>) = words.iter().copied().partition(capitals);
    match words.as_slice() {
        [] => (None, address),
        _ if !last.is_empty() => (Some((last.join(" "), first.join(" "))), address),
        [first, last @ ..] => (Some((last.join(" "), (*first).to_owned())), address),
    }
}

/// The role that a word means.
fn role(word: &str) -> Option<EnrolmentRole> {
    Some(match super::folded(word).trim() {
        "participant" | "participante" | "stagiaire" | "student" => EnrolmentRole::Participant,
        "formateur" | "formatrice" | "co-formateur" | "co-formatrice" | "coformateur" | "animateur"
        | "animatrice" | "intervenant" | "intervenante" | "trainer" | "co_trainer" => {
            EnrolmentRole::CoTrainer
        }
        "tuteur" | "tutrice" | "tutor" => EnrolmentRole::Tutor,
        "observateur" | "observatrice" | "observer" => EnrolmentRole::Observer,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn brief(list: &PeopleList) -> Vec<String> {
        let taken = list.people.iter().map(|person| {
            let ListedPerson { line, email, last_name, first_name, role, uai } = person;
            format!("{line} {email} {last_name}/{first_name} {} {uai}", role.as_str()).trim_end().to_owned()
        });
        taken.chain(list.rejected.iter().map(|r| format!("{} {:?} {}", r.line, r.code, r.text))).collect()
    }

    #[test]
    fn lists_of_all_sorts_are_read() {
        let marie = "marie.durand@ac-versailles.fr";
        let mut renamed = Domains::default();
        renamed.alias("ac-caen.fr", "ac-normandie.fr");
        for (text, expected) in [
            ("Marie.Durand@ac-versailles.fr\r\n", vec![format!("1 {marie} DURAND/Marie participant")]),
            (
                "Adresse e-mail;Prénom;Nom;Rôle\nmarie.durand@ac-versailles.fr;Marie;DURAND-PETIT;Tuteur",
                vec![format!("2 {marie} DURAND-PETIT/Marie tutor")],
            ),
            (
                "DURAND\tMarie\tmarie.durand@ac-versailles.fr\tformateur\tGroupe A",
                vec![format!("1 {marie} DURAND/Marie co_trainer")],
            ),
            (
                "marie.durand@ac-versailles.fr,stagiaire,G1,G2",
                vec![format!("1 {marie} DURAND/Marie participant")],
            ),
            (
                "\"DURAND; née PETIT\";Marie;marie.durand@ac-versailles.fr",
                vec![format!("1 {marie} DURAND; née PETIT/Marie participant")],
            ),
            (
                "Marie DURAND <marie.durand@ac-versailles.fr>",
                vec![format!("1 {marie} DURAND/Marie participant")],
            ),
            (
                "courriel;RNE\nmarie.durand@ac-versailles.fr;0780001c\nluc@ex.fr;0780001B",
                vec![
                    format!("2 {marie} DURAND/Marie participant 0780001C"),
                    "3 UaiInvalide luc@ex.fr;0780001B".to_owned(),
                ],
            ),
            (
                "marie.durand@ac-versailles.fr,0780001C",
                vec![format!("1 {marie} DURAND/Marie participant 0780001C")],
            ),
            // As the page says it, with what stands behind left out or wrong.
            (
                "marie.durand@ac-versailles.fr;DE LA TOUR;Marie-Ève;stagiaire;0780001c\n\
                 luc@ex.fr;PETIT;Luc\npaul@ex.fr;MARTIN;Paul;;0780001C\n\
                 anne@ex.fr;ROUX;Anne;chef\njean@ex.fr;BLANC;Jean;tuteur;0780001B",
                vec![
                    format!("1 {marie} DE LA TOUR/Marie-Ève participant 0780001C"),
                    "2 luc@ex.fr PETIT/Luc participant".to_owned(),
                    "3 paul@ex.fr MARTIN/Paul participant 0780001C".to_owned(),
                    "4 RoleInconnu anne@ex.fr;ROUX;Anne;chef".to_owned(),
                    "5 UaiInvalide jean@ex.fr;BLANC;Jean;tuteur;0780001B".to_owned(),
                ],
            ),
            ("luc.petit@ac-caen.fr", vec!["1 luc.petit@ac-normandie.fr PETIT/Luc participant".to_owned()]),
            (
                "marie.durand\nmarie.durand@ac-versailles.fr;chef\n\nluc@ex.fr\nLUC@ex.fr",
                vec![
                    "4 luc@ex.fr LUC/ participant".to_owned(),
                    "1 AdresseInvalide marie.durand".to_owned(),
                    "2 RoleInconnu marie.durand@ac-versailles.fr;chef".to_owned(),
                    "5 Doublon LUC@ex.fr".to_owned(),
                ],
            ),
        ] {
            assert_eq!(brief(&read(text.as_bytes(), &renamed)), expected, "{text}");
        }
        let (bytes, ..) = encoding_rs::WINDOWS_1252.encode("nom;courriel\nGARÇON;chloe@ex.fr");
        assert_eq!(brief(&read(&bytes, &Domains::default())), ["2 chloe@ex.fr GARÇON/ participant"]);
    }

    #[test]
    fn a_list_without_end_is_cut_and_says_so() {
        let text: String = (0..=MAX_LINES + 1).map(|n| format!("p{n}@ex.fr\n")).collect();
        let list = read(text.as_bytes(), &Domains::default());
        assert_eq!((list.people.len(), list.rejected.len()), (MAX_LINES, 1));
        assert_eq!(list.rejected[0].code, ListCode::TropDeLignes);
    }

    proptest! {
        /// Every line that is not empty is a header, taken or rejected, whatever the bytes.
        #[test]
        fn no_line_is_lost(bytes in proptest::collection::vec(prop_oneof![
            3 => Just(b'@'), 2 => Just(b'\n'), 2 => Just(b';'), 1 => Just(b'"'), 1 => Just(b'.'),
            4 => proptest::char::range('a', 'e').prop_map(|c| c as u8), 1 => any::<u8>(),
        ], 0..200)) {
            let list = read(&bytes, &Domains::default());
            let lines = lines(&bytes).filter(|line| !line.text.trim().is_empty()).count();
            prop_assert_eq!(list.people.len() + list.rejected.len(), lines);
        }
    }
}
