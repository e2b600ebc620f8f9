//! Lists of a tenant's rows, the newest first, narrowed by whatever a filter names, and how much of a list
//! fits into one answer. Where a list is not one of few rows anyhow, an index has its rows in order, so that
//! it reads about what it tells.

use std::fmt::Write as _;

use sluice_model::TenantId;

use crate::DbError;
use crate::engine::{Arg, Conn, Row, args, composed};

/// The most rows of one answer.
pub(super) const MOST_ROWS: u32 = 1_000;

/// About the most bytes of one answer. What is larger alone is an answer alone.
pub(super) const MOST_BYTES: u64 = 4 << 20;

/// The first things of a list: as many as were asked for, or as many as fit into one answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Part<T> {
    /// The things; at least one where there is one.
    pub items: Vec<T>,
    /// Whether more follow.
    pub has_more: bool,
}

/// How many things from the first on fit into so many bytes, at most so many: at least one, where there
/// is one.
pub(crate) fn fitting(sizes: &[u64], most: u32, bytes: u64) -> usize {
    let mut left = bytes;
    let fits = |(place, size): &(usize, &u64)| {
        let fits = *place == 0 || **size <= left;
        left = left.saturating_sub(**size);
        fits
    };
    sizes.iter().take(most as usize).enumerate().take_while(fits).count()
}

/// A list whose rows may be large: their sizes are looked at before the rows. `rest` is what follows the
/// columns and ends in the place of the limit, the last of the arguments; `size` is a row's in SQL.
pub(super) struct Large {
    pub(super) size: &'static str,
    pub(super) rest: String,
    pub(super) args: Vec<Arg>,
    /// About the most bytes of one answer.
    pub(super) most_bytes: u64,
}

impl Large {
    /// The rows that fit into one answer, at most so many.
    pub(super) async fn part<T>(
        self,
        conn: &mut Conn,
        columns: &str,
        limit: u32,
        of_row: impl Fn(&Row) -> Result<T, DbError>,
    ) -> Result<Part<T>, DbError> {
        let limit = limit.min(MOST_ROWS);
        let sql = format!("SELECT CAST({} AS BIGINT) {} LIMIT ", self.size, self.rest);
        let measured =
            conn.rows(composed(self.place(&sql)), self.up_to(u64::from(limit) + 1)).await?;
        let sizes: Vec<u64> = measured.iter().map(|row| row.count(0)).collect::<Result<_, _>>()?;
        let fitting = fitting(&sizes, limit, self.most_bytes);
        let has_more = sizes.len() > fitting;
        let sql = format!("SELECT {columns} {} LIMIT ", self.rest);
        let rows = conn.rows(composed(self.place(&sql)), self.up_to(fitting as u64)).await?;
        let items = rows.iter().map(of_row).collect::<Result<_, _>>()?;
        Ok(Part { items, has_more })
    }

    fn place(&self, sql: &str) -> String {
        format!("{sql}${}", self.args.len() + 1)
    }

    fn up_to(&self, limit: u64) -> Vec<Arg> {
        let mut args = self.args.clone();
        args.push(limit.into());
        args
    }
}

/// What a row is compared with: a column with its comparison, and a value. `column || '' =` in the place
/// of `column =` is looked at in rows that something else finds: neither database takes an index by it.
pub(super) type Condition<'a> = (&'static str, Option<&'a str>);

/// What follows the columns in a query for a tenant's rows of a table whose ids grow, up to their number,
/// and its arguments. Each condition that has a value is asked for; `is_narrow` says that one of them finds
/// few rows better than the tenant does.
pub(super) fn newest(
    table: &str,
    tenant: &TenantId,
    is_narrow: bool,
    conditions: &[Condition<'_>],
) -> (String, Vec<Arg>) {
    let of = if is_narrow { "tenant || ''" } else { "tenant" };
    let mut rest = format!("FROM {table} WHERE {of} = $1");
    let mut args = args![tenant.as_str()];
    for (condition, value) in conditions {
        if let Some(value) = value {
            args.push((*value).into());
            // Writing to a string does not fail.
            let _ = write!(rest, " AND {condition} ${}", args.len());
        }
    }
    rest.push_str(" ORDER BY id DESC");
    (rest, args)
}

/// The whole query; at most `limit` rows, 100 where it is absent.
pub(super) fn whole(
    columns: &str,
    (rest, mut args): (String, Vec<Arg>),
    limit: Option<u32>,
) -> (String, Vec<Arg>) {
    args.push(limit.unwrap_or(100).min(MOST_ROWS).into());
    (format!("SELECT {columns} {rest} LIMIT ${}", args.len()), args)
}

#[cfg(test)]
mod tests;
