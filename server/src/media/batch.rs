//! Batched socket calls: many datagrams in, many out, one system call each; runs to one peer as one message.
//!
//! The one module of the server where `unsafe` may stand. Every call has a twin in safe Rust; a test holds them
//! against each other.
#![allow(unsafe_code)]

mod address;
mod drops;
mod inbox;
mod outbox;
mod send;
mod wake;

pub(super) use self::{
    drops::dropped,
    inbox::{BATCH, Inbox},
    outbox::{Flushed, Outbox, RUN_BOUNDS, Worth},
    wake::{Waker, Woken, wait},
};

#[cfg(test)]
mod tests;
