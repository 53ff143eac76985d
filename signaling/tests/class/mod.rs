//! A class for the tests of sheets, corrections and hours: its plan, who is expected, its journal and what was decided.
#![allow(dead_code, reason = "no test needs all of it")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

pub(crate) mod journal;

use jiff::{SignedDuration, Timestamp};
use signaling::{
    attendance::{Enrolled, GaiaStatus, Known, Log, PresenceRow, PresenceSheet, Table, decided},
    correction::{Adjustment, Correction, Denied, Head, Ledger, Link, Permit, permit},
    id::{AdjustmentId, BootId, ConnectionId, ParticipantId, PersonId, SeanceId},
    journal::{Fact, Identity, Moment},
    protocol::Role,
    seance::Seance,
};
use uuid::Uuid;

pub(crate) const U1: u128 = 1;
pub(crate) const U9: u128 = 9;
pub(crate) const GUEST: u128 = 50;
pub(crate) const TRAINER: u128 = 70;
pub(crate) const MANAGER: u128 = 71;

pub(crate) fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(number))
}

pub(crate) fn minute(minute: i64) -> Timestamp {
    "2026-11-18T13:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

pub(crate) fn seance() -> Seance {
    Seance::new(SeanceId(Uuid::from_u128(90)), "CV de lancement", minute(0))
}

/// A séance, who is expected and what was decided.
pub(crate) struct Class {
    pub(crate) log: Log,
    pub(crate) seq: u64,
    pub(crate) known: Known,
    pub(crate) head: Head,
}

impl Class {
    /// The trainer is there all the time.
    pub(crate) fn held() -> Self {
        let mut class =
            Self { log: Log::default(), seq: 0, known: Known::default(), head: Head::start(seance().id) };
        class.known.enrolled = vec![expected(TRAINER, Table::Trainers)];
        class.says(-40, &Fact::Opened { heard_until: None });
        class.stays(TRAINER, -20, 100, Role::Trainer, Identity::Federated);
        class
    }

    pub(crate) fn says(&mut self, at: i64, fact: &Fact) {
        self.seq += 1;
        let boot_at = minute(-60);
        let mono_ms = u64::try_from(minute(at).duration_since(boot_at).as_millis()).unwrap();
        self.log.read(self.seq, &Moment { boot: BootId(Uuid::from_u128(1)), boot_at, mono_ms }, fact);
    }

    pub(crate) fn stays(&mut self, who: u128, from: i64, to: i64, role: Role, identity: Identity) {
        self.stays_as(&format!("u{who}"), who, (from, to), role, identity);
    }

    /// The same, under that name.
    pub(crate) fn stays_as(
        &mut self,
        name: &str,
        who: u128,
        (from, to): (i64, i64),
        role: Role,
        identity: Identity,
    ) {
        let participant = ParticipantId(Uuid::from_u128(who));
        let connection = ConnectionId(Uuid::from_u128(who * 1_000 + u128::from(self.seq)));
        let name = name.to_owned();
        self.says(from, &Fact::Joined { person: person(who), participant, connection, name, role, identity });
        self.says(to, &Fact::Left { participant, connection });
    }

    pub(crate) fn expects(&mut self, who: u128) -> &mut Self {
        self.known.enrolled.push(expected(who, Table::Participants));
        self
    }

    pub(crate) fn sheet(&self) -> PresenceSheet {
        decided(&seance(), self.log.view(&seance()), &self.log, &self.known, minute(300))
    }

    /// Corrects as the server does: asked of the rules first.
    pub(crate) fn corrects(&mut self, author: u128, at: Timestamp, asked: &Correction) -> Result<(), Denied> {
        let sheet = self.sheet();
        let known = self.known.clone();
        let ledger = Ledger::new(&known.adjustments);
        let olds = permit(asked, &sheet, &ledger, Permit { senior: author == MANAGER, now: at })?;
        for (person, old) in olds {
            let draft = Adjustment {
                id: AdjustmentId(Uuid::from_u128(u128::from(self.head.number) + 1)),
                seance: seance().id,
                number: 0,
                person,
                old,
                new: asked.change,
                reason: asked.reason,
                text: asked.text.clone(),
                author: PersonId(Uuid::from_u128(author)),
                at,
                link: Link::default(),
            };
            self.known.adjustments.push(self.head.append(draft, [7; 32]).unwrap());
        }
        Ok(())
    }
}

pub(crate) fn expected(who: u128, table: Table) -> Enrolled {
    Enrolled {
        person: person(who),
        last_name: format!("NOM{who}"),
        first_name: "Prénom".to_owned(),
        table: Some(table),
        role: if table == Table::Trainers { Role::Trainer } else { Role::Participant },
        gaia: GaiaStatus::Unlinked,
        double_role: false,
        removed_at: None,
    }
}

pub(crate) fn row(sheet: &PresenceSheet, who: u128) -> &PresenceRow {
    sheet.rows.iter().find(|row| row.person == person(who)).unwrap()
}
