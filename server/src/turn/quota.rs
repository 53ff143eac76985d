//! How many allocations one person has, and one séance: by the ticket, however many credentials it fetched.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A page has two media connections, each tries every relay from every network interface, and again after a change;
/// what a broken connection held goes on for ten minutes.
pub(super) const PER_PERSON: u32 = 64;
/// Everybody who looks at a séance from outside its open link, before they are somebody.
const AT_THE_DOOR: u32 = 256;
/// Five hundred people with four each, and no more than half of all places: other séances have theirs.
const PER_SEANCE: u32 = 2_000;

/// On whom the allocations of a credential count. Texts that say nothing to anybody else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Holder {
    pub(super) seance: String,
    /// `None`: somebody with an open link.
    pub(super) person: Option<String>,
}

/// Allocations held by séance, and in it by person.
#[derive(Debug, Default)]
struct Held {
    seances: HashMap<String, u32>,
    holders: HashMap<Holder, u32>,
}

/// The allocations of everybody.
#[derive(Clone, Debug, Default)]
pub(super) struct Quota(Arc<Mutex<Held>>);

/// One allocation's part of its holder's quota, given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    quota: Quota,
    holder: Holder,
}

impl Quota {
    /// `None` when the holder, or their séance, has as many as it may.
    pub(super) fn take(&self, holder: Holder) -> Option<Share> {
        let mut held = self.held();
        let most = if holder.person.is_some() { PER_PERSON } else { AT_THE_DOOR };
        let (own, all) = (held.holders.get(&holder), held.seances.get(&holder.seance));
        if own.is_some_and(|own| *own >= most) || all.is_some_and(|all| *all >= PER_SEANCE) {
            return None;
        }
        *held.holders.entry(holder.clone()).or_default() += 1;
        *held.seances.entry(holder.seance.clone()).or_default() += 1;
        drop(held);
        Some(Share { quota: self.clone(), holder })
    }

    /// Allocations in all.
    pub(super) fn total(&self) -> u64 {
        self.held().seances.values().copied().map(u64::from).sum()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.quota.held();
        if let Some(count) = held.holders.get_mut(&self.holder) {
            *count -= 1;
            if *count == 0 {
                held.holders.remove(&self.holder);
            }
        }
        if let Some(count) = held.seances.get_mut(&self.holder.seance) {
            *count -= 1;
            if *count == 0 {
                held.seances.remove(&self.holder.seance);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(n: u32) -> Holder {
        Holder { seance: "s".to_owned(), person: Some(n.to_string()) }
    }

    #[test]
    fn a_person_has_their_quota_and_gets_it_back() {
        let quota = Quota::default();
        let mut shares: Vec<Share> = (0..PER_PERSON).map(|_| quota.take(person(1)).unwrap()).collect();
        assert!(quota.take(person(1)).is_none());
        assert!(quota.take(person(2)).is_some(), "others have their own");
        shares.pop();
        assert!(quota.take(person(1)).is_some());
        drop(shares);
        assert_eq!(quota.total(), 0);
        let held = quota.held();
        assert!(held.holders.is_empty() && held.seances.is_empty(), "nothing is left behind");
    }

    #[test]
    fn an_open_link_shuts_out_nobody_and_a_seance_no_other() {
        let quota = Quota::default();
        let door = || Holder { seance: "s".to_owned(), person: None };
        let mut shares: Vec<Share> = std::iter::from_fn(|| quota.take(door())).collect();
        assert_eq!(shares.len(), AT_THE_DOOR as usize);
        shares.extend((0..).map_while(|n| quota.take(person(n / PER_PERSON))));
        assert_eq!(shares.len(), PER_SEANCE as usize);
        assert!(quota.take(Holder { seance: "other".to_owned(), person: None }).is_some());
    }
}
