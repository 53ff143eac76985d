//! xAPI: what came and went, in the profile "virtual classroom", and what was attested (domain rules §3.5, Annex A.5).
//!
//! Only the four statements that the profile demands, and `attended` when participation was attested. Whom a statement
//! is about is an account of this server with an opaque name; neither a name nor an address is in it. Identifiers are
//! made from what they identify: the same happening has the same one in every export, and is kept once.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use signaling::{
    attendance::Visits,
    id::{PersonId, SeanceId},
};
use uuid::Uuid;

use super::{
    ExportError, File,
    document::SeanceHeader,
    hours::{self, HoursDocument},
    presence::duration,
    writing::slug,
};

const PROFILE: &str = "https://w3id.org/xapi/virtual-classroom";
const CLASSROOM: &str = "https://w3id.org/xapi/virtual-classroom/activity-types/virtual-classroom";
const COURSE: &str = "http://adlnet.gov/expapi/activities/course";
const RUN: &str = "https://w3id.org/xapi/cmi5/context/extensions/sessionid";
const PLANNED: &str = "http://id.tincanapi.com/extension/planned-duration";
/// The namespace of addresses (RFC 9562 §6.6).
const ADDRESSES: Uuid = Uuid::from_u128(0x6ba7_b811_9dad_11d1_80b4_00c0_4fd4_30c8);

/// Whom statements are about.
pub trait Pseudonyms {
    /// The same for the same person in every export, and of no use to whoever has not the server's key.
    fn pseudonym(&self, person: PersonId) -> String;
}

/// What somebody did, as the profile names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Initialized,
    Joined,
    Left,
    Terminated,
    Attended,
}

impl Verb {
    /// Identifier, and what people read: in the one language that the profile has.
    fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Initialized => ("http://adlnet.gov/expapi/verbs/initialized", "initialized"),
            Self::Joined => ("http://activitystrea.ms/join", "joined"),
            Self::Left => ("http://activitystrea.ms/leave", "left"),
            Self::Terminated => ("http://adlnet.gov/expapi/verbs/terminated", "terminated"),
            Self::Attended => ("http://adlnet.gov/expapi/verbs/attended", "attended"),
        }
    }
}

/// One statement, in the order in which the specification names its parts.
#[derive(Debug, Clone, Serialize)]
struct Statement {
    id: Uuid,
    actor: Value,
    verb: Value,
    object: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    context: Value,
    timestamp: String,
}

/// The séance that statements are about.
struct Classroom<'c> {
    seance: &'c SeanceHeader,
    base: &'c str,
    pseudonyms: &'c dyn Pseudonyms,
    registration: Uuid,
    run: Uuid,
}

impl<'c> Classroom<'c> {
    fn new(
        seance: &'c SeanceHeader,
        base: &'c str,
        pseudonyms: &'c dyn Pseudonyms,
        opened: Timestamp,
    ) -> Self {
        let registration = named(ADDRESSES, &address(base, seance.id));
        let run = named(registration, &format!("run {opened}"));
        Self { seance, base, pseudonyms, registration, run }
    }

    fn statement(&self, verb: Verb, person: Option<PersonId>, at: Timestamp) -> Statement {
        // What the server does by itself is done by nobody.
        let name = person.map_or_else(|| "preau".to_owned(), |person| self.pseudonyms.pseudonym(person));
        let (_, said) = verb.told();
        let mut extensions = json!({ RUN: self.run });
        if let (Verb::Initialized | Verb::Joined | Verb::Terminated, Value::Object(extensions)) =
            (verb, &mut extensions)
        {
            let planned = duration(u64::from(self.seance.announced_min) * 60_000);
            extensions.insert(PLANNED.to_owned(), Value::String(planned));
        }
        Statement {
            id: named(self.registration, &format!("{said} {name} {at}")),
            actor: account(self.base, &name),
            verb: spoken(verb),
            object: json!({
                "objectType": "Activity",
                "id": address(self.base, self.seance.id),
                "definition": {"type": CLASSROOM, "name": {"fr": self.seance.title}},
            }),
            result: None,
            context: json!({
                "registration": self.registration,
                "contextActivities": {"category": [{
                    "id": PROFILE,
                    "definition": {"type": "http://adlnet.gov/expapi/activities/profile"},
                }]},
                "platform": "Préau",
                "language": "fr",
                "extensions": extensions,
            }),
            timestamp: instant(at),
        }
    }
}

/// The comings and goings of a séance as statements, in the order in which they happened.
///
/// # Errors
/// They cannot be written.
pub fn seance_xapi(
    seance: &SeanceHeader,
    visits: &Visits,
    base: &str,
    pseudonyms: &dyn Pseudonyms,
    version: u64,
) -> Result<File, ExportError> {
    let mut statements = Vec::new();
    if let Some(first) = visits.all.first() {
        let classroom = Classroom::new(seance, base, pseudonyms, first.from);
        let tell = |verb, person, at| (at, classroom.statement(verb, person, at));
        statements.push(tell(Verb::Initialized, Some(first.person), first.from));
        for visit in &visits.all {
            statements.push(tell(Verb::Joined, Some(visit.person), visit.from));
            statements.extend(visit.to.map(|to| tell(Verb::Left, Some(visit.person), to)));
        }
        statements.sort_by_key(|(at, _)| *at);
        // After the last departure, which is noticed at the same instant.
        statements.extend(visits.ended.map(|at| tell(Verb::Terminated, visits.ended_by, at)));
    }
    let statements: Vec<Statement> = statements.into_iter().map(|(_, statement)| statement).collect();
    let stamp = seance.zone.stamp(seance.starts_at);
    let provisional = if seance.closed { "" } else { "_provisoire" };
    let name = format!("xapi_{}_{stamp}{provisional}_v{version}.json", slug(&seance.title));
    Ok(File { name, bytes: serde_json::to_vec(&statements)? })
}

/// The attestations of a session of a parcours: everybody whose participation was attested attended it.
///
/// # Errors
/// They cannot be written.
pub fn hours_xapi(document: &HoursDocument, pseudonyms: &dyn Pseudonyms) -> Result<File, ExportError> {
    let (base, frame) = (&document.edition.base_url, &document.frame);
    let activity = format!("{base}/xapi/session-formation/{}", document.id);
    let registration = named(ADDRESSES, &activity);
    let title = if frame.title.is_empty() { &frame.parcours_title } else { &frame.title };
    let attended = document.rows.iter().filter(|row| row.took_part()).filter_map(|row| {
        let at = row.attested_at?;
        let name = pseudonyms.pseudonym(row.person);
        let mut result = json!({"completion": true});
        if let (Some(minutes), Value::Object(result)) = (row.validated_min, &mut result) {
            result.insert("duration".to_owned(), Value::String(duration(u64::from(minutes) * 60_000)));
        }
        Some(Statement {
            id: named(registration, &format!("attended {name} {at}")),
            actor: account(base, &name),
            verb: spoken(Verb::Attended),
            object: json!({
                "objectType": "Activity",
                "id": activity,
                "definition": {"type": COURSE, "name": {"fr": title}},
            }),
            result: Some(result),
            context: json!({"registration": registration, "platform": "Préau", "language": "fr"}),
            timestamp: instant(at),
        })
    });
    let statements: Vec<Statement> = attended.collect();
    let name = hours::file_name(document, "xapi", "json");
    Ok(File { name, bytes: serde_json::to_vec(&statements)? })
}

fn address(base: &str, seance: SeanceId) -> String {
    format!("{base}/xapi/seance/{seance}")
}

fn account(base: &str, name: &str) -> Value {
    json!({"objectType": "Agent", "account": {"homePage": base, "name": name}})
}

fn spoken(verb: Verb) -> Value {
    let (id, said) = verb.told();
    json!({"id": id, "display": {"en-US": said}})
}

/// Milliseconds, UTC.
fn instant(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// A name-based identifier (version 5, RFC 9562 §5.5).
pub(crate) fn named(space: Uuid, name: &str) -> Uuid {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, &[space.as_bytes(), name.as_bytes()].concat());
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hash.as_ref()) {
        *to = *from;
    }
    uuid::Builder::from_sha1_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use signaling::attendance::Visit;

    use super::{super::samples, *};

    struct Plain;

    impl Pseudonyms for Plain {
        fn pseudonym(&self, person: PersonId) -> String {
            format!("p-{:06x}", person.0.as_u128())
        }
    }

    const BASE: &str = "https://cv.example.fr";

    fn visits() -> Visits {
        let visit = |person, from: &str, to: Option<&str>| Visit {
            person: samples::person(person),
            from: samples::time(from),
            to: to.map(samples::time),
        };
        Visits {
            all: vec![
                visit(0x5f_0c2a, "2026-11-18T12:52:10Z", Some("2026-11-18T13:10:00Z")),
                visit(8, "2026-11-18T13:00:00Z", Some("2026-11-18T14:30:00Z")),
                visit(0x5f_0c2a, "2026-11-18T13:12:00Z", Some("2026-11-18T14:30:00Z")),
            ],
            ended: Some(samples::time("2026-11-18T14:30:00Z")),
            ended_by: Some(samples::person(8)),
        }
    }

    fn written(visits: &Visits) -> Vec<Value> {
        let file = seance_xapi(&samples::seance().seance, visits, BASE, &Plain, 1).unwrap();
        assert_eq!(file.name, "xapi_cv-de-lancement_20261118_v1.json");
        serde_json::from_slice(&file.bytes).unwrap()
    }

    /// What the specification (xAPI 1.0.3, part two) asks of every statement.
    fn is_valid(statement: &Value) {
        let parts = statement.as_object().unwrap();
        for name in parts.keys() {
            let known = ["id", "actor", "verb", "object", "result", "context", "timestamp"];
            assert!(known.contains(&name.as_str()), "{name}");
        }
        let id: Uuid = statement["id"].as_str().unwrap().parse().unwrap();
        assert_eq!((id.get_version_num(), id.get_variant()), (5, uuid::Variant::RFC4122));
        let actor = statement["actor"].as_object().unwrap();
        assert_eq!(
            actor.keys().collect::<Vec<_>>(),
            ["account", "objectType"],
            "one way to identify somebody"
        );
        assert_eq!(statement["actor"]["account"].as_object().unwrap().len(), 2);
        let iri = |value: &Value| {
            let text = value.as_str().unwrap();
            assert!(text.starts_with("http") && text.contains("://") && !text.contains(' '), "{text}");
        };
        iri(&statement["actor"]["account"]["homePage"]);
        assert!(!statement["actor"]["account"]["name"].as_str().unwrap().is_empty());
        iri(&statement["verb"]["id"]);
        assert_eq!(statement["verb"]["display"].as_object().unwrap().keys().collect::<Vec<_>>(), ["en-US"]);
        iri(&statement["object"]["id"]);
        iri(&statement["object"]["definition"]["type"]);
        let at = statement["timestamp"].as_str().unwrap();
        assert!(at.parse::<Timestamp>().is_ok() && at.ends_with('Z') && at.len() == 24, "{at}");
        let registration: Uuid = statement["context"]["registration"].as_str().unwrap().parse().unwrap();
        assert_eq!(registration.get_version_num(), 5);
        for key in statement["context"]["extensions"].as_object().into_iter().flat_map(|all| all.keys()) {
            iri(&Value::String(key.clone()));
        }
        let text = statement.to_string();
        for unwanted in ["null", "mailto", "mbox", "@", "DURAND", "Marie"] {
            assert!(!text.contains(unwanted), "{unwanted} in {text}");
        }
    }

    #[test]
    fn a_joining_is_the_sample() {
        let joined = written(&visits()).remove(1);
        is_valid(&joined);
        assert_eq!(joined["timestamp"], "2026-11-18T12:52:10.000Z");
        assert_eq!(
            joined["actor"],
            json!({"objectType": "Agent", "account": {"homePage": BASE, "name": "p-5f0c2a"}})
        );
        assert_eq!(joined["verb"]["id"], "http://activitystrea.ms/join");
        assert_eq!(joined["verb"]["display"]["en-US"], "joined");
        let object = &joined["object"];
        assert_eq!(object["id"], "https://cv.example.fr/xapi/seance/00000000-0000-0000-0000-000000000001");
        assert_eq!(object["definition"], json!({"type": CLASSROOM, "name": {"fr": "CV de lancement"}}));
        assert_eq!(
            joined["context"]["contextActivities"],
            json!({"category": [{"id": "https://w3id.org/xapi/virtual-classroom",
                "definition": {"type": "http://adlnet.gov/expapi/activities/profile"}}]})
        );
        assert_eq!(joined["context"]["extensions"][PLANNED], "PT1H30M");
        assert!(joined["context"]["extensions"][RUN].as_str().unwrap().parse::<Uuid>().is_ok());
    }

    #[test]
    fn a_seance_is_told_by_the_four_mandatory_statements_in_order() {
        let all = written(&visits());
        all.iter().for_each(is_valid);
        let verbs: Vec<_> = all.iter().map(|one| one["verb"]["display"]["en-US"].as_str().unwrap()).collect();
        assert_eq!(
            verbs,
            ["initialized", "joined", "joined", "left", "joined", "left", "left", "terminated"]
        );
        assert_eq!(all[0]["actor"], all[1]["actor"], "opened by the first one");
        assert_eq!(all[7]["actor"]["account"]["name"], "p-000008", "ended by the trainer");
        let ids: BTreeSet<_> = all.iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), all.len());
        let one = |read: fn(&Value) -> &Value| all.iter().map(read).collect::<Vec<_>>();
        assert!(one(|one| &one["context"]["registration"]).windows(2).all(|two| two[0] == two[1]));
        assert!(one(|one| &one["context"]["extensions"][RUN]).windows(2).all(|two| two[0] == two[1]));
        for (statement, planned) in all.iter().zip([true, true, true, false, true, false, false, true]) {
            assert_eq!(statement["context"]["extensions"][PLANNED].is_string(), planned);
        }
        assert_eq!(written(&visits()), all, "told again, a store keeps each once");
    }

    #[test]
    fn what_lasts_is_not_told_as_over_and_nothing_is_told_of_nothing() {
        let mut running = visits();
        running.all[2].to = None;
        (running.ended, running.ended_by) = (None, None);
        let verbs: Vec<String> =
            written(&running).iter().map(|one| one["verb"]["display"]["en-US"].to_string()).collect();
        assert_eq!(verbs.iter().filter(|verb| verb.contains("left")).count(), 2);
        assert!(!verbs.iter().any(|verb| verb.contains("terminated")));
        assert!(written(&Visits::default()).is_empty());
        let mut alone = visits();
        alone.ended_by = None;
        assert_eq!(written(&alone).pop().unwrap()["actor"]["account"]["name"], "preau", "by the server");
    }

    #[test]
    fn who_was_attested_attended() {
        let mut document = samples::hours();
        document.rows.push(samples::hours().rows.remove(0));
        document.rows[2].person = samples::person(11);
        (document.rows[2].distance_attested, document.rows[2].presence_attested) = (false, false);
        let file = hours_xapi(&document, &Plain).unwrap();
        let all: Vec<Value> = serde_json::from_slice(&file.bytes).unwrap();
        assert_eq!(all.len(), 2, "nobody who was not attested");
        all.iter().for_each(is_valid);
        assert_eq!(all[0]["verb"]["id"], "http://adlnet.gov/expapi/verbs/attended");
        assert_eq!(all[0]["result"], json!({"completion": true, "duration": "PT6H"}));
        assert_eq!(all[1]["result"]["duration"], "PT3H");
        assert_eq!(all[0]["timestamp"], "2026-12-20T09:00:00.000Z");
        document.rows[0].validated_min = None;
        let all: Vec<Value> = serde_json::from_slice(&hours_xapi(&document, &Plain).unwrap().bytes).unwrap();
        assert_eq!(all[0]["result"], json!({"completion": true}), "of unknown duration");
    }
}
