//! Open Badges 3.0: an attestation as a verifiable credential that the teacher may show anywhere (domain rules §3.10,
//! Annex A.9), the list of those that were revoked, and who issues them. Whom a badge is about is told by a salted
//! digest of the address: whoever was given the address can check it, nobody else learns it.

use std::io::Write;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::{Compression, write::GzEncoder};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use signaling::id::{AttestationId, SessionFormationId};

use super::{ExportError, xapi::named};

const CREDENTIALS: &str = "https://www.w3.org/ns/credentials/v2";
const BADGES: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";
/// Fewest bits of a list (Bitstring Status List §2.1): nobody learns from its length how many badges there are.
const FEWEST_BITS: u64 = 131_072;

/// What a badge says.
#[derive(Debug, Clone)]
pub struct BadgeDocument {
    pub attestation: AttestationId,
    pub session_formation: SessionFormationId,
    /// Of the parcours.
    pub title: String,
    /// Announced, minutes.
    pub distance_min: Option<u32>,
    pub presence_min: Option<u32>,
    /// In which capacity somebody attested.
    pub capacity: String,
    pub attested_at: Timestamp,
    /// Of the teacher; does not appear.
    pub email: String,
    /// Hex; nobody but the server can know it beforehand.
    pub salt: String,
    /// Place in the list of revocations.
    pub place: u64,
    pub issuer: Issuer,
}

/// Who vouches.
#[derive(Debug, Clone)]
pub struct Issuer {
    pub name: String,
    /// Start of the addresses.
    pub base: String,
}

impl Issuer {
    fn id(&self) -> String {
        format!("{}/badges/issuer", self.base)
    }

    /// The profile that stands at its identifier, with the keys by which its badges are checked.
    #[must_use]
    pub fn profile(&self) -> Value {
        json!({
            "@context": [CREDENTIALS, BADGES],
            "id": self.id(),
            "type": ["Profile"],
            "name": self.name,
            "url": self.base,
            "jwks": format!("{}/badges/keys", self.base),
        })
    }

    /// Where a key stands.
    #[must_use]
    pub fn key(&self, thumbprint: &str) -> String {
        format!("{}/badges/keys/{thumbprint}", self.base)
    }

    fn list(&self) -> String {
        format!("{}/badges/status", self.base)
    }

    /// The list of revoked badges as the claims of a token.
    ///
    /// # Errors
    /// It cannot be packed.
    pub fn revocations(&self, revoked: &[u64], at: Timestamp) -> Result<Value, ExportError> {
        Ok(json!({
            "@context": [CREDENTIALS],
            "id": self.list(),
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": self.id(),
            "validFrom": second(at),
            "credentialSubject": {
                "id": format!("{}#list", self.list()),
                "type": "BitstringStatusList",
                "statusPurpose": "revocation",
                "encodedList": packed(revoked)?,
            },
            "iss": self.id(),
            "jti": self.list(),
            "nbf": at.as_second(),
        }))
    }
}

impl BadgeDocument {
    /// The credential as the claims of a token: the credential itself, and what tokens name once more.
    #[must_use]
    pub fn claims(&self) -> Value {
        let base = &self.issuer.base;
        let id = format!("{base}/badges/c/{}", self.attestation);
        // Says nothing of the person, and is another one on each badge.
        let subject = format!("urn:uuid:{}", named(self.attestation.0, "badge"));
        let digest = hex::encode(Sha256::digest(format!("{}{}", self.email, self.salt)));
        let name = format!("Participation – {}", self.title);
        json!({
            "@context": [CREDENTIALS, BADGES],
            "id": id,
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": name,
            "issuer": {"id": self.issuer.id(), "type": ["Profile"], "name": self.issuer.name, "url": base},
            "validFrom": second(self.attested_at),
            "credentialSubject": {
                "id": subject,
                "type": ["AchievementSubject"],
                "identifier": [{
                    "type": "IdentityObject",
                    "identityHash": format!("sha256${digest}"),
                    "identityType": "emailAddress",
                    "hashed": true,
                    "salt": self.salt,
                }],
                "achievement": {
                    "id": format!("{base}/badges/a/{}", self.session_formation),
                    "type": ["Achievement"],
                    "name": name,
                    "description": self.description(),
                    "criteria": {"narrative": format!("Participation attestée par : {}.", self.capacity)},
                },
            },
            "credentialStatus": {
                "id": format!("{}#{}", self.issuer.list(), self.place),
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": self.place.to_string(),
                "statusListCredential": self.issuer.list(),
            },
            "iss": self.issuer.id(),
            "jti": id,
            "nbf": self.attested_at.as_second(),
            "sub": subject,
        })
    }

    fn description(&self) -> String {
        let length = |minutes: u32| match (minutes / 60, minutes % 60) {
            (0, minutes) => format!("{minutes} minutes"),
            (1, 0) => "1 heure".to_owned(),
            (hours, 0) => format!("{hours} heures"),
            (hours, minutes) => format!("{hours} h {minutes:02}"),
        };
        match (self.distance_min.unwrap_or(0), self.presence_min.unwrap_or(0)) {
            (0, 0) => "Parcours de durée non renseignée".to_owned(),
            (distance, 0) => format!("Parcours à distance de {}", length(distance)),
            (0, presence) => format!("Parcours en présence de {}", length(presence)),
            (distance, presence) => {
                format!("Parcours hybride de {}", length(distance.saturating_add(presence)))
            }
        }
    }
}

/// A picture that holds the token, for backpacks that take pictures.
#[must_use]
pub fn baked(title: &str, token: &str) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let label = escaped(&format!("Participation – {title}"));
    format!(
        r##"<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0" viewBox="0 0 240 240" role="img" aria-label="{label}">
<openbadges:credential verify="{}"/>
<title>{label}</title>
<circle cx="120" cy="120" r="112" fill="#000091"/>
<circle cx="120" cy="120" r="98" fill="none" stroke="#ffffff" stroke-width="4"/>
<path d="M74 122l32 32 62-68" fill="none" stroke="#ffffff" stroke-width="18" stroke-linecap="round" stroke-linejoin="round"/>
</svg>
"##,
        escaped(token)
    )
}

/// A bit for each badge, the first one leftmost, GZIP, multibase base64url.
fn packed(revoked: &[u64]) -> Result<String, ExportError> {
    let most = revoked.iter().max().map_or(0, |place| place.saturating_add(1));
    let bits = most.max(FEWEST_BITS);
    let length = usize::try_from(bits.div_ceil(8)).unwrap_or(usize::MAX);
    let mut bytes = vec![0_u8; length];
    for place in revoked {
        let index = usize::try_from(place / 8).unwrap_or(usize::MAX);
        if let Some(byte) = bytes.get_mut(index) {
            *byte |= 0x80 >> (place % 8);
        }
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    let packed = packer.write_all(&bytes).and_then(|()| packer.finish());
    let packed = packed.map_err(|why| ExportError::Badge(why.to_string()))?;
    Ok(format!("u{}", URL_SAFE_NO_PAD.encode(packed)))
}

/// Whole seconds, UTC.
fn second(at: Timestamp) -> String {
    format!("{at:.0}")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn document() -> BadgeDocument {
        BadgeDocument {
            attestation: AttestationId(uuid::Uuid::from_u128(0x9f2)),
            session_formation: SessionFormationId(uuid::Uuid::from_u128(12)),
            title: "Calcul mental".to_owned(),
            distance_min: Some(180),
            presence_min: Some(180),
            capacity: "formateur".to_owned(),
            attested_at: "2026-12-20T09:00:00.123Z".parse().unwrap(),
            email: "marie.durand@ac-versailles.fr".to_owned(),
            salt: "c0ffee".to_owned(),
            place: 77,
            issuer: Issuer {
                name: "Académie d’exemple".to_owned(),
                base: "https://cv.example.fr".to_owned(),
            },
        }
    }

    #[test]
    fn a_badge_is_the_sample() {
        let claims = document().claims();
        assert_eq!(claims["@context"], json!([CREDENTIALS, BADGES]));
        assert_eq!(claims["type"], json!(["VerifiableCredential", "OpenBadgeCredential"]));
        assert_eq!(claims["name"], "Participation – Calcul mental");
        assert_eq!(claims["validFrom"], "2026-12-20T09:00:00Z");
        assert_eq!(claims["issuer"]["id"], "https://cv.example.fr/badges/issuer");
        let subject = &claims["credentialSubject"];
        assert_eq!(subject["achievement"]["description"], "Parcours hybride de 6 heures");
        assert_eq!(
            subject["achievement"]["criteria"]["narrative"],
            "Participation attestée par : formateur."
        );
        let digest = hex::encode(Sha256::digest("marie.durand@ac-versailles.frc0ffee"));
        assert_eq!(subject["identifier"][0]["identityHash"], format!("sha256${digest}"));
        assert_eq!(claims["jti"], claims["id"]);
        assert_eq!((&claims["iss"], &claims["sub"]), (&claims["issuer"]["id"], &subject["id"]));
        assert_eq!(claims["nbf"], 1_797_757_200);
        let text = claims.to_string();
        assert!(!text.contains('@') || !text.contains("marie"), "neither name nor address: {text}");
    }

    #[test]
    fn the_list_tells_which_badges_were_revoked() {
        for revoked in [vec![], vec![0], vec![7, 8, 77], vec![131_071], vec![5, 200_000]] {
            let list = document().issuer.revocations(&revoked, Timestamp::UNIX_EPOCH).unwrap();
            let encoded = list["credentialSubject"]["encodedList"].as_str().unwrap();
            let packed = URL_SAFE_NO_PAD.decode(encoded.strip_prefix('u').unwrap()).unwrap();
            let mut bytes = Vec::new();
            flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).unwrap();
            assert!(bytes.len() >= 16_384);
            let set: Vec<u64> = (0..bytes.len() as u64 * 8)
                .filter(|place| bytes[(place / 8) as usize] & (0x80 >> (place % 8)) != 0)
                .collect();
            assert_eq!(set, revoked);
        }
    }

    #[test]
    fn a_picture_holds_the_token_whatever_the_title() {
        let picture = baked("Lire & écrire <\"CP\">", "a.b.c");
        assert!(picture.contains("verify=\"a.b.c\""));
        assert!(picture.contains("Participation – Lire &amp; écrire &lt;&quot;CP&quot;>"));
    }

    #[test]
    fn lengths_are_said() {
        for (distance, presence, said) in [
            (None, None, "Parcours de durée non renseignée"),
            (Some(60), None, "Parcours à distance de 1 heure"),
            (Some(0), Some(90), "Parcours en présence de 1 h 30"),
            (Some(45), Some(0), "Parcours à distance de 45 minutes"),
        ] {
            let document = BadgeDocument { distance_min: distance, presence_min: presence, ..document() };
            assert_eq!(document.claims()["credentialSubject"]["achievement"]["description"], said);
        }
    }
}
