//! The web: what `make web` built, embedded in the binary as it was compressed there. A build without it
//! works, and its pages say what to do.

use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use rust_embed::{Embed, EmbeddedFile};
use sluice_executor::hex;

/// A debug build reads them from the directory as they are.
#[derive(Embed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

/// What its pages may do: run what is ours, and talk to this server. Styles may stand in attributes, for
/// the editor sets them there.
const MAY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; object-src 'none'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Names of these change with their content.
const HASHED: &str = "assets/";

/// The page that all of the web's addresses have: its script looks at the address.
const INDEX: &str = "index.html";

/// Whether this build has the web.
pub fn is_built() -> bool {
    Built::get(INDEX).is_some()
}

/// What stands at a path: a file, else the page where a person navigates there. None where there is nothing for
/// who asks so.
pub(crate) fn at(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
    at_of::<Built>(method, uri, headers)
}

fn at_of<F: Embed>(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return None;
    }
    let path = uri.path().trim_start_matches('/');
    if !path.is_empty() && path != INDEX && F::get(path).is_some() {
        return served::<F>(path, headers);
    }
    let is_of_programs = path.split('/').next().is_some_and(|first| {
        matches!(first, "v1" | "mcp" | "docs" | "assets" | "healthz" | "readyz" | "metrics")
    });
    if is_of_programs || !wants_page(headers) {
        return None;
    }
    served::<F>(INDEX, headers)
}

/// Whether somebody navigates, as browsers say it.
fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    accept.flat_map(|value| value.split(',')).any(|kind| kind.trim().starts_with("text/html"))
}

/// A file, compressed where whoever asks takes that.
fn served<F: Embed>(path: &str, headers: &HeaderMap) -> Option<Response> {
    let whole = F::get(path)?;
    let tag = tag_of(&whole);
    let smaller = [("br", "br"), ("gzip", "gz")].into_iter().find_map(|(coding, ending)| {
        let file = takes(headers, coding).then(|| F::get(&format!("{path}.{ending}")))?;
        Some((coding, file?))
    });
    let mut said = HeaderMap::new();
    let kept = if path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        // It may be another at any time, and is asked for with its tag.
        "no-cache"
    };
    said.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    said.insert(CONTENT_TYPE, HeaderValue::from_static(kind_of(path)));
    if path == INDEX {
        said.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(MAY));
        // Programs are told something else at the same place.
        said.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    } else {
        said.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        if headers.get(IF_NONE_MATCH) == Some(&tag) {
            said.insert(ETAG, tag);
            return Some((StatusCode::NOT_MODIFIED, said).into_response());
        }
        said.insert(ETAG, tag);
    }
    let file = match smaller {
        Some((coding, file)) => {
            said.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
            file
        }
        None => whole,
    };
    Some((said, file.data).into_response())
}

fn tag_of(file: &EmbeddedFile) -> String {
    format!("W/\"{}\"", hex(&file.metadata.sha256_hash()[..12]))
}

/// Whether a coding is among those that are taken.
fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let all = headers.get_all(ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, "q=1"));
        let is_refused = matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        name.trim().eq_ignore_ascii_case(coding) && !is_refused
    })
}

fn kind_of(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "webmanifest") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("ttf") => "font/ttf",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(
            axum::http::HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )])
    }

    /// What a build of the web looks like.
    #[derive(Embed)]
    #[folder = "src/web/sample"]
    struct Sample;

    fn asked(path: &'static str, headers: &HeaderMap) -> Option<(StatusCode, HeaderMap)> {
        let response = at_of::<Sample>(&Method::GET, &Uri::from_static(path), headers)?;
        Some((response.status(), response.headers().clone()))
    }

    #[test]
    fn every_address_of_a_person_is_the_page_and_may_run_only_what_is_ours() {
        let page = headers("accept", "text/html");
        for path in ["/", "/runs", "/flows/any", "/index.html"] {
            let (status, said) = asked(path, &page).unwrap_or_else(|| panic!("nothing at {path}"));
            assert_eq!(status, StatusCode::OK, "{path}");
            assert_eq!(said[CONTENT_SECURITY_POLICY], MAY, "{path}");
            assert_eq!(said[CACHE_CONTROL], "no-cache", "{path}");
            assert_eq!(said[VARY], "accept, accept-encoding", "{path}");
        }
        assert!(asked("/runs", &HeaderMap::new()).is_none());
        for path in ["/v1/nothing", "/docs/nothing", "/assets/gone.js", "/mcp", "/metrics/x"] {
            assert!(asked(path, &page).is_none(), "{path}");
        }
        let posted = at_of::<Sample>(&Method::POST, &Uri::from_static("/runs"), &page);
        assert!(posted.is_none());
    }

    #[test]
    fn files_are_kept_by_their_names_and_sent_as_small_as_is_taken() {
        let path = "/assets/app-1.js";
        let (_, plain) = asked(path, &HeaderMap::new()).expect("it is there");
        assert!(plain[CACHE_CONTROL].to_str().is_ok_and(|kept| kept.contains("immutable")));
        assert_eq!(plain[CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert!(!plain.contains_key(CONTENT_ENCODING));
        let (_, small) = asked(path, &headers("accept-encoding", "gzip, br")).expect("likewise");
        assert_eq!(small[CONTENT_ENCODING], "br");
        let known = HeaderMap::from_iter([(IF_NONE_MATCH, plain[ETAG].clone())]);
        assert_eq!(asked(path, &known).expect("likewise").0, StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn who_navigates_is_told_from_who_asks_for_data() {
        assert!(wants_page(&headers("accept", "text/html,application/xhtml+xml;q=0.9")));
        assert!(!wants_page(&headers("accept", "application/json")));
        assert!(!wants_page(&HeaderMap::new()));
    }

    #[test]
    fn a_coding_is_taken_unless_it_is_refused() {
        let takes = |value, coding| takes(&headers("accept-encoding", value), coding);
        assert!(takes("gzip, br", "br") && takes("gzip;q=0.5", "gzip"));
        assert!(!takes("gzip", "br") && !takes("br;q=0, gzip", "br"));
    }
}
