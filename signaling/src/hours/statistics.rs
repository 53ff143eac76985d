//! Counts without people: small ones are hidden, and cannot be found by subtraction (domain rules §5, méta-administration).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Minutes, supervision::Teacher};
use crate::person::{Degree, Person};

/// A count below it could be somebody.
pub const SMALLEST: u64 = 5;

/// A count as it may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Count {
    Shown {
        count: u64,
    },
    /// Fewer than five, or one that would give such a one away.
    Hidden,
}

/// One line: how many people, and how many minutes together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub label: String,
    pub people: u64,
    pub minutes: u64,
}

/// One line as it may be shown: minutes only where people are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, export_to = "hours.ts"))]
#[serde(rename_all = "camelCase")]
pub struct ShownGroup {
    pub label: String,
    pub people: Count,
    pub minutes: Count,
}

/// The groups, and all of them together. Where a total is shown and a single group is hidden, the smallest other one is
/// hidden as well: else the difference would tell it.
#[must_use]
pub fn disclosed(groups: &[Group], total: &str) -> (Vec<ShownGroup>, ShownGroup) {
    let sum = Group {
        label: total.to_owned(),
        people: groups.iter().map(|group| group.people).sum(),
        minutes: groups.iter().map(|group| group.minutes).sum(),
    };
    let small = |group: &Group| group.people > 0 && group.people < SMALLEST;
    let mut hidden: Vec<bool> = groups.iter().map(small).collect();
    let hidden_people: u64 =
        groups.iter().zip(&hidden).filter(|(_, hidden)| **hidden).map(|(group, _)| group.people).sum();
    // All hidden groups together must not be small either: the total minus the others would tell their sum.
    if hidden_people > 0 && (hidden.iter().filter(|hidden| **hidden).count() == 1 || hidden_people < SMALLEST)
    {
        let shown = groups
            .iter()
            .enumerate()
            .filter(|(at, group)| group.people > 0 && !hidden.get(*at).copied().unwrap_or(true));
        if let Some((at, _)) = shown.min_by_key(|(_, group)| group.people)
            && let Some(hidden) = hidden.get_mut(at)
        {
            *hidden = true;
        }
    }
    let all_shown = !small(&sum);
    let lines = groups.iter().zip(&hidden).map(|(group, hidden)| shown(group, !hidden)).collect();
    (lines, shown(&sum, all_shown))
}

fn shown(group: &Group, visible: bool) -> ShownGroup {
    let of = |count| if visible { Count::Shown { count } } else { Count::Hidden };
    ShownGroup { label: group.label.clone(), people: of(group.people), minutes: of(group.minutes) }
}

/// How many people followed something in a school year, and the hours that this gave them in the mode of each session:
/// by degree (the four, then those of whom none is known, without a label), by circonscription (likewise), and of all.
#[must_use]
pub fn of_year(teachers: &[Teacher<'_>], year: i16) -> (Vec<ShownGroup>, Vec<ShownGroup>, ShownGroup) {
    let years = teachers.iter().map(|teacher| (teacher.person, teacher.year(year, None)));
    let followed: Vec<(&Person, Minutes)> = years
        .filter(|(_, year)| !year.is_empty())
        .map(|(person, year)| (person, year.values().map(|(_, _, hours)| hours.total()).sum()))
        .collect();
    let group = |label: &str, belongs: &dyn Fn(&Person) -> bool| {
        let members = || followed.iter().filter(|(person, _)| belongs(person));
        Group {
            label: label.to_owned(),
            people: u64::try_from(members().count()).unwrap_or(u64::MAX),
            minutes: members().map(|(_, minutes)| u64::from(minutes.0)).sum(),
        }
    };
    let degrees = Degree::ALL.map(Some).into_iter().chain([None]);
    let by_degree: Vec<Group> = degrees
        .map(|degree| group(degree.map_or("", Degree::code), &|person| person.degree == degree))
        .collect();
    let named = followed.iter().map(|(person, _)| person.circonscription.as_str());
    let names: BTreeSet<&str> = named.filter(|name| !name.is_empty()).collect();
    let by_circonscription: Vec<Group> = names
        .into_iter()
        .chain([""])
        .map(|name| group(name, &|person| person.circonscription == name))
        .collect();
    let (by_degree, total) = disclosed(&by_degree, "");
    let (by_circonscription, _) = disclosed(&by_circonscription, "");
    (by_degree, by_circonscription, total)
}
