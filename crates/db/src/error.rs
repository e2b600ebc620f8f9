//! What can go wrong with a store. Refusals that callers act on have types of their own.

use sluice_model::Failure;

/// The store does not do what it should. Texts never hold a password.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DbError {
    /// The text is no address of a store.
    #[error("`{address}` is no address of a store: {why}")]
    Address {
        /// The address, without its password.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// The store was not opened.
    #[error("cannot open the store {address}: {why}")]
    Open {
        /// The address, without its password.
        address: String,
        /// Why.
        why: String,
    },
    /// The store was made by a later Sluice.
    #[error(
        "the store {address} has schema {found} and this Sluice knows schemas up to {known}: use \
         the Sluice that upgraded it, or a newer one"
    )]
    Newer {
        /// The address, without its password.
        address: String,
        /// The store's schema.
        found: i64,
        /// The last one that is known here.
        known: i64,
    },
    /// Somebody else holds the database; nothing was done.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The database cannot be reached; nothing was done.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The database went away during a commit: nobody knows whether it was done.
    #[error("the database went away during a commit, which may or may not have been done: {0}")]
    Unknown(String),
    /// The database refused a statement; nothing was done.
    #[error("the database refused a statement: {0}")]
    Statement(String),
    /// A text has a zero byte, which PostgreSQL does not keep; nothing was done.
    #[error("a text has a zero byte, and none can be kept")]
    ZeroByte,
    /// What is stored is not what was written.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// The disk failed under the store. This process does nothing more with it.
    #[error("the store cannot be written any more, and is not touched again: {0}")]
    Fatal(String),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl DbError {
    /// Something stored is not what was written.
    pub fn corrupt(what: impl Into<String>) -> DbError {
        DbError::Corrupt(what.into())
    }

    /// Whether it lies in what was to be read or written, rather than in the store: others can go on.
    pub fn is_of_the_data(&self) -> bool {
        matches!(self, DbError::Statement(_) | DbError::ZeroByte | DbError::Corrupt(_))
    }

    /// Whether the same may succeed a moment later.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, DbError::Busy(_) | DbError::Unreachable(_))
    }
}

/// What a tenant wants kept was not taken on: a run, a flow, the value of a key.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeepError {
    /// The tenant may not have more; `quota_exceeded`.
    #[error("{}", .0.message)]
    Refused(Box<Failure>),
    /// The store did not do it.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Something was not written into a leased run.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WriteError {
    /// The lease is void: the run is somebody else's by now, or over. Nothing was written.
    #[error("the lease of the run is void")]
    Fenced,
    /// The store did not do it.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// A child run was not taken on.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ChildError {
    /// The tenant may not have one more; `quota_exceeded`.
    #[error("{}", .0.message)]
    Refused(Box<Failure>),
    /// The lease of the parent is void.
    #[error("the lease of the run is void")]
    Fenced,
    /// The store did not do it.
    #[error(transparent)]
    Db(#[from] DbError),
}
