//! `/mcp`: who comes in. Each request stands for itself, with a token of its own: there is no session
//! that could be taken over, and any server of several can answer.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};

use super::Agent;
use crate::app::Api;
use crate::auth::{address_of, bearer, identify};
use crate::edge::Edge;
use crate::origin::{Origin, host_of, may_come};
use crate::problem::Problem;
use crate::trace::trace_of;

/// Answers one message.
pub(crate) async fn http(
    State(edge): State<Edge>,
    Extension(Api(api)): Extension<Api>,
    request: Request,
) -> Response {
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
    let agent = Agent { edge, identity, api, trace };
    let sessions = Arc::new(NeverSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(agent.clone()), sessions, config);
    service.handle(Request::from_parts(parts, body)).await.map(Body::new)
}

/// Refuses what a page of somebody else sends: a page whose host name was bent to this server sends that
/// name as host, and every page sends where it is from.
fn is_expected(origins: &[Origin], uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let refused = |name: &str, problem: &str| {
        Err(Problem::field(name, problem)
            .status(StatusCode::FORBIDDEN)
            .hint("Whoever runs this server names its own host among its origins."))
    };
    let Some(host) = host_of(uri, headers) else {
        return refused("Host", "the request names no host");
    };
    let is_named = origins.iter().any(|origin| origin.host().eq_ignore_ascii_case(host.host()));
    if !is_address(host.host()) && !is_named {
        return refused("Host", "it is not a name of this server");
    }
    if !may_come(headers, Some(&host), origins) {
        return refused("Origin", "pages from there may not use this server");
    }
    Ok(())
}

/// An address, or the name of this machine for itself: nobody can bend those to another server.
fn is_address(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use axum::http::header::{HOST, ORIGIN};

    use super::*;

    fn is_let_in(host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().expect("it is a value"));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().expect("it is a value"));
        }
        let origins = ["https://sluice.example/", "http://ui.example:81"]
            .map(|origin| origin.parse().expect("it is an origin"));
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
