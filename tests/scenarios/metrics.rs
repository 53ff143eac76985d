//! What operators see of a class: figures in the format of Prometheus, on a port of their own, of nobody in particular.

use std::net::{SocketAddr, TcpListener};

use anyhow::{Context, Result};
use harness::{
    PATIENCE,
    peer::Peer,
    person::Person,
    server::{Place, Preau, get},
    until,
};
use prometheus_parse::{Scrape, Value};

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
