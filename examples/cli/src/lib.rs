//! What stands behind the shell command `sting`: the demo and the generator.

pub mod demo;
pub mod generate;
