//! Who asks, and what they may do.

mod address;
mod buckets;
mod caller;
mod first;
mod rates;
mod secret;
mod standing;
mod ticket;

pub use first::{FirstLogin, first_login};

pub(crate) use address::{Address, address_of, network_of};
pub(crate) use caller::{Admin, Answer, Caller, Identity, Own, Read, Run, Write, bearer, identify};
pub(crate) use rates::Rates;
pub(crate) use secret::{Secret, SecretKind};
pub(crate) use standing::Standing;
pub(crate) use ticket::{issue, redeem, shown};
