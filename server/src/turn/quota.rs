//! How many allocations one credential has.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// A page has two media connections, each tries every relay from every network interface, and again after a change.
pub(super) const PER_CREDENTIAL: u32 = 32;

/// The allocations of all credentials.
#[derive(Clone, Debug, Default)]
pub(super) struct Quota(Arc<Mutex<HashMap<String, u32>>>);

/// One allocation's part of its credential's quota, given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    quota: Quota,
    username: String,
}

impl Quota {
    /// `None` when the credential has as many as it may.
    pub(super) fn take(&self, username: &str) -> Option<Share> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(username.to_owned()).or_default();
        if *count >= PER_CREDENTIAL {
            return None;
        }
        *count += 1;
        Some(Share { quota: self.clone(), username: username.to_owned() })
    }

    /// Allocations in all.
    pub(super) fn held(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().copied().map(u64::from).sum()
    }
}

impl Share {
    pub(super) fn username(&self) -> &str {
        &self.username
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.quota.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.username) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.username);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_has_its_quota_and_gets_it_back() {
        let quota = Quota::default();
        let mut shares: Vec<Share> = (0..PER_CREDENTIAL).map(|_| quota.take("1:a").unwrap()).collect();
        assert!(quota.take("1:a").is_none());
        assert!(quota.take("1:b").is_some(), "others have their own");
        shares.pop();
        assert!(quota.take("1:a").is_some());
        drop(shares);
        assert_eq!(quota.held(), 0);
        assert!(quota.0.lock().unwrap().is_empty(), "nothing is left behind");
    }
}
