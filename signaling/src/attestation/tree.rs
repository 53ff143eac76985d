//! A Merkle tree over lines (RFC 9162 §2.1): leaves and nodes are hashed apart, so that none passes for the other.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

type Hash = [u8; 32];

/// On which side the other hash stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Left,
    Right,
}

/// One hash on the way to the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub side: Side,
    /// Hex, 32 bytes.
    pub hash: String,
}

/// The leaf of a salted text.
#[must_use]
pub fn leaf_hash(salt: &str, text: &str) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(salt.as_bytes());
    hasher.update(b"\n");
    hasher.update(text.as_bytes());
    hasher.finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// The root over leaves; none over no leaf.
#[must_use]
pub fn root(leaves: &[Hash]) -> Option<Hash> {
    match leaves {
        [] => None,
        [one] => Some(*one),
        several => {
            let (left, right) = several.split_at(middle(several.len()));
            Some(node(&root(left)?, &root(right)?))
        }
    }
}

/// The hashes beside the way of a leaf to the root, the nearest first.
#[must_use]
pub fn path(leaves: &[Hash], at: usize) -> Vec<Step> {
    if leaves.len() < 2 || at >= leaves.len() {
        return Vec::new();
    }
    let cut = middle(leaves.len());
    let (left, right) = leaves.split_at(cut);
    let (mut way, side, other) = match at.checked_sub(cut) {
        None => (path(left, at), Side::Right, root(right)),
        Some(at) => (path(right, at), Side::Left, root(left)),
    };
    way.extend(other.map(|hash| Step { side, hash: hex::encode(hash) }));
    way
}

/// The root that a leaf and the hashes beside its way give; none when a hash is no hash.
#[must_use]
pub fn root_by(leaf: Hash, path: &[Step]) -> Option<Hash> {
    path.iter().try_fold(leaf, |hash, step| {
        // In the one way in which hashes are written.
        let other = hex::decode(&step.hash).ok().filter(|bytes| hex::encode(bytes) == step.hash)?;
        let other: Hash = other.try_into().ok()?;
        Some(match step.side {
            Side::Left => node(&other, &hash),
            Side::Right => node(&hash, &other),
        })
    })
}

/// The largest power of two below `count`, for at least two leaves.
fn middle(count: usize) -> usize {
    count.next_power_of_two() / 2
}
