//! One person in one séance: reads their events in order, ends with their intervals (domain rules §2.2, steps 2 to 4).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::event::{Heartbeats, Params, WaitReason};
use super::flag::Flag;
use super::interval::Interval;
use super::outage::Cut;
use crate::id::ConnectionId;

/// What was read of one person's events.
#[derive(Debug, Clone, Default)]
pub(super) struct Stay {
    connections: BTreeMap<ConnectionId, Connection>,
    waiting: Option<(Timestamp, WaitReason)>,
    cut: Option<Cut>,
    /// One per time a connection was open.
    pub(super) connected: Vec<Interval>,
    pub(super) waits: Vec<(Interval, WaitReason)>,
    /// Credited outages.
    pub(super) credits: Vec<Interval>,
    pub(super) flags: BTreeSet<Flag>,
    /// A connection was open, and heard, when a running séance was looked at.
    pub(super) here: bool,
}

/// Where a connection stands.
#[derive(Debug, Clone, Copy)]
enum Connection {
    Open(Open),
    /// Fell silent; a heartbeat reopens it.
    Lost,
    Closed,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    since: Timestamp,
    /// Last heard.
    heard: Timestamp,
}

impl Stay {
    pub(super) fn join(&mut self, at: Timestamp, connection: ConnectionId) {
        if let Some(Connection::Open(open)) = self.connections.get_mut(&connection) {
            open.heard = at;
            self.flags.insert(Flag::DoublonJoin);
            return;
        }
        self.open(at, connection);
        if let Some(hole) = self.cut.and_then(|cut| cut.credit(at)) {
            self.credits.push(hole);
            self.flags.insert(Flag::CoupureServeurCreditee);
        }
    }

    pub(super) fn leave(&mut self, at: Timestamp, connection: ConnectionId) {
        if let Some(open) = self.opened(connection) {
            self.close(connection, open, at, Connection::Closed);
        } else {
            self.flags.insert(Flag::LeaveOrphelin);
        }
    }

    pub(super) fn lose(&mut self, at: Timestamp, connection: ConnectionId, last_heard: Option<Timestamp>) {
        let Some(open) = self.opened(connection) else { return };
        let last_heard = last_heard.unwrap_or(open.since).min(at);
        self.close(connection, open, last_heard, Connection::Lost);
        self.flags.insert(Flag::SortieSansLeave);
        if last_heard <= open.since {
            self.flags.insert(Flag::AucunBattement);
        }
    }

    pub(super) fn hear(&mut self, at: Timestamp, connection: ConnectionId) {
        match self.connections.get_mut(&connection) {
            Some(Connection::Open(open)) => open.heard = open.heard.max(at),
            Some(Connection::Lost) => self.open(at, connection),
            Some(Connection::Closed) | None => {}
        }
    }

    /// Waits; a wait under way for another reason ends.
    pub(super) fn wait(&mut self, at: Timestamp, reason: WaitReason) {
        if self.waiting.is_none_or(|(_, before)| before != reason) {
            self.stop_waiting(at);
            self.waiting = Some((at, reason));
        }
    }

    pub(super) fn stop_waiting(&mut self, at: Timestamp) {
        if let Some((since, reason)) = self.waiting.take() {
            self.waits.push((Interval::new(since, at), reason));
        }
    }

    pub(super) fn refuse(&mut self, at: Timestamp) {
        self.stop_waiting(at);
        self.flags.insert(Flag::RefuseSalleAttente);
    }

    pub(super) fn server_down(&mut self, at: Timestamp, heartbeats: Heartbeats) {
        self.stop_waiting(at);
        let mut since: Option<Timestamp> = None;
        for (connection, open) in self.all_open() {
            let heard = match heartbeats {
                Heartbeats::Implied => at,
                Heartbeats::Logged => open.heard.min(at),
            };
            self.close(connection, open, heard, Connection::Closed);
            since = Some(since.map_or(heard, |first| first.min(heard)));
        }
        self.cut = since.map(Cut::new).or_else(|| self.cut.and_then(|cut| cut.again(at)));
    }

    pub(super) fn server_up(&mut self, at: Timestamp, params: &Params) {
        if let Some(cut) = &mut self.cut {
            cut.server_up(at, params);
        }
    }

    /// The end of the séance closes everything. Who had not been heard for long was gone before, with the server.
    pub(super) fn end(&mut self, at: Timestamp, heartbeats: Heartbeats, params: &Params) {
        self.stop_waiting(at);
        self.cut = None;
        for (connection, open) in self.all_open() {
            if open.is_heard(at, heartbeats, params) {
                self.close(connection, open, at, Connection::Closed);
                self.flags.insert(Flag::FermeParFinSeance);
            } else {
                self.close(connection, open, open.heard, Connection::Closed);
            }
        }
    }

    /// How it stands `now`, in a séance that goes on.
    pub(super) fn look(&mut self, now: Timestamp, heartbeats: Heartbeats, params: &Params) {
        self.stop_waiting(now);
        for (connection, open) in self.all_open() {
            let heard = open.is_heard(now, heartbeats, params);
            self.close(connection, open, if heard { now } else { open.heard }, Connection::Closed);
            self.here |= heard;
        }
    }

    fn open(&mut self, at: Timestamp, connection: ConnectionId) {
        self.connections.insert(connection, Connection::Open(Open { since: at, heard: at }));
    }

    fn close(&mut self, connection: ConnectionId, open: Open, at: Timestamp, then: Connection) {
        self.connected.push(Interval::new(open.since, at));
        self.connections.insert(connection, then);
    }

    fn opened(&self, connection: ConnectionId) -> Option<Open> {
        self.connections.get(&connection)?.opened()
    }

    fn all_open(&self) -> Vec<(ConnectionId, Open)> {
        self.connections.iter().filter_map(|(id, connection)| Some((*id, connection.opened()?))).collect()
    }
}

impl Connection {
    fn opened(self) -> Option<Open> {
        match self {
            Self::Open(open) => Some(open),
            Self::Lost | Self::Closed => None,
        }
    }
}

impl Open {
    fn is_heard(&self, now: Timestamp, heartbeats: Heartbeats, params: &Params) -> bool {
        match heartbeats {
            Heartbeats::Implied => true,
            Heartbeats::Logged => now.duration_since(self.heard) <= params.heartbeat_timeout,
        }
    }
}
