//! Places at which a test may let the process die, to see what is left.

/// Ends the process here where `SLUICE_CRASH_POINT` is `name:N` and this is the Nth time that the
/// place is passed. Without the feature `crash-points` it does nothing.
#[cfg(feature = "crash-points")]
pub fn crash_point(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static WANTED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("SLUICE_CRASH_POINT").ok()?;
        let (name, number) = text.rsplit_once(':')?;
        Some((name.to_owned(), number.parse().ok()?))
    });
    if let Some((wanted, number)) = wanted
        && wanted == name
        && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *number
    {
        std::process::abort();
    }
}

/// Ends the process here where `SLUICE_CRASH_POINT` is `name:N` and this is the Nth time that the
/// place is passed. Without the feature `crash-points` it does nothing.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub fn crash_point(_name: &str) {}
