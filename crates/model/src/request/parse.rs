//! Requests are parsed once and strictly: what a kind of call does not define is refused.

use serde::Deserialize;
use serde_json::Value;

use super::{
    ArtifactAction, HttpCall, KvAction, LlmCall, MAX_KEY_BYTES, MAX_VALUE_BYTES, Question, Request,
};
use crate::{Attributes, CallKind, Capability};

/// Arguments that are not the operation's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRequest(pub String);

/// The longest sleep, and the longest time to wait for an answer: a year.
const MAX_WAIT_MS: u64 = 365 * 24 * 3_600_000;

/// The longest name of a person and of a form of bytes.
const MAX_WORD_BYTES: usize = 256;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SleepArguments {
    duration_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlowArguments {
    flow: String,
    #[serde(default)]
    input: Attributes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretArguments {
    name: String,
}

impl Request {
    /// Reads the arguments of one kind of call. Members that the kind does not define are refused.
    pub fn parse(kind: CallKind, arguments: Attributes) -> Result<Request, InvalidRequest> {
        let target = |name: &str| named(kind, &arguments, name);
        let request = match kind {
            CallKind::Sleep => {
                let SleepArguments { duration_ms } = read(kind, arguments)?;
                Request::Sleep { duration_ms }
            }
            CallKind::Flow => {
                let FlowArguments { flow, input } = read(kind, arguments)?;
                Request::Flow { flow, input: Value::Object(input), grants: Vec::new() }
            }
            CallKind::Ask => Request::Ask(read(kind, arguments)?),
            CallKind::Kv => {
                let space = target("space")?;
                Request::Kv { space, action: read(kind, without(arguments, "space"))? }
            }
            CallKind::Artifact => {
                let name = target("name")?;
                let mut arguments = without(arguments, "name");
                arguments.entry("operation").or_insert_with(|| Value::from("write"));
                Request::Artifact { name, action: read(kind, arguments)? }
            }
            CallKind::Rpc => Request::Rpc(read(kind, arguments)?),
            CallKind::Http => {
                let mut call: HttpCall = read(kind, arguments)?;
                // One form, which is what is checked, recorded and sent.
                call.url = call.address()?.into();
                if !call.grants.is_empty() {
                    return Err(InvalidRequest("a guest grants nothing".to_owned()));
                }
                Request::Http(call)
            }
            CallKind::Llm => {
                let call: LlmCall = read(kind, arguments)?;
                if !call.budgets.is_empty() {
                    return Err(InvalidRequest("steps have budgets, calls have none".to_owned()));
                }
                Request::Llm(call)
            }
            CallKind::Secret => {
                let SecretArguments { name } = read(kind, arguments)?;
                Request::Secret { name }
            }
        };
        request.check()?;
        Ok(request)
    }

    /// Refuses what no call can be, whoever says it.
    pub fn check(&self) -> Result<(), InvalidRequest> {
        let invalid = |text: &str| Err(InvalidRequest(text.to_owned()));
        match self {
            Request::Rpc(call) => call.check()?,
            Request::Http(call) => call.check()?,
            Request::Llm(call) => call.check()?,
            _ => {}
        }
        if self.kind().needs_grant() {
            let can_be_named = match self {
                Request::Http(_) => self.capability().is_some(),
                _ => Capability::can_name(self.kind(), &self.target()),
            };
            if !can_be_named {
                let kind = self.kind().as_str();
                return Err(InvalidRequest(format!(
                    "what a call of {kind} is directed at has letters, digits and . _ - / only"
                )));
            }
        }
        match self {
            Request::Sleep { duration_ms } if *duration_ms > MAX_WAIT_MS => {
                invalid("a sleep takes at most a year")
            }
            Request::Ask(Question { timeout_ms: Some(timeout_ms), .. })
                if *timeout_ms > MAX_WAIT_MS =>
            {
                invalid("a question waits at most a year; leave the timeout out to wait for ever")
            }
            Request::Ask(Question { question, .. }) if question.trim().is_empty() => {
                invalid("the question is empty")
            }
            Request::Ask(Question { assignee: Some(text), .. })
            | Request::Artifact { action: ArtifactAction::Write { media_type: text }, .. }
                if text.len() > MAX_WORD_BYTES || text.contains('\0') =>
            {
                invalid("an assignee and a media type have at most 256 bytes, none of them zero")
            }
            Request::Kv { action, .. } => action.check(),
            _ => Ok(()),
        }
    }
}

impl KvAction {
    fn check(&self) -> Result<(), InvalidRequest> {
        let (KvAction::Set { ttl_ms, value, .. } | KvAction::CompareAndSet { ttl_ms, value, .. }) =
            self
        else {
            return self.check_key();
        };
        let bytes = value.to_string().len();
        if bytes > MAX_VALUE_BYTES {
            let text = format!("the value has {bytes} bytes, and {MAX_VALUE_BYTES} are the most");
            return Err(InvalidRequest(text));
        }
        if ttl_ms.is_some_and(|ttl_ms| ttl_ms > 10 * MAX_WAIT_MS) {
            return Err(InvalidRequest("a value lives at most ten years".to_owned()));
        }
        self.check_key()
    }

    fn check_key(&self) -> Result<(), InvalidRequest> {
        if let KvAction::List { prefix, after, .. } = self
            && [Some(prefix), after.as_ref()].into_iter().flatten().any(|text| text.contains('\0'))
        {
            return Err(InvalidRequest("no key has a zero byte".to_owned()));
        }
        match self.key() {
            Some(key) if !KvAction::is_key(key) => {
                let text = format!("a key has 1 to {MAX_KEY_BYTES} bytes, none of them zero");
                Err(InvalidRequest(text))
            }
            _ => Ok(()),
        }
    }
}

fn read<T: for<'de> Deserialize<'de>>(
    kind: CallKind,
    arguments: Attributes,
) -> Result<T, InvalidRequest> {
    let wrong = |error| InvalidRequest(format!("the arguments of {}: {error}", kind.as_str()));
    serde_json::from_value(Value::Object(arguments)).map_err(wrong)
}

fn without(mut arguments: Attributes, name: &str) -> Attributes {
    arguments.shift_remove(name);
    arguments
}

/// The member that names what a call is directed at.
fn named(kind: CallKind, arguments: &Attributes, name: &str) -> Result<String, InvalidRequest> {
    let text = arguments.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let lacks = || format!("the arguments of {} lack the text `{name}`", kind.as_str());
    text.map(str::to_owned).ok_or_else(|| InvalidRequest(lacks()))
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
        let event_delete = json!({"service": "calendar", "method": "event_delete", "params": {}});
        assert_eq!(word(CallKind::Rpc, event_delete), some("rpc:calendar.event_delete"));
        assert_eq!(
            word(
                CallKind::Http,
                json!({"method": "GET", "url": "https://API.example.com:8443/v1/../v2"})
            ),
            some("http:api.example.com:8443")
        );
        assert_eq!(word(CallKind::Ask, json!({"question": "?", "schema": {}})), some("ask"));
        assert_eq!(word(CallKind::Sleep, json!({"duration_ms": 1})), Ok(None));
        assert!(word(CallKind::Rpc, json!({"service": "calendar"})).is_err());
        assert!(
            word(CallKind::Rpc, json!({"service": "a.b", "method": "c", "params": {}})).is_err()
        );
        assert!(word(CallKind::Rpc, json!({"service": "a", "method": "*", "params": {}})).is_err());
        assert!(word(CallKind::Kv, json!({"space": "x".repeat(300)})).is_err());
        for url in ["file:///etc/passwd", "https://", "https://api.example.com@evil.example/"] {
            let get = json!({"method": "GET", "url": url});
            assert!(word(CallKind::Http, get).is_err(), "{url}");
        }
        for method in ["get", "", "CONNECT", "TRACE", "GET /"] {
            let call = json!({"method": method, "url": "https://a.example"});
            assert!(word(CallKind::Http, call).is_err(), "{method}");
        }
    }

    #[test]
    fn members_that_a_kind_does_not_define_are_refused() {
        let kv = |arguments| parse(CallKind::Kv, arguments);
        let get = json!({"space": "notes", "operation": "get", "key": "title"});
        let action = KvAction::Get { key: "title".to_owned() };
        assert_eq!(kv(get), Ok(Request::Kv { space: "notes".to_owned(), action }));
        for wrong in [
            json!({"space": "notes", "operation": "get", "key": "title", "value": 1}),
            json!({"space": "notes", "operation": "get", "key": ""}),
            json!({"space": "notes", "operation": "steal", "key": "title"}),
            json!({"space": "notes", "key": "title"}),
        ] {
            assert!(kv(wrong.clone()).is_err(), "{wrong}");
        }
        for (kind, text) in [
            (CallKind::Kv, json!({"space": "notes", "operation": "list", "prefix": "\0"})),
            (CallKind::Kv, json!({"space": "notes", "operation": "list", "after": "a\0"})),
            (CallKind::Kv, json!({"space": "notes", "operation": "get", "key": "a\0"})),
            (CallKind::Ask, json!({"question": "?", "schema": {}, "assignee": "a\0"})),
            (CallKind::Artifact, json!({"name": "a", "media_type": "\0"})),
        ] {
            assert!(parse(kind, text.clone()).is_err(), "a store keeps no zero byte: {text}");
        }
        let ask = json!({"question": "?", "schema": {}, "loud": true});
        assert!(parse(CallKind::Ask, ask).is_err());
        let flow = json!({"flow": "child", "input": {}, "grants": ["ask"]});
        assert!(parse(CallKind::Flow, flow).is_err(), "a guest cannot grant");
    }
}
