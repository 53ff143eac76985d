//! Starts servers and sends people into them.
//!
//! A [`server::Preau`] is the real binary on free loopback ports with a data folder of its own; a
//! [`person::Person`] speaks the protocol over a real WebSocket; a [`peer::Peer`] brings media by the `webrtc`
//! crate, an implementation that shares nothing with the server's media plane.
#![expect(clippy::wildcard_enum_match_arm, reason = "a story waits for one notice and passes over the rest")]

pub mod bridge;
pub mod browser;
pub mod narrow;
pub mod peer;
pub mod person;
pub mod postgres;
pub mod server;
pub mod tls;

use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How long a story waits for something before it fails.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// Repeats `probe` until it answers `Some`, for at most `limit`; `what` is said when it does not come.
pub async fn until<T>(
    what: &str,
    limit: Duration,
    mut probe: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let end = tokio::time::Instant::now() + limit;
    loop {
        let attempt = probe().await;
        if let Ok(Some(found)) = attempt {
            return Ok(found);
        }
        if tokio::time::Instant::now() > end {
            attempt.with_context(|| format!("waiting for {what}"))?;
            bail!("after {limit:?} still not: {what}");
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}
