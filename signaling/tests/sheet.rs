//! Journals as a room writes them → the presence sheet.

mod class;

use class::{
    journal::{Journal, LUC, MARIE, PAUL, participant, seance, second, view},
    minute, row,
};
use jiff::{SignedDuration, Timestamp};
use proptest::{collection::vec, prelude::*};
use signaling::{
    attendance::{PresenceRow, SegmentKind, Status, sheet},
    journal::{Fact, Identity, Record},
    protocol::{
        Role,
        seance::{EndCause, SeanceState},
    },
};

fn pieces(row: &PresenceRow) -> Vec<(i64, i64, SegmentKind)> {
    let since = |at: Timestamp| at.duration_since(minute(0)).as_secs();
    row.segments.iter().map(|piece| (since(piece.from), since(piece.to), piece.kind)).collect()
}

#[test]
fn an_ordinary_class() {
    let mut journal = Journal::opened();
    journal.joins(minute(-20), PAUL, 90);
    journal.joins(second(-470), MARIE, 10);
    journal.joins(minute(40), LUC, 20);
    // Marie's Wi-Fi is cut for 90 s.
    journal.loses(minute(21), MARIE, 10, minute(20));
    journal.joins(second(1290), MARIE, 11);
    journal.leaves(minute(84), LUC, 20);
    journal.beats(second(5_395), &[90, 11]);
    journal.ends(minute(90), EndCause::Trainer);

    let sheet = journal.sheet(SeanceState::Ended, minute(95));
    assert!(sheet.closed);
    assert_eq!((sheet.window_start, sheet.window_end), (minute(0), minute(90)));
    assert_eq!((sheet.threshold_min, sheet.flags.len()), (45, 0));
    let names: Vec<&str> = sheet.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["Luc D’ANGELO", "Marie DURAND", "Paul MARTIN"]);

    let marie = row(&sheet, MARIE);
    assert_eq!((marie.connected_ms, marie.presence_ms), (5_780_000, 5_400_000));
    assert_eq!(
        (marie.minutes, marie.status, marie.validable, marie.here),
        (90, Status::Present, true, false)
    );
    assert_eq!(marie.flags, ["FERME_PAR_FIN_SEANCE", "SORTIE_SANS_LEAVE"]);
    assert_eq!((marie.first_arrival, marie.last_departure), (Some(second(-470)), Some(minute(90))));
    assert_eq!(
        pieces(marie),
        [
            (0, 1200, SegmentKind::Connected),
            (1200, 1290, SegmentKind::Bridged),
            (1290, 5400, SegmentKind::Connected)
        ]
    );
    let luc = row(&sheet, LUC);
    assert_eq!((luc.minutes, luc.status, luc.flags.len()), (44, Status::Absent, 0));
    assert_eq!(row(&sheet, PAUL).role, Role::Trainer);
}

#[test]
fn a_killed_server_credits_those_who_come_back() {
    let mut journal = Journal::opened();
    journal.joins(minute(0), PAUL, 90);
    journal.joins(minute(0), MARIE, 10);
    journal.joins(minute(0), LUC, 20);
    journal.joins(minute(2), 3, 30);
    journal.leaves(minute(15), 3, 30);
    journal.beats(minute(20), &[90, 10, 20]);
    // Killed some seconds later; up again after four minutes.
    journal.restarts(minute(24));
    journal.joins(second(1_442), PAUL, 91);
    // More than five minutes after the kill, less than five after the return.
    journal.joins(second(1_700), MARIE, 11);
    // Luc comes back too late, the third one had left before.
    journal.joins(minute(40), LUC, 21);
    journal.joins(minute(25), 3, 31);
    journal.beats(second(5_395), &[91, 11, 21, 31]);
    journal.ends(minute(90), EndCause::Trainer);

    let sheet = journal.sheet(SeanceState::Ended, minute(91));
    let marie = row(&sheet, MARIE);
    assert_eq!(
        pieces(marie),
        [
            (0, 1196, SegmentKind::Connected),
            (1196, 1700, SegmentKind::Outage),
            (1700, 5400, SegmentKind::Connected)
        ]
    );
    assert_eq!(marie.presence_ms, 5_400_000);
    assert_eq!(marie.connected_ms, 5_400_000 - 504_000);
    assert_eq!(marie.flags, ["COUPURE_SERVEUR_CREDITEE", "FERME_PAR_FIN_SEANCE"]);
    let luc = row(&sheet, LUC);
    assert_eq!(pieces(luc), [(0, 1196, SegmentKind::Connected), (2400, 5400, SegmentKind::Connected)]);
    assert_eq!(luc.flags, ["FERME_PAR_FIN_SEANCE"]);
    assert_eq!(row(&sheet, 3).presence_ms, (13 + 65) * 60_000);
}

#[test]
fn a_clock_set_back_between_two_runs_neither_loses_nor_repeats_time() {
    let mut journal = Journal::opened();
    journal.joins(minute(0), PAUL, 90);
    journal.joins(minute(0), MARIE, 10);
    journal.beats(minute(30), &[90, 10]);
    // The machine comes back with a clock that is an hour behind.
    journal.restarts(minute(-30));
    journal.joins(second(-1_790), MARIE, 11);
    journal.leaves(minute(0), MARIE, 11);

    let sheet = journal.sheet(SeanceState::Live, minute(61));
    let marie = row(&sheet, MARIE);
    assert_eq!(marie.minutes, 59);
    assert_eq!(marie.flags, ["COUPURE_SERVEUR_CREDITEE"]);
    assert_eq!(marie.segments.iter().filter(|piece| piece.kind == SegmentKind::Outage).count(), 1);
}

#[test]
fn two_devices_count_once() {
    let mut journal = Journal::opened();
    journal.joins(minute(0), PAUL, 90);
    journal.joins(minute(0), MARIE, 10);
    journal.joins(minute(1), MARIE, 11);
    journal.leaves(minute(30), MARIE, 10);
    journal.leaves(minute(50), MARIE, 11);
    journal.beats(minute(90), &[90]);
    journal.ends(minute(90), EndCause::Trainer);

    let sheet = journal.sheet(SeanceState::Ended, minute(91));
    let marie = row(&sheet, MARIE);
    assert_eq!((marie.minutes, marie.connected_ms), (50, 3_000_000));
    assert_eq!(marie.flags, ["MULTI_CONNEXION"]);
}

#[test]
fn an_extension_lengthens_the_window_and_an_early_end_shortens_it() {
    let class = |extended: bool, ended_min: i64| {
        let mut journal = Journal::opened();
        journal.joins(minute(0), PAUL, 90);
        journal.joins(minute(5), MARIE, 10);
        if extended {
            journal.says(minute(35), Fact::Extended { ends_at: minute(105), by: participant(PAUL) });
        }
        journal.beats(minute(ended_min), &[90, 10]);
        journal.ends(minute(ended_min), EndCause::Trainer);
        let sheet = journal.sheet(SeanceState::Ended, minute(120));
        let window = sheet.window_end.duration_since(sheet.window_start).as_secs() / 60;
        (window, sheet.threshold_min, row(&sheet, MARIE).minutes, row(&sheet, MARIE).status)
    };
    assert_eq!(class(true, 105), (105, 45, 100, Status::Present));
    assert_eq!(class(true, 100), (100, 45, 95, Status::Present));
    assert_eq!(class(false, 40), (40, 20, 35, Status::Present));
    assert_eq!(class(false, 100), (90, 45, 85, Status::Present));
}

#[test]
fn a_running_class_shows_who_is_here() {
    let mut journal = Journal::opened();
    journal.joins(minute(0), PAUL, 90);
    journal.joins(minute(0), MARIE, 10);
    journal.joins(minute(0), LUC, 20);
    journal.beats(minute(20), &[90, 10, 20]);
    journal.beats(second(1_260), &[90, 10]);

    let sheet = journal.sheet(SeanceState::Live, second(1_270));
    assert!(!sheet.closed);
    assert_eq!(sheet.window_end, minute(90));
    let marie = row(&sheet, MARIE);
    assert!(marie.here && marie.last_departure.is_none() && marie.flags.is_empty());
    assert_eq!(marie.presence_ms, 1_270_000);
    // Silent for 74 s: counted until then, and not yet declared lost.
    let luc = row(&sheet, LUC);
    assert!(!luc.here && luc.flags.is_empty());
    assert_eq!((luc.presence_ms, luc.last_departure), (1_196_000, Some(second(1_196))));
}

#[test]
fn a_seance_without_trainer_is_cancelled() {
    let mut journal = Journal::opened();
    journal.joins(minute(-5), MARIE, 10);
    journal.beats(minute(100), &[10]);
    journal.leaves(minute(100), MARIE, 10);
    assert_eq!(row(&journal.sheet(SeanceState::Live, minute(110)), MARIE).status, Status::Present);
    journal.ends(minute(120), EndCause::Forgotten);
    let sheet = journal.sheet(SeanceState::Ended, minute(130));
    assert_eq!(sheet.window_end, minute(90));
    assert_eq!(row(&sheet, MARIE).status, Status::SeanceAnnulee);
}

#[test]
fn a_server_that_never_came_back_leaves_a_closed_sheet() {
    let mut journal = Journal::opened();
    journal.joins(minute(0), PAUL, 90);
    journal.joins(minute(0), MARIE, 10);
    journal.beats(minute(30), &[90, 10]);
    let sheet = journal.sheet(SeanceState::Live, minute(600));
    assert!(sheet.closed);
    let marie = row(&sheet, MARIE);
    assert_eq!((marie.presence_ms, marie.flags.len(), marie.here), (1_796_000, 0, false));
}

#[test]
fn a_forgotten_class_without_a_server_ends_by_itself() {
    let mut journal = Journal::opened();
    journal.joins(minute(0), PAUL, 90);
    journal.beats(second(119 * 60 + 30), &[90]);
    let sheet = journal.sheet(SeanceState::Live, minute(600));
    let paul = row(&sheet, PAUL);
    assert_eq!((paul.connected_ms, paul.last_departure), (120 * 60_000, Some(minute(120))));
    assert_eq!(paul.flags, ["FERME_PAR_FIN_SEANCE"]);
}

#[test]
fn a_room_that_starts_again_is_up_no_earlier_than_it_was_heard() {
    let class = |back: i64| {
        let mut journal = Journal::opened();
        journal.joins(minute(0), PAUL, 90);
        journal.joins(minute(0), MARIE, 10);
        journal.beats(second(1_504), &[90, 10]);
        journal
            .says(minute(24) + SignedDuration::from_mins(1), Fact::Opened { heard_until: Some(minute(26)) });
        journal.joins(second(back), MARIE, 11);
        journal.leaves(minute(60), MARIE, 11);
        row(&journal.sheet(SeanceState::Live, minute(70)), MARIE).presence_ms / 1000
    };
    assert_eq!(class(26 * 60 + 300), 3_600);
    assert_eq!(class(26 * 60 + 301), 3_600 - (26 * 60 + 301 - 1_500));
}

#[test]
fn rows_are_people_who_count() {
    let mut journal = Journal::opened();
    journal.joins(minute(0), PAUL, 90);
    journal.joins_as(minute(0), MARIE, 10, Role::Participant, Identity::Federated);
    journal.joins(minute(0), 3, 30);
    journal.joins_as(minute(0), 5, 50, Role::Observer, Identity::PersonalLink);
    journal.joins_as(minute(0), 6, 60, Role::Organiser, Identity::PersonalLink);
    // Given the floor, cut, back as a speaker: still in the participants' table.
    journal.loses(minute(10), MARIE, 10, minute(10));
    journal.joins_as(minute(11), MARIE, 11, Role::Speaker, Identity::Federated);
    // Removed with two devices open; the sockets close a little later.
    journal.joins(minute(12), 3, 31);
    journal.says(minute(20), Fact::Removed { participant: participant(3), by: participant(PAUL) });
    journal.leaves(minute(21), 3, 30);
    journal.beats(minute(50), &[90, 11, 50, 60]);
    journal.ends(minute(50), EndCause::Trainer);

    let sheet = journal.sheet(SeanceState::Ended, minute(60));
    let people: Vec<(&str, Role, bool)> =
        sheet.rows.iter().map(|row| (row.name.as_str(), row.role, row.validable)).collect();
    assert_eq!(
        people,
        [
            ("Émile", Role::Participant, false),
            ("Marie DURAND", Role::Participant, true),
            ("Paul MARTIN", Role::Trainer, true)
        ]
    );
    assert_eq!(
        (row(&sheet, 3).minutes, &row(&sheet, 3).flags[..]),
        (20, &["MULTI_CONNEXION".to_owned()][..])
    );
    assert_eq!(row(&sheet, MARIE).minutes, 50);
}

#[test]
fn nobody_came() {
    let sheet = sheet(&seance(), view(SeanceState::Planned), &[], minute(-600));
    assert_eq!((sheet.rows.len(), sheet.closed, sheet.threshold_min), (0, false, 45));
}

#[test]
fn an_erased_name_changes_no_figure() {
    let mut journal = Journal::opened();
    journal.joins(minute(0), PAUL, 90);
    journal.joins(minute(0), MARIE, 10);
    journal.beats(minute(90), &[90, 10]);
    journal.ends(minute(90), EndCause::Trainer);
    let named = journal.sheet(SeanceState::Ended, minute(91));
    journal.records.iter_mut().for_each(Record::erase_texts);
    let mut erased = journal.sheet(SeanceState::Ended, minute(91));
    assert!(erased.rows.iter().all(|row| row.name.is_empty()));
    for row in &mut erased.rows {
        let name = named.rows.iter().find(|other| other.person == row.person).unwrap().name.clone();
        row.name = name;
    }
    assert_eq!(erased, named);
}

// ---- any journal ----

#[derive(Debug, Clone)]
enum Step {
    Join(u128, u128),
    Leave(u128, u128),
    Lose(u128, u128, i64),
    Beat(Vec<u128>),
    Remove(u128),
    Restart(i64),
    Extend(i64),
    End,
}

fn step() -> impl Strategy<Value = Step> {
    let who = || prop::sample::select(vec![MARIE, LUC, 3, PAUL]);
    let connection = || 1u128..9;
    prop_oneof![
        6 => (who(), connection()).prop_map(|(who, connection)| Step::Join(who, connection)),
        3 => (who(), connection()).prop_map(|(who, connection)| Step::Leave(who, connection)),
        2 => (who(), connection(), 0i64..90).prop_map(|(who, connection, silent)| Step::Lose(who, connection, silent)),
        6 => vec(connection(), 0..5).prop_map(Step::Beat),
        1 => who().prop_map(Step::Remove),
        1 => (-4_000i64..4_000).prop_map(Step::Restart),
        1 => (90i64..200).prop_map(Step::Extend),
        1 => Just(Step::End),
    ]
}

fn written(steps: Vec<(i64, Step)>) -> Journal {
    let mut journal = Journal::opened();
    let mut now = minute(-30);
    for (later, step) in steps {
        now += SignedDuration::from_secs(later);
        match step {
            Step::Join(who, connection) => journal.joins(now, who, connection),
            Step::Leave(who, connection) => journal.leaves(now, who, connection),
            Step::Lose(who, connection, silent) => {
                journal.loses(now, who, connection, now - SignedDuration::from_secs(silent));
            }
            Step::Beat(connections) => journal.beats(now, &connections),
            Step::Remove(who) => {
                journal.says(now, Fact::Removed { participant: participant(who), by: participant(PAUL) });
            }
            Step::Restart(off) => {
                now += SignedDuration::from_secs(off);
                journal.restarts(now);
                now += SignedDuration::from_secs(1);
            }
            Step::Extend(to) => {
                journal.says(now, Fact::Extended { ends_at: minute(to), by: participant(PAUL) });
            }
            Step::End => journal.ends(now, EndCause::Trainer),
        }
    }
    journal
}

proptest! {
    #[test]
    fn any_journal_gives_a_sound_sheet(steps in vec((0i64..600, step()), 0..40), now in -1_000i64..20_000) {
        let journal = written(steps);
        let sheet = journal.sheet(SeanceState::Live, second(now));
        prop_assert_eq!(journal.sheet(SeanceState::Live, second(now)), sheet.clone());
        let effective = sheet.window_end.duration_since(sheet.window_start).as_millis();
        for row in &sheet.rows {
            prop_assert!(i128::from(row.presence_ms) <= effective);
            let drawn: i128 =
                row.segments.iter().map(|piece| piece.to.duration_since(piece.from).as_millis()).sum();
            // Each piece may lose less than a millisecond.
            prop_assert!((i128::from(row.presence_ms) - drawn).abs() <= row.segments.len() as i128);
            prop_assert!(row.segments.iter().all(|piece| piece.from < piece.to));
            prop_assert!(row.segments.windows(2).all(|pair| pair[0].to <= pair[1].from));
            prop_assert!(row.flags.is_sorted());
            prop_assert!(!(row.here && sheet.closed));
        }
    }
}
