//! What only SQLite says and needs.

use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Executor as _, Pool, Row as _, Sqlite};

use crate::DbError;

pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";
pub(super) const SYNC_LESS: &str = "PRAGMA synchronous = NORMAL";
pub(super) const DATA_VERSION: &str = "PRAGMA data_version";
pub(super) const INTEGRITY: &str = "PRAGMA integrity_check";
pub(super) const WORDS: [(&str, &str); 4] = [
    ("{text}", "TEXT"),
    ("{bytes}", "BLOB"),
    ("{serial}", "INTEGER PRIMARY KEY AUTOINCREMENT"),
    ("{by_key}", " WITHOUT ROWID"),
];

/// Before this one, a checkpoint could damage a file in WAL mode that several connections write.
const OLDEST: [u32; 3] = [3, 51, 3];

/// How long to wait for another process that writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two attempts to open a file that another process holds.
const PAUSE: Duration = Duration::from_millis(10);

const BUSY: i32 = 5;
const LOCKED: i32 = 6;

pub(super) async fn open(
    path: &Path,
    most: u32,
    writes: bool,
) -> Result<Pool<Sqlite>, sqlx::Error> {
    if writes {
        make(path)?;
    }
    let mut options = SqliteConnectOptions::new()
        .filename(path)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(PATIENCE)
        .foreign_keys(true)
        .statement_cache_capacity(256)
        .row_buffer_size(1_024)
        .pragma("cache_size", "-16384")
        .pragma("query_only", if writes { "0" } else { "1" })
        .disable_statement_logging();
    if writes {
        // The file keeps the mode, so those that only read need not ask for it.
        options = options.journal_mode(SqliteJournalMode::Wal);
    }
    let pool = patiently(|| {
        SqlitePoolOptions::new()
            .max_connections(most)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
    })
    .await?;
    let row = pool.fetch_one("SELECT sqlite_version()").await?;
    let version: String = row.try_get(0)?;
    let numbers: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    if numbers.as_slice() < OLDEST.as_slice() {
        let text = format!("SQLite {version} can damage the file; 3.51.3 or newer is needed");
        return Err(sqlx::Error::Configuration(text.into()));
    }
    Ok(pool)
}

/// Opens again while another process holds the file. SQLite itself does not wait where two set the mode
/// of a fresh file at once, since each could wait for the other.
async fn patiently<O>(mut open: impl FnMut() -> O) -> Result<Pool<Sqlite>, sqlx::Error>
where
    O: Future<Output = Result<Pool<Sqlite>, sqlx::Error>>,
{
    let began = Instant::now();
    loop {
        match open().await {
            Err(sqlx::Error::Database(error))
                if is_busy(error.code().as_deref()) && began.elapsed() < PATIENCE =>
            {
                tokio::time::sleep(PAUSE).await;
            }
            opened => return opened,
        }
    }
}

/// Makes the file and its folder, for their owner only.
fn make(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match file {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// What a result code means: the low byte is the code proper.
pub(super) fn error(code: &str, text: String) -> DbError {
    const IO_ERROR: i32 = 10;
    const CORRUPT: i32 = 11;
    const NOT_A_DATABASE: i32 = 26;
    match proper(code) {
        BUSY | LOCKED => DbError::Busy(text),
        IO_ERROR | CORRUPT | NOT_A_DATABASE => DbError::Fatal(text),
        _ => DbError::Statement(text),
    }
}

fn is_busy(code: Option<&str>) -> bool {
    matches!(proper(code.unwrap_or_default()), BUSY | LOCKED)
}

fn proper(code: &str) -> i32 {
    code.parse::<i32>().unwrap_or_default() & 0xFF
}
