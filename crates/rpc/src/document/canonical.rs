//! The canonical form of JSON, and its digest, which names a document: the same whatever the order of
//! members and the white space.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// SHA-256 of a value in its canonical form, in hex.
pub fn digest(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// No white space, the members of objects in the order of their names.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                let _ = write!(text, "{}:", Value::String(name.clone()));
                write(member, text);
            }
            text.push('}');
        }
        plain => {
            let _ = write!(text, "{plain}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_members_does_not_matter_and_that_of_items_does() {
        let digest = |text: &str| digest(&serde_json::from_str(text).expect("JSON"));
        assert_eq!(
            digest(r#"{"a": 1, "b": {"d": [1, 2], "c": "x"}}"#),
            digest(r#"{"b":{"c":"x","d":[1,2]},"a":1}"#)
        );
        assert_ne!(digest("[1,2]"), digest("[2,1]"));
        assert_eq!(digest("{}").len(), 64);
    }
}
