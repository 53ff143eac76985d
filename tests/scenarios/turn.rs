//! Sound and picture through the relay, by the page's own port: for networks that let nothing else through.

mod outside;

use std::{
    net::{SocketAddr, UdpSocket},
    sync::Arc,
};

use anyhow::{Context, Result, ensure};
use harness::{
    bridge::{Bridge, Door},
    peer::{Peer, Way},
    person::{Greeting, Person},
    server::{Links, Place, Preau},
    tls::Authority,
};
use signaling::protocol::media::IceServer;
use tempfile::tempdir;

use crate::tcp::two_people_meet_at;

/// The relay as a page is told.
async fn told(address: SocketAddr, links: &Links) -> Result<IceServer> {
    let person = Person::greets(address, Greeting::with(&links.participant, "Ben")).await?;
    person.welcome.ice_servers.first().cloned().context("no relay is told")
}

/// A class through the relay that the bridge leads to.
async fn a_class_is_held(
    address: SocketAddr,
    links: &Links,
    relay: IceServer,
    bridge: &Bridge,
) -> Result<()> {
    let relay = IceServer { urls: vec![bridge.url()], ..relay };
    two_people_meet_at(address, links, &Way::Relay(relay)).await?;
    ensure!(bridge.carried() > 200, "{} messages went through the relay", bridge.carried());
    Ok(())
}

#[tokio::test]
async fn through_the_pages_port() -> Result<()> {
    let server = Preau::start().await?;
    let relay = told(server.address(), &server.links).await?;
    assert_eq!(relay.urls, [format!("turn:{}?transport=tcp", server.address())]);
    let bridge = Bridge::open(Door::Plain(server.address())).await?;
    a_class_is_held(server.address(), &server.links, relay, &bridge).await
}

#[tokio::test]
async fn through_the_pages_port_by_tls() -> Result<()> {
    let (authority, folder) = (Arc::new(Authority::new()?), tempdir()?);
    let (certificate, key) = authority.certify(folder.path())?;
    let config = format!("[http]\ntls_certificate = {certificate:?}\ntls_key = {key:?}\n");
    let server = Preau::start_at(Place { config: Some(config), ..Place::default() }).await?;
    let tunnel = Arc::clone(&authority).tunnel(server.address()).await?;
    let relay = told(tunnel.address, &server.links).await?;
    assert_eq!(relay.urls, [format!("turns:{}?transport=tcp", server.address())]);
    let bridge = Bridge::open(Door::Tls(server.address(), authority)).await?;
    a_class_is_held(tunnel.address, &server.links, relay, &bridge).await
}

#[tokio::test]
async fn through_a_udp_port_of_its_own() -> Result<()> {
    let port = UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port();
    let config = Some(format!("[turn]\nudp_port = {port}\n"));
    let server = Preau::start_at(Place { config, ..Place::default() }).await?;
    let mut relay = told(server.address(), &server.links).await?;
    assert_eq!(relay.urls.first(), Some(&format!("turn:127.0.0.1:{port}?transport=udp")));
    relay.urls.truncate(1);
    two_people_meet_at(server.address(), &server.links, &Way::Relay(relay)).await
}

#[tokio::test]
async fn nobody_is_told_of_a_relay_that_is_off() -> Result<()> {
    let config = Some("[turn]\nenabled = false\n".to_owned());
    let server = Preau::start_at(Place { config, ..Place::default() }).await?;
    ensure!(told(server.address(), &server.links).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_room_spread_over_workers_is_reached_every_way() -> Result<()> {
    let config = Some("[media]\nworkers = 2\nviewers_per_worker = 1\n".to_owned());
    let server = Preau::start_at(Place { config, ..Place::default() }).await?;
    let relay = told(server.address(), &server.links).await?;
    let bridge = Bridge::open(Door::Plain(server.address())).await?;
    let relay = IceServer { urls: vec![bridge.url()], ..relay };
    let mut trainer = Person::greets(server.address(), Greeting::with(&server.links.trainer, "Ada")).await?;
    let mut class = Vec::new();
    for way in [Way::Udp, Way::Tcp(None), Way::Relay(relay.clone()), Way::Tcp(None), Way::Relay(relay)] {
        let greeting = Greeting::with(&server.links.participant, "Ben");
        class.push((Person::greets(server.address(), greeting).await?, Peer::by(&way).await?));
    }
    let mut hers = Peer::new().await?;
    hers.publishes(&mut trainer).await?;
    // Nobody leaves before the end: the workers fill up one after the other.
    for (ben, his) in &mut class {
        his.subscribes(ben, 2).await?;
        his.receives(25).await?;
    }
    for (_, his) in class {
        his.receives(25).await?;
        his.closes().await?;
    }
    hers.closes().await
}
