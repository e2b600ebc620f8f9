//! Schemas in words: what type a value has, which members an object has, and a value that fits.

use serde_json::{Map, Value};

use super::html::{code, escaped, line, paragraphs};

/// How deep an example goes.
const DEEPEST: usize = 4;

/// The schemas that others name.
pub(super) fn named(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten()
}

fn name_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    let named = name_of(schema).and_then(|name| document["components"]["schemas"].get(name));
    named.unwrap_or(schema)
}

fn list<'s>(schema: &'s Value, word: &str) -> Option<&'s Vec<Value>> {
    schema[word].as_array().filter(|parts| !parts.is_empty())
}

/// What a value may be, in a line.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(name) = name_of(schema) {
        let name = escaped(name);
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    if let Some(constant) = schema.get("const") {
        return code(&constant.to_string());
    }
    if let Some(values) = list(schema, "enum") {
        return values
            .iter()
            .map(|value| code(&value.to_string()))
            .collect::<Vec<_>>()
            .join(" or ");
    }
    for word in ["anyOf", "oneOf", "allOf"] {
        if let Some(parts) = list(schema, word) {
            let joint = if word == "allOf" { " and " } else { " or " };
            return parts.iter().map(kind).collect::<Vec<_>>().join(joint);
        }
    }
    let mut kinds = match &schema["type"] {
        Value::String(kind) => vec![one_kind(kind, schema)],
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).map(|kind| one_kind(kind, schema)).collect()
        }
        _ => vec!["anything".to_owned()],
    };
    kinds.dedup();
    kinds.join(" or ")
}

fn one_kind(kind_of: &str, schema: &Value) -> String {
    match kind_of {
        "array" => match schema.get("items") {
            Some(items) => format!("array of {}", kind(items)),
            None => "array".to_owned(),
        },
        "object" => match schema.get("additionalProperties") {
            Some(values @ Value::Object(_)) => format!("object of {}", kind(values)),
            _ => "object".to_owned(),
        },
        kind => escaped(kind),
    }
}

/// What else is to be known of a value: bounds, and what it is where it is absent.
fn bounds(schema: &Value) -> String {
    let words = [
        ("minimum", "at least"),
        ("maximum", "at most"),
        ("minLength", "characters at least:"),
        ("maxLength", "characters at most:"),
        ("default", "default"),
    ];
    let bound = |(word, told): (&str, &str)| {
        let value = schema.get(word).filter(|value| !value.is_null() && !value.is_object())?;
        // What every number of the kind is at least says nothing.
        let says_something = !(word == "minimum" && *value == 0);
        says_something
            .then(|| format!("<span class=\"bound\">{told} {}</span>", code(&value.to_string())))
    };
    words.into_iter().filter_map(bound).collect()
}

/// The members of an object, or what else a schema says, in full.
pub(super) fn body(schema: &Value) -> String {
    let mut body = String::new();
    if let Some(members) = schema["properties"].as_object() {
        let required = list(schema, "required");
        let row = |(name, member): (&String, &Value)| {
            let is_required =
                required.is_some_and(|required| required.iter().any(|it| it == name.as_str()));
            row(name, if is_required { "required" } else { "" }, member)
        };
        let rows: String = members.iter().map(row).collect();
        body.push_str(&table(&rows));
    }
    for word in ["oneOf", "anyOf"] {
        for part in list(schema, word).into_iter().flatten() {
            let about = part["description"].as_str().map(paragraphs).unwrap_or_default();
            let inner =
                if part["properties"].is_object() { self::body(part) } else { paragraph_of(part) };
            body.extend(["<div class=\"variant\">", &about, &inner, "</div>"]);
        }
    }
    if body.is_empty() { paragraph_of(schema) } else { body }
}

fn paragraph_of(schema: &Value) -> String {
    format!("<p class=\"kind\">{} {}</p>", kind(schema), bounds(schema))
}

/// Rows as a table of names, types and descriptions.
pub(super) fn table(rows: &str) -> String {
    if rows.is_empty() { String::new() } else { format!("<table><tbody>{rows}</tbody></table>") }
}

/// A row of a table: a member, a parameter, a header.
pub(super) fn row(name: &str, note: &str, schema: &Value) -> String {
    let about = schema["description"].as_str().unwrap_or_default();
    format!(
        "<tr><th scope=\"row\">{}<span class=\"note\">{}</span></th><td class=\"kind\">{}</td>\
         <td>{} {}</td></tr>",
        code(name),
        escaped(note),
        kind(schema),
        line(&about.replace('\n', " ")),
        bounds(schema)
    )
}

/// A value that fits: the first example, or one that is made of what must be there.
pub(super) fn example(document: &Value, schema: &Value, depth: usize) -> Value {
    let schema = resolved(document, schema);
    let first = |word: &str| list(schema, word).and_then(|values| values.first());
    if let Some(example) = first("examples").or(schema.get("default")).or(first("enum")) {
        return example.clone();
    }
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    if let Some(part) = first("anyOf").or(first("oneOf")).or(first("allOf"))
        && depth < DEEPEST
    {
        return example(document, part, depth + 1);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().unwrap_or(&Value::Null),
        kind => kind,
    };
    match kind.as_str() {
        Some("object") => {
            let required = list(schema, "required").into_iter().flatten().filter_map(Value::as_str);
            let member = |name: &str| {
                let member = &schema["properties"][name];
                (name.to_owned(), example(document, member, depth + 1))
            };
            let members = required.filter(|_| depth < DEEPEST).map(member);
            Value::Object(members.collect::<Map<_, _>>())
        }
        Some("array") => Value::Array(Vec::new()),
        Some("string") => Value::from("..."),
        Some("integer" | "number") => Value::from(1),
        Some("boolean") => Value::from(true),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_are_told_in_words() {
        for (schema, told) in [
            (json!({"type": "string"}), "string"),
            (json!({"type": ["integer", "null"]}), "integer or null"),
            (json!({"type": "array", "items": {"type": "string"}}), "array of string"),
            (json!({"const": "a"}), "<code>&quot;a&quot;</code>"),
            (json!(true), "anything"),
            (
                json!({"anyOf": [{"$ref": "#/components/schemas/Quota"}, {"type": "null"}]}),
                "<a href=\"#schema-Quota\">Quota</a> or null",
            ),
        ] {
            assert_eq!(kind(&schema), told);
        }
    }

    #[test]
    fn an_example_has_what_must_be_there() {
        let document = json!({"components": {"schemas": {"A": {
            "type": "object",
            "required": ["name", "again"],
            "properties": {
                "name": {"type": "string"},
                "again": {"$ref": "#/components/schemas/A"},
                "more": {"type": "integer"},
            },
        }}}});
        let made = example(&document, &json!({"$ref": "#/components/schemas/A"}), 0);
        assert_eq!((&made["name"], made.get("more")), (&json!("..."), None));
        assert!(made.to_string().len() < 200, "{made}");
    }
}
