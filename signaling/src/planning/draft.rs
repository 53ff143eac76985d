//! A séance as it is typed, and as it is changed.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{ClockWarning, Invalid, Occurrence, Template, instant, text};
use crate::{
    id::{PersonId, SeanceId, SessionFormationId},
    parcours::nullable,
    protocol::seance::SeanceKind,
    seance::{Lobby, Seance, Threshold},
};

/// Longest title, characters.
const MAX_TITLE: usize = 100;
/// Longest duration and threshold: four digits of minutes; a permanent room, a year.
const MAX_MINUTES: u32 = 9_999;
const MAX_PERMANENT: u32 = 366 * 24 * 60;
/// Doors open a day before at most.
const MAX_ACCESS_BEFORE: u32 = 24 * 60;
const MAX_CAPACITY: u32 = 5_000;

/// A séance as it is typed. The first three fields suffice; what is absent is the template's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts", optional_fields))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSeance {
    pub title: String,
    /// Hour on the wall, `2026-11-18T14:00`.
    pub starts_at: String,
    pub duration_min: u32,
    /// « Classe virtuelle » when absent.
    pub template: Option<SeanceKind>,
    /// Another kind with the template's settings.
    pub kind: Option<SeanceKind>,
    /// Short name; that of the session, else the person's own when absent.
    pub academy: Option<String>,
    pub session_formation: Option<SessionFormationId>,
    /// IANA name; the academy's when absent.
    pub time_zone: Option<String>,
    pub threshold: Option<Threshold>,
    pub access_before_min: Option<u32>,
    pub recorded: Option<bool>,
    pub guests: Option<bool>,
    /// Whether those who come before the trainer wait.
    pub lobby: Option<Lobby>,
    pub required: Option<bool>,
    pub capacity: Option<u32>,
    /// Minutes it is worth in the mode `par_seance`.
    pub credit_min: Option<u32>,
    /// Which of the two, when the hour exists twice.
    pub occurrence: Option<Occurrence>,
}

/// What is changed of a séance: what is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts", optional_fields))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeancePatch {
    /// The sequence of the plan that was shown; when it was changed since, nothing is.
    pub seen: Option<u32>,
    pub title: Option<String>,
    pub starts_at: Option<String>,
    pub duration_min: Option<u32>,
    pub kind: Option<SeanceKind>,
    pub time_zone: Option<String>,
    /// `null` takes it out of its session.
    #[serde(default, deserialize_with = "nullable")]
    #[cfg_attr(test, ts(type = "string | null"))]
    pub session_formation: Option<Option<SessionFormationId>>,
    pub threshold: Option<Threshold>,
    pub access_before_min: Option<u32>,
    pub recorded: Option<bool>,
    pub guests: Option<bool>,
    pub lobby: Option<Lobby>,
    pub required: Option<bool>,
    pub capacity: Option<u32>,
    #[serde(default, deserialize_with = "nullable")]
    #[cfg_attr(test, ts(type = "number | null"))]
    pub credit_min: Option<Option<u32>>,
    pub occurrence: Option<Occurrence>,
}

/// What is told before it is saved; nothing of it prevents saving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PlanWarning {
    /// The threshold is above the duration: nobody could be present (`SEUIL_INATTEIGNABLE`).
    ThresholdUnreachable,
    /// The start is past.
    InThePast,
    #[serde(untagged)]
    Clock(ClockWarning),
}

/// What a new séance needs besides what was typed.
#[derive(Debug, Clone)]
pub struct Context {
    pub id: SeanceId,
    /// Short name.
    pub academy: String,
    /// IANA name, used when none was typed.
    pub time_zone: String,
    pub made_by: Option<PersonId>,
    /// Names for the lobby.
    pub trainers: Vec<String>,
    pub now: Timestamp,
}

/// A séance as typed, with what is to be told about it.
///
/// # Errors
/// A field cannot be taken.
pub fn plan(new: &NewSeance, context: Context) -> Result<(Seance, Vec<PlanWarning>), Invalid> {
    let template = Template::of(new.template.unwrap_or(SeanceKind::ClasseVirtuelle));
    let mut seance = Seance {
        id: context.id,
        title: String::new(),
        kind: new.kind.unwrap_or(template.kind),
        starts_at: context.now,
        time_zone: context.time_zone,
        duration_min: new.duration_min,
        threshold: template.threshold,
        access_before_min: template.access_before_min,
        recorded: template.recorded,
        trainers: context.trainers,
        capacity: template.capacity,
        session_formation: new.session_formation,
        academy: context.academy,
        guests: template.guests,
        lobby: template.lobby,
        required: template.required,
        credit_min: None,
        sequence: 0,
        cancelled_at: None,
        made_by: context.made_by,
    };
    let typed = SeancePatch {
        seen: None,
        title: Some(new.title.clone()),
        starts_at: Some(new.starts_at.clone()),
        duration_min: Some(new.duration_min),
        kind: None,
        time_zone: new.time_zone.clone(),
        session_formation: None,
        threshold: new.threshold,
        access_before_min: new.access_before_min,
        recorded: new.recorded,
        guests: new.guests,
        lobby: new.lobby,
        required: new.required,
        capacity: new.capacity,
        credit_min: new.credit_min.map(Some),
        occurrence: new.occurrence,
    };
    let warnings = apply(&mut seance, &typed, context.now)?;
    Ok((seance, warnings))
}

/// What becomes of a séance that is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It says that already.
    None,
    /// Its sequence is one higher.
    Changed(Box<Seance>, Vec<PlanWarning>),
    /// It has begun, is over or was called off: what was announced holds.
    TooLate,
}

/// A séance with a change applied. Once it has begun (or was called off) its schedule, doors and threshold stay: an
/// extension is given in the room, another threshold is a correction.
///
/// # Errors
/// A field cannot be taken.
pub fn change(seance: &Seance, patch: &SeancePatch, now: Timestamp, over: bool) -> Result<Change, Invalid> {
    let mut new = seance.clone();
    let warnings = apply(&mut new, patch, now)?;
    if new == *seance {
        return Ok(Change::None);
    }
    let begun = over || seance.cancelled_at.is_some() || now >= seance.starts_at;
    let schedule = |plan: &Seance| {
        (
            (plan.starts_at, plan.duration_min, plan.kind, plan.time_zone.clone()),
            (plan.threshold, plan.access_before_min, plan.recorded, plan.capacity),
        )
    };
    if begun && schedule(seance) != schedule(&new) {
        return Ok(Change::TooLate);
    }
    new.sequence = seance.sequence.saturating_add(1);
    Ok(Change::Changed(Box::new(new), warnings))
}

/// Whether hours already earned could come out otherwise: after the lock of corrections only those change it who may still
/// correct.
#[must_use]
pub fn touches_hours(old: &Seance, new: &Seance) -> bool {
    let settled = |plan: &Seance| (plan.required, plan.credit_min, plan.session_formation);
    settled(old) != settled(new)
}

fn apply(seance: &mut Seance, typed: &SeancePatch, now: Timestamp) -> Result<Vec<PlanWarning>, Invalid> {
    let mut warnings = Vec::new();
    if let Some(title) = &typed.title {
        seance.title = text("title", title, MAX_TITLE)?.replace('\n', " ");
    }
    seance.kind = typed.kind.unwrap_or(seance.kind);
    if let Some(minutes) = typed.duration_min {
        let most = if seance.kind == SeanceKind::Permanente { MAX_PERMANENT } else { MAX_MINUTES };
        seance.duration_min = within("durationMin", minutes, 1, most)?;
    }
    if typed.starts_at.is_some() || typed.time_zone.is_some() {
        warnings.extend(move_to(seance, typed)?.map(PlanWarning::Clock));
        if seance.starts_at < now {
            warnings.push(PlanWarning::InThePast);
        }
    }
    if let Some(threshold) = typed.threshold {
        if let Threshold::Fixed(minutes) = threshold {
            within("threshold", minutes, 0, MAX_MINUTES)?;
        }
        seance.threshold = threshold;
    }
    if matches!(seance.threshold, Threshold::Fixed(minutes) if minutes > seance.duration_min) {
        warnings.push(PlanWarning::ThresholdUnreachable);
    }
    if let Some(before) = typed.access_before_min {
        seance.access_before_min = within("accessBeforeMin", before, 0, MAX_ACCESS_BEFORE)?;
    }
    if let Some(capacity) = typed.capacity {
        seance.capacity = within("capacity", capacity, 1, MAX_CAPACITY)?;
    }
    if let Some(credit) = typed.credit_min {
        seance.credit_min = credit.map(|minutes| within("creditMin", minutes, 0, MAX_MINUTES)).transpose()?;
    }
    seance.session_formation = typed.session_formation.unwrap_or(seance.session_formation);
    seance.recorded = typed.recorded.unwrap_or(seance.recorded);
    seance.guests = typed.guests.unwrap_or(seance.guests);
    seance.lobby = typed.lobby.unwrap_or(seance.lobby);
    seance.required = typed.required.unwrap_or(seance.required);
    Ok(warnings)
}

/// Another hour, another zone, or both. With a new zone alone the hour on the wall stays.
fn move_to(seance: &mut Seance, typed: &SeancePatch) -> Result<Option<ClockWarning>, Invalid> {
    let before = TimeZone::get(&seance.time_zone).map_err(|_| Invalid::unknown("timeZone"))?;
    if let Some(zone) = &typed.time_zone {
        seance.time_zone.clone_from(zone);
    }
    let zone = TimeZone::get(&seance.time_zone).map_err(|_| Invalid::unknown("timeZone"))?;
    let local = match &typed.starts_at {
        Some(text) => text.trim().parse::<DateTime>().map_err(|_| Invalid::malformed("startsAt"))?,
        None => before.to_datetime(seance.starts_at),
    };
    let local =
        local.with().second(0).subsec_nanosecond(0).build().map_err(|_| Invalid::range("startsAt"))?;
    // Nothing is planned for other centuries; far instants could overflow what is reckoned with them.
    within("startsAt", u32::try_from(local.year()).unwrap_or(0), 2000, 2199)?;
    let (at, warning) = instant(local, &zone, typed.occurrence.unwrap_or_default())?;
    seance.starts_at = at;
    Ok(warning)
}

fn within(field: &'static str, value: u32, least: u32, most: u32) -> Result<u32, Invalid> {
    if (least..=most).contains(&value) { Ok(value) } else { Err(Invalid::range(field)) }
}
