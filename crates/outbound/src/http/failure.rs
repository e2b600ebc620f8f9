//! Why a request brought no answer, and whether it may have been acted upon all the same.

use std::error::Error;
use std::time::Duration;

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
pub(super) fn of_request(error: &reqwest::Error, host: &str, within: Duration) -> HttpFailure {
    let host = host.to_owned();
    if let Some(tls) = cause::<rustls::Error>(error) {
        return HttpFailure {
            reason: Reason::Tls { host, what: tls.to_string() },
            sent: !error.is_connect(),
        };
    }
    if error.is_connect() {
        let what = if error.is_timeout() {
            "it does not answer".to_owned()
        } else {
            cause::<std::io::Error>(error).map_or("failed".to_owned(), |io| io.kind().to_string())
        };
        return Reason::Unreachable { host, what }.unsent();
    }
    if error.is_timeout() {
        return Reason::TimedOut { after: within }.sent();
    }
    if error.is_builder() {
        return Reason::Invalid("the request cannot be sent as it is".to_owned()).unsent();
    }
    of_answer(error)
}

/// Why an answer ended before its end.
pub(super) fn of_answer(error: &reqwest::Error) -> HttpFailure {
    let what = if error.is_decode() && cause::<std::io::Error>(error).is_some() {
        "its body is not encoded as it says".to_owned()
    } else {
        last(error).to_string()
    };
    Reason::Protocol(what).sent()
}

/// The first cause of this type.
fn cause<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // An error of the system does not count what it wraps as its source.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

fn last<'e>(error: &'e (dyn Error + 'static)) -> &'e (dyn Error + 'static) {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error
}
