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
    /// Adds what was printed, and hands over each line that it ends before the next is cut: a line costs
    /// far more than its bytes, and whoever takes it counts it.
    fn push(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(String) -> std::result::Result<(), Stop>,
    ) -> std::result::Result<(), Stop> {
        self.0.extend_from_slice(bytes);
        let mut start = 0;
        while let Some(line) = first_line(&self.0[start..]) {
            each(text(line.bytes))?;
            start += line.consumed;
        }
        self.0.drain(..start);
        Ok(())
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
        let stream = match stream {
            process::Stream::Stdout => Stream::Stdout,
            process::Stream::Stderr => Stream::Stderr,
        };
        let mut lines = std::mem::take(self.lines(stream));
        // What a stopped guest printed beyond its limits is gone with it.
        lines.push(&bytes, |line| self.print_line(stream, line))?;
        *self.lines(stream) = lines;
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
    fn lines(&mut self, stream: Stream) -> &mut Lines {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

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

    fn pushed(lines: &mut Lines, bytes: &[u8]) -> Vec<String> {
        let mut cut = Vec::new();
        let all = lines.push(bytes, |line| {
            cut.push(line);
            Ok(())
        });
        assert!(all.is_ok());
        cut
    }

    #[test]
    fn prints_are_cut_into_lines_wherever_the_writes_fall() {
        let mut lines = Lines::default();
        assert_eq!(pushed(&mut lines, b"one\ntw"), ["one"]);
        assert_eq!(pushed(&mut lines, b"o\n\nthr"), ["two", ""]);
        assert_eq!(lines.rest().as_deref(), Some("thr"));
        assert_eq!(lines.rest(), None);
    }

    #[test]
    fn a_line_without_an_end_is_cut_and_broken_text_is_kept_readable() {
        let mut lines = Lines::default();
        let cut = pushed(&mut lines, &vec![b'x'; LINE_BYTES * 2 + 1]);
        assert_eq!(cut.iter().map(String::len).collect::<Vec<_>>(), [LINE_BYTES, LINE_BYTES]);
        assert_eq!(lines.rest().as_deref(), Some("x"));
        assert_eq!(pushed(&mut lines, b"\xff\n"), ["\u{fffd}"]);
    }

    #[test]
    fn no_line_is_cut_after_one_that_is_refused() {
        let mut seen = 0;
        let ended = Lines::default().push(&[b'\n'; 1_000], |_| {
            seen += 1;
            if seen < 3 { Ok(()) } else { Err(Stop::cancelled()) }
        });
        assert!(ended.is_err());
        assert_eq!(seen, 3);
    }
}
