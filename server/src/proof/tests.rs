//! Bundles, and what happens to them.

use jiff::SignedDuration;
use proptest::prelude::*;
use signaling::{
    attendance::{Enrolled, GaiaStatus, Known, Status, Table},
    correction::{Change, Link, Reason},
    id::{AdjustmentId, BootId, ConnectionId, MessageId, ParticipantId, PersonId},
    journal::{Fact, Identity, Moment, Record},
    protocol::{Role, seance::EndCause},
    seance::Seance,
};
use uuid::Uuid;

use super::*;

fn start() -> Timestamp {
    "2026-11-18T13:00:00Z".parse().unwrap()
}

fn plan() -> Seance {
    Seance {
        trainers: vec!["Zoé".to_owned()],
        ..Seance::new(SeanceId(Uuid::from_u128(7)), "Classe virtuelle de lancement", start())
    }
}

fn facts() -> Vec<Fact> {
    let (participant, connection) = (ParticipantId(Uuid::from_u128(3)), ConnectionId(Uuid::from_u128(4)));
    let joined = Fact::Joined {
        person: PersonId(Uuid::from_u128(2)),
        participant,
        connection,
        name: "Zoé Durand".to_owned(),
        role: Role::Trainer,
        identity: Identity::PersonalLink,
    };
    let post = |n: u128| Fact::ChatPosted {
        message: MessageId(Uuid::from_u128(n)),
        participant,
        client_id: n.to_string(),
        text: format!("message {n}"),
    };
    let mut facts = vec![Fact::Opened { heard_until: None }, joined];
    facts.extend((0..10).map(post));
    facts.push(Fact::Left { participant, connection });
    facts.push(Fact::Ended { why: EndCause::Trainer, by: Some(participant) });
    facts
}

/// The journal of a class, and the heads on the way.
fn journal(facts: Vec<Fact>) -> (Vec<Record>, Vec<Head>) {
    let mut head = Head::start(plan().id);
    let mut heads = Vec::new();
    let records = (0..).zip(facts).map(|(n, fact)| {
        let mono_ms = n * 300_000;
        let at = Moment { boot: BootId(Uuid::from_u128(1)), boot_at: start(), mono_ms };
        let record = head.append(at, at.effective(), fact, [5; 32]).unwrap();
        heads.push(head.clone());
        record
    });
    (records.collect(), heads)
}

fn key() -> (tempfile::TempDir, ProofKey) {
    let folder = tempfile::tempdir().unwrap();
    let key = ProofKey::open(Path::new(""), folder.path()).unwrap();
    (folder, key)
}

/// Somebody was expected who never came, and was first marked present, then excused.
fn decisions(key: &ProofKey) -> Known {
    let (absent, author) = (PersonId(Uuid::from_u128(20)), PersonId(Uuid::from_u128(2)));
    let mut known = Known::default();
    known.names.insert(author, "Zoé DURAND".to_owned());
    known.enrolled.push(Enrolled {
        person: absent,
        last_name: "DURAND".to_owned(),
        first_name: "Luc".to_owned(),
        table: Some(Table::Participants),
        role: Role::Participant,
        gaia: GaiaStatus::Unlinked,
        double_role: false,
        removed_at: None,
    });
    let mut head = correction::Head::start(plan().id);
    for (n, new) in [Change::Status(Some(Status::Present)), Change::Excuse(true)].into_iter().enumerate() {
        let draft = Adjustment {
            id: AdjustmentId(Uuid::from_u128(n as u128)),
            seance: plan().id,
            number: 0,
            person: Some(absent),
            old: Change::Status(Some(Status::Absent)),
            new,
            reason: Reason::PanneReseau,
            text: "coupure ADSL".to_owned(),
            author,
            at: start(),
            link: Link::default(),
        };
        let linked = head.append(draft, [6; 32]).unwrap();
        known.adjustments.push(key.countersign(&head, linked));
    }
    known
}

fn bundle(key: &ProofKey) -> Vec<u8> {
    let (records, heads) = journal(facts());
    let kept = [key.seal(&heads[3], start() + SignedDuration::from_hours(1))];
    let now = start() + SignedDuration::from_hours(2);
    Bundle::make(&plan(), &records, &kept, &decisions(key), key, now).unwrap().into_bytes()
}

/// The same for all that is done to it.
fn made() -> &'static [u8] {
    static MADE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    MADE.get_or_init(|| bundle(&key().1))
}

fn lines(bundle: &[u8]) -> Vec<String> {
    std::str::from_utf8(bundle).unwrap().lines().map(str::to_owned).collect()
}

fn joined(lines: &[String]) -> Vec<u8> {
    lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect()
}

#[test]
fn a_bundle_is_intact_and_says_under_which_key() {
    let (folder, key) = key();
    let verdict = verify(&bundle(&key));
    let sealed_at = start() + SignedDuration::from_hours(2);
    assert_eq!(verdict, Verdict::Intact { records: 14, sealed_at, key: key.public() });
    // The key is kept, and nobody else reads it.
    let again = ProofKey::open(Path::new(""), folder.path()).unwrap();
    assert_eq!(again.public(), key.public());
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(folder.path().join("proof.key").metadata().unwrap().permissions().mode() & 0o077, 0);
    std::fs::write(folder.path().join("proof.key"), "a diary").unwrap();
    assert!(ProofKey::open(Path::new(""), folder.path()).unwrap_err().to_string().contains("proof.key_file"));
}

#[test]
fn what_was_done_to_a_bundle_is_told() {
    let (_folder, key) = key();
    let whole = lines(&bundle(&key));
    let told = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = whole.clone();
        change(&mut lines);
        verify(&joined(&lines)).to_string()
    };
    // What was decided: 16 is the enrolled person, 17 the author's name, 18 and 19 the corrections, 20 the presence.
    assert!(
        told(&|lines| drop(lines.remove(18)))
            .starts_with("altered at correction 1: correction 1 was changed")
    );
    assert!(told(&|lines| lines.swap(18, 19)).starts_with("altered at correction 1"));
    assert!(
        told(&|lines| lines[19] = lines[19].replace("\"new\":true", "\"new\":false"))
            .starts_with("altered at correction 2")
    );
    assert!(
        told(&|lines| lines[18] = lines[18].replace("ADSL", "fibre")).starts_with("altered at correction 1")
    );
    assert!(told(&|lines| drop(lines.remove(19))).contains("the bytes are not those"));
    assert!(told(&|lines| drop(lines.remove(16))).contains("the bytes are not those"));
    assert!(told(&|lines| lines.swap(14, 18)).contains("out of place"));
    assert!(told(&|lines| drop(lines.remove(5))).starts_with("altered at record 5: a record is missing"));
    assert!(told(&|lines| lines.swap(4, 5)).starts_with("altered at record 4"));
    assert!(
        told(&|lines| lines[3] = lines[3].replace("message 0", "message X")).contains("record 3: a text")
    );
    assert!(
        told(&|lines| lines[13] = lines[13].replace("3600000", "3600001"))
            .contains("record 13: what it says")
    );
    assert_eq!(told(&|lines| lines.truncate(10)), "truncated after record 9");
    assert_eq!(told(&|lines| drop(lines.pop())), "truncated after record 14");
    assert_eq!(told(&|lines| drop(lines.remove(14))), "truncated after record 13", "its last record");
    assert!(
        told(&|lines| lines[0] = lines[0].replace("lancement", "clôture"))
            .contains("the bytes are not those")
    );
    assert!(
        told(&|lines| lines[20] = lines[20].replace("\"minutes\":", "\"minutes\":1")).starts_with("altered")
    );
    assert!(told(&|lines| lines.push("{}".to_owned())).contains("something follows the seal"));
    assert_eq!(verify(b"").to_string(), "truncated after record 0");
    assert!(verify(b"a diary\n").to_string().starts_with("altered at the first line"));
}

#[test]
fn a_journal_written_anew_does_not_fit_the_seals_of_its_time() {
    let (_folder, key) = key();
    let (records, _) = journal(facts());
    let (_, elsewhere) = journal(facts().split_off(1));
    let kept = [key.seal(&elsewhere[4], start())];
    let bundle =
        Bundle::make(&plan(), &records, &kept, &Known::default(), &key, start()).unwrap().into_bytes();
    assert!(verify(&bundle).to_string().starts_with("altered at record 5: it does not fit the seal"));
}

#[test]
fn an_erased_name_does_not_break_the_proof() {
    let (_folder, key) = key();
    let (mut records, _) = journal(facts());
    records.iter_mut().for_each(Record::erase_texts);
    let mut known = decisions(&key);
    known.adjustments.iter_mut().for_each(Adjustment::erase_text);
    known.enrolled.iter_mut().for_each(|one| one.last_name.clear());
    known.names.clear();
    let bundle = Bundle::make(&plan(), &records, &[], &known, &key, start()).unwrap().into_bytes();
    let text = String::from_utf8_lossy(&bundle);
    assert!(!text.contains("Durand") && !text.contains("ADSL") && text.contains("PANNE_RESEAU"));
    assert!(matches!(verify(&bundle), Verdict::Intact { .. }));
}

/// Whoever holds the database but not the key can chain a correction of their own, and not sign it.
#[test]
fn a_correction_that_the_server_did_not_write_is_not_believed() {
    let (_folder, key) = key();
    let (_other_folder, other) = self::key();
    let (records, _) = journal(facts());
    let mut known = decisions(&key);
    let mut head = correction::Head::after(&known.adjustments[0]);
    let mut forged = known.adjustments[1].clone();
    forged.new = Change::Status(Some(Status::Present));
    let forged = head.append(forged, [8; 32]).unwrap();
    for link in [
        Link {
            signature: known.adjustments[1].link.signature.clone(),
            key: key.public(),
            ..forged.link.clone()
        },
        forged.link.clone(),
    ] {
        known.adjustments[1] = Adjustment { link, ..forged.clone() };
        let bundle = Bundle::make(&plan(), &records, &[], &known, &key, start()).unwrap().into_bytes();
        assert_eq!(verify(&bundle).to_string(), "altered at correction 2: its signature does not fit");
    }
    // Signed with another key: intact, but not under this one alone.
    known.adjustments[1] = other.countersign(&head, forged);
    let bundle = Bundle::make(&plan(), &records, &[], &known, &key, start()).unwrap().into_bytes();
    assert_eq!(verify(&bundle).to_string(), "altered at correction 2: it was signed with another key");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    /// Ten thousand changes and cuts, none believed (with the next test).
    #[test]
    fn no_changed_byte_is_believed(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = made().to_vec();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        let verdict = verify(&bytes);
        let intact = matches!(verdict, Verdict::Intact { .. });
        prop_assert!(!intact, "byte {} became {}", at, byte);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6_000, ..ProptestConfig::default() })]

    /// Cut anywhere, lines left out, doubled or swapped: never intact.
    #[test]
    fn no_cut_or_shuffled_bundle_is_believed(
        how in 0_u8..4, one in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(),
    ) {
        let whole = made();
        let mut lines = lines(whole);
        let (one, other) = (one.index(lines.len()), other.index(lines.len()));
        match how {
            0 => {
                let cut = verify(&whole[..other * whole.len() / (lines.len() + 1) + one]);
                prop_assert!(matches!(cut, Verdict::Truncated { .. }), "{}", cut);
                return Ok(());
            }
            1 => { lines.remove(one); }
            2 => lines.insert(other, lines[one].clone()),
            _ => { prop_assume!(one != other); lines.swap(one, other); }
        }
        let verdict = verify(&joined(&lines));
        let intact = matches!(verdict, Verdict::Intact { .. });
        prop_assert!(!intact);
    }
}
