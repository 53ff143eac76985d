//! Two séances at the same time, in the mode `par_seance`: only one of them is credited (domain rules §2.2, "Overlap").

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Minutes;
use crate::attendance::{
    Params,
    interval::{self, Interval},
};
use crate::id::SeanceId;

/// What one séance would give a person who was present in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub seance: SeanceId,
    pub starts_at: Timestamp,
    pub credit: Minutes,
    /// The time retained, in order.
    pub retained: Vec<Interval>,
}

/// What it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credit {
    pub minutes: Minutes,
    /// Not credited because of another séance: `a_verifier`.
    pub to_verify: bool,
}

/// The credits of one person, all séances together. Of two that overlap by more than is tolerated, the one with the
/// greater presence counts; on a tie the earlier start, then the smaller identifier.
#[must_use]
pub fn credits(claims: &[Claim], params: &Params) -> BTreeMap<SeanceId, Credit> {
    let mut order: Vec<&Claim> = claims.iter().collect();
    order.sort_by_key(|claim| {
        (std::cmp::Reverse(interval::total(&claim.retained)), claim.starts_at, claim.seance)
    });
    let mut credited: Vec<&Claim> = Vec::new();
    let mut credits = BTreeMap::new();
    for claim in order {
        let beside = credited.iter().any(|other| overlap(claim, other, params));
        if !beside {
            credited.push(claim);
        }
        let minutes = if beside { Minutes::ZERO } else { claim.credit };
        credits.insert(claim.seance, Credit { minutes, to_verify: beside });
    }
    credits
}

/// The séances of the claims that overlap with another one by more than is tolerated: `CHEVAUCHEMENT`.
#[must_use]
pub fn overlapping(claims: &[Claim], params: &Params) -> BTreeSet<SeanceId> {
    let beside = |claim: &&Claim| {
        claims.iter().any(|other| other.seance != claim.seance && overlap(claim, other, params))
    };
    claims.iter().filter(beside).map(|claim| claim.seance).collect()
}

fn overlap(left: &Claim, right: &Claim, params: &Params) -> bool {
    interval::total(&interval::common(&left.retained, &right.retained)) > params.overlap_tolerance
}
