//! What is asked for, and within which limits.

use std::fmt;
use std::time::Duration;

use sluice_model::Scrub;

/// A request.
#[derive(Clone)]
pub struct Request {
    /// Who asks. Connections are kept for later requests of the same one, and never shared.
    pub owner: String,
    /// The method, in capitals.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// The headers, besides those that say how the message is transported.
    pub headers: Vec<Header>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// Whether the body holds a secret: then no redirect takes it to another origin.
    pub body_is_secret: bool,
    /// Knows the secrets in it, wherever they are: no redirect to another origin has one in its address.
    pub secrets: Scrub,
}

/// A header of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name, in any case.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether it holds a secret: then no redirect takes it to another origin.
    pub is_secret: bool,
}

/// How much one request may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the first look-up to the last byte, over all redirects.
    pub timeout: Duration,
    /// The body that is sent.
    pub request_bytes: usize,
    /// The body that comes back, after decompression.
    pub response_bytes: usize,
    /// The names and values of the headers that come back.
    pub header_bytes: usize,
    /// How many redirects are followed. With 0 the redirect itself is the answer; where there are more
    /// than otherwise allowed, the request fails.
    pub redirects: u32,
}

impl Request {
    /// A request without headers and body.
    pub fn new(owner: &str, method: &str, url: &str) -> Request {
        Request {
            owner: owner.to_owned(),
            method: method.to_owned(),
            url: url.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            body_is_secret: false,
            secrets: Scrub::new(),
        }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Request {
        self.headers.push(Header {
            name: name.to_owned(),
            value: value.to_owned(),
            is_secret: false,
        });
        self
    }

    /// The same with one more header that no redirect takes to another origin.
    #[must_use]
    pub fn secret_header(mut self, name: &str, value: &str) -> Request {
        self.headers.push(Header {
            name: name.to_owned(),
            value: value.to_owned(),
            is_secret: true,
        });
        self
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            timeout: Duration::from_mins(1),
            request_bytes: 16 << 20,
            response_bytes: 16 << 20,
            header_bytes: 64 << 10,
            redirects: 5,
        }
    }
}

// Addresses, headers and bodies may hold secrets.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Request({}, {} headers, {} bytes)",
            self.method,
            self.headers.len(),
            self.body.len()
        )
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Header({})", self.name)
    }
}
