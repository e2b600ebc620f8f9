//! Calls: the operations that a flow asks of the host, parsed once and strictly: docs/calls.md.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Attributes, CallId, Capability, Failure, SpanId};

/// The closed set of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// Wait for a time.
    Sleep,
    /// A method of a `hero_rpc` service.
    Rpc,
    /// An HTTP request.
    Http,
    /// A model.
    Llm,
    /// A child run.
    Flow,
    /// A question to a person or a machine.
    Ask,
    /// The tenant's key-value store.
    Kv,
    /// A reference to a secret.
    Secret,
    /// Bytes kept with the run.
    Artifact,
}

impl CallKind {
    /// Every kind, in the order of the WIT enum.
    pub const ALL: [CallKind; 9] = [
        CallKind::Sleep,
        CallKind::Rpc,
        CallKind::Http,
        CallKind::Llm,
        CallKind::Flow,
        CallKind::Ask,
        CallKind::Kv,
        CallKind::Secret,
        CallKind::Artifact,
    ];

    /// The word that stands for it in capabilities, JSON and WIT.
    pub fn as_str(self) -> &'static str {
        match self {
            CallKind::Sleep => "sleep",
            CallKind::Rpc => "rpc",
            CallKind::Http => "http",
            CallKind::Llm => "llm",
            CallKind::Flow => "flow",
            CallKind::Ask => "ask",
            CallKind::Kv => "kv",
            CallKind::Secret => "secret",
            CallKind::Artifact => "artifact",
        }
    }

    /// Whether a call of this kind needs a capability at all.
    pub fn needs_grant(self) -> bool {
        self != CallKind::Sleep
    }
}

/// A call that passed the checks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The call.
    pub call: CallId,
    /// The span that the host opened for it.
    pub span: SpanId,
    /// What is asked.
    pub request: Request,
}

/// What is asked of the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
pub enum Request {
    /// Wait for a time.
    Sleep {
        /// How long; at most a year.
        duration_ms: u64,
    },
    /// An operation that this host knows by name and cannot perform yet. `arguments` is kept as the
    /// guest wrote it.
    Named {
        /// Which kind.
        call_kind: CallKind,
        /// What it is directed at: the part of the capability after the colon.
        target: String,
        /// The arguments.
        arguments: Attributes,
    },
}

/// Arguments that are not the operation's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRequest(pub String);

/// The longest sleep: a year.
const MAX_SLEEP_MS: u64 = 365 * 24 * 3_600_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SleepArguments {
    duration_ms: u64,
}

impl Request {
    /// Reads the arguments of one kind of call. Members that the kind does not define are refused.
    pub fn parse(kind: CallKind, arguments: Attributes) -> Result<Request, InvalidRequest> {
        if kind == CallKind::Sleep {
            let SleepArguments { duration_ms } =
                serde_json::from_value(Value::Object(arguments))
                    .map_err(|error| InvalidRequest(format!("the arguments of sleep: {error}")))?;
            if duration_ms > MAX_SLEEP_MS {
                return Err(InvalidRequest("a sleep takes at most a year".to_owned()));
            }
            return Ok(Request::Sleep { duration_ms });
        }
        let target = target(kind, &arguments)?;
        let word = Capability::new(kind, &target).to_string();
        if word.contains('*') || word.parse::<Capability>().is_err() {
            return Err(InvalidRequest(format!(
                "what a call of {} is directed at has letters, digits and . _ - / only",
                kind.as_str()
            )));
        }
        Ok(Request::Named { call_kind: kind, target, arguments })
    }

    /// The capability that it needs; none for what every flow may do.
    pub fn capability(&self) -> Option<Capability> {
        match self {
            Request::Sleep { .. } => None,
            Request::Named { call_kind, target, .. } => Some(Capability::new(*call_kind, target)),
        }
    }

    /// Name of the span that the host opens for it.
    pub fn span_name(&self) -> String {
        match self {
            Request::Sleep { .. } => CallKind::Sleep.as_str().to_owned(),
            Request::Named { call_kind, target, .. } => {
                Capability::new(*call_kind, target).to_string()
            }
        }
    }
}

/// What a call is directed at, from the members of its arguments that name it.
fn target(kind: CallKind, arguments: &Attributes) -> Result<String, InvalidRequest> {
    let member = |name: &str| {
        arguments.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or_else(
            || InvalidRequest(format!("the arguments of {} lack the text `{name}`", kind.as_str())),
        )
    };
    Ok(match kind {
        CallKind::Sleep | CallKind::Ask => String::new(),
        CallKind::Rpc => match member("service")? {
            service if service.contains('.') => {
                return Err(InvalidRequest("`service` is one word, without a dot".to_owned()));
            }
            service => format!("{service}.{}", member("method")?),
        },
        CallKind::Http => host_of(member("url")?)?.to_owned(),
        CallKind::Llm => member("model")?.to_owned(),
        CallKind::Flow => member("flow")?.to_owned(),
        CallKind::Kv => member("space")?.to_owned(),
        CallKind::Secret | CallKind::Artifact => member("name")?.to_owned(),
    })
}

fn host_of(url: &str) -> Result<&str, InvalidRequest> {
    let invalid = || InvalidRequest("`url` is not a plain http or https address".to_owned());
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let authority =
        rest.and_then(|rest| rest.split(['/', '?', '#', '\\']).next()).ok_or_else(invalid)?;
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    if host.is_empty() || host.contains('@') {
        return Err(invalid());
    }
    Ok(host)
}

/// What a call brought.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The answer proper.
    pub value: Value,
    /// Bytes beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachment: Vec<u8>,
}

/// A call that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// Which.
    pub call: CallId,
    /// The answer, or why there is none.
    pub outcome: Result<Answer, Box<Failure>>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(kind: CallKind, arguments: Value) -> Result<Request, InvalidRequest> {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        Request::parse(kind, arguments)
    }

    #[test]
    fn sleep_takes_whole_milliseconds_up_to_a_year_and_nothing_else() {
        let sleep = |arguments| parse(CallKind::Sleep, arguments);
        assert_eq!(sleep(json!({"duration_ms": 100})), Ok(Request::Sleep { duration_ms: 100 }));
        for wrong in [
            json!({}),
            json!({"duration_ms": -1}),
            json!({"duration_ms": 0.5}),
            json!({"duration_ms": u64::MAX}),
            json!({"duration_ms": 1, "loud": true}),
        ] {
            assert!(sleep(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_call_needs_the_capability_that_its_arguments_name() {
        let word = |kind, arguments| {
            parse(kind, arguments).map(|request| request.capability().map(|c| c.to_string()))
        };
        let some = |word: &str| Ok(Some(word.to_owned()));
        let event_delete = json!({"service": "calendar", "method": "event_delete"});
        assert_eq!(word(CallKind::Rpc, event_delete), some("rpc:calendar.event_delete"));
        assert_eq!(
            word(CallKind::Http, json!({"url": "https://api.example.com:8443/v1"})),
            some("http:api.example.com")
        );
        assert_eq!(word(CallKind::Ask, json!({})), some("ask"));
        assert_eq!(word(CallKind::Sleep, json!({"duration_ms": 1})), Ok(None));
        assert!(word(CallKind::Rpc, json!({"service": "calendar"})).is_err());
        assert!(word(CallKind::Rpc, json!({"service": "a.b", "method": "c"})).is_err());
        assert!(word(CallKind::Rpc, json!({"service": "a", "method": "*"})).is_err());
        assert!(word(CallKind::Kv, json!({"space": "x".repeat(300)})).is_err());
        for url in ["file:///etc/passwd", "https://", "https://api.example.com@evil.example/"] {
            assert!(word(CallKind::Http, json!({"url": url})).is_err(), "{url}");
        }
    }
}
