//! Addresses of requests, read as strictly as possible: an address that two readers may understand
//! differently is refused.

use std::net::IpAddr;

use reqwest::Url;

use super::failure::Reason;

/// The longest address, in bytes.
pub(super) const MAX_URL_BYTES: usize = 8 << 10;

/// Reads the address of a request. Whatever has come through is `http` or `https`, names a host and no
/// user, and has no fragment; its host is written in one form.
pub fn parse(text: &str) -> Result<Url, Reason> {
    let invalid = |what: &str| Err(Reason::Invalid(format!("the address {what}")));
    if let Some(what) = ambiguity(text) {
        return invalid(what);
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return invalid("is none: write it whole, as in https://api.example.com/v1");
    };
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return invalid("is neither http nor https");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() {
        return invalid("names no host");
    }
    if authority.contains('@') {
        return invalid("holds a user: put credentials into a header");
    }
    match Url::parse(text) {
        Ok(url) => settle(url),
        Err(error) => Err(Reason::Invalid(format!("the address is none: {error}"))),
    }
}

/// Where a redirect from `base` leads.
pub(super) fn join(base: &Url, location: &str) -> Result<Url, Reason> {
    if ambiguity(location).is_some() {
        return Err(Reason::Redirect("it leads to no address".to_owned()));
    }
    let url = base.join(location);
    let url = url.map_err(|_| Reason::Redirect("it leads to no address".to_owned()))?;
    settle(url).map_err(|_| Reason::Redirect("it leads to no http or https address".to_owned()))
}

/// What makes readers of an address disagree.
fn ambiguity(text: &str) -> Option<&'static str> {
    if text.len() > MAX_URL_BYTES {
        return Some("is longer than 8 KiB");
    }
    let is_odd = |byte: u8| byte <= b' ' || byte == 0x7f || byte == b'\\';
    text.bytes().any(is_odd).then_some("holds a space, a `\\` or a control character")
}

fn settle(mut url: Url) -> Result<Url, Reason> {
    let invalid = |what: &str| Err(Reason::Invalid(format!("the address {what}")));
    if !matches!(url.scheme(), "http" | "https") {
        return invalid("is neither http nor https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return invalid("holds a user: put credentials into a header");
    }
    if url.port() == Some(0) {
        return invalid("has no port that can be connected to");
    }
    let Some(host) = url.host_str() else { return invalid("names no host") };
    // With a dot at its end it is the same host under another name.
    let bare = host.strip_suffix('.').unwrap_or(host);
    if bare.is_empty() || bare.split('.').any(str::is_empty) || bare.len() > 253 {
        return invalid("has an invalid host");
    }
    if bare.len() != host.len() {
        let bare = bare.to_owned();
        if url.set_host(Some(&bare)).is_err() {
            return invalid("has an invalid host");
        }
    }
    url.set_fragment(None);
    Ok(url)
}

/// The host without brackets, an address in its usual form, and the port.
pub(super) fn host_and_port(url: &Url) -> (String, u16) {
    let host = url.host_str().unwrap_or_default();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = bare.unwrap_or(host);
    let host = host.parse::<IpAddr>().map_or(host.to_owned(), |address| address.to_string());
    (host, url.port_or_known_default().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_form() {
        for (text, expected) in [
            ("http://a.example", "http://a.example/"),
            ("HTTPS://A.Example.:443/x?y#z", "https://a.example/x?y"),
            ("http://2130706433/", "http://127.0.0.1/"),
            ("http://0x7f.1:8080/", "http://127.0.0.1:8080/"),
            ("http://0177.0.0.1./", "http://127.0.0.1/"),
            ("http://127。0。0。1/", "http://127.0.0.1/"),
            ("http://%31%32%37.0.0.1/", "http://127.0.0.1/"),
            ("http://[::FFFF:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
        ] {
            assert_eq!(parse(text).map(String::from), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_may_be_read_in_two_ways_is_refused() {
        for text in [
            "",
            "a.example",
            "//a.example",
            "http:a.example",
            "http:/a.example",
            "http:///a.example",
            "http://",
            "http://:80",
            "ftp://a.example",
            "file:///etc/passwd",
            "gopher://a.example",
            "http://user@a.example",
            "http://user:pass@a.example",
            "http://@a.example",
            "http://a.example\\@b.example",
            "http://a.example:0",
            "http://a.example:99999",
            "http://a..example",
            "http://.",
            "http://.a.example",
            "http://a.example ",
            " http://a.example",
            "http://a.exa\tmple",
            "http://a.example/\r\nX: y",
            "http://[fe80::1%25eth0]/",
            "http://[::1",
            "http://256.256.256.256/",
            "http://1.2.3.4.5/",
            "http://0x100000000/",
            "http://a.example%00.b.example/",
            "http://a%2fb.example/",
            "javascript://a.example/",
        ] {
            assert!(matches!(parse(text), Err(Reason::Invalid(_))), "{text}: {:?}", parse(text));
        }
        assert!(parse(&format!("http://a.example/{}", "x".repeat(MAX_URL_BYTES))).is_err());
    }

    #[test]
    fn redirects_lead_to_addresses() {
        let base = parse("https://a.example/b/c").expect("an address");
        let to = |location| join(&base, location).map(String::from);
        assert_eq!(to("d"), Ok("https://a.example/b/d".to_owned()));
        assert_eq!(to("//127.1/x"), Ok("https://127.0.0.1/x".to_owned()));
        for location in
            ["ftp://b.example/", "http://u:p@b.example/", "\\\\b.example", "http://b:0/"]
        {
            assert!(matches!(to(location), Err(Reason::Redirect(_))), "{location}");
        }
    }
}
