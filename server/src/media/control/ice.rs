//! ICE-lite (RFC 8445 §2.5): which addresses the client has proven, and which of them it nominated.
//!
//! Clients ping from several addresses, and DTLS follows right after the first answer. So everything is accepted from
//! every validated address, and sent to the nominated one, never to where the latest ping came from.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::stun::{Request, Verdict, integrity_key};
use super::{IceCredentials, Output};

/// How long an address stays good without an authenticated ping (RFC 7675 §5.1).
pub(super) const CONSENT: Duration = Duration::from_secs(30);
/// Addresses of one client at a time.
const MAX_PAIRS: usize = 8;
/// While a client still nominates every pair it tries, the pair of the highest priority wins (RFC 5245 §8.1.1.2).
/// Once the nominated one has been quiet for this long, a nomination elsewhere is a change of mind.
const NOMINATION_HOLD: Duration = Duration::from_millis(500);

/// The lite agent of one connection.
#[derive(Debug)]
pub(super) struct Agent {
    /// The credentials in use, and the fresh ones of a restart.
    local: IceCredentials,
    next: Option<IceCredentials>,
    /// The client's ufrags, by the same distinction. Its password is never needed: a lite agent only answers.
    remote: Option<String>,
    next_remote: Option<String>,
    pairs: Vec<Pair>,
    selected: Option<SocketAddr>,
}

/// An address that answered with the right password.
#[derive(Debug)]
struct Pair {
    address: SocketAddr,
    heard: Instant,
    nominated: Option<Instant>,
    priority: u32,
}

impl Agent {
    pub(super) const fn new(local: IceCredentials) -> Self {
        Self { local, next: None, remote: None, next_remote: None, pairs: Vec::new(), selected: None }
    }

    /// The credentials to announce.
    pub(super) fn local(&self) -> &IceCredentials {
        self.next.as_ref().unwrap_or(&self.local)
    }

    pub(super) fn set_remote(&mut self, ufrag: String) {
        if self.remote.is_none() {
            self.remote = Some(ufrag);
        } else if self.remote.as_ref() != Some(&ufrag) {
            self.next_remote = Some(ufrag);
        }
    }

    pub(super) fn restart(&mut self, fresh: IceCredentials, output: &mut VecDeque<Output>) {
        if let Some(superseded) = self.next.replace(fresh) {
            output.push_back(Output::Retired(superseded.ufrag));
        }
    }

    /// Where to send.
    pub(super) const fn selected(&self) -> Option<SocketAddr> {
        self.selected
    }

    pub(super) fn is_validated(&self, address: SocketAddr) -> bool {
        self.pairs.iter().any(|pair| pair.address == address)
    }

    /// When the first address loses its consent.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.pairs.iter().map(|pair| pair.heard + CONSENT).min()
    }

    /// Answers a binding request, if it is for this peer, and takes note of the address. `true` when it was authentic.
    pub(super) fn input(
        &mut self,
        now: Instant,
        from: SocketAddr,
        mapped: SocketAddr,
        datagram: &[u8],
        output: &mut VecDeque<Output>,
    ) -> bool {
        let Some(request) = Request::read(datagram) else { return false };
        let Some((local, fresh)) = self.credentials_for(&request) else { return false };
        // Made anew each time: it is a hundred times as large as the password, and pings are rare.
        let key = integrity_key(&local.pwd);
        if !request.is_authentic(&key) {
            return false;
        }
        let verdict = request.verdict();
        let Some(answer) = request.answer(verdict, mapped, &key) else { return true };
        output.push_back(Output::Send { to: from, datagram: answer });
        if verdict == Verdict::Success {
            if fresh {
                self.promote(output);
            }
            self.validate(now, from, &request, output);
        }
        true
    }

    /// Which credentials of this side the request knows, and whether those are the fresh ones. The client's half must
    /// be known too, unless its description has not arrived yet: its first pings may be faster.
    fn credentials_for(&self, request: &Request) -> Option<(&IceCredentials, bool)> {
        let (local, remote) = request.username()?;
        let known = [&self.remote, &self.next_remote];
        let (credentials, fresh) = match &self.next {
            Some(next) if next.ufrag == local => (next, true),
            Some(_) | None if self.local.ufrag == local => (&self.local, false),
            Some(_) | None => return None,
        };
        let early = if fresh { self.next_remote.is_none() } else { self.remote.is_none() };
        let expected = early || known.into_iter().flatten().any(|ufrag| ufrag == remote);
        expected.then_some((credentials, fresh))
    }

    /// The restart succeeded: the old credentials are over (RFC 8445 §9).
    fn promote(&mut self, output: &mut VecDeque<Output>) {
        let Some(next) = self.next.take() else { return };
        let old = std::mem::replace(&mut self.local, next);
        output.push_back(Output::Retired(old.ufrag));
        self.remote = self.next_remote.take();
        // The client starts anew: what it nominated before no longer outweighs what it nominates now.
        self.pairs.iter_mut().for_each(|pair| pair.nominated = None);
    }

    fn validate(&mut self, now: Instant, from: SocketAddr, request: &Request, output: &mut VecDeque<Output>) {
        let (priority, use_candidate) = (request.priority(), request.use_candidate());
        if let Some(pair) = self.pairs.iter_mut().find(|pair| pair.address == from) {
            pair.heard = now;
            pair.priority = priority;
        } else {
            self.make_room(output);
            self.pairs.push(Pair { address: from, heard: now, nominated: None, priority });
        }
        output.push_back(Output::Validated(from));
        let chosen = match self.selected {
            None => true,
            Some(selected) => use_candidate && selected != from && self.outweighs(now, priority, selected),
        };
        if use_candidate && let Some(pair) = self.pairs.iter_mut().find(|pair| pair.address == from) {
            pair.nominated = Some(now);
        }
        if chosen {
            self.select(from, output);
        }
    }

    /// Whether a nomination with this priority moves media away from the selected address.
    fn outweighs(&self, now: Instant, priority: u32, selected: SocketAddr) -> bool {
        let Some(pair) = self.pairs.iter().find(|pair| pair.address == selected) else { return true };
        let settled = |nominated: Instant| now.saturating_duration_since(nominated) >= NOMINATION_HOLD;
        pair.nominated.is_none_or(settled) || priority > pair.priority
    }

    /// Media follows the client to an address that it proved, but did not nominate.
    pub(super) fn roam(&mut self, to: SocketAddr, output: &mut VecDeque<Output>) {
        if self.selected != Some(to) && self.is_validated(to) {
            self.select(to, output);
        }
    }

    fn select(&mut self, address: SocketAddr, output: &mut VecDeque<Output>) {
        self.selected = Some(address);
        output.push_back(Output::Nominated(address));
    }

    /// Drops the address that has been quiet for longest, but never the one media goes to.
    fn make_room(&mut self, output: &mut VecDeque<Output>) {
        if self.pairs.len() < MAX_PAIRS {
            return;
        }
        let others = self.pairs.iter().filter(|pair| Some(pair.address) != self.selected);
        if let Some(quietest) = others.min_by_key(|pair| pair.heard).map(|pair| pair.address) {
            self.pairs.retain(|pair| pair.address != quietest);
            output.push_back(Output::Forgotten(quietest));
        }
    }

    /// Forgets addresses without consent. True when that leaves none of the addresses there were.
    pub(super) fn wake(&mut self, now: Instant, output: &mut VecDeque<Output>) -> bool {
        let before = self.pairs.len();
        self.pairs.retain(|pair| {
            let alive = now.saturating_duration_since(pair.heard) < CONSENT;
            if !alive {
                output.push_back(Output::Forgotten(pair.address));
            }
            alive
        });
        self.replace_selected(output);
        before > 0 && self.pairs.is_empty()
    }

    /// Forgets an address that nothing can be sent to any more, unless it is the only one: then its consent ends, or
    /// the client comes from elsewhere.
    pub(super) fn gone(&mut self, address: SocketAddr, output: &mut VecDeque<Output>) {
        if self.pairs.len() < 2 || !self.is_validated(address) {
            return;
        }
        self.pairs.retain(|pair| pair.address != address);
        output.push_back(Output::Forgotten(address));
        self.replace_selected(output);
    }

    /// Selects another address when the selected one was forgotten.
    fn replace_selected(&mut self, output: &mut VecDeque<Output>) {
        if self.selected.is_none_or(|selected| self.is_validated(selected)) {
            return;
        }
        let best = self.pairs.iter().max_by_key(|pair| (pair.nominated.is_some(), pair.heard));
        if let Some(address) = best.map(|pair| pair.address) {
            self.select(address, output);
        }
    }
}
