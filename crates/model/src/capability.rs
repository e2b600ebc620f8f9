//! Capabilities: words with bounds that say what a flow may ask of the host.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::CallKind;

/// A kind of call and the targets it covers: `rpc:calendar.event_list`, `rpc:calendar.*`, `ask`.
///
/// A target of `*`, or one that ends in `*`, covers every target with that beginning.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Capability {
    kind: CallKind,
    target: String,
}

impl Capability {
    /// The longest word, in bytes.
    pub const MAX_BYTES: usize = 256;

    /// The capability that a call of this kind to this target needs.
    pub fn new(kind: CallKind, target: impl Into<String>) -> Capability {
        Capability { kind, target: target.into() }
    }

    /// Everything: each kind of capability, for all targets.
    pub fn every() -> Vec<Capability> {
        let kinds = CallKind::ALL.into_iter().filter(|kind| kind.needs_grant());
        let all = |kind| Capability::new(kind, if kind == CallKind::Ask { "" } else { "*" });
        kinds.map(all).collect()
    }

    /// Whether whoever holds `self` may do what `needed` names.
    pub fn covers(&self, needed: &Capability) -> bool {
        self.kind == needed.kind
            && match self.target.strip_suffix('*') {
                Some(beginning) => needed.target.starts_with(beginning),
                None => self.target == needed.target,
            }
    }
}

/// What is in both: what a child of a run may do at most.
pub fn intersection(left: &[Capability], right: &[Capability]) -> Vec<Capability> {
    let mut both: Vec<Capability> = Vec::new();
    for one in left {
        for other in right {
            let narrower = if one.covers(other) {
                other
            } else if other.covers(one) {
                one
            } else {
                continue;
            };
            if !both.contains(narrower) {
                both.push(narrower.clone());
            }
        }
    }
    both
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        if !self.target.is_empty() {
            write!(f, ":{}", self.target)?;
        }
        Ok(())
    }
}

/// The word, as programs write it.
impl JsonSchema for Capability {
    fn schema_name() -> Cow<'static, str> {
        "Capability".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A kind of call and the targets it covers: `rpc:calendar.event_list`, \
                `rpc:calendar.*`, `ask`.",
            "maxLength": Capability::MAX_BYTES,
            "pattern": "^(ask|(rpc|http|llm|flow|kv|secret|artifact):([A-Za-z0-9._/-]+\\*?|\\*))$",
        })
    }
}

/// A text that is no capability.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a capability: {why}")]
pub struct InvalidCapability {
    /// The text, cut to a bearable length.
    pub word: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl FromStr for Capability {
    type Err = InvalidCapability;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let invalid = |why| InvalidCapability { word: word.chars().take(80).collect(), why };
        if word.len() > Capability::MAX_BYTES {
            return Err(invalid("it is longer than 256 bytes"));
        }
        let (kind, target) = word.split_once(':').unwrap_or((word, ""));
        let kind = CallKind::ALL
            .iter()
            .copied()
            .find(|candidate| candidate.as_str() == kind && candidate.needs_grant())
            .ok_or_else(|| {
                invalid("it begins with none of rpc, http, llm, flow, ask, kv, secret, artifact")
            })?;
        let bare = matches!(kind, CallKind::Ask);
        if target.is_empty() && !bare {
            return Err(invalid("it names no target: write it as in `rpc:calendar.event_list`"));
        }
        if !target.is_empty() && bare {
            return Err(invalid("`ask` takes no target"));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/*".contains(c);
        if !target.chars().all(allowed) {
            return Err(invalid(
                "its target has a character other than letters, digits and . _ - /",
            ));
        }
        if target.strip_suffix('*').unwrap_or(target).contains('*') {
            return Err(invalid("`*` may only stand at its end"));
        }
        Ok(Capability::new(kind, target))
    }
}

impl TryFrom<String> for Capability {
    type Error = InvalidCapability;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        word.parse()
    }
}

impl From<Capability> for String {
    fn from(capability: Capability) -> String {
        capability.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(held: &str, needed: &str) -> bool {
        let needed = needed.parse().expect("the needed word is well formed");
        held.parse::<Capability>().expect("the held word is well formed").covers(&needed)
    }

    #[test]
    fn a_word_covers_itself_and_a_star_covers_what_begins_like_it() {
        assert!(covers("rpc:calendar.event_list", "rpc:calendar.event_list"));
        assert!(covers("rpc:calendar.*", "rpc:calendar.event_delete"));
        assert!(covers("ask", "ask"));
        assert!(!covers("rpc:calendar.event_list", "rpc:calendar.event_delete"));
        assert!(!covers("rpc:calendar.*", "rpc:calendars.event_list"));
        assert!(!covers("http:calendar.event_list", "rpc:calendar.event_list"));
    }

    #[test]
    fn an_intersection_holds_the_narrower_of_each_two() {
        let words = |words: &[&str]| -> Vec<Capability> {
            words.iter().map(|word| word.parse().expect("the word is well formed")).collect()
        };
        let both = intersection(
            &words(&["rpc:calendar.*", "ask", "kv:notes"]),
            &words(&["rpc:calendar.event_list", "rpc:*", "kv:other", "kv:n*"]),
        );
        let both: Vec<String> = both.iter().map(ToString::to_string).collect();
        assert_eq!(both, ["rpc:calendar.event_list", "rpc:calendar.*", "kv:notes"]);
    }

    #[test]
    fn everything_covers_each_kind_and_reads_back() {
        let every = Capability::every();
        let needed =
            ["rpc:a.b", "http:a", "llm:a", "flow:a", "ask", "kv:a", "secret:A", "artifact:a"];
        for needed in needed {
            assert!(every.iter().any(|held| covers(&held.to_string(), needed)), "{needed}");
        }
        assert_eq!(every.len(), needed.len());
    }

    #[test]
    fn malformed_words_say_what_is_wrong() {
        let why = |word: &str| word.parse::<Capability>().expect_err(word).why;
        assert!(why("rcp:calendar").starts_with("it begins with none of"));
        assert!(why("sleep").starts_with("it begins with none of"));
        assert!(why("rpc").starts_with("it names no target"));
        assert!(why("ask:bob").starts_with("`ask` takes no target"));
        assert!(why("rpc:a*b").starts_with("`*` may only stand"));
        assert!(why("rpc:a b").starts_with("its target has a character"));
        assert!(why(&format!("rpc:{}", "a".repeat(300))).starts_with("it is longer"));
    }
}
