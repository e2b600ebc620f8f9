//! Lists of a tenant's rows, the newest first, narrowed by whatever a filter names. Where a list is not
//! one of few rows anyhow, an index has its rows in order, so that it reads about what it tells.

use std::fmt::Write as _;

use crate::engine::{Arg, args};

/// The most rows of one answer.
pub(super) const MOST_ROWS: u32 = 1_000;

/// What a row is compared with: a column with its comparison, and a value. `column || '' =` in the place
/// of `column =` is looked at in rows that something else finds: neither database takes an index by it.
pub(super) type Condition<'a> = (&'static str, Option<&'a str>);

/// A query for rows of a table whose ids grow, and its arguments. Each condition that has a value is asked
/// for; at most `limit` rows, 100 where it is absent.
pub(super) fn newest(
    select: &str,
    conditions: &[Condition<'_>],
    limit: Option<u32>,
) -> (String, Vec<Arg>) {
    let mut sql = select.to_owned();
    let mut args = args![];
    for (condition, value) in conditions {
        if let Some(value) = value {
            let word = if args.is_empty() { "WHERE" } else { "AND" };
            args.push((*value).into());
            // Writing to a string does not fail.
            let _ = write!(sql, " {word} {condition} ${}", args.len());
        }
    }
    args.push(limit.unwrap_or(100).min(MOST_ROWS).into());
    // As above.
    let _ = write!(sql, " ORDER BY id DESC LIMIT ${}", args.len());
    (sql, args)
}

#[cfg(test)]
mod tests;
