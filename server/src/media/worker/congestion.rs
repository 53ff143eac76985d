//! What goes over the network beside the media so that nobody sends more than it carries.

use std::time::Instant;

use super::{ConnectionKey, Worker};
use crate::media::{estimate::Arrivals, report::OWN_SSRC, srtp::SealContext};

/// An empty receiver report of ours: what every compound begins with (RFC 3550 §6.1).
const NO_REPORT: [u8; 8] = {
    let [a, b, c, d] = OWN_SSRC.to_be_bytes();
    [0x80, 201, 0, 1, a, b, c, d]
};

impl Worker {
    /// Tells a publisher when its packets arrived, as often as its browser needs it.
    pub(super) fn tell_arrivals(&mut self, key: ConnectionKey, now: Instant) {
        let mut compound = [0; NO_REPORT.len() + Arrivals::LONGEST];
        // A message covers a part of what came; the last one leaves nothing due.
        loop {
            let Some(connection) = self.connections.get_mut(key) else { return };
            let Some((_, arrivals)) =
                connection.publisher().and_then(|publisher| publisher.arrivals.as_mut())
            else {
                return;
            };
            if !arrivals.due(now) {
                return;
            }
            let Some((report, message)) = compound.split_first_chunk_mut::<{ NO_REPORT.len() }>() else {
                return;
            };
            *report = NO_REPORT;
            let Some(len) = arrivals.tell(OWN_SSRC, message, now) else { return };
            self.post_compound(key, compound.get(..NO_REPORT.len() + len).unwrap_or_default());
        }
    }

    /// Seals a compound into the outbox.
    pub(super) fn post_compound(&mut self, key: ConnectionKey, compound: &[u8]) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        let (Some(seal), Some(to)) = (&mut connection.seal, connection.address) else { return };
        let mut sealed = [0; 1500];
        if sealed.len() < compound.len() + SealContext::MAX_RTCP_TRAILER {
            return;
        }
        if let Ok(len) = seal.seal_rtcp(compound, &mut sealed)
            && let Some(datagram) = sealed.get(..len)
        {
            self.post(to, datagram);
        }
    }
}
