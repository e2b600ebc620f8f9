//! One hop of a request, and what a redirect makes of it: pure rules.

use std::borrow::Cow;

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, StatusCode, Url};
use sluice_model::{Scrub, percent_decoded};

use super::failure::Reason;
use super::headers;
use super::request::{Limits, Request};
use super::target;

/// What is sent next.
#[derive(Debug)]
pub(super) struct Hop {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    body_is_secret: bool,
    secrets: Scrub,
    /// Where the secrets were meant for.
    first: Url,
}

impl Hop {
    /// The first one. Nothing of the request is unchecked afterwards.
    pub(super) fn first(request: Request, limits: &Limits) -> Result<Hop, Reason> {
        if request.body.len() > limits.request_bytes {
            let what = "the request's body";
            return Err(Reason::TooLarge { what, most_bytes: limits.request_bytes });
        }
        let invalid = |what: &str| Reason::Invalid(what.to_owned());
        let method = Method::from_bytes(request.method.as_bytes());
        let method = method.map_err(|_| invalid("the method is none"))?;
        if [Method::CONNECT, Method::TRACE].contains(&method) || request.method.len() > 32 {
            return Err(invalid("the method is not for a flow to use"));
        }
        if request.method.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return Err(invalid("the method is written in capitals"));
        }
        let url = target::parse(&request.url)?;
        Ok(Hop {
            method,
            first: url.clone(),
            url,
            secrets: request.secrets,
            headers: headers::checked(&request.headers)?,
            body: request.body,
            body_is_secret: request.body_is_secret,
        })
    }

    /// The next one, where the answer is a redirect.
    pub(super) fn next(&mut self, status: StatusCode, answer: &HeaderMap) -> Result<bool, Reason> {
        let refused = |what: &str| Err(Reason::Redirect(what.to_owned()));
        if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(false);
        }
        let Some(location) = answer.get(LOCATION) else { return Ok(false) };
        let Ok(location) = std::str::from_utf8(location.as_bytes()) else {
            return refused("it leads to no address");
        };
        let url = target::join(&self.url, location)?;
        if self.url.scheme() == "https" && url.scheme() != "https" {
            return refused("it leads from https to http");
        }
        let becomes_get = match status.as_u16() {
            301 | 302 => self.method == Method::POST,
            303 => self.method != Method::GET && self.method != Method::HEAD,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = Vec::new();
            self.body_is_secret = false;
            headers::without_body(&mut self.headers);
        }
        // Who was given a secret may copy it into the address: a login page does so with the query.
        let is_elsewhere = url.origin() != self.first.origin();
        if is_elsewhere && (self.holds_secret(location) || self.holds_secret(url.as_str())) {
            return refused("its address would take a secret to another origin");
        }
        if url.origin() != self.url.origin() {
            if self.body_is_secret {
                return refused("it would take a secret to another origin");
            }
            headers::to_other_origin(&mut self.headers);
        }
        self.url = url;
        Ok(true)
    }

    fn holds_secret(&self, text: &str) -> bool {
        let holds = |text: &str| matches!(self.secrets.text(text), Cow::Owned(_));
        // With `+` for a space, as forms have it.
        holds(text)
            || holds(&percent_decoded(text))
            || holds(&percent_decoded(&text.replace('+', " ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(method: &str) -> Hop {
        let mut request = Request::new("t", method, "https://a.example/b")
            .header("content-type", "text/plain")
            .header("authorization", "Bearer a")
            .secret_header("x-key", "secret");
        request.body = b"body".to_vec();
        Hop::first(request, &Limits::default()).expect("a sound request")
    }

    fn location(to: &str) -> HeaderMap {
        HeaderMap::from_iter([(LOCATION, to.parse().expect("a value"))])
    }

    fn after(method: &str, status: u16, to: &str) -> Hop {
        let mut hop = hop(method);
        let status = StatusCode::from_u16(status).expect("a status");
        assert_eq!(hop.next(status, &location(to)), Ok(true));
        hop
    }

    #[test]
    fn methods_and_bodies_follow_the_status() {
        for (method, status, becomes, keeps) in [
            ("POST", 301, "GET", false),
            ("POST", 302, "GET", false),
            ("PUT", 302, "PUT", true),
            ("PUT", 303, "GET", false),
            ("HEAD", 303, "HEAD", true),
            ("POST", 307, "POST", true),
            ("PATCH", 308, "PATCH", true),
        ] {
            let hop = after(method, status, "/c");
            assert_eq!((hop.method.as_str(), !hop.body.is_empty()), (becomes, keeps), "{status}");
            assert_eq!(hop.headers.contains_key("content-type"), keeps, "{method} {status}");
            assert!(hop.headers.contains_key("authorization"), "the origin is the same");
        }
    }

    #[test]
    fn secrets_stay_with_their_origin() {
        for to in ["https://b.example/", "https://a.example:444/", "//sub.a.example/"] {
            let hop = after("GET", 302, to);
            assert!(!hop.headers.contains_key("authorization"), "{to}");
            assert!(!hop.headers.contains_key("x-key"), "{to}");
        }
        let mut hop = hop("POST");
        hop.body_is_secret = true;
        let there = location("https://b.example/");
        let kept = hop.next(StatusCode::TEMPORARY_REDIRECT, &there);
        assert!(matches!(kept, Err(Reason::Redirect(_))), "{kept:?}");
        assert_eq!(hop.next(StatusCode::FOUND, &there), Ok(true), "the body is gone");
        assert_eq!(hop.url.host_str(), Some("b.example"));
        // And what is gone does not come back.
        assert_eq!(hop.next(StatusCode::FOUND, &location("https://a.example/")), Ok(true));
        assert!(!hop.headers.contains_key("x-key"));
    }

    #[test]
    fn no_address_takes_a_secret_to_another_origin() {
        let hop = || {
            let url = "https://a.example/b?key=can%2Fary%20%2B1";
            let request = Request::new("t", "GET", url);
            request.secrets.add(["can/ary +1"]);
            Hop::first(request, &Limits::default()).expect("a sound request")
        };
        let follow = |to: &str| hop().next(StatusCode::FOUND, &location(to));
        for echo in [
            "https://b.example/?key=can%2Fary%20%2B1",
            "https://b.example/?key=can%2fary+%2b1&x",
            "https://b.example/can/ary%20+1",
            "https://b.example/?to=https%3A%2F%2Fa.example%2F%3Fkey%3Dcan%252Fary%2520%252B1",
            "https://b.example/#can%2Fary%20%2B1",
            "https://a.example:444/?key=c%61n%2Fary%20%2B1",
            "//sub.a.example/?key=can%2Fary%20%2B1",
        ] {
            let refused = follow(echo);
            assert!(
                matches!(&refused, Err(Reason::Redirect(what)) if what.contains("secret")),
                "{echo}: {refused:?}"
            );
        }
        assert_eq!(follow("/c?key=can%2Fary%20%2B1"), Ok(true), "the origin is the same");
        assert_eq!(follow("https://b.example/?key=other"), Ok(true));
        // Nor by way of a third.
        let mut hop = hop();
        assert_eq!(hop.next(StatusCode::FOUND, &location("https://b.example/")), Ok(true));
        let echo = location("https://b.example/?key=can%2Fary%20%2B1");
        assert!(hop.next(StatusCode::FOUND, &echo).is_err());
        assert_eq!(hop.next(StatusCode::FOUND, &location("https://a.example/")), Ok(true));
    }

    #[test]
    fn what_is_no_redirect_is_an_answer() {
        let mut hop = hop("GET");
        assert_eq!(hop.next(StatusCode::OK, &location("/c")), Ok(false));
        assert_eq!(hop.next(StatusCode::FOUND, &HeaderMap::new()), Ok(false));
        assert_eq!(hop.next(StatusCode::NOT_MODIFIED, &location("/c")), Ok(false));
        let down = hop.next(StatusCode::FOUND, &location("http://a.example/"));
        assert!(matches!(down, Err(Reason::Redirect(_))));
    }

    #[test]
    fn a_request_is_checked_before_anything_else() {
        for method in ["", "GET ", "G\r\nT", "CONNECT", "TRACE", "get"] {
            let request = Request::new("t", method, "https://a.example/");
            let refused = Hop::first(request, &Limits::default());
            assert!(matches!(refused, Err(Reason::Invalid(_))), "{method:?}");
        }
        let mut request = Request::new("t", "POST", "https://a.example/");
        request.body = vec![0; 11];
        let limits = Limits { request_bytes: 10, ..Limits::default() };
        assert!(matches!(Hop::first(request, &limits), Err(Reason::TooLarge { .. })));
    }
}
