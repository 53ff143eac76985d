//! What goes by age, and what stays of it.

use super::*;

#[tokio::test]
async fn messages_and_guests_go_and_the_proof_stays() {
    let class = Class::held("2026-10-12T13:00:00Z").await;
    let (sheet, earlier) = (class.sheet().await, class.bundle().await);
    assert_eq!(class.purged("2026-11-11T13:59:00Z", false).await, []);
    let due = vec![(Kind::Chat, 1, 0), (Kind::Guests, 1, 0)];
    let now = "2026-11-11T14:01:00Z";
    assert_eq!(class.purged(now, true).await, due);
    assert_eq!(class.bundle().await.len(), earlier.len(), "nothing was done by saying what would be");
    assert_eq!(class.purged(now, false).await, due);
    assert_eq!(class.purged(now, false).await, [], "once");

    let records = class.store.records(class.plan.id).await.unwrap();
    assert_eq!(verify(class.plan.id, &records).unwrap().seq, 7);
    let all = class.everything().await;
    assert!(!all.contains("bonjour de la part") && !all.contains("Zoé Invitée"), "{all}");
    let after = class.sheet().await;
    for one in &sheet.rows {
        let other = after.rows.iter().find(|other| other.person == one.person).unwrap();
        assert_eq!((one.presence_ms, one.decided), (other.presence_ms, other.decided));
        let name = if one.name == "Zoé Invitée" { "" } else { one.name.as_str() };
        assert_eq!(other.name, name);
    }
    assert_eq!(after.counts, sheet.counts);
    for bundle in [earlier, class.bundle().await] {
        let verdict = crate::proof::verify(&bundle);
        assert!(matches!(verdict, Verdict::Intact { records: 7, .. }), "{verdict}");
    }
    let kept = class.store.purges().await.unwrap();
    assert_eq!(kept.len(), 3, "dry runs leave no report");
    assert_eq!(kept[1].lines.len(), 2);
}

#[tokio::test]
async fn what_is_live_or_may_be_corrected_stays() {
    let class = Class::held("2026-10-12T13:00:00Z").await;
    let terms = Terms { chat_days: 0, guests_days: 0, ..Terms::default() };
    let purged = async |now: &str| {
        let run = Purge { terms, ..class.purge(now) }.run(|_, _, _, _| ()).await.unwrap();
        run.lines.iter().map(|line| (line.kind, line.count, line.held)).collect::<Vec<_>>()
    };
    assert_eq!(purged("2026-10-12T13:30:00Z").await, [], "the class goes on");
    assert_eq!(purged("2026-10-12T14:30:00Z").await, [(Kind::Chat, 1, 0), (Kind::Guests, 0, 1)]);
    assert_eq!(purged("2026-10-27T13:59:00Z").await, [(Kind::Guests, 0, 1)], "it may still be corrected");
    let request = class.asks().await;
    assert_eq!(purged("2026-10-28T14:00:00Z").await, [(Kind::Guests, 0, 1)], "a request waits");
    let answer = (signaling::correction::Answer::Refused, "Non.");
    class.store.answer_correction(request, answer, class.paul, at("2026-10-28T15:00:00Z")).await.unwrap();
    let scope = ("seance", class.plan.id.to_string());
    class.store.put_hold((scope.0, &scope.1), Some("recours"), at("2026-10-28T15:00:00Z")).await.unwrap();
    assert_eq!(purged("2026-10-28T16:00:00Z").await, [(Kind::Guests, 0, 1)], "held");
    class.store.put_hold((scope.0, &scope.1), None, at("2026-10-28T17:00:00Z")).await.unwrap();
    let person = class.marie.to_string();
    class.store.put_hold(("person", &person), Some("recours"), at("2026-10-28T17:00:00Z")).await.unwrap();
    assert_eq!(purged("2026-10-28T17:30:00Z").await, [(Kind::Guests, 0, 1)], "held for one of its people");
    class.store.put_hold(("person", &person), None, at("2026-10-28T17:00:00Z")).await.unwrap();
    assert_eq!(purged("2026-10-28T18:00:00Z").await, [(Kind::Guests, 1, 0)]);
}

#[tokio::test]
async fn records_go_with_the_school_year_and_presence_stays() {
    let class = Class::held("2024-11-18T13:00:00Z").await;
    class.purged("2026-08-31T21:59:00Z", false).await;
    assert_eq!(class.store.records(class.plan.id).await.unwrap().len(), 7);
    let before = class.sheet().await;
    let connections = class.store.connections(class.plan.id).await.unwrap();
    class.asks().await;
    assert_eq!(class.purged("2026-08-31T22:01:00Z", false).await, [(Kind::Events, 0, 1)], "contested");
    sqlx::query("DELETE FROM correction_request").execute(&class.store.pool).await.unwrap();
    assert_eq!(class.purged("2026-08-31T22:01:00Z", false).await, [(Kind::Events, 1, 0)]);
    assert!(class.store.journals().await.unwrap().is_empty());
    assert!(class.store.condensed_at(class.plan.id).await.unwrap().is_some());
    assert_eq!(class.sheet().await, before);
    assert_eq!(class.store.connections(class.plan.id).await.unwrap(), connections);
    assert_eq!(class.purged("2026-09-02T00:00:00Z", false).await, []);
}

#[tokio::test]
async fn of_results_figures_stay_and_nobody() {
    let class = Class::held("2024-11-18T13:00:00Z").await;
    let counts = class.sheet().await.counts;
    assert_eq!((counts.enrolled, counts.present), (1, 1));
    class.purged("2029-08-31T21:59:00Z", false).await;
    assert!(class.everything().await.contains("DURAND"));
    let purged = class.purged("2029-08-31T22:01:00Z", false).await;
    assert!(purged.contains(&(Kind::Results, 1, 0)), "{purged:?}");
    let all = class.everything().await;
    assert!(SECRETS.iter().all(|secret| !all.contains(secret)), "{all}");
    assert!(!all.contains("MARTIN") && !all.contains("Zoé"), "{all}");
    let sql = "SELECT enrolled, present, absent FROM seance_figures";
    let row = sqlx::query(sql).fetch_one(&class.store.pool).await.unwrap();
    let figure = |column: &str| row.try_get::<i64, _>(column).unwrap();
    assert_eq!((figure("enrolled"), figure("present"), figure("absent")), (1, 1, 0));
    assert_eq!(class.purged("2029-09-02T00:00:00Z", false).await, []);
}

#[tokio::test]
async fn logs_logins_lists_and_files_go_by_age() {
    let class = Class::held("2026-10-12T13:00:00Z").await;
    let (store, then) = (&class.store, at("2022-11-18T13:00:00Z"));
    store.put_login("digest", class.marie, then, then + SignedDuration::from_hours(24)).await.unwrap();
    let view =
        View { viewer: class.paul.to_string(), what: Viewed::Presence, scope: "", scope_id: String::new() };
    store.note_view(&view, &[class.marie], then).await.unwrap();
    store.audit(class.paul, "role granted", "x", "", then).await.unwrap();
    for (session, ends) in [(1_i64, then), (2, at("2026-06-01T00:00:00Z"))] {
        let insert = "INSERT INTO ext_session (base, dispositif, module, session, academy, dispositif_name, \
             module_name, group_number, starts_ms, ends_ms, place_type, place) \
             VALUES ('ACAVER', '22A', 7, $1, 'ac-versailles', '', '', '', 0, $2, '', '')";
        sqlx::query(insert).bind(session).bind(ends.as_millisecond()).execute(&store.pool).await.unwrap();
        let insert = "INSERT INTO ext_trainee (base, session, email, academy, last_name, first_name) \
             VALUES ('ACAVER', $1, 'x@ac-versailles.fr', 'ac-versailles', 'X', 'Y')";
        sqlx::query(insert).bind(session).execute(&store.pool).await.unwrap();
    }
    let exports = class.data.path().join("exports");
    std::fs::create_dir(&exports).unwrap();
    std::fs::write(exports.join("nobody-knows-it"), "MARTIN").unwrap();
    let expected = vec![(Kind::Gaia, 1, 0), (Kind::Logins, 1, 0), (Kind::Logs, 2, 0)];
    let now = "2026-11-01T00:00:00Z";
    assert_eq!(class.purged(now, true).await, expected);
    assert_eq!(class.purged(now, false).await, expected);
    let left = sqlx::query("SELECT session FROM ext_trainee").fetch_all(&store.pool).await.unwrap();
    assert_eq!(left.len(), 1, "the other list is of last school year");
    // The file is of today: by then it is old.
    let later = clock::wall() + SignedDuration::from_hours(48);
    let run = Purge { now: later, ..class.purge(now) }.run(|_, _, _, _| ()).await.unwrap();
    let files: Vec<_> = run.lines.iter().filter(|line| line.kind == Kind::Files).collect();
    assert_eq!((files.len(), files[0].count, files[0].bytes), (1, 1, 6));
    assert!(std::fs::read_dir(exports).unwrap().next().is_none());
}
