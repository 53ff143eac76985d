//! The writer: it ends with everything on disk, writes nothing twice, waits for no reader.

use super::super::READERS;
use super::*;
use crate::clock::Clock;
use tokio_util::task::TaskTracker;

fn key(data: &std::path::Path) -> ProofKey {
    ProofKey::open(std::path::Path::new(""), data).unwrap()
}

/// Far more than a commit takes.
const PATIENCE: Duration = Duration::from_secs(10);

fn opened(clock: Clock) -> Vec<Entry> {
    vec![Entry { at: clock.moment(), wall: clock::wall(), fact: Fact::Opened { heard_until: None } }]
}

#[tokio::test]
async fn the_writer_ends_when_told_and_keeps_what_it_was_given() {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path()).await.unwrap();
    let (journal, writer) = JournalWriter::new(store.clone(), key(data.path()));
    let (clock, seance) = (Clock::start(), SeanceId(clock::mint()));
    let given: Vec<_> = (0..50).map(|_| journal.append(seance, opened(clock)).unwrap()).collect();
    let last = CancellationToken::new();
    last.cancel();
    tokio::time::timeout(PATIENCE, writer.run(last)).await.unwrap();
    for committed in given {
        committed.await.unwrap();
    }
    assert_eq!(journal.append(seance, opened(clock)).unwrap_err().len(), 1);
    let records = store.records(seance).await.unwrap();
    assert_eq!(signaling::journal::verify(seance, &records).unwrap().seq, 50);
}

#[tokio::test]
async fn a_commit_that_reached_the_disk_unnoticed_is_not_written_twice() {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path()).await.unwrap();
    let (_journal, mut writer) = JournalWriter::new(store.clone(), key(data.path()));
    let (clock, seance) = (Clock::start(), SeanceId(clock::mint()));
    let (done, committed) = oneshot::channel();
    let gathered = vec![Batch { seance, entries: opened(clock), since: clock::instant(), done }];
    // On disk, but the writer was told of a failure: it still believes that the chain is empty.
    writer.commit(&gathered).await.unwrap();
    writer.heads.insert(seance, Tip { head: Head::start(seance), sealed: None });
    tokio::time::timeout(PATIENCE, writer.write(gathered)).await.unwrap();
    committed.await.unwrap();
    let (done, _) = oneshot::channel();
    writer.write(vec![Batch { seance, entries: opened(clock), since: clock::instant(), done }]).await;
    let records = store.records(seance).await.unwrap();
    assert_eq!(signaling::journal::verify(seance, &records).unwrap().seq, 2);
}

#[tokio::test]
async fn a_commit_waits_for_no_reader_and_follows_what_is_on_disk() {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path()).await.unwrap();
    let (clock, seance) = (Clock::start(), SeanceId(clock::mint()));
    for _ in 0..2 {
        let (journal, writer) = JournalWriter::new(store.clone(), key(data.path()));
        let running = TaskTracker::new().spawn(writer.run(CancellationToken::new()));
        let mut readers = Vec::new();
        while readers.len() < READERS as usize {
            readers.push(store.pool.acquire().await.unwrap());
        }
        let committed = journal.append(seance, opened(clock)).unwrap();
        tokio::time::timeout(PATIENCE, committed).await.unwrap().unwrap();
        drop((journal, readers));
        running.await.unwrap();
    }
    let records = store.records(seance).await.unwrap();
    assert_eq!(signaling::journal::verify(seance, &records).unwrap().seq, 2);
}
