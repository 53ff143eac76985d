//! Presence against a simulated truth: ten thousand classes second by second, with devices that come, leave, vanish and
//! go to ateliers, and servers that crash. What is true is counted on a grid of seconds, without any interval; what the
//! journal of the same class gives must be the same to the millisecond.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod class;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use signaling::{
    attendance::{Known, Log, decided},
    id::{BootId, ConnectionId, ParticipantId, PersonId},
    journal::{Fact, Identity, Moment},
    protocol::{Role, seance::EndCause},
    seance::Seance,
};
use uuid::Uuid;

/// The announced séance lasts 40 minutes; doors open 10 minutes before.
const OPENS: i64 = -600;
const MINUTES: u32 = 40;
const DEVICES: usize = 3;
const CLASSES: u64 = 10_000;
const BRIDGED: i64 = 120;
const RESTART: i64 = 300;
const SILENCE: i64 = 60;

fn second(second: i64) -> Timestamp {
    "2026-11-18T13:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

/// xorshift64*: the same class for the same number, everywhere.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, from: i64, to: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        from + i64::try_from(number).unwrap() % (to - from)
    }

    fn one_in(&mut self, n: i64) -> bool {
        self.throw(0, n) == 0
    }
}

#[derive(Clone, Copy)]
struct Open {
    connection: ConnectionId,
    since: i64,
    /// Said, and not yet written down.
    heard: Option<i64>,
    /// Written down.
    persisted: i64,
    /// Vanished then: nothing more is heard, and nobody has noticed.
    vanished: Option<i64>,
}

#[derive(Clone, Default)]
struct Device {
    open: Vec<Open>,
    /// Comes, or does something else, at that second.
    next: Option<i64>,
}

/// What is true of somebody: seconds in which a device was connected or an outage is credited.
struct Truth {
    seconds: Vec<bool>,
    /// Instants at which a device came: even of one that was never heard again.
    came: Vec<bool>,
    /// Cut off since; and until when a return is credited, once the server is up.
    cut: Option<(i64, Option<i64>)>,
}

impl Truth {
    fn fill(&mut self, from: i64, to: i64) {
        for at in from..to {
            self.seconds[usize::try_from(at - OPENS).unwrap()] = true;
        }
    }
}

struct Class {
    dice: Dice,
    log: Log,
    seq: u64,
    boot: u128,
    boot_at: i64,
    last_record: i64,
    connections: u128,
    devices: Vec<[Device; DEVICES]>,
    truths: Vec<Truth>,
    ends: i64,
    /// End of the counted window.
    counted_to: i64,
}

impl Class {
    fn new(seed: u64, people: usize) -> Self {
        let ends = i64::from(MINUTES) * 60 + 1_800;
        let length = usize::try_from(ends + 3_600 - OPENS).unwrap();
        let mut class = Self {
            dice: Dice(seed | 1),
            log: Log::default(),
            seq: 0,
            boot: 1,
            boot_at: OPENS - 100,
            last_record: OPENS,
            connections: 0,
            devices: vec![Default::default(); people],
            truths: (0..people)
                .map(|_| Truth { seconds: vec![false; length], came: vec![false; length], cut: None })
                .collect(),
            ends,
            counted_to: i64::from(MINUTES) * 60,
        };
        class.dice.0 = class.dice.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for person in 0..people {
            for device in 0..DEVICES {
                // The first device of the first one, the trainer, comes for sure.
                let comes = (person == 0 && device == 0) || class.dice.one_in(2);
                class.devices[person][device].next =
                    comes.then(|| class.dice.throw(OPENS + 1, i64::from(MINUTES) * 60 + 300));
            }
        }
        class
    }

    fn says(&mut self, at: i64, fact: &Fact) {
        self.seq += 1;
        self.last_record = at;
        let boot_at = second(self.boot_at);
        let mono_ms = u64::try_from((at - self.boot_at) * 1_000).unwrap();
        let boot = BootId(Uuid::from_u128(self.boot));
        self.log.read(self.seq, &Moment { boot, boot_at, mono_ms }, fact);
    }

    /// The whole class, second by second.
    fn held(&mut self) {
        self.says(OPENS, &Fact::Opened { heard_until: None });
        let early = self.dice.one_in(4).then(|| self.dice.throw(700, i64::from(MINUTES) * 60));
        let extended = self.dice.one_in(4).then(|| self.dice.throw(60, 600));
        let end = early.unwrap_or(self.ends);
        let crashes: Vec<i64> =
            (0..self.dice.throw(0, 3)).map(|_| self.dice.throw(OPENS + 10, end - 600)).collect();
        let mut down_until: Option<i64> = None;
        for at in OPENS + 1..end {
            if let Some(until) = down_until {
                if at == until {
                    self.comes_back(at);
                    down_until = None;
                }
                continue;
            }
            if let (30, Some(more)) = (at, extended) {
                let ends_at = second(i64::from(MINUTES) * 60 + more);
                self.says(at, &Fact::Extended { ends_at, by: participant(0) });
                self.counted_to += more;
            }
            if crashes.contains(&at) {
                self.crashes(at);
                down_until = Some(at + self.dice.throw(1, 400));
                continue;
            }
            self.passes(at, end);
        }
        let why = if early.is_some() { EndCause::Trainer } else { EndCause::Forgotten };
        self.says(end, &Fact::Ended { why, by: None });
        self.counted_to = self.counted_to.min(end);
        for person in 0..self.devices.len() {
            for open in self.opens(person) {
                // Heard in the last minute: there until the end.
                let to = if end - open.persisted <= SILENCE { end } else { open.persisted };
                self.truths[person].fill(open.since, to);
            }
        }
    }

    fn opens(&self, person: usize) -> Vec<Open> {
        self.devices[person].iter().flat_map(|device| device.open.clone()).collect()
    }

    /// One second of a running server.
    fn passes(&mut self, at: i64, end: i64) {
        for person in 0..self.devices.len() {
            for device in 0..DEVICES {
                self.notices(person, device, at);
                if self.devices[person][device].next == Some(at) {
                    self.acts(person, device, at, end);
                }
                for open in &mut self.devices[person][device].open {
                    if open.vanished.is_none() && (at - open.since) % 15 == 0 && at > open.since {
                        open.heard = Some(at);
                    }
                }
            }
        }
        if at % 10 == 0 {
            let mut heard = Vec::new();
            for open in self.devices.iter_mut().flatten().flat_map(|device| &mut device.open) {
                if let Some(last) = open.heard.take() {
                    open.persisted = last;
                    heard.push((open.connection, second(last)));
                }
            }
            if !heard.is_empty() {
                self.says(at, &Fact::Heartbeats { heard });
            }
        }
    }

    /// A minute after its last sign of life a connection is lost.
    fn notices(&mut self, person: usize, device: usize, at: i64) {
        let opens = &mut self.devices[person][device].open;
        let noticed = |open: &Open| open.vanished == Some(at - SILENCE - 1);
        let Some(index) = opens.iter().position(noticed) else { return };
        // Not two of the same device vanish in the same second.
        let open = opens.remove(index);
        let last = open.vanished.unwrap();
        let (connection, last_heard) = (open.connection, second(last));
        self.says(at, &Fact::Lost { participant: participant(person), connection, last_heard });
        self.truths[person].fill(open.since, last);
    }

    /// Comes, or leaves in one of the ways people leave.
    fn acts(&mut self, person: usize, device: usize, at: i64, end: i64) {
        let current = self.devices[person][device].open.iter().position(|open| open.vanished.is_none());
        let Some(index) = current else {
            self.joins(person, device, at);
            self.devices[person][device].next = Some(at + self.dice.throw(5, 1_500));
            return;
        };
        let again = match self.dice.throw(0, 4) {
            // Vanishes, as a phone in a tunnel does; comes back, perhaps before anybody notices.
            0 if at < end - 200 => {
                self.devices[person][device].open[index].vanished = Some(at);
                self.dice.throw(1, 400)
            }
            // To an atelier, or back.
            1 => {
                self.leaves(person, device, index, at);
                self.dice.throw(1, 12)
            }
            _ => {
                self.leaves(person, device, index, at);
                self.dice.throw(1, 1_200)
            }
        };
        self.devices[person][device].next = Some(at + again);
    }

    fn joins(&mut self, person: usize, device: usize, at: i64) {
        self.connections += 1;
        let connection = ConnectionId(Uuid::from_u128(self.connections));
        let joined = Fact::Joined {
            person: someone(person),
            participant: participant(person),
            connection,
            name: "Camille".to_owned(),
            role: if person == 0 { Role::Trainer } else { Role::Participant },
            identity: Identity::PersonalLink,
        };
        self.says(at, &joined);
        self.devices[person][device].open.push(Open {
            connection,
            since: at,
            heard: None,
            persisted: at,
            vanished: None,
        });
        let truth = &mut self.truths[person];
        truth.came[usize::try_from(at - OPENS).unwrap()] = true;
        if let Some((since, until)) = truth.cut
            && until.is_none_or(|until| at <= until)
        {
            truth.fill(since, at);
        }
    }

    fn leaves(&mut self, person: usize, device: usize, index: usize, at: i64) {
        let open = self.devices[person][device].open.remove(index);
        self.says(at, &Fact::Left { participant: participant(person), connection: open.connection });
        self.truths[person].fill(open.since, at);
    }

    /// The server is gone: what was open is true until it was last written down.
    fn crashes(&mut self, at: i64) {
        let known = self.last_record;
        for person in 0..self.devices.len() {
            let open = self.opens(person);
            for one in &open {
                self.truths[person].fill(one.since, one.persisted);
            }
            let truth = &mut self.truths[person];
            truth.cut = match (open.iter().map(|one| one.persisted).min(), truth.cut) {
                (Some(since), _) => Some((since, None)),
                (None, Some((since, until))) if until.is_none_or(|until| known <= until) => {
                    Some((since, None))
                }
                (None, _) => None,
            };
            for device in 0..DEVICES {
                let waits = self.dice.throw(1, 900);
                let returns = self.dice.one_in(5);
                let one = &mut self.devices[person][device];
                let was_open = !one.open.is_empty();
                one.open.clear();
                if was_open || one.next.is_some_and(|next| next >= at) {
                    one.next = (!returns).then_some(at + waits);
                }
            }
        }
    }

    /// Another run of the server. Who meant to come while it was down comes after.
    fn comes_back(&mut self, at: i64) {
        self.boot += 1;
        self.boot_at = at - 1;
        let heard_until = Some(second(self.last_record));
        self.says(at, &Fact::Opened { heard_until });
        for truth in &mut self.truths {
            if let Some((since, None)) = truth.cut {
                truth.cut = Some((since, Some(at + RESTART)));
            }
        }
        for device in self.devices.iter_mut().flatten() {
            if let Some(next) = device.next.filter(|next| *next <= at) {
                device.next = Some(at + 1 + (at - next) % 20);
            }
        }
    }
}

fn someone(person: usize) -> PersonId {
    PersonId(Uuid::from_u128(person as u128 + 1))
}

fn participant(person: usize) -> ParticipantId {
    ParticipantId(Uuid::from_u128(person as u128 + 1))
}

fn seance() -> Seance {
    Seance { duration_min: MINUTES, access_before_min: 10, ..class::seance() }
}

/// Milliseconds of presence that are true: gaps of two minutes filled, inside the window.
fn true_ms(truth: &Truth, from: i64, to: i64) -> u64 {
    let mut seconds = truth.seconds.clone();
    let mut until: Option<usize> = None;
    for at in 0..seconds.len() {
        if truth.seconds[at] || truth.came[at] {
            if let Some(until) = until
                && i64::try_from(at - until).unwrap() <= BRIDGED
            {
                seconds[until..at].fill(true);
            }
            until = Some(at + usize::from(truth.seconds[at]));
        }
    }
    let index = |at: i64| usize::try_from(at - OPENS).unwrap();
    let counted = seconds[index(from)..index(to)].iter().filter(|there| **there).count();
    counted as u64 * 1_000
}

#[test]
fn ten_thousand_classes_are_counted_to_the_millisecond() {
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 1..=CLASSES {
        let mut class = Class::new(seed, 2);
        class.held();
        let sheet =
            decided(&seance(), class.log.view(&seance()), &class.log, &Known::default(), second(10_000));
        assert_eq!((sheet.window_start, sheet.window_end), (second(0), second(class.counted_to)));
        for row in &sheet.rows {
            let truth = &class.truths[usize::try_from(row.person.0.as_u128()).unwrap() - 1];
            let expected = true_ms(truth, 0, class.counted_to);
            assert_eq!(row.presence_ms, expected, "class {seed}, {}, {:?}", row.person, row.flags);
            *told.entry("rows").or_default() += 1;
            *told.entry("present").or_default() += usize::from(row.presence_ms > 0);
            for flag in &row.flags {
                let flag = if flag == "COUPURE_SERVEUR_CREDITEE" { "credited" } else { "other flags" };
                *told.entry(flag).or_default() += 1;
            }
        }
    }
    // The simulation is worth something: most people came, and many were cut off by a crash and came back.
    assert!(told["rows"] > 15_000 && told["present"] > 10_000 && told["credited"] > 2_000, "{told:?}");
}
