//! A.8 and M09, and what calendars must not hold.

use signaling::{
    id::SeanceId,
    planning::{Context, NewSeance, plan},
};
use uuid::Uuid;

use super::*;

const BASE: &str = "https://cv.example.fr";

fn seance(starts_at: &str, minutes: u32, zone: &str) -> Seance {
    let new = serde_json::json!({
        "title": "CV de lancement ; « lire, écrire »", "startsAt": starts_at, "durationMin": minutes,
        "timeZone": zone,
    });
    let new: NewSeance = serde_json::from_value(new).unwrap();
    let context = Context {
        id: SeanceId(Uuid::from_u128(1)),
        academy: "ac-versailles".to_owned(),
        time_zone: zone.to_owned(),
        made_by: None,
        trainers: vec!["Paul MARTIN".to_owned()],
        now: Timestamp::UNIX_EPOCH,
    };
    plan(&new, context).unwrap().0
}

fn message(seance: &Seance) -> String {
    answered(seance, InvitationAnswer::Waiting)
}

fn answered(seance: &Seance, answer: InvitationAnswer) -> String {
    let reader = TimeZone::get("Indian/Reunion").unwrap();
    let entry = Entry {
        seance,
        organizer: Some(("Paul MARTIN", "paul.martin@ac-versailles.fr")),
        attendee: Some(("Marie \"M\" DURAND", "marie.durand@ac-versailles.fr")),
        answer,
        reader_zone: &reader,
    };
    calendar(&[entry], Method::Message, BASE, "2026-11-02T08:15:00Z".parse().unwrap())
}

/// The lines, unfolded.
fn lines(text: &str) -> Vec<String> {
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']));
    assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
    text.replace("\r\n ", "").split_terminator("\r\n").map(str::to_owned).collect()
}

#[test]
fn an_invitation_is_as_calendars_want_it() {
    let mut seance = seance("2026-11-18T14:00", 90, "Europe/Paris");
    let lines_of = lines(&message(&seance));
    for line in [
        "METHOD:REQUEST",
        "TZID:Europe/Paris",
        "DTSTART;TZID=Europe/Paris:20261118T140000",
        "DURATION:PT1H30M",
        "SEQUENCE:0",
        "DTSTAMP:20261102T081500Z",
        "UID:00000000-0000-0000-0000-000000000001@cv.example.fr",
        "SUMMARY:Classe virtuelle – CV de lancement \\; « lire\\, écrire »",
        "LOCATION:https://cv.example.fr/seance/00000000-0000-0000-0000-000000000001",
        "ORGANIZER;CN=\"Paul MARTIN\":mailto:paul.martin@ac-versailles.fr",
        "STATUS:CONFIRMED",
        "TRIGGER:-PT1H",
        "DESCRIPTION:Début : 18/11/2026 17:00 (Indian/Reunion). Durée : 90 min.\\nAvec Paul MARTIN.",
    ] {
        assert!(lines_of.iter().any(|found| found == line), "{line} is missing in {lines_of:#?}");
    }
    let attendees = lines_of.iter().filter(|line| line.starts_with("ATTENDEE"));
    assert_eq!(
        attendees.collect::<Vec<_>>(),
        [
            "ATTENDEE;CN=\"Marie 'M' DURAND\";ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:marie.durand@ac-versailles.fr"
        ]
    );
    for (answer, told) in [(InvitationAnswer::Yes, "ACCEPTED"), (InvitationAnswer::No, "DECLINED")] {
        let text = lines(&answered(&seance, answer)).join("\n");
        assert!(text.contains(&format!(";PARTSTAT={told};")) && !text.contains("NEEDS-ACTION"), "{text}");
    }
    // The zone that holds is there, and the next change of clocks.
    let text = lines_of.join("\n");
    assert!(text.contains(
        "BEGIN:STANDARD\nDTSTART:20261025T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nTZNAME:CET\nEND:STANDARD"
    ));
    assert!(text.contains("BEGIN:DAYLIGHT\nDTSTART:20270328T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200"));
    assert!(!text.contains("DTEND") && !text.contains('#'));

    seance.cancelled_at = Some(seance.starts_at);
    seance.sequence = 3;
    let text = lines(&message(&seance)).join("\n");
    assert!(
        text.contains("METHOD:CANCEL\n")
            && text.contains("STATUS:CANCELLED\n")
            && text.contains("SEQUENCE:3\n")
    );
    assert!(!text.contains("VALARM"));
}

#[test]
fn m09_a_night_when_the_clocks_change() {
    let text = lines(&message(&seance("2026-10-25T01:30", 120, "Europe/Paris"))).join("\n");
    assert!(text.contains("DTSTART;TZID=Europe/Paris:20261025T013000\nDURATION:PT2H\n"), "{text}");
    // An hour without a name of its own is written in UTC.
    let mut second = seance("2026-10-25T02:30", 60, "Europe/Paris");
    second.starts_at = "2026-10-25T01:30:00Z".parse().unwrap();
    assert!(message(&second).contains("DTSTART:20261025T013000Z\r\n"));
}

#[test]
fn zones_without_summer_time_and_half_hours_are_written() {
    let text = lines(&message(&seance("2026-11-18T14:00", 45, "Pacific/Marquesas"))).join("\n");
    assert!(text.contains("TZOFFSETTO:-0930\n") && text.contains("DURATION:PT45M\n"), "{text}");
    assert!(!text.contains("DAYLIGHT"));
}
