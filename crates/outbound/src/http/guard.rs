//! Which addresses may be connected to: those of the public internet, and what whoever runs the process
//! reaches out to besides. No tenant and no flow can widen it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use super::address::{forbidden, is_within};

/// What may be connected to. The default is the public internet alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// What is allowed although it is not public.
    pub reach: Vec<Reach>,
}

/// Something that is not public and may be connected to all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// `HOST:PORT`: whatever this name, written so in an address, resolves to.
    Host {
        /// A name, or an address without brackets, in small letters.
        host: String,
        /// The port.
        port: u16,
    },
    /// `IP/PREFIX` or `IP/PREFIX:PORT`: these addresses, under any name.
    Network {
        /// An address of the network.
        network: IpAddr,
        /// How many bits of it count.
        prefix: u32,
        /// One port; absent for all of them.
        port: Option<u16>,
    },
    /// `unix:/PATH`: a socket on this machine. Models only; no address of a flow leads there.
    Socket(PathBuf),
}

/// A text that is no reach.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no reach: write HOST:PORT, IP/PREFIX, IP/PREFIX:PORT or unix:/PATH")]
pub struct InvalidReach(String);

impl Guard {
    /// Whether all addresses of a host may be connected to, or which kind the first is that may not.
    pub(super) fn check(&self, host: &str, addresses: &[SocketAddr]) -> Result<(), &'static str> {
        let refused = addresses.iter().find_map(|address| {
            let class = forbidden(address.ip())?;
            let is_in_reach =
                self.reach.iter().any(|reach| reach.holds(host, address.ip(), address.port()));
            (!is_in_reach).then_some(class)
        });
        refused.map_or(Ok(()), Err)
    }

    /// Whether a socket on this machine may be connected to.
    pub(crate) fn admits_socket(&self, path: &Path) -> bool {
        is_plain(path) && self.reach.contains(&Reach::Socket(path.to_owned()))
    }
}

impl Reach {
    fn holds(&self, host: &str, address: IpAddr, at: u16) -> bool {
        match self {
            Reach::Host { host: named, port } => named == host && *port == at,
            Reach::Network { network, prefix, port } => {
                port.is_none_or(|port| port == at) && is_within(address, *network, *prefix)
            }
            Reach::Socket(_) => false,
        }
    }
}

impl FromStr for Reach {
    type Err = InvalidReach;

    fn from_str(text: &str) -> Result<Reach, InvalidReach> {
        let invalid = || InvalidReach(text.to_owned());
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path);
            return if is_plain(&path) { Ok(Reach::Socket(path)) } else { Err(invalid()) };
        }
        if let Some((network, rest)) = text.split_once('/') {
            let network: IpAddr = network.parse().map_err(|_| invalid())?;
            let (prefix, port) = match rest.split_once(':') {
                Some((prefix, port)) => (prefix, Some(port_of(port).ok_or_else(invalid)?)),
                None => (rest, None),
            };
            let prefix: u32 = prefix.parse().map_err(|_| invalid())?;
            let most = if network.is_ipv4() { 32 } else { 128 };
            return if prefix <= most {
                Ok(Reach::Network { network, prefix, port })
            } else {
                Err(invalid())
            };
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(invalid)?;
        let port = port_of(port).ok_or_else(invalid)?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match bare {
            Some(v6) => IpAddr::from_str(v6).map_err(|_| invalid())?.to_string(),
            None if is_host(host) => host.trim_end_matches('.').to_ascii_lowercase(),
            None => return Err(invalid()),
        };
        Ok(Reach::Host { host, port })
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reach::Host { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Reach::Host { host, port } => write!(f, "{host}:{port}"),
            Reach::Network { network, prefix, port: Some(port) } => {
                write!(f, "{network}/{prefix}:{port}")
            }
            Reach::Network { network, prefix, port: None } => write!(f, "{network}/{prefix}"),
            Reach::Socket(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

fn port_of(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

fn is_host(text: &str) -> bool {
    let is_of_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    text.bytes().any(|byte| byte.is_ascii_alphanumeric()) && text.bytes().all(is_of_host)
}

/// Whether a path is absolute and goes nowhere but down.
fn is_plain(path: &Path) -> bool {
    let is_down = |part| matches!(part, Component::RootDir | Component::Normal(_));
    path.is_absolute() && path.components().count() > 1 && path.components().all(is_down)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(reach: &[&str]) -> Guard {
        Guard { reach: reach.iter().map(|it| it.parse().expect("a reach")).collect() }
    }

    fn check(guard: &Guard, host: &str, addresses: &[&str]) -> Result<(), &'static str> {
        let addresses: Vec<SocketAddr> =
            addresses.iter().map(|it| it.parse().expect("an address")).collect();
        guard.check(host, &addresses)
    }

    #[test]
    fn one_forbidden_address_refuses_the_name() {
        let guard = Guard::default();
        assert_eq!(check(&guard, "a.example", &["8.8.8.8:80", "[2a00::1]:80"]), Ok(()));
        assert_eq!(check(&guard, "a.example", &["8.8.8.8:80", "10.0.0.1:80"]), Err("private"));
    }

    #[test]
    fn a_reach_opens_what_it_names_and_no_more() {
        let named = guard(&["ollama.local:11434", "127.0.0.1:8080", "[::1]:8080"]);
        assert_eq!(check(&named, "ollama.local", &["10.0.0.1:11434"]), Ok(()));
        assert_eq!(check(&named, "ollama.local", &["10.0.0.1:22"]), Err("private"));
        assert_eq!(check(&named, "other.local", &["10.0.0.1:11434"]), Err("private"));
        assert_eq!(check(&named, "127.0.0.1", &["127.0.0.1:8080"]), Ok(()));
        assert_eq!(check(&named, "::1", &["[::1]:8080"]), Ok(()));
        // Another name for the same address is not what was named.
        assert_eq!(check(&named, "evil.example", &["127.0.0.1:8080"]), Err("loopback"));
        let network = guard(&["127.0.0.2/32:80", "fd00::/8"]);
        assert_eq!(check(&network, "any.example", &["127.0.0.2:80", "[fd00::1]:9"]), Ok(()));
        assert_eq!(check(&network, "any.example", &["127.0.0.2:81"]), Err("loopback"));
        assert_eq!(check(&network, "any.example", &["127.0.0.1:80"]), Err("loopback"));
    }

    #[test]
    fn a_reach_reads_back_as_it_is_written() {
        for text in [
            "a.example:80",
            "127.0.0.1:8080",
            "[::1]:8080",
            "10.0.0.0/8",
            "fd00::/8:443",
            "unix:/run/m.sock",
        ] {
            assert_eq!(text.parse::<Reach>().map(|it| it.to_string()), Ok(text.to_owned()));
        }
        for text in [
            "",
            "a.example",
            ":80",
            "a.example:0",
            "a.example:65536",
            "a b:80",
            "10.0.0.0/33",
            "x/8",
            "10.0.0.0/8:",
            "[x]:80",
            "::1:80",
            "*:80",
            "unix:run/m.sock",
            "unix:/run/../m",
            "unix:/",
        ] {
            assert!(text.parse::<Reach>().is_err(), "{text}");
        }
    }

    #[test]
    fn sockets_are_admitted_by_their_whole_path() {
        let guard = guard(&["unix:/run/model.sock"]);
        assert!(guard.admits_socket(Path::new("/run/model.sock")));
        assert!(!guard.admits_socket(Path::new("/run/x/../model.sock")));
        assert!(!guard.admits_socket(Path::new("/run/docker.sock")));
    }
}
