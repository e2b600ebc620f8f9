//! Names and numbers of things. Newtypes, so that they cannot be mixed up.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A node of a run's tree; counted upward from 1 within the run.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct SpanId(pub u64);

impl SpanId {
    /// The run itself: open from the first instruction to the last.
    pub const RUN: SpanId = SpanId(0);
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "span {}", self.0)
    }
}

/// One operation that a flow asked for; counted upward from 1 within the run.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct CallId(pub u64);

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call {}", self.0)
    }
}

/// A text that is not the id that it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no id of a {what}: {why}")]
pub struct InvalidId {
    /// What it should name.
    pub what: &'static str,
    /// The text, cut to a bearable length.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 26 digits of base 32: 48 bits of time, then 80 bits of chance, so that ids sort by their age.
fn sortable(unix_ms: u64, random: [u8; 10]) -> String {
    let mut chance = [0; 16];
    chance[6..].copy_from_slice(&random);
    let bits = u128::from(unix_ms & 0xFFFF_FFFF_FFFF) << 80 | u128::from_be_bytes(chance);
    (0..26).rev().map(|place| char::from(DIGITS[(bits >> (5 * place)) as usize & 31])).collect()
}

macro_rules! sortable_ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
                pub struct $name(String);

        impl $name {
            /// The id of what was made at that time, in milliseconds since the Unix epoch. Whoever
            /// makes it brings the randomness.
            pub fn new(unix_ms: u64, random: [u8; 10]) -> $name {
                $name(format!(concat!($prefix, "_{}"), sortable(unix_ms, random)))
            }

            /// The id as it is written everywhere.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let wrong = |why| InvalidId {
                    what: $what,
                    text: text.chars().take(40).collect(),
                    why,
                };
                let digits = text
                    .strip_prefix(concat!($prefix, "_"))
                    .ok_or_else(|| wrong(concat!("it does not begin with ", $prefix, "_")))?;
                if digits.len() != 26 || !digits.bytes().all(|digit| DIGITS.contains(&digit)) {
                    return Err(wrong("26 digits and small letters follow the prefix"));
                }
                Ok($name(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    )*};
}

sortable_ids! {
    /// One request to execute a flow version: `run_` and 26 digits that sort by age.
    RunId "run" "run";
    /// One question of a run to a person or a machine.
    AskId "ask" "ask";
    /// A token by which a tenant's people and programs are known. Not the secret itself.
    TokenId "tok" "token";
    /// One entry of a tenant's audit. Says nothing of how many there are.
    AuditId "aud" "audit entry";
}

/// A unit of isolation, quota and grants: a short name of small letters, digits and `-`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

impl TenantId {
    /// The tenant of whoever runs Sluice for themselves.
    pub fn local() -> TenantId {
        TenantId("local".to_owned())
    }

    /// The id as it is written everywhere.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TenantId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let of_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !text.is_empty() && text.len() <= 63 && text.bytes().all(of_name) {
            return Ok(TenantId(text.to_owned()));
        }
        Err(InvalidId {
            what: "tenant",
            text: text.chars().take(40).collect(),
            why: "it has 1 to 63 small letters, digits and `-`",
        })
    }
}

impl TryFrom<String> for TenantId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<TenantId> for String {
    fn from(id: TenantId) -> String {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_age_and_read_back() {
        let older = RunId::new(1_700_000_000_000, [255; 10]);
        let newer = RunId::new(1_700_000_000_001, [0; 10]);
        assert!(older < newer);
        assert_eq!(newer.as_str().parse(), Ok(newer));
        assert_eq!(older.as_str().len(), 30);
    }

    #[test]
    fn a_text_that_is_no_id_is_told_apart() {
        for wrong in
            ["", "run_", "ask_00000000000000000000000000", "run_0000000000000000000000000U"]
        {
            assert!(wrong.parse::<RunId>().is_err(), "{wrong}");
        }
        for wrong in ["", "A", "a b", &"a".repeat(64)] {
            assert!(wrong.parse::<TenantId>().is_err(), "{wrong}");
        }
    }
}
