//! The sinops command: arguments, rendering, exit codes.
fn main() {}
