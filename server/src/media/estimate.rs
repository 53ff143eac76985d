//! What the network carries: transport-wide feedback in both directions.
//!
//! Pure: instants go in, figures and datagrams come out. Towards publishers the worker reports when each of their
//! packets arrived, and their browsers estimate ([`Arrivals`]).

mod arrivals;
mod message;

pub(super) use arrivals::Arrivals;
pub(super) use message::Message;
