//! Named moments at which a test lets the process die or an operation fail.
//!
//! `STING_FAIL=NAME` kills the process when it comes to that point; `STING_FAIL=NAME:error` fails the
//! operation as a disk would; a number behind it (`NAME:error:3`) lets it pass so many times first.
//! Only builds with debug assertions have the points.

use crate::Error;

/// Comes to a point.
#[cfg(debug_assertions)]
pub(crate) fn point(name: &'static str) -> Result<(), Error> {
    use std::sync::atomic::Ordering;

    let Some(plan) = plan().filter(|plan| plan.name == name) else { return Ok(()) };
    if plan.passes.fetch_sub(1, Ordering::Relaxed) > 0 {
        return Ok(());
    }
    if !plan.is_error {
        // No destructor runs and nothing is written any more, as when the process is killed.
        std::process::abort();
    }
    let error = std::io::Error::other("the disk of a test failed");
    Err(Error::io(std::path::Path::new(name), "reaching the fail point")(error))
}

/// Whether a test wants this point.
#[cfg(debug_assertions)]
pub(crate) fn is_set(name: &str) -> bool {
    plan().is_some_and(|plan| plan.name == name)
}

#[cfg(debug_assertions)]
struct Plan {
    name: String,
    is_error: bool,
    /// Times that the point is passed before it takes effect.
    passes: std::sync::atomic::AtomicI64,
}

#[cfg(debug_assertions)]
fn plan() -> Option<&'static Plan> {
    static PLAN: std::sync::OnceLock<Option<Plan>> = std::sync::OnceLock::new();
    let parse = || {
        let value = std::env::var("STING_FAIL").ok()?;
        let mut parts = value.split(':');
        let name = parts.next()?.to_owned();
        let is_error = parts.next() == Some("error");
        let passes = parts.next().and_then(|passes| passes.parse().ok()).unwrap_or(0);
        Some(Plan { name, is_error, passes: std::sync::atomic::AtomicI64::new(passes) })
    };
    PLAN.get_or_init(parse).as_ref()
}

#[cfg(not(debug_assertions))]
#[inline(always)]
#[allow(clippy::unnecessary_wraps)] // as the other
pub(crate) fn point(_name: &'static str) -> Result<(), Error> {
    Ok(())
}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub(crate) fn is_set(_name: &str) -> bool {
    false
}
