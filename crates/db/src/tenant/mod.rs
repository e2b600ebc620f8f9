//! All that belongs to one tenant. There is no other way to it, and each query names the tenant.

mod artifacts;
mod asks;
mod flows;
mod import;
mod kv;
mod runs;
mod submit;
mod verify;

use sluice_model::TenantId;

use crate::Store;
pub use artifacts::ArtifactRow;
pub use asks::{AnswerRefused, AskFilter, AskRow, AskState};
pub use flows::{FlowFilter, FlowVersion};
pub use import::Imported;
pub use kv::KvEntry;
pub(crate) use kv::{kv_get, kv_list};
pub use runs::{RunFilter, RunRow};
pub(crate) use submit::Submit;
pub use submit::{NewRun, Submitted};
pub use verify::{Flaw, Verified};

/// The most rows of one answer.
const MOST_ROWS: u32 = 1_000;

/// All that belongs to one tenant. Cheap to clone.
#[derive(Clone)]
pub struct Tenant {
    store: Store,
    id: TenantId,
}

impl Tenant {
    pub(crate) fn new(store: Store, id: TenantId) -> Tenant {
        Tenant { store, id }
    }

    /// The tenant's id.
    pub fn id(&self) -> &TenantId {
        &self.id
    }
}
