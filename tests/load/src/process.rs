//! Processor time and memory of processes, from /proc, and which processor a thread runs on.

use std::{collections::HashMap, fs, time::Duration};

use anyhow::{Context, Result};
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    sys::resource::{Resource, getrlimit, setrlimit},
    unistd::{Pid, gettid},
};

/// The calling thread's number.
#[must_use]
pub fn task() -> u64 {
    u64::try_from(gettid().as_raw()).unwrap_or(0)
}

/// Processor time of one thread of this process.
#[must_use]
pub fn own_task_cpu(task: u64) -> Duration {
    schedstat(&format!("/proc/self/task/{task}/schedstat")).unwrap_or_default()
}

/// Processor time of this process's ended and running threads.
///
/// # Errors
/// There is no such process.
pub fn cpu(pid: u32) -> Result<HashMap<String, Duration>> {
    let folder = format!("/proc/{pid}/task");
    let tasks = fs::read_dir(&folder).with_context(|| format!("no process {pid}"))?;
    let names = tasks.filter_map(|task| task.ok()?.file_name().into_string().ok());
    Ok(names
        .filter_map(|task| Some((task.clone(), schedstat(&format!("{folder}/{task}/schedstat"))?)))
        .collect())
}

/// What was used between two readings of [`cpu`]; a thread that ended between them is not counted.
#[must_use]
pub fn used(before: &HashMap<String, Duration>, after: &HashMap<String, Duration>) -> Duration {
    let spent =
        |(task, now): (&String, &Duration)| now.saturating_sub(before.get(task).copied().unwrap_or_default());
    after.iter().map(spent).sum()
}

/// Nanoseconds on a processor: the first number.
fn schedstat(path: &str) -> Option<Duration> {
    let text = fs::read_to_string(path).ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// Resident memory, KiB.
///
/// # Errors
/// There is no such process.
pub fn rss_kib(pid: u32) -> Result<u64> {
    let status =
        fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("no process {pid}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Datagrams that the sockets of this machine dropped for want of room, by local port.
///
/// # Errors
/// /proc/net/udp cannot be read.
pub fn drops() -> Result<HashMap<u16, u64>> {
    let text = fs::read_to_string("/proc/net/udp")?;
    let row = |line: &str| {
        let mut words = line.split_whitespace();
        let port = u16::from_str_radix(words.nth(1)?.rsplit_once(':')?.1, 16).ok()?;
        Some((port, words.last()?.parse().ok()?))
    };
    Ok(text.lines().skip(1).filter_map(row).collect())
}

/// Keeps the calling thread, and those it starts, on one processor.
///
/// # Errors
/// There is no such processor, or it may not be used.
pub fn pin(cpu: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu)?;
    sched_setaffinity(Pid::from_raw(0), &set).with_context(|| format!("running on processor {cpu}"))
}

/// Keeps all threads of another process on one processor.
///
/// # Errors
/// There is no such process, or the processor may not be used.
pub fn pin_process(pid: u32, cpu: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu)?;
    for task in fs::read_dir(format!("/proc/{pid}/task")).with_context(|| format!("no process {pid}"))? {
        let task: i32 = task?.file_name().to_string_lossy().parse()?;
        sched_setaffinity(Pid::from_raw(task), &set)
            .with_context(|| format!("running on processor {cpu}"))?;
    }
    Ok(())
}

/// The processors that the calling thread may use.
///
/// # Errors
/// The system does not say.
pub fn processors() -> Result<Vec<usize>> {
    let set = sched_getaffinity(Pid::from_raw(0))?;
    Ok((0..CpuSet::count()).filter(|&cpu| set.is_set(cpu).unwrap_or(false)).collect())
}

/// Runs something on one processor, then goes back to where the thread was.
///
/// # Errors
/// The processor may not be used.
pub fn pinned<T>(cpu: Option<usize>, what: impl FnOnce() -> T) -> Result<T> {
    let Some(cpu) = cpu else { return Ok(what()) };
    let before = sched_getaffinity(Pid::from_raw(0))?;
    pin(cpu)?;
    let done = what();
    sched_setaffinity(Pid::from_raw(0), &before)?;
    Ok(done)
}

/// As many descriptors as the system grants: every peer is a socket.
///
/// # Errors
/// The limit cannot be changed.
pub fn raise_descriptors() -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}
