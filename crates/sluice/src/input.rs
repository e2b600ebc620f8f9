//! The input of a run, put together from what the command line gives: pairs, files and standard
//! input, where what comes later wins.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Map, Value};

use crate::exit::Usage;
use crate::nearest::suggestion;
use crate::schema::{Accepts, Schema};

/// One part of the input, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// `key=value`: one parameter.
    Pair {
        /// The parameter.
        key: String,
        /// What stands behind the sign.
        value: Given,
    },
    /// A JSON document with any number of parameters.
    Document(Place),
}

/// The value of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// The value itself.
    Here(String),
    /// `@file`: what is in the file.
    There(Place),
}

/// Where bytes are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `-`.
    Stdin,
    /// A path.
    File(String),
}

impl Part {
    /// Reads `key=value`, `key=@file`, `key=@@text`, `file.json` or `-`. Never fails: what is no
    /// pair is a path, and a path that does not exist is told when it is opened.
    pub fn parse(text: &str) -> Part {
        let is_key = |key: &str| {
            !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
        };
        match text.split_once('=') {
            Some((key, value)) if is_key(key) => {
                Part::Pair { key: key.to_owned(), value: Given::parse(value) }
            }
            _ => Part::Document(Place::parse(text)),
        }
    }

    /// Whether it comes from standard input.
    pub fn is_stdin(&self) -> bool {
        self.place() == Some(&Place::Stdin)
    }

    /// The file that it is read from.
    pub fn file(&self) -> Option<&str> {
        match self.place()? {
            Place::File(path) => Some(path),
            Place::Stdin => None,
        }
    }

    fn place(&self) -> Option<&Place> {
        match self {
            Part::Pair { value: Given::There(place), .. } | Part::Document(place) => Some(place),
            Part::Pair { value: Given::Here(_), .. } => None,
        }
    }
}

impl Given {
    fn parse(text: &str) -> Given {
        match text.strip_prefix('@') {
            Some(literal) if literal.starts_with('@') => Given::Here(literal.to_owned()),
            Some(place) => Given::There(Place::parse(place)),
            None => Given::Here(text.to_owned()),
        }
    }
}

impl Place {
    fn parse(text: &str) -> Place {
        if text == "-" { Place::Stdin } else { Place::File(text.to_owned()) }
    }

    fn read(&self) -> anyhow::Result<Vec<u8>> {
        match self {
            Place::Stdin => {
                let mut bytes = Vec::new();
                std::io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
                Ok(bytes)
            }
            Place::File(path) => std::fs::read(Path::new(path)).map_err(|error| {
                let usage = Usage::new(format!("cannot read the input `{path}`: {error}"));
                usage.hint("an input is `key=value`, `key=@file`, a JSON file, or `-`").into()
            }),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Stdin => f.write_str("standard input"),
            Place::File(path) => f.write_str(path),
        }
    }
}

/// The input document that the parts make together under the flow's schema.
pub fn assemble(parts: &[Part], schema: Schema<'_>) -> anyhow::Result<Value> {
    assemble_onto(Map::new(), parts, schema)
}

/// The same in place of single parameters of another input.
pub fn assemble_onto(
    mut input: Map<String, Value>,
    parts: &[Part],
    schema: Schema<'_>,
) -> anyhow::Result<Value> {
    for part in parts {
        match part {
            Part::Pair { key, value } => {
                input.insert(key.clone(), pair(key, value, schema)?);
            }
            Part::Document(place) => input.extend(document(place)?),
        }
    }
    Ok(Value::Object(input))
}

fn document(place: &Place) -> anyhow::Result<Map<String, Value>> {
    let value = serde_json::from_slice(without_mark(&place.read()?))
        .map_err(|error| Usage::new(format!("{place} is not JSON: {error}")))?;
    match value {
        Value::Object(members) => Ok(members),
        other => Err(Usage::new(format!("{place} holds {}, not a JSON object", kind(&other)))
            .hint("the input is an object with a member for each parameter of the flow")
            .into()),
    }
}

fn pair(key: &str, given: &Given, schema: Schema<'_>) -> anyhow::Result<Value> {
    let Some(parameter) = schema.parameter(key) else {
        let mut usage = Usage::new(format!("the flow has no parameter `{key}`"));
        usage.hint = suggestion(key, schema.parameters().map(|(name, _)| name))
            .or_else(|| Some("it takes no input at all".to_owned()));
        return Err(usage.into());
    };
    let accepts = schema.accepts(parameter);
    let (text, origin) = match given {
        Given::Here(text) => (text.clone(), format!("`{text}`")),
        Given::There(place) => {
            let bytes = place.read()?;
            if accepts.base64 {
                return Ok(Value::String(base64(&bytes)));
            }
            let text = String::from_utf8(bytes).map_err(|error| {
                let at = error.utf8_error().valid_up_to();
                Usage::new(format!("`{key}` cannot be read: {place} is not UTF-8 at byte {at}"))
            })?;
            (text, place.to_string())
        }
    };
    coerce(&text, accepts).map_err(|error| {
        Usage::new(format!(
            "`{key}` takes {}, and {origin} is not: {error}",
            schema.words(parameter)
        ))
        .hint(format!(
            "write it as JSON, in quotes for the shell: -i '{key}={}'",
            example(schema, parameter)
        ))
        .into()
    })
}

/// Where the parameter takes text and nothing else, the text is the value. Otherwise the text is
/// read as JSON, and only where text is welcome may it be no JSON.
fn coerce(text: &str, accepts: Accepts) -> Result<Value, serde_json::Error> {
    if accepts.text && !accepts.other {
        return Ok(Value::String(text.to_owned()));
    }
    match serde_json::from_slice(without_mark(text.as_bytes())) {
        Ok(value) => Ok(value),
        Err(_) if accepts.text => Ok(Value::String(text.to_owned())),
        Err(error) => Err(error),
    }
}

fn example(schema: Schema<'_>, parameter: &Value) -> &'static str {
    let words = schema.words(parameter);
    match words.split(" or ").next().unwrap_or_default() {
        "integer" => "3",
        "number" => "2.5",
        "boolean" => "true",
        "null" => "null",
        "list of integer" | "list of number" => "[1, 2]",
        words if words.starts_with("list") => "[\"a\", \"b\"]",
        _ => "{\"a\": 1}",
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The bytes without the byte order mark that some editors put first.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes)
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0_usize, |group, place| {
            group << 8 | usize::from(chunk.get(place).copied().unwrap_or(0))
        });
        for place in 0..4 {
            let letter = ALPHABET[group >> (18 - 6 * place) & 63];
            text.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests;
