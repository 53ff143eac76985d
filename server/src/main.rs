//! The command line of `preau`.
fn main() {}
