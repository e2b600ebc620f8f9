//! A row of either database, read by the places of its columns.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use crate::DbError;

/// One row.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! column {
    ($($(#[$doc:meta])* $name:ident -> $of:ty;)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name(&self, place: usize) -> Result<$of, DbError> {
            Ok(match self {
                Row::Sqlite(row) => row.try_get(place)?,
                Row::Postgres(row) => row.try_get(place)?,
            })
        }
    )*};
}

impl Row {
    column! {
        /// A number.
        int -> i64;
        /// A number, or null.
        int_or_null -> Option<i64>;
        /// A text.
        text -> &str;
        /// A text, or null.
        text_or_null -> Option<&str>;
        /// Bytes.
        bytes -> &[u8];
    }

    /// A number that is never below zero: a time, a count.
    pub(crate) fn count(&self, place: usize) -> Result<u64, DbError> {
        self.int(place)?.try_into().map_err(|_| DbError::corrupt("a count is below zero"))
    }

    /// The same, or null.
    pub(crate) fn count_or_null(&self, place: usize) -> Result<Option<u64>, DbError> {
        let count = self.int_or_null(place)?.map(TryInto::try_into).transpose();
        count.map_err(|_| DbError::corrupt("a count is below zero"))
    }

    /// A small count.
    pub(crate) fn small(&self, place: usize) -> Result<u32, DbError> {
        self.int(place)?.try_into().map_err(|_| DbError::corrupt("a small count is too large"))
    }

    /// Something that is written as a text.
    pub(crate) fn parse<T: std::str::FromStr>(&self, place: usize) -> Result<T, DbError> {
        self.text(place)?.parse().map_err(|_| DbError::corrupt("an id is malformed"))
    }

    /// The same, or null.
    pub(crate) fn parse_or_null<T: std::str::FromStr>(
        &self,
        place: usize,
    ) -> Result<Option<T>, DbError> {
        let text = self.text_or_null(place)?;
        text.map(str::parse).transpose().map_err(|_| DbError::corrupt("an id is malformed"))
    }

    /// Something that is written as JSON.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, place: usize) -> Result<T, DbError> {
        crate::record::from_json(self.text(place)?)
    }

    /// The same, or null.
    pub(crate) fn json_or_null<T: serde::de::DeserializeOwned>(
        &self,
        place: usize,
    ) -> Result<Option<T>, DbError> {
        self.text_or_null(place)?.map(crate::record::from_json).transpose()
    }

    /// A SHA-256.
    pub(crate) fn hash(&self, place: usize) -> Result<[u8; 32], DbError> {
        self.bytes(place)?.try_into().map_err(|_| DbError::corrupt("a hash has not 32 bytes"))
    }
}
