//! `GET /metrics` on the operators' own port, in the text format of Prometheus (version 0.0.4).

use std::{fmt::Write as _, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
    routing::get,
};

use super::tally;
use crate::{
    app::App,
    figures::{Family, LADDER_US, Latencies},
    media::Counters,
    turn::Turn,
};

/// The addresses of the operators' port.
pub(crate) fn routes(app: App) -> Router {
    Router::new().route("/metrics", get(metrics)).route("/media", get(tally::rooms)).with_state(app)
}

async fn metrics(State(app): State<App>) -> Response {
    let mut page = Page::default();
    page.families(crate::figures::Door::FAMILIES, &[(String::new(), Arc::as_ref(&app.door))]);
    if let Some(turn) = &app.turn {
        page.families(Turn::FAMILIES, &[(String::new(), Arc::as_ref(turn))]);
    }
    let (rooms, people) = app.classrooms.size();
    page.plain("preau_rooms", "Rooms open now", rooms);
    page.plain("preau_people", "People connected to rooms now", people);
    page.plain(
        "preau_journal_failing",
        "1 while the journal cannot be written",
        u64::from(*app.failing.borrow()),
    );
    page.head("preau_journal_commit_seconds", "histogram", "From a fact to its commit on disk");
    page.latencies("preau_journal_commit_seconds", "", &app.journal.latencies());
    page.media(&app.media.counters_by_worker());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page.0).into_response()
}

/// The answer as it grows.
#[derive(Debug, Default)]
struct Page(String);

impl Page {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.0.write_fmt(line);
        self.0.push('\n');
    }

    fn head(&mut self, metric: &str, kind: &str, help: &str) {
        let help = help.trim().trim_end_matches('.');
        self.line(format_args!("# HELP {metric} {help}\n# TYPE {metric} {kind}"));
    }

    fn plain(&mut self, metric: &str, help: &str, value: u64) {
        self.head(metric, "gauge", help);
        self.line(format_args!("{metric} {value}"));
    }

    /// Families of several sources, each with the label (`name="value"`) that tells it apart.
    fn families<T>(&mut self, families: &[Family<T>], sources: &[(String, &T)]) {
        for family in families {
            self.head(family.metric, family.kind, family.help);
            for (source, figures) in sources {
                for member in family.members {
                    let own = match family.label {
                        "" => String::new(),
                        label => format!("{label}=\"{}\"", member.value),
                    };
                    let value = (member.read)(figures);
                    self.line(format_args!("{}{} {value}", family.metric, labels(&[source, &own])));
                }
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "microseconds of centuries are exact")]
    fn latencies(&mut self, metric: &str, source: &str, latencies: &Latencies) {
        let mut below = 0;
        for (bound, count) in LADDER_US.iter().zip(latencies.counts) {
            below += count;
            let le = format!("le=\"{}\"", *bound as f64 / 1e6);
            self.line(format_args!("{metric}_bucket{} {below}", labels(&[source, &le])));
        }
        let total = latencies.total();
        self.line(format_args!("{metric}_bucket{} {total}", labels(&[source, "le=\"+Inf\""])));
        self.line(format_args!("{metric}_sum{} {}", labels(&[source]), latencies.sum_us as f64 / 1e6));
        self.line(format_args!("{metric}_count{} {total}", labels(&[source])));
    }

    #[expect(clippy::cast_precision_loss, reason = "microseconds of centuries are exact")]
    fn media(&mut self, workers: &[Counters]) {
        let named: Vec<(String, &Counters)> =
            (0..).zip(workers).map(|(n, worker)| (format!("worker=\"{n}\""), worker)).collect();
        self.families(Counters::FAMILIES, &named);
        self.head(
            "preau_media_turn_seconds",
            "histogram",
            "Turns of a worker, from its clock reading to the last datagram",
        );
        for (source, worker) in &named {
            self.latencies("preau_media_turn_seconds", source, &worker.turns);
        }
        self.head(
            "preau_media_turn_p99_seconds",
            "gauge",
            "99 of 100 turns of the last seconds were shorter",
        );
        for (source, worker) in &named {
            let p99 = worker.turn_p99_us as f64 / 1e6;
            self.line(format_args!("preau_media_turn_p99_seconds{} {p99}", labels(&[source])));
        }
        self.head("preau_media_run_datagrams", "histogram", "Datagrams of one peer that left as one message");
        for (source, worker) in &named {
            self.runs(source, worker);
        }
    }

    fn runs(&mut self, source: &str, worker: &Counters) {
        let mut below = 0;
        for (bound, count) in Counters::RUN_BOUNDS.iter().zip(worker.runs) {
            below += count;
            let le = format!("le=\"{bound}\"");
            self.line(format_args!("preau_media_run_datagrams_bucket{} {below}", labels(&[source, &le])));
        }
        self.line(format_args!(
            "preau_media_run_datagrams_bucket{} {below}",
            labels(&[source, "le=\"+Inf\""])
        ));
        self.line(format_args!("preau_media_run_datagrams_sum{} {}", labels(&[source]), worker.sent));
        self.line(format_args!("preau_media_run_datagrams_count{} {below}", labels(&[source])));
    }
}

/// `{a="1",b="2"}`, without the empty ones.
fn labels(pairs: &[&str]) -> String {
    let given: Vec<&str> = pairs.iter().copied().filter(|pair| !pair.is_empty()).collect();
    if given.is_empty() { String::new() } else { format!("{{{}}}", given.join(",")) }
}
