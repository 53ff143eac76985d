//! What a password must be: long, and none that everybody tries first (CNIL deliberation 2022-100, ANSSI guide on
//! authentication). No rule about kinds of characters: length is worth more, and people can remember it.

use std::collections::BTreeSet;

use crate::protocol::Problem;

/// Fewest characters.
pub const SHORTEST: usize = 12;
/// Most characters: a hash takes time for each.
pub const LONGEST: usize = 128;
/// Fewest different characters.
const VARIED: usize = 5;

/// Beginnings of what people choose where twelve characters are asked for.
const COMMON: &[&str] = &[
    "motdepasse",
    "password",
    "passw0rd",
    "azertyuiop",
    "qwertyuiop",
    "azerty123",
    "qwerty123",
    "administrateur",
    "administrator",
    "bonjour",
    "bienvenue",
    "jetaime",
    "educationnationale",
    "magistere",
    "magister",
    "formation",
    "changeme",
    "changezmoi",
    "professeur",
    "doudou",
    "soleil",
    "marseille",
    "football",
    "loulou",
    "welcome",
    "iloveyou",
    "letmein",
    "123456789",
    "1234567890",
    "abcdefgh",
    "azertyuiopqs",
    "wxcvbn",
    "poiuytreza",
    "0123456",
    "987654321",
    "preau",
];

/// Whether somebody may choose it; `personal` are the person's names and address.
///
/// # Errors
/// What is wrong with it.
pub fn check(password: &str, personal: &[&str]) -> Result<(), Problem> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(Problem::TooShort);
    }
    if length > LONGEST {
        return Err(Problem::TooLong);
    }
    let plain: String = password.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let distinct: BTreeSet<char> = password.to_lowercase().chars().collect();
    // What remains beside the known part must be worth something by itself.
    let leans_on = |part: &str| plain.contains(part) && plain.chars().count() < part.chars().count() + 8;
    if distinct.len() < VARIED || is_run(password) || COMMON.iter().any(|common| leans_on(common)) {
        return Err(Problem::TooCommon);
    }
    let mut parts = personal
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .map(str::to_lowercase)
        .filter(|part| part.chars().count() >= 4);
    if parts.any(|part| leans_on(&part)) { Err(Problem::TooPersonal) } else { Ok(()) }
}

/// `abcdefghijkl`, `210987654321`: each character follows from the one before.
fn is_run(password: &str) -> bool {
    let codes: Vec<u32> = password.chars().map(u32::from).collect();
    let steps = codes.windows(2).filter_map(|pair| match pair {
        [a, b] => Some(a.abs_diff(*b)),
        _ => None,
    });
    steps.filter(|step| *step > 1).count() < 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_own_words_are_taken() {
        let personal = ["Marie", "DURAND", "marie.durand@ac-versailles.fr"];
        for good in ["quatre chevaux bleus", "le7Tournesol&lune", "nous irons à la mer", "x9!kQ2-vb#Lw"] {
            assert_eq!(check(good, &personal), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("court", Problem::TooShort),
            ("onze carac.", Problem::TooShort),
            (&*"é".repeat(129), Problem::TooLong),
            ("motdepasse2026", Problem::TooCommon),
            ("Mot De Passe 1!", Problem::TooCommon),
            ("aaaaaaaaaaaaaaa", Problem::TooCommon),
            ("123456789012", Problem::TooCommon),
            ("abcdefghijklm", Problem::TooCommon),
            ("Azertyuiop12", Problem::TooCommon),
            ("MarieDurand78", Problem::TooPersonal),
            ("durand-durand", Problem::TooPersonal),
        ] {
            assert_eq!(check(bad, &personal), Err(why), "{bad}");
        }
    }
}
