//! Trace contexts, as the W3C recommendation "Trace Context" writes them: which trace a run is part of,
//! and under which span of it. A text that does not follow the recommendation is no context, never an
//! error.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::InvalidId;

/// The longest `tracestate` that is kept, in bytes: what everybody has to pass on.
const LONGEST_STATE: usize = 512;

/// Members of a `tracestate` at most.
const MOST_MEMBERS: usize = 32;

/// A trace: 16 bytes, not all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

/// A span of a trace, as other systems name it: 8 bytes, not all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceSpanId([u8; 8]);

macro_rules! hex_ids {
    ($($name:ident $size:literal;)*) => {$(
        impl $name {
            /// The id of these bytes; none where all are zero.
            pub fn new(bytes: [u8; $size]) -> Option<$name> {
                (bytes != [0; $size]).then_some($name(bytes))
            }

            /// The bytes.
            pub fn bytes(self) -> [u8; $size] {
                self.0
            }

            /// Reads small hexadecimal digits, exactly as many as it has.
            fn parse(digits: &[u8]) -> Option<$name> {
                let mut bytes = [0; $size];
                if digits.len() != 2 * $size {
                    return None;
                }
                for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
                    *byte = number(pair)?;
                }
                $name::new(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

hex_ids! {
    TraceId 16;
    TraceSpanId 8;
}

/// Two small hexadecimal digits.
fn number(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    }
}

/// A span of a trace, and whether the trace is recorded: the header `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceParent {
    /// The trace.
    pub trace: TraceId,
    /// The span.
    pub span: TraceSpanId,
    flags: u8,
}

impl TraceParent {
    const SAMPLED: u8 = 1;
    /// The last seven bytes of the trace's id are random.
    const RANDOM: u8 = 2;

    /// A span of a trace that begins here and is recorded.
    pub fn new(trace: TraceId, span: TraceSpanId) -> TraceParent {
        TraceParent { trace, span, flags: TraceParent::SAMPLED }
    }

    /// Another span of the same trace.
    #[must_use]
    pub fn at(self, span: TraceSpanId) -> TraceParent {
        TraceParent { span, ..self }
    }

    /// Whether whoever began the trace records it.
    pub fn is_sampled(self) -> bool {
        self.flags & TraceParent::SAMPLED != 0
    }

    /// The flags, as they are passed on.
    pub fn flags(self) -> u8 {
        self.flags
    }

    /// Reads a header. A version that is later than ours is read as far as ours goes, as it asks for.
    pub fn parse(text: &str) -> Option<TraceParent> {
        let bytes = text.as_bytes();
        let (known, later) = bytes.split_at_checked(55)?;
        let [b'-', b'-', b'-'] = [known[2], known[35], known[52]] else { return None };
        let (version, flags) = (number(&known[..2])?, number(&known[53..])?);
        let known_flags = match (version, later) {
            (0, []) => TraceParent::SAMPLED | TraceParent::RANDOM,
            (1..=254, [] | [b'-', ..]) => TraceParent::SAMPLED,
            _ => return None,
        };
        Some(TraceParent {
            trace: TraceId::parse(&known[3..35])?,
            span: TraceSpanId::parse(&known[36..52])?,
            flags: flags & known_flags,
        })
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, self.span, self.flags)
    }
}

impl FromStr for TraceParent {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<TraceParent, InvalidId> {
        TraceParent::parse(text).ok_or_else(|| InvalidId {
            what: "span of a trace",
            text: text.chars().take(60).collect(),
            why: "it has the form of the header `traceparent`",
        })
    }
}

impl TryFrom<String> for TraceParent {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<TraceParent, InvalidId> {
        text.parse()
    }
}

impl From<TraceParent> for String {
    fn from(parent: TraceParent) -> String {
        parent.to_string()
    }
}

/// Where in a trace something stands that another system began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TraceContext {
    /// The span above it.
    #[schemars(with = "String")]
    pub traceparent: TraceParent,
    /// What tracing systems keep for themselves, passed on as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracestate: Option<String>,
}

impl TraceContext {
    /// Reads both headers; the lines of the second in their order. A `tracestate` that is malformed
    /// or too long is left out, and without a sound `traceparent` there is no context.
    pub fn parse<'h>(
        traceparent: &str,
        tracestate: impl IntoIterator<Item = &'h str>,
    ) -> Option<TraceContext> {
        let traceparent = TraceParent::parse(traceparent)?;
        Some(TraceContext { traceparent, tracestate: state(tracestate) })
    }

    /// The same trace at another span.
    #[must_use]
    pub fn at(&self, span: TraceSpanId) -> TraceContext {
        TraceContext { traceparent: self.traceparent.at(span), tracestate: self.tracestate.clone() }
    }
}

fn state<'h>(lines: impl IntoIterator<Item = &'h str>) -> Option<String> {
    let mut members: Vec<&str> = Vec::new();
    let mut length = 0;
    for member in lines.into_iter().flat_map(|line| line.split(',')) {
        let member = member.trim_matches([' ', '\t']);
        if member.is_empty() {
            continue;
        }
        let (key, value) = member.split_once('=')?;
        let is_repeated =
            members.iter().any(|it| it.split_once('=').is_some_and(|(known, _)| known == key));
        length += member.len() + usize::from(!members.is_empty());
        if is_repeated
            || !is_key(key)
            || !is_value(value)
            || length > LONGEST_STATE
            || members.len() == MOST_MEMBERS
        {
            return None;
        }
        members.push(member);
    }
    (!members.is_empty()).then(|| members.join(","))
}

/// `vendor`, or `tenant@vendor`.
fn is_key(key: &str) -> bool {
    let is_part = |part: &str, most: usize, may_begin_with_digit: bool| {
        let begins = part.bytes().next().is_some_and(|byte| {
            byte.is_ascii_lowercase() || may_begin_with_digit && byte.is_ascii_digit()
        });
        let follows = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/".contains(&byte)
        };
        begins && part.len() <= most && part.bytes().all(follows)
    };
    match key.split_once('@') {
        Some((tenant, vendor)) => is_part(tenant, 241, true) && is_part(vendor, 14, false),
        None => is_part(key, 256, false),
    }
}

fn is_value(value: &str) -> bool {
    let is_of_value = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b',' && byte != b'=';
    !value.is_empty() && value.len() <= 256 && value.bytes().all(is_of_value)
}

#[cfg(test)]
mod tests;
