//! Where a model is, what it is called there, and what it costs.

use std::path::PathBuf;
use std::str::FromStr;

use super::cost::Prices;
use crate::http::{Url, parse_url};
use crate::vault::Secret;

/// A model at an address.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Whose it is: connections are not shared with others.
    pub owner: String,
    /// Where it is.
    pub address: Address,
    /// What it is called there.
    pub model: String,
    /// What it asks for as a bearer token.
    pub key: Option<Secret>,
    /// What it costs.
    pub prices: Prices,
}

/// The address under which an endpoint has `/chat/completions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// `http` or `https`, as in `https://api.example.com/v1`.
    Url(Url),
    /// `unix:/PATH`: a socket on this machine, which must be in reach. The paths there begin with `/v1`.
    Socket(PathBuf),
}

/// A text that is no address of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no address of a model: {0}")]
pub struct InvalidAddress(String);

impl Address {
    /// The address of requests, and the socket that they go through.
    pub(super) fn completions(&self) -> (String, Option<&PathBuf>) {
        match self {
            Address::Url(url) => {
                let mut url = url.clone();
                let path = format!("{}/chat/completions", url.path().trim_end_matches('/'));
                url.set_path(&path);
                (url.into(), None)
            }
            Address::Socket(path) => {
                ("http://localhost/v1/chat/completions".to_owned(), Some(path))
            }
        }
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Address, InvalidAddress> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path);
            let what = "the path of a socket begins with a slash";
            return if path.is_absolute() {
                Ok(Address::Socket(path))
            } else {
                Err(InvalidAddress(what.to_owned()))
            };
        }
        parse_url(text).map(Address::Url).map_err(|reason| InvalidAddress(reason.to_string()))
    }
}
