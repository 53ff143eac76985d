//! Names of people: what an address says of them, and their order in French lists.

/// Last and first name as an address of the form `prenom.nom@…` tells them; the first name may be empty.
#[must_use]
pub fn from_address(email: &str) -> (String, String) {
    let local = email.split('@').next().unwrap_or_default();
    let local = local.split('+').next().unwrap_or_default().trim_end_matches(|c: char| c.is_ascii_digit());
    let parts: Vec<&str> = local.split(['.', '_']).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] => (email.to_owned(), String::new()),
        [only] => (only.to_uppercase(), String::new()),
        [first, rest @ ..] => (rest.join(" ").to_uppercase(), capitalised(first)),
    }
}

/// `jean-pierre` → `Jean-Pierre`.
fn capitalised(name: &str) -> String {
    let mut start = true;
    let mut out = String::new();
    for c in name.chars() {
        if start {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        start = !c.is_alphabetic();
    }
    out
}

/// What French lists are sorted by: letters without accents and case first, then the accents, then the case. Spaces,
/// hyphens and apostrophes come before letters.
#[must_use]
pub fn collation(last_name: &str, first_name: &str) -> (String, String) {
    // Between the names something that comes before every letter.
    let whole = format!("{last_name}\u{1}{first_name}").replace('’', "'");
    (folded(&whole), whole)
}

/// Without accents and case: how texts are compared when somebody searches.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match base(c) {
            Some(letters) => plain.push_str(letters),
            None => plain.push(c),
        }
    }
    plain
}

/// The letters under an accent, for those of French and its neighbours, and the apostrophe of a keyboard.
fn base(c: char) -> Option<&'static str> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        '’' => "'",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_somebody() {
        for (email, last, first) in [
            ("marie.durand@ac-versailles.fr", "DURAND", "Marie"),
            ("jean-pierre.le-goff2@ac-rennes.fr", "LE-GOFF", "Jean-Pierre"),
            ("ines.nguyen.petit@ac-creteil.fr", "NGUYEN PETIT", "Ines"),
            ("ce.0780001a@ac-versailles.fr", "0780001A", "Ce"),
            ("mdurand@ac-versailles.fr", "MDURAND", ""),
            ("1234@example.fr", "1234@example.fr", ""),
        ] {
            assert_eq!(from_address(email), (last.to_owned(), first.to_owned()), "{email}");
        }
    }

    #[test]
    fn names_stand_in_french_order() {
        let mut names = [
            "ZOLA",
            "ÉTIENNE",
            "œuvray",
            "D'ANGELO",
            "DURAND",
            "Étienne",
            "ETIENNE",
            "DE LA TOUR",
            "OFFREDO",
        ];
        names.sort_by_key(|name| collation(name, ""));
        let ordered = [
            "D'ANGELO",
            "DE LA TOUR",
            "DURAND",
            "ETIENNE",
            "ÉTIENNE",
            "Étienne",
            "œuvray",
            "OFFREDO",
            "ZOLA",
        ];
        assert_eq!(names, ordered);
        assert!(collation("DURAND", "Zoé") < collation("DURAND-PETIT", "Anne"));
    }
}
