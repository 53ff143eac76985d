//! `arrivals`: the doors of many séances in the same minute. From `hello` to `welcome`, which the server says only once
//! the arrival is on disk.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt, TryStreamExt, stream};
use server::{
    clock,
    config::{Config, Store as Kept},
    secret::ticket_key,
    store::Store,
};
use signaling::{
    id::{PersonId, SeanceId},
    journal::Identity,
    protocol::{Request, Role, VERSION},
    ticket::{Bearer, Ticket},
};
use tokio::task::JoinHandle;
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::{demonstration::Demonstration, figures::percentile, process};

/// People of one séance.
const CLASS: usize = 50;
/// How long one may wait for the answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was seen.
#[derive(Debug, Clone, Copy)]
pub struct Arrivals {
    pub people: usize,
    pub seances: usize,
    pub seconds: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub longest_ms: f64,
    /// Cores of the server in use, on average.
    pub cores: f64,
}

/// Lets so many people arrive evenly within that time; they stay until the last one has arrived.
///
/// # Errors
/// The server does not start, or does not welcome somebody.
pub async fn run(people: usize, seconds: u64) -> Result<Arrivals> {
    process::raise_descriptors()?;
    let server = Demonstration::start(None).await?;
    let tickets = tickets(&server, people).await?;
    let address = server.url.replacen("http", "ws", 1) + "/ws";
    let before = process::cpu(server.pid)?;
    let (start, whole) = (tokio::time::Instant::now(), Duration::from_secs(seconds));
    let arriving = tickets.iter().enumerate().map(|(n, ticket)| {
        let address = address.as_str();
        async move {
            tokio::time::sleep_until(start + whole.mul_f64(n as f64 / people as f64)).await;
            tokio::time::timeout(PATIENCE, arrive(address, ticket)).await.context("no welcome came")?
        }
    });
    let arrived: Vec<(Duration, JoinHandle<()>)> =
        stream::iter(arriving).buffer_unordered(people.max(1)).try_collect().await?;
    let took = start.elapsed();
    let cores = process::used(&before, &process::cpu(server.pid)?).as_secs_f64() / took.as_secs_f64();
    arrived.iter().for_each(|(_, reading)| reading.abort());
    let mut waits: Vec<u32> =
        arrived.iter().map(|(wait, _)| u32::try_from(wait.as_micros()).unwrap_or(u32::MAX)).collect();
    let mut millis = |share| percentile(&mut waits, share).map_or(0.0, |micros| f64::from(micros) / 1_000.0);
    Ok(Arrivals {
        people,
        seances: people.div_ceil(CLASS),
        seconds: took.as_secs_f64(),
        p50_ms: millis(0.5),
        p99_ms: millis(0.99),
        longest_ms: millis(1.0),
        cores,
    })
}

/// How long the welcome took; and the task that reads on, as a page would.
async fn arrive(address: &str, ticket: &str) -> Result<(Duration, JoinHandle<()>)> {
    let (mut socket, _) = connect_async(address).await?;
    let hello = Request::Hello {
        version: VERSION,
        ticket: ticket.to_owned(),
        name: None,
        resume: None,
        recording_acknowledged: true,
    };
    let since = clock::instant();
    socket.send(Message::text(serde_json::to_string(&hello)?)).await?;
    let answer = socket.next().await.context("the server closed")??;
    let waited = since.elapsed();
    let text = answer.to_text()?;
    ensure!(text.contains("\"welcome\""), "not welcomed: {text:.200}");
    #[expect(clippy::disallowed_methods, reason = "aborted once everybody has arrived")]
    let reading =
        tokio::spawn(async move { while socket.next().await.is_some_and(|heard| heard.is_ok()) {} });
    Ok((waited, reading))
}

/// Plans the séances beside the running server and gives a personal ticket to everybody.
async fn tickets(server: &Demonstration, people: usize) -> Result<Vec<String>> {
    let kept = Kept { data: server.data().to_owned(), ..Kept::default() };
    let store = Store::connect(&kept).await?;
    let key = ticket_key(&Config { store: kept, ..Config::default() })?;
    let shown = store.seances().await?.into_iter().next().context("no demonstration")?;
    let mut tickets = Vec::with_capacity(people);
    for class in 0..people.div_ceil(CLASS) {
        let mut plan = shown.clone();
        plan.id = SeanceId(clock::mint());
        plan.recorded = false;
        store.put_seance(&plan).await?;
        for n in 0..CLASS.min(people - class * CLASS) {
            let bearer = Bearer::Person {
                person: PersonId(clock::mint()),
                name: format!("Stagiaire {n}"),
                identity: Identity::PersonalLink,
                link: None,
            };
            let until = plan.announced_end();
            tickets.push(key.sign(&Ticket {
                seance: plan.id,
                role: Role::Participant,
                bearer,
                until,
                login: None,
            }));
        }
    }
    store.close().await;
    // Neighbours of the list are in different séances: all doors are open at the same time.
    let stride = people.div_ceil(CLASS).max(1);
    let mixed = (0..CLASS).flat_map(|n| (0..stride).map(move |class| class * CLASS + n));
    Ok(mixed.filter_map(|at| tickets.get(at).cloned()).collect())
}
