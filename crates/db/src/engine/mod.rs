//! One thin layer over both databases: a statement, its arguments, its rows.
//!
//! Statements are written once, in the SQL that both speak. What differs is asked of [`Conn`] by name
//! and stands in one module per engine.

mod postgres;
mod row;
mod sqlite;

use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Executor as _, Pool, Postgres, SqlSafeStr, Sqlite};

use crate::DbError;
use crate::address::Address;
pub(crate) use postgres::{Ears, Heard};
pub(crate) use row::Row;

/// One argument of a statement.
#[derive(Clone, Debug)]
pub(crate) enum Arg {
    /// A number, a time.
    Int(Option<i64>),
    /// A text.
    Text(Option<Arc<str>>),
    /// Bytes.
    Bytes(Vec<u8>),
}

macro_rules! from {
    ($($of:ty => |$value:ident| $arg:expr;)*) => {$(
        impl From<$of> for Arg {
            fn from($value: $of) -> Arg {
                $arg
            }
        }
    )*};
}

from! {
    i64 => |value| Arg::Int(Some(value));
    u64 => |value| Arg::Int(Some(int(value)));
    u32 => |value| Arg::Int(Some(value.into()));
    Option<u64> => |value| Arg::Int(value.map(int));
    &str => |value| Arg::Text(Some(value.into()));
    String => |value| Arg::Text(Some(value.into()));
    Arc<str> => |value| Arg::Text(Some(value));
    Option<&str> => |value| Arg::Text(value.map(Into::into));
    Option<String> => |value| Arg::Text(value.map(Into::into));
    Option<Arc<str>> => |value| Arg::Text(value);
    &[u8] => |value| Arg::Bytes(value.to_vec());
}

/// A number as the databases hold it; the largest where it does not fit.
pub(crate) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The arguments of a statement, in the order of their numbers.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::engine::Arg::from($value)),*] };
}
pub(crate) use args;

/// A few connections that belong together.
#[derive(Clone)]
pub(crate) enum Conns {
    Sqlite(Pool<Sqlite>),
    Postgres(Pool<Postgres>),
}

impl Conns {
    /// At most so many connections; the store is made where it is missing and `writes` is set.
    pub(crate) async fn open(address: &Address, most: u32, writes: bool) -> Result<Conns, DbError> {
        match address {
            Address::Sqlite(path) => sqlite::open(path, most, writes).await.map(Conns::Sqlite),
            Address::Postgres(url) => postgres::open(url, most).await.map(Conns::Postgres),
        }
        .map_err(|error| DbError::Open { address: address.to_string(), why: error.to_string() })
    }

    /// One of them.
    pub(crate) async fn take(&self) -> Result<Conn, DbError> {
        Ok(match self {
            Conns::Sqlite(pool) => Conn::Sqlite(pool.acquire().await?),
            Conns::Postgres(pool) => Conn::Postgres(pool.acquire().await?),
        })
    }

    /// Closes all of them, after what is under way.
    pub(crate) async fn close(&self) {
        match self {
            Conns::Sqlite(pool) => pool.close().await,
            Conns::Postgres(pool) => pool.close().await,
        }
    }
}

/// One connection.
pub(crate) enum Conn {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// A statement that was put together from parts of this crate's own.
pub(crate) fn composed(text: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(text)
}

macro_rules! bound {
    ($sql:expr, $args:expr) => {{
        let mut query = sqlx::query($sql);
        for arg in $args {
            query = match arg {
                Arg::Int(value) => query.bind(value),
                Arg::Text(value) => query.bind(value),
                Arg::Bytes(value) => query.bind(value),
            };
        }
        query
    }};
}

impl Conn {
    /// Runs a statement; how many rows it changed.
    pub(crate) async fn run(
        &mut self,
        sql: impl SqlSafeStr,
        args: Vec<Arg>,
    ) -> Result<u64, DbError> {
        check(&args)?;
        Ok(match self {
            Conn::Sqlite(conn) => conn.execute(bound!(sql, args)).await?.rows_affected(),
            Conn::Postgres(conn) => conn.execute(bound!(sql, args)).await?.rows_affected(),
        })
    }

    /// The rows of a statement.
    pub(crate) async fn rows(
        &mut self,
        sql: impl SqlSafeStr,
        args: Vec<Arg>,
    ) -> Result<Vec<Row>, DbError> {
        check(&args)?;
        Ok(match self {
            Conn::Sqlite(conn) => {
                let rows = conn.fetch_all(bound!(sql, args)).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Conn::Postgres(conn) => {
                let rows = conn.fetch_all(bound!(sql, args)).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// The first row of a statement.
    pub(crate) async fn row(
        &mut self,
        sql: impl SqlSafeStr,
        args: Vec<Arg>,
    ) -> Result<Option<Row>, DbError> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// Runs statements without arguments, one after the other.
    pub(crate) async fn script(&mut self, sql: impl SqlSafeStr) -> Result<(), DbError> {
        match self {
            Conn::Sqlite(conn) => {
                conn.execute(sqlx::raw_sql(sql)).await?;
            }
            Conn::Postgres(conn) => {
                conn.execute(sqlx::raw_sql(sql)).await?;
            }
        }
        Ok(())
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&mut self) -> Result<(), DbError> {
        match self {
            Conn::Sqlite(_) => self.script(sqlite::BEGIN).await,
            Conn::Postgres(_) => self.script(postgres::BEGIN).await,
        }
    }

    /// Says within a transaction what other processes should look at.
    pub(crate) async fn tell_others(&mut self, payloads: Vec<String>) -> Result<(), DbError> {
        match self {
            Conn::Sqlite(_) => {}
            Conn::Postgres(conn) => postgres::tell(conn, payloads).await?,
        }
        Ok(())
    }

    /// What follows a selection whose rows are to be changed: they are nobody else's meanwhile.
    pub(crate) fn for_update(&self) -> &'static str {
        match self {
            Conn::Sqlite(_) => "",
            Conn::Postgres(_) => postgres::FOR_UPDATE,
        }
    }

    /// The same, leaving out the rows that somebody else is changing.
    pub(crate) fn for_update_of_free(&self) -> &'static str {
        match self {
            Conn::Sqlite(_) => "",
            Conn::Postgres(_) => postgres::FOR_UPDATE_OF_FREE,
        }
    }

    /// A number that changes when another process writes; none where others tell of themselves.
    pub(crate) async fn version_of_others(&mut self) -> Result<Option<i64>, DbError> {
        match self {
            Conn::Sqlite(_) => {
                let row = self.row(sqlite::DATA_VERSION, Vec::new()).await?;
                row.map(|row| row.int(0)).transpose()
            }
            Conn::Postgres(_) => Ok(None),
        }
    }

    /// What the engine finds wrong with its file; nothing where it answers for that itself.
    pub(crate) async fn flaws_of_file(&mut self) -> Result<Vec<String>, DbError> {
        let rows = match self {
            Conn::Sqlite(_) => self.rows(sqlite::INTEGRITY, Vec::new()).await?,
            Conn::Postgres(_) => Vec::new(),
        };
        let texts = rows.iter().map(|row| row.text(0).map(str::to_owned));
        let texts: Result<Vec<String>, DbError> = texts.collect();
        texts.map(|texts| texts.into_iter().filter(|text| text != "ok").collect())
    }

    /// The connection's number, by which what it tells others is known; none where it tells nothing.
    pub(crate) async fn number(&mut self) -> Result<Option<i64>, DbError> {
        match self {
            Conn::Sqlite(_) => Ok(None),
            Conn::Postgres(_) => {
                let row = self.row(postgres::NUMBER, Vec::new()).await?;
                row.map(|row| row.int(0)).transpose()
            }
        }
    }

    /// Lets commits through this connection be lost in a power cut, where the engine can.
    pub(crate) async fn sync_less(&mut self) -> Result<(), DbError> {
        match self {
            Conn::Sqlite(_) => self.script(sqlite::SYNC_LESS).await,
            Conn::Postgres(_) => Ok(()),
        }
    }

    /// Keeps others from upgrading the store at the same time, until the transaction ends.
    pub(crate) async fn lock_for_upgrade(&mut self) -> Result<(), DbError> {
        match self {
            // Its transactions that write exclude each other.
            Conn::Sqlite(_) => Ok(()),
            Conn::Postgres(_) => self.script(postgres::LOCK_FOR_UPGRADE).await,
        }
    }

    /// The engine's words for what migrations leave open.
    pub(crate) fn words(&self) -> [(&'static str, &'static str); 4] {
        match self {
            Conn::Sqlite(_) => sqlite::WORDS,
            Conn::Postgres(_) => postgres::WORDS,
        }
    }

    /// Gives the connection up instead of back.
    pub(crate) fn discard(self) {
        match self {
            Conn::Sqlite(mut conn) => conn.close_on_drop(),
            Conn::Postgres(mut conn) => conn.close_on_drop(),
        }
    }
}

/// PostgreSQL has no zero byte in texts, so no text has one.
fn check(args: &[Arg]) -> Result<(), DbError> {
    let has_zero = |arg: &Arg| matches!(arg, Arg::Text(Some(text)) if text.as_bytes().contains(&0));
    if args.iter().any(has_zero) {
        return Err(DbError::ZeroByte);
    }
    Ok(())
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> DbError {
        let text = error.to_string();
        match &error {
            sqlx::Error::Database(inner) => {
                let code = inner.code().unwrap_or_default();
                let is_sqlite = inner.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some();
                if is_sqlite { sqlite::error(&code, text) } else { postgres::error(&code, text) }
            }
            sqlx::Error::PoolClosed => DbError::Closed,
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::WorkerCrashed => DbError::Unreachable(text),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => DbError::Corrupt(text),
            _ => DbError::Statement(text),
        }
    }
}
