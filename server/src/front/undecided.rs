//! Connections that have not said yet what they are: so many are kept, and a newcomer takes the place of the one that
//! has been silent for longest.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio_util::sync::CancellationToken;

/// Connections kept.
const PLACES: usize = 1024;

/// Oldest first.
#[derive(Debug, Default)]
pub(super) struct Undecided(Mutex<VecDeque<Weak<CancellationToken>>>);

/// The place of one connection, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<CancellationToken>);

impl Undecided {
    pub(super) fn place(&self) -> Place {
        let place = Arc::new(CancellationToken::new());
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= PLACES {
            places.retain(|place| place.strong_count() > 0);
        }
        if places.len() >= PLACES
            && let Some(oldest) = places.pop_front().and_then(|oldest| oldest.upgrade())
        {
            oldest.cancel();
        }
        places.push_back(Arc::downgrade(&place));
        Place(place)
    }
}

impl Place {
    /// One that nobody takes.
    #[cfg(test)]
    pub(crate) fn kept() -> Self {
        Self(Arc::default())
    }

    /// Ends when somebody else takes the place.
    pub(crate) async fn lost(&self) {
        self.0.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newcomer_takes_the_place_of_the_most_silent_one() {
        let undecided = Undecided::default();
        let mut places: Vec<Place> = (0..PLACES).map(|_| undecided.place()).collect();
        // Decided meanwhile.
        drop(places.remove(0));
        let _newcomer = undecided.place();
        assert!(places.iter().all(|place| !place.0.is_cancelled()), "there was room");
        let _another = undecided.place();
        assert!(places[0].0.is_cancelled() && !places[1].0.is_cancelled());
        assert!(undecided.0.lock().unwrap().len() <= PLACES);
    }
}
