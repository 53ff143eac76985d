//! A viewer whose network becomes narrow: the real process, a simulcast publisher, what passes the narrowest place.

use std::{
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use harness::server::{Place, Preau};
use load::{
    Film,
    crowd::{Crowd, Way},
    preau,
    proxy::{Behind, Impairment, Network, Passed, Proxy},
};
use server::clock;

/// Payload type of Opus towards viewers.
const SOUND: u8 = 111;
const SOUND_CLOCK: f64 = 48_000.0;
const SECOND: Duration = Duration::from_secs(1);
/// Sound that comes no later than this is in time.
const SETTLED: Duration = Duration::from_millis(150);
/// Between the arrivals of two sounds at most. The estimator's simulation holds it to 100; here the machine may be busy.
const SILENCE: Duration = Duration::from_millis(150);

/// What came through to the viewer.
struct Watch {
    passed: mpsc::Receiver<Passed>,
    seen: Vec<Passed>,
}

impl Watch {
    fn sounds(&self) -> impl Iterator<Item = Instant> {
        self.seen.iter().filter(|passed| passed.payload_type() == Some(SOUND)).map(|passed| passed.at)
    }

    /// How much later than the fastest each sound came, and when.
    fn lags(&self) -> Vec<(Instant, Duration)> {
        let mut sounds = self.seen.iter().filter(|passed| passed.payload_type() == Some(SOUND)).peekable();
        let Some(first) = sounds.peek().map(|first| (first.at, first.timestamp())) else { return Vec::new() };
        let late = |passed: &Passed| {
            let said = f64::from(passed.timestamp().wrapping_sub(first.1)) / SOUND_CLOCK;
            (passed.at, passed.at.duration_since(first.0).as_secs_f64() - said)
        };
        let late: Vec<_> = sounds.map(late).collect();
        let least = late.iter().map(|(_, late)| *late).fold(f64::MAX, f64::min);
        late.into_iter().map(|(at, late)| (at, Duration::from_secs_f64(late - least))).collect()
    }

    /// Bit/s of pictures between two moments.
    fn rate(&self, from: Instant, to: Instant) -> f64 {
        let pictures = self.seen.iter().filter(|passed| {
            passed.payload_type().is_some_and(|kind| kind != SOUND) && (from..to).contains(&passed.at)
        });
        let bytes: usize = pictures.map(|passed| passed.length).sum();
        bytes as f64 * 8.0 / to.duration_since(from).as_secs_f64()
    }

    /// Looks on until `until`.
    async fn until(&mut self, until: Instant) {
        while clock::instant() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.seen.extend(self.passed.try_iter());
        }
    }

    /// Waits until pictures come at this rate for a second; how long that took.
    async fn reaches(&mut self, rate: f64, limit: Duration) -> Result<Duration> {
        let start = clock::instant();
        loop {
            let now = clock::instant();
            let second = self.rate(now.checked_sub(SECOND).unwrap_or(now), now);
            if now.duration_since(start) >= SECOND && second >= rate {
                return Ok(now.duration_since(start));
            }
            ensure!(now.duration_since(start) < limit, "{second:.0} bit/s after {limit:?}, not {rate:.0}");
            self.until(now + Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test]
async fn the_picture_follows_the_bandwidth_and_the_sound_never_stops() -> Result<()> {
    let config = Some("[media]\nworkers = 1\n".to_owned());
    let server = Preau::start_at(Place { config, ..Place::default() }).await?;
    let delay = Duration::from_millis(25);
    let link = |rate| Impairment { delay, rate: Some(rate), queue: 64_000, ..Impairment::default() };
    let wide = Network { up: Impairment { delay, ..Impairment::default() }, down: link(3_000_000) };
    let proxy = Proxy::start("127.0.0.1:0".parse()?, server.media_address(), 3, wide)?;
    let mut watch = Watch { passed: proxy.watch(), seen: Vec::new() };
    let way = Arc::new(preau::Preau::new(&format!("http://{}", server.address()), &server.links.trainer)?);
    let crowd = Crowd::new(Way::Sfu(Arc::new(Behind::new(way, proxy.front()))), None)?;
    crowd.publish(Film { simulcast: true, ..Film::trainer(1_600, 1_100) }).await?;
    crowd.view(clock::instant()).await?;
    crowd.served().await?;
    watch
        .reaches(1_300_000.0, Duration::from_secs(40))
        .await
        .context("the largest picture, to begin with")?;

    proxy.set(Network { down: link(500_000), ..wide });
    let cut = clock::instant();
    watch.until(cut + 3 * SECOND).await;
    let (_, at_three) = proxy.counts();
    watch.until(cut + 10 * SECOND).await;
    let (_, at_ten) = proxy.counts();
    let narrow = watch.rate(cut + 3 * SECOND, cut + 10 * SECOND);

    proxy.set(wide);
    let recovery =
        watch.reaches(1_300_000.0, Duration::from_secs(60)).await.context("the largest picture, again")?;
    let overflowed = at_ten.overflowed - at_three.overflowed;
    let sounds: Vec<Instant> = watch.sounds().filter(|at| *at > cut).collect();
    let silence = sounds.windows(2).map(|pair| pair[1].duration_since(pair[0])).max().unwrap_or_default();
    let within =
        |(at, lag): &(Instant, Duration)| (*at > cut && *at < cut + 10 * SECOND).then_some((*at, *lag));
    let lags: Vec<_> = watch.lags().iter().filter_map(within).collect();
    let worst = lags.iter().map(|(_, lag)| *lag).max().unwrap_or_default();
    let settled = lags.iter().rev().find(|(_, lag)| *lag > SETTLED).map_or(cut, |(at, _)| *at);
    eprintln!(
        "no longer than {} ms without sound, at most {} ms late, in time again after {} ms; {narrow:.0} bit/s of \
         pictures; recovered in {} ms; {overflowed} datagrams too many",
        silence.as_millis(),
        worst.as_millis(),
        settled.duration_since(cut).as_millis(),
        recovery.as_millis(),
    );
    ensure!(narrow > 50_000.0, "no picture at all: {narrow:.0} bit/s");
    ensure!(overflowed < 40, "{overflowed} datagrams too many from the third second on");
    ensure!(sounds.len() > 400 && silence <= SILENCE, "silent for {silence:?}");
    ensure!(recovery <= 10 * SECOND, "the picture came back after {recovery:?}");
    crowd.close().await
}
