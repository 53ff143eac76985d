//! Attestations of participation: an explicit act of the trainer, and for each teacher a receipt of their own line only.
//!
//! The lines of one act are the leaves of a Merkle tree, hashed as in RFC 9162 §2.1.1. The server signs its root. A
//! [`Receipt`] holds one line, its salt and the hashes beside its path: it proves the line, and the salts of the others
//! keep them from being guessed.

mod tree;

use std::fmt::Write as _;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

pub use tree::{Side, Step, leaf_hash, path, root, root_by};

use crate::hours::{Minutes, training::Parts};
use crate::id::{AttestationId, PersonId, SessionFormationId};

/// The version of the form of receipts.
pub const VERSION: u16 = 1;
/// Letters of a verification code: none that could be taken for another one.
const CODE: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// What is attested of one person: what the paper says, and nothing about connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attestation.ts"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttestedLine {
    pub attestation: AttestationId,
    /// Printed on the paper.
    pub number: String,
    pub person: PersonId,
    pub last_name: String,
    pub first_name: String,
    pub session_formation: SessionFormationId,
    /// Of the parcours.
    pub title: String,
    pub identifiant: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub starts_on: Date,
    #[cfg_attr(test, ts(type = "string"))]
    pub ends_on: Date,
    /// Announced durations, minutes; absent when not filled in.
    pub distance: Option<Minutes>,
    pub presence: Option<Minutes>,
    /// Which parts were attested.
    pub attested: Parts,
    /// Name of the one who attested.
    pub by: String,
    pub capacity: Capacity,
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
}

/// As what somebody attests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "attestation.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Capacity {
    /// Leads the session, or a séance of it.
    Formateur,
    /// Manages the academy that holds it.
    Gestionnaire,
    Administrateur,
}

impl Capacity {
    /// As the paper says it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Formateur => "formateur",
            Self::Gestionnaire => "gestionnaire de formation",
            Self::Administrateur => "administrateur de la plateforme",
        }
    }
}

impl AttestedLine {
    /// Initials for whoever holds the paper and compares: `M. D.`.
    #[must_use]
    pub fn initials(&self) -> String {
        let letter = |name: &str| name.chars().find(|letter| letter.is_alphabetic());
        let letters = [&self.first_name, &self.last_name].into_iter().filter_map(|name| letter(name));
        letters.map(|letter| format!("{}.", letter.to_uppercase())).collect::<Vec<_>>().join(" ")
    }
}

/// One's own line, provable without any other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Receipt {
    /// Names the form: the version.
    pub preau_receipt: u16,
    pub line: AttestedLine,
    /// Hex, 16 bytes.
    pub salt: String,
    pub path: Vec<Step>,
    /// Lines of the act.
    pub size: u64,
    /// Hex: root of the tree, Ed25519 public key and signature over [`statement`].
    pub root: String,
    pub public_key: String,
    pub signature: String,
}

impl Receipt {
    /// Whether the line belongs under the root. The signature over the root is checked by whoever has the key.
    #[must_use]
    pub fn belongs(&self) -> bool {
        let Ok(leaf) = line_hash(&self.line, &self.salt) else { return false };
        root_by(leaf, &self.path).is_some_and(|found| hex::encode(found) == self.root)
    }

    /// What was signed.
    #[must_use]
    pub fn statement(&self) -> String {
        statement(self.line.session_formation, self.line.at, self.size, &self.root)
    }
}

/// The hash of a line with its salt.
///
/// # Errors
/// The line cannot be written down.
pub fn line_hash(line: &AttestedLine, salt: &str) -> Result<[u8; 32], serde_json::Error> {
    Ok(leaf_hash(salt, &serde_json::to_string(line)?))
}

/// The text that the server signs for an act of attestation.
#[must_use]
pub fn statement(session: SessionFormationId, at: Timestamp, size: u64, root: &str) -> String {
    format!("preau-attestations/1\n{session}\n{at}\n{size}\n{root}\n")
}

/// A number for the paper: school year, academy's code, running number of the server.
#[must_use]
pub fn number(school_year: &str, academy_code: &str, running: u64) -> String {
    format!("{school_year}-{academy_code}-{running:06}")
}

/// A verification code of 80 bits, `ABCD-EFGH-JKLM-NPQR`, from random bytes.
#[must_use]
pub fn verify_code(random: [u8; 16]) -> String {
    let mut code = String::with_capacity(19);
    for (at, byte) in random.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            code.push('-');
        }
        let letter = CODE.get(usize::from(byte % 32)).copied().unwrap_or(b'A');
        // Writing to a String never fails.
        let _ = code.write_char(char::from(letter));
    }
    code
}

/// A code as somebody typed it from paper: any case, with or without dashes and blanks.
#[must_use]
pub fn typed_code(text: &str) -> Option<String> {
    let letters: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'-')
        .map(|byte| byte.to_ascii_uppercase())
        .collect();
    if letters.len() != 16 || letters.iter().any(|letter| !CODE.contains(letter)) {
        return None;
    }
    let groups = letters.chunks(4).map(|group| String::from_utf8_lossy(group).into_owned());
    Some(groups.collect::<Vec<_>>().join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(n: u128) -> AttestedLine {
        AttestedLine {
            attestation: AttestationId(uuid::Uuid::from_u128(n)),
            number: number("2026-2027", "A025", 12),
            person: PersonId(uuid::Uuid::from_u128(n)),
            last_name: "DURAND".to_owned(),
            first_name: "Marie".to_owned(),
            session_formation: SessionFormationId(uuid::Uuid::nil()),
            title: "Calcul mental".to_owned(),
            identifiant: "26_A025_CALCULMENTAL_1.0".to_owned(),
            starts_on: jiff::civil::date(2026, 10, 7),
            ends_on: jiff::civil::date(2026, 12, 20),
            distance: Some(Minutes(180)),
            presence: None,
            attested: Parts { distance: true, presence: false },
            by: "Paul MARTIN".to_owned(),
            capacity: Capacity::Formateur,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn receipts(count: usize) -> Vec<Receipt> {
        let lines: Vec<(AttestedLine, String)> =
            (0..count).map(|n| (line(n as u128), format!("{n:032x}"))).collect();
        let leaves: Vec<[u8; 32]> = lines.iter().map(|(line, salt)| line_hash(line, salt).unwrap()).collect();
        let root = hex::encode(root(&leaves).unwrap());
        let receipt = |(at, (line, salt)): (usize, (AttestedLine, String))| Receipt {
            preau_receipt: VERSION,
            line,
            salt,
            path: path(&leaves, at),
            size: count as u64,
            root: root.clone(),
            public_key: String::new(),
            signature: String::new(),
        };
        lines.into_iter().enumerate().map(receipt).collect()
    }

    #[test]
    fn a_typed_code_is_read_and_a_wrong_one_is_not() {
        let code = verify_code([7; 16]);
        assert_eq!(typed_code(&code.to_lowercase().replace('-', " ")), Some(code.clone()));
        for wrong in ["", "ABCD", &code.replace('H', "0"), &format!("{code}A")] {
            assert_eq!(typed_code(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_receipt_proves_its_own_line_and_no_other(count in 1usize..40, a in 0usize..40, b in 0usize..40) {
            let receipts = receipts(count);
            for receipt in &receipts {
                prop_assert!(receipt.belongs());
            }
            let (a, b) = (a % count, b % count);
            let mut mixed = receipts[a].clone();
            mixed.line = receipts[b].line.clone();
            prop_assert_eq!(mixed.belongs(), a == b);
            let mut more = receipts[a].clone();
            more.line.distance = Some(Minutes(240));
            prop_assert!(!more.belongs());
            let mut unsalted = receipts[a].clone();
            unsalted.salt = "00".to_owned();
            prop_assert!(!unsalted.belongs());
        }
    }
}
