//! What tenants may grant, kept in mind for a second, so that a submission costs no look at the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sluice_db::{DbError, Store};
use sluice_model::{Capability, Start, TenantId, intersection};

/// How long a tenant's grants are kept in mind: a change takes hold after that.
const KEPT: Duration = Duration::from_secs(1);

/// Tenants that are kept in mind at most.
const MOST_KEPT: usize = 1_024;

/// When a tenant's grants were read, and what they are.
type Read = (Instant, Arc<[Capability]>);

/// The grants of tenants.
#[derive(Default)]
pub(crate) struct Tenants {
    kept: Mutex<HashMap<TenantId, Read>>,
}

impl Tenants {
    /// Holds what a run is granted to what its tenant has. What the tenant lacks is noted: a refusal
    /// says so.
    pub(crate) async fn narrow(&self, store: &Store, start: &mut Start) -> Result<(), DbError> {
        // Whether there is such a tenant at all, the submission finds.
        let Some(has) = self.grants(store, &start.tenant).await? else { return Ok(()) };
        let lacks = |granted: &&Capability| !has.iter().any(|held| held.covers(granted));
        let withheld: Vec<Capability> = start.grants.iter().filter(lacks).cloned().collect();
        if !withheld.is_empty() {
            start.grants = intersection(&start.grants, &has);
            start.withheld.extend(withheld);
        }
        Ok(())
    }

    async fn grants(
        &self,
        store: &Store,
        tenant: &TenantId,
    ) -> Result<Option<Arc<[Capability]>>, DbError> {
        if let Some((read, grants)) = self.kept().get(tenant)
            && read.elapsed() < KEPT
        {
            return Ok(Some(Arc::clone(grants)));
        }
        let read = Instant::now();
        let Some(row) = store.tenant(tenant).row().await? else { return Ok(None) };
        let grants: Arc<[Capability]> = row.grants.into();
        let mut kept = self.kept();
        if kept.len() >= MOST_KEPT {
            kept.retain(|_, (read, _)| read.elapsed() < KEPT);
        }
        if kept.len() < MOST_KEPT {
            kept.insert(tenant.clone(), (read, Arc::clone(&grants)));
        }
        Ok(Some(grants))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, Read>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
