//! Whether those who stay (streams and sockets) may still do so. What was looked up holds for a second for
//! all who stay with the same token, so that many viewers cost one look a second; a token that is taken
//! back by this server is nobody's at once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sluice_executor::now_us;
use sluice_model::TokenId;
use tokio::sync::watch;

use crate::auth::Identity;
use crate::edge::Edge;

/// How long an answer of the store holds.
const HOLDS: Duration = Duration::from_secs(1);

/// Answers beyond which those that hold no more are forgotten.
const MANY: usize = 4_096;

/// The standing of tokens.
pub(crate) struct Standing {
    looked_up: Mutex<HashMap<TokenId, Instant>>,
    revoked: watch::Sender<u64>,
}

impl Standing {
    pub(crate) fn new() -> Standing {
        Standing { looked_up: Mutex::default(), revoked: watch::Sender::new(0) }
    }

    /// A token was taken back: what is known of tokens is forgotten, and all who stay are told to look.
    pub(crate) fn revoked(&self) {
        self.known().clear();
        self.revoked.send_modify(|count| *count += 1);
    }

    /// Changes when a token was taken back.
    pub(crate) fn revocations(&self) -> watch::Receiver<u64> {
        self.revoked.subscribe()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<TokenId, Instant>> {
        self.looked_up.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Identity {
    /// Whether the token is still valid, as far as is known since at most a second.
    pub(crate) async fn is_still_valid(&self, edge: &Edge) -> bool {
        if self.expires_at_us.is_some_and(|end_us| end_us <= now_us()) {
            return false;
        }
        let standing = edge.standing();
        let is_fresh = |at: &Instant| at.elapsed() < HOLDS;
        if standing.known().get(&self.token).is_some_and(is_fresh) {
            return true;
        }
        let asked = Instant::now();
        let revocations = *standing.revoked.borrow();
        let row = edge.store().keys().token(&self.token).await;
        if !row.is_ok_and(|row| row.is_some_and(|row| row.is_valid(now_us()))) {
            return false;
        }
        let mut known = standing.known();
        if known.len() >= MANY {
            known.retain(|_, at| is_fresh(at));
        }
        // A token that was taken back while the store was asked may have been read before that.
        if *standing.revoked.borrow() == revocations {
            known.insert(self.token.clone(), asked);
        }
        true
    }
}
