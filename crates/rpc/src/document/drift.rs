//! What changed from one document of a service to the next, for people.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::budget::cut;
use super::{Document, Fields, Member, Method, Shape};

/// The most phrases about one method or object.
const MAX_PHRASES: usize = 50;

/// The longest words for a shape, in characters.
const MAX_SHAPE: usize = 300;

/// What changed; all names in alphabetical order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// Methods that are new.
    pub added: Vec<String>,
    /// Methods that are gone.
    pub removed: Vec<String>,
    /// Methods and objects that are something else now.
    pub changed: Vec<Change>,
}

/// How one method or object changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its name.
    pub name: String,
    /// What changed, a phrase each.
    pub what: Vec<String>,
}

impl Drift {
    /// Whether nothing changed that a caller could notice.
    pub fn is_empty(&self) -> bool {
        let Drift { added, removed, changed } = self;
        added.is_empty() && removed.is_empty() && changed.is_empty()
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in &self.added {
            writeln!(f, "+ {name}")?;
        }
        for name in &self.removed {
            writeln!(f, "- {name}")?;
        }
        for Change { name, what } in &self.changed {
            writeln!(f, "~ {name}: {}", what.join("; "))?;
        }
        Ok(())
    }
}

/// What changed from the old document to the new one. Texts for people do not count.
pub fn drift(old: &Document, new: &Document) -> Drift {
    let mut drift = Drift::default();
    let before = methods(old);
    let after = methods(new);
    drift.added = after.keys().filter(|name| !before.contains_key(*name)).map(told).collect();
    drift.removed = before.keys().filter(|name| !after.contains_key(*name)).map(told).collect();
    for (name, was) in &before {
        let Some(is) = after.get(name) else { continue };
        let what = of_method((old, was), (new, is));
        if !what.is_empty() {
            drift.changed.push(Change { name: told(name), what });
        }
    }
    let (before, after) = (records(old), records(new));
    for (name, was) in &before {
        let Some(is) = after.get(name) else { continue };
        let what = of_members("member", (old, was), (new, is));
        if !what.is_empty() {
            drift.changed.push(Change { name: told(name), what });
        }
    }
    drift
}

fn methods(document: &Document) -> BTreeMap<&str, &Method> {
    document.methods.iter().map(|method| (method.name.as_str(), method)).collect()
}

/// The objects with names; where two have one name, the first.
fn records(document: &Document) -> BTreeMap<&str, &[Member]> {
    let mut records = BTreeMap::new();
    for named in &document.named {
        if let Fields::Record(members) = &named.fields {
            records.entry(named.name.as_str()).or_insert(members.as_slice());
        }
    }
    records
}

fn of_method((old, was): (&Document, &Method), (new, is): (&Document, &Method)) -> Vec<String> {
    let mut what = of_members("param", (old, &was.params), (new, &is.params));
    if let Some((before, after)) = differ((old, &was.result), (new, &is.result)) {
        what.push(format!("answers {after}, not {before}"));
    }
    if was.passing != is.passing {
        what.push("its params are passed in another way".to_owned());
    }
    let order = |method: &Method| method.params.iter().map(|p| p.name.clone()).collect::<Vec<_>>();
    if is.passing == super::Passing::ByPosition && order(was) != order(is) {
        what.push("its params are in another order".to_owned());
    }
    if is.deprecated && !was.deprecated {
        what.push("deprecated".to_owned());
    }
    what
}

fn of_members(
    word: &str,
    (old, was): (&Document, &[Member]),
    (new, is): (&Document, &[Member]),
) -> Vec<String> {
    let (before, now) = (by_name(was), by_name(is));
    let mut what = Vec::new();
    for member in was {
        let Some(after) = now.get(member.name.as_str()) else {
            what.push(format!("{word} {} is gone", told(&member.name)));
            continue;
        };
        if member.required != after.required {
            let now = if after.required { "required" } else { "optional" };
            what.push(format!("{word} {} is {now} now", told(&member.name)));
        }
        if let Some((before, after)) = differ((old, &member.shape), (new, &after.shape)) {
            what.push(format!("{word} {} is {after}, not {before}", told(&member.name)));
        }
    }
    for member in is.iter().filter(|member| !before.contains_key(member.name.as_str())) {
        let required = if member.required { ", required" } else { "" };
        what.push(format!("{word} {} is new{required}", told(&member.name)));
    }
    if what.len() > MAX_PHRASES {
        let more = what.len() - MAX_PHRASES;
        what.truncate(MAX_PHRASES);
        what.push(format!("and {more} more"));
    }
    what
}

/// Where two have one name, the first.
fn by_name(members: &[Member]) -> HashMap<&str, &Member> {
    members.iter().rev().map(|member| (member.name.as_str(), member)).collect()
}

/// Both shapes in words, where they differ.
fn differ(
    (old, was): (&Document, &Shape),
    (new, is): (&Document, &Shape),
) -> Option<(String, String)> {
    let (before, after) = (old.told(was), new.told(is));
    (before != after).then(|| (cut(&before, MAX_SHAPE), cut(&after, MAX_SHAPE)))
}

/// A name as it may stand in a line for people.
fn told(name: impl AsRef<str>) -> String {
    name.as_ref().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn document(methods: &Value, schemas: &Value) -> Document {
        let json =
            json!({"openrpc": "1.3.2", "methods": methods, "components": {"schemas": schemas}});
        Document::from_value(&json).expect("a document")
    }

    #[test]
    fn what_callers_notice_is_told_and_nothing_else() {
        let day =
            |required| json!({"name": "day", "required": required, "schema": {"type": "string"}});
        let event = json!({"$ref": "#/components/schemas/Event"});
        let list = |params: Value, about| {
            json!({"name": "list", "summary": about, "params": params,
                   "result": {"name": "events", "schema": {"type": "array", "items": event}}})
        };
        let schemas =
            |kind| json!({"Event": {"type": "object", "properties": {"id": {"type": kind}}}});
        let old = document(
            &json!([list(json!([day(false)]), "one"), {"name": "gone", "params": []}]),
            &schemas("string"),
        );
        let same = document(
            &json!([list(json!([day(false)]), "two"), {"name": "gone", "params": []}]),
            &schemas("string"),
        );
        assert!(drift(&old, &same).is_empty());
        let zone = json!({"name": "zone", "schema": {}});
        let new = document(
            &json!([list(json!([day(true), zone]), "one"), {"name": "more", "params": []}]),
            &schemas("integer"),
        );
        assert_eq!(
            drift(&old, &new).to_string(),
            "+ more\n- gone\n~ list: param day is required now; param zone is new\n\
             ~ Event: member id is a whole number, not a text\n"
        );
    }
}
