//! Conditions of changes: `If-Match` and `If-None-Match`, as RFC 9110 has them. What cannot be read as a
//! condition is refused, never left out: the change would be made on something that nobody looked at.

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::Operation;
use axum::extract::FromRequestParts;
use axum::http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use schemars::json_schema;
use sluice_model::Code;

use crate::headers::describe;
use crate::problem::Problem;

/// What must be so for a change to be made. Without either header: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Condition {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

/// What a header names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Tags {
    /// Whatever there is: `*`.
    Every,
    /// States, and whether each is named weakly.
    These(Vec<(String, bool)>),
}

impl Condition {
    /// Whether nothing is asked for.
    pub(crate) fn is_none(&self) -> bool {
        self.if_match.is_none() && self.if_none_match.is_none()
    }

    /// Whether what has that tag is as it should be; no tag is what does not exist. A tag that is named
    /// weakly is no state that a change may be made on.
    pub(crate) fn is_met(&self, tag: Option<&str>) -> bool {
        let names = |tags: &Tags, takes_weak: bool| match (tags, tag) {
            (_, None) => false,
            (Tags::Every, Some(_)) => true,
            (Tags::These(named), Some(tag)) => {
                named.iter().any(|(named, is_weak)| named == tag && (takes_weak || !is_weak))
            }
        };
        self.if_match.as_ref().is_none_or(|tags| names(tags, false))
            && !self.if_none_match.as_ref().is_some_and(|tags| names(tags, true))
    }

    /// Refuses a change of what is not as it should be.
    pub(crate) fn require(&self, what: &str, tag: Option<&str>) -> Result<(), Problem> {
        if self.is_met(tag) { Ok(()) } else { Err(unmet(what)) }
    }
}

/// The thing is not as the request says.
pub(crate) fn unmet(what: &str) -> Problem {
    Problem::new(Code::PreconditionFailed, format!("the {what} is not as the request says"))
        .hint("Read it again and repeat the change on that.")
}

fn read(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>, Problem> {
    if !headers.contains_key(name) {
        return Ok(None);
    }
    let lines: Result<Vec<&str>, _> =
        headers.get_all(name).into_iter().map(|line| line.to_str()).collect();
    let tags = lines.ok().and_then(|lines| parse(&lines.join(",")));
    let wrong = || {
        let place = if name == IF_MATCH { "If-Match" } else { "If-None-Match" };
        Problem::field(place, "it is `*`, or tags in quotes as `ETag` has them: `\"v3\", \"v4\"`")
    };
    tags.map(Some).ok_or_else(wrong)
}

fn parse(text: &str) -> Option<Tags> {
    const BETWEEN: [char; 3] = [' ', '\t', ','];
    if text.trim() == "*" {
        return Some(Tags::Every);
    }
    let mut named = Vec::new();
    let mut rest = text.trim_start_matches(BETWEEN);
    while !rest.is_empty() {
        let (quoted, is_weak) = rest.strip_prefix("W/").map_or((rest, false), |of| (of, true));
        let (tag, after) = quoted.strip_prefix('"')?.split_once('"')?;
        let after = after.trim_start_matches([' ', '\t']);
        if tag.contains([' ', '\t']) || !(after.is_empty() || after.starts_with(',')) {
            return None;
        }
        named.push((tag.to_owned(), is_weak));
        rest = after.trim_start_matches(BETWEEN);
    }
    (!named.is_empty()).then_some(Tags::These(named))
}

impl<S: Send + Sync> FromRequestParts<S> for Condition {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Condition {
            if_match: read(&parts.headers, &IF_MATCH)?,
            if_none_match: read(&parts.headers, &IF_NONE_MATCH)?,
        })
    }
}

impl OperationInput for Condition {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let tags = || json_schema!({ "type": "string" });
        let about = "Only where the thing has one of these tags, as `ETag` has them; `*` is any. Else \
            `precondition_failed`, and nothing is done.";
        describe(ctx, operation, "If-Match", about, tags());
        let about =
            "Only where the thing has none of these tags; `*`: only where it does not exist.";
        describe(ctx, operation, "If-None-Match", about, tags());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &HeaderName, lines: &[&'static [u8]]) -> Result<Condition, Problem> {
        let mut headers = HeaderMap::new();
        for line in lines {
            let value = axum::http::HeaderValue::from_bytes(line).expect("it is a value");
            headers.append(name, value);
        }
        Ok(Condition {
            if_match: read(&headers, &IF_MATCH)?,
            if_none_match: read(&headers, &IF_NONE_MATCH)?,
        })
    }

    #[test]
    fn a_change_is_made_only_on_what_is_named() {
        for (value, met) in [
            (&[&b"*"[..]][..], [true, true, false]),
            (&[b"\"a\""], [true, false, false]),
            (&[b" \"x\" ,, \"b\""], [false, true, false]),
            (&[b"\"a\"", b"\"b\""], [true, true, false]),
            (&[b"W/\"a\", \"b\""], [false, true, false]),
            (&[b"\"a,b\""], [false, false, false]),
            (&[b"\"\""], [false, false, false]),
        ] {
            let condition = of(&IF_MATCH, value).expect("it can be read");
            let found = [Some("a"), Some("b"), None].map(|tag| condition.is_met(tag));
            assert_eq!(found, met, "{condition:?}");
        }
    }

    #[test]
    fn or_only_on_what_is_not() {
        for (value, met) in [
            (&b"*"[..], [false, false, true]),
            (b"\"a\"", [false, true, true]),
            (b"W/\"a\", \"b\"", [false, false, true]),
        ] {
            let condition = of(&IF_NONE_MATCH, &[value]).expect("it can be read");
            let found = [Some("a"), Some("b"), None].map(|tag| condition.is_met(tag));
            assert_eq!(found, met, "{condition:?}");
        }
        assert!(of(&IF_MATCH, &[]).expect("there is nothing").is_none());
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for value in [&b""[..], b"a", b"\"a", b"\"a\"b", b"*, \"a\"", b"\"\xff\"", b"w/\"a\"", b","]
        {
            for name in [IF_MATCH, IF_NONE_MATCH] {
                let refused = of(&name, &[value]).expect_err("it is no condition");
                assert_eq!(refused.failure().code, Code::RequestInvalid);
            }
        }
    }
}
