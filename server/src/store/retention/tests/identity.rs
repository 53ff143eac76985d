//! Identities that are erased.

use std::collections::BTreeSet;

use signaling::id::SessionFormationId;

use super::*;
use crate::store::Logged;

/// Somebody with all that an identity can have.
async fn known_everywhere(class: &Class, now: Timestamp) {
    let store = &class.store;
    store.put_password(class.marie, "$argon2id$x", now).await.unwrap();
    store.put_login("digest", class.marie, now, now).await.unwrap();
    let request = class.asks().await;
    let answer = (signaling::correction::Answer::Refused, "Non, Marie.");
    store.answer_correction(request, answer, class.paul, now).await.unwrap();
    let insert = "INSERT INTO ext_trainee (base, session, email, academy, last_name, first_name) \
         VALUES ('ACAVER', 1, 'marie.durand@ac-versailles.fr', 'ac-versailles', 'DURAND', 'Marie')";
    sqlx::query(insert).execute(&store.pool).await.unwrap();
    let insert = "INSERT INTO adjustment (id, seance_id, person_id, kind, old, new, reason, text, author, at_ms, \
         number, salt, digest) VALUES ('a', 'elsewhere', $1, 'excuse', '', '', 'AUTRE', 'Marie est malade', '', 0, 1, 's', 'd')";
    sqlx::query(insert).bind(class.marie.to_string()).execute(&store.pool).await.unwrap();
    let view =
        View { viewer: class.paul.to_string(), what: Viewed::People, scope: "", scope_id: String::new() };
    store.note_view(&view, &[class.marie], now).await.unwrap();
}

#[tokio::test]
async fn an_erased_identity_is_in_no_table_and_in_no_figure_missed() {
    let class = Class::held("2026-10-12T13:00:00Z").await;
    let now = at("2026-10-13T00:00:00Z");
    known_everywhere(&class, now).await;
    let (sheet, earlier) = (class.sheet().await, class.bundle().await);
    let person = class.store.person(class.marie).await.unwrap().unwrap();
    let purge = class.purge("2026-10-13T00:00:00Z");
    assert_eq!(purge.asked(&person, "console", "demande de Marie DURAND").await.unwrap(), Erasure::Done);
    let all = class.everything().await;
    for secret in SECRETS {
        let found: Vec<&str> = all.lines().filter(|line| line.contains(secret)).collect();
        assert!(found.is_empty(), "{secret}: {found:?}");
    }
    assert!(all.contains("MARTIN") && all.contains("Zoé Invitée"), "nobody else");
    let after = class.sheet().await;
    assert_eq!(after.counts, sheet.counts);
    let remarks = |sheet: &PresenceSheet| -> Vec<Remark> {
        sheet.rows.iter().flat_map(|row| row.history.clone()).collect()
    };
    assert_eq!(remarks(&after).len(), remarks(&sheet).len());
    for bundle in [earlier, class.bundle().await] {
        let verdict = crate::proof::verify(&bundle);
        assert!(matches!(verdict, Verdict::Intact { .. }), "{verdict}");
    }
    assert!(class.store.person(class.marie).await.unwrap().unwrap().erased);
    assert!(class.store.login("digest", now, now).await.unwrap().is_none());
}

#[tokio::test]
async fn no_file_that_names_an_erased_person_stays_whatever_it_is_about() {
    let class = Class::held("2026-10-12T13:00:00Z").await;
    let now = at("2026-10-13T00:00:00Z");
    let (session, other) = (SessionFormationId(clock::mint()), SessionFormationId(clock::mint()));
    let plan = Seance { session_formation: Some(session), ..class.plan.clone() };
    class.store.put_seance(&plan).await.unwrap();
    let session = session.to_string();
    let marie = class.marie.to_string();
    for (number, scope, id, who, kept) in [
        (1, "seance", plan.id.to_string(), Some(&marie), false),
        // She is in it by the séance alone: nobody enrolled her in the session.
        (2, "session_formation", session, None, false),
        (3, "session_formation", other.to_string(), None, true),
        (4, "supervision", "Trappes 2026-2027 attestee".to_owned(), Some(&marie), false),
        (5, "supervision", "Poissy 2026-2027 attestee".to_owned(), None, true),
    ] {
        let logged = Logged {
            number,
            author: String::new(),
            at: now,
            scope: scope.to_owned(),
            scope_id: id,
            format: "csv".to_owned(),
            version: 1,
            file_name: if kept { "reste.csv" } else { "part.csv" }.to_owned(),
            sha256: number.to_string(),
            row_count: 1,
            kept: true,
        };
        let rows = who.map(|who| (who.clone(), "digest".to_owned())).into_iter().collect();
        assert!(class.store.log_export(&logged, &rows).await.unwrap());
    }
    let person = class.store.person(class.marie).await.unwrap().unwrap();
    let gone = class.store.erase_person(&person, now).await.unwrap();
    assert_eq!(gone, BTreeSet::from(["1", "2", "4"].map(str::to_owned)));
    for number in 1..=5 {
        let logged = class.store.export(number).await.unwrap().unwrap();
        assert_eq!(logged.kept, logged.file_name == "reste.csv", "{}", logged.scope);
    }
}

#[tokio::test]
async fn an_identity_waits_for_its_attestation_and_for_answers() {
    let class = Class::held("2026-10-12T13:00:00Z").await;
    let now = "2026-11-01T00:00:00Z";
    let person = class.store.person(class.marie).await.unwrap().unwrap();
    class.asks().await;
    let asked = async |now: &str| class.purge(now).asked(&person, "console", "demande").await.unwrap();
    assert_eq!(asked(now).await, Erasure::Held);
    sqlx::query("UPDATE correction_request SET answered_ms = 1, answer = 'refused'")
        .execute(&class.store.pool)
        .await
        .unwrap();
    let insert = "INSERT INTO attestation (id, number, session_formation_id, person_id, distance_attested, \
         presence_attested, origin, reason, author, at_ms, revoked_by, verify_code, act_id, leaf_index, leaf, salt, \
         line) VALUES ($1, '1', $1, $2, 1, 0, 'auto', '', $2, $3, '', 'C', $1, 0, '', '', '')";
    sqlx::query(insert)
        .bind(clock::mint().to_string())
        .bind(class.marie.to_string())
        .bind(at("2026-10-13T00:00:00Z").as_millisecond())
        .execute(&class.store.pool)
        .await
        .unwrap();
    let until = "2031-09-01".parse().unwrap();
    assert_eq!(asked(now).await, Erasure::Later(until));
    let named = async || class.store.person(class.marie).await.unwrap().unwrap().last_name;
    class.purged("2031-08-31T21:00:00Z", false).await;
    assert_eq!(named().await, "DURAND");
    let purged = class.purged("2031-08-31T22:01:00Z", false).await;
    assert!(purged.contains(&(Kind::Erasures, 1, 0)), "{purged:?}");
    assert_eq!(named().await, "");
    // What was cut short is taken up again.
    let asked = Asked { person: class.paul, by: "console", reason: "", due: at(now) };
    class.store.ask_erasure(&asked, at(now)).await.unwrap();
    class.purged("2031-09-02T00:00:00Z", false).await;
    assert!(class.store.person(class.paul).await.unwrap().unwrap().erased);
    assert!(class.store.erasures_due(at("2099-01-01T00:00:00Z")).await.unwrap().is_empty());
}
