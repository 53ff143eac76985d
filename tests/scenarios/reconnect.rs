//! Coming back: in time, too late, after a stop.

use std::time::Duration;

use anyhow::Result;
use futures_util::StreamExt;
use harness::{
    person::{Greeting, Line, Person},
    server::Preau,
};
use signaling::protocol::{Goodbye, MAX_CHAT_CHARS, Notice, Request};
use tokio::task::JoinSet;

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

/// Somebody whose browser reads nothing is cut off with a notice that lets them resume; the others go on.
#[tokio::test]
async fn who_cannot_keep_up_is_sent_away_and_may_come_back() -> Result<()> {
    let server = Preau::start().await?;
    let mut slow = Line::open_narrow(server.address()).await?;
    slow.ask(&Greeting::with(&server.links.participant, "Lent").request()).await?;
    let mut watcher = Person::enters(&server, &server.links.participant, "Témoin").await?;
    let mut crowd = JoinSet::new();
    for number in 0..80 {
        let greeting = Greeting::with(&server.links.participant, &format!("Collègue {number}"));
        crowd.spawn(chatters(Line::open(server.address()).await?, greeting));
    }
    let cut = async {
        // The kernel buffers some MiB before the server notices anything.
        for _ in 0..8 {
            let gone = watcher.hears("the slow one is gone", |notice| match notice {
                Notice::Person { person } if person.name == "Lent" && !person.connected => Some(()),
                _ => None,
            });
            if gone.await.is_ok() {
                return Ok(());
            }
        }
        anyhow::bail!("the slow one stays for two minutes")
    };
    let mut goodbye = None;
    let sluggish = async {
        while let Some(envelope) = slow.next().await? {
            if let Notice::Goodbye { why } = envelope.notice {
                goodbye = Some(why);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok::<(), anyhow::Error>(())
    };
    tokio::select! {
        Some(ended) = crowd.join_next() => anyhow::bail!("the crowd was disturbed: {ended:?}"),
        seen = cut => seen?,
        ended = sluggish => ended?,
    }
    while let Ok(Some(envelope)) = slow.next().await {
        if let Notice::Goodbye { why } = envelope.notice {
            goodbye = Some(why);
        }
    }
    assert_eq!(goodbye, Some(Goodbye::TooSlow));
    Ok(())
}

/// Posts the longest messages as fast as the room allows, eight in ten seconds, and reads all there is.
async fn chatters(mut line: Line, greeting: Greeting) -> Result<()> {
    line.ask(&greeting.request()).await?;
    for round in 0.. {
        for count in 0..8 {
            let text = "…".repeat(MAX_CHAT_CHARS);
            line.ask(&Request::ChatPost { client_id: format!("{round}-{count}"), text }).await?;
        }
        let until_next = tokio::time::sleep(Duration::from_millis(10_500));
        tokio::pin!(until_next);
        loop {
            tokio::select! {
                heard = line.next() => anyhow::ensure!(heard?.is_some(), "sent away as well"),
                () = &mut until_next => break,
            }
        }
    }
    Ok(())
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
