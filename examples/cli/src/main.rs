//! The shell command `sting`.

fn main() {}
