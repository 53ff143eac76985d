//! Acknowledged means durable: what follows a fact is told after the fact is on disk, in order.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use futures_util::stream::FuturesOrdered;
use signaling::{
    id::{ConnectionId, MessageId, SeanceId},
    journal::{Fact, Moment},
    protocol::Notice,
    room::Effect,
};
use tokio::sync::oneshot;

use crate::{
    media::Sounds,
    socket::outbox::{Outbox, Parcel},
    store::{Entry, Journal},
};

/// The outcome of one act of the room, waiting for its facts to be on disk.
#[derive(Debug)]
struct Held {
    /// Not yet accepted by the writer's queue.
    unsent: Option<Vec<Entry>>,
    facts: Vec<(Moment, Fact)>,
    told: Vec<Effect>,
}

/// The notices of one room on their way out.
#[derive(Debug)]
pub(super) struct Delivery {
    seance: SeanceId,
    journal: Journal,
    outboxes: HashMap<ConnectionId, Arc<Outbox>>,
    held: VecDeque<Held>,
    /// One for each sent batch of `held`, in the same order.
    pub(super) commits: FuturesOrdered<oneshot::Receiver<()>>,
}

impl Delivery {
    pub(super) fn new(seance: SeanceId, journal: Journal) -> Self {
        Self {
            seance,
            journal,
            outboxes: HashMap::new(),
            held: VecDeque::new(),
            commits: FuturesOrdered::new(),
        }
    }

    pub(super) fn connect(&mut self, connection: ConnectionId, outbox: Arc<Outbox>) {
        self.outboxes.insert(connection, outbox);
    }

    /// The way of sound to a connection.
    pub(super) fn sounds(&self, connection: ConnectionId) -> Option<Arc<Sounds>> {
        self.outboxes.get(&connection).map(|outbox| Arc::clone(outbox.sounds()))
    }

    pub(super) fn disconnect(&mut self, connection: ConnectionId) {
        self.outboxes.remove(&connection);
    }

    /// Takes the outcome of one act: its facts go to the journal, its notices follow their commit.
    pub(super) fn take(&mut self, at: Moment, facts: Vec<Fact>, told: Vec<Effect>) {
        // A repeated acknowledgement waits like the first one, and nobody hears anything before the welcome.
        let waits = |effect: &Effect| match effect {
            Effect::Broadcast { .. } | Effect::Tell { notice: Notice::ChatPosted { .. }, .. } => true,
            Effect::Tell { to, .. } => self.is_to_be_welcomed(*to),
            Effect::Close { .. } | Effect::Journal(_) | Effect::Media(_) | Effect::Recorder(_) => false,
        };
        if facts.is_empty() && (self.held.is_empty() || !told.iter().any(waits)) {
            told.into_iter().for_each(|effect| self.tell(effect));
            return;
        }
        let facts: Vec<(Moment, Fact)> = facts.into_iter().map(|fact| (at, fact)).collect();
        let wall = crate::clock::wall();
        let entries = facts.iter().map(|(at, fact)| Entry { at: *at, wall, fact: fact.clone() }).collect();
        self.held.push_back(Held { unsent: Some(entries), facts, told });
        self.send_waiting();
    }

    /// The welcome of the connection waits for its commit.
    fn is_to_be_welcomed(&self, connection: ConnectionId) -> bool {
        let welcomes = |effect: &Effect| matches!(effect, Effect::Tell { to, notice: Notice::Welcome(_) } if *to == connection);
        self.held.iter().any(|held| held.told.iter().any(welcomes))
    }

    /// While the disk refuses, somebody who enters is let in all the same: what concerns only that connection leaves
    /// now, without the messages that are not on disk yet; the rest waits for the disk.
    pub(super) fn take_entrance_while_failing(
        &mut self,
        at: Moment,
        facts: Vec<Fact>,
        told: Vec<Effect>,
        entering: ConnectionId,
    ) {
        let (own, rest): (Vec<_>, Vec<_>) = told.into_iter().partition(|effect| match effect {
            Effect::Tell { to, .. } => *to == entering,
            Effect::Broadcast { to, .. } => *to == [entering],
            Effect::Close { .. } => true,
            Effect::Journal(_) | Effect::Media(_) | Effect::Recorder(_) => false,
        });
        let unwritten = self.unwritten_messages();
        for mut effect in own {
            if let Effect::Tell { notice: Notice::Welcome(welcome), .. } = &mut effect {
                welcome.chat.messages.retain(|message| !unwritten.contains(&message.id));
            }
            self.tell(effect);
        }
        for held in &mut self.held {
            let posted: Vec<Effect> =
                held.told.iter().filter_map(|effect| posted_again(effect, entering)).collect();
            held.told.extend(posted);
        }
        self.take(at, facts, rest);
    }

    fn unwritten_messages(&self) -> Vec<MessageId> {
        let facts = self.held.iter().flat_map(|held| &held.facts);
        let posted =
            facts.filter_map(
                |(_, fact)| {
                    if let Fact::ChatPosted { message, .. } = fact { Some(*message) } else { None }
                },
            );
        posted.collect()
    }

    /// Hands over what the writer's queue had no room for.
    pub(super) fn send_waiting(&mut self) {
        for held in &mut self.held {
            let Some(entries) = held.unsent.take() else { continue };
            if entries.is_empty() {
                let (done, committed) = oneshot::channel();
                // Nothing to write: it only waits for its turn.
                let _ = done.send(());
                self.commits.push_back(committed);
                continue;
            }
            match self.journal.append(self.seance, entries) {
                Ok(committed) => self.commits.push_back(committed),
                Err(entries) => {
                    held.unsent = Some(entries);
                    break;
                }
            }
        }
    }

    /// The oldest batch is on disk: its notices leave. Gives its facts for the recording.
    pub(super) fn committed(&mut self) -> Vec<(Moment, Fact)> {
        let Some(held) = self.held.pop_front() else { return Vec::new() };
        held.told.into_iter().for_each(|effect| self.tell(effect));
        self.send_waiting();
        held.facts
    }

    /// True when everything is on disk.
    pub(super) fn settled(&self) -> bool {
        self.held.is_empty()
    }

    fn tell(&mut self, effect: Effect) {
        match effect {
            Effect::Tell { to, notice } => self.push(to, Parcel::new(None, notice)),
            Effect::Broadcast { seq, notice, to } => {
                let parcel = Parcel::new(Some(seq), notice);
                to.into_iter().for_each(|to| self.push(to, parcel.clone()));
            }
            Effect::Close { connection, goodbye } => {
                if let Some(outbox) = self.outboxes.remove(&connection) {
                    outbox.close(goodbye);
                }
            }
            // Carried out by the task before they come here.
            Effect::Journal(_) | Effect::Media(_) | Effect::Recorder(_) => {}
        }
    }

    fn push(&self, to: ConnectionId, parcel: Parcel) {
        if let Some(outbox) = self.outboxes.get(&to) {
            outbox.push(parcel);
        }
    }
}

/// A message on its way to everybody, for somebody who entered meanwhile.
fn posted_again(effect: &Effect, to: ConnectionId) -> Option<Effect> {
    let Effect::Broadcast { notice: notice @ Notice::ChatPosted { .. }, .. } = effect else { return None };
    Some(Effect::Tell { to, notice: notice.clone() })
}
