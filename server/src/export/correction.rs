//! What corrections say, in the words of the page.

use std::collections::BTreeMap;

use signaling::{attendance::Status, correction::Change, id::PersonId, seance::Threshold};

/// What a correction is about.
#[must_use]
pub fn kind(change: Change) -> &'static str {
    match change {
        Change::Status(_) => "statut",
        Change::DeclaredMinutes(_) => "minutes déclarées",
        Change::Attach(_) => "rattachement",
        Change::Excuse(_) => "excuse",
        Change::Threshold(_) => "seuil",
    }
}

/// One of its values; `names` are those of the people to whom somebody was attached.
#[must_use]
pub fn words(change: Change, names: &BTreeMap<PersonId, String>) -> String {
    match change {
        Change::Status(None) | Change::DeclaredMinutes(None) => "selon le calcul".to_owned(),
        Change::Status(Some(status)) => status_words(status).to_owned(),
        Change::DeclaredMinutes(Some(minutes)) => format!("{} déclarées", length(minutes)),
        Change::Attach(None) => "non rattaché".to_owned(),
        Change::Attach(Some(person)) => {
            let name = names.get(&person).filter(|name| !name.is_empty());
            format!("rattaché à {}", name.map_or("un inscrit", String::as_str))
        }
        Change::Excuse(true) => "excusé".to_owned(),
        Change::Excuse(false) => "non excusé".to_owned(),
        Change::Threshold(Threshold::Auto) => "seuil à la moitié".to_owned(),
        Change::Threshold(Threshold::Fixed(minutes)) => format!("seuil de {}", length(minutes)),
    }
}

fn status_words(status: Status) -> &'static str {
    match status {
        Status::Present => "présent",
        Status::Absent => "absent",
        Status::Excuse => "excusé",
        Status::NonSuivi => "non suivi",
        Status::SeanceAnnulee => "séance annulée",
    }
}

/// `45 min`, `1 h`, `1 h 05`, with narrow no-break spaces.
fn length(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, rest) => format!("{rest}\u{202f}min"),
        (hours, 0) => format!("{hours}\u{202f}h"),
        (hours, rest) => format!("{hours}\u{202f}h\u{202f}{rest:02}"),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_table_says_corrections_as_the_page_does() {
        let person = |n| PersonId(Uuid::from_u128(n));
        let names = BTreeMap::from([(person(1), "Marie DURAND".to_owned())]);
        for (change, about, said) in [
            (Change::Status(None), "statut", "selon le calcul"),
            (Change::Status(Some(Status::Present)), "statut", "présent"),
            (Change::DeclaredMinutes(Some(65)), "minutes déclarées", "1\u{202f}h\u{202f}05 déclarées"),
            (Change::Attach(Some(person(1))), "rattachement", "rattaché à Marie DURAND"),
            (Change::Attach(Some(person(2))), "rattachement", "rattaché à un inscrit"),
            (Change::Excuse(false), "excuse", "non excusé"),
            (Change::Threshold(Threshold::Fixed(45)), "seuil", "seuil de 45\u{202f}min"),
        ] {
            assert_eq!((kind(change), words(change, &names).as_str()), (about, said));
        }
    }
}
