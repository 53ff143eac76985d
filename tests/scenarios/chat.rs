//! What is written is kept once, in order, for everybody.

use anyhow::Result;
use harness::{person::Person, server::Preau};
use signaling::protocol::{MAX_CHAT_CHARS, Notice, Refusal, Request};

#[tokio::test]
async fn a_late_comer_reads_what_was_written_before() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    trainer.says("Bienvenue à tous").await?;
    ben.says("Bonjour !").await?;
    trainer.reads("Bonjour !").await?;

    let late = Person::enters(&server, &server.links.participant, "Chloé").await?;
    let texts: Vec<_> = late.welcome.chat.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["Bienvenue à tous", "Bonjour !"]);
    assert!(!late.welcome.chat.more);
    Ok(())
}

#[tokio::test]
async fn a_retry_posts_nothing_twice() -> Result<()> {
    let server = Preau::start().await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let mut chloe = Person::enters(&server, &server.links.participant, "Chloé").await?;
    let post = Request::ChatPost { client_id: "essai-1".to_owned(), text: "une seule fois".to_owned() };
    ben.asks(post.clone()).await?;
    let first = ben.reads("une seule fois").await?;
    ben.asks(post).await?;
    let second = ben.reads("une seule fois").await?;
    assert_eq!(first.id, second.id, "the retry is answered by the message already posted");
    ben.says("fin").await?;
    chloe.reads("une seule fois").await?;
    chloe.reads("fin").await?;
    let late = Person::enters(&server, &server.links.participant, "Denis").await?;
    assert_eq!(late.welcome.chat.messages.len(), 2);
    Ok(())
}

#[tokio::test]
async fn empty_and_endless_messages_are_refused() -> Result<()> {
    let server = Preau::start().await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    for text in [String::new(), " \n ".to_owned(), "é".repeat(MAX_CHAT_CHARS + 1)] {
        let post = Request::ChatPost { client_id: "a".to_owned(), text };
        assert_eq!(ben.is_refused(post).await?, Refusal::TextLength);
    }
    ben.says(&"é".repeat(MAX_CHAT_CHARS)).await?;
    Ok(())
}

#[tokio::test]
async fn a_flood_is_slowed_down() -> Result<()> {
    let server = Preau::start().await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    for count in 0..12 {
        ben.asks(Request::ChatPost { client_id: format!("{count}"), text: format!("message {count}") })
            .await?;
    }
    ben.hears("the flood is refused", |notice| match notice {
        Notice::Refused { reason: Refusal::TooFast, client_id: Some(_), .. } => Some(()),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_trainer_takes_a_message_out() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let message = ben.says("à retirer").await?;
    assert_eq!(ben.is_refused(Request::ChatDelete { message: message.id }).await?, Refusal::TrainersOnly);
    trainer.asks(Request::ChatDelete { message: message.id }).await?;
    ben.hears("the deletion", |notice| match notice {
        Notice::ChatDeleted { message: gone } if *gone == message.id => Some(()),
        _ => None,
    })
    .await?;
    let late = Person::enters(&server, &server.links.participant, "Chloé").await?;
    assert!(late.welcome.chat.messages.is_empty());
    Ok(())
}
