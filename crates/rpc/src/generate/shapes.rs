//! Shapes as type hints, and as the tables that the guest loads answers by.

use serde_json::Value;

use super::literal;
use super::plan::Plan;
use crate::{Fields, Shape};

/// How many parts one hint has at most; beyond, it is anything.
const MAX_PARTS: usize = 60;

/// How long one hint is at most, in bytes; about. Beyond, it is anything.
const MAX_BYTES: usize = 8_000;

/// What a part takes besides its own words, in bytes.
const PART_BYTES: usize = 12;

/// What is left of both.
struct Left {
    parts: usize,
    bytes: usize,
}

/// The builtins that hints use. Each has a name of ours where the document takes its own.
pub(super) const BUILTINS: [&str; 7] = ["bool", "dict", "float", "int", "list", "str", "tuple"];

/// The words of a hint: `Any`, `Literal` and the builtins, as they are called there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// For those who read: `Any`, `list`.
    Plain,
    /// For modules: `_Any`, and `_list` where `list` is something else.
    Ours,
}

impl Plan<'_> {
    /// A shape without names but those of objects and of fixed sets of values.
    pub(super) fn expanded(&self, shape: &Shape) -> Shape {
        let bytes = self.hint_bytes.get().min(MAX_BYTES);
        let mut left = Left { parts: MAX_PARTS, bytes };
        let expanded = self.expand(shape, &mut Vec::new(), &mut left);
        self.hint_bytes.set(self.hint_bytes.get() - (bytes - left.bytes));
        expanded
    }

    fn expand(&self, shape: &Shape, within: &mut Vec<usize>, left: &mut Left) -> Shape {
        left.parts = left.parts.saturating_sub(1);
        left.bytes = left.bytes.saturating_sub(PART_BYTES + self.words_of(shape));
        if left.parts == 0 || left.bytes == 0 {
            return Shape::Any;
        }
        let mut each = |shapes: &[Shape], left: &mut Left| -> Vec<Shape> {
            shapes.iter().map(|shape| self.expand(shape, within, left)).collect()
        };
        match shape {
            Shape::Named(at) => match &self.document.named[*at].fields {
                Fields::Record(_) | Fields::Alias(Shape::Choice(_)) => shape.clone(),
                Fields::Alias(_) if within.contains(at) => Shape::Any,
                Fields::Alias(target) => {
                    within.push(*at);
                    let expanded = self.expand(target, within, left);
                    within.pop();
                    expanded
                }
            },
            Shape::List(item) => Shape::List(Box::new(self.expand(item, within, left))),
            Shape::Map(value) => Shape::Map(Box::new(self.expand(value, within, left))),
            Shape::Tuple(items) => Shape::Tuple(each(items, left)),
            Shape::Union(shapes) => {
                let mut parts: Vec<Shape> = Vec::new();
                for part in each(shapes, left) {
                    let opened = if let Shape::Union(parts) = part { parts } else { vec![part] };
                    for part in opened {
                        if part == Shape::Any {
                            return Shape::Any;
                        }
                        if !parts.contains(&part) {
                            parts.push(part);
                        }
                    }
                }
                if parts.len() == 1 { parts.remove(0) } else { Shape::Union(parts) }
            }
            plain => plain.clone(),
        }
    }

    /// How long the words of its own are that a shape has in a hint or a table, in bytes.
    fn words_of(&self, shape: &Shape) -> usize {
        match shape {
            Shape::Choice(values) => {
                values.iter().map(|value| PART_BYTES + value.as_str().map_or(0, str::len)).sum()
            }
            Shape::Named(at) => match &self.document.named[*at].fields {
                Fields::Alias(choice @ Shape::Choice(_)) => {
                    self.classes[*at].len() + self.words_of(choice)
                }
                _ => self.classes[*at].len(),
            },
            _ => 0,
        }
    }

    /// An expanded shape as a type hint.
    pub(super) fn hint(&self, shape: &Shape, words: Words) -> String {
        let ours = |word: &str| if words == Words::Ours { format!("_{word}") } else { word.into() };
        let builtin = |word: &str| {
            let shadowed = words == Words::Ours && self.shadowed.contains(&word);
            if shadowed { format!("_{word}") } else { word.to_owned() }
        };
        match shape {
            Shape::Any => ours("Any"),
            Shape::Null => "None".to_owned(),
            Shape::Bool => builtin("bool"),
            Shape::Int => builtin("int"),
            Shape::Float => builtin("float"),
            Shape::Text(_) => builtin("str"),
            Shape::Choice(values) => {
                let values: Vec<String> = values.iter().filter_map(literal::plain).collect();
                format!("{}[{}]", ours("Literal"), values.join(", "))
            }
            Shape::List(item) => format!("{}[{}]", builtin("list"), self.hint(item, words)),
            Shape::Map(value) => {
                format!("{}[{}, {}]", builtin("dict"), builtin("str"), self.hint(value, words))
            }
            Shape::Tuple(items) if items.is_empty() => format!("{}[()]", builtin("tuple")),
            Shape::Tuple(items) => {
                let items: Vec<String> = items.iter().map(|item| self.hint(item, words)).collect();
                format!("{}[{}]", builtin("tuple"), items.join(", "))
            }
            Shape::Named(at) => self.classes[*at].clone(),
            Shape::Union(shapes) => {
                let (none, other): (Vec<&Shape>, Vec<&Shape>) =
                    shapes.iter().partition(|shape| **shape == Shape::Null);
                let mut hints: Vec<String> = Vec::new();
                for shape in other.into_iter().chain(none) {
                    let hint = self.hint(shape, words);
                    if !hints.contains(&hint) {
                        hints.push(hint);
                    }
                }
                hints.join(" | ")
            }
        }
    }

    /// An expanded shape as a table: a word, or a tuple that begins with one.
    pub(super) fn table(&self, shape: &Shape) -> String {
        let all = |word: &str, shapes: &[Shape]| {
            let tables: Vec<String> = shapes.iter().map(|shape| self.table(shape)).collect();
            format!("(\"{word}\", {})", tables.join(", "))
        };
        match shape {
            Shape::Any => "\"any\"".to_owned(),
            Shape::Null => "\"null\"".to_owned(),
            Shape::Bool => "\"bool\"".to_owned(),
            Shape::Int => "\"int\"".to_owned(),
            Shape::Float => "\"float\"".to_owned(),
            Shape::Text(_) => "\"str\"".to_owned(),
            Shape::Choice(values) => {
                let values: Vec<String> = values.iter().filter_map(literal::plain).collect();
                format!("(\"choice\", {})", values.join(", "))
            }
            Shape::List(item) => all("list", std::slice::from_ref(item)),
            Shape::Map(value) => all("map", std::slice::from_ref(value)),
            Shape::Tuple(items) if items.is_empty() => "(\"tuple\",)".to_owned(),
            Shape::Tuple(items) => all("tuple", items),
            Shape::Union(shapes) => all("union", shapes),
            Shape::Named(at) => match &self.document.named[*at].fields {
                Fields::Record(_) => format!("(\"record\", \"{}\")", self.classes[*at]),
                Fields::Alias(shape) => self.table(shape),
            },
        }
    }
}

/// Whether `null` is one of the values.
pub(super) fn is_nullable(shape: &Shape) -> bool {
    match shape {
        Shape::Any | Shape::Null => true,
        Shape::Choice(values) => values.contains(&Value::Null),
        Shape::Union(shapes) => shapes.iter().any(is_nullable),
        _ => false,
    }
}

/// A shape with `null`.
pub(super) fn nullable(shape: Shape) -> Shape {
    match shape {
        shape if is_nullable(&shape) => shape,
        Shape::Union(mut shapes) => {
            shapes.push(Shape::Null);
            Shape::Union(shapes)
        }
        shape => Shape::Union(vec![shape, Shape::Null]),
    }
}

/// The literal of a default, where it is a plain value of the shape.
pub(super) fn default_literal(plan: &Plan<'_>, shape: &Shape, default: &Value) -> Option<String> {
    let fits = match (shape, default) {
        (Shape::Text(_), Value::String(text)) => text.len() <= 200,
        (Shape::Bool, Value::Bool(_)) | (Shape::Float, Value::Number(_)) => true,
        (Shape::Int, Value::Number(number)) => number.is_i64() || number.is_u64(),
        (Shape::Choice(values), value) => !value.is_null() && values.contains(value),
        (Shape::Union(shapes), value) => {
            let mut fitting = shapes.iter().filter_map(|shape| default_literal(plan, shape, value));
            return fitting.next();
        }
        (Shape::Named(at), value) => match &plan.document.named[*at].fields {
            Fields::Alias(shape) => return default_literal(plan, shape, value),
            Fields::Record(_) => false,
        },
        _ => false,
    };
    if fits { literal::plain(default) } else { None }
}
