//! The life of a run: it is taken from the queue under a lease, replayed from its record in a fresh
//! sandbox, and goes on until it ends or can only wait.
//!
//! What always holds: an effect leaves after its intent is committed; an answer is recorded once and
//! given again by every replay; a run that waits holds no memory; whoever lost a lease writes nothing.

mod attempt;
mod beside;
mod builtin;
mod clients;
mod day;
mod digest;
mod door;
mod executor;
mod export;
mod feed;
mod fork;
mod fresh;
mod gen_ai;
mod journal;
mod lanes;
mod outside;
mod outstanding;
mod pace;
mod performer;
mod poke;
mod registry;
mod replay;
mod rerun;
mod schema;
mod settings;
mod shared;
mod sound;
mod sources;
mod spans;
mod submit;
mod tenants;
mod threads;
mod trace;
mod turns;
mod under_way;
mod without_guest;

pub use clients::Pinned;
pub use digest::{hex, seed_of_hex, sha256};
pub use executor::Executor;
pub use export::{RecordError, Redaction, export, import, without_words};
pub use feed::Feed;
pub use fresh::{audit_id, now_us, random, run_id, token_id};
pub use outside::{
    Checked, Interface, InvalidEndpoint, ModelEndpoint, Outside, SecretBounds, SecretPlace,
    ServiceSummary, Vault,
};
pub use performer::{CallContext, Performer};
pub use replay::{Replayed, Replaying, start_of};
pub use rerun::{Plan, Rerun};
pub use schema::check as check_schema;
pub use settings::Settings;
pub use shared::ExecutorError;
pub use sluice_outbound::http::Guard;
pub use sluice_outbound::vault::{MasterKey, MasterKeys, VaultError};
pub use sluice_rpc::sockets_directory;
pub use sources::Version;
pub use spans::{FinishedSpan, SpanEvent, SpanSink};
pub use submit::{NotSubmitted, Submission};
pub use threads::CalmThreads;
pub use trace::RunTrace;
