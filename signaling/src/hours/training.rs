//! The hours of one person in one session of a parcours (domain rules §2.4).

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Announced, Minutes};
use crate::id::SeanceId;

/// How hours are counted, chosen per session and printed on every report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "snake_case")]
pub enum HoursMode {
    /// The announced duration for every nominative registration.
    Inscription,
    /// The announced duration of each part that the trainer attested.
    #[default]
    Attestee,
    /// The credits of the séances where the person was present, capped by the announced duration.
    ParSeance,
}

impl HoursMode {
    /// As it is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inscription => "inscription",
            Self::Attestee => "attestee",
            Self::ParSeance => "par_seance",
        }
    }

    /// Of a stored name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Inscription, Self::Attestee, Self::ParSeance].into_iter().find(|mode| mode.name() == name)
    }
}

/// When the attestation of the distance part is proposed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Rule {
    /// Present in every required séance.
    #[default]
    All,
    /// Present in at least `count` of the required séances.
    AtLeast { count: u32 },
    /// Present in required séances that make at least `percent` of their announced minutes together.
    Ratio { percent: u32 },
}

/// What the session says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Training {
    pub mode: HoursMode,
    pub rule: Rule,
    pub announced: Announced,
    /// False for a free-access parcours, outside the 18 h.
    pub counted: bool,
}

/// How a person is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registration {
    /// Enrolled by name (GAIA, its successor's files, or by hand), not a walk-in.
    pub nominative: bool,
    /// In both lists, trainer and trainee: nothing counts before a gestionnaire decided.
    pub double_role: bool,
}

/// What a séance at a distance says of a person: its decided status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Present,
    Absent,
    Excused,
    /// Presence is not tracked, or the séance was cancelled: it asks nothing and gives nothing.
    Silent,
    /// Still to come, or running: nothing can be proposed that asks for it.
    ToCome,
}

/// One séance at a distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attended {
    pub seance: SeanceId,
    pub required: bool,
    pub announced: Minutes,
    /// The day on which it began, by its own clock.
    pub on: Date,
    /// What it is worth in the mode `par_seance`, after [`super::overlap::credits`].
    pub credit: Minutes,
    pub outcome: Outcome,
}

/// One half-day of the face-to-face part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HalfDay {
    pub on: Date,
    pub duration: Minutes,
    pub signed: bool,
}

/// What the server proposes to attest, and why it is no more than a proposal: the act is the trainer's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Parts {
    pub distance: bool,
    pub presence: bool,
}

impl Parts {
    /// Whether an act that says so attests any participation; one that does not is a refusal.
    #[must_use]
    pub fn took_part(self) -> bool {
        self.distance || self.presence
    }

    /// These and those.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { distance: self.distance || other.distance, presence: self.presence || other.presence }
    }

    /// These, but for those.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self { distance: self.distance && !other.distance, presence: self.presence && !other.presence }
    }
}

/// The hours of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Hours {
    /// No duration is filled in: `NR`, counts 0 in sums.
    NotFilled {
        attested: bool,
    },
    Counted {
        distance: Minutes,
        presence: Minutes,
    },
}

impl Hours {
    pub const NONE: Self = Self::Counted { distance: Minutes::ZERO, presence: Minutes::ZERO };

    /// What it adds to a sum.
    #[must_use]
    pub fn total(self) -> Minutes {
        match self {
            Self::NotFilled { .. } => Minutes::ZERO,
            Self::Counted { distance, presence } => distance + presence,
        }
    }

    /// The part at a distance in a sum.
    #[must_use]
    pub fn distance(self) -> Minutes {
        match self {
            Self::NotFilled { .. } => Minutes::ZERO,
            Self::Counted { distance, .. } => distance,
        }
    }
}

/// What may be proposed to the trainer: by the rule, and in the mode `par_seance`, where it changes nothing, whatever
/// has earned something.
#[must_use]
pub fn proposal(training: &Training, seances: &[Attended], half_days: &[HalfDay]) -> Parts {
    if training.mode == HoursMode::ParSeance {
        let earns = |seance: &Attended| seance.outcome == Outcome::Present && seance.credit > Minutes::ZERO;
        return Parts {
            distance: seances.iter().any(earns),
            presence: half_days.iter().any(|half_day| half_day.signed),
        };
    }
    let signed = !half_days.is_empty() && half_days.iter().all(|half_day| half_day.signed);
    Parts { distance: distance_proposed(training.rule, seances), presence: signed }
}

fn distance_proposed(rule: Rule, seances: &[Attended]) -> bool {
    let asked = || seances.iter().filter(|seance| seance.required && seance.outcome != Outcome::Silent);
    let held = || asked().filter(|seance| seance.outcome == Outcome::Present);
    if asked().next().is_none() {
        // Nothing was to be attended: nothing speaks for it.
        return false;
    }
    match rule {
        Rule::All => asked().count() == held().count(),
        // None asked for is no rule: somebody who was nowhere is not proposed.
        Rule::AtLeast { count } => u32::try_from(held().count()).unwrap_or(u32::MAX) >= count.max(1),
        Rule::Ratio { percent } => {
            let minutes = |each: Minutes| u64::from(each.0);
            let announced: u64 = asked().map(|seance| minutes(seance.announced)).sum();
            let attended: u64 = held().map(|seance| minutes(seance.announced)).sum();
            attended * 100 >= announced * u64::from(percent)
        }
    }
}

/// The hours, given what the trainer attested. `attested` is `None` as long as there is no act: then only the mode
/// `inscription` gives hours.
#[must_use]
pub fn hours(
    training: &Training,
    registration: Registration,
    seances: &[Attended],
    half_days: &[HalfDay],
    attested: Option<Parts>,
) -> Hours {
    if !training.counted || !registration.nominative || registration.double_role {
        return Hours::NONE;
    }
    let Some(flat) = training.announced.total() else {
        let attested = attested.is_some_and(Parts::took_part);
        return Hours::NotFilled { attested };
    };
    let Announced { distance, presence } = training.announced;
    let (distance, presence) = (distance.unwrap_or_default(), presence.unwrap_or_default());
    match (training.mode, attested) {
        (HoursMode::Inscription, _) => Hours::Counted { distance, presence },
        (HoursMode::Attestee | HoursMode::ParSeance, None) => Hours::NONE,
        (HoursMode::Attestee, Some(parts)) => {
            let of = |attested: bool, minutes| if attested { minutes } else { Minutes::ZERO };
            Hours::Counted { distance: of(parts.distance, distance), presence: of(parts.presence, presence) }
        }
        (HoursMode::ParSeance, Some(parts)) => credited(flat, parts, seances, half_days),
    }
}

/// What a registration gives as things stand, without a look at any séance: an act what it was worth when it was made;
/// without an act only the mode `inscription` gives hours.
#[must_use]
pub fn standing(training: &Training, registration: Registration, act: Option<Hours>) -> Hours {
    act.unwrap_or_else(|| hours(training, registration, &[], &[], None))
}

/// What one day gave, in the mode `par_seance`: there the school year goes by the day of the séance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DayCredit {
    pub on: Date,
    pub distance: Minutes,
    pub presence: Minutes,
}

/// The credits of the parts that are attested, day by day, capped by the flat duration: the face-to-face part first, and
/// the earlier days before the later ones. What is beyond the cap gives nothing, nor does a part that was refused.
#[must_use]
pub fn days(flat: Minutes, attested: Parts, seances: &[Attended], half_days: &[HalfDay]) -> Vec<DayCredit> {
    let mut left = flat;
    let mut days: BTreeMap<Date, (Minutes, Minutes)> = BTreeMap::new();
    let mut take = |on: Date, wanted: Minutes, part: fn(&mut (Minutes, Minutes)) -> &mut Minutes| {
        let given = wanted.min(left);
        left = left.less(given);
        if given > Minutes::ZERO {
            let sum = part(days.entry(on).or_default());
            *sum = *sum + given;
        }
    };
    let mut signed: Vec<&HalfDay> =
        half_days.iter().filter(|half_day| attested.presence && half_day.signed).collect();
    signed.sort_by_key(|half_day| half_day.on);
    for half_day in signed {
        take(half_day.on, half_day.duration, |day| &mut day.1);
    }
    let held = |seance: &&Attended| attested.distance && seance.outcome == Outcome::Present;
    let mut held: Vec<&Attended> = seances.iter().filter(held).collect();
    held.sort_by_key(|seance| (seance.on, seance.seance));
    for seance in held {
        take(seance.on, seance.credit, |day| &mut day.0);
    }
    days.into_iter().map(|(on, (distance, presence))| DayCredit { on, distance, presence }).collect()
}

/// The sum of the credits, capped by the flat duration however it is reached: the face-to-face part first.
#[must_use]
pub fn credited(flat: Minutes, attested: Parts, seances: &[Attended], half_days: &[HalfDay]) -> Hours {
    sum(&days(flat, attested, seances, half_days))
}

/// Days together.
#[must_use]
pub fn sum<'d>(days: impl IntoIterator<Item = &'d DayCredit>) -> Hours {
    let (mut distance, mut presence) = (Minutes::ZERO, Minutes::ZERO);
    for day in days {
        (distance, presence) = (distance + day.distance, presence + day.presence);
    }
    Hours::Counted { distance, presence }
}
