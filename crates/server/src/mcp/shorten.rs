//! Values of flows as an agent gets them: whole where they are small, and else their beginning. A model
//! reads every character that it is sent, and has to pay for it.

use serde_json::{Map, Value};

/// Characters of a value that are shown, about.
const MOST: usize = 12_000;

/// Characters of one text.
const MOST_OF_TEXT: usize = 4_000;

/// Characters of a text that has its place in a line.
const MOST_OF_LINE: usize = 200;

/// Things of a list.
const MOST_LISTED: usize = 30;

/// The beginning of a value, and whether that is not all of it.
pub(super) fn shorten(value: &Value) -> (Value, bool) {
    let mut rest = Rest { left: MOST, is_cut: false };
    let value = rest.value(value);
    (value, rest.is_cut)
}

/// The beginning of a text.
pub(super) fn text(text: &str) -> String {
    let mut rest = Rest { left: MOST_OF_TEXT, is_cut: false };
    rest.text(text)
}

/// The beginning of what has its place in a line: a name, a line of source.
pub(super) fn line(text: &str) -> String {
    let mut rest = Rest { left: MOST_OF_LINE, is_cut: false };
    rest.text(text)
}

/// The beginning of a list.
pub(super) struct Listed<T> {
    /// What is shown.
    pub(super) shown: Vec<T>,
    /// How many more there are, if any.
    pub(super) left_out: Option<usize>,
}

impl<T> Listed<T> {
    /// Shows as many as are bearable.
    pub(super) fn of<S>(items: &[S], show: impl FnMut(&S) -> T) -> Listed<T> {
        let left_out = items.len().saturating_sub(MOST_LISTED);
        Listed {
            shown: items.iter().take(MOST_LISTED).map(show).collect(),
            left_out: (left_out > 0).then_some(left_out),
        }
    }
}

struct Rest {
    left: usize,
    is_cut: bool,
}

impl Rest {
    fn value(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => Value::Array(self.items(items)),
            Value::Object(members) => Value::Object(self.members(members)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                self.left = self.left.saturating_sub(8);
                value.clone()
            }
        }
    }

    fn text(&mut self, text: &str) -> String {
        let most = self.left.min(MOST_OF_TEXT);
        let Some((end, _)) = text.char_indices().nth(most) else {
            self.left = self.left.saturating_sub(text.len() + 4);
            return text.to_owned();
        };
        self.is_cut = true;
        self.left -= most;
        format!("{}... ({} characters in all)", &text[..end], text.chars().count())
    }

    fn items(&mut self, items: &[Value]) -> Vec<Value> {
        let mut shown = Vec::new();
        for item in items {
            if self.left == 0 {
                self.is_cut = true;
                shown.push(Value::String(format!("... ({} items in all)", items.len())));
                break;
            }
            self.left = self.left.saturating_sub(2);
            shown.push(self.value(item));
        }
        shown
    }

    fn members(&mut self, members: &Map<String, Value>) -> Map<String, Value> {
        let mut shown = Map::new();
        for (name, value) in members {
            if self.left == 0 {
                self.is_cut = true;
                let rest = format!("({} members in all)", members.len());
                shown.insert("...".to_owned(), Value::String(rest));
                break;
            }
            let name = self.text(name);
            shown.insert(name, self.value(value));
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn small_values_are_whole_and_large_ones_are_cut() {
        let small = json!({"a": [1, "two", null], "b": {"c": true}});
        assert_eq!(shorten(&small), (small.clone(), false));
        let wide: Vec<Value> = (0..100_000).map(|n| json!({ "n": n })).collect();
        let long = "数".repeat(100_000);
        for large in [json!(wide), json!(long), json!({ "a": long, "b": wide })] {
            let (shown, is_cut) = shorten(&large);
            assert!(is_cut);
            assert!(shown.to_string().len() < 5 * MOST, "{}", shown.to_string().len());
        }
        assert_eq!(line(&"n".repeat(200)), "n".repeat(200));
        assert!(line(&long).ends_with("... (100000 characters in all)"));
        let listed = Listed::of(&wide, |_| ());
        assert_eq!((listed.shown.len(), listed.left_out), (30, Some(99_970)));
        let (shown, _) = shorten(&json!(vec![""; 100_000]));
        assert_eq!(shown[shown.as_array().map_or(0, Vec::len) - 1], "... (100000 items in all)");
    }
}
