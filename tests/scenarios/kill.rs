//! A power cut in mid-class loses nothing that was acknowledged.

use std::time::Duration;

use anyhow::Result;
use harness::{person::Person, server::Preau, until};
use signaling::{
    attendance::{PresenceSheet, SegmentKind},
    protocol::Request,
};

#[tokio::test]
async fn everything_acknowledged_is_there_after_kill_9() -> Result<()> {
    let mut server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let mut acknowledged = Vec::new();
    for count in 0..7 {
        acknowledged.push(ben.says(&format!("message {count}")).await?.id);
        acknowledged.push(trainer.says(&format!("réponse {count}")).await?.id);
    }
    ben.asks(Request::RaiseHand { raised: true }).await?;
    let me = ben.id();
    ben.sees("the own hand", |person| person.id == me && person.hand_raised).await?;

    server.kill().await?;
    let (code, out, err) = server.command(&["journal", "verify"]).await?;
    assert_eq!(code, Some(0), "{out}{err}");
    let away = ben.vanishes();
    server.restart().await?;
    let back = away.is_welcomed().await?;
    assert_eq!(back.id(), me);
    let kept: Vec<_> = back.welcome.chat.messages.iter().map(|message| message.id).collect();
    assert_eq!(kept, acknowledged);
    assert!(back.welcome.outage_ms.is_some());
    assert_eq!(back.welcome.hands, [me], "the hand is still raised");

    let (code, out, err) = server.command(&["journal", "verify"]).await?;
    assert_eq!(code, Some(0), "{out}{err}");
    Ok(())
}

#[tokio::test]
async fn the_outage_is_credited_to_who_comes_back() -> Result<()> {
    let mut server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let chloe = Person::enters(&server, &server.links.participant, "Chloé").await?;
    trainer.says("bonjour").await?;
    server.kill().await?;
    let away = ben.vanishes();
    drop(chloe.vanishes());
    server.restart().await?;
    let _ben = away.is_welcomed().await?;
    until("the outage is credited to Ben and not to Chloé", Duration::from_secs(10), async || {
        let (_, body) = server.get("/api/presence", Some(&server.links.trainer)).await?;
        let sheet: PresenceSheet = serde_json::from_str(&body)?;
        let credited = |name: &str| {
            let row = sheet.rows.iter().find(|row| row.name == name);
            row.is_some_and(|row| row.segments.iter().any(|segment| segment.kind == SegmentKind::Outage))
        };
        Ok((credited("Ben") && !credited("Chloé")).then_some(()))
    })
    .await
}

#[tokio::test]
async fn three_kills_in_a_row_keep_the_chain() -> Result<()> {
    let mut server = Preau::start().await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    for round in 0..3 {
        ben.says(&format!("tour {round}")).await?;
        // Unacknowledged work is under way when the process dies.
        for count in 0..5 {
            ben.asks(Request::RaiseHand { raised: count % 2 == 0 }).await?;
        }
        server.kill().await?;
        let away = ben.vanishes();
        server.restart().await?;
        ben = away.is_welcomed().await?;
        assert_eq!(ben.welcome.chat.messages.len(), round + 1);
    }
    let (code, out, err) = server.command(&["journal", "verify"]).await?;
    assert_eq!(code, Some(0), "{out}{err}");
    Ok(())
}
