//! Time and chance: the only place where the executor asks the machine for either.

use std::time::{SystemTime, UNIX_EPOCH};

use sluice_model::{AskId, AuditId, RunId, TokenId};

/// Microseconds since the Unix epoch.
pub fn now_us() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX)
}

/// A run's name that nobody has yet.
pub fn run_id() -> RunId {
    RunId::new(now_us() / 1_000, random())
}

/// A token's name that nobody has yet.
pub fn token_id() -> TokenId {
    TokenId::new(now_us() / 1_000, random())
}

/// An audit entry's name that nobody has yet.
pub fn audit_id() -> AuditId {
    AuditId::new(now_us() / 1_000, random())
}

/// A question's name that nobody has yet.
pub(crate) fn ask_id() -> AskId {
    AskId::new(now_us() / 1_000, random())
}

/// A seed for a run.
pub(crate) fn seed() -> [u8; 32] {
    random()
}

/// A number in 0..1.
pub(crate) fn chance() -> f64 {
    f64::from(u32::from_le_bytes(random())) / (f64::from(u32::MAX) + 1.0)
}

/// Bytes that nobody can guess.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let got = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty());
    assert_eq!(got, Ok(N), "the kernel promises that so few bytes come at once");
    bytes
}
