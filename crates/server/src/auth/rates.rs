//! How often somebody may ask: a bucket for each token, and one for each address that sends tokens which
//! are not valid.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use sluice_model::{Code, TokenId};

use crate::problem::Problem;
use crate::settings::Settings;

type Buckets<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

/// Buckets beyond which those that are full again are forgotten.
const MANY: usize = 10_000;

/// The buckets of a server.
pub(crate) struct Rates {
    requests: Buckets<TokenId>,
    failures: Buckets<IpAddr>,
    requests_per_second: u32,
}

impl Rates {
    pub(crate) fn new(settings: &Settings) -> Rates {
        let quota = |per_second: u32| {
            Quota::per_second(NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN))
        };
        Rates {
            requests: RateLimiter::hashmap(quota(settings.requests_per_second)),
            failures: RateLimiter::hashmap(quota(settings.failures_per_second)),
            requests_per_second: settings.requests_per_second,
        }
    }

    /// One request more of a token.
    pub(crate) fn request(&self, token: &TokenId) -> Result<(), Problem> {
        let Err(until) = self.requests.check_key(token) else { return Ok(()) };
        let wait = until.wait_time_from(self.requests.clock().now());
        let message = format!("more than {} requests a second", self.requests_per_second);
        Err(Problem::new(Code::RateLimited, message).retry_after(wait.as_secs() + 1))
    }

    /// One token more from that address that was not valid.
    pub(crate) fn failure(&self, address: IpAddr) -> Result<(), Problem> {
        if self.failures.len() > MANY {
            self.failures.retain_recent();
            self.requests.retain_recent();
        }
        if self.failures.check_key(&address).is_ok() {
            return Ok(());
        }
        let message = "too many tokens from this address that are not valid";
        Err(Problem::new(Code::RateLimited, message).retry_after(1))
    }
}
