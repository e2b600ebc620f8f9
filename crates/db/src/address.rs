//! Where a store is: a file for SQLite, or a URL for PostgreSQL. Shown without its password.

use std::fmt;
use std::path::PathBuf;

use sluice_model::percent_decoded;

use crate::DbError;

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A URL of PostgreSQL, password included.
    Postgres(String),
}

impl Address {
    /// Reads a path, `sqlite:PATH`, `postgres://...` or `postgresql://...`.
    pub(crate) fn parse(text: &str) -> Result<Address, DbError> {
        let wrong = |why: &str| DbError::Address { address: redacted(text), why: why.to_owned() };
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let (_, query) = text.split_once('?').unwrap_or((text, ""));
            let asks_for_tls = |pair: &str| {
                let mode = pair.strip_prefix("sslmode=").or_else(|| pair.strip_prefix("ssl-mode="));
                mode.is_some_and(|mode| !["disable", "allow", "prefer"].contains(&mode))
            };
            if query.split('&').any(asks_for_tls) {
                return Err(wrong(
                    "this Sluice does not speak TLS to PostgreSQL; use a unix socket, or a tunnel",
                ));
            }
            return Ok(Address::Postgres(text.to_owned()));
        }
        let path = match text.strip_prefix("sqlite:") {
            Some(path) => path.strip_prefix("//").unwrap_or(path),
            None if text.contains("://") => {
                return Err(wrong("a path, `sqlite:PATH` or `postgres://...` is expected"));
            }
            None => text,
        };
        match path {
            "" => Err(wrong("the path is missing")),
            ":memory:" => Err(wrong("a store is a file, since others have to find it")),
            path => Ok(Address::Sqlite(PathBuf::from(path))),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Sqlite(path) => write!(f, "{}", path.display()),
            Address::Postgres(url) => f.write_str(&redacted(url)),
        }
    }
}

/// The passwords in the address of a store, as they are written there and as they are meant.
pub fn secrets_of(address: &str) -> Vec<String> {
    let Some((_, rest)) = address.split_once("://") else { return Vec::new() };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let of_user = rest.rsplit_once('@').and_then(|(who, _)| Some(who.split_once(':')?.1));
    let of_query = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.contains("password").then_some(value)
    });
    let written = of_user.into_iter().chain(of_query).filter(|secret| !secret.is_empty());
    written.flat_map(|secret| [secret.to_owned(), percent_decoded(secret)]).collect()
}

/// The text without a password: neither before the `@` of a URL nor among its parameters.
fn redacted(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (rest, query) =
        rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    let rest = match rest.rsplit_once('@') {
        Some((who, place)) => {
            let user = who.split(':').next().unwrap_or_default();
            let secret = if who.contains(':') { ":***" } else { "" };
            format!("{user}{secret}@{place}")
        }
        None => rest.to_owned(),
    };
    let Some(query) = query else { return format!("{scheme}://{rest}") };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if name.contains("password") => format!("{name}=***"),
        _ => pair.to_owned(),
    });
    format!("{scheme}://{rest}?{}", pairs.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_a_url_name_a_store() {
        let file = |path: &str| Some(Address::Sqlite(PathBuf::from(path)));
        assert_eq!(Address::parse("data/sluice.db").ok(), file("data/sluice.db"));
        assert_eq!(Address::parse("sqlite:/var/sluice.db").ok(), file("/var/sluice.db"));
        assert_eq!(Address::parse("sqlite:///var/sluice.db").ok(), file("/var/sluice.db"));
        assert!(matches!(Address::parse("postgresql://db/sluice"), Ok(Address::Postgres(_))));
        for wrong in ["", "sqlite:", "sqlite::memory:", "mysql://db/sluice", "https://db"] {
            assert!(matches!(Address::parse(wrong), Err(DbError::Address { .. })), "{wrong}");
        }
    }

    #[test]
    fn a_wish_for_tls_is_refused_rather_than_ignored() {
        let refused = Address::parse("postgres://ada:secret@db/sluice?sslmode=verify-full");
        let text = refused.expect_err("TLS is not built in").to_string();
        assert!(text.contains("TLS") && !text.contains("secret"), "{text}");
    }

    #[test]
    fn passwords_are_known_as_they_are_written_and_as_they_are_meant() {
        let url = "postgres://ada:s%40cret@db:5432/x?host=/run&password=pw";
        assert_eq!(secrets_of(url), ["s%40cret", "s@cret", "pw", "pw"]);
        for none in ["postgres://ada@db/x", "postgres://db/x", "/var/a:b@c.db", "sqlite:a"] {
            assert_eq!(secrets_of(none), [""; 0], "{none}");
        }
    }

    #[test]
    fn passwords_are_never_shown() {
        let shown = |url: &str| Address::parse(url).expect(url).to_string();
        assert_eq!(shown("postgres://ada:s@cret@db:5432/x"), "postgres://ada:***@db:5432/x");
        assert_eq!(shown("postgres://ada@db/x"), "postgres://ada@db/x");
        assert_eq!(
            shown("postgres:///x?host=/run&password=s"),
            "postgres:///x?host=/run&password=***"
        );
    }
}
