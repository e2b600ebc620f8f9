//! Lists of a tenant's rows, the newest first, narrowed by whatever a filter names.

use std::fmt::Write as _;

use crate::engine::{Arg, args};

/// The most rows of one answer.
pub(super) const MOST_ROWS: u32 = 1_000;

/// A query for rows of a table whose ids grow, and its arguments. Each condition that has a value is asked
/// for; at most `limit` rows, 100 where it is absent.
pub(super) fn newest(
    select: &str,
    tenant: &str,
    conditions: &[(&str, Option<&str>)],
    limit: Option<u32>,
) -> (String, Vec<Arg>) {
    let mut sql = format!("{select} WHERE tenant = $1");
    let mut args = args![tenant];
    for (condition, value) in conditions {
        if let Some(value) = value {
            args.push((*value).into());
            // Writing to a string does not fail.
            let _ = write!(sql, " AND {condition} ${}", args.len());
        }
    }
    args.push(limit.unwrap_or(100).min(MOST_ROWS).into());
    // As above.
    let _ = write!(sql, " ORDER BY id DESC LIMIT ${}", args.len());
    (sql, args)
}
