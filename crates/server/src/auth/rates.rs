//! How often somebody may ask: a bucket for each token and one for its tenant, and one for each address
//! that shows what is not valid. An address whose bucket is empty reaches the store only with tokens that
//! were valid lately.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sluice_model::{Code, TenantId, TokenId};

use super::buckets::Buckets;
use crate::problem::Problem;
use crate::settings::Settings;

/// As many tokens of a tenant may ask as often as each may.
const TOKENS: u32 = 4;

/// How long it is known that a token was valid.
const KNOWN_FOR: Duration = Duration::from_mins(10);

/// How often those that are known no more are swept away.
const SWEEP_EACH: Duration = Duration::from_secs(1);

/// So many tokens are known at most.
const MOST_KNOWN: usize = 10_000;

/// The buckets of a server.
pub(crate) struct Rates {
    tokens: Buckets<TokenId>,
    tenants: Buckets<TenantId>,
    failures: Buckets<IpAddr>,
    known: Mutex<Known>,
    requests_per_second: u32,
}

/// Tokens that were found valid lately.
#[derive(Default)]
struct Known {
    /// Their hashes, and when that was.
    tokens: HashMap<[u8; 32], Instant>,
    swept: Option<Instant>,
}

impl Rates {
    pub(crate) fn new(settings: &Settings) -> Rates {
        Rates {
            tokens: Buckets::new(settings.requests_per_second),
            tenants: Buckets::new(settings.requests_per_second.saturating_mul(TOKENS)),
            failures: Buckets::new(settings.failures_per_second),
            known: Mutex::default(),
            requests_per_second: settings.requests_per_second,
        }
    }

    /// One request more of a token.
    pub(crate) fn request(&self, token: &TokenId, tenant: &TenantId) -> Result<(), Problem> {
        let now = Instant::now();
        let refused = |whose: &str, most: u32, wait: Duration| {
            let message = format!("more than {most} requests a second of {whose}");
            Problem::new(Code::RateLimited, message).retry_after(wait.as_secs() + 1)
        };
        let most = self.requests_per_second;
        self.tokens.take(token, now).map_err(|wait| refused("one token", most, wait))?;
        let most = most.saturating_mul(TOKENS);
        self.tenants.take(tenant, now).map_err(|wait| refused("one tenant", most, wait))
    }

    /// One secret more from that address that was not valid.
    pub(crate) fn failure(&self, address: IpAddr) -> Result<(), Problem> {
        self.failures.take(&address, Instant::now()).map_err(|_| too_many())
    }

    /// Whether the store is asked for what somebody at that address shows. A token that was valid lately
    /// is looked up whatever others at the address do.
    pub(crate) fn may_be_looked_up(
        &self,
        address: IpAddr,
        token: Option<&[u8; 32]>,
    ) -> Result<(), Problem> {
        let now = Instant::now();
        if self.failures.look(&address, now).is_ok() {
            return Ok(());
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = token.and_then(|token| known.tokens.get(token));
        let is_known = found.is_some_and(|at| now.saturating_duration_since(*at) < KNOWN_FOR);
        if is_known { Ok(()) } else { Err(too_many()) }
    }

    /// That token is valid.
    pub(crate) fn found_valid(&self, token: [u8; 32]) {
        let now = Instant::now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.tokens.len() >= MOST_KNOWN && !known.tokens.contains_key(&token) {
            // Not each time: there may be nothing to sweep.
            if known.swept.is_none_or(|swept| now.saturating_duration_since(swept) > SWEEP_EACH) {
                known.swept = Some(now);
                known.tokens.retain(|_, at| now.saturating_duration_since(*at) < KNOWN_FOR);
            }
            if known.tokens.len() >= MOST_KNOWN {
                return;
            }
        }
        known.tokens.insert(token, now);
    }
}

fn too_many() -> Problem {
    let message = "too many tokens or codes from this address that are not valid";
    Problem::new(Code::RateLimited, message).retry_after(1)
}
