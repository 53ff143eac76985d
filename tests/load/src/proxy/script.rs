//! How a network changes with time: `0 delay=50ms loss=5%; 10 down.rate=500k; 20 down.rate=3M`.
//!
//! Each phase begins with its second and changes what it names; the rest stays. `up.` and `down.` in front of a
//! name choose a direction. Names: `loss`, `reordering`, `duplication` (percent), `delay`, `jitter` (`ms`),
//! `rate` (bit/s, `k` or `M`, `none`), `queue` (bytes, `k`).

use std::{str::FromStr, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::{Impairment, Network, Proxy};

/// From a moment on, the network is like this.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Phase {
    pub at: Duration,
    pub network: Network,
}

/// Phases in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script(pub Vec<Phase>);

/// What is wrong with a script.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ScriptError {
    #[error("{0:?}: a phase begins with its second and has a later one than the phase before")]
    Time(String),
    #[error(
        "{0:?}: expected loss=5%, reordering=1%, duplication=1%, delay=50ms, jitter=20ms, rate=500k or none, \
         queue=64k, with up. or down. in front for one direction"
    )]
    Word(String),
}

impl Script {
    /// Sets the proxy's network as the time comes; returns when `length` has passed.
    pub async fn play(&self, proxy: &Proxy, length: Duration) {
        let start = Instant::now();
        for phase in self.0.iter().filter(|phase| phase.at < length) {
            sleep_until(start + phase.at).await;
            proxy.set(phase.network);
        }
        sleep_until(start + length).await;
    }
}

impl FromStr for Script {
    type Err = ScriptError;

    fn from_str(text: &str) -> Result<Self, ScriptError> {
        let mut phases: Vec<Phase> = Vec::new();
        let mut network = Network::default();
        for phase in text.split(';').map(str::trim).filter(|phase| !phase.is_empty()) {
            let mut words = phase.split_whitespace();
            let at = words
                .next()
                .and_then(|second| second.parse().ok())
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .filter(|at| phases.last().is_none_or(|before| before.at < *at))
                .ok_or_else(|| ScriptError::Time(phase.to_owned()))?;
            for word in words {
                change(&mut network, word).ok_or_else(|| ScriptError::Word(word.to_owned()))?;
            }
            phases.push(Phase { at, network });
        }
        Ok(Self(phases))
    }
}

fn change(network: &mut Network, word: &str) -> Option<()> {
    let (name, value) = word.split_once('=')?;
    match name.split_once('.') {
        Some(("up", name)) => set(&mut network.up, name, value),
        Some(("down", name)) => set(&mut network.down, name, value),
        Some(_) => None,
        None => set(&mut network.up, name, value).and(set(&mut network.down, name, value)),
    }
}

fn set(impairment: &mut Impairment, name: &str, value: &str) -> Option<()> {
    match name {
        "loss" => impairment.loss = share(value)?,
        "reordering" => impairment.reordering = share(value)?,
        "duplication" => impairment.duplication = share(value)?,
        "delay" => impairment.delay = milliseconds(value)?,
        "jitter" => impairment.jitter = milliseconds(value)?,
        "rate" if value == "none" => impairment.rate = None,
        "rate" => impairment.rate = Some(number(value)?).filter(|rate| *rate > 0).map(Some)?,
        "queue" => impairment.queue = usize::try_from(number(value)?).ok()?,
        _ => return None,
    }
    Some(())
}

fn share(value: &str) -> Option<f64> {
    let percent: f64 = value.strip_suffix('%')?.parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
}

fn milliseconds(value: &str) -> Option<Duration> {
    Some(Duration::from_millis(value.strip_suffix("ms")?.parse().ok()?))
}

fn number(value: &str) -> Option<u64> {
    let (digits, factor) = match (value.strip_suffix('k'), value.strip_suffix('M')) {
        (Some(digits), _) => (digits, 1_000),
        (None, Some(digits)) => (digits, 1_000_000),
        (None, None) => (value, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_build_on_each_other() {
        let script: Script =
            "0 delay=50ms loss=5%; 10 down.rate=500k; 20.5 down.rate=none up.queue=32k".parse().unwrap();
        let both = Impairment { delay: Duration::from_millis(50), loss: 0.05, ..Impairment::default() };
        let start = Network::both(both);
        let narrow = Network { down: Impairment { rate: Some(500_000), ..both }, ..start };
        let wide = Network { up: Impairment { queue: 32_000, ..both }, ..start };
        let phase = |seconds, network| Phase { at: Duration::from_secs_f64(seconds), network };
        assert_eq!(script, Script(vec![phase(0.0, start), phase(10.0, narrow), phase(20.5, wide)]));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = |text: &str| text.parse::<Script>().unwrap_err().to_string();
        assert!(wrong("loss=5%").contains("loss=5%"));
        assert!(wrong("3 loss=1%; 2 loss=2%").contains("2 loss=2%"));
        for word in
            ["loss=5", "loss=101%", "delay=50", "rate=0", "rate=fast", "left.loss=1%", "lag=1ms", "loss"]
        {
            assert!(wrong(&format!("0 {word}")).contains(word));
        }
    }
}
