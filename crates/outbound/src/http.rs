//! HTTP that goes only where it may.
//!
//! A name is resolved once for each hop, every address of it is checked, and the connection goes to a
//! checked address. Redirects are followed by hand, under the same checks. What comes back is measured
//! after decompression.

mod address;
mod body;
mod client;
mod dns;
mod failure;
mod guard;
mod headers;
mod hop;
mod incoming;
mod pools;
mod request;
mod target;
mod tls;

pub use address::forbidden;
pub use client::{Http, Permit};
pub use dns::{Resolver, SystemResolver};
pub use failure::{HttpFailure, Reason, Refused};
pub use guard::{Guard, InvalidReach, Reach};
pub use incoming::{Incoming, Response};
pub use request::{Header, Limits, Request};
pub use reqwest::{Method, Url};
pub use target::parse as parse_url;
