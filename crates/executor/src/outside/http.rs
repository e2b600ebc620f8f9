//! HTTP: where the grants allow it, with secrets put in on the way out and taken out of what comes back.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use sluice_db::{SecretRow, Tenant};
use sluice_model::{
    Answer, Attachment, Call, CallKind, Capability, Code, Destination, Failure, HttpCall, Need,
    Needed, Request, Scrub,
};
use sluice_outbound::http::{
    Header, HttpFailure, Limits, Method, Reason, Refused, Request as Sent, Url,
};
use sluice_outbound::vault::{
    Place, PlaceError, Placed, Use, Values, place, references, scrub_response,
};

use super::secret::not_opened;
use super::vault::{InUse, may_go};
use super::{Outside, SecretPlace, broken, not_ours};
use crate::digest::sha256;
use crate::performer::{CallContext, Performer};

/// How long a request may take where the flow does not say, and at most.
const TIMEOUT: (Duration, Duration) = (Duration::from_mins(1), Duration::from_mins(15));

pub(super) struct OverHttp(pub(super) Outside);

#[async_trait]
impl Performer for OverHttp {
    fn is_idempotent(&self, call: &Call) -> bool {
        matches!(&call.request, Request::Http(call) if may_be_sent_twice(&call.method))
    }

    fn is_read_only(&self, call: &Call) -> bool {
        let body = call.attachment.as_ref().map(|body| &*body.bytes).unwrap_or_default();
        matches!(&call.request, Request::Http(asked) if only_reads(asked, body))
    }

    async fn perform(&self, context: CallContext, call: Call) -> Result<Answer, Box<Failure>> {
        let Call { request: Request::Http(asked), attachment, .. } = call else {
            return Err(not_ours());
        };
        let mut request = Sent::new(context.tenant.as_str(), &asked.method, &asked.url);
        for (name, value) in &asked.headers {
            request = request.header(name, value);
        }
        request.body = attachment.map(|body| body.bytes.to_vec()).unwrap_or_default();
        let has_header =
            |name: &str| asked.headers.iter().any(|(header, _)| header.eq_ignore_ascii_case(name));
        if !has_header("traceparent") {
            request.headers.push(traceparent(&context));
        }
        let (request, scrub, _in_use) = self.with_secrets(&context, &asked, request).await?;
        let limits = Limits {
            timeout: asked.timeout_ms.map_or(TIMEOUT.0, Duration::from_millis).min(TIMEOUT.1),
            redirects: if asked.redirects { Limits::default().redirects } else { 0 },
            response_bytes: context.at_most(Limits::default().response_bytes),
            ..Limits::default()
        };
        // Where it goes first was decided with the call, by a person where that was asked for. Nobody is
        // asked where it goes on to.
        let is_first = AtomicBool::new(true);
        let permit = |url: &Url, method: &Method| {
            permitted(&asked.grants, url, method, is_first.swap(false, Ordering::Relaxed))
        };
        let sent = self.0.http.send(request, &limits, &permit).await;
        let response = sent.map_err(|failure| Box::new(told(&scrub, &asked.method, &failure)))?;
        let response = scrub_response(&scrub, response);
        let headers: Vec<[Cow<'_, str>; 2]> = response
            .headers
            .iter()
            .map(|(name, value)| [name.as_str().into(), String::from_utf8_lossy(value)])
            .collect();
        let value = json!({
            "status": response.status,
            "url": scrub.text(response.url.as_str()),
            "headers": headers,
        });
        let attachment = (!response.body.is_empty()).then(|| Attachment {
            digest: sha256(&response.body),
            size_bytes: response.body.len() as u64,
            bytes: Arc::from(response.body),
        });
        Ok(Answer { value, attachment })
    }
}

impl OverHttp {
    /// Puts secrets in the places of their references, where they may go. What is used is taken out of logs
    /// for as long as it is in use.
    async fn with_secrets(
        &self,
        context: &CallContext,
        asked: &HttpCall,
        request: Sent,
    ) -> Result<(Sent, Scrub, Option<InUse>), Box<Failure>> {
        let headers = request.headers.iter().map(|header| header.value.as_str());
        let references = references(&request.url, headers, &request.body);
        let Some(vault) = self.0.vault.as_ref().filter(|_| !references.is_empty()) else {
            return Ok((request, Scrub::new(), None));
        };
        let tenant = self.0.store.tenant(&context.tenant);
        let granted = self.granted(&tenant, &asked.grants).await?;
        let key = vault.key(&tenant).await.map_err(not_opened)?;
        let referred =
            granted.into_iter().map(|row| (key.reference(&context.seed, &row.name), row));
        let (meant, rows): (Vec<_>, Vec<_>) =
            referred.filter(|(reference, _)| references.contains(reference.as_str())).unzip();
        let in_use = vault.open(&key, &tenant, &rows, &self.0.scrub).await?;
        let mut values = Values::default();
        for ((reference, row), value) in meant.iter().zip(&rows).zip(&in_use.values) {
            values.insert(reference, &row.name, value.clone());
        }
        let Placed { request, used, scrub } =
            place(request, &values).map_err(|error| Box::new(misplaced(error)))?;
        for it in &used {
            if let Some(row) = rows.iter().find(|row| row.name == it.name) {
                may_be_used(row, it, asked)?;
            }
        }
        Ok((request, scrub, Some(in_use)))
    }

    /// The secrets that the call is granted.
    async fn granted(
        &self,
        tenant: &Tenant,
        grants: &[Capability],
    ) -> Result<Vec<SecretRow>, Box<Failure>> {
        let all = tenant.secrets().await.map_err(|error| broken(&error))?;
        let none = |_: &str| None;
        let is_granted = |row: &SecretRow| {
            let need =
                Need { kind: CallKind::Secret, target: Needed::Name(&row.name), values: &none };
            grants.iter().any(|grant| grant.allows(&need))
        };
        Ok(all.into_iter().filter(is_granted).collect())
    }
}

fn traceparent(context: &CallContext) -> Header {
    Header {
        name: "traceparent".to_owned(),
        value: context.trace.traceparent.to_string(),
        is_secret: false,
    }
}

/// Whether the grants of the call let a request go there; a redirect, unless it is the first, needs a grant
/// that asks nobody.
fn permitted(
    grants: &[Capability],
    url: &Url,
    method: &Method,
    is_first: bool,
) -> Result<(), Refused> {
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Err(Refused { what: "the address has no host".to_owned(), needs: None });
    };
    let values = |name: &str| (name == "method").then(|| vec![method.as_str().to_owned()]);
    let target = Needed::Place(Destination { host, port, path: url.path() });
    let need = Need { kind: CallKind::Http, target, values: &values };
    if grants.iter().any(|grant| (is_first || !grant.needs_approval()) && grant.allows(&need)) {
        return Ok(());
    }
    let needs = match url.port() {
        Some(port) => format!("http:{host}:{port}"),
        None => format!("http:{host}"),
    };
    Err(Refused { what: format!("`{needs}` is not granted"), needs: Some(needs) })
}

/// Whether a secret may be put there, towards the host that was asked for.
fn may_be_used(row: &SecretRow, used: &Use, asked: &HttpCall) -> Result<(), Box<Failure>> {
    let (place, where_to) = match &used.place {
        Place::Header(header) => (SecretPlace::Header, format!("the header `{header}`")),
        Place::Query(parameter) => {
            (SecretPlace::Query, format!("the query parameter `{parameter}`"))
        }
        Place::Body => (SecretPlace::Body, "the body".to_owned()),
    };
    may_go(row, place, &where_to, asked.address().ok().as_ref())
}

fn misplaced(error: PlaceError) -> Failure {
    Failure::new(Code::SecretRefused, error.to_string())
        .hint("A flow may use the references that `flow.secret` gave it in this run, where it is granted the secret.")
}

/// By the meaning of the method, RFC 9110, 9.2.1. Where a secret goes along, the record is to say so first.
fn only_reads(asked: &HttpCall, body: &[u8]) -> bool {
    let headers = asked.headers.iter().map(|(_, value)| value.as_str());
    matches!(asked.method.as_str(), "GET" | "HEAD" | "OPTIONS")
        && references(&asked.url, headers, body).is_empty()
}

/// By the meaning of the method, RFC 9110, 9.2.2.
fn may_be_sent_twice(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE")
}

fn told(scrub: &Scrub, method: &str, failure: &HttpFailure) -> Failure {
    let (code, hint) = match &failure.reason {
        Reason::Invalid(_) => (Code::CallInvalid, None),
        Reason::Refused(_) | Reason::Forbidden { .. } => (
            Code::HttpRefused,
            Some(
                "Flows reach public addresses that they are granted. Whoever runs this Sluice can allow others: `SLUICE_REACH=HOST:PORT`.",
            ),
        ),
        Reason::TimedOut { .. } => (
            Code::CallTimedOut,
            Some(
                "It may have been acted upon all the same. Give the request more time: `timeout=`.",
            ),
        ),
        _ => (Code::HttpFailed, None),
    };
    let may_pass = matches!(
        failure.reason,
        Reason::Unresolved { .. }
            | Reason::Unreachable { .. }
            | Reason::TimedOut { .. }
            | Reason::Protocol(_)
    );
    let told = Failure {
        retryable: may_pass && (!failure.sent || may_be_sent_twice(method)),
        ..Failure::new(code, scrub.text(&failure.to_string()).into_owned())
    };
    let told = match &failure.reason {
        Reason::Refused(Refused { needs: Some(needs), .. }) => {
            let needs = scrub.text(needs);
            told.hint(format!(
                "A redirect leads there: grant `{needs}`, or pass `allow_redirects=False`."
            ))
            .detail("capability", &*needs)
        }
        _ => match hint {
            Some(hint) => told.hint(hint),
            None => told,
        },
    };
    told.detail("reason", reason(&failure.reason)).detail("nothing_done", !failure.sent)
}

/// One word for programs.
fn reason(reason: &Reason) -> &'static str {
    match reason {
        Reason::Invalid(_) => "invalid",
        Reason::Refused(_) => "refused",
        Reason::Forbidden { .. } => "forbidden",
        Reason::Unresolved { .. } => "dns",
        Reason::Unreachable { .. } => "connect",
        Reason::Tls { .. } => "tls",
        Reason::TimedOut { .. } => "timed_out",
        Reason::TooLarge { .. } => "too_large",
        Reason::Redirect(_) => "redirect",
        _ => "protocol",
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn what_changes_nothing_and_holds_no_secret_may_leave_at_once() {
        let reference = format!("slr_{}", "0a".repeat(16));
        let pair = STANDARD.encode(format!("me:{reference}"));
        let plain = "https://api.example.com/?k=slr_short".to_owned();
        let of = |method: &str, url: &str, header: &str| HttpCall {
            method: method.to_owned(),
            url: url.to_owned(),
            headers: vec![("Authorization".to_owned(), header.to_owned())],
            timeout_ms: None,
            redirects: true,
            grants: Vec::new(),
        };
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert!(only_reads(&of(method, &plain, "Basic bWU6eW91"), b"{}"), "{method}");
        }
        assert!(!only_reads(&of("POST", &plain, ""), b""));
        assert!(!only_reads(&of("GET", &format!("{plain}&l={reference}"), ""), b""));
        assert!(!only_reads(&of("GET", &plain, &format!("Bearer {reference}")), b""));
        assert!(!only_reads(&of("GET", &plain, &format!("Basic {pair}")), b""));
        assert!(!only_reads(&of("GET", &plain, ""), reference.as_bytes()));
    }

    #[test]
    fn what_may_pass_is_tried_again_where_that_does_nothing_twice() {
        let host = || "api.example.com".to_owned();
        let unreachable = || Reason::Unreachable { host: host(), what: "refused".to_owned() };
        let broken = || Reason::Protocol("it hung up".to_owned());
        let forbidden = Reason::Forbidden { host: host(), class: "private" };
        for (method, reason, sent, retryable) in [
            ("GET", unreachable(), false, true),
            ("POST", unreachable(), false, true),
            ("GET", broken(), true, true),
            ("POST", broken(), true, false),
            ("GET", forbidden, false, false),
        ] {
            let failure = HttpFailure { reason, sent };
            let told = told(&Scrub::new(), method, &failure);
            assert_eq!(told.retryable, retryable, "{method} {failure:?}");
        }
    }
}
