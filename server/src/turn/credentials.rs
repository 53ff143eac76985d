//! Long-term credentials (RFC 8489 §9.2) that need no memory: the user name says until when, the password is its HMAC.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::{SignedDuration, Timestamp};
use md5::{Digest, Md5};
use signaling::{
    id::{PersonId, SeanceId},
    ticket::Key,
};

use super::quota::Holder;

/// How long credentials open new allocations; those that are open live on.
const LIFE: SignedDuration = SignedDuration::from_hours(24);
/// What is accepted as a user name, bytes.
const LONGEST: usize = 64;

/// The realm of every credential.
pub(super) const REALM: &str = "preau";

/// Stands for the person with an open link.
const NOBODY: &str = "-";

/// Makes and recognises credentials.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    passwords: Key,
    pseudonyms: Key,
}

/// Why a user name opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    Malformed,
    Expired,
}

impl Credentials {
    pub(super) fn new(key: &Key) -> Self {
        Self { passwords: key.derive("turn credentials"), pseudonyms: key.derive("turn pseudonyms") }
    }

    /// A user name, `expiry:séance:person` with the expiry in seconds since 1970 and pseudonyms that say nothing without
    /// the key, and its password. Nobody (`None`) is who has an open link.
    pub(super) fn issue(
        &self,
        seance: SeanceId,
        person: Option<PersonId>,
        now: Timestamp,
    ) -> (String, String) {
        let until = now.checked_add(LIFE).unwrap_or(Timestamp::MAX).as_second();
        let of_seance = self.pseudonym(&format!("seance {}", seance.0));
        let of_person = person.map(|person| self.pseudonym(&format!("person {} {}", seance.0, person.0)));
        let username = format!("{until}:{of_seance}:{}", of_person.as_deref().unwrap_or(NOBODY));
        let password = self.password(&username);
        (username, password)
    }

    /// On whom the allocations count that this user name opens.
    pub(super) fn holder(username: &str) -> Result<Holder, Unknown> {
        let mut parts = username.splitn(3, ':').skip(1).map(str::to_owned);
        let (seance, person) = (parts.next(), parts.next());
        let (Some(seance), Some(person)) = (seance, person) else { return Err(Unknown::Malformed) };
        Ok(Holder { seance, person: Some(person).filter(|person| person != NOBODY) })
    }

    fn pseudonym(&self, text: &str) -> String {
        let tag = self.pseudonyms.tag(text);
        URL_SAFE_NO_PAD.encode(tag.first_chunk::<12>().unwrap_or(&[0; 12]))
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
        STANDARD.encode(self.passwords.tag(username))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_user_name_is_good_for_a_day_and_only_with_its_own_password() {
        let credentials = Credentials::new(&Key::new(&[7; 32]));
        let (seance, ada) = (SeanceId(Uuid::from_u128(1)), PersonId(Uuid::from_u128(2)));
        let (username, password) = credentials.issue(seance, Some(ada), at("2026-11-22T08:00:00Z"));
        assert_eq!(Credentials::check_date(&username, at("2026-11-23T07:59:59Z")), Ok(()));
        assert_eq!(Credentials::check_date(&username, at("2026-11-23T08:00:00Z")), Err(Unknown::Expired));
        assert_eq!(Credentials::check_date("nobody", at("2026-11-22T08:00:00Z")), Err(Unknown::Malformed));

        let expected = Md5::digest(format!("{username}:preau:{password}"));
        assert_eq!(credentials.integrity_key(&username), Ok(expected.into()));
        let other = Credentials::new(&Key::new(&[8; 32]));
        assert_ne!(other.integrity_key(&username), credentials.integrity_key(&username));
    }

    #[test]
    fn all_credentials_of_a_person_count_on_them() {
        let credentials = Credentials::new(&Key::new(&[7; 32]));
        let (seance, ada) = (SeanceId(Uuid::from_u128(1)), PersonId(Uuid::from_u128(2)));
        let holder = |seance, person, time| {
            let (username, _) = credentials.issue(seance, person, at(time));
            assert!(username.len() <= LONGEST, "{username}");
            Credentials::holder(&username).unwrap()
        };
        let first = holder(seance, Some(ada), "2026-11-22T08:00:00Z");
        assert_eq!(first, holder(seance, Some(ada), "2026-11-22T09:00:00Z"));
        let ben = holder(seance, Some(PersonId(Uuid::from_u128(3))), "2026-11-22T08:00:00Z");
        assert!(ben.person != first.person && ben.seance == first.seance);
        let elsewhere = holder(SeanceId(Uuid::from_u128(4)), Some(ada), "2026-11-22T08:00:00Z");
        assert!(elsewhere.person != first.person && elsewhere.seance != first.seance, "nobody is followed");
        assert_eq!(holder(seance, None, "2026-11-22T08:00:00Z").person, None);
        assert_eq!(Credentials::holder("1:x"), Err(Unknown::Malformed));
    }
}
