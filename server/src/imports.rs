//! Files that were previewed and wait for a yes: in memory, for a quarter of an hour, a few at a time.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use dashmap::DashMap;
use jiff::{SignedDuration, Timestamp};
use signaling::id::PersonId;

use crate::clock;

/// How long a preview is good for.
const PATIENCE: SignedDuration = SignedDuration::from_mins(15);
/// Most previews at once; each holds the rows of its files.
const MOST: usize = 8;

/// What was previewed.
#[derive(Debug)]
pub(crate) struct Pending<What> {
    /// Short name.
    pub(crate) academy: String,
    /// Whose preview it is.
    pub(crate) person: PersonId,
    pub(crate) what: What,
}

/// When each was made, by token.
type Waiting<What> = DashMap<String, (Timestamp, Arc<Pending<What>>)>;

/// The previews of one sort that wait.
#[derive(Debug)]
pub(crate) struct Imports<What>(Arc<Waiting<What>>);

impl<What> Default for Imports<What> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<What> Clone for Imports<What> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Too many people preview at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

impl<What> Imports<What> {
    /// Keeps a preview; the one before of the same person is forgotten.
    pub(crate) fn keep(&self, pending: Pending<What>, now: Timestamp) -> Result<String, TooMany> {
        self.0.retain(|_, (made, other)| now < *made + PATIENCE && other.person != pending.person);
        if self.0.len() >= MOST {
            return Err(TooMany);
        }
        let token = URL_SAFE_NO_PAD.encode(clock::random::<18>());
        self.0.insert(token.clone(), (now, Arc::new(pending)));
        Ok(token)
    }

    /// A preview of that person which still waits.
    pub(crate) fn of(&self, token: &str, person: PersonId, now: Timestamp) -> Option<Arc<Pending<What>>> {
        let found = self.0.get(token)?;
        let (made, pending) = found.value();
        (pending.person == person && now < *made + PATIENCE).then(|| Arc::clone(pending))
    }

    /// It was carried out.
    pub(crate) fn forget(&self, token: &str) {
        self.0.remove(token);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_preview_is_its_makers_and_of_that_quarter_of_an_hour() {
        let imports = Imports::default();
        let (now, late) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH + PATIENCE);
        let by = |number| PersonId(Uuid::from_u128(number));
        let kept = |number, now| {
            imports.keep(Pending { academy: "ac-nice".to_owned(), person: by(number), what: () }, now)
        };
        let token = kept(1, now).unwrap();
        assert!(imports.of(&token, by(1), now).is_some());
        assert!(imports.of(&token, by(2), now).is_none());
        assert!(imports.of(&token, by(1), late).is_none());
        for number in 2..=8 {
            kept(number, now).unwrap();
        }
        assert_eq!(kept(9, now), Err(TooMany));
        kept(1, now).unwrap();
        assert!(imports.of(&token, by(1), now).is_none(), "a newer one takes its place");
        kept(9, late).unwrap();
        imports.forget(&token);
    }
}
