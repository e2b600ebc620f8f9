//! All that belongs to one tenant. There is no other way to it, and each query names the tenant.

mod artifacts;
mod asks;
mod audit;
mod flows;
mod import;
mod key;
mod kv;
mod kv_change;
mod listing;
mod models;
mod runs;
mod secrets;
mod submit;
mod tokens;
mod usage;
mod verify;

use sluice_model::TenantId;

use crate::admin::tenant_row;
use crate::{DbError, Store, TenantRow};
pub use artifacts::ArtifactRow;
pub use asks::{AnswerRefused, AskFilter, AskRow, AskState};
pub(crate) use audit::note;
pub use audit::{AuditEntry, AuditFilter, AuditRow};
pub(crate) use flows::words;
pub use flows::{FlowFilter, FlowVersion};
pub use import::Imported;
pub use key::IdempotencyKey;
pub use kv::KvEntry;
pub(crate) use kv::{KvList, kv_get, kv_list};
pub use kv_change::KvMatch;
pub(crate) use kv_change::Place;
pub use listing::Part;
pub(crate) use listing::fitting;
use listing::{Large, MOST_BYTES, MOST_ROWS, newest, whole};
pub use models::{ModelRow, ModelUsage};
pub use runs::{RunFilter, RunRow};
pub use secrets::{NewSecret, SecretRow};
pub(crate) use submit::Submit;
pub use submit::{NewRun, Submitted};
pub use tokens::{NewToken, TokenRow};
pub(crate) use tokens::{WholeToken, no_token_more};
pub use usage::UsageRow;
pub use verify::{Flaw, Verified};

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

    /// The tenant's own row. None where there is no such tenant.
    pub async fn row(&self) -> Result<Option<TenantRow>, DbError> {
        tenant_row(&mut self.store.reader().await?, &self.id).await
    }
}
