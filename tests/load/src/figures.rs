//! What a run found, as people and as scripts read it.

use serde::Serialize;

/// The last line with `--json`. Scripts rely on these names.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figures {
    pub target: String,
    pub subscribers: usize,
    /// Media packets received by all subscribers.
    pub packets: u64,
    pub pps: f64,
    /// Processor time of the server, all threads, by packet received. `null` without a process to look at.
    pub cpu_ns_per_packet: Option<f64>,
    /// Share of the packets that the server did not deliver; what the generator's sockets dropped is not its loss.
    pub loss: f64,
    pub latency_ms_p50: Option<f64>,
    pub latency_ms_p99: Option<f64>,
    pub rss_per_subscriber_kib: Option<f64>,
}

impl Figures {
    /// The line for scripts.
    ///
    /// # Errors
    /// Never in practice: numbers and names.
    pub fn line(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string(self)?)
    }
}

/// The value below which that share of the values lies.
#[must_use]
pub fn percentile(values: &mut [u32], share: f64) -> Option<u32> {
    values.sort_unstable();
    let at = (values.len() as f64 * share) as usize;
    values.get(at.min(values.len().checked_sub(1)?)).copied()
}

/// The middle value.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_has_the_names_that_scripts_know() {
        let line = Figures { target: "preau".to_owned(), ..Figures::default() }.line().unwrap();
        let names: Vec<String> = serde_json::from_str::<serde_json::Map<_, _>>(&line)
            .unwrap()
            .into_iter()
            .map(|(k, _)| k)
            .collect();
        let mut known = [
            "target",
            "subscribers",
            "packets",
            "pps",
            "cpu_ns_per_packet",
            "loss",
            "latency_ms_p50",
            "latency_ms_p99",
            "rss_per_subscriber_kib",
        ];
        known.sort_unstable();
        assert_eq!(names, known);
    }

    #[test]
    fn middles_and_tails() {
        assert_eq!(
            (median(&[3.0, 1.0, 2.0]), median(&[1.0, 2.0]), median(&[])),
            (Some(2.0), Some(1.5), None)
        );
        let mut values: Vec<u32> = (0..1_000).rev().collect();
        assert_eq!((percentile(&mut values, 0.5), percentile(&mut values, 0.99)), (Some(500), Some(990)));
        assert_eq!(percentile(&mut [], 0.5), None);
    }
}
