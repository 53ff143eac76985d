//! Séances for calendars: RFC 5545 and 5546 (domain rules §3.8). An event never holds a ticket: its link leads to the
//! page, which asks who comes.

mod line;
mod zone;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use signaling::{
    enrolment::InvitationAnswer, planning::written, protocol::seance::SeanceKind, seance::Seance,
};

use line::Lines;

/// What is to be written of a séance, for one reader.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'e> {
    pub seance: &'e Seance,
    /// Name and address of the one who leads.
    pub organizer: Option<(&'e str, &'e str)>,
    /// Name and address of the reader; nobody else's is ever written.
    pub attendee: Option<(&'e str, &'e str)>,
    /// What the reader answered to the invitation.
    pub answer: InvitationAnswer,
    /// The zone in which the reader lives, for the description.
    pub reader_zone: &'e TimeZone,
}

/// Why and how a calendar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// One séance sent to one person: an invitation, or its cancellation.
    Message,
    /// A file that is handed on: nobody is invited by it.
    Copy,
    /// Everything of one person, fetched again and again.
    Feed,
}

/// Warned that long before, as Via did: a day and an hour.
const ALARMS: [&str; 2] = ["-P1D", "-PT1H"];
/// Longer events (permanent rooms) have no alarm and do not block the day.
const LONG: SignedDuration = SignedDuration::from_hours(24);

/// The calendar of some séances. `base` is the address of the server, without a slash at its end.
#[must_use]
pub fn calendar(entries: &[Entry<'_>], method: Method, base: &str, now: Timestamp) -> String {
    let mut out = Lines::default();
    out.raw("BEGIN:VCALENDAR");
    out.raw("VERSION:2.0");
    out.raw("PRODID:-//Preau//FR");
    out.raw("CALSCALE:GREGORIAN");
    match method {
        Method::Message => {
            let cancelled = entries.iter().all(|entry| entry.seance.cancelled_at.is_some());
            out.raw(if cancelled { "METHOD:CANCEL" } else { "METHOD:REQUEST" });
        }
        Method::Copy => out.raw("METHOD:PUBLISH"),
        Method::Feed => {
            out.raw("METHOD:PUBLISH");
            out.text("X-WR-CALNAME", "Préau");
            out.raw("REFRESH-INTERVAL;VALUE=DURATION:PT1H");
        }
    }
    zone::components(entries.iter().map(|entry| entry.seance), &mut out);
    for entry in entries {
        event(entry, base, now, &mut out);
    }
    out.raw("END:VCALENDAR");
    out.finish()
}

fn event(entry: &Entry<'_>, base: &str, now: Timestamp, out: &mut Lines) {
    let seance = entry.seance;
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    let host = host.split([':', '/']).next().unwrap_or(host);
    out.raw("BEGIN:VEVENT");
    out.raw(&format!("UID:{}@{host}", seance.id));
    out.raw(&format!("SEQUENCE:{}", seance.sequence));
    out.raw(&format!("DTSTAMP:{}", utc(now)));
    out.raw(&starts(seance));
    // Never a local end: the night the clocks change it would be an hour off.
    out.raw(&format!("DURATION:{}", duration(seance.duration_min)));
    out.text("SUMMARY", &format!("{} – {}", kind(seance.kind), seance.title));
    out.text("DESCRIPTION", &description(entry));
    out.text("LOCATION", &format!("{base}/seance/{}", seance.id));
    if let Some((name, email)) = entry.organizer {
        out.raw(&format!("ORGANIZER;CN={}:mailto:{email}", line::parameter(name)));
    }
    if let Some((name, email)) = entry.attendee {
        out.raw(&format!(
            "ATTENDEE;CN={};ROLE=REQ-PARTICIPANT;PARTSTAT={};RSVP=TRUE:mailto:{email}",
            line::parameter(name),
            status(entry.answer)
        ));
    }
    let long = seance.announced_end().duration_since(seance.starts_at) > LONG;
    out.raw(if seance.cancelled_at.is_some() { "STATUS:CANCELLED" } else { "STATUS:CONFIRMED" });
    out.raw(if long { "TRANSP:TRANSPARENT" } else { "TRANSP:OPAQUE" });
    if seance.cancelled_at.is_none() && !long {
        for trigger in ALARMS {
            out.raw("BEGIN:VALARM");
            out.raw("ACTION:DISPLAY");
            out.text("DESCRIPTION", &seance.title);
            out.raw(&format!("TRIGGER:{trigger}"));
            out.raw("END:VALARM");
        }
    }
    out.raw("END:VEVENT");
}

/// In the zone of the séance, or in UTC where that zone is unknown here.
fn starts(seance: &Seance) -> String {
    match TimeZone::get(&seance.time_zone) {
        Ok(zone) => {
            let local = zone.to_datetime(seance.starts_at).strftime("%Y%m%dT%H%M%S");
            // The second of two equal hours has no name in a zone.
            let first = zone.to_ambiguous_timestamp(zone.to_datetime(seance.starts_at)).compatible();
            match first {
                Ok(first) if first == seance.starts_at => {
                    format!("DTSTART;TZID={}:{local}", seance.time_zone)
                }
                Ok(_) | Err(_) => format!("DTSTART:{}", utc(seance.starts_at)),
            }
        }
        Err(_) => format!("DTSTART:{}", utc(seance.starts_at)),
    }
}

fn description(entry: &Entry<'_>) -> String {
    let seance = entry.seance;
    let local = written(seance.starts_at, entry.reader_zone);
    let zone = entry.reader_zone.iana_name().unwrap_or(&seance.time_zone);
    let mut text = format!("Début : {local} ({zone}). Durée : {} min.", seance.duration_min);
    if !seance.trainers.is_empty() {
        text += &format!("\nAvec {}.", seance.trainers.join(", "));
    }
    if seance.recorded {
        text += "\nCette séance peut être enregistrée ; vous en serez averti(e) avant d’entrer.";
    }
    text
}

fn status(answer: InvitationAnswer) -> &'static str {
    match answer {
        InvitationAnswer::Waiting => "NEEDS-ACTION",
        InvitationAnswer::Yes => "ACCEPTED",
        InvitationAnswer::No => "DECLINED",
    }
}

fn kind(kind: SeanceKind) -> &'static str {
    match kind {
        SeanceKind::ClasseVirtuelle => "Classe virtuelle",
        SeanceKind::Webinaire => "Webinaire",
        SeanceKind::Audioconference => "Audioconférence",
        SeanceKind::Presentiel => "Présentiel",
        SeanceKind::Permanente => "Salle permanente",
    }
}

fn utc(at: Timestamp) -> String {
    TimeZone::UTC.to_datetime(at).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// `PT1H30M`; exact time, so that days stand as hours.
fn duration(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("PT{minutes}M"),
        (hours, 0) => format!("PT{hours}H"),
        (hours, minutes) => format!("PT{hours}H{minutes}M"),
    }
}

#[cfg(test)]
mod tests;
