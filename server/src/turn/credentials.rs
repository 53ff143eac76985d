//! Long-term credentials (RFC 8489 §9.2) that need no memory: the user name says until when, the password is its HMAC.

use base64::{Engine, engine::general_purpose::STANDARD};
use hex::ToHex;
use jiff::{SignedDuration, Timestamp};
use md5::{Digest, Md5};
use signaling::ticket::Key;

use crate::clock;

/// How long credentials open new allocations; those that are open live on.
const LIFE: SignedDuration = SignedDuration::from_hours(24);
/// What is accepted as a user name, bytes.
const LONGEST: usize = 64;

/// The realm of every credential.
pub(super) const REALM: &str = "preau";

/// Makes and recognises credentials.
#[derive(Clone, Debug)]
pub(super) struct Credentials(Key);

/// Why a user name opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    Malformed,
    Expired,
}

impl Credentials {
    pub(super) fn new(key: &Key) -> Self {
        Self(key.derive("turn credentials"))
    }

    /// A user name nobody else has, `expiry:random` with the expiry in seconds since 1970, and its password.
    pub(super) fn issue(&self, now: Timestamp) -> (String, String) {
        let until = now.checked_add(LIFE).unwrap_or(Timestamp::MAX);
        let username = format!("{}:{}", until.as_second(), clock::random::<8>().encode_hex::<String>());
        let password = self.password(&username);
        (username, password)
    }

    /// The key of MESSAGE-INTEGRITY for this user name, `MD5(username ":" realm ":" password)` (RFC 8489 §9.2.2: what
    /// browsers speak).
    pub(super) fn integrity_key(&self, username: &str) -> Result<[u8; 16], Unknown> {
        if username.len() > LONGEST || !username.is_ascii() {
            return Err(Unknown::Malformed);
        }
        let password = self.password(username);
        Ok(Md5::digest(format!("{username}:{REALM}:{password}")).into())
    }

    /// Whether the user name still opens allocations.
    pub(super) fn check_date(username: &str, now: Timestamp) -> Result<(), Unknown> {
        let (until, _) = username.split_once(':').ok_or(Unknown::Malformed)?;
        let until: i64 = until.parse().map_err(|_| Unknown::Malformed)?;
        if until > now.as_second() { Ok(()) } else { Err(Unknown::Expired) }
    }

    fn password(&self, username: &str) -> String {
        STANDARD.encode(self.0.tag(username))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_user_name_is_good_for_a_day_and_only_with_its_own_password() {
        let credentials = Credentials::new(&Key::new(&[7; 32]));
        let (username, password) = credentials.issue(at("2026-11-22T08:00:00Z"));
        assert_eq!(Credentials::check_date(&username, at("2026-11-23T07:59:59Z")), Ok(()));
        assert_eq!(Credentials::check_date(&username, at("2026-11-23T08:00:00Z")), Err(Unknown::Expired));
        assert_eq!(Credentials::check_date("nobody", at("2026-11-22T08:00:00Z")), Err(Unknown::Malformed));

        let expected = Md5::digest(format!("{username}:preau:{password}"));
        assert_eq!(credentials.integrity_key(&username), Ok(expected.into()));
        let other = Credentials::new(&Key::new(&[8; 32]));
        assert_ne!(other.integrity_key(&username), credentials.integrity_key(&username));
        let (another, _) = credentials.issue(at("2026-11-22T08:00:00Z"));
        assert_ne!(username, another);
    }
}
