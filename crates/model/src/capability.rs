//! Capabilities: words with bounds that say what a flow may ask of the host.

mod pattern;
mod target;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::CallKind;
use pattern::Pattern;
pub use target::Destination;
use target::Target;

/// A kind of call, the targets that it covers, and bounds: `rpc:calendar.*`, `ask`,
/// `http:api.example.com/v1/*(method=GET|HEAD)`, `rpc:mail.send(to=*@ours.example)?approve`.
///
/// A target that ends in `*` covers every target with that beginning. A bound holds a value of the call to a
/// pattern, in which `*` stands for any text and `|` for "or"; all bounds hold. With `?approve` a person
/// allows each call. docs/grants.md has the whole of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Capability {
    kind: CallKind,
    target: Target,
    /// In the order of their names, each once.
    bounds: Vec<Bound>,
    needs_approval: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Bound {
    name: String,
    pattern: Pattern,
}

/// What a call would do, as capabilities see it.
#[derive(Clone, Copy)]
pub struct Need<'a> {
    /// Its kind.
    pub kind: CallKind,
    /// What it is directed at.
    pub target: Needed<'a>,
    /// The values of the call under a name that bounds may have: none where there is no such value, or
    /// where it has parts with names of their own.
    pub values: &'a dyn Fn(&str) -> Option<Vec<String>>,
}

/// What a call is directed at.
#[derive(Clone, Copy, Debug)]
pub enum Needed<'a> {
    /// A name; empty for what has no target.
    Name(&'a str),
    /// A place of HTTP.
    Place(Destination<'a>),
}

/// Words that a list of what is held has at most. What would be beyond is not held.
const MOST_HELD: usize = 256;

impl Capability {
    /// The longest word, in bytes.
    pub const MAX_BYTES: usize = 512;

    /// The capability for that name and no other, whatever is in it, without bounds.
    ///
    /// What is shown of it reads back where the name has letters, digits and `. _ - /` only.
    pub fn new(kind: CallKind, name: impl Into<String>) -> Capability {
        let target = Target::Name(name.into());
        Capability { kind, target, bounds: Vec::new(), needs_approval: false }
    }

    /// Whether a capability of that kind can name this and nothing else: what cannot be named can never be
    /// granted.
    pub fn can_name(kind: CallKind, name: &str) -> bool {
        !name.contains('*') && Capability::new(kind, name).to_string().parse::<Capability>().is_ok()
    }

    /// Everything: each kind of capability, for all targets.
    pub fn every() -> Vec<Capability> {
        CallKind::ALL
            .into_iter()
            .filter(|kind| kind.needs_grant())
            .filter_map(|kind| match kind {
                CallKind::Ask => "ask".parse().ok(),
                kind => format!("{}:*", kind.as_str()).parse().ok(),
            })
            .collect()
    }

    /// Whether it lets a call be made, be it with the approval of a person.
    pub fn allows(&self, need: &Need<'_>) -> bool {
        let covers = self.kind == need.kind
            && match need.target {
                Needed::Name(name) => self.target.covers_name(name),
                Needed::Place(destination) => self.target.covers_destination(destination),
            };
        let holds = |bound: &Bound| {
            let values = (need.values)(&bound.name);
            values.is_some_and(|values| values.iter().all(|value| bound.pattern.matches(value)))
        };
        covers && self.bounds.iter().all(holds)
    }

    /// The kind of calls that it is about.
    pub fn kind(&self) -> CallKind {
        self.kind
    }

    /// Whether a person has to allow each call.
    pub fn needs_approval(&self) -> bool {
        self.needs_approval
    }

    /// Whether whoever holds `self` may do all that `other` lets them do. Never says so where it is not
    /// so; may not see it where stars stand in the bounds of both.
    pub fn covers(&self, other: &Capability) -> bool {
        let implied = |bound: &Bound| {
            let by =
                |narrow: &Bound| narrow.name == bound.name && bound.pattern.covers(&narrow.pattern);
            other.bounds.iter().any(by)
        };
        self.kind == other.kind
            && (other.needs_approval || !self.needs_approval)
            && self.target.covers(&other.target)
            && self.bounds.iter().all(implied)
    }

    /// What both let somebody do; none where that is nothing.
    pub fn meet(&self, other: &Capability) -> Option<Capability> {
        if self.covers(other) {
            return Some(other.clone());
        }
        if other.covers(self) {
            return Some(self.clone());
        }
        if self.kind != other.kind {
            return None;
        }
        let target = self.target.meet(&other.target)?;
        let mut bounds = [self.bounds.as_slice(), &other.bounds].concat();
        bounds.sort_unstable();
        bounds.dedup();
        let needs_approval = self.needs_approval || other.needs_approval;
        let both = Capability { kind: self.kind, target, bounds, needs_approval };
        // What is too long to be written is not held.
        (both.to_string().len() <= Capability::MAX_BYTES).then_some(both)
    }
}

/// What is in both: what a child of a run may do at most.
pub fn intersection(left: &[Capability], right: &[Capability]) -> Vec<Capability> {
    let mut both: Vec<Capability> = Vec::new();
    let mut seen: HashSet<Capability> = HashSet::new();
    for one in left {
        for other in right {
            let Some(narrower) = one.meet(other) else { continue };
            if seen.insert(narrower.clone()) {
                both.push(narrower);
            }
            if both.len() == MOST_HELD {
                return both;
            }
        }
    }
    both
}

/// Of words that are asked for those that a list does not let anybody do wholly, each once.
pub fn missing<'a>(
    held: &[Capability],
    asked: impl IntoIterator<Item = &'a Capability>,
) -> Vec<Capability> {
    let mut missing: Vec<Capability> = Vec::new();
    for word in asked {
        if !held.iter().any(|held| held.covers(word)) && !missing.contains(word) {
            missing.push(word.clone());
        }
    }
    missing
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        let target = self.target.to_string();
        if !target.is_empty() {
            write!(f, ":{target}")?;
        }
        for (index, Bound { name, pattern }) in self.bounds.iter().enumerate() {
            write!(f, "{}{name}={pattern}", if index == 0 { "(" } else { "," })?;
        }
        if !self.bounds.is_empty() {
            f.write_str(")")?;
        }
        if self.needs_approval {
            f.write_str("?approve")?;
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
            "description": "A kind of call, the targets that it covers, and bounds: `rpc:calendar.*`, \
                `ask`, `http:api.example.com/v1/*(method=GET)`, `rpc:pay.*?approve`.",
            "maxLength": Capability::MAX_BYTES,
            "pattern": "^(ask|(rpc|llm|flow|kv|secret|artifact):([A-Za-z0-9._/-]+\\*?|\\*)\
                |http:(\\*|(\\*\\.)?[a-z0-9_-]+(\\.[a-z0-9_-]+)*)(:[1-9][0-9]{0,4})?(/[!$&'+./:;=@A-Z_a-z0-9~%-]*\\*?)?)\
                (\\([A-Za-z0-9._-]+=[^(),?=]+(,[A-Za-z0-9._-]+=[^(),?=]+)*\\))?(\\?approve)?$",
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
        read(word).map_err(|why| InvalidCapability { word: word.chars().take(80).collect(), why })
    }
}

fn read(word: &str) -> Result<Capability, &'static str> {
    if word.len() > Capability::MAX_BYTES {
        return Err("it is longer than 512 bytes");
    }
    let (rest, needs_approval) = match word.rsplit_once('?') {
        None => (word, false),
        Some((rest, "approve")) => (rest, true),
        Some(_) => return Err("after `?` stands `approve`"),
    };
    let (rest, bounds) = match rest.split_once('(') {
        None => (rest, ""),
        Some((rest, bounds)) => match bounds.strip_suffix(')') {
            Some("") => return Err("there is no bound between ( and )"),
            Some(bounds) => (rest, bounds),
            None => return Err("a ( is closed by a ) after the bounds"),
        },
    };
    let (kind, target) = rest.split_once(':').unwrap_or((rest, ""));
    let kind = CallKind::ALL
        .iter()
        .copied()
        .find(|candidate| candidate.as_str() == kind && candidate.needs_grant())
        .ok_or("it begins with none of rpc, http, llm, flow, ask, kv, secret, artifact")?;
    if needs_approval && kind == CallKind::Ask {
        return Err("`ask` asks a person as it is");
    }
    let target = match (kind, target) {
        (CallKind::Ask, "") => Target::Name(String::new()),
        (CallKind::Ask, _) => return Err("`ask` takes no target"),
        (_, "") => return Err("it names no target: write it as in `rpc:calendar.event_list`"),
        (CallKind::Http, target) => Target::place(target)?,
        (_, target) => Target::name(target)?,
    };
    let mut bounds = bounds
        .split(',')
        .filter(|bound| !bound.is_empty())
        .map(|bound| read_bound(kind, bound))
        .collect::<Result<Vec<Bound>, _>>()?;
    bounds.sort_unstable();
    bounds.dedup();
    Ok(Capability { kind, target, bounds, needs_approval })
}

/// Reads `name=pattern`. A name that no call of the kind has is refused here: a bound on it would let no
/// call be made.
fn read_bound(kind: CallKind, bound: &str) -> Result<Bound, &'static str> {
    let (name, pattern) = bound.split_once('=').ok_or("a bound is written as `name=value`")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.is_empty() || !name.chars().all(allowed) {
        return Err("the name of a bound has letters, digits and . _ -");
    }
    let names: &[&str] = match kind {
        CallKind::Rpc | CallKind::Flow => &[],
        CallKind::Http => &["method"],
        CallKind::Ask => &["assignee"],
        CallKind::Kv => &["operation", "key"],
        CallKind::Artifact => &["operation"],
        CallKind::Llm | CallKind::Secret | CallKind::Sleep => {
            return Err("calls of this kind have nothing that can be bound");
        }
    };
    if !names.is_empty() && !names.contains(&name) {
        return Err("it has a bound on something that calls of this kind do not have: `http` has \
                    `method`, `kv` has `operation` and `key`, `artifact` has `operation`, `ask` has \
                    `assignee`");
    }
    Ok(Bound { name: name.to_owned(), pattern: Pattern::parse(pattern)? })
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
mod narrowing;
#[cfg(test)]
mod tests;
