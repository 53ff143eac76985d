//! `bench`: the servers side by side, window by window in turn, and what is asked of Préau, good or bad.

mod table;

use std::time::Duration;

use anyhow::{Context, Result};

use crate::{
    Film,
    fanout::{Kind, Places, Source, Target, sum, told},
    figures::{Figures, median},
    storm,
    window::Window,
};
use table::{Row, Table};

/// Windows of each target: medians are of so many.
const ROUNDS: usize = 5;
/// After a pause the publishers send for so long before a window begins.
const WARM_UP: Duration = Duration::from_millis(1_000);
const FILM: Film = Film::trainer(2_000, 1_100);

/// A name in the tables, and what bears it.
type Entry = (&'static str, Kind, bool);
const PREAU: Entry = ("preau", Kind::Preau, false);
const JANUS: Entry = ("janus", Kind::Janus, false);
const FLOOR: Entry = ("floor", Kind::Floor, false);
const SEGMENTS: Entry = ("floor --gso", Kind::Floor, true);

/// How much of it.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Length of a window.
    pub window: Duration,
    pub crowds: Vec<usize>,
    pub storm: usize,
}

/// One server with everybody in it, paused.
struct Contestant {
    name: &'static str,
    target: Target,
    windows: Vec<Window>,
}

impl Contestant {
    fn figures(&self, viewers: usize) -> Figures {
        sum(self.name, viewers, &self.windows, self.target.rss_per_viewer_kib())
    }

    fn costs(&self) -> Vec<f64> {
        self.windows.iter().filter_map(Window::cpu_ns_per_packet).collect()
    }
}

/// What a run found.
#[derive(Debug)]
pub struct Outcome {
    /// The tables, with a last line that says how much is met.
    pub text: String,
    /// Of what is asked of Préau.
    pub not_met: usize,
}

/// Runs everything and gives the tables.
///
/// # Errors
/// A server does not serve everybody.
pub async fn run(plan: &Plan) -> Result<Outcome> {
    let places = Places::of_this_machine()?;
    let mut table = Table::default();
    let mut costs = Vec::new();
    for &viewers in &plan.crowds {
        let contestants =
            side_by_side(plan, places, &[FILM], viewers, &[PREAU, JANUS, FLOOR, SEGMENTS]).await?;
        let preau = contestants.first().context("no contestant")?;
        costs.push((viewers, median(&preau.costs()).unwrap_or(f64::NAN)));
        table.crowd(&format!("1 → {viewers}"), viewers, &contestants, true);
        if viewers == plan.crowds.iter().copied().max().unwrap_or_default() {
            let rss = preau.target.rss_per_viewer_kib().unwrap_or(f64::NAN);
            table.add(Row::at_most(format!("memory per viewer, {viewers} joined, KiB"), rss, 48.0));
        }
        close(contestants).await;
    }
    if let (Some((few, first)), Some((many, last))) = (costs.first(), costs.last()) {
        let growth = 100.0 * (last / first - 1.0);
        table.add(Row::at_most(
            format!("cost per packet grows from {few} to {many} viewers, %"),
            growth,
            15.0,
        ));
    }
    class(plan, places, &mut table).await?;
    for shape in [HALL, CLASS] {
        latency(plan, places, &shape, &mut table).await?;
    }
    rush(plan, &mut table).await?;
    Ok(Outcome { text: table.text(), not_met: table.not_met() })
}

/// Fills every server that is there, then measures them in turn.
async fn side_by_side(
    plan: &Plan,
    places: Places,
    films: &[Film],
    viewers: usize,
    entries: &[Entry],
) -> Result<Vec<Contestant>> {
    let mut contestants = Vec::new();
    for &(name, kind, gso) in entries {
        let Some(mut target) = Target::open(&Source::own(kind, gso), places).await? else { continue };
        let filled = target.fill(films, viewers).await;
        if name == "janus"
            && let Err(error) = &filled
        {
            eprintln!("janus is left out with {viewers}: {error:#}");
            let _ = target.crowd.close().await;
            continue;
        }
        filled.with_context(|| format!("filling {name} with {viewers}"))?;
        target.crowd.pause(true)?;
        contestants.push(Contestant { name, target, windows: Vec::new() });
    }
    for round in 0..ROUNDS {
        for contestant in &mut contestants {
            let target = &contestant.target;
            target.crowd.pause(false)?;
            tokio::time::sleep(WARM_UP).await;
            let window = Window::measure(&target.crowd, target.meter, plan.window).await?;
            target.crowd.pause(true)?;
            eprintln!("{viewers} viewers, round {}, {}: {}", round + 1, contestant.name, told(&window));
            contestant.windows.push(window);
        }
    }
    Ok(contestants)
}

async fn close(contestants: Vec<Contestant>) {
    for contestant in contestants {
        // Its process ends in any case.
        let _ = contestant.target.crowd.close().await;
    }
}

/// Thirty who see and hear each other: one HD, the others small.
async fn class(plan: &Plan, places: Places, table: &mut Table) -> Result<()> {
    const CLASS: usize = 30;
    let mut films = vec![Film::thumbnail(FILM.packet); CLASS];
    if let Some(trainer) = films.first_mut() {
        *trainer = Film::trainer(1_500, FILM.packet);
    }
    let contestants = side_by_side(plan, places, &films, CLASS, &[PREAU, JANUS]).await?;
    table.crowd("class of 30", CLASS, &contestants, false);
    close(contestants).await;
    Ok(())
}

/// Who sends what to whom, as fast as uses half of the server's processor.
struct Shape {
    name: &'static str,
    film: Film,
    viewers: usize,
    /// Publishers at most: who receives more than a server estimates at most gets less of each.
    publishers: usize,
}

/// A frame in HD keeps the server busy with a hundred copies of eight packets at once.
const HALL: Shape = Shape { name: "HD, hall", film: FILM, viewers: 100, publishers: 12 };
/// Faces at 360 lines: three packets a frame.
const CLASS: Shape =
    Shape { name: "faces, class", film: Film { kbps: 800, width: 640, ..FILM }, viewers: 50, publishers: 28 };

/// Added latency at half of what a processor carries; the floor with the same bursts says what they cost by themselves.
async fn latency(plan: &Plan, places: Places, shape: &Shape, table: &mut Table) -> Result<()> {
    let Shape { name, film, viewers, publishers } = *shape;
    let Some(mut target) = Target::open(&Source::own(Kind::Preau, false), places).await? else {
        return Ok(());
    };
    let tried = publishers.min(4);
    target.fill(&vec![film; tried], viewers).await?;
    tokio::time::sleep(WARM_UP).await;
    let window = Window::measure(&target.crowd, target.meter, plan.window).await?;
    target.crowd.close().await?;
    drop(target);
    let busy = window.cpu.unwrap_or_default().as_secs_f64() / window.seconds / tried as f64;
    let publishers = ((0.5 / busy.max(0.01)).round() as usize).clamp(1, publishers);
    let films = vec![film; publishers];
    let contestants = side_by_side(plan, places, &films, viewers, &[PREAU, SEGMENTS]).await?;
    table.costs(&format!("{publishers} → {viewers}, {name}"), viewers, &contestants);
    let preau = contestants.first().context("no contestant")?;
    let busy: Vec<f64> = preau
        .windows
        .iter()
        .filter_map(|window| Some(100.0 * window.cpu?.as_secs_f64() / window.seconds))
        .collect();
    let figures = preau.figures(viewers);
    let what = format!(
        "{name}: at {:.0} packets/s, server {:.0} % busy: latency p99, ms",
        figures.pps,
        median(&busy).unwrap_or(f64::NAN)
    );
    table.add(Row::at_most(what, figures.latency_ms_p99.unwrap_or(f64::NAN), 5.0));
    table.add(Row::at_most(format!("{name}: packets lost by the server, %"), 100.0 * figures.loss, 0.0));
    close(contestants).await;
    Ok(())
}

async fn rush(plan: &Plan, table: &mut Table) -> Result<()> {
    let source = Source::own(Kind::Preau, false);
    let storm = storm::Plan { source, clients: plan.storm, seconds: 10 };
    if let Some(figures) = storm::run(&storm).await? {
        let what = format!("{} clients in 10 s: ticket to first packet p99, ms", plan.storm);
        table.add(Row::at_most(what, figures.latency_ms_p99.unwrap_or(f64::NAN), 1_500.0));
    }
    Ok(())
}
