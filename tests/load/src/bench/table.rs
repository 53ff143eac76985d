//! What was found beside what is asked.

use std::fmt::Write;

use super::Contestant;
use crate::{figures::median, window::Window};

/// One requirement.
#[derive(Debug)]
pub(super) struct Row {
    what: String,
    found: f64,
    asked: f64,
    at_most: bool,
}

impl Row {
    pub(super) const fn at_most(what: String, found: f64, asked: f64) -> Self {
        Self { what, found, asked, at_most: true }
    }

    pub(super) const fn at_least(what: String, found: f64, asked: f64) -> Self {
        Self { what, found, asked, at_most: false }
    }

    /// A figure that is not there is not good.
    fn is_met(&self) -> bool {
        if self.at_most { self.found <= self.asked } else { self.found >= self.asked }
    }
}

/// Costs of the contestants, and the requirements.
#[derive(Debug, Default)]
pub(super) struct Table {
    costs: String,
    rows: Vec<Row>,
}

impl Table {
    pub(super) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// What each contestant cost.
    pub(super) fn costs(&mut self, what: &str, viewers: usize, contestants: &[Contestant]) {
        for contestant in contestants {
            let figures = contestant.figures(viewers);
            let busy: Vec<f64> = contestant
                .windows
                .iter()
                .filter_map(|w| Some(100.0 * w.cpu?.as_secs_f64() / w.seconds))
                .collect();
            let doubts = contestant.windows.iter().filter(|window| window.doubt().is_some()).count();
            let (cost, rss) = (figures.cpu_ns_per_packet.unwrap_or(f64::NAN), figures.rss_per_subscriber_kib);
            // Writing to a String cannot fail.
            let _ = writeln!(
                self.costs,
                "{what:<12} {:<12} {:>9.0} {cost:>9.0} {:>7.0} {:>9.4} {:>8.2} {:>8.2} {:>9} {}",
                contestant.name,
                figures.pps,
                median(&busy).unwrap_or(f64::NAN),
                100.0 * figures.loss,
                figures.latency_ms_p50.unwrap_or(f64::NAN),
                figures.latency_ms_p99.unwrap_or(f64::NAN),
                rss.map_or_else(|| "-".to_owned(), |kib| format!("{kib:.0}")),
                if doubts > 0 { format!("{doubts} windows doubtful") } else { String::new() },
            );
        }
    }

    /// The contestants at one crowd; the first is Préau.
    pub(super) fn crowd(&mut self, what: &str, viewers: usize, contestants: &[Contestant], asked: bool) {
        self.costs(what, viewers, contestants);
        let Some((preau, others)) = contestants.split_first() else { return };
        for other in others {
            let ratio = |pick: fn(&Window) -> Option<f64>| {
                let pairs = preau.windows.iter().zip(&other.windows);
                median(
                    &pairs.filter_map(|(own, theirs)| Some(pick(own)? / pick(theirs)?)).collect::<Vec<_>>(),
                )
                .unwrap_or(f64::NAN)
            };
            let by_packet = ratio(Window::cpu_ns_per_packet);
            match (other.name, asked) {
                ("floor", true) => self.add(Row::at_most(format!("{what}: times the floor"), by_packet, 1.0)),
                ("floor --gso", true) => {
                    self.add(Row::at_most(format!("{what}: times the floor with segments"), by_packet, 1.6));
                }
                (_, true) => {
                    let times = format!("{what}: Janus costs so many times more by packet");
                    self.add(Row::at_least(times, 1.0 / by_packet, 4.0));
                }
                (_, false) => {
                    let whole = ratio(|window| Some(window.cpu?.as_secs_f64() / window.seconds));
                    let times = format!("{what}: Janus costs so many times more by packet");
                    self.add(Row::at_least(times, 1.0 / by_packet, 1.0));
                    self.add(Row::at_least(
                        format!("{what}: and so many times more in all"),
                        1.0 / whole,
                        1.0,
                    ));
                }
            }
        }
    }

    /// Requirements that are not met.
    pub(super) fn not_met(&self) -> usize {
        self.rows.iter().filter(|row| !row.is_met()).count()
    }

    pub(super) fn text(&self) -> String {
        let mut out = format!(
            "{:<12} {:<12} {:>9} {:>9} {:>7} {:>9} {:>8} {:>8} {:>9}\n{}\n",
            "",
            "target",
            "packets/s",
            "ns/packet",
            "busy %",
            "loss %",
            "p50 ms",
            "p99 ms",
            "KiB each",
            self.costs
        );
        for row in &self.rows {
            let sign = if row.at_most { "≤" } else { "≥" };
            let verdict = if row.is_met() { "met" } else { "NOT MET" };
            let _ = writeln!(out, "{:<66} {:>9.3} {sign} {:<8} {verdict}", row.what, row.found, row.asked);
        }
        let (asked, missed) = (self.rows.len(), self.not_met());
        let _ = match missed {
            0 => write!(out, "all {asked} are met"),
            _ => write!(out, "{missed} of {asked} are NOT MET"),
        };
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_counts_what_is_not_met() {
        let last = |table: &Table| table.text().lines().last().unwrap_or_default().to_owned();
        let mut table = Table::default();
        table.add(Row::at_most("good".to_owned(), 1.0, 1.0));
        assert_eq!((table.not_met(), last(&table).as_str()), (0, "all 1 are met"));
        table.add(Row::at_least("missing".to_owned(), f64::NAN, 4.0));
        table.add(Row::at_least("little".to_owned(), 3.9, 4.0));
        assert_eq!((table.not_met(), last(&table).as_str()), (2, "2 of 3 are NOT MET"));
    }
}
