//! What capabilities are directed at: names with a star at their end, or places of HTTP.

use std::fmt;

/// What a capability covers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Target {
    /// A name, such as `calendar.event_list`; with a star at its end all that begin so. Empty for what has
    /// no target.
    Name(String),
    /// A place of HTTP, such as `api.example.com/v1/*`.
    Place(Place),
}

/// Hosts, ports and paths.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// A host in small letters, all below a domain as `*.example.com`, or `*`.
    host: String,
    /// None: the two that browsers use, 80 and 443; every one where the host is `*`.
    port: Option<u16>,
    /// From its slash, with a star at its end all that begin so; empty: all.
    path: String,
}

/// The place that a request goes to.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The host in small letters; brackets around an IPv6 address.
    pub host: &'a str,
    /// The port.
    pub port: u16,
    /// The path from its slash, as it is sent, without the query.
    pub path: &'a str,
}

impl Target {
    /// Reads a name.
    pub(super) fn name(text: &str) -> Result<Target, &'static str> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/*".contains(c);
        if !text.chars().all(allowed) {
            return Err("its target has a character other than letters, digits and . _ - /");
        }
        if text.strip_suffix('*').unwrap_or(text).contains('*') {
            return Err("`*` may only stand at its end");
        }
        Ok(Target::Name(text.to_owned()))
    }

    /// Reads a place.
    pub(super) fn place(text: &str) -> Result<Target, &'static str> {
        let (authority, path) = match text.find('/') {
            Some(slash) => text.split_at(slash),
            None => (text, ""),
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                let wrong = "a port is a number from 1 to 65535";
                let read: u16 = port.parse().map_err(|_| wrong)?;
                (host, Some(Some(read).filter(|_| port.starts_with(is_first_digit)).ok_or(wrong)?))
            }
            _ => (authority, None),
        };
        if !is_host(host) {
            return Err("its host is no name in small letters, no address and no `*.domain`");
        }
        let allowed = |c: char| c.is_ascii_graphic() && !"()|,*?#\\\"<>".contains(c);
        if !path.strip_suffix('*').unwrap_or(path).chars().all(allowed) {
            return Err(
                "its path has a character that is written as `%` and two digits, or a star \
                        that is not at its end",
            );
        }
        Ok(Target::Place(Place { host: host.to_owned(), port, path: path.to_owned() }))
    }

    /// Whether all that `other` covers is covered by `self`.
    pub(super) fn covers(&self, other: &Target) -> bool {
        match (self, other) {
            (Target::Name(wide), Target::Name(narrow)) => begins(wide, narrow),
            (Target::Place(wide), Target::Place(narrow)) => {
                let ports = match (wide.port, narrow.port) {
                    _ if wide.has_every_port() => true,
                    _ if narrow.has_every_port() => false,
                    (None, narrow) => narrow.is_none_or(is_usual),
                    (wide, narrow) => wide == narrow,
                };
                ports && host_covers(&wide.host, &narrow.host) && path_covers(wide, narrow)
            }
            _ => false,
        }
    }

    /// What both cover; none where that is nothing.
    pub(super) fn meet(&self, other: &Target) -> Option<Target> {
        fn narrower<'a>(
            left: &'a str,
            right: &'a str,
            covers: fn(&str, &str) -> bool,
        ) -> Option<&'a str> {
            if covers(left, right) { Some(right) } else { covers(right, left).then_some(left) }
        }
        match (self, other) {
            (Target::Name(left), Target::Name(right)) => {
                Some(Target::Name(narrower(left, right, begins)?.to_owned()))
            }
            (Target::Place(left), Target::Place(right)) => {
                let port = match (left.port, right.port) {
                    (_, port) if left.has_every_port() => port,
                    (port, _) if right.has_every_port() => port,
                    (None, port) | (port, None) if port.is_none_or(is_usual) => port,
                    (left, right) if left == right => left,
                    _ => return None,
                };
                let host = narrower(&left.host, &right.host, host_covers)?.to_owned();
                let path = match (left.path.as_str(), right.path.as_str()) {
                    ("", path) | (path, "") => path,
                    (left, right) => narrower(left, right, begins)?,
                };
                Some(Target::Place(Place { host, port, path: path.to_owned() }))
            }
            _ => None,
        }
    }

    /// Whether it covers that name.
    pub(super) fn covers_name(&self, name: &str) -> bool {
        matches!(self, Target::Name(held) if match held.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => held == name,
        })
    }

    /// Whether it covers that destination.
    pub(super) fn covers_destination(&self, to: Destination<'_>) -> bool {
        let Target::Place(held) = self else { return false };
        let path = match held.path.strip_suffix('*') {
            _ if held.path.is_empty() => true,
            // What another server may read as a way out of the path.
            _ if is_ambiguous(to.path) => false,
            Some(beginning) => to.path.starts_with(beginning),
            None => held.path == to.path,
        };
        let port = match held.port {
            Some(port) => port == to.port,
            None => held.has_every_port() || is_usual(to.port),
        };
        path && port && host_covers(&held.host, to.host)
    }
}

impl Place {
    fn has_every_port(&self) -> bool {
        self.port.is_none() && self.host == "*"
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Name(name) => f.write_str(name),
            Target::Place(Place { host, port: Some(port), path }) => {
                write!(f, "{host}:{port}{path}")
            }
            Target::Place(Place { host, port: None, path }) => write!(f, "{host}{path}"),
        }
    }
}

fn is_first_digit(c: char) -> bool {
    ('1'..='9').contains(&c)
}

fn is_usual(port: u16) -> bool {
    matches!(port, 80 | 443)
}

fn begins(wide: &str, narrow: &str) -> bool {
    match wide.strip_suffix('*') {
        Some(beginning) => narrow.starts_with(beginning),
        None => wide == narrow,
    }
}

fn host_covers(wide: &str, narrow: &str) -> bool {
    match wide.strip_prefix('*') {
        Some(domain) => narrow.ends_with(domain),
        None => wide == narrow,
    }
}

fn path_covers(wide: &Place, narrow: &Place) -> bool {
    wide.path.is_empty() || (!narrow.path.is_empty() && begins(&wide.path, &narrow.path))
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        // As addresses are written in a URL.
        let shown = |address| url::Host::<String>::Ipv6(address).to_string();
        return address.parse().is_ok_and(|address| shown(address) == host);
    }
    let name = host.strip_prefix("*.").unwrap_or(host);
    let is_label = |label: &str| {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
        !label.is_empty() && label.len() <= 63 && label.bytes().all(allowed)
    };
    host == "*" || (name.len() <= 253 && name.split('.').all(is_label))
}

/// Whether a path has an escaped slash, backslash or dot, or an empty step: servers differ in what they
/// take that for.
fn is_ambiguous(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["%2f", "%5c", "%2e", "%00", "\\", "//", ";"].iter().any(|odd| path.contains(odd))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Target {
        Target::place(text).expect(text)
    }

    fn goes(held: &str, host: &str, port: u16, path: &str) -> bool {
        place(held).covers_destination(Destination { host, port, path })
    }

    #[test]
    fn a_place_covers_its_host_its_ports_and_what_is_below_its_path() {
        assert!(goes("api.example.com", "api.example.com", 443, "/any"));
        assert!(goes("api.example.com", "api.example.com", 80, "/"));
        assert!(!goes("api.example.com", "api.example.com", 8080, "/"));
        assert!(goes("api.example.com:8080", "api.example.com", 8080, "/"));
        assert!(!goes("api.example.com", "api.example.com.evil.example", 443, "/"));
        assert!(goes("*.example.com", "api.example.com", 443, "/"));
        assert!(!goes("*.example.com", "example.com", 443, "/"));
        assert!(!goes("*.example.com", "evilexample.com", 443, "/"));
        assert!(goes("a.example/v1/*", "a.example", 443, "/v1/x"));
        assert!(!goes("a.example/v1/*", "a.example", 443, "/v2"));
        assert!(!goes("a.example/v1/*", "a.example", 443, "/v1/..%2Fadmin"));
        assert!(goes("a.example/v1", "a.example", 443, "/v1"));
        assert!(goes("[::1]:8080", "[::1]", 8080, "/") && goes("*", "anywhere", 8080, "/"));
    }

    #[test]
    fn two_places_meet_in_what_both_cover() {
        let meet = |left: &str, right: &str| {
            let both = place(left).meet(&place(right));
            assert_eq!(both, place(right).meet(&place(left)), "{left} {right}");
            both.map(|both| both.to_string())
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            meet("*.example.com/v1/*", "api.example.com:443"),
            some("api.example.com:443/v1/*")
        );
        assert_eq!(meet("*.com", "*.example.com:8080"), None, "the usual ports are not 8080");
        assert_eq!(meet("*", "*.example.com:8080"), some("*.example.com:8080"));
        assert_eq!(meet("*:8080", "*.example.com:8080"), some("*.example.com:8080"));
        assert_eq!(meet("a.example/v1/*", "a.example/v2/*"), None);
        assert_eq!(meet("a.example", "b.example"), None);
        assert_eq!(meet("a.example:80", "a.example:443"), None);
    }

    #[test]
    fn places_that_are_none_are_refused() {
        for wrong in [
            "",
            "A.example",
            "a..b",
            "a b",
            "a:0",
            "a:x",
            "a:65536",
            "a:080",
            "a:+80",
            "*a.example",
            "a.*",
            "a/b*c",
            "a/b?c",
            "[::1",
            "[0:0::1]",
            "[::ffff:1.2.3.4]",
            "user@a",
        ] {
            assert!(Target::place(wrong).is_err(), "{wrong}");
        }
    }
}
