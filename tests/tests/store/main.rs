//! The store on both engines: each test runs on SQLite and on PostgreSQL, through the public API.

mod asks;
mod differential;
mod fence;
mod kv;
mod lists;
mod opening;
mod queue;
mod records;
mod tenants;
mod tokens;
mod upgrade;
mod verify;
mod world;
mod writer;

/// Makes each of the named functions a test on SQLite and one on PostgreSQL.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                crate::world::on_sqlite(super::$name);
            })*
        }

        mod postgres {
            $(#[test]
            fn $name() {
                crate::world::on_postgres(super::$name);
            })*
        }
    };
}
pub(crate) use on_both;
