//! Reading a flow's JSON Schema: which types of value it takes, and how to say it in a few words.

use serde_json::{Map, Value};

/// How deep references and unions are followed. A schema comes from a flow: it may go in circles.
const MAX_DEPTH: usize = 8;

/// What a parameter takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepts {
    /// Text.
    pub text: bool,
    /// Anything that is not text.
    pub other: bool,
    /// Text that stands for bytes, in base64.
    pub base64: bool,
}

/// The schema of a flow's input.
#[derive(Clone, Copy, Debug)]
pub struct Schema<'s> {
    root: &'s Value,
}

impl<'s> Schema<'s> {
    /// `root` is an object with one property a parameter.
    pub fn new(root: &'s Value) -> Schema<'s> {
        Schema { root }
    }

    /// The parameters by name, in the order of the source.
    pub fn parameters(self) -> impl Iterator<Item = (&'s str, &'s Value)> + Clone {
        let properties = self.root.get("properties").and_then(Value::as_object);
        properties.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
    }

    /// The schema of one parameter; for a flow that takes any keyword, that of all the others.
    pub fn parameter(self, name: &str) -> Option<&'s Value> {
        let named = self.parameters().find(|(known, _)| *known == name);
        named.map(|(_, schema)| schema).or_else(|| {
            self.root.get("additionalProperties").filter(|rest| **rest != Value::Bool(false))
        })
    }

    /// Whether a run cannot do without the parameter.
    pub fn is_required(self, name: &str) -> bool {
        let required = self.root.get("required").and_then(Value::as_array);
        required.is_some_and(|names| names.iter().any(|required| required == name))
    }

    /// What a parameter with this schema takes.
    pub fn accepts(self, parameter: &Value) -> Accepts {
        let mut accepts = Accepts::default();
        self.gather(parameter, &mut accepts, 0);
        accepts
    }

    fn gather(self, schema: &Value, accepts: &mut Accepts, depth: usize) {
        let Some(schema) = self.resolved(schema).filter(|_| depth < MAX_DEPTH) else {
            *accepts = Accepts { text: true, other: true, ..*accepts };
            return;
        };
        if let Some(members) = members(schema) {
            for member in members {
                self.gather(member, accepts, depth + 1);
            }
        } else if let Some(values) = values(schema) {
            accepts.text |= values.iter().any(|value| value.is_string());
            accepts.other |= values.iter().any(|value| !value.is_string());
        } else {
            let names = type_names(schema);
            let text = names.is_empty() || names.contains(&"string");
            accepts.text |= text;
            // A text of a certain format says more than the number that it may look like.
            accepts.other |= (names.is_empty() || names.iter().any(|name| *name != "string"))
                && !(text && schema.contains_key("format"));
            accepts.base64 |= schema.get("contentEncoding").is_some_and(|name| name == "base64");
        }
    }

    /// The type in a few words: `integer`, `list of Item`, `text or null`.
    pub fn words(self, schema: &Value) -> String {
        self.words_at(schema, 0)
    }

    fn words_at(self, schema: &Value, depth: usize) -> String {
        if let Some(name) = definition_name(schema) {
            return name.to_owned();
        }
        let Some(schema) = schema.as_object().filter(|_| depth < MAX_DEPTH) else {
            return "anything".to_owned();
        };
        if let Some(members) = members(schema) {
            return alternatives(members.iter().map(|member| self.words_at(member, depth + 1)));
        }
        if let Some(values) = values(schema) {
            return alternatives(values.into_iter().map(Value::to_string));
        }
        let names = type_names(schema);
        if names.is_empty() {
            return "anything".to_owned();
        }
        alternatives(names.iter().map(|name| self.type_words(name, schema, depth)))
    }

    fn type_words(self, name: &str, schema: &Map<String, Value>, depth: usize) -> String {
        let text_at = |member: &str| schema.get(member).and_then(Value::as_str);
        match name {
            "string" => match (text_at("format"), text_at("contentEncoding")) {
                (Some(format), _) => format.to_owned(),
                (None, Some(encoding)) => format!("bytes as {encoding}"),
                (None, None) => "text".to_owned(),
            },
            "array" => match schema.get("items").filter(|items| items.is_object()) {
                Some(items) => format!("list of {}", self.words_at(items, depth + 1)),
                None => "list".to_owned(),
            },
            "object" => match schema.get("additionalProperties").filter(|rest| rest.is_object()) {
                Some(rest) => format!("object of {}", self.words_at(rest, depth + 1)),
                None => text_at("title").unwrap_or("object").to_owned(),
            },
            other => other.to_owned(),
        }
    }

    /// The object that a schema is, with references followed; none for `true` and what is broken.
    fn resolved<'v>(self, schema: &'v Value) -> Option<&'v Map<String, Value>>
    where
        's: 'v,
    {
        let mut schema = schema;
        for _ in 0..MAX_DEPTH {
            match definition_name(schema) {
                Some(name) => schema = self.root.get("$defs")?.get(name)?,
                None => return schema.as_object(),
            }
        }
        None
    }
}

/// The same schema with what stands at its top instead of a reference to it.
pub fn unwrapped(root: &Value) -> Value {
    let Some(top) = (Schema { root }).resolved(root) else { return root.clone() };
    let mut top = top.clone();
    if let Some(definitions) = root.get("$defs").filter(|_| !top.contains_key("$defs")) {
        top.insert("$defs".to_owned(), definitions.clone());
    }
    Value::Object(top)
}

fn definition_name(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

fn members(schema: &Map<String, Value>) -> Option<&Vec<Value>> {
    schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array)
}

fn values(schema: &Map<String, Value>) -> Option<Vec<&Value>> {
    if let Some(value) = schema.get("const") {
        return Some(vec![value]);
    }
    schema.get("enum").and_then(Value::as_array).map(|values| values.iter().collect())
}

fn type_names(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The first few words of a list of alternatives.
fn alternatives(words: impl Iterator<Item = String>) -> String {
    const TOLD: usize = 8;
    let mut words: Vec<_> = words.take(TOLD + 1).collect();
    if words.len() > TOLD {
        words.truncate(TOLD);
        words.push("...".to_owned());
    }
    words.join(" or ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_parameter_takes_follows_references_and_unions() {
        let root = json!({"$defs": {
            "Loop": {"$ref": "#/$defs/Loop"},
            "Item": {"type": "object"},
        }});
        let accepts = |schema| Schema::new(&root).accepts(&schema);
        let text = Accepts { text: true, ..Accepts::default() };
        let other = Accepts { other: true, ..Accepts::default() };
        let both = Accepts { text: true, other: true, base64: false };
        assert_eq!(accepts(json!({"type": "string"})), text);
        assert_eq!(accepts(json!({"type": "string", "format": "date"})), text);
        assert_eq!(accepts(json!({"type": ["string", "number"], "format": "decimal"})), text);
        assert_eq!(accepts(json!({"enum": ["a", "b"]})), text);
        assert_eq!(accepts(json!({"type": "integer"})), other);
        assert_eq!(accepts(json!({"$ref": "#/$defs/Item"})), other);
        assert_eq!(accepts(json!({"anyOf": [{"type": "string"}, {"type": "null"}]})), both);
        assert_eq!(accepts(json!({})), both);
        assert_eq!(accepts(json!(true)), both);
        assert_eq!(accepts(json!({"$ref": "#/$defs/Loop"})), both);
        let bytes = accepts(json!({"type": "string", "contentEncoding": "base64"}));
        assert_eq!(bytes, Accepts { base64: true, ..text });
    }

    #[test]
    fn a_reference_at_the_top_is_followed() {
        let root = json!({"$ref": "#/$defs/A", "$defs": {"A": {"type": "object"}}});
        let top = json!({"type": "object", "$defs": {"A": {"type": "object"}}});
        assert_eq!(unwrapped(&root), top);
        assert_eq!(unwrapped(&json!({"type": "string"})), json!({"type": "string"}));
        assert_eq!(unwrapped(&json!(true)), json!(true));
    }

    #[test]
    fn a_type_is_said_in_a_few_words() {
        let root = json!({});
        let words = |schema| Schema::new(&root).words(&schema);
        assert_eq!(words(json!({"type": "string"})), "text");
        assert_eq!(words(json!({"type": "string", "format": "date-time"})), "date-time");
        assert_eq!(
            words(json!({"type": "array", "items": {"$ref": "#/$defs/Item"}})),
            "list of Item"
        );
        assert_eq!(
            words(json!({"anyOf": [{"type": "integer"}, {"type": "null"}]})),
            "integer or null"
        );
        assert_eq!(words(json!({"enum": ["a", 1]})), "\"a\" or 1");
        let counts = json!({"type": "object", "additionalProperties": {"type": "integer"}});
        assert_eq!(words(counts), "object of integer");
        assert_eq!(words(json!({"type": "object", "title": "Report"})), "Report");
        assert_eq!(words(json!({})), "anything");
    }
}
