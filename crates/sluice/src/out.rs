//! The two streams. Data goes to standard output, and a reader that went away is an error to stop
//! at; notes for people go to standard error, and nothing depends on whether anybody reads them.

use std::io::{self, IsTerminal as _, Write as _};

use crate::render::{Line, Theme};

/// Writes data and makes sure that it is out.
pub fn data(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Writes lines as data.
pub fn data_lines(lines: &[Line], theme: Theme) -> io::Result<()> {
    data(&rendered(lines, theme))
}

/// Writes lines for people.
pub fn notes(lines: &[Line], theme: Theme) {
    // Nobody reads them: that is no reason to fail.
    let _ = io::stderr().lock().write_all(rendered(lines, theme).as_bytes());
}

/// Writes a question for people, and leaves the cursor behind it.
pub fn note_without_end(text: &str) {
    let mut stderr = io::stderr().lock();
    // As above.
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// Standard error as a writer that never fails.
pub struct Notes;

impl io::Write for Notes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().lock().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether data is read by a person.
pub fn data_is_for_people() -> bool {
    io::stdout().is_terminal()
}

/// Whether the error is that whoever read our output went away.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

fn rendered(lines: &[Line], theme: Theme) -> String {
    lines.iter().map(|line| line.render(theme) + "\n").collect()
}
