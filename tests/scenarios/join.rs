//! Who gets in, as whom.

use std::{sync::Arc, time::Duration};

use anyhow::{Result, ensure};
use harness::{person::Person, server::Preau};
use load::{
    Film,
    crowd::{Crowd, Way},
    preau,
};
use server::clock;
use signaling::protocol::{Notice, Permission, Request, Role, stage::Gone};

#[tokio::test]
async fn three_links_are_printed_and_health_is_answered() -> Result<()> {
    let server = Preau::start().await?;
    assert_eq!(server.links.listening, format!("http://{}", server.address()));
    for link in [&server.links.trainer, &server.links.participant, &server.links.organiser] {
        assert!(link.starts_with(&server.links.listening) && link.contains('#'), "{link}");
    }
    let (status, _) = server.get("/healthz", None).await?;
    assert_eq!(status, 200);
    let (status, page) = server.get("/", None).await?;
    assert_eq!(status, 200);
    assert!(page.contains("<html"), "{page}");
    Ok(())
}

#[tokio::test]
async fn a_trainer_and_two_teachers_meet() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    assert_eq!(trainer.welcome.you.role, Role::Trainer);
    assert!(trainer.welcome.you.permissions.contains(&Permission::End));

    // One participant link, several people.
    let ben = Person::enters(&server, &server.links.participant, "Ben Morel").await?;
    let mut chloe = Person::enters(&server, &server.links.participant, "Chloé Picard").await?;
    assert_eq!(ben.welcome.you.role, Role::Participant);
    assert!(!ben.welcome.you.permissions.contains(&Permission::Moderate));
    assert_ne!(ben.id(), chloe.id());
    assert_eq!(chloe.welcome.people.len(), 3);
    trainer.sees("Chloé arrive", |person| person.name == "Chloé Picard").await?;

    let gone = ben.id();
    let mut ben = ben;
    ben.asks(Request::Leave {}).await?;
    chloe
        .hears("Ben leaves", |notice| match notice {
            Notice::PersonGone { participant, why: Gone::Left } if *participant == gone => Some(()),
            _ => None,
        })
        .await?;
    ben.line().closed().await
}

#[tokio::test]
async fn the_organiser_is_an_observer_who_sees_presence() -> Result<()> {
    let server = Preau::start().await?;
    let organiser = Person::enters(&server, &server.links.organiser, "Rectorat").await?;
    let you = &organiser.welcome.you;
    assert_eq!(you.role, Role::Organiser);
    assert!(you.publishable.is_empty());
    assert!(you.permissions.contains(&Permission::SeePresence));
    Ok(())
}

#[tokio::test]
async fn a_trainer_removes_somebody_who_cannot_come_back() -> Result<()> {
    let server = Preau::start().await?;
    let mut trainer = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben").await?;
    let stay = ben.stay().to_owned();
    trainer.asks(Request::Remove { participant: ben.id() }).await?;
    ben.line().closed().await?;
    let refused = Person::greets(server.address(), harness::person::Greeting::with(&stay, "Ben")).await;
    assert!(refused.unwrap_err().to_string().contains("Removed"));
    Ok(())
}

#[tokio::test]
async fn the_same_stay_opened_elsewhere_moves_there() -> Result<()> {
    let server = Preau::start().await?;
    let mut here = Person::enters(&server, &server.links.participant, "Ben").await?;
    let there = Person::greets(server.address(), harness::person::Greeting::with(here.stay(), "")).await?;
    assert_eq!(here.id(), there.id());
    here.hears("goodbye", |notice| matches!(notice, Notice::Goodbye { .. }).then_some(())).await?;
    here.line().closed().await
}

/// From entering to the first packets of sound and picture, where a tenth of it is usual.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn who_comes_late_sees_at_once() -> Result<()> {
    let server = Preau::start().await?;
    let way = preau::Preau::new(&format!("http://{}", server.address()), &server.links.trainer)?;
    let crowd = Crowd::new(Way::Sfu(Arc::new(way)), None)?;
    crowd.publish(Film::trainer(1_500, 1_100)).await?;
    crowd.view(clock::instant()).await?;
    crowd.served().await?;
    for _ in 0..3 {
        // The publisher makes a keyframe by itself every ten seconds only: this one is made for who comes. Requests are
        // half a second apart.
        tokio::time::sleep(Duration::from_millis(600)).await;
        let entered = clock::instant();
        crowd.view(entered).await?;
        crowd.served().await?;
        let took = clock::instant().duration_since(entered);
        eprintln!("sees and hears {} ms after asking to enter", took.as_millis());
        ensure!(took <= SOON, "{took:?} until the first picture");
    }
    crowd.close().await
}
