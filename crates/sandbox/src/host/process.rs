//! `process`: what a flow prints becomes log events, a line each; leaving the process ends the run.

use sluice_model::{Code, Failure, Stream};
use wasmtime::Result;

use crate::bindings::sluice::runtime::process;
use crate::guest::Guest;
use crate::stop::Stop;

/// A printed line that is longer is cut into several.
const LINE_BYTES: usize = 8 << 10;

/// What was printed to one stream since its last line ended.
#[derive(Debug, Default)]
pub(crate) struct Lines(Vec<u8>);

impl Lines {
    /// Adds what was printed and takes the lines that it ends.
    fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        self.0.extend_from_slice(bytes);
        let mut lines = Vec::new();
        let mut start = 0;
        while let Some(line) = first_line(&self.0[start..]) {
            lines.push(text(line.bytes));
            start += line.consumed;
        }
        self.0.drain(..start);
        lines
    }

    /// Takes what is left.
    fn rest(&mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.0);
        (!rest.is_empty()).then(|| text(&rest))
    }
}

struct Line<'a> {
    bytes: &'a [u8],
    consumed: usize,
}

/// The first whole line of what was printed, or as much of it as one event may hold.
fn first_line(printed: &[u8]) -> Option<Line<'_>> {
    let within = &printed[..printed.len().min(LINE_BYTES)];
    match within.iter().position(|byte| *byte == b'\n') {
        Some(end) => Some(Line { bytes: &printed[..end], consumed: end + 1 }),
        None if printed.len() >= LINE_BYTES => Some(Line { bytes: within, consumed: LINE_BYTES }),
        None => None,
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl process::Host for Guest {
    fn write(&mut self, stream: process::Stream, bytes: Vec<u8>) -> Result<()> {
        let limit = self.limits.output_bytes;
        self.output_left = self.output_left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            Stop::limit(
                Code::LimitOutput,
                format!("the flow printed more than {limit} bytes"),
                limit,
            )
        })?;
        let (stream, lines) = match stream {
            process::Stream::Stdout => (Stream::Stdout, self.stdout.push(&bytes)),
            process::Stream::Stderr => (Stream::Stderr, self.stderr.push(&bytes)),
        };
        for line in lines {
            self.print_line(stream, line)?;
        }
        Ok(())
    }

    fn exit(&mut self, status: u32) -> Result<()> {
        let message = format!("the interpreter left the process with status {status}");
        let failure = Failure::new(Code::GuestExited, message)
            .hint("Return from the flow, or raise `flow.Failed`, instead of `os._exit`.")
            .detail("status", status);
        Err(Stop(Box::new(failure)).into())
    }
}

impl Guest {
    /// Records what was printed after the last end of a line. Called when the flow is over.
    pub(crate) fn flush_lines(&mut self) -> std::result::Result<(), Stop> {
        for (stream, rest) in
            [(Stream::Stdout, self.stdout.rest()), (Stream::Stderr, self.stderr.rest())]
        {
            if let Some(line) = rest {
                self.print_line(stream, line)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_are_cut_into_lines_wherever_the_writes_fall() {
        let mut lines = Lines::default();
        assert_eq!(lines.push(b"one\ntw"), ["one"]);
        assert_eq!(lines.push(b"o\n\nthr"), ["two", ""]);
        assert_eq!(lines.rest().as_deref(), Some("thr"));
        assert_eq!(lines.rest(), None);
    }

    #[test]
    fn a_line_without_an_end_is_cut_and_broken_text_is_kept_readable() {
        let mut lines = Lines::default();
        let cut = lines.push(&vec![b'x'; LINE_BYTES * 2 + 1]);
        assert_eq!(cut.iter().map(String::len).collect::<Vec<_>>(), [LINE_BYTES, LINE_BYTES]);
        assert_eq!(lines.rest().as_deref(), Some("x"));
        assert_eq!(lines.push(b"\xff\n"), ["\u{fffd}"]);
    }
}
