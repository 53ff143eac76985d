//! The zones that events are written in, with the changes of their clocks around these events: a calendar that does not
//! know a zone reads them here, and rules that governments change mislead nobody.

use std::collections::BTreeMap;

use jiff::{
    SignedDuration, Timestamp,
    tz::{Dst, Offset, TimeZone},
};
use signaling::seance::Seance;

use super::line::Lines;

/// Changes of clocks that far after the last event of a zone.
const AHEAD: SignedDuration = SignedDuration::from_hours(370 * 24);

/// A `VTIMEZONE` for each zone.
pub(super) fn components<'s>(seances: impl Iterator<Item = &'s Seance>, out: &mut Lines) {
    let mut zones: BTreeMap<&str, (Timestamp, Timestamp)> = BTreeMap::new();
    for seance in seances {
        let (from, to) = zones.entry(&seance.time_zone).or_insert((seance.starts_at, seance.starts_at));
        *from = (*from).min(seance.starts_at);
        *to = (*to).max(seance.announced_end());
    }
    for (name, (from, to)) in zones {
        if let Ok(zone) = TimeZone::get(name) {
            component(name, &zone, from, to.checked_add(AHEAD).unwrap_or(to), out);
        }
    }
}

fn component(name: &str, zone: &TimeZone, from: Timestamp, to: Timestamp, out: &mut Lines) {
    out.raw("BEGIN:VTIMEZONE");
    out.raw(&format!("TZID:{name}"));
    let first = zone.preceding(from).next().map(|change| change.timestamp());
    match first {
        Some(first) => observance(zone, first, out),
        // Clocks that never changed.
        None => constant(zone.to_offset(from), out),
    }
    for change in zone.following(from).take_while(|change| change.timestamp() <= to) {
        observance(zone, change.timestamp(), out);
    }
    out.raw("END:VTIMEZONE");
}

/// What holds from a change of clocks on.
fn observance(zone: &TimeZone, at: Timestamp, out: &mut Lines) {
    let before = at.checked_sub(SignedDuration::from_secs(1)).unwrap_or(at);
    let (old, new) = (zone.to_offset(before), zone.to_offset_info(at));
    let kind = match new.dst() {
        Dst::Yes => "DAYLIGHT",
        Dst::No => "STANDARD",
    };
    out.raw(&format!("BEGIN:{kind}"));
    // The onset is written as the clocks showed before it.
    out.raw(&format!("DTSTART:{}", old.to_datetime(at).strftime("%Y%m%dT%H%M%S")));
    out.raw(&format!("TZOFFSETFROM:{}", offset(old)));
    out.raw(&format!("TZOFFSETTO:{}", offset(new.offset())));
    out.raw(&format!("TZNAME:{}", new.abbreviation()));
    out.raw(&format!("END:{kind}"));
}

fn constant(held: Offset, out: &mut Lines) {
    out.raw("BEGIN:STANDARD");
    out.raw("DTSTART:19700101T000000");
    out.raw(&format!("TZOFFSETFROM:{}", offset(held)));
    out.raw(&format!("TZOFFSETTO:{}", offset(held)));
    out.raw("END:STANDARD");
}

/// `+0100`, `-0930`; seconds where there are some.
fn offset(offset: Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.abs();
    let whole = format!("{sign}{:02}{:02}", seconds / 3_600, seconds / 60 % 60);
    if seconds % 60 == 0 { whole } else { format!("{whole}{:02}", seconds % 60) }
}
