//! Calls of services: JSON-RPC 2.0 over HTTP POST, on connections that are kept.
//!
//! A request is given to a second connection only where not a byte of it left on the first, so a
//! service never sees one call twice. Dropping the future of a call closes its connection.

mod answer;
mod connection;
mod pool;

use std::time::Instant;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response};
use serde::Serialize;
use serde_json::Value;

use crate::{Address, CallLimits, Caller, RpcFailure};
use pool::Pool;

type Body = Full<Bytes>;

/// The id of each request: one is under way on a connection, never two.
const ID: u64 = 1;

/// Calls services. Clones share their connections.
#[derive(Clone, Debug, Default)]
pub struct Client {
    pool: Pool,
}

#[derive(Serialize)]
struct Envelope<'a> {
    jsonrpc: &'static str,
    id: u64,
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<&'a Value>,
}

impl Client {
    /// A client without any connection yet.
    pub fn new() -> Client {
        Client::default()
    }

    /// Calls a method and waits for its result. `params` is an object, an array, or `Null` for none.
    pub async fn call(
        &self,
        address: &Address,
        method: &str,
        params: &Value,
        caller: &Caller,
        limits: CallLimits,
    ) -> Result<Value, RpcFailure> {
        let params = match params {
            Value::Null => None,
            Value::Array(_) | Value::Object(_) => Some(params),
            _ => return Err(RpcFailure::Invalid("params are an object or an array".to_owned())),
        };
        let body = serde_json::to_vec(&Envelope { jsonrpc: "2.0", id: ID, method, params })
            .map_err(|error| RpcFailure::Invalid(format!("the params are not JSON: {error}")))?;
        if body.len() > limits.request_bytes {
            let most = limits.request_bytes;
            let text = format!("it has {} bytes, and {most} are the most", body.len());
            return Err(RpcFailure::Invalid(text));
        }
        let mut request = request(address, Method::POST, address.path(), body)?;
        caller.write(request.headers_mut())?;
        let (status, answer) = self.exchange(address, &caller.owner, request, limits).await?;
        answer::result(status, &answer, ID, limits.answer_values)
    }

    /// Asks for a page with `GET`; answers its bytes where the status is one of success.
    pub(crate) async fn get(
        &self,
        address: &Address,
        path: &str,
        limits: CallLimits,
    ) -> Result<Vec<u8>, RpcFailure> {
        let request = request(address, Method::GET, path, Vec::new())?;
        let (status, page) = self.exchange(address, "", request, limits).await?;
        if (200..300).contains(&status) {
            return Ok(page);
        }
        Err(RpcFailure::NotJsonRpc(format!("the service answers {status} to `GET {path}`")))
    }

    /// How many connections are open and not in use.
    pub fn idle_connections(&self) -> usize {
        self.pool.idle()
    }

    /// One request and its whole answer, in time.
    async fn exchange(
        &self,
        address: &Address,
        owner: &str,
        request: Request<Body>,
        limits: CallLimits,
    ) -> Result<(u16, Vec<u8>), RpcFailure> {
        let started = Instant::now();
        let timed = tokio::time::timeout(limits.timeout, self.pool.place(address, owner));
        let Ok(place) = timed.await else {
            let text = "all connections to it are in use, and none became free in time";
            return Err(RpcFailure::Unreachable(text.to_owned()));
        };
        let left = limits.timeout.saturating_sub(started.elapsed());
        let limit_ms = u64::try_from(limits.timeout.as_millis()).unwrap_or(u64::MAX);
        // Whether anything left: what a deadline means depends on it.
        let mut left_here = false;
        let exchanged = async {
            let (response, mut connection) = place.send(request, &mut left_here).await?;
            let read = read(response, limits.answer_bytes);
            let (status, answer, reusable) = connection.wait(read).await?;
            if reusable {
                place.keep(connection);
            }
            Ok((status, answer))
        };
        match tokio::time::timeout(left, exchanged).await {
            Ok(exchanged) => exchanged,
            Err(_) if left_here => Err(RpcFailure::TimedOut { limit_ms }),
            Err(_) => Err(RpcFailure::Unreachable(format!("no connection within {limit_ms} ms"))),
        }
    }
}

fn request(
    address: &Address,
    method: Method,
    path: &str,
    body: Vec<u8>,
) -> Result<Request<Body>, RpcFailure> {
    let posts = method == Method::POST;
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = method;
    *request.uri_mut() = path
        .parse()
        .map_err(|_| RpcFailure::Invalid(format!("the path `{path}` cannot be asked for")))?;
    let host = HeaderValue::try_from(address.authority())
        .map_err(|_| RpcFailure::Invalid("the host cannot be a header".to_owned()))?;
    let headers = request.headers_mut();
    headers.insert(HOST, host);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if posts {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(request)
}

/// The status and the bytes of an answer, and whether the connection can be used again.
async fn read(
    response: Response<Incoming>,
    limit_bytes: usize,
) -> Result<(u16, Vec<u8>, bool), RpcFailure> {
    let status = response.status().as_u16();
    if response.headers().contains_key(hyper::header::CONTENT_ENCODING) {
        return Err(RpcFailure::NotJsonRpc("it is compressed, which nobody asked for".to_owned()));
    }
    let closing = response.headers().get(hyper::header::CONNECTION);
    let kept = closing.is_none_or(|value| !value.as_bytes().eq_ignore_ascii_case(b"close"));
    let mut body = response.into_body();
    let hint = hyper::body::Body::size_hint(&body).lower();
    if hint > limit_bytes as u64 {
        return Err(RpcFailure::TooLarge { limit_bytes });
    }
    let mut answer = Vec::with_capacity(usize::try_from(hint).unwrap_or(0).min(64 << 10));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| RpcFailure::Lost(told(&error)))?;
        let Some(data) = frame.data_ref() else { continue };
        if answer.len() + data.len() > limit_bytes {
            return Err(RpcFailure::TooLarge { limit_bytes });
        }
        answer.extend_from_slice(data);
    }
    Ok((status, answer, kept))
}

/// An error of the connection with what is behind it.
fn told(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
