//! Nonces that need no memory: their end and its HMAC.

use jiff::Timestamp;
use signaling::ticket::Key;

/// Seconds a nonce is good for.
const LIFE: i64 = 3_600;

/// Makes and recognises nonces.
#[derive(Clone, Debug)]
pub(super) struct Nonces(Key);

impl Nonces {
    pub(super) fn new(key: &Key) -> Self {
        Self(key.derive("turn nonces"))
    }

    pub(super) fn fresh(&self, now: Timestamp) -> String {
        self.nonce(&format!("{:x}", now.as_second().saturating_add(LIFE)))
    }

    /// Whether the nonce is ours and still good.
    pub(super) fn is_good(&self, nonce: &str, now: Timestamp) -> bool {
        let Some((until, _)) = nonce.split_once('-') else { return false };
        let good = i64::from_str_radix(until, 16).is_ok_and(|until| until > now.as_second());
        // A nonce is no secret: the comparison tells nothing.
        good && nonce == self.nonce(until)
    }

    fn nonce(&self, until: &str) -> String {
        let tag = self.0.tag(until);
        format!("{until}-{}", hex::encode(tag.get(..8).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_good_for_an_hour_and_only_ours() {
        let now: Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let nonces = Nonces::new(&Key::new(&[7; 32]));
        let nonce = nonces.fresh(now);
        assert!(nonces.is_good(&nonce, now) && !nonces.is_good(&nonce, later));
        assert!(!Nonces::new(&Key::new(&[8; 32])).is_good(&nonce, now));
        for wrong in ["", "-", "ffffffffff-0000000000000000", "zz-00", "7fffffffffffffff-"] {
            assert!(!nonces.is_good(wrong, now), "{wrong}");
        }
    }
}
