//! Statuses, lengths, hours and titles as files write them.

use std::fmt;

use signaling::attendance::{Status, alphabetical};

/// What is there, with the separator between; nothing when all are empty.
pub(crate) fn joined(parts: &[&str], separator: &str) -> Option<String> {
    let there: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    if there.is_empty() { None } else { Some(there.join(separator)) }
}

/// `P`, `A`, `E`, `NS`, `AN` (domain rules §2.5). Nobody is absent as long as the séance runs.
#[must_use]
pub(crate) fn letter(status: Status, closed: bool) -> &'static str {
    match status {
        Status::Present => "P",
        Status::Absent if !closed => "",
        Status::Absent => "A",
        Status::Excuse => "E",
        Status::NonSuivi => "NS",
        Status::SeanceAnnulee => "AN",
    }
}

/// The same in words.
#[must_use]
pub(crate) fn word(status: Status, closed: bool) -> &'static str {
    match status {
        Status::Present => "Présent(e)",
        Status::Absent if !closed => "En cours",
        Status::Absent => "Absent(e)",
        Status::Excuse => "Excusé(e)",
        Status::NonSuivi => "Non suivi",
        Status::SeanceAnnulee => "Séance annulée",
    }
}

/// The reason of a correction, by its code, in words.
#[must_use]
pub(crate) fn reason_word(code: &str) -> &str {
    match code {
        "PANNE_RESEAU" => "panne de réseau",
        "SALLE_PARTAGEE" => "salle partagée",
        "TELEPHONE" => "téléphone",
        "ERREUR_IDENTITE" => "erreur d’identité",
        "PRESENCE_PRESENTIEL" => "présence en présentiel",
        "EXCUSE" => "excuse",
        "AUTRE" => "autre motif",
        other => other,
    }
}

/// `inscription`, `attestee`, `par_seance` in words.
#[must_use]
pub(crate) fn mode_word(mode: &str) -> &str {
    match mode {
        "inscription" => "heures selon l’inscription",
        "attestee" => "heures attestées par le formateur",
        "par_seance" => "heures par séance",
        other => other,
    }
}

/// `H:MM:SS`, truncated.
pub(crate) fn length(ms: u64) -> String {
    let seconds = ms / 1000;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `H:MM`.
pub(crate) fn hmm(minutes: u32) -> String {
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

/// Hours with two decimals and a comma, rounded half up once.
pub(crate) fn hours(minutes: u32) -> Decimal {
    Decimal((u64::from(minutes) * 100 + 30) / 60)
}

/// Hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal(pub(crate) u64);

impl Decimal {
    /// With a decimal point.
    pub(crate) fn machine(self) -> String {
        format!("{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{:02}", self.0 / 100, self.0 % 100)
    }
}

/// Longest part of a file name taken from a title, characters.
const TITLE_CHARS: usize = 40;

/// A title as a part of a file name: ASCII, words joined by hyphens, never empty.
pub(crate) fn slug(title: &str) -> String {
    let plain = alphabetical(title);
    let words: Vec<&str> =
        plain.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let slug: String = words.join("-").chars().take(TITLE_CHARS).collect();
    match slug.trim_end_matches('-') {
        "" => "seance".to_owned(),
        slug => slug.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions() {
        for (minutes, hmm_text, decimal) in [
            (5, "0:05", "0,08"),
            (50, "0:50", "0,83"),
            (80, "1:20", "1,33"),
            (165, "2:45", "2,75"),
            (205, "3:25", "3,42"),
            (540, "9:00", "9,00"),
        ] {
            assert_eq!((hmm(minutes).as_str(), hours(minutes).to_string().as_str()), (hmm_text, decimal));
        }
        assert_eq!(hours(205).machine(), "3.42");
        assert_eq!(length(6_050_999), "1:40:50");
    }

    #[test]
    fn names_of_files_are_ascii() {
        assert_eq!(slug("CV de lancement : l’élève & l’écran"), "cv-de-lancement-l-eleve-l-ecran");
        assert_eq!(slug("⁂"), "seance");
        assert!(slug(&"é".repeat(500)).len() <= TITLE_CHARS);
    }
}
