//! `/mcp`: who comes in. Each request stands for itself, with a token of its own: there is no session
//! that could be taken over, and any server of several can answer.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use sluice_model::Code;

use super::Agent;
use crate::auth::{address_of, bearer, identify};
use crate::edge::Edge;
use crate::problem::Problem;
use crate::trace::trace_of;

/// Answers one message.
pub(crate) async fn http(State(edge): State<Edge>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if let Err(problem) = is_expected(&edge.settings().origins, &parts.uri, &parts.headers) {
        return problem.into_response();
    }
    let identity = match identify(&edge, bearer(&parts), address_of(&parts)).await {
        Ok(identity) => identity,
        Err(problem) => return problem.into_response(),
    };
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(edge.settings().body_bytes)
        // Looked at above, where addresses are let through as well.
        .disable_allowed_hosts()
        .disable_allowed_origins();
    let trace = trace_of(&parts.headers);
    let agent = Agent { edge, identity, trace };
    let sessions = Arc::new(NeverSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(agent.clone()), sessions, config);
    service.handle(Request::from_parts(parts, body)).await.map(Body::new)
}

/// Refuses what a page of somebody else sends: a page whose host name was bent to this server sends that
/// name as host, and every page sends where it is from.
fn is_expected(origins: &[String], uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let refused = |name: &str, problem: &str| {
        Err(Problem::field(name, problem)
            .status(StatusCode::FORBIDDEN)
            .hint("Whoever runs this server names its own host among its origins."))
    };
    let named = headers.get(HOST).map(|host| host.to_str().unwrap_or_default());
    let Some(host) = named.or(uri.authority().map(Authority::as_str)) else {
        return Err(Problem::new(Code::RequestInvalid, "the request names no host"));
    };
    let Some(authority) = authority(host) else { return refused("Host", "it is no host") };
    if !is_address(authority.host()) && !origins.iter().any(|it| is_host_of(it, &authority)) {
        return refused("Host", "it is not a name of this server");
    }
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let is_own = origin.split_once("://").is_some_and(|(_, of)| of.eq_ignore_ascii_case(host));
    if is_own || origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)) {
        return Ok(());
    }
    refused("Origin", "pages from there may not use this server")
}

fn authority(host: &str) -> Option<Authority> {
    Authority::try_from(host).ok().filter(|authority| !authority.host().is_empty())
}

/// An address, or the name of this machine for itself: nobody can bend those to another server.
fn is_address(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

fn is_host_of(origin: &str, authority: &Authority) -> bool {
    let host = origin.split_once("://").and_then(|(_, of)| self::authority(of));
    host.is_some_and(|own| own.host().eq_ignore_ascii_case(authority.host()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_let_in(host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().expect("it is a value"));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().expect("it is a value"));
        }
        let origins = ["https://sluice.example".to_owned(), "http://ui.example:81".to_owned()];
        is_expected(&origins, &Uri::from_static("/mcp"), &headers).is_ok()
    }

    #[test]
    fn names_that_are_not_the_servers_are_refused() {
        for host in ["127.0.0.1:8080", "[::1]:8080", "localhost", "10.1.2.3", "sluice.example:443"]
        {
            assert!(is_let_in(host, None), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "@"] {
            assert!(!is_let_in(host, None), "{host}");
        }
    }

    #[test]
    fn pages_of_others_are_refused() {
        let host = "127.0.0.1:8080";
        for origin in ["http://127.0.0.1:8080", "https://sluice.example", "http://ui.example:81"] {
            assert!(is_let_in(host, Some(origin)), "{origin}");
        }
        for origin in ["http://evil.example", "http://127.0.0.1:81", "null", "http://ui.example"] {
            assert!(!is_let_in(host, Some(origin)), "{origin}");
        }
        assert!(!is_let_in("evil.example", Some("http://evil.example")));
    }
}
