//! Hands, roles, mute and the end: what a trainer leads.

use anyhow::Result;
use harness::{person::Person, server::Preau};
use signaling::protocol::{Notice, Permission, Refusal, Request, Role, seance::EndCause, stage::Source};

#[tokio::test]
async fn hands_stand_in_the_order_they_were_raised() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let mut chloe = Person::enters(&server, &server.links.participant, "Chloé").await?;
    chloe.asks(Request::RaiseHand { raised: true }).await?;
    trainer.hears("Chloé’s hand", |notice| hands(notice).filter(|order| order.len() == 1)).await?;
    ben.asks(Request::RaiseHand { raised: true }).await?;
    let order = trainer.hears("both hands", |notice| hands(notice).filter(|order| order.len() == 2)).await?;
    assert_eq!(order, [chloe.id(), ben.id()]);
    trainer.asks(Request::LowerHand { participant: chloe.id() }).await?;
    let (first, second) = (ben.id(), chloe.id());
    let order =
        ben.hears("one hand left", |notice| hands(notice).filter(|order| !order.contains(&second))).await?;
    assert_eq!(order, [first]);
    Ok(())
}

fn hands(notice: &Notice) -> Option<Vec<signaling::id::ParticipantId>> {
    if let Notice::Hands { order } = notice { Some(order.clone()) } else { None }
}

#[tokio::test]
async fn the_floor_is_given_and_taken_back() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    assert!(!ben.welcome.you.publishable.contains(&Source::Screen));
    trainer.asks(Request::SetRole { participant: ben.id(), role: Role::Speaker }).await?;
    let (permissions, sources) = ben
        .hears("the floor", |notice| match notice {
            Notice::Permissions { role: Role::Speaker, permissions, publishable } => {
                Some((permissions.clone(), publishable.clone()))
            }
            _ => None,
        })
        .await?;
    assert!(permissions.contains(&Permission::ShareScreen));
    assert!(sources.contains(&Source::Screen));
    trainer.asks(Request::SetRole { participant: ben.id(), role: Role::Participant }).await?;
    ben.hears("the floor is taken back", |notice| match notice {
        Notice::Permissions { role: Role::Participant, .. } => Some(()),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn an_extension_moves_the_end() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let before = ben.welcome.seance.ends_at;
    trainer.asks(Request::Extend { minutes: 15 }).await?;
    let after = ben
        .hears("the new end", |notice| match notice {
            Notice::Seance { seance } => Some(seance.ends_at),
            _ => None,
        })
        .await?;
    assert_eq!(after.duration_since(before).as_secs(), 15 * 60);
    Ok(())
}

#[tokio::test]
async fn the_end_is_told_to_everybody_and_closes_the_door() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    trainer.asks(Request::EndSeance {}).await?;
    for person in [&mut trainer, &mut ben] {
        let why = person
            .hears("the end", |notice| match notice {
                Notice::Ended(ending) => Some(ending.why),
                _ => None,
            })
            .await?;
        assert_eq!(why, EndCause::Trainer);
    }
    let chat = Request::ChatPost { client_id: "1".to_owned(), text: "trop tard".to_owned() };
    assert_eq!(ben.is_refused(chat).await?, Refusal::Ended);
    let refused = Person::enters(&server, &server.links.participant, "Chloé").await.unwrap_err();
    assert!(refused.to_string().contains("Ended"), "{refused}");
    Ok(())
}
