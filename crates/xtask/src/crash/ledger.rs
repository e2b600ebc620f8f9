//! The ledger: what happened in the world outside of the process that is killed. A tiny server on a
//! unix socket in the harness, which counts effects by key and gives each a receipt.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use sluice_model::{CallId, RunId};

/// One effect, as a worker asks for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Effect {
    /// `RUN/CALL`.
    pub(super) key: String,
    /// What the flow calls it.
    pub(super) label: String,
    /// How long the ledger takes.
    pub(super) slow_ms: u64,
    /// The worker.
    pub(super) worker: String,
}

/// What the ledger answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Receipt {
    pub(super) receipt: u64,
}

/// What is known of one key.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub(super) label: String,
    /// One receipt for each time that it was done, with the worker that did it.
    pub(super) done: Vec<(u64, String)>,
}

impl Entry {
    pub(super) fn has(&self, receipt: u64) -> bool {
        self.done.iter().any(|(given, _)| *given == receipt)
    }
}

/// The entries of one run by call.
pub(super) type Page = BTreeMap<CallId, Entry>;

#[derive(Debug, Default)]
struct Book {
    pages: BTreeMap<RunId, Page>,
    receipts: u64,
    repeated: u64,
    wrong: Vec<String>,
}

/// The server, as long as the process lives.
pub(super) struct Ledger {
    path: PathBuf,
    book: Arc<Mutex<Book>>,
}

impl Ledger {
    pub(super) fn open(dir: &Path) -> anyhow::Result<Ledger> {
        let path = dir.join("ledger.sock");
        let listener = UnixListener::bind(&path).context("the ledger has no socket")?;
        let book = Arc::<Mutex<Book>>::default();
        let shared = Arc::clone(&book);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let book = Arc::clone(&shared);
                // A worker may be stopped in the middle of a line; the others are served meanwhile.
                std::thread::spawn(move || serve(&stream, &book));
            }
        });
        Ok(Ledger { path, book })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What was done for a run.
    pub(super) fn page(&self, run: &RunId) -> Page {
        lock(&self.book).pages.get(run).cloned().unwrap_or_default()
    }

    /// The runs for which something was done.
    pub(super) fn runs(&self) -> Vec<RunId> {
        lock(&self.book).pages.keys().cloned().collect()
    }

    /// How often something was done, and how many of these were not the first time.
    pub(super) fn totals(&self) -> (u64, u64) {
        let book = lock(&self.book);
        (book.receipts, book.repeated)
    }

    /// Forgets the runs, which have all ended. Receipts go on.
    pub(super) fn turn_page(&self) {
        lock(&self.book).pages.clear();
    }

    /// What was asked that nobody may ask; empties it.
    pub(super) fn wrong(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.book).wrong)
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: &UnixStream, book: &Mutex<Book>) {
    let mut line = String::new();
    // What a killed worker did not say to its end has not happened.
    if BufReader::new(stream).read_line(&mut line).is_err() || !line.ends_with('\n') {
        return;
    }
    let effect = match serde_json::from_str::<Effect>(&line) {
        Ok(effect) => effect,
        Err(error) => {
            return lock(book).wrong.push(format!("the ledger was asked {line}: {error}"));
        }
    };
    let slow = Duration::from_millis(effect.slow_ms);
    let Some(receipt) = lock(book).enter(effect) else { return };
    std::thread::sleep(slow);
    let answer = serde_json::json!(Receipt { receipt });
    let mut stream = stream;
    // Nobody may be there any more to hear it.
    let _ = stream.write_all(format!("{answer}\n").as_bytes());
}

impl Book {
    fn enter(&mut self, effect: Effect) -> Option<u64> {
        let Some((run, call)) = read_key(&effect.key) else {
            self.wrong.push(format!("`{}` is no key", effect.key));
            return None;
        };
        self.receipts += 1;
        let entry = self.pages.entry(run).or_default().entry(call).or_default();
        if entry.done.is_empty() {
            entry.label.clone_from(&effect.label);
        } else if entry.label != effect.label {
            let Effect { key, label, .. } = &effect;
            self.wrong.push(format!("{key} was done as `{}` and then as `{label}`", entry.label));
        }
        self.repeated += u64::from(!entry.done.is_empty());
        entry.done.push((self.receipts, effect.worker));
        Some(self.receipts)
    }
}

fn read_key(key: &str) -> Option<(RunId, CallId)> {
    let (run, call) = key.split_once('/')?;
    Some((run.parse().ok()?, CallId(call.parse().ok()?)))
}
