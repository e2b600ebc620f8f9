//! Lists of a tenant's rows, the newest first, narrowed by whatever a filter names; and how much of a list
//! fits into one answer.

use std::fmt::Write as _;

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
        let fitting = fitting(&sizes, limit, MOST_BYTES);
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

/// What follows the columns in a query for rows of a table whose ids grow, up to their number, and its
/// arguments. Each condition that has a value is asked for.
pub(super) fn newest_of(
    table: &str,
    tenant: &str,
    conditions: &[(&str, Option<&str>)],
) -> (String, Vec<Arg>) {
    let mut rest = format!("FROM {table} WHERE tenant = $1");
    let mut args = args![tenant];
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

/// The same as a whole query; at most `limit` rows, 100 where it is absent.
pub(super) fn newest(
    columns: &str,
    table: &str,
    tenant: &str,
    conditions: &[(&str, Option<&str>)],
    limit: Option<u32>,
) -> (String, Vec<Arg>) {
    let (rest, mut args) = newest_of(table, tenant, conditions);
    args.push(limit.unwrap_or(100).min(MOST_ROWS).into());
    (format!("SELECT {columns} {rest} LIMIT ${}", args.len()), args)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_where_the_bytes_do_and_holds_one_thing_at_least() {
        for (sizes, most, bytes, expected) in [
            (&[][..], 9, 10, 0),
            (&[11, 1], 9, 10, 1),
            (&[5, 5, 1], 9, 10, 2),
            (&[1, 1, 1], 2, 10, 2),
            (&[1, 20, 1], 9, 10, 1),
        ] {
            assert_eq!(fitting(sizes, most, bytes), expected, "{sizes:?}");
        }
    }
}
