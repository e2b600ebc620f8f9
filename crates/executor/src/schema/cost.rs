//! What it costs at most to check a value against a schema, found out before anything is checked. A flow
//! that nobody has read wrote the schema: a few lines whose references double at each step, or that refer
//! to each other in a circle, would keep a checker busy for ever.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::pattern;

/// Values within a schema, those of targets counted for each way in which they are named.
const MOST_NODES: usize = 20_000;

/// Parts of all patterns of a schema together.
const MOST_PATTERNS: usize = 20_000;

/// Steps of a check, beside those that the size of the value allows.
const MOST_STEPS: usize = 1_000_000;

/// Steps that each value within the value allows.
const STEPS_A_VALUE: usize = 16;

/// Schemas within schemas that are applied to each other, or to what a value holds.
const MOST_DEPTH: usize = 600;

/// What a step of the search for a pattern takes in, in bytes of text times parts of the pattern.
const SEARCHED_A_STEP: usize = 128;

/// Members by which a schema is named or names others otherwise than by a place within the document.
const NAMES: [&str; 7] = [
    "$id",
    "$schema",
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveAnchor",
    "$recursiveRef",
];

/// Members with a schema for the same value, in whatever form.
const IN_PLACE: [&str; 9] =
    ["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies"];

/// Members with a schema, or a list of some, for what an array holds.
const OF_ITEMS: [&str; 5] =
    ["items", "prefixItems", "additionalItems", "unevaluatedItems", "contains"];

/// Why a schema is not used.
pub(super) type TooHard = &'static str;

/// The most steps that reading the schema and checking the value take, or why that is too many.
pub(super) fn steps(schema: &Value, value: &Value) -> Result<usize, TooHard> {
    let mut document = Document { nodes: 0, patterns: 0, references: BTreeSet::new() };
    document.read(schema, true)?;
    for reference in std::mem::take(&mut document.references) {
        document.count(target(schema, reference)?)?;
    }
    let left = count(value).saturating_mul(STEPS_A_VALUE).saturating_add(MOST_STEPS);
    let mut walk = Walk { root: schema, left };
    walk.check(schema, value, 1, 0)?;
    Ok(left - walk.left + document.nodes + document.patterns)
}

/// How many values a value is.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(count).sum::<usize>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
    }
}

/// A schema as its text.
struct Document<'a> {
    nodes: usize,
    patterns: usize,
    references: BTreeSet<&'a str>,
}

impl<'a> Document<'a> {
    fn count(&mut self, value: &Value) -> Result<(), TooHard> {
        self.nodes += count(value);
        if self.nodes > MOST_NODES { Err("it is too large") } else { Ok(()) }
    }

    fn pattern(&mut self, pattern: &str) -> Result<(), TooHard> {
        self.patterns = self.patterns.saturating_add(pattern::parts(pattern));
        if self.patterns > MOST_PATTERNS { Err("its patterns are too large") } else { Ok(()) }
    }

    fn read(&mut self, value: &'a Value, is_root: bool) -> Result<(), TooHard> {
        if is_root {
            self.count(value)?;
        }
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.read(item, false)),
            Value::Object(members) => self.members(members, is_root),
            _ => Ok(()),
        }
    }

    fn members(&mut self, members: &'a Map<String, Value>, is_root: bool) -> Result<(), TooHard> {
        for (name, value) in members {
            match value {
                Value::String(text) if name == "$ref" => {
                    if text != "#" && !text.starts_with("#/") {
                        return Err("it refers to something else than a place within it");
                    }
                    self.references.insert(text);
                }
                Value::String(text) if name == "$schema" && is_root => {
                    // Their schemas are named by `id`, which is a word like others since.
                    if text.contains("draft-03") || text.contains("draft-04") {
                        return Err("it is of a draft before the sixth");
                    }
                }
                Value::String(_) if name == "$id" && is_root => {}
                Value::String(_) | Value::Bool(_) if NAMES.contains(&name.as_str()) => {
                    return Err("it has names of its own for schemas");
                }
                Value::String(text) if name == "pattern" => self.pattern(text)?,
                Value::Object(patterns) if name == "patternProperties" => {
                    patterns.keys().try_for_each(|pattern| self.pattern(pattern))?;
                    self.read(value, false)?;
                }
                value => self.read(value, false)?,
            }
        }
        Ok(())
    }
}

/// What a reference names. Where there is doubt it is nothing, so that nobody else finds something there.
fn target<'a>(root: &'a Value, reference: &str) -> Result<&'a Value, TooHard> {
    let pointer = reference.strip_prefix('#').and_then(decoded);
    let target = pointer.and_then(|pointer| root.pointer(&pointer));
    target.ok_or("it refers to a place that it does not have")
}

/// A text without percent signs for other characters; none where it has some for no text.
fn decoded(text: &str) -> Option<String> {
    let digit =
        |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let [high, low] = after.first_chunk::<2>()?;
            bytes.push(digit(high)? << 4 | digit(low)?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

/// A schema as it is applied to a value: every branch of it, whatever the ones before it would say.
struct Walk<'a> {
    root: &'a Value,
    left: usize,
}

impl<'a> Walk<'a> {
    fn spend(&mut self, steps: usize) -> Result<(), TooHard> {
        self.left = self.left.checked_sub(steps).ok_or("it takes too many steps")?;
        Ok(())
    }

    /// `times` is how often it is done over.
    fn check(
        &mut self,
        schema: &'a Value,
        value: &Value,
        times: usize,
        depth: usize,
    ) -> Result<(), TooHard> {
        self.spend(times)?;
        let Value::Object(members) = schema else { return Ok(()) };
        if depth > MOST_DEPTH {
            return Err("it refers to itself without end");
        }
        let depth = depth + 1;
        if let Some(Value::String(reference)) = members.get("$ref") {
            self.check(target(self.root, reference)?, value, times, depth)?;
        }
        // Whoever asks what was not looked at looks at all of it once more.
        let asks_again = |name: &str| members.contains_key(name);
        let again = asks_again("unevaluatedProperties") || asks_again("unevaluatedItems");
        let in_place = if again { times.saturating_mul(2) } else { times };
        for name in IN_PLACE {
            match members.get(name) {
                Some(Value::Array(schemas)) => {
                    for schema in schemas {
                        self.check(schema, value, in_place, depth)?;
                    }
                }
                Some(Value::Object(schemas)) if name.starts_with("depend") => {
                    for schema in schemas.values() {
                        self.check(schema, value, in_place, depth)?;
                    }
                }
                Some(schema) => self.check(schema, value, in_place, depth)?,
                None => {}
            }
        }
        for name in ["enum", "const", "required", "dependentRequired"] {
            if let Some(compared) = members.get(name) {
                self.spend(count(compared).saturating_mul(times))?;
            }
        }
        match value {
            Value::Array(items) => self.items(members, items, times, depth),
            Value::Object(held) => self.held(members, held, times, depth),
            Value::String(text) => match members.get("pattern") {
                Some(Value::String(pattern)) => self.search(pattern, text, times),
                _ => Ok(()),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }

    fn search(&mut self, pattern: &str, text: &str, times: usize) -> Result<(), TooHard> {
        let searched = pattern::parts(pattern).saturating_mul(text.len()) / SEARCHED_A_STEP;
        self.spend((searched + 1).saturating_mul(times))
    }

    fn items(
        &mut self,
        members: &'a Map<String, Value>,
        items: &[Value],
        times: usize,
        depth: usize,
    ) -> Result<(), TooHard> {
        if members.get("uniqueItems") == Some(&Value::Bool(true)) {
            self.spend(items.iter().map(count).sum::<usize>().saturating_mul(times))?;
        }
        for schema in OF_ITEMS.iter().filter_map(|name| members.get(*name)) {
            match schema {
                Value::Array(schemas) => {
                    for (schema, item) in schemas.iter().zip(items) {
                        self.check(schema, item, times, depth)?;
                    }
                }
                schema => {
                    for item in items {
                        self.check(schema, item, times, depth)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn held(
        &mut self,
        members: &'a Map<String, Value>,
        held: &Map<String, Value>,
        times: usize,
        depth: usize,
    ) -> Result<(), TooHard> {
        if let Some(Value::Object(schemas)) = members.get("properties") {
            self.spend(schemas.len().saturating_mul(times))?;
            for (name, schema) in schemas {
                if let Some(value) = held.get(name) {
                    self.check(schema, value, times, depth)?;
                }
            }
        }
        if let Some(Value::Object(schemas)) = members.get("patternProperties") {
            for (pattern, schema) in schemas {
                for (name, value) in held {
                    // Once for its own schema, and once to know who is left for the others.
                    self.search(pattern, name, times.saturating_mul(2))?;
                    self.check(schema, value, times, depth)?;
                }
            }
        }
        for name in ["additionalProperties", "unevaluatedProperties"] {
            if let Some(schema) = members.get(name) {
                for value in held.values() {
                    self.check(schema, value, times, depth)?;
                }
            }
        }
        if let Some(schema) = members.get("propertyNames") {
            for name in held.keys() {
                self.check(schema, &Value::String(name.clone()), times, depth)?;
            }
        }
        Ok(())
    }
}
