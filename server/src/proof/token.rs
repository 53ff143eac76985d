//! Signed tokens that others check: JSON Web Signatures (RFC 7515) by the proof key, which is published as a JSON Web
//! Key (RFC 7517, RFC 8037).

use aws_lc_rs::signature::KeyPair;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::ProofKey;

impl ProofKey {
    /// The public key for who checks tokens. `kid` is its thumbprint (RFC 7638).
    #[must_use]
    pub fn jwk(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.0.public_key());
        json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.thumbprint(), "alg": "EdDSA", "use": "sig"})
    }

    /// What names the key.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.0.public_key());
        // Its members in this order, and no blank.
        let text = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        URL_SAFE_NO_PAD.encode(Sha256::digest(text))
    }

    /// The signed form of `claims`; `kid` is the address where the key is found.
    #[must_use]
    pub fn token(&self, kid: &str, claims: &Value) -> String {
        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": kid});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.0.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}
