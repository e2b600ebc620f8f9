//! OpenRPC documents, 1.2 to 1.4, as what calls and clients need of them. What is not understood is
//! anything at all, never an error; only what is no OpenRPC is refused.

mod budget;
mod canonical;
mod drift;
mod read;
mod schema;

use serde_json::Value;
use sluice_model::json_weight;

pub use canonical::digest;
pub use drift::{Change, Drift, drift};

/// A document: what a service can be asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The version of OpenRPC that it names.
    pub openrpc: String,
    /// What the service calls itself.
    pub title: String,
    /// The version of the service.
    pub version: String,
    /// What the service is for.
    pub about: String,
    /// In the document's order, each name once.
    pub methods: Vec<Method>,
    /// The schemas that have names, which `Shape::Named` points into.
    pub named: Vec<Named>,
    /// What was left out, a sentence each.
    pub left_out: Vec<String>,
    /// SHA-256 of the document in its canonical form, in hex.
    pub digest: String,
}

/// One method.
#[derive(Clone, Debug, PartialEq)]
pub struct Method {
    /// As it is called.
    pub name: String,
    /// One line; empty where there is none.
    pub summary: String,
    /// All the rest; empty where there is none.
    pub description: String,
    /// Whether it should not be used any more.
    pub deprecated: bool,
    /// Whether it may be called a second time, with the same params and idempotency key, where nobody
    /// knows whether the first call was done: the service says so by `"x-idempotent": true`.
    pub idempotent: bool,
    /// Whether it changes nothing and costs nothing: the service says so by `"x-read-only": true`. Then it is
    /// idempotent, too.
    pub read_only: bool,
    /// The names of its tags.
    pub tags: Vec<String>,
    /// How its params are passed.
    pub passing: Passing,
    /// Its params, in the document's order.
    pub params: Vec<Member>,
    /// What it answers; `Any` where the document does not say.
    pub result: Shape,
    /// The errors that it says it may answer.
    pub errors: Vec<KnownError>,
}

/// How the params of a method are passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// As an object.
    ByName,
    /// As an array.
    ByPosition,
    /// As the caller likes.
    Either,
}

/// A param of a method, or a member of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// As it is sent.
    pub name: String,
    /// What it is; empty where the document does not say.
    pub about: String,
    /// Whether it must be there.
    pub required: bool,
    /// Its schema.
    pub shape: Shape,
    /// What is meant where it is absent, if that is a plain value.
    pub default: Option<Value>,
}

/// An error that a method may answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownError {
    /// The number that programs depend on.
    pub code: i64,
    /// What it means.
    pub message: String,
}

/// What values there may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Anything.
    Any,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// A text, of some format perhaps.
    Text(Option<String>),
    /// One of these texts, whole numbers, truth values and `null`.
    Choice(Vec<Value>),
    /// An array.
    List(Box<Shape>),
    /// An array with a shape for each place.
    Tuple(Vec<Shape>),
    /// An object with any names.
    Map(Box<Shape>),
    /// A schema with a name, by its place in `Document::named`.
    Named(usize),
    /// One of these; two at least, and no union among them.
    Union(Vec<Shape>),
}

/// A schema with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// Of the document, or made from the place where it stands; not unique, and any text.
    pub name: String,
    /// What it is; empty where the document does not say.
    pub about: String,
    /// What it stands for.
    pub fields: Fields,
}

/// What a schema with a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Fields {
    /// An object with these members, and others that do not matter.
    Record(Vec<Member>),
    /// Something else.
    Alias(Shape),
}

/// A text that is no OpenRPC document: one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidDocument(pub String);

impl Document {
    /// The largest document, in bytes.
    pub const MAX_BYTES: usize = 8 << 20;

    /// The most values in a document, arrays and objects counting as four.
    pub const MAX_VALUES: usize = 2_000_000;

    /// The most methods; those beyond are left out, and that is said.
    pub const MAX_METHODS: usize = 10_000;

    /// Reads a document from its JSON.
    pub fn parse(json: &[u8]) -> Result<Document, InvalidDocument> {
        Document::from_value(&Document::json(json)?)
    }

    /// The JSON of a document, which is measured first.
    pub(crate) fn json(json: &[u8]) -> Result<Value, InvalidDocument> {
        let too_large =
            |most, of| InvalidDocument(format!("the document has more than {most} {of}"));
        if json.len() > Document::MAX_BYTES {
            return Err(too_large(Document::MAX_BYTES, "bytes"));
        }
        if json_weight(json) > Document::MAX_VALUES {
            return Err(too_large(Document::MAX_VALUES, "values"));
        }
        serde_json::from_slice(json)
            .map_err(|error| InvalidDocument(format!("the document is not JSON: {error}")))
    }

    /// Reads a document that is parsed already, and not measured.
    pub fn from_value(value: &Value) -> Result<Document, InvalidDocument> {
        read::document(value)
    }

    /// The method of that name.
    pub fn method(&self, name: &str) -> Option<&Method> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// A shape in words, for people: `a list of Event`.
    pub fn told(&self, shape: &Shape) -> String {
        let all = |shapes: &[Shape], between: &str| {
            shapes.iter().map(|shape| self.told(shape)).collect::<Vec<_>>().join(between)
        };
        match shape {
            Shape::Any => "anything".to_owned(),
            Shape::Null => "null".to_owned(),
            Shape::Bool => "a truth value".to_owned(),
            Shape::Int => "a whole number".to_owned(),
            Shape::Float => "a number".to_owned(),
            Shape::Text(None) => "a text".to_owned(),
            Shape::Text(Some(format)) => format!("a text ({format})"),
            Shape::Choice(values) => {
                let values: Vec<String> = values.iter().map(Value::to_string).collect();
                format!("one of {}", values.join(", "))
            }
            Shape::List(item) => format!("a list of {}", self.told(item)),
            Shape::Tuple(items) => format!("[{}]", all(items, ", ")),
            Shape::Map(value) => format!("an object of {}", self.told(value)),
            Shape::Named(at) => self.named[*at].name.clone(),
            Shape::Union(shapes) => all(shapes, " or "),
        }
    }
}

#[cfg(test)]
mod tests;
