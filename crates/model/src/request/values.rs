//! The values of a request, as bounds see them. Whatever a name can mean is held to a bound, so that nothing
//! stands in for what the service reads; a name is looked up once, and all looking together is bounded.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use super::{ArtifactAction, KvAction, Request};
use crate::{CallValue, Values};

/// Values under one name at most, each of a list counted. Where there are more, no bound on them holds.
const MOST_VALUES: usize = 1_000;

/// Bytes that are looked at for one request at most, by all bounds of all lists together: hostile bounds on
/// hostile arguments cost no more than that. Beyond it no bound holds.
const MOST_LOOKED_AT: usize = 16 << 20;

/// What looking under a name costs beside its bytes.
const LOOK_BYTES: usize = 32;

type Known<'a> = Option<Rc<[CallValue<'a>]>>;

/// The values of one request.
pub(super) struct RequestValues<'a> {
    request: &'a Request,
    known: RefCell<HashMap<String, Known<'a>>>,
    left: Cell<usize>,
}

impl<'a> RequestValues<'a> {
    pub(super) fn of(request: &'a Request) -> RequestValues<'a> {
        RequestValues { request, known: RefCell::default(), left: Cell::new(MOST_LOOKED_AT) }
    }

    fn find(&self, name: &str) -> Known<'a> {
        let text = |text: &'a str| Some([CallValue::Text(Cow::Borrowed(text))].into());
        match (self.request, name) {
            (Request::Rpc(call), name) => self.arguments(&call.params, name),
            (Request::Flow { input, .. }, name) => self.arguments(input, name),
            (Request::Http(call), "method") => text(&call.method),
            (Request::Ask(question), "assignee") => text(question.assignee.as_deref()?),
            (Request::Kv { action: KvAction::List { prefix, .. }, .. }, "key") => {
                Some([CallValue::Beginning(Cow::Borrowed(prefix))].into())
            }
            (Request::Kv { action, .. }, "key") => text(action.key()?),
            (Request::Kv { action, .. }, "operation") => text(action.operation()),
            (Request::Artifact { action, .. }, "operation") => text(match action {
                ArtifactAction::Write { .. } => "write",
                ArtifactAction::Read => "read",
            }),
            _ => None,
        }
    }

    /// The values of arguments by a dotted name. None where a reading of the name begins and leads nowhere,
    /// or to what cannot be bound: another reading does not make up for it.
    fn arguments(&self, arguments: &'a Value, name: &str) -> Known<'a> {
        // A number is the place of an argument without a name, never the name of one.
        if is_number(name.split('.').next()?) && !arguments.is_array() {
            return None;
        }
        let mut values = Vec::new();
        (self.follow(arguments, name, &mut values) && !values.is_empty()).then(|| values.into())
    }

    /// Adds what stands there under the name, by every reading of it.
    fn follow(&self, at: &'a Value, name: &str, values: &mut Vec<CallValue<'a>>) -> bool {
        let ends = name.match_indices('.').map(|(dot, _)| dot).chain([name.len()]);
        let mut arrive = |found: &'a Value, end: usize| match name.get(end + 1..) {
            Some(below) => self.follow(found, below, values),
            None => self.collect(found, values),
        };
        match at {
            Value::Object(members) => {
                let mut is_found = false;
                for end in ends {
                    if !self.spend(LOOK_BYTES + end) {
                        return false;
                    }
                    let Some(found) = members.get(&name[..end]) else { continue };
                    is_found = true;
                    if !arrive(found, end) {
                        return false;
                    }
                }
                is_found
            }
            Value::Array(items) => {
                let end = name.find('.').unwrap_or(name.len());
                let place = Some(&name[..end]).filter(|place| is_number(place));
                let item = place.and_then(|place| items.get(place.parse::<usize>().ok()?));
                item.is_some_and(|item| arrive(item, end))
            }
            _ => false,
        }
    }

    /// Adds a value, of a list each of its own. False where one has parts with names.
    fn collect(&self, value: &'a Value, values: &mut Vec<CallValue<'a>>) -> bool {
        let mut rest = vec![value];
        while let Some(value) = rest.pop() {
            if values.len() + rest.len() >= MOST_VALUES || !self.spend(LOOK_BYTES) {
                return false;
            }
            values.push(CallValue::Text(match value {
                Value::String(text) => Cow::Borrowed(text),
                Value::Null | Value::Bool(_) | Value::Number(_) => Cow::Owned(value.to_string()),
                Value::Array(items) if items.len() <= MOST_VALUES => {
                    rest.extend(items.iter().rev());
                    continue;
                }
                Value::Array(_) | Value::Object(_) => return false,
            }));
        }
        true
    }
}

impl Values for RequestValues<'_> {
    fn under(&self, name: &str) -> Option<Rc<[CallValue<'_>]>> {
        if !self.spend(LOOK_BYTES + name.len()) {
            return None;
        }
        if let Some(known) = self.known.borrow().get(name) {
            return known.clone();
        }
        let found = self.find(name);
        self.known.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }

    fn spend(&self, bytes: usize) -> bool {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.unwrap_or(0));
        left.is_some()
    }
}

/// Whether a part of a name is a place in a list, in its one form.
fn is_number(part: &str) -> bool {
    let is_short = part.len() == 1 || !part.starts_with('0');
    !part.is_empty() && is_short && part.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
