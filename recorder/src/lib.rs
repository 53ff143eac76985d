//! The memory of a séance: packets and events in, a playable folder out.
