//! What operators see of a class: figures in the format of Prometheus, on a port of their own, of nobody in particular.

use std::{
    net::{SocketAddr, TcpListener, UdpSocket},
    process::Command,
    sync::Arc,
};

use anyhow::{Context, Result, ensure};
use harness::{
    PATIENCE,
    peer::Peer,
    person::Person,
    server::{Place, Preau, get},
    until,
};
use load::{
    Film,
    crowd::{Crowd, Way},
    preau,
    proxy::{Behind, Impairment, Network, Proxy},
};
use prometheus_parse::{Scrape, Value};
use serde_json::Value as Json;
use server::clock;

async fn scraped(admin: SocketAddr) -> Result<(Scrape, String)> {
    let (status, text) = get(admin, "/metrics", None).await?;
    anyhow::ensure!(status == 200, "{status}");
    let parsed = Scrape::parse(text.lines().map(|line| Ok(line.to_owned())))?;
    Ok((parsed, text))
}

/// The sum over workers and labels.
fn value(scrape: &Scrape, metric: &str) -> Result<f64> {
    let mut found = scrape.samples.iter().filter(|sample| sample.metric == metric).peekable();
    found.peek().with_context(|| format!("{metric} is missing"))?;
    found
        .map(|sample| match &sample.value {
            Value::Gauge(value) | Value::Counter(value) | Value::Untyped(value) => Ok(*value),
            other => anyhow::bail!("{metric} is {other:?}"),
        })
        .sum()
}

/// How many a histogram counted over all workers.
fn counted(scrape: &Scrape, metric: &str) -> Result<f64> {
    let mut total = 0.0;
    for sample in scrape.samples.iter().filter(|sample| sample.metric == metric) {
        let Value::Histogram(buckets) = &sample.value else {
            anyhow::bail!("{metric} is {:?}", sample.value)
        };
        anyhow::ensure!(buckets.windows(2).all(|pair| pair[0].count <= pair[1].count), "{metric} falls");
        total += buckets.last().with_context(|| format!("{metric} has no buckets"))?.count;
    }
    Ok(total)
}

#[tokio::test]
async fn a_class_is_seen_in_figures_without_names() -> Result<()> {
    let admin = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let config = Some(format!("[admin]\nlisten = \"{admin}\"\n"));
    let server = Preau::start_at(Place { config, ..Place::default() }).await?;
    let mut ada = Person::enters(&server, &server.links.trainer, "Ada Lovelace").await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben Bitdiddle").await?;
    let (mut voice, ear) = (Peer::new().await?, Peer::new().await?);
    voice.publishes(&mut ada).await?;
    ear.subscribes(&mut ben, 2).await?;
    ear.receives(50).await?;
    ben.says("bonjour").await?;

    // The workers publish every half second.
    let (scrape, text) = until("the class in the figures", PATIENCE, async || {
        let (scrape, text) = scraped(admin).await?;
        let there = value(&scrape, "preau_media_datagrams_sent_total")? >= 100.0
            && value(&scrape, "preau_media_tracks")? == 2.0;
        Ok(there.then_some((scrape, text)))
    })
    .await?;
    for (metric, expected) in [
        ("preau_rooms", 1.0),
        ("preau_people", 2.0),
        ("preau_websockets", 2.0),
        ("preau_journal_failing", 0.0),
        ("preau_media_rooms", 1.0),
        ("preau_media_connections", 2.0),
        ("preau_media_panics_total", 0.0),
    ] {
        assert_eq!(value(&scrape, metric)?, expected, "{metric}");
    }
    let admitted = scrape.samples.iter().find(|sample| sample.labels.get("outcome") == Some("admitted"));
    assert_eq!(admitted.map(|sample| &sample.value), Some(&Value::Counter(2.0)));
    for metric in ["preau_media_datagrams_received_total", "preau_media_send_calls_total"] {
        assert!(value(&scrape, metric)? > 0.0, "{metric}");
    }
    assert!(value(&scrape, "preau_media_keyframes_asked_total")? >= 1.0, "the newcomer needed one");
    assert!(value(&scrape, "preau_media_turn_p99_seconds")? > 0.0);
    for metric in ["preau_media_run_datagrams", "preau_media_turn_seconds", "preau_journal_commit_seconds"] {
        assert!(counted(&scrape, metric)? > 0.0, "{metric}");
    }
    for private in ["Lovelace", "Ben", &ada.id().to_string(), &ben.id().to_string(), "bonjour"] {
        assert!(!text.contains(private), "{private} is in the figures");
    }
    let (status, page) = server.get("/metrics", None).await?;
    assert!(!page.contains("preau_media"), "the figures are on the public port: {status}");
    Ok(())
}

/// What `GET /media` says of this kind.
fn listed<'j>(told: &'j Json, kind: &str) -> Vec<&'j Json> {
    let rooms = told["rooms"].as_array().into_iter().flatten();
    rooms.flat_map(|room| room[kind].as_array().into_iter().flatten()).collect()
}

/// The sum of a figure over parts of what is listed.
fn sum(listed: &[&Json], part: &str, figure: &str) -> u64 {
    let parts = listed.iter().flat_map(|one| one[part].as_array().into_iter().flatten());
    parts.filter_map(|part| part[figure].as_u64()).sum()
}

#[tokio::test]
async fn losses_and_wishes_are_counted_by_track_and_subscriber() -> Result<()> {
    let admin = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let config = Some(format!("[media]\nworkers = 1\n[admin]\nlisten = \"{admin}\"\n"));
    let server = Preau::start_at(Place { config, ..Place::default() }).await?;
    let lossy = Network::both(Impairment { loss: 0.05, ..Impairment::default() });
    let proxy = Proxy::start("127.0.0.1:0".parse()?, server.media_address(), 5, lossy)?;
    let way = Arc::new(preau::Preau::new(&format!("http://{}", server.address()), &server.links.trainer)?);
    let crowd = Crowd::new(Way::Sfu(Arc::new(Behind::new(way, proxy.front()))), None)?;
    crowd.publish(Film { simulcast: true, ..Film::trainer(800, 1_100) }).await?;
    crowd.view(clock::instant()).await?;
    crowd.served().await?;
    let mut ben = Person::enters(&server, &server.links.participant, "Ben Bitdiddle").await?;
    let eye = Peer::new().await?;
    eye.subscribes(&mut ben, 2).await?;
    eye.receives(50).await?;
    eye.wants_keyframes().await?;

    until("losses and wishes in the figures", PATIENCE * 2, async || {
        let (scrape, _) = scraped(admin).await?;
        let value = |metric| value(&scrape, metric);
        let counted = value("preau_media_nacks_received_total")? >= 10.0
            && value("preau_media_nacked_total")? >= value("preau_media_nacks_received_total")?
            && value("preau_media_resent_total")? >= 10.0
            && value("preau_media_keyframes_wanted_total")? >= 1.0
            && value("preau_media_estimated_subscribers")? >= 2.0
            && value("preau_media_estimates_bits_per_second")? > 500_000.0;
        Ok(counted.then_some(()))
    })
    .await?;
    let (status, text) = get(admin, "/media", None).await?;
    ensure!(status == 200, "{status}: {text}");
    let told: Json = serde_json::from_str(&text)?;
    let (tracks, subscribers) = (listed(&told, "tracks"), listed(&told, "subscribers"));
    ensure!(tracks.len() == 2 && subscribers.len() >= 2, "{told:#}");
    ensure!(sum(&tracks, "encodings", "packets") > 100 && sum(&tracks, "encodings", "bytes") > 50_000);
    ensure!(sum(&tracks, "encodings", "keyframesAsked") >= 1, "{told:#}");
    for figure in ["askedAgain", "repaired"] {
        ensure!(sum(&subscribers, "streams", figure) >= 10, "{figure}: {told:#}");
    }
    let his = ben.id().to_string();
    let own: Vec<&Json> = subscribers.into_iter().filter(|one| one["participant"] == his.as_str()).collect();
    ensure!(
        sum(&own, "streams", "packets") >= 100 && sum(&own, "streams", "keyframesAsked") >= 1,
        "{own:#?}"
    );
    ensure!(!text.contains("Bitdiddle"), "nobody has a name here");
    ensure!(server.get("/media", None).await?.1 != text, "this is no page");
    crowd.close().await
}

#[tokio::test]
async fn what_the_system_drops_is_counted() -> Result<()> {
    let admin = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let config = Some(format!("[media]\nworkers = 1\n[admin]\nlisten = \"{admin}\"\n"));
    let server = Preau::start_at(Place { config, ..Place::default() }).await?;
    let mut ada = Person::enters(&server, &server.links.trainer, "Ada").await?;
    let mut voice = Peer::new().await?;
    voice.publishes(&mut ada).await?;
    let dropped = async || value(&scraped(admin).await?.0, "preau_media_receive_dropped_total");
    ensure!(dropped().await? == 0.0);
    let id = server.id().context("no process")?.to_string();
    let signal = |name: &str| Command::new("kill").args([name, &id]).status();
    // While it stands still, far more comes than the largest buffer holds.
    ensure!(signal("-STOP")?.success());
    let stranger = UdpSocket::bind("127.0.0.1:0")?;
    for _ in 0..20_000 {
        stranger.send_to(&[0x80; 1_200], server.media_address())?;
    }
    ensure!(signal("-CONT")?.success());
    until("the drops", PATIENCE, async || Ok((dropped().await? > 1_000.0).then_some(()))).await
}
