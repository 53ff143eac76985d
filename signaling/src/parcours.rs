//! A parcours is a reusable design; a session of it is one dated delivery with enrolled people (domain rules §1.2).

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    hours::{
        Announced, Minutes,
        account::Category,
        training::{HoursMode, Rule},
    },
    id::{ParcoursId, SessionFormationId},
    planning::{Invalid, text},
};

/// Longest title of a parcours or of a session, characters.
const MAX_TITLE: usize = 255;
/// Longest objectives or competences, characters.
const MAX_TEXT: usize = 4_000;
/// Longest announced duration, minutes.
const MAX_ANNOUNCED: u32 = 60 * 1_000;
/// Most séances that a rule may ask for.
const MAX_SEANCES: u32 = 999;

/// A course design.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct Parcours {
    pub id: ParcoursId,
    /// `16_NDGS_ALGOCODAGE_1.0`; may be empty.
    pub identifiant: String,
    pub title: String,
    /// Short name of the academy.
    pub academy: String,
    /// `autoformation`, `volet_distant`…; may be empty.
    pub collection: String,
    pub announced: Announced,
    pub category: Category,
    /// False for free access, outside the 18 h.
    pub counted: bool,
    pub objectives: String,
    pub competences: String,
}

/// Where a session of a parcours stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    Prep,
    Open,
    /// Nothing is attested or corrected any more.
    Archived,
}

impl SessionState {
    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prep => "prep",
            Self::Open => "open",
            Self::Archived => "archived",
        }
    }

    /// Of a stored word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Prep, Self::Open, Self::Archived].into_iter().find(|state| state.as_str() == word)
    }
}

/// A dated delivery of a parcours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts"))]
#[serde(rename_all = "camelCase")]
pub struct SessionFormation {
    pub id: SessionFormationId,
    pub parcours: ParcoursId,
    /// Short name of the academy.
    pub academy: String,
    pub title: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub starts_on: Date,
    /// The last day, included.
    #[cfg_attr(test, ts(type = "string"))]
    pub ends_on: Date,
    pub state: SessionState,
    pub hours_mode: HoursMode,
    pub rule: Rule,
}

/// What is typed of a parcours, new or changed: what is absent stays as it is, `null` is "non renseigné".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts", optional_fields))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ParcoursDraft {
    pub title: Option<String>,
    pub identifiant: Option<String>,
    /// Of a new one; that of a parcours never changes.
    pub academy: Option<String>,
    pub collection: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[cfg_attr(test, ts(type = "number | null"))]
    pub distance_min: Option<Option<u32>>,
    #[serde(default, deserialize_with = "nullable")]
    #[cfg_attr(test, ts(type = "number | null"))]
    pub presence_min: Option<Option<u32>>,
    pub category: Option<Category>,
    pub counted: Option<bool>,
    pub objectives: Option<String>,
    pub competences: Option<String>,
}

/// What is typed of a session of a parcours, new or changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "office.ts", optional_fields))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SessionFormationDraft {
    /// Of a new one.
    pub parcours: Option<ParcoursId>,
    /// That of the parcours when absent.
    pub title: Option<String>,
    #[cfg_attr(test, ts(type = "string"))]
    pub starts_on: Option<Date>,
    #[cfg_attr(test, ts(type = "string"))]
    pub ends_on: Option<Date>,
    /// `prep` or `open`; archiving is an act of its own.
    pub state: Option<SessionState>,
    pub hours_mode: Option<HoursMode>,
    pub rule: Option<Rule>,
}

/// Tells a field that is absent from one that is `null`.
pub(crate) fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Parcours {
    /// A new parcours.
    ///
    /// # Errors
    /// The title is missing, or something is out of range.
    pub fn new(id: ParcoursId, academy: &str, draft: &ParcoursDraft) -> Result<Self, Invalid> {
        let mut parcours = Self {
            id,
            identifiant: String::new(),
            title: String::new(),
            academy: academy.to_owned(),
            collection: String::new(),
            announced: Announced::default(),
            category: Category::Fc,
            counted: true,
            objectives: String::new(),
            competences: String::new(),
        };
        if draft.title.is_none() {
            return Err(Invalid::missing("title"));
        }
        parcours.change(draft)?;
        Ok(parcours)
    }

    /// Whether hours are reckoned by it as by `other`: once a session is archived, that stays.
    #[must_use]
    pub fn counts_as(&self, other: &Self) -> bool {
        (self.announced, self.category, self.counted) == (other.announced, other.category, other.counted)
    }

    /// Takes over what is typed; nothing is when something is wrong.
    ///
    /// # Errors
    /// Something is empty, too long or out of range.
    pub fn change(&mut self, draft: &ParcoursDraft) -> Result<(), Invalid> {
        let mut new = self.clone();
        if let Some(title) = &draft.title {
            new.title = text("title", title, MAX_TITLE)?;
        }
        for (field, typed, kept, most) in [
            ("identifiant", &draft.identifiant, &mut new.identifiant, 64),
            ("collection", &draft.collection, &mut new.collection, 64),
            ("objectives", &draft.objectives, &mut new.objectives, MAX_TEXT),
            ("competences", &draft.competences, &mut new.competences, MAX_TEXT),
        ] {
            if let Some(typed) = typed {
                *kept = if typed.trim().is_empty() { String::new() } else { text(field, typed, most)? };
            }
        }
        new.announced = Announced {
            distance: announced("distanceMin", draft.distance_min, new.announced.distance)?,
            presence: announced("presenceMin", draft.presence_min, new.announced.presence)?,
        };
        new.category = draft.category.unwrap_or(new.category);
        new.counted = draft.counted.unwrap_or(new.counted);
        *self = new;
        Ok(())
    }
}

fn announced(
    field: &'static str,
    typed: Option<Option<u32>>,
    kept: Option<Minutes>,
) -> Result<Option<Minutes>, Invalid> {
    match typed {
        None => Ok(kept),
        Some(Some(minutes)) if minutes > MAX_ANNOUNCED => Err(Invalid::range(field)),
        Some(minutes) => Ok(minutes.map(Minutes)),
    }
}

impl SessionFormation {
    /// A new session of a parcours, in preparation.
    ///
    /// # Errors
    /// A day is missing, or something is out of range.
    pub fn new(
        id: SessionFormationId,
        parcours: &Parcours,
        draft: &SessionFormationDraft,
    ) -> Result<Self, Invalid> {
        let mut session = Self {
            id,
            parcours: parcours.id,
            academy: parcours.academy.clone(),
            title: parcours.title.clone(),
            starts_on: draft.starts_on.ok_or(Invalid::missing("startsOn"))?,
            ends_on: draft.ends_on.ok_or(Invalid::missing("endsOn"))?,
            state: SessionState::Prep,
            hours_mode: HoursMode::default(),
            rule: Rule::default(),
        };
        session.change(draft)?;
        Ok(session)
    }

    /// Takes over what is typed; nothing is when something is wrong.
    ///
    /// # Errors
    /// Something is out of range, or it would be archived thereby.
    pub fn change(&mut self, draft: &SessionFormationDraft) -> Result<(), Invalid> {
        let mut new = self.clone();
        if draft.parcours.is_some_and(|parcours| parcours != self.parcours) {
            return Err(Invalid::unknown("parcours"));
        }
        if let Some(title) = &draft.title {
            new.title = text("title", title, MAX_TITLE)?;
        }
        new.starts_on = draft.starts_on.unwrap_or(new.starts_on);
        new.ends_on = draft.ends_on.unwrap_or(new.ends_on);
        if new.ends_on < new.starts_on {
            return Err(Invalid::range("endsOn"));
        }
        match draft.state {
            Some(SessionState::Archived) => return Err(Invalid::unknown("state")),
            Some(state) => new.state = state,
            None => {}
        }
        new.hours_mode = draft.hours_mode.unwrap_or(new.hours_mode);
        new.rule = draft.rule.unwrap_or(new.rule);
        let possible = match new.rule {
            Rule::All => true,
            // Nobody would have to come to anything.
            Rule::AtLeast { count } => (1..=MAX_SEANCES).contains(&count),
            Rule::Ratio { percent } => (1..=100).contains(&percent),
        };
        if !possible {
            return Err(Invalid::range("rule"));
        }
        *self = new;
        Ok(())
    }
}
