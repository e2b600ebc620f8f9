//! JSON Schema as shapes. Each schema that is referred to is read once, from a queue, so recursion
//! costs nothing; depth and all that is kept are bounded, and what lies beyond is anything.

use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::{Map, Value};
use sluice_model::percent_decoded;

use super::budget::{Budget, cut, text_of};
use super::{Fields, Member, Named, Shape};

/// How deep one schema may be nested without a reference.
const MAX_DEPTH: usize = 24;

/// The most schemas with names.
const MAX_NAMED: usize = 10_000;

/// The most members of one object, and the most parts of a union.
const MAX_MEMBERS: usize = 1_000;

/// How much of the parts of one schema is looked at, and of a set of values.
const MAX_SEEN: usize = 4_000;

/// The longest name of a member, in bytes.
const MAX_NAME_BYTES: usize = 200;

/// The most values that are one of a fixed set; a larger set is what its values are.
const MAX_CHOICES: usize = 64;

/// The longest plain text among values, in bytes.
const MAX_VALUE_BYTES: usize = 200;

/// How many references lead on from one to the next.
const MAX_HOPS: usize = 16;

/// The longest reference, in bytes.
const MAX_REFERENCE_BYTES: usize = 1_000;

/// The longest description of a schema, in characters.
const MAX_ABOUT: usize = 1_000;

/// The schemas of one document, as they are met.
pub(super) struct Schemas<'a> {
    root: &'a Value,
    named: Vec<Named>,
    by_place: HashMap<*const Value, usize>,
    to_read: VecDeque<(usize, &'a Value)>,
    budget: Budget,
}

impl<'a> Schemas<'a> {
    pub(super) fn of(root: &'a Value) -> Schemas<'a> {
        let (by_place, to_read) = (HashMap::new(), VecDeque::new());
        Schemas { root, named: Vec::new(), by_place, to_read, budget: Budget::whole() }
    }

    /// What may still be kept of the document.
    pub(super) fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    /// What a reference leads to in the end; the value itself where it is none.
    pub(super) fn resolve(&self, value: &'a Value) -> Option<&'a Value> {
        let mut value = value;
        for _ in 0..MAX_HOPS {
            match value.get("$ref").and_then(Value::as_str) {
                None => return Some(value),
                Some(reference) => value = self.look_up(reference)?,
            }
        }
        None
    }

    /// The shape of a schema. `hint` names an object that has no name of its own.
    pub(super) fn shape(&mut self, schema: &'a Value, hint: &str) -> Shape {
        self.nested(schema, hint, 0)
    }

    /// All schemas with names, read; and whether some of them are anything because there was too much.
    pub(super) fn finish(mut self) -> (Vec<Named>, bool) {
        while let Some((at, schema)) = self.to_read.pop_front() {
            let name = self.named[at].name.clone();
            let about = self.text_of(schema, "description", MAX_ABOUT);
            let fields = match self.members(schema, &name) {
                Some(members) => Fields::Record(members),
                None => Fields::Alias(self.nested(schema, &name, 0)),
            };
            // Half an object would be another one.
            if self.budget.is_over() {
                return (self.named, true);
            }
            self.named[at].about = about;
            self.named[at].fields = fields;
        }
        (self.named, false)
    }

    /// A member that is a text, cut, out of the budget; empty where there is none.
    pub(super) fn text_of(&mut self, value: &Value, name: &str, most: usize) -> String {
        self.budget.text(text_of(value, name, most))
    }

    /// What a schema says is meant where the value is absent, if that is a plain value.
    pub(super) fn default_of(&mut self, schema: &Value) -> Option<Value> {
        let value = schema.get("default")?;
        match value {
            Value::Array(_) | Value::Object(_) => return None,
            Value::String(text) if text.len() > MAX_VALUE_BYTES => return None,
            Value::String(text) => self.budget.text(text.clone()),
            Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
        };
        Some(value.clone())
    }

    fn look_up(&self, reference: &str) -> Option<&'a Value> {
        let pointer = reference.strip_prefix('#')?;
        if pointer.len() > MAX_REFERENCE_BYTES {
            return None;
        }
        self.root.pointer(&percent_decoded(pointer))
    }

    fn nested(&mut self, schema: &'a Value, hint: &str, depth: usize) -> Shape {
        self.budget.parts(1);
        let Value::Object(members) = schema else { return Shape::Any };
        if depth > MAX_DEPTH || self.budget.is_over() {
            return Shape::Any;
        }
        let shape = self.of_object(schema, members, hint, depth);
        if members.get("nullable") == Some(&Value::Bool(true)) {
            return union([shape, Shape::Null]);
        }
        shape
    }

    fn of_object(
        &mut self,
        schema: &'a Value,
        members: &'a Map<String, Value>,
        hint: &str,
        depth: usize,
    ) -> Shape {
        if let Some(Value::String(reference)) = members.get("$ref") {
            let name = reference.rsplit('/').next().unwrap_or(hint);
            return match self.look_up(reference) {
                Some(target) => self.name(target, name),
                None => Shape::Any,
            };
        }
        if let Some(value) = members.get("const") {
            return self.choice(std::slice::from_ref(value));
        }
        if let Some(Value::Array(values)) = members.get("enum") {
            return self.choice(values);
        }
        if self.has_members(schema) {
            let title = members.get("title").and_then(Value::as_str);
            return self.name(schema, title.filter(|title| title.len() <= 60).unwrap_or(hint));
        }
        for word in ["oneOf", "anyOf"] {
            if let Some(Value::Array(parts)) = members.get(word) {
                let one = |part| self.nested(part, hint, depth + 1);
                return union(parts.iter().take(MAX_MEMBERS).map(one).collect::<Vec<_>>());
            }
        }
        if let Some(Value::Array(parts)) = members.get("allOf") {
            let mut shapes =
                parts.iter().take(MAX_MEMBERS).map(|part| self.nested(part, hint, depth + 1));
            return shapes.find(|shape| *shape != Shape::Any).unwrap_or(Shape::Any);
        }
        match members.get("type") {
            Some(Value::String(kind)) => self.of_kind(kind, members, hint, depth),
            Some(Value::Array(kinds)) => {
                let kinds = kinds.iter().filter_map(Value::as_str).take(8);
                let one = |kind| self.of_kind(kind, members, hint, depth);
                union(kinds.map(one).collect::<Vec<_>>())
            }
            _ if members.contains_key("items") || members.contains_key("prefixItems") => {
                self.of_kind("array", members, hint, depth)
            }
            _ if members.get("additionalProperties").is_some_and(Value::is_object) => {
                self.of_kind("object", members, hint, depth)
            }
            _ => Shape::Any,
        }
    }

    fn of_kind(
        &mut self,
        kind: &str,
        members: &'a Map<String, Value>,
        hint: &str,
        depth: usize,
    ) -> Shape {
        match kind {
            "null" => Shape::Null,
            "boolean" => Shape::Bool,
            "integer" => Shape::Int,
            "number" => Shape::Float,
            "string" => {
                let format = members.get("format").and_then(Value::as_str);
                Shape::Text(format.map(|format| cut(format, 40)))
            }
            "array" => self.of_array(members, hint, depth),
            "object" => {
                let value = members.get("additionalProperties").unwrap_or(&Value::Null);
                Shape::Map(Box::new(self.nested(value, &format!("{hint}_value"), depth + 1)))
            }
            _ => Shape::Any,
        }
    }

    fn of_array(&mut self, members: &'a Map<String, Value>, hint: &str, depth: usize) -> Shape {
        let hint = format!("{hint}_item");
        let places = match (members.get("prefixItems"), members.get("items")) {
            (Some(Value::Array(places)), _) | (None, Some(Value::Array(places))) => places,
            (_, items) => {
                let item = self.nested(items.unwrap_or(&Value::Null), &hint, depth + 1);
                return Shape::List(Box::new(item));
            }
        };
        let one = |place| self.nested(place, &hint, depth + 1);
        let shapes: Vec<Shape> = places.iter().take(MAX_MEMBERS).map(one).collect();
        let least = members.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let closed = ["items", "additionalItems"]
            .iter()
            .any(|word| members.get(*word) == Some(&Value::Bool(false)))
            || members.get("maxItems").and_then(Value::as_u64) == Some(places.len() as u64);
        // Fewer items than places are valid unless the schema says otherwise, and so are more.
        if closed && least == places.len() as u64 {
            return Shape::Tuple(shapes);
        }
        Shape::List(Box::new(if closed { union(shapes) } else { Shape::Any }))
    }

    /// A fixed set of values; where one of them is no plain value, or there are many, what they are.
    fn choice(&mut self, values: &'a [Value]) -> Shape {
        if values == [Value::Null] {
            return Shape::Null;
        }
        if values.len() > MAX_SEEN {
            return Shape::Any;
        }
        if !values.is_empty() && values.len() <= MAX_CHOICES && values.iter().all(is_choice) {
            let mut each: Vec<Value> = Vec::new();
            for value in values {
                if !each.contains(value) {
                    self.budget.text(value.as_str().unwrap_or_default().to_owned());
                    each.push(value.clone());
                }
            }
            self.budget.parts(each.len());
            return Shape::Choice(each);
        }
        self.budget.parts(values.len());
        union(values.iter().map(|value| match value {
            Value::Null => Shape::Null,
            Value::Bool(_) => Shape::Bool,
            Value::Number(number) if number.is_f64() => Shape::Float,
            Value::Number(_) => Shape::Int,
            Value::String(_) => Shape::Text(None),
            Value::Array(_) => Shape::List(Box::new(Shape::Any)),
            Value::Object(_) => Shape::Map(Box::new(Shape::Any)),
        }))
    }

    /// The schema as one with a name, which is read later.
    fn name(&mut self, schema: &'a Value, name: &str) -> Shape {
        if let Some(at) = self.by_place.get(&std::ptr::from_ref(schema)) {
            return Shape::Named(*at);
        }
        if self.named.len() == MAX_NAMED {
            return Shape::Any;
        }
        let at = self.named.len();
        let fields = Fields::Alias(Shape::Any);
        let name = self.budget.text(cut(name, 120));
        self.named.push(Named { name, about: String::new(), fields });
        self.by_place.insert(schema, at);
        self.to_read.push_back((at, schema));
        Shape::Named(at)
    }

    /// Whether a schema is an object whose members it lists, in itself or in parts that all apply.
    fn has_members(&mut self, schema: &'a Value) -> bool {
        let found = self.found(schema);
        !found.members.is_empty() && !found.other
    }

    fn members(&mut self, schema: &'a Value, name: &str) -> Option<Vec<Member>> {
        // A reference stands for itself: its target has the members.
        let stands_for_itself =
            ["enum", "const", "$ref"].iter().all(|word| schema.get(word).is_none());
        let found = self.found(schema);
        if found.members.is_empty() || found.other || !stands_for_itself {
            return None;
        }
        let Found { members, required, .. } = found;
        let member = |(member, schema): (&'a str, &'a Value)| {
            (!self.budget.is_over()).then(|| Member {
                name: self.budget.text(member.to_owned()),
                about: self.text_of(schema, "description", MAX_ABOUT),
                required: required.contains(member),
                shape: self.nested(schema, &format!("{name}_{member}"), 1),
                default: self.default_of(schema),
            })
        };
        Some(members.into_iter().map_while(member).collect())
    }

    fn found(&mut self, schema: &'a Value) -> Found<'a> {
        let mut found = Found::default();
        self.collect(schema, &mut found, 0);
        self.budget.parts(found.seen);
        found
    }

    fn collect(&self, schema: &'a Value, found: &mut Found<'a>, depth: usize) {
        found.seen += 1;
        let Some(schema) = self.resolve(schema) else { return };
        if depth > MAX_HOPS || found.seen > MAX_SEEN {
            return;
        }
        let kind = schema.get("type");
        let other = kind.is_some_and(|kind| kind.as_str() != Some("object"));
        found.other |= other || schema.get("enum").is_some();
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let before = found.required.len();
        found.required.extend(required.take(MAX_MEMBERS).filter_map(Value::as_str));
        found.seen += found.required.len() - before;
        if let Some(Value::Object(properties)) = schema.get("properties") {
            found.seen += properties.len().min(MAX_MEMBERS);
            for (name, schema) in properties.iter().take(MAX_MEMBERS) {
                match found.places.get(name.as_str()) {
                    Some(at) => found.members[*at].1 = schema,
                    None if found.members.len() < MAX_MEMBERS && name.len() <= MAX_NAME_BYTES => {
                        found.places.insert(name, found.members.len());
                        found.members.push((name, schema));
                    }
                    None => {}
                }
            }
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.collect(part, found, depth + 1);
            if found.seen > MAX_SEEN {
                break;
            }
        }
    }
}

/// What the parts of a schema that all apply say together.
#[derive(Default)]
struct Found<'a> {
    members: Vec<(&'a str, &'a Value)>,
    places: HashMap<&'a str, usize>,
    required: HashSet<&'a str>,
    other: bool,
    seen: usize,
}

/// One of several; unions among them are opened, and what is there twice is there once.
fn union(shapes: impl IntoIterator<Item = Shape>) -> Shape {
    let mut all: Vec<Shape> = Vec::new();
    for shape in shapes {
        let parts = if let Shape::Union(parts) = shape { parts } else { vec![shape] };
        for part in parts {
            if part == Shape::Any {
                return Shape::Any;
            }
            if !all.contains(&part) && all.len() < MAX_CHOICES {
                all.push(part);
            }
        }
    }
    match all.len() {
        0 => Shape::Any,
        1 => all.remove(0),
        _ => Shape::Union(all),
    }
}

/// Whether a value may be one of a fixed set.
fn is_choice(value: &Value) -> bool {
    match value {
        Value::String(text) => text.len() <= MAX_VALUE_BYTES,
        // Type checkers read no larger ones, and other languages not either.
        Value::Number(number) => number.as_i64().is_some_and(|n| n.unsigned_abs() < 1 << 53),
        Value::Bool(_) | Value::Null => true,
        Value::Array(_) | Value::Object(_) => false,
    }
}
