//! Coming back: in time, too late, after a stop.

use std::time::Duration;

use anyhow::Result;
use futures_util::StreamExt;
use harness::{
    person::{Absent, Greeting, Line, Person},
    server::Preau,
};
use signaling::{
    id::MessageId,
    protocol::{Goodbye, MAX_CHAT_CHARS, Notice, Request, entry::Resume},
};

#[tokio::test]
async fn the_missed_notices_follow_a_return_in_time() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let me = ben.id();
    let away = ben.vanishes();
    trainer
        .hears("Ben is reconnecting", |notice| match notice {
            Notice::Person { person } if person.id == me && !person.connected => Some(()),
            _ => None,
        })
        .await?;
    for text in ["un", "deux", "trois"] {
        trainer.says(text).await?;
    }
    // `Person` itself checks that the numbers follow without a hole.
    let mut ben = away.resumes().await?;
    for text in ["un", "deux", "trois"] {
        ben.reads(text).await?;
    }
    trainer
        .hears("Ben is back", |notice| match notice {
            Notice::Person { person } if person.id == me && person.connected => Some(()),
            _ => None,
        })
        .await?;
    ben.says("me revoilà").await?;
    trainer.reads("me revoilà").await?;
    Ok(())
}

#[tokio::test]
async fn a_number_never_said_gives_the_whole_state() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    trainer.says("bonjour").await?;
    let ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let me = ben.id();
    let mut away = ben.vanishes();
    if let Some(resume) = &mut away.greeting.resume {
        resume.seen += 10_000;
    }
    let back = away.is_welcomed().await?;
    assert_eq!(back.id(), me, "the place is the same");
    assert_eq!(back.welcome.chat.messages.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_graceful_stop_tells_the_room_and_the_place_is_kept() -> Result<()> {
    let mut server = Preau::start().await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    ben.says("avant l’arrêt").await?;
    let stopped = server.stop().await?;
    assert!(stopped.success(), "{stopped}");
    ben.hears("goodbye", |notice| match notice {
        Notice::Goodbye { why: Goodbye::ServerStopping } => Some(()),
        _ => None,
    })
    .await?;
    let me = ben.id();
    let away = ben.vanishes();
    server.restart().await?;
    let back = away.is_welcomed().await?;
    assert_eq!(back.id(), me);
    assert_eq!(back.welcome.chat.messages[0].text, "avant l’arrêt");
    assert!(back.welcome.outage_ms.is_some(), "the outage is told");
    Ok(())
}

/// Somebody whose browser reads less than it is sent is cut off with a notice that lets them resume; the others go
/// on.
#[tokio::test]
async fn who_cannot_keep_up_is_sent_away_and_may_come_back() -> Result<()> {
    let server = Preau::start().await?;
    let mut witness = Person::enters(&server, &server.links.trainer, "Témoin").await?;
    let last = fills_the_chat(&server, &mut witness).await?;

    let mut slow = Line::open_narrow(server.address()).await?;
    slow.ask(&Greeting::with(&server.links.participant, "Lent").request()).await?;
    let mut heard = slow.next().await?;
    let Some(Notice::Welcome(welcome)) = heard.take().map(|envelope| envelope.notice) else {
        anyhow::bail!("not welcomed")
    };
    // Each page is more than half a megabyte, and four are asked for while one is read.
    let (mut seen, mut told) = (welcome.reached, None);
    loop {
        for _ in 0..4 {
            // Who was sent away cannot ask any more, and reads to the end.
            let _ = slow.ask(&Request::ChatEarlier { before: last }).await;
        }
        let Some(envelope) = slow.next().await? else { break };
        seen = envelope.seq.unwrap_or(seen);
        told = Some(envelope.notice);
    }
    anyhow::ensure!(matches!(told, Some(Notice::Goodbye { why: Goodbye::TooSlow })), "told {told:?}");
    witness.sees("the slow one is gone", |person| person.name == "Lent" && !person.connected).await?;
    witness.says("on continue").await?;

    let stay = welcome.you.stay.clone();
    let resume = Some(Resume { epoch: welcome.epoch, seen });
    let greeting = Greeting { ticket: stay, name: None, resume };
    let mut back = Absent { address: server.address(), greeting, welcome: *welcome }.resumes().await?;
    back.reads("on continue").await?;
    Ok(())
}

/// Has enough people post the longest messages that an earlier page of the chat is a large one; gives the message it
/// ends before.
async fn fills_the_chat(server: &Preau, witness: &mut Person) -> Result<MessageId> {
    for author in 0..13 {
        let mut author =
            Person::enters(server, &server.links.participant, &format!("Collègue {author}")).await?;
        for _ in 0..8 {
            author.says(&"…".repeat(MAX_CHAT_CHARS)).await?;
        }
    }
    Ok(witness.says("voilà").await?.id)
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() -> Result<()> {
    let server = Preau::start().await?;
    let stream = tokio::net::TcpStream::connect(server.address()).await?;
    let url = format!("ws://{}/ws", server.address());
    let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await?;
    let closed = tokio::time::timeout(Duration::from_secs(30), async {
        while let Some(Ok(message)) = socket.next().await {
            if message.is_close() {
                break;
            }
        }
    });
    assert!(closed.await.is_ok(), "a socket without hello stays open");
    Ok(())
}
