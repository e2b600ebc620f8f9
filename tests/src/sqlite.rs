//! A SQLite file, changed behind the store's back.

use std::process::Command;

/// Carries statements out.
///
/// # Panics
/// When Python is missing, or a statement is wrong.
pub fn change(path: &str, sql: &str) {
    let script = "import sqlite3, sys\nconn = sqlite3.connect(sys.argv[1], timeout=60)\n\
        conn.executescript(sys.argv[2])\nconn.commit()";
    let output = Command::new("python3").args(["-c", script, path, sql]).output();
    let output = output.expect("python3 is there");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{sql}: {said}");
}
