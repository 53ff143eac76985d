//! Figures of the media plane, counted by each worker without a lock and published every half second.

use super::batch::RUN_BOUNDS;
use crate::figures::{Family, Latencies, Member};

/// Writes the figures down once: as fields, as their sum over workers, and as metrics. A family is a gauge (what is
/// there now) or a counter (what happened since the start); several fields of one family differ by a label.
macro_rules! figures {
    ($(
        #[doc = $help:literal]
        $kind:ident $metric:literal $(by $label:ident)? {
            $($(#[doc = $meaning:literal])* $field:ident $(= $value:literal)?,)+
        }
    )+) => {
        /// Figures for diagnostics: what is there now, and what happened since the start.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Counters {
            $($(
                #[doc = $help]
                $(#[doc = $meaning])*
                pub $field: u64,
            )+)+
            /// Messages by how many datagrams of one peer they carried, see `RUN_BOUNDS`.
            pub runs: [u64; RUN_BOUNDS.len()],
            /// How long the worker's turns took, from the clock reading to the last datagram handed over; one in four.
            pub turns: Latencies,
            /// The turns of the last seconds: 99 of 100 were shorter, microseconds.
            pub turn_p99_us: u64,
        }

        impl Counters {
            /// Everything that is a plain number, as metrics.
            pub const FAMILIES: &[Family<Self>] = &[$(
                Family {
                    metric: $metric,
                    kind: stringify!($kind),
                    help: $help,
                    label: concat!("" $(, stringify!($label))?),
                    members: &[$(
                        Member { value: concat!("" $(, $value)?), read: |counters: &Self| counters.$field },
                    )+],
                },
            )+];

            /// Upper bounds of the lengths told apart in `runs`.
            pub const RUN_BOUNDS: [usize; RUN_BOUNDS.len()] = RUN_BOUNDS;

            /// Sums up workers.
            pub(super) fn add(&mut self, other: &Self) {
                $($(self.$field += other.$field;)+)+
                self.runs.iter_mut().zip(other.runs).for_each(|(sum, runs)| *sum += runs);
                self.turns.add(&other.turns);
                self.turn_p99_us = self.turn_p99_us.max(other.turn_p99_us);
            }
        }
    };
}

figures! {
    /// Rooms open now.
    gauge "preau_media_rooms" { rooms, }
    /// Peer connections now, connected or about to be.
    gauge "preau_media_connections" { connections, }
    /// Published tracks now.
    gauge "preau_media_tracks" { tracks, }
    /// Subscribers whose network is estimated now.
    gauge "preau_media_estimated_subscribers" { estimated, }
    /// Sum of the estimates of subscribers' networks now, bit/s.
    gauge "preau_media_estimates_bits_per_second" { estimates, }
    /// Peers by TCP and behind the relay, now.
    gauge "preau_media_streams" { streams, }
    /// Datagrams received.
    counter "preau_media_datagrams_received_total" { received, }
    /// Datagrams that the system dropped because they came faster than they were taken in.
    counter "preau_media_receive_dropped_total" { receive_dropped, }
    /// Datagrams sent.
    counter "preau_media_datagrams_sent_total" { sent, }
    /// System calls that sent datagrams.
    counter "preau_media_send_calls_total" { send_calls, }
    /// Datagrams that were not sent, by reason.
    counter "preau_media_send_dropped_total" by reason {
        /// The socket had no room.
        send_dropped = "no_room",
        /// The queue of a peer by TCP or behind the relay had no room.
        stream_dropped = "stream_full",
        /// The system refused the destination.
        send_failed = "refused",
    }
    /// Sound and upkeep among the datagrams that the socket had no room for.
    counter "preau_media_send_dropped_sound_total" { sound_dropped, }
    /// Datagrams and packets received and not taken, by reason.
    counter "preau_media_refused_total" by reason {
        /// From an address nobody proved to own, or of no known kind.
        strangers = "stranger",
        /// Not parseable.
        malformed = "malformed",
        /// Failed authentication.
        unauthentic = "unauthentic",
        /// Seen before, by SRTP index or by sequence number.
        replayed = "replayed",
        /// SSRCs and payload types that were not negotiated, or too many of them.
        unnegotiated = "unnegotiated",
        /// Of publishers that send far more than they may.
        excess = "excess",
    }
    /// Packets of microphones that were left out for louder ones.
    counter "preau_media_unheard_total" { unheard, }
    /// Packets of pictures that waited for their turn towards a subscriber.
    counter "preau_media_paced_total" { paced, }
    /// Packets of pictures given up because a subscriber's network was too slow for them.
    counter "preau_media_given_up_total" { given_up, }
    /// Packets of sound by WebSocket, by what became of them.
    counter "preau_media_socket_sound_total" by what {
        /// Handed to somebody's connection.
        sounds_sent = "sent",
        /// Dropped, because that takes them too slowly.
        sounds_dropped = "late",
        /// Came from somebody's microphone.
        sounds_taken = "taken",
        /// Came from somebody who had not asked to speak so.
        sounds_refused = "refused",
    }
    /// Reports of subscribers that packets are missing (NACK).
    counter "preau_media_nacks_received_total" { nacks, }
    /// Packets that subscribers asked for again.
    counter "preau_media_nacked_total" { nacked, }
    /// Keyframes that subscribers asked for (PLI, FIR).
    counter "preau_media_keyframes_wanted_total" { keyframes_wanted, }
    /// Packets resent to subscribers.
    counter "preau_media_resent_total" { resent, }
    /// Sequence numbers asked again from publishers.
    counter "preau_media_asked_again_total" { asked_again, }
    /// Packets of padding sent to find out what a network carries.
    counter "preau_media_padding_total" { padding, }
    /// Packets recovered by retransmission.
    counter "preau_media_recovered_total" { recovered, }
    /// Keyframe requests sent to publishers.
    counter "preau_media_keyframes_asked_total" { keyframes_asked, }
    /// A peer's input made the worker panic; the peer was closed.
    counter "preau_media_panics_total" { panics, }
    /// Events that the classroom did not take.
    counter "preau_media_events_dropped_total" { events_dropped, }
    /// Packets that another worker of the same room did not take.
    counter "preau_media_relay_dropped_total" { relay_dropped, }
    /// Items that the recorder did not take.
    counter "preau_media_recorder_dropped_total" { tap_dropped, }
}
