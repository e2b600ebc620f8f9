//! Where a service is: a unix socket or a host and port, in one form of text.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The longest address, in bytes.
const MAX_BYTES: usize = 1024;

/// The longest path of a unix socket that every system takes, in bytes.
const MAX_SOCKET_BYTES: usize = 103;

/// Where requests are posted when an address does not say.
const DEFAULT_PATH: &str = "/rpc";

/// Where a service is: `unix:/path/to/rpc.sock`, or `http://host:port/rpc`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// A unix socket, by its absolute path; requests are posted to `/rpc`.
    Unix(PathBuf),
    /// A host and port.
    Tcp {
        /// A name, an IPv4 address, or an IPv6 address without its brackets; in lower case.
        host: String,
        /// The port.
        port: u16,
        /// Where requests are posted.
        path: String,
    },
}

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the address of a service: {why}")]
pub struct InvalidAddress {
    /// The text, cut to a bearable length.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Address {
    /// The socket of a service in a directory of sockets: `DIRECTORY/SERVICE/rpc.sock`.
    pub fn of_service(directory: &Path, service: &str) -> Address {
        Address::Unix(directory.join(service).join("rpc.sock"))
    }

    /// Where requests are posted.
    pub fn path(&self) -> &str {
        match self {
            Address::Unix(_) => DEFAULT_PATH,
            Address::Tcp { path, .. } => path,
        }
    }

    /// The `Host` header of a request.
    pub(crate) fn authority(&self) -> String {
        match self {
            Address::Unix(_) => "localhost".to_owned(),
            Address::Tcp { host, port, .. } if host.contains(':') => format!("[{host}]:{port}"),
            Address::Tcp { host, port, .. } => format!("{host}:{port}"),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
            Address::Tcp { path, .. } => write!(f, "http://{}{path}", self.authority()),
        }
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = if text.len() > MAX_BYTES {
            Err("it is longer than 1024 bytes")
        } else if let Some(path) = text.strip_prefix("unix:") {
            unix(path)
        } else if let Some(rest) = text.strip_prefix("http://") {
            tcp(rest)
        } else if text.starts_with("https://") {
            Err("services are reached over http; put one that is far away behind a proxy of yours")
        } else {
            Err("it begins neither with `unix:` nor with `http://`")
        };
        parsed.map_err(|why| InvalidAddress { text: text.chars().take(120).collect(), why })
    }
}

fn unix(path: &str) -> Result<Address, &'static str> {
    if !path.starts_with('/') {
        return Err("the path of its socket does not begin with `/`");
    }
    if path.len() > MAX_SOCKET_BYTES {
        return Err(
            "the path of its socket is longer than 103 bytes, which is all that sockets take",
        );
    }
    if path.chars().any(char::is_control) {
        return Err("the path of its socket has a control character");
    }
    if path.split('/').any(|part| part == "..") || path.ends_with('/') {
        return Err("the path of its socket has `..` in it, or ends with `/`");
    }
    Ok(Address::Unix(PathBuf::from(path)))
}

fn tcp(rest: &str) -> Result<Address, &'static str> {
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, DEFAULT_PATH),
    };
    if authority.contains('@') {
        return Err("it has a user in it");
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(inner) => {
            let (host, rest) = inner.split_once(']').ok_or("its `[` is never closed")?;
            host.parse::<std::net::Ipv6Addr>()
                .map_err(|_| "what is in `[...]` is no IPv6 address")?;
            (host, rest.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let word = |b: u8| b.is_ascii_alphanumeric() || b"-._:".contains(&b);
    if host.is_empty() || host.len() > 253 || !host.bytes().all(word) {
        return Err("its host is neither a name nor an address");
    }
    let port = match port {
        None if authority.ends_with(']') || !authority.contains(':') => 80,
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse().map_err(|_| "its port is none")?
        }
        _ => return Err("its port is none"),
    };
    if port == 0 {
        return Err("its port is none");
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/%!$&'()*+,;=:@".contains(&b);
    if !path.bytes().all(plain) {
        return Err("its path has a character that a path has not, or a query");
    }
    Ok(Address::Tcp { host: host.to_ascii_lowercase(), port, path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_form() {
        for (text, form) in [
            ("unix:/run/calendar/rpc.sock", "unix:/run/calendar/rpc.sock"),
            ("http://localhost:8080/rpc", "http://localhost:8080/rpc"),
            ("http://Example.COM", "http://example.com:80/rpc"),
            ("http://127.0.0.1:1/", "http://127.0.0.1:1/"),
            ("http://[::1]:9000/a/b", "http://[::1]:9000/a/b"),
            ("http://[::1]", "http://[::1]:80/rpc"),
        ] {
            let address: Address = text.parse().expect(text);
            assert_eq!(address.to_string(), form);
            assert_eq!(form.parse(), Ok(address), "{form} reads back");
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, why) in [
            ("", "begins neither"),
            ("ftp://x", "begins neither"),
            ("https://x/rpc", "over http"),
            ("unix:rpc.sock", "does not begin with `/`"),
            ("unix:/a/../b", "`..`"),
            ("unix:/a\n", "control character"),
            ("http://", "host is neither"),
            ("http://a b/", "host is neither"),
            ("http://user@host/", "a user"),
            ("http://a:b", "port is none"),
            ("http://a:", "port is none"),
            ("http://a:0", "port is none"),
            ("http://a:65536", "port is none"),
            ("http://a:+80", "port is none"),
            ("http://[::1", "never closed"),
            ("http://[::g]", "no IPv6"),
            ("http://[::1]x", "port is none"),
            ("http://a/?q=1", "a query"),
            ("http://a/\r\nX: y", "a character"),
        ] {
            let invalid = text.parse::<Address>().expect_err(text);
            assert!(invalid.why.contains(why), "{text}: {}", invalid.why);
        }
        assert!(format!("unix:/{}", "a".repeat(200)).parse::<Address>().is_err());
        assert!(format!("http://{}", "a".repeat(2000)).parse::<Address>().is_err());
    }
}
