//! Corrections of a sheet: cases F04 to F11 of the domain, the lock, and what two people do at once.

mod class;

use class::{Class, GUEST, MANAGER, TRAINER, U1, U9, expected, minute, person, row, seance};
use jiff::{SignedDuration, Timestamp};
use signaling::{
    attendance::{
        Elsewhere, Enrolled, Flag, GaiaStatus, Log, Origin, Pair, Status, Table, interval::Interval,
    },
    correction::{Adjustment, Change, Correction, Denied, Reason, SharedRoom, shared_room, verify},
    emargement::{HalfDay, Method, Signature},
    id::{HalfDayId, PersonId, SeanceId},
    journal::{Fact, Identity},
    protocol::{Role, seance::EndCause},
    seance::Threshold,
};
use uuid::Uuid;

fn correction(people: &[u128], change: Change, reason: Reason, seen: u32) -> Correction {
    let people = people.iter().map(|who| person(*who)).collect();
    Correction { people, change, reason, text: "coupure ADSL".to_owned(), seen }
}

#[test]
fn everybody_expected_has_a_row_in_their_table() {
    let mut class = Class::held();
    class.expects(U1).expects(U9);
    class.known.enrolled.push(expected(30, Table::Tutors));
    class.known.enrolled.push(Enrolled { table: None, ..expected(31, Table::Tutors) });
    // A co-trainer by the roster who came by a participant's link; a participant given a trainer's link.
    class.known.enrolled.push(Enrolled { role: Role::CoTrainer, ..expected(32, Table::Trainers) });
    class.stays(32, 0, 90, Role::Participant, Identity::PersonalLink);
    class.stays(U9, 0, 90, Role::CoTrainer, Identity::PersonalLink);
    // Un-enrolled before the start: with nothing to tell, and with a presence all the same.
    class
        .known
        .enrolled
        .push(Enrolled { removed_at: Some(minute(-100)), ..expected(33, Table::Participants) });
    class
        .known
        .enrolled
        .push(Enrolled { removed_at: Some(minute(-100)), ..expected(34, Table::Participants) });
    class.stays(34, 0, 90, Role::Participant, Identity::PersonalLink);
    let sheet = class.sheet();
    let rows: Vec<_> =
        sheet.rows.iter().map(|row| (row.person.0.as_u128(), row.table, row.decided)).collect();
    assert_eq!(
        rows,
        [
            (U1, Table::Participants, Status::Absent),
            (34, Table::Participants, Status::Present),
            (U9, Table::Participants, Status::Present),
            (32, Table::Trainers, Status::Present),
            (TRAINER, Table::Trainers, Status::Present),
            (30, Table::Tutors, Status::Absent),
        ]
    );
    assert!(row(&sheet, U1).validable && row(&sheet, U1).first_arrival.is_none());
    // J01: preparation before and after the window is shown apart, of trainers.
    let host = row(&sheet, TRAINER);
    assert_eq!((host.minutes, host.before_ms / 60_000, host.after_ms / 60_000), (90, 20, 10));
    assert_eq!((sheet.counts.enrolled, sheet.counts.present, sheet.counts.absent), (3, 2, 1));
}

#[test]
fn f10_the_same_name_is_proposed_and_attached() {
    let mut class = Class::held();
    class.expects(U1).expects(U9);
    class.stays_as("nom9 Prenom", GUEST, (0, 90), Role::Participant, Identity::Declared);
    class.stays_as("Prénom NOM9", 51, (0, 45), Role::Participant, Identity::Federated);
    class.stays_as("Prénom NOM8", 52, (0, 45), Role::Participant, Identity::Declared);
    let sheet = class.sheet();
    assert_eq!((row(&sheet, U9).decided, row(&sheet, 51).enrolled), (Status::Absent, false));
    let pair = |guest| Pair { guest: person(guest), to: person(U9) };
    assert_eq!(sheet.pairs, [pair(GUEST), pair(51)]);
    assert_eq!(sheet.only(Some(person(U9))).pairs, [], "who decides sees it");

    let at = "2026-11-19T09:12:00Z".parse().unwrap();
    let attach = |target, seen| correction(&[GUEST], Change::Attach(target), Reason::ErreurIdentite, seen);
    class.corrects(TRAINER, at, &attach(Some(person(U9)), 0)).unwrap();
    let after = class.sheet();
    assert_eq!((row(&after, U9).minutes, row(&after, U9).history.len()), (90, 1));
    assert_eq!(after.pairs, [pair(51)]);
    class.corrects(TRAINER, at, &attach(None, 1)).unwrap();
    assert_eq!(class.sheet().pairs, [pair(51)], "what was taken back is not proposed again");
    // Two who bear the name: nobody can tell.
    let twin = Enrolled { person: person(53), ..expected(U9, Table::Participants) };
    class.known.enrolled.push(twin);
    assert_eq!(class.sheet().pairs, []);
}

#[test]
fn f04_a_guest_attached_to_an_enrolled_person() {
    let mut class = Class::held();
    class.expects(U9);
    class.stays(U9, 60, 90, Role::Participant, Identity::PersonalLink);
    class.stays(GUEST, 0, 90, Role::Participant, Identity::Declared);
    let before = class.sheet();
    assert_eq!((row(&before, U9).minutes, row(&before, U9).decided), (30, Status::Absent));
    assert_eq!(before.counts.guests, 1);
    assert_eq!(before.pairs, [], "their names differ");

    let at = "2026-11-19T09:12:00Z".parse().unwrap();
    let attach = |target| correction(&[GUEST], Change::Attach(target), Reason::ErreurIdentite, 0);
    assert_eq!(class.corrects(TRAINER, at, &attach(Some(person(GUEST)))), Err(Denied::Invalid("new")));
    assert_eq!(class.corrects(TRAINER, at, &attach(Some(person(99)))), Err(Denied::UnknownPerson));
    assert_eq!(class.corrects(TRAINER, at, &attach(None)), Err(Denied::Invalid("people")));
    let foreign = correction(&[U9], Change::Attach(Some(person(TRAINER))), Reason::Autre, 0);
    assert_eq!(class.corrects(TRAINER, at, &foreign), Err(Denied::Invalid("people")), "U9 is expected");
    class.corrects(TRAINER, at, &attach(Some(person(U9)))).unwrap();

    let after = class.sheet();
    let u9 = row(&after, U9);
    assert_eq!((u9.presence_ms, u9.decided, u9.origin), (5_400_000, Status::Present, Origin::Manuel));
    assert_eq!(
        (u9.name.as_str(), u9.reason, u9.history.len()),
        ("Prénom NOM9", Some(Reason::ErreurIdentite), 1)
    );
    assert!(after.rows.iter().all(|row| row.person != person(GUEST)), "no longer among the guests");
    assert_eq!((after.attached[0].name.as_str(), after.attached[0].to), ("u50", person(U9)));
    assert_eq!(after.counts.guests, 0);

    // And back.
    let detach = correction(&[GUEST], Change::Attach(None), Reason::Autre, 1);
    class.corrects(TRAINER, at, &detach).unwrap();
    let back = class.sheet();
    assert_eq!((row(&back, U9).minutes, row(&back, U9).origin), (30, Origin::Auto));
    assert_eq!(row(&back, GUEST).minutes, 90);
}

#[test]
fn f05_twelve_teachers_in_front_of_one_computer() {
    let mut class = Class::held();
    for who in U1..=12 {
        class.expects(who);
    }
    class.stays(U1, 0, 85, Role::Participant, Identity::Federated);
    let people: Vec<PersonId> = (2..=12).map(person).collect();
    let room = SharedRoom {
        shared: person(U1),
        people,
        minutes: None,
        text: "École Jules-Ferry".to_owned(),
        seen: 0,
    };
    let sheet = class.sheet();
    assert_eq!(
        shared_room(&SharedRoom { shared: person(2), ..room.clone() }, &sheet),
        Err(Denied::Invalid("minutes"))
    );
    let asked = shared_room(&room, &sheet).unwrap();
    class.corrects(TRAINER, minute(95), &asked).unwrap();

    let sheet = class.sheet();
    assert_eq!((row(&sheet, U1).minutes, row(&sheet, U1).origin), (85, Origin::Auto));
    for who in 2..=12 {
        let row = row(&sheet, who);
        assert_eq!((row.presence_ms, row.declared_min, row.decided), (0, Some(85), Status::Present));
        assert_eq!((row.origin, row.reason), (Origin::Manuel, Some(Reason::SallePartagee)));
    }
    let counts = sheet.counts;
    assert_eq!((counts.enrolled, counts.present, counts.declared), (12, 12, 11));
    // Declared minutes are held against the threshold like measured ones.
    let few = correction(&[2], Change::DeclaredMinutes(Some(44)), Reason::SallePartagee, 11);
    class.corrects(TRAINER, minute(96), &few).unwrap();
    assert_eq!(row(&class.sheet(), 2).decided, Status::Absent);
}

#[test]
fn f06_correction_and_counter_correction() {
    let mut class = Class::held();
    class.expects(U1);
    class.stays(U1, 0, 44, Role::Participant, Identity::Federated);
    let present = correction(&[U1], Change::Status(Some(Status::Present)), Reason::PanneReseau, 0);
    class.corrects(TRAINER, "2026-11-18T15:02:00Z".parse().unwrap(), &present).unwrap();
    assert_eq!(row(&class.sheet(), U1).decided, Status::Present);
    let absent = correction(&[U1], Change::Status(Some(Status::Absent)), Reason::Autre, 1);
    class.corrects(MANAGER, "2026-11-20T08:00:00Z".parse().unwrap(), &absent).unwrap();

    let sheet = class.sheet();
    let u1 = row(&sheet, U1);
    assert_eq!((u1.status, u1.decided, u1.origin), (Status::Absent, Status::Absent, Origin::Manuel));
    assert_eq!((sheet.version, u1.minutes), (2, 44));
    let history: Vec<_> =
        u1.history.iter().map(|one| (one.old, one.new, one.reason, one.author.0.as_u128())).collect();
    let status = |status| Change::Status(Some(status));
    assert_eq!(
        history,
        [
            (status(Status::Absent), status(Status::Present), Reason::PanneReseau, TRAINER),
            (status(Status::Present), status(Status::Absent), Reason::Autre, MANAGER),
        ]
    );
    // Given back to the computation.
    let back = correction(&[U1], Change::Status(None), Reason::Autre, 2);
    class.corrects(TRAINER, minute(400), &back).unwrap();
    assert_eq!((row(&class.sheet(), U1).origin, row(&class.sheet(), U1).reason), (Origin::Auto, None));
}

#[test]
fn f07_the_lock_holds_trainers_not_gestionnaires() {
    let mut class = Class::held();
    class.expects(U1);
    let sheet = class.sheet();
    assert_eq!(sheet.locked_from, "2026-12-03T14:30:00Z".parse::<Timestamp>().unwrap());
    let asked = correction(&[U1], Change::Status(Some(Status::Present)), Reason::PanneReseau, 0);
    let last = sheet.locked_from;
    let after = last + SignedDuration::from_millis(1);
    assert_eq!(class.corrects(TRAINER, after, &asked), Err(Denied::Locked));
    assert_eq!(class.known.adjustments.len(), 0);
    class.corrects(TRAINER, last, &asked).unwrap();
    let asked = correction(&[U1], Change::Status(Some(Status::Absent)), Reason::Autre, 1);
    class.corrects(MANAGER, after, &asked).unwrap();
    class.known.archived = true;
    let asked = correction(&[U1], Change::Status(None), Reason::Autre, 2);
    assert_eq!(class.corrects(MANAGER, after, &asked), Err(Denied::Archived));
}

#[test]
fn f08_excused_is_neither_present_nor_absent() {
    let mut class = Class::held();
    class.expects(U1);
    let excuse = correction(&[U1], Change::Excuse(true), Reason::Excuse, 0);
    class.corrects(TRAINER, minute(100), &excuse).unwrap();
    let sheet = class.sheet();
    assert_eq!((row(&sheet, U1).decided, row(&sheet, U1).presence_ms), (Status::Excuse, 0));
    assert_eq!((sheet.counts.excused, sheet.counts.present, sheet.counts.absent), (1, 0, 0));
    let back = correction(&[U1], Change::Excuse(false), Reason::Autre, 1);
    class.corrects(TRAINER, minute(101), &back).unwrap();
    assert_eq!(row(&class.sheet(), U1).decided, Status::Absent);
}

#[test]
fn f11_removed_from_gaia_stays_on_the_sheet_out_of_its_block() {
    let (base, session) = ("ACAVER".to_owned(), 78_576);
    let since = "2026-11-19T01:00:00Z".parse().unwrap();
    let mut class = Class::held();
    class.known.linked = true;
    class.expects(U1).expects(U9);
    class.known.enrolled[1].gaia = GaiaStatus::Withdrawn { base: base.clone(), session, since };
    class.known.enrolled[2].gaia = GaiaStatus::Listed { base, session };
    for who in [U1, U9, 40] {
        class.stays(who, 0, 90, Role::Participant, Identity::Federated);
    }
    class.stays(GUEST, 0, 90, Role::Participant, Identity::Declared);
    let sheet = class.sheet();
    let told = |who| {
        let row = row(&sheet, who);
        (row.minutes, row.gaia.is_listed(), row.flags.contains(&"HORS_GAIA".to_owned()))
    };
    assert_eq!((told(U1), told(U9), told(40)), ((90, false, true), (90, true, false), (90, false, true)));
    assert_eq!(told(GUEST), (90, false, false), "a guest is a guest");
    assert_eq!((sheet.counts.off_list, sheet.counts.guests), (1, 1));
}

#[test]
fn a_threshold_is_lowered_by_a_correction() {
    let mut class = Class::held();
    class.expects(U1);
    class.stays(U1, 0, 40, Role::Participant, Identity::Federated);
    let lower = correction(&[], Change::Threshold(Threshold::Fixed(40)), Reason::Autre, 0);
    class.corrects(TRAINER, minute(95), &lower).unwrap();
    let sheet = class.sheet();
    assert_eq!((sheet.threshold_min, sheet.seance.threshold_min), (40, Some(40)));
    assert_eq!((row(&sheet, U1).status, row(&sheet, U1).origin), (Status::Present, Origin::Auto));
    assert_eq!((sheet.history.len(), sheet.history[0].old), (1, Change::Threshold(Threshold::Auto)));
}

#[test]
fn two_people_at_the_same_row_do_not_undo_each_other() {
    let mut class = Class::held();
    class.expects(U1).expects(2);
    let set = |who, seen| correction(&[who], Change::Status(Some(Status::Present)), Reason::Telephone, seen);
    class.corrects(TRAINER, minute(95), &set(U1, 0)).unwrap();
    assert_eq!(class.corrects(MANAGER, minute(95), &set(U1, 0)), Err(Denied::Conflict));
    // Another row: no conflict, though the sheet is not the newest.
    class.corrects(MANAGER, minute(95), &set(2, 0)).unwrap();
    let both = correction(&[U1, 2], Change::Excuse(true), Reason::Excuse, 1);
    assert_eq!(
        class.corrects(TRAINER, minute(96), &both),
        Err(Denied::Conflict),
        "one of two: none is written"
    );
    assert_eq!(class.known.adjustments.len(), 2);
    class.corrects(TRAINER, minute(96), &Correction { seen: 2, ..both }).unwrap();
}

#[test]
fn nonsense_is_refused_with_the_name_of_the_field() {
    let mut class = Class::held();
    class.expects(U1);
    let mut tried = |people: &[u128], change, text: &str| {
        let asked = correction(people, change, Reason::Autre, 0);
        class.corrects(TRAINER, minute(95), &Correction { text: text.to_owned(), ..asked }).unwrap_err()
    };
    let status = |status| Change::Status(Some(status));
    assert_eq!(tried(&[U1], status(Status::Excuse), ""), Denied::Invalid("new"));
    assert_eq!(tried(&[U1], status(Status::NonSuivi), ""), Denied::Invalid("new"));
    assert_eq!(tried(&[U1], Change::DeclaredMinutes(Some(9_999)), ""), Denied::Invalid("new"));
    assert_eq!(tried(&[], status(Status::Present), ""), Denied::Invalid("people"));
    assert_eq!(tried(&[U1, U1], status(Status::Present), ""), Denied::Invalid("people"));
    assert_eq!(tried(&[U1], Change::Threshold(Threshold::Auto), ""), Denied::Invalid("people"));
    assert_eq!(tried(&[U1], status(Status::Present), &"é".repeat(501)), Denied::Invalid("text"));
    assert_eq!(tried(&[88], status(Status::Present), ""), Denied::UnknownPerson);
    let forms = [
        r#"{"people":[],"kind":"threshold","new":{"mode":"fixed","minutes":40},"reason":"AUTRE","seen":3}"#,
        r#"{"people":[],"kind":"status","new":null,"reason":"PANNE_RESEAU","text":"x","seen":0}"#,
    ];
    for form in forms {
        let read: Correction = serde_json::from_str(form).unwrap();
        let again: Correction = serde_json::from_value(serde_json::to_value(&read).unwrap()).unwrap();
        assert_eq!(read, again);
    }
}

#[test]
fn corrections_are_chained_and_their_texts_can_be_erased() {
    let mut class = Class::held();
    class.expects(U1);
    for seen in 0..4 {
        let asked = correction(&[U1], Change::Excuse(seen % 2 == 0), Reason::Excuse, seen);
        class.corrects(TRAINER, minute(95), &asked).unwrap();
    }
    let good = class.known.adjustments.clone();
    assert_eq!(verify(seance().id, &good).unwrap().number, 4);
    let broken = |change: &dyn Fn(&mut Vec<Adjustment>)| {
        let mut changed = good.clone();
        change(&mut changed);
        verify(seance().id, &changed).unwrap_err().number
    };
    assert_eq!(broken(&|all| all[1].new = Change::Excuse(true)), 2);
    assert_eq!(broken(&|all| all[2].text = "autre".to_owned()), 3);
    assert_eq!(broken(&|all| all[0].author = person(U1)), 1);
    assert_eq!(broken(&|all| all[3].at = minute(1)), 4);
    assert_eq!(broken(&|all| drop(all.remove(1))), 2);
    assert_eq!(broken(&|all| all.swap(0, 1)), 1);
    let mut erased = good.clone();
    erased.iter_mut().for_each(Adjustment::erase_text);
    assert_eq!(verify(seance().id, &erased), verify(seance().id, &good));
    assert!(erased.iter().all(|one| one.text.is_empty() && one.link.salt.is_empty()));
}

// ---- overlap and signatures ----

#[test]
fn g01_g02_time_spent_in_two_seances_is_flagged() {
    let flagged = |pieces: Interval, signed: bool| {
        let mut class = Class::held();
        class.expects(U1);
        class.stays(U1, 0, 90, Role::Participant, Identity::Federated);
        let seance = SeanceId(Uuid::from_u128(91));
        class.known.elsewhere = vec![Elsewhere { person: person(U1), seance, pieces: vec![pieces], signed }];
        row(&class.sheet(), U1).flags.contains(&Flag::Chevauchement.code().to_owned())
    };
    // G01: 14:02–14:30, 28 minutes. Then exactly the tolerance, and G02: the next séance's window begins at 14:30.
    assert!(flagged(Interval::new(minute(62), minute(150)), false));
    assert!(!flagged(Interval::new(minute(85), minute(150)), false));
    assert!(!flagged(Interval::new(minute(90), minute(180)), false));
    // K07: no overlap with a signed half-day is tolerated.
    assert!(flagged(Interval::new(minute(85), minute(150)), true));
    assert!(!flagged(Interval::new(minute(90), minute(150)), true));
}

fn half_day(number: u128, starts_at: Timestamp) -> HalfDay {
    HalfDay { id: HalfDayId(Uuid::from_u128(number)), starts_at, duration_min: 180 }
}

#[test]
fn k01_k05_signed_half_days_credit_their_own_duration() {
    let mut class = Class::held();
    class.log = Log::default();
    class.expects(U1).expects(2).expects(3);
    class.known.half_days = vec![half_day(1, minute(-240)), half_day(2, minute(0))];
    let sign = |who, day: usize, method| Signature {
        half_day: HalfDayId(Uuid::from_u128(day as u128)),
        person: person(who),
        method,
        at: minute(-236),
        author: person(who),
        attachment_sha256: String::new(),
    };
    class.known.signatures =
        vec![sign(U1, 1, Method::Qr), sign(2, 1, Method::Tick), sign(U1, 2, Method::Code)];
    let sheet = class.sheet();
    let told = |who| {
        let row = row(&sheet, who);
        (row.decided, row.origin, row.signed_min)
    };
    assert_eq!(told(U1), (Status::Present, Origin::Auto, 360));
    assert_eq!(told(2), (Status::Present, Origin::Manuel, 180));
    assert_eq!(told(3), (Status::Absent, Origin::Auto, 0), "somebody signed: it took place");
    // K07, seen from the face-to-face side: in a remote séance for an hour of the morning.
    let pieces = vec![Interval::new(minute(-180), minute(-120))];
    class.known.elsewhere =
        vec![Elsewhere { person: person(U1), seance: SeanceId(Uuid::from_u128(91)), pieces, signed: false }];
    assert_eq!(row(&class.sheet(), U1).flags, ["CHEVAUCHEMENT"]);
}

#[test]
fn an_ended_class_reads_the_same_from_its_log() {
    let mut class = Class::held();
    class.says(100, &Fact::Ended { why: EndCause::Forgotten, by: None });
    assert!(class.sheet().closed);
}
