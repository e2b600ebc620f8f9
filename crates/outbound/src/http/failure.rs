//! Why a request brought no answer, and whether it may have been acted upon all the same.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::iter;
use std::time::Duration;

use reqwest::Url;

use super::target::host_and_port;

/// A request without an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct HttpFailure {
    /// Why.
    pub reason: Reason,
    /// Whether anything was sent: then nobody knows what became of it. Otherwise nothing happened, and
    /// it may be tried again.
    pub sent: bool,
}

/// Why there is no answer. No text holds more of an address than its host, nor any header or body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The request is none that could be sent.
    #[error("{0}")]
    Invalid(String),
    /// Whoever asks may not go there.
    #[error(transparent)]
    Refused(Refused),
    /// The host has an address that nobody may connect to.
    #[error("{host} has a {class} address, which may not be connected to")]
    Forbidden {
        /// The host.
        host: String,
        /// Which kind of address: one word.
        class: &'static str,
    },
    /// The name has no address.
    #[error("{host} has no address")]
    Unresolved {
        /// The host.
        host: String,
    },
    /// Nobody answers at its addresses.
    #[error("{host} cannot be connected to: {what}")]
    Unreachable {
        /// The host.
        host: String,
        /// What happened.
        what: String,
    },
    /// No trusted connection to the host could be made.
    #[error("no trusted connection to {host}: {what}")]
    Tls {
        /// The host.
        host: String,
        /// What is wrong.
        what: String,
    },
    /// The time was over.
    #[error("no whole answer within {} ms", after.as_millis())]
    TimedOut {
        /// The time.
        after: Duration,
    },
    /// Something is larger than it may be.
    #[error("{what} is larger than {most_bytes} bytes")]
    TooLarge {
        /// What.
        what: &'static str,
        /// The most that it may have.
        most_bytes: usize,
    },
    /// A redirect was not followed.
    #[error("a redirect was not followed: {0}")]
    Redirect(String),
    /// The other side ended the connection, or did not speak HTTP.
    #[error("the answer is broken: {0}")]
    Protocol(String),
}

/// What whoever asks may not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Refused {
    /// What is refused, for people.
    pub what: String,
    /// What would allow it: a capability, as it is written.
    pub needs: Option<String>,
}

impl Reason {
    /// A failure before anything was sent.
    pub(crate) fn unsent(self) -> HttpFailure {
        HttpFailure { reason: self, sent: false }
    }

    /// A failure after something was sent.
    pub(crate) fn sent(self) -> HttpFailure {
        HttpFailure { reason: self, sent: true }
    }
}

/// Why a request has no answer, as the client beneath tells it.
pub(super) fn of_request(error: &reqwest::Error, url: &Url, within: Duration) -> HttpFailure {
    let (host, _) = host_and_port(url);
    if let Some(tls) = causes(error).find_map(|it| it.downcast_ref::<rustls::Error>()) {
        return HttpFailure {
            reason: Reason::Tls { host, what: tls.to_string() },
            sent: !error.is_connect(),
        };
    }
    if error.is_connect() {
        return unconnected(error, url, host).unsent();
    }
    if error.is_timeout() {
        return Reason::TimedOut { after: within }.sent();
    }
    if error.is_builder() {
        return Reason::Invalid("the request cannot be sent as it is".to_owned()).unsent();
    }
    of_answer(error)
}

fn unconnected(error: &reqwest::Error, url: &Url, host: String) -> Reason {
    if error.is_timeout() {
        return Reason::Unreachable { host, what: "it does not answer".to_owned() };
    }
    // The innermost one is of the system, those around it are of whoever handed it on.
    let kind = causes(error).filter_map(|it| it.downcast_ref::<io::Error>()).last();
    let kind = kind.map_or(ErrorKind::Other, io::Error::kind);
    // After a connection was made, only trust can be missing.
    let is_connected = matches!(
        kind,
        ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::InvalidData
    );
    if is_connected && url.scheme() == "https" {
        return Reason::Tls { host, what: "the other side ended the handshake".to_owned() };
    }
    Reason::Unreachable { host, what: kind.to_string() }
}

/// Why an answer ended before its end.
pub(super) fn of_answer(error: &reqwest::Error) -> HttpFailure {
    let last = causes(error).last().map(ToString::to_string).unwrap_or_default();
    Reason::Protocol(last).sent()
}

/// The error, what caused it, and so on.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    iter::successors(Some(error), |&error| {
        // An error of the system does not count what it wraps as its source.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        match wrapped {
            Some(wrapped) => Some(wrapped as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}
