//! Numbers that the states of Europe issue.

mod central;
mod north;
mod south;
mod west;

use super::Check;

pub(super) const CHECKS: [&[Check]; 4] = [west::CHECKS, central::CHECKS, south::CHECKS, north::CHECKS];
