//! Starts servers and sends people into them.
