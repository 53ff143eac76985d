//! The media plane: what a peer connection needs, from its offer to its sealed packets.

pub mod control;
pub mod sdp;
pub mod srtp;
