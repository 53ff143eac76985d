//! Bad input is answered by a clear refusal and disturbs nobody.

use anyhow::Result;
use harness::{
    person::{Greeting, Line, Person},
    server::Preau,
};
use server::{
    config::{Config, Store},
    secret::ticket_key,
};
use signaling::{
    id::{ParticipantId, SeanceId},
    protocol::{MAX_MESSAGE, Refusal, Request, Role, VERSION, media::PublishedSource, stage::Source},
    ticket::{Bearer, Ticket},
};

/// The first answer to a greeting that is not welcome.
async fn greeting_refused(server: &Preau, greeting: Request) -> Result<Refusal> {
    let mut line = Line::open(server.address()).await?;
    line.ask(&greeting).await?;
    let refusal = line.refusal().await?;
    line.closed().await?;
    Ok(refusal)
}

#[tokio::test]
async fn tickets_that_are_not_ours_are_refused() -> Result<()> {
    let server = Preau::start().await?;
    let other = Preau::start().await?;
    let ours = Greeting::with(&server.links.participant, "Eve").ticket;
    let (claims, seal) = ours.split_once('.').unwrap();

    let mut tampered = claims.to_owned();
    tampered.replace_range(10..11, if &claims[10..11] == "A" { "B" } else { "A" });
    let (foreign_claims, _) = other.links.trainer.split_once('#').unwrap().1.split_once('.').unwrap();
    let forged = [
        String::new(),
        "nonsense".to_owned(),
        format!("{tampered}.{seal}"),
        format!("{claims}."),
        format!("{foreign_claims}.{seal}"),
        Greeting::with(&other.links.trainer, "").ticket,
        "é".repeat(2_000),
    ];
    for ticket in forged {
        let greeting = Greeting { ticket: ticket.clone(), name: Some("Eve".to_owned()), resume: None };
        assert_eq!(greeting_refused(&server, greeting.request()).await?, Refusal::TicketInvalid, "{ticket}");
        let (status, body) =
            server.get("/api/entry", Some(&format!("#{}", ticket.replace('é', "x")))).await?;
        assert!((400..500).contains(&status), "{status}");
        assert!(body.contains("ticket_invalid"), "{body}");
    }
    Ok(())
}

#[tokio::test]
async fn expired_and_foreign_tickets_are_refused() -> Result<()> {
    let server = Preau::start().await?;
    let store = Store { data: server.data().to_owned(), ..Store::default() };
    let key = ticket_key(&Config { store, ..Config::default() })?;
    let now = jiff::Timestamp::from_second(1_700_000_000)?;
    let sign = |seance: SeanceId, until| {
        key.sign(&Ticket { seance, role: Role::Participant, bearer: Bearer::Anyone, until, login: None })
    };
    let (_, path) = server.links.participant.split_once("/seance/").unwrap();
    let here: SeanceId = path.split('#').next().unwrap().parse()?;
    let elsewhere: SeanceId = "00000000-0000-7000-8000-000000000000".parse()?;
    let later = now + jiff::SignedDuration::from_hours(24 * 365 * 50);
    let greeting = |ticket| Greeting { ticket, name: Some("Eve".to_owned()), resume: None };
    for (ticket, expected) in
        [(sign(here, now), Refusal::TicketExpired), (sign(elsewhere, later), Refusal::TicketInvalid)]
    {
        assert_eq!(greeting_refused(&server, greeting(ticket).request()).await?, expected);
    }
    Person::greets(server.address(), greeting(sign(here, later))).await?;
    Ok(())
}

#[tokio::test]
async fn another_version_is_asked_to_reload() -> Result<()> {
    let server = Preau::start().await?;
    let Request::Hello { ticket, name, resume, recording_acknowledged, .. } =
        Greeting::with(&server.links.participant, "Ben").request()
    else {
        unreachable!("a greeting is a hello");
    };
    let greeting = Request::Hello { version: VERSION + 1, ticket, name, resume, recording_acknowledged };
    assert_eq!(greeting_refused(&server, greeting).await?, Refusal::UnsupportedVersion);
    Ok(())
}

#[tokio::test]
async fn a_name_is_needed_and_bounded() -> Result<()> {
    let server = Preau::start().await?;
    for name in [None, Some(String::new()), Some("   ".to_owned()), Some("n".repeat(61))] {
        let greeting = Greeting { name, ..Greeting::with(&server.links.participant, "") };
        assert_eq!(greeting_refused(&server, greeting.request()).await?, Refusal::NameNeeded);
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_heard_before_hello() -> Result<()> {
    let server = Preau::start().await?;
    let mut line = Line::open(server.address()).await?;
    line.ask(&Request::EndSeance {}).await?;
    assert_eq!(line.refusal().await?, Refusal::NotJoined);
    Ok(())
}

#[tokio::test]
async fn malformed_messages_are_refused_and_the_rest_goes_on() -> Result<()> {
    let server = Preau::start().await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let mut chloe = Person::enters(&server, &server.links.participant, "Chloé").await?;
    let malformed = [
        "",
        "{",
        "null",
        "[1]",
        r#"{"type":"fly"}"#,
        r#"{"type":"heartbeat","extra":1}"#,
        r#"{"type":"chat_post","clientId":"a"}"#,
        r#"{"type":"chat_post","clientId":"a","text":"b","text2":"c"}"#,
        r#"{"type":"mute","track":"not-an-id","muted":true}"#,
        r#"{"type":"extend","minutes":-5}"#,
        &format!(r#"{{"type":"leave"{}"#, "[".repeat(20_000)),
    ];
    for text in malformed {
        ben.line().send(text).await?;
        let refusal = ben.hears_refusal().await?;
        assert!(matches!(refusal, Refusal::Malformed { .. }), "{text:.60}: {refusal:?}");
    }
    ben.line().send_bytes(vec![0, 159, 146, 150]).await?;
    assert!(matches!(ben.hears_refusal().await?, Refusal::Malformed { .. }));

    // The same connection still works, and nobody else noticed.
    ben.says("toujours là").await?;
    chloe.reads("toujours là").await?;
    Ok(())
}

#[tokio::test]
async fn an_oversized_message_is_refused() -> Result<()> {
    let server = Preau::start().await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let mut chloe = Person::enters(&server, &server.links.participant, "Chloé").await?;
    let text = format!(r#"{{"type":"chat_post","clientId":"a","text":"{}"}}"#, "x".repeat(MAX_MESSAGE));
    ben.line().send(&text).await?;
    assert_eq!(ben.hears_refusal().await?, Refusal::TooLarge);
    chloe.says("rien entendu").await?;
    Ok(())
}

#[tokio::test]
async fn a_second_hello_is_out_of_turn() -> Result<()> {
    let server = Preau::start().await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let again = Greeting::with(&server.links.participant, "Ben").request();
    assert_eq!(ben.is_refused(again).await?, Refusal::AlreadyJoined);
    Ok(())
}

#[tokio::test]
async fn only_trainers_lead() -> Result<()> {
    let server = Preau::start().await?;
    let trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let mut organiser = Person::enters(&server, &server.links.organiser, "Rectorat").await?;
    let (ada, me) = (trainer.id(), ben.id());
    let leading = [
        Request::MuteParticipant { participant: ada, source: Source::Microphone },
        Request::MuteAll {},
        Request::LowerHand { participant: ada },
        Request::SetRole { participant: me, role: Role::Trainer },
        Request::Remove { participant: ada },
        Request::Record { on: false },
        Request::Extend { minutes: 15 },
        Request::EndSeance {},
    ];
    for request in leading {
        assert_eq!(ben.is_refused(request.clone()).await?, Refusal::TrainersOnly, "{request:?}");
        assert_eq!(organiser.is_refused(request.clone()).await?, Refusal::TrainersOnly, "{request:?}");
    }
    let chat = Request::ChatPost { client_id: "1".to_owned(), text: "bonjour".to_owned() };
    assert_eq!(organiser.is_refused(chat).await?, Refusal::NotAllowed);
    let screen = vec![PublishedSource { mid: "0".to_owned(), source: Source::Screen, muted: false }];
    let publish = Request::Publish { negotiation: 1, sdp: "v=0".to_owned(), tracks: screen };
    assert_eq!(ben.is_refused(publish).await?, Refusal::NotAllowed);
    Ok(())
}

#[tokio::test]
async fn unknown_people_tracks_and_ranges_are_refused() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let nobody: ParticipantId = "00000000-0000-7000-8000-000000000000".parse()?;
    let refused = trainer.is_refused(Request::Remove { participant: nobody }).await?;
    assert_eq!(refused, Refusal::UnknownParticipant);
    let track = "00000000-0000-7000-8000-000000000000".parse()?;
    assert_eq!(trainer.is_refused(Request::Mute { track, muted: true }).await?, Refusal::UnknownTrack);
    for minutes in [0, 181] {
        assert_eq!(trainer.is_refused(Request::Extend { minutes }).await?, Refusal::ExtensionRange);
    }
    Ok(())
}

#[tokio::test]
async fn sdp_that_is_not_sdp_is_refused() -> Result<()> {
    let server = Preau::start().await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    for sdp in ["", "bonjour", "v=0\r\n", &"a=\r\n".repeat(10_000)] {
        let tracks = vec![PublishedSource { mid: "0".to_owned(), source: Source::Microphone, muted: false }];
        let refusal =
            ben.is_refused(Request::Publish { negotiation: 1, sdp: sdp.to_owned(), tracks }).await?;
        assert!(matches!(refusal, Refusal::BadSdp { .. }), "{refusal:?}");
    }
    let stray = Request::SubscribeAnswer { negotiation: 99, sdp: "v=0\r\n".to_owned() };
    let refusal = ben.is_refused(stray).await?;
    assert!(matches!(refusal, Refusal::OutOfTurn { .. } | Refusal::BadSdp { .. }), "{refusal:?}");
    ben.says("toujours là").await?;
    Ok(())
}
