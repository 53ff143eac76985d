//! The directory of the whole country comes into a database in which teachers wait for their schools; then the map of
//! circonscriptions is redrawn. Part of `gaia bench`.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
    time::Duration,
};

use anyhow::Context;
use jiff::Timestamp;
use server::{academy::Academy, clock, store::Store};
use signaling::{
    person::uai,
    school::{Directory, SAMPLE},
};

/// Lines of the country: establishments of every kind.
const LINES: u32 = 66_000;
/// One line in so many is the academy's, about the share of a large one.
const SHARE: u32 = 12;
/// Schools of one circonscription.
const DISTRICT: u32 = 60;

/// What was measured.
pub(in crate::command) struct Figures {
    mebibytes: f64,
    read: Duration,
    first: Duration,
    redrawn: Duration,
    people: u64,
}

impl Figures {
    pub(in crate::command) fn told(&self) -> String {
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        format!(
            "directory of {LINES} schools ({:.0} MiB): read in {:.0} ms; {} of one academy with {} teachers imported in \
             {:.0} ms, redrawn in {:.0} ms",
            self.mebibytes,
            ms(self.read),
            LINES / SHARE,
            self.people,
            ms(self.first),
            ms(self.redrawn)
        )
    }
}

/// The code of a school of the academy.
pub(in crate::command) fn school(number: u32) -> String {
    uai(780_000 + number % (LINES / SHARE) * SHARE)
}

/// `people` teach in [`school`]s, of which nothing is known yet.
pub(in crate::command) async fn measured(
    store: &Store,
    academy: &Academy,
    folder: &Path,
    people: u64,
    now: Timestamp,
) -> anyhow::Result<Figures> {
    let path = folder.join("annuaire.csv");
    write(&path, &academy.label, 0)?;
    let begun = clock::instant();
    let bytes = fs::read(&path)?;
    Directory::read(&bytes, academy.schools())?;
    let read = clock::instant() - begun;
    let (first, came) = import(store, academy, &path, now).await?;
    anyhow::ensure!(came == people, "{came} teachers instead of {people} have a school");
    write(&path, &academy.label, 1)?;
    let (redrawn, moved) = import(store, academy, &path, now).await?;
    anyhow::ensure!(moved > 0, "nobody followed the school");
    let mebibytes = f64::from(u32::try_from(bytes.len())?) / f64::from(1 << 20);
    Ok(Figures { mebibytes, read, first, redrawn, people })
}

/// As `schools import` does it; how long, and how many teachers stand elsewhere now.
async fn import(
    store: &Store,
    academy: &Academy,
    path: &Path,
    now: Timestamp,
) -> anyhow::Result<(Duration, u64)> {
    let begun = clock::instant();
    let directory = Directory::read(&fs::read(path)?, academy.schools())?;
    let (known, held) = (store.schools(&academy.name).await?, store.schools_elsewhere(&academy.name).await?);
    let change = directory.change(known, &held);
    anyhow::ensure!(change.rejected.is_empty(), "a line was rejected: {:?}", change.rejected.first());
    let moved = store.import_schools(&academy.name, &change, now).await?;
    Ok((clock::instant() - begun, moved))
}

/// The real line of [`SAMPLE`] with other codes. Every second circonscription has another code when the map was redrawn.
fn write(path: &Path, academy: &str, redrawn: u32) -> anyhow::Result<()> {
    let (titles, line) = SAMPLE.split_once('\n').context("a line under titles")?;
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "{titles}")?;
    for number in 0..LINES {
        let of = if number % SHARE == 0 { academy } else { "Ailleurs" };
        let district = number / SHARE / DISTRICT;
        let district =
            uai(9_000_000 + district + if district.is_multiple_of(2) { 0 } else { redrawn * 1_000 });
        let line = line
            .replace("0491381K", &uai(780_000 + number))
            .replace(";Nantes;", &format!(";{of};"))
            .replace("0491700G", &district);
        file.write_all(line.as_bytes())?;
    }
    file.flush().with_context(|| format!("writing {}", path.display()))
}
