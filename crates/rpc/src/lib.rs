//! Services of `hero_rpc`: what their OpenRPC documents say, calls of JSON-RPC 2.0 over unix sockets and
//! TCP, and Python clients made from documents. Whatever a service says is hostile in size and form:
//! it is measured before it is kept, and no text of it becomes code.

mod address;
mod caller;
mod client;
mod discover;
mod document;
mod failure;
mod generate;
mod name;

pub use address::{Address, InvalidAddress};
pub use caller::{CallLimits, Caller};
pub use client::Client;
pub use discover::{Found, discover, document_of, sockets_directory};
pub use document::{
    Change, Document, Drift, Fields, InvalidDocument, KnownError, Member, Method, Named, Passing,
    Shape, digest, drift,
};
pub use failure::{ErrorObject, RpcFailure};
pub use generate::Texts;
pub use name::{is_service, module_of};
