//! Checks the receipt of one attestation with nothing but itself. Whether it was revoked since, only the server knows.

use std::fmt;

use signaling::attestation::{AttestedLine, Receipt, VERSION};

use super::signed;

/// How every receipt begins.
const START: &[u8] = b"{\"preau_receipt\":";

/// What can be said of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipted {
    /// This line was attested, one of `size` in the same act, and signed under this public key (hex).
    Intact {
        line: Box<AttestedLine>,
        size: u64,
        key: String,
    },
    Altered {
        why: String,
    },
}

impl fmt::Display for Receipted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Intact { line, size, key } => {
                let AttestedLine { number, first_name, last_name, title, by, at, .. } = line.as_ref();
                write!(
                    f,
                    "intact: attestation {number} of {first_name} {last_name} for {title:?}, by {by} on {at}, one of \
                     {size} lines, signed with key {key}; whether it was revoked since, ask the organiser"
                )
            }
            Self::Altered { why } => write!(f, "altered at the receipt: {why}"),
        }
    }
}

/// Checks a receipt; none when the file is something else.
#[must_use]
pub fn verify_receipt(bytes: &[u8]) -> Option<Receipted> {
    if !bytes.trim_ascii_start().starts_with(START) {
        return None;
    }
    let altered = |why: &str| Some(Receipted::Altered { why: why.to_owned() });
    let receipt: Receipt = match serde_json::from_slice(bytes) {
        Ok(receipt) => receipt,
        Err(error) if error.is_eof() => return altered("its end is missing; fetch it again"),
        Err(error) => return altered(&error.to_string()),
    };
    // One way to write it: nothing else would protect its spellings.
    if serde_json::to_vec(&receipt).is_ok_and(|written| written != bytes.trim_ascii()) {
        return altered("it is not written as it was issued");
    }
    if receipt.preau_receipt != VERSION {
        return altered("a version of receipts that this program does not know");
    }
    if !receipt.belongs() {
        return altered("what it says is not what was attested");
    }
    if !signed(&receipt.public_key, &receipt.signature, &receipt.statement()) {
        return altered("its signature does not fit");
    }
    let Receipt { line, size, public_key: key, .. } = receipt;
    Some(Receipted::Intact { line: Box::new(line), size, key })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::Timestamp;
    use signaling::{
        attestation::{self, Capacity},
        hours::{Minutes, training::Parts},
        id::{AttestationId, PersonId, SessionFormationId},
    };
    use uuid::Uuid;

    use super::*;
    use crate::proof::ProofKey;

    #[test]
    fn a_receipt_proves_its_line_and_no_touched_byte_passes() {
        let folder = tempfile::tempdir().unwrap();
        let key = ProofKey::open(Path::new(""), folder.path()).unwrap();
        let line = |n: u128| AttestedLine {
            attestation: AttestationId(Uuid::from_u128(n)),
            number: format!("2026-2027-A025-{n:06}"),
            person: PersonId(Uuid::from_u128(n)),
            last_name: "DURAND".to_owned(),
            first_name: "Élodie \"Éli\"".to_owned(),
            session_formation: SessionFormationId(Uuid::nil()),
            title: "Calcul mental".to_owned(),
            identifiant: String::new(),
            starts_on: jiff::civil::date(2026, 10, 7),
            ends_on: jiff::civil::date(2026, 12, 20),
            distance: Some(Minutes(180)),
            presence: None,
            attested: Parts { distance: true, presence: false },
            by: "Paul MARTIN".to_owned(),
            capacity: Capacity::Formateur,
            at: Timestamp::UNIX_EPOCH,
        };
        let leaves: Vec<_> = (1..=3).map(|n| attestation::line_hash(&line(n), "5a").unwrap()).collect();
        let root = hex::encode(attestation::root(&leaves).unwrap());
        let statement =
            attestation::statement(SessionFormationId(Uuid::nil()), Timestamp::UNIX_EPOCH, 3, &root);
        let receipt = Receipt {
            preau_receipt: VERSION,
            line: line(2),
            salt: "5a".to_owned(),
            path: attestation::path(&leaves, 1),
            size: 3,
            root,
            public_key: key.public(),
            signature: key.sign(&statement),
        };
        let bytes = serde_json::to_vec(&receipt).unwrap();
        let told = verify_receipt(&bytes).unwrap();
        assert_eq!(told, Receipted::Intact { line: Box::new(line(2)), size: 3, key: key.public() });
        assert!(told.to_string().contains("2026-2027-A025-000002 of Élodie"), "{told}");
        for at in 0..bytes.len() {
            for bit in [1, 32] {
                let mut touched = bytes.clone();
                touched[at] ^= bit;
                let told = verify_receipt(&touched);
                assert!(!matches!(told, Some(Receipted::Intact { .. })), "byte {at}: {told:?}");
            }
            let cut = verify_receipt(bytes.get(..at).unwrap());
            assert!(!matches!(cut, Some(Receipted::Intact { .. })), "cut at {at}");
        }
        assert_eq!(verify_receipt(b"{\"preau_proof\":{}}\n"), None, "a bundle is no receipt");
    }
}
