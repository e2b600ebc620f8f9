//! Where web pages are from, and which of them may use this server in the name of whoever looks at them:
//! those from here, and those from places that whoever runs the server names.

use std::fmt;
use std::str::FromStr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};

/// An origin as browsers write it: small letters, no port where it is the usual one, no `/` at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    is_secure: bool,
    host: String,
    port: Option<u16>,
}

/// The text is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no origin, as in `https://app.example.com`")]
pub struct NoOrigin;

impl Origin {
    /// The name or address in it.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    fn scheme(&self) -> &'static str {
        if self.is_secure { "https" } else { "http" }
    }
}

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Origin, NoOrigin> {
        let uri: Uri = text.parse().map_err(|_| NoOrigin)?;
        let authority = uri.authority().ok_or(NoOrigin)?;
        let (host, port) = (authority.host(), authority.port_u16());
        let is_secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(NoOrigin),
        };
        let is_bare = authority.as_str() == host || authority.as_str() == with_port(host, port);
        if !is_bare || host.is_empty() || uri.path() != "/" || uri.query().is_some() {
            return Err(NoOrigin);
        }
        let usual = if is_secure { 443 } else { 80 };
        let port = port.filter(|port| *port != usual);
        Ok(Origin { is_secure, host: host.to_ascii_lowercase(), port })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme(), with_port(&self.host, self.port))
    }
}

fn with_port(host: &str, port: Option<u16>) -> String {
    port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The host that a request names; nothing where it names none, or what is none.
pub(crate) fn host_of(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let named = match headers.get(HOST) {
        Some(host) => host.to_str().ok()?,
        None => uri.authority()?.as_str(),
    };
    Authority::try_from(named).ok().filter(|host| !host.host().is_empty())
}

/// Whether a request to that host may come from where it says. Programs say nothing.
pub(crate) fn may_come(headers: &HeaderMap, host: Option<&Authority>, known: &[Origin]) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Some(origin) = origin.to_str().ok().and_then(|it| it.parse::<Origin>().ok()) else {
        return false;
    };
    let here = host.and_then(|host| format!("{}://{host}", origin.scheme()).parse().ok());
    known.contains(&origin) || here.is_some_and(|here: Origin| here == origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_from_here_and_from_named_origins_may() {
        let known =
            ["https://App.example.com/", "http://ui.example:81", "https://full.example:443"];
        let known = known.map(|known| known.parse::<Origin>().expect("it is an origin"));
        for (origin, may) in [
            ("http://sluice.example.com:8080", true),
            ("https://SLUICE.example.com:8080", true),
            ("https://app.example.com", true),
            ("https://full.example", true),
            ("http://ui.example:81", true),
            ("http://app.example.com", false),
            ("http://ui.example", false),
            ("http://sluice.example.com", false),
            ("http://sluice.example.com:8080.evil.example", false),
            ("http://sluice.example.com:8080@evil.example", false),
            ("http://evil.example/sluice.example.com:8080", false),
            ("null", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([
                (HOST, "sluice.example.com:8080".parse().expect("a header")),
                (ORIGIN, origin.parse().expect("a header")),
            ]);
            let host = host_of(&Uri::from_static("/"), &headers);
            assert_eq!(may_come(&headers, host.as_ref(), &known), may, "{origin}");
        }
        assert!(may_come(&HeaderMap::new(), None, &known));
    }

    #[test]
    fn the_usual_port_need_not_be_named() {
        let origin = |text: &str| text.parse::<Origin>();
        assert_eq!(origin("http://a.example:80"), origin("http://A.example/"));
        assert_ne!(origin("http://a.example:443"), origin("http://a.example"));
        assert_eq!(
            origin("http://[::1]:8080").map(|it| it.to_string()).as_deref(),
            Ok("http://[::1]:8080")
        );
        for wrong in
            ["a.example", "ftp://a.example", "https://", "https://a.example/path", "https://a?b"]
        {
            assert_eq!(origin(wrong), Err(NoOrigin), "{wrong}");
        }
    }
}
