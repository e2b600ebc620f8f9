//! From JSON to a document: its methods, with everything that they refer to looked up.

use std::collections::HashSet;

use serde_json::Value;

use super::budget::{cut, text_of};
use super::schema::Schemas;
use super::{Document, InvalidDocument, KnownError, Member, Method, Passing, Shape, digest};

/// The member of a method that says that it may be called again where nobody knows whether it was done.
const IDEMPOTENT: &str = "x-idempotent";

/// The one that says that it changes nothing.
const READ_ONLY: &str = "x-read-only";

/// The longest name of a method, in bytes: what fits into a grant.
const MAX_NAME_BYTES: usize = 180;

/// The most params, tags and errors of a method.
const MAX_PARAMS: usize = 200;

/// The longest summary, in characters.
const MAX_SUMMARY: usize = 300;

/// The longest description, in characters.
const MAX_ABOUT: usize = 4_000;

/// The most sentences about what was left out.
const MAX_LEFT_OUT: usize = 20;

pub(super) fn document(root: &Value) -> Result<Document, InvalidDocument> {
    let refuse = |why: &str| Err(InvalidDocument(format!("this is no OpenRPC document: {why}")));
    if !root.is_object() {
        return refuse("it is not an object");
    }
    let openrpc = match root.get("openrpc") {
        Some(Value::String(version)) if version.starts_with("1.") => cut(version, 20),
        Some(Value::String(version)) => {
            let version = cut(version, 20);
            return refuse(&format!("its `openrpc` is `{version}`, and 1.2 to 1.4 are known"));
        }
        _ => return refuse("it has no `openrpc` with the version of the specification"),
    };
    let Some(listed) = root.get("methods").and_then(Value::as_array) else {
        return refuse("it has no list of `methods`");
    };
    let mut schemas = Schemas::of(root);
    let (methods, mut left_out) = methods(&mut schemas, listed);
    let info = root.get("info").unwrap_or(&Value::Null);
    let (named, is_cut) = schemas.finish();
    if is_cut {
        left_out.push("there is too much in its schemas: some of them are anything".to_owned());
    }
    Ok(Document {
        openrpc,
        title: text_of(info, "title", MAX_SUMMARY),
        version: text_of(info, "version", 60),
        about: text_of(info, "description", MAX_ABOUT),
        methods,
        named,
        left_out,
        digest: digest(root),
    })
}

fn methods<'a>(schemas: &mut Schemas<'a>, listed: &'a [Value]) -> (Vec<Method>, Vec<String>) {
    let mut methods = Vec::new();
    let mut left_out = Vec::new();
    let mut names = HashSet::new();
    for (index, listed) in listed.iter().enumerate() {
        if methods.len() == Document::MAX_METHODS {
            left_out.push(format!("only the first {} methods are known", Document::MAX_METHODS));
            break;
        }
        let mut leave = |why: String| {
            if left_out.len() < MAX_LEFT_OUT {
                left_out.push(why);
            }
        };
        let Some(json) = schemas.resolve(listed) else {
            leave(format!("method {index} refers to nothing"));
            continue;
        };
        match json.get("name").and_then(Value::as_str) {
            None | Some("") => leave(format!("method {index} has no name")),
            Some(name) if name.len() > MAX_NAME_BYTES => {
                leave(format!("method {index} has a name of more than {MAX_NAME_BYTES} bytes"));
            }
            Some(name) if !names.insert(name) => {
                leave(format!("the method `{name}` is there twice, and the first is taken"));
            }
            Some(name) => {
                let method = method(schemas, name, json);
                // Half a method would be called wrongly.
                if schemas.budget().is_over() {
                    let known = methods.len();
                    left_out
                        .push(format!("there is too much in it: only {known} methods are known"));
                    break;
                }
                methods.push(method);
            }
        }
    }
    (methods, left_out)
}

fn method<'a>(schemas: &mut Schemas<'a>, name: &str, json: &'a Value) -> Method {
    let passing = match json.get("paramStructure").and_then(Value::as_str) {
        Some("by-name") => Passing::ByName,
        Some("by-position") => Passing::ByPosition,
        _ => Passing::Either,
    };
    let params: Vec<Member> = list(json, "params")
        .enumerate()
        .filter_map(|(index, json)| param(schemas, name, index, json))
        .collect();
    let result = match json.get("result").and_then(|json| schemas.resolve(json)) {
        Some(result) if result.get("schema").is_some() => {
            schemas.shape(&result["schema"], &format!("{name}_result"))
        }
        _ => Shape::Any,
    };
    let mut tags = Vec::new();
    for tag in list(json, "tags") {
        let Some(tag) = schemas.resolve(tag) else { continue };
        if let Some(name) = tag.get("name").unwrap_or(tag).as_str() {
            schemas.budget().parts(1);
            tags.push(schemas.budget().text(cut(name, 80)));
        }
    }
    let mut errors = Vec::new();
    for error in list(json, "errors") {
        let Some(error) = schemas.resolve(error) else { continue };
        if let Some(code) = error.get("code").and_then(Value::as_i64) {
            schemas.budget().parts(1);
            errors
                .push(KnownError { code, message: schemas.text_of(error, "message", MAX_SUMMARY) });
        }
    }
    Method {
        name: schemas.budget().text(name.to_owned()),
        summary: schemas.text_of(json, "summary", MAX_SUMMARY),
        description: schemas.text_of(json, "description", MAX_ABOUT),
        deprecated: is_true(json, "deprecated"),
        idempotent: is_true(json, IDEMPOTENT) || is_true(json, READ_ONLY),
        read_only: is_true(json, READ_ONLY),
        tags,
        errors,
        passing,
        params,
        result,
    }
}

fn param<'a>(
    schemas: &mut Schemas<'a>,
    method: &str,
    index: usize,
    json: &'a Value,
) -> Option<Member> {
    let json = schemas.resolve(json)?;
    let name = match json.get("name").and_then(Value::as_str) {
        Some(name) if !name.is_empty() => cut(name, MAX_NAME_BYTES),
        _ => format!("param_{}", index + 1),
    };
    if schemas.budget().is_over() {
        return None;
    }
    let schema = json.get("schema").unwrap_or(&Value::Null);
    let about = Some(schemas.text_of(json, "description", MAX_ABOUT));
    let about = about.filter(|text| !text.is_empty());
    Some(Member {
        about: about.unwrap_or_else(|| schemas.text_of(json, "summary", MAX_SUMMARY)),
        required: is_true(json, "required"),
        shape: schemas.shape(schema, &format!("{method}_{name}")),
        default: schemas.resolve(schema).and_then(|schema| schemas.default_of(schema)),
        name: schemas.budget().text(name),
    })
}

fn is_true(json: &Value, name: &str) -> bool {
    json.get(name) == Some(&Value::Bool(true))
}

fn list<'a>(json: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    json.get(name).and_then(Value::as_array).into_iter().flatten().take(MAX_PARAMS)
}
