//! What the network carries: transport-wide feedback in both directions.
//!
//! Pure: instants go in, figures and datagrams come out. Towards publishers the worker reports when each of their
//! packets arrived, and their browsers estimate ([`Arrivals`]). Subscribers report to the server, which estimates
//! what it may send to each ([`Estimator`]).

mod arrivals;
mod estimator;
mod history;
mod losses;
mod message;
mod meter;
mod pace;
mod probe;
mod slump;
mod train;
mod trend;

pub(super) use self::{
    arrivals::Arrivals,
    estimator::{Estimator, Quality},
    message::{FORMAT, Message},
    probe::TICK,
};
