//! The store: keeps runs with their records, flows, questions, keys and values, and finds them again.
//!
//! SQLite in one file or PostgreSQL, behind one set of queries. What belongs to a tenant is reached
//! through [`Tenant`] only, so that a read across tenants does not compile; [`Queue`] is what
//! executors see, [`Admin`] what whoever runs the store sees, [`Keys`] what the door of the server sees. All writes go through one writer, which
//! groups them into commits; what is answered is on disk.

mod address;
mod admin;
mod crash;
mod engine;
mod error;
mod keys;
mod log;
mod migrate;
mod notice;
mod queue;
mod record;
mod services;
mod store;
mod summary;
mod tally;
mod tenant;
mod wake;
mod writer;

pub use address::secrets_of;
pub use admin::{Admin, TenantChange, TenantChanged, TenantRow};
pub use crash::crash_point;
pub use error::{BesideError, DbError, KeepError, WriteError};
pub use keys::{Keys, NewLogin, Purpose, Ticket};
pub use log::{AppendTicket, Looked, NewEvent, RunLog, RunWriter};
pub use notice::Notice;
pub use queue::{Claim, Leased, Places, Queue};
pub use services::{ServiceDocument, ServiceRow};
pub use store::Store;
pub use tenant::{
    AnswerRefused, ArtifactRow, AskFilter, AskRow, AskState, AuditEntry, AuditFilter, AuditRow,
    Flaw, FlowFilter, FlowVersion, IdempotencyKey, Imported, KvEntry, KvMatch, ModelRow,
    ModelUsage, NewRun, NewSecret, NewToken, Part, RunFilter, RunRow, SecretRow, Submitted, Tenant,
    TokenRow, UsageRow, Verified,
};
