//! Secrets: sealed where they are kept, referred to where flows hold them, put in where requests leave,
//! and taken out of what comes back.
//!
//! A value is in the clear only in a [`Secret`], which is wiped when it is dropped and which nothing
//! prints. All here is functions over bytes, but for the file of the master key.

mod crypt;
mod data_key;
mod echo;
mod failure;
mod master;
mod place;
mod reference;
mod secret;

pub use data_key::{DataKey, Sealed};
pub use echo::{learn, scrub_response};
pub use failure::VaultError;
pub use master::{MasterKey, MasterKeys};
pub use place::{Place, PlaceError, Placed, Use, Values, place, references};
pub use reference::{REFERENCE_PREFIX, Reference};
pub use secret::{MAX_SECRET_BYTES, Secret};
