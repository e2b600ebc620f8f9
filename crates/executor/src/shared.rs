//! What every attempt of this process works with.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use sluice_db::{DbError, Store};
use sluice_model::{RunId, Start, TenantId};
use sluice_sandbox::Sandbox;

use crate::beside::Beside;
use crate::clients::Services;
use crate::lanes::Lanes;
use crate::pace::Pace;
use crate::registry::Registry;
use crate::settings::Settings;
use crate::sources::Sources;
use crate::tenants::Tenants;
use crate::under_way::UnderWay;

/// The parts that attempts share.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) sandbox: Sandbox,
    pub(crate) sources: Sources,
    pub(crate) services: Arc<Services>,
    pub(crate) settings: Settings,
    pub(crate) registry: Arc<Registry>,
    pub(crate) lanes: Lanes,
    pub(crate) beside: Beside,
    /// The runs that were submitted here.
    pub(crate) own: Mutex<Vec<RunId>>,
    pub(crate) tenants: Tenants,
    pub(crate) pace: Pace,
    pub(crate) under_way: UnderWay,
    /// Attempts that panicked.
    pub(crate) panics: AtomicU64,
}

impl Shared {
    /// What is taken from the queue: everything, or these runs with what they start.
    pub(crate) fn roots(&self) -> Vec<Option<RunId>> {
        if !self.settings.own_only {
            return vec![None];
        }
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.iter().cloned().map(Some).collect()
    }
}

/// The run that an attempt is of.
#[derive(Clone)]
pub(crate) struct RunOf {
    pub(crate) id: RunId,
    pub(crate) tenant: TenantId,
    pub(crate) start: Arc<Start>,
}

/// The executor cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ExecutorError {
    /// The store does not answer, or answers what it should not.
    #[error(transparent)]
    Store(#[from] DbError),
}
