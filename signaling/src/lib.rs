//! What is said in a séance, and what it means.
