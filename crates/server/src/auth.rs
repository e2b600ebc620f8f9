//! Who asks, and what they may do.

mod caller;
mod first;
mod rates;
mod secret;
mod ticket;

pub use first::{FirstLogin, first_login};

pub(crate) use caller::{
    Admin, Answer, Caller, Identity, Own, Read, Run, Write, address_of, bearer, identify,
};
pub(crate) use rates::Rates;
pub(crate) use secret::{Secret, SecretKind};
pub(crate) use ticket::{issue, redeem};
