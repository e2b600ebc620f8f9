//! Headers of requests: checked before anything is sent, and what is left of them after a redirect to
//! another origin.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::failure::Reason;
use super::request::Header;

/// The most headers of a request.
const MAX_HEADERS: usize = 100;

/// The most bytes of their names and values.
const MAX_HEADER_BYTES: usize = 64 << 10;

/// Headers that say how a message is transported, or who it is for. The host alone writes them.
const OF_TRANSPORT: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Headers that say who somebody is, and stay with the origin that they were written for.
const OF_IDENTITY: &[&str] = &["authorization", "cookie", "x-api-key", "api-key", "x-auth-token"];

/// Headers of a body, which go with it.
const OF_BODY: &[&str] =
    &["content-encoding", "content-language", "content-location", "content-type"];

/// The checked headers of a request. Those that hold secrets are marked as sensitive.
pub(super) fn checked(headers: &[Header]) -> Result<HeaderMap, Reason> {
    let invalid = |what: String| Err(Reason::Invalid(what));
    if headers.len() > MAX_HEADERS {
        return invalid(format!("there are more than {MAX_HEADERS} headers"));
    }
    let bytes: usize = headers.iter().map(|it| it.name.len() + it.value.len()).sum();
    if bytes > MAX_HEADER_BYTES {
        return Err(Reason::TooLarge {
            what: "the request's header",
            most_bytes: MAX_HEADER_BYTES,
        });
    }
    let mut map = HeaderMap::with_capacity(headers.len() + 2);
    for header in headers {
        let Ok(name) = HeaderName::from_bytes(header.name.as_bytes()) else {
            return invalid("a header has an invalid name".to_owned());
        };
        if OF_TRANSPORT.contains(&name.as_str()) {
            return invalid(format!("the header `{name}` is not for a flow to set"));
        }
        let Ok(mut value) = HeaderValue::from_bytes(header.value.as_bytes()) else {
            return invalid(format!(
                "the value of the header `{name}` holds a line break or the like"
            ));
        };
        value.set_sensitive(header.is_secret);
        map.append(name, value);
    }
    Ok(map)
}

/// Leaves nothing in that only the first origin may see. It does not come back by a redirect back.
pub(super) fn to_other_origin(headers: &mut HeaderMap) {
    let gone: Vec<HeaderName> = headers
        .iter()
        .filter(|(name, value)| value.is_sensitive() || OF_IDENTITY.contains(&name.as_str()))
        .map(|(name, _)| name.clone())
        .collect();
    for name in gone {
        headers.remove(name);
    }
}

/// Leaves nothing in that describes a body.
pub(super) fn without_body(headers: &mut HeaderMap) {
    for name in OF_BODY {
        headers.remove(*name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, value: &str, is_secret: bool) -> Header {
        Header { name: name.to_owned(), value: value.to_owned(), is_secret }
    }

    #[test]
    fn headers_of_the_transport_are_not_for_flows() {
        for name in OF_TRANSPORT.iter().copied().chain(["HOST", "Transfer-Encoding"]) {
            assert!(
                matches!(checked(&[header(name, "x", false)]), Err(Reason::Invalid(_))),
                "{name}"
            );
        }
    }

    #[test]
    fn nothing_is_smuggled_in_by_a_header() {
        for (name, value) in [
            ("x", "a\r\nHost: b"),
            ("x", "a\nb"),
            ("x", "a\0b"),
            ("x\r\nhost", "a"),
            ("x:", "a"),
            ("x y", "a"),
            ("", "a"),
            ("é", "a"),
        ] {
            assert!(checked(&[header(name, value, false)]).is_err(), "{name:?}: {value:?}");
        }
        let many: Vec<Header> = (0..=MAX_HEADERS).map(|_| header("x", "y", false)).collect();
        assert!(checked(&many).is_err());
        let large = header("x", &"y".repeat(MAX_HEADER_BYTES), false);
        assert!(matches!(checked(&[large]), Err(Reason::TooLarge { .. })));
    }

    #[test]
    fn another_origin_sees_no_secret() {
        let mut map = checked(&[
            header("Authorization", "Bearer a", false),
            header("Cookie", "a=b", false),
            header("X-Mine", "secret", true),
            header("X-Mine", "plain", false),
            header("Accept", "text/plain", false),
        ])
        .expect("sound headers");
        to_other_origin(&mut map);
        assert_eq!(map.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["accept"]);
    }
}
