//! A run on a terminal: the tree is painted in place below the log lines, which scroll away above
//! it. No alternate screen: what was shown stays in the scrollback.

use std::io::{self, Write};

use sluice_model::{AttemptEnd, Event, EventBody, Outcome, Tree};

use super::log::{draw_log, draw_parting};
use super::question::draw_question;
use super::tree::{Moment, draw_row, draw_run};
use super::tree_rows::{final_rows, live_rows};
use super::{Line, Theme, Tone};
use crate::local::now_us;
use crate::site::Ask;
use crate::view::View;

const HIDE_CURSOR: &str = "\x1b[?25l";
const SHOW_CURSOR: &str = "\x1b[?25h";
/// Terminals that know these show all that is between them at once; the others ignore them.
const BEGIN_UPDATE: &str = "\x1b[?2026h";
const END_UPDATE: &str = "\x1b[?2026l";
const CLEAR_TO_LINE_END: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";

/// Questions that are shown at once.
const MOST_ASKS: usize = 4;

/// Rows of the tree that stay in the scrollback.
const FINAL_ROWS: usize = 200;

/// The tree of a run, painted again and again. Dropping it gives the cursor back.
pub struct Live<W: Write> {
    out: W,
    size: fn() -> Size,
    theme: Theme,
    tree: Tree,
    run: Option<Run>,
    logs: Vec<Line>,
    notice: Option<Line>,
    /// The questions that the run waits for.
    asks: Vec<Ask>,
    /// Why no attempt is alive.
    parting: Option<Line>,
    /// Columns of each line of the last frame: what has to be painted over.
    painted: Vec<usize>,
    frame: usize,
    is_cursor_hidden: bool,
}

/// Columns and rows of a terminal.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

struct Run {
    flow: String,
    started_at_us: u64,
    ended: Option<(u64, Outcome)>,
}

impl<W: Write> Live<W> {
    /// Paints to `out`, a terminal whose size is that of standard error.
    pub fn new(out: W, theme: Theme) -> Live<W> {
        Live::with_size(out, theme, terminal_size)
    }

    fn with_size(out: W, theme: Theme, size: fn() -> Size) -> Live<W> {
        Live {
            out,
            size,
            theme,
            tree: Tree::default(),
            run: None,
            logs: Vec::new(),
            notice: None,
            asks: Vec::new(),
            parting: None,
            painted: Vec::new(),
            frame: 0,
            is_cursor_hidden: false,
        }
    }

    fn paint(&mut self, is_last: bool) -> io::Result<()> {
        let size = (self.size)();
        let frame = self.lines(size, is_last);
        let width = size.width.max(1);
        let up: usize = self.painted.iter().map(|taken| taken.div_ceil(width).max(1)).sum();
        let up = up.min(size.height.saturating_sub(1));

        let mut bytes = BEGIN_UPDATE.to_owned();
        if !self.is_cursor_hidden && !is_last {
            bytes += HIDE_CURSOR;
            self.is_cursor_hidden = true;
        }
        bytes.push('\r');
        if up > 0 {
            bytes += &up_rows(up);
        }
        if !self.logs.is_empty() {
            // They may be longer than a row, so they cannot be painted over what is there.
            bytes += CLEAR_BELOW;
        }
        for line in self.logs.drain(..) {
            bytes += &line.render(self.theme);
            bytes.push('\n');
        }
        for line in &frame {
            bytes += &line.render(self.theme);
            bytes += CLEAR_TO_LINE_END;
            bytes.push('\n');
        }
        bytes += CLEAR_BELOW;
        if is_last {
            bytes += SHOW_CURSOR;
            self.is_cursor_hidden = false;
        }
        bytes += END_UPDATE;
        self.painted = frame.iter().map(Line::width).collect();
        self.frame += 1;
        self.out.write_all(bytes.as_bytes())?;
        self.out.flush()
    }

    /// The tree as it stands, from the run's own row to the notice.
    fn lines(&self, size: Size, is_last: bool) -> Vec<Line> {
        let Some(run) = &self.run else { return self.notice.iter().cloned().collect() };
        let (now_us, outcome) = match &run.ended {
            Some((at_us, outcome)) => (*at_us, Some(outcome)),
            None => (now_us(), None),
        };
        let moment = Moment {
            now_us,
            is_over: outcome.is_some(),
            frame: self.frame,
            width: size.width,
            theme: self.theme,
        };
        let below: Vec<Line> = if is_last {
            Vec::new()
        } else {
            let asks = self.asks.iter().take(MOST_ASKS).flat_map(draw_question);
            asks.chain(self.parting.clone()).chain(self.notice.clone()).collect()
        };
        // The run's row, what stands below the tree, and the line on which the cursor waits.
        let room = size.height.saturating_sub(2 + below.len().max(1));
        let rows =
            if is_last { final_rows(&self.tree, FINAL_ROWS) } else { live_rows(&self.tree, room) };
        let mut lines = vec![draw_run(&run.flow, run.started_at_us, outcome, moment)];
        lines.extend(rows.iter().map(|row| draw_row(row, moment)));
        let fit = |line: Line| line.fit(size.width.saturating_sub(1), self.theme);
        lines.extend(below.into_iter().map(fit));
        lines
    }
}

impl<W: Write + Send + 'static> View for Live<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.tree.apply(event.at_us, &event.body);
        match &event.body {
            EventBody::RunQueued(start) => {
                let (flow, started_at_us) = (start.flow.clone(), event.at_us);
                self.run = Some(Run { flow, started_at_us, ended: None });
            }
            EventBody::AttemptStarted { .. } => self.parting = None,
            EventBody::AttemptEnded { why, .. } => {
                let line = draw_parting(why, event.at_us);
                if matches!(why, AttemptEnd::Retried { .. }) {
                    self.logs.push(line.clone());
                }
                self.parting = Some(line);
            }
            EventBody::CallEnded { call, .. } => self.asks.retain(|ask| ask.call != *call),
            EventBody::RunEnded { outcome, .. } => {
                if let Some(run) = &mut self.run {
                    run.ended = Some((event.at_us, outcome.clone()));
                }
            }
            EventBody::Log { level, message, attributes, stream, .. } => {
                self.logs.extend(draw_log(*level, *stream, message, attributes));
            }
            EventBody::CallRefused { capability, .. } => {
                self.logs.push(Line::of(Tone::Bad, "refused ").with(Tone::Plain, capability));
            }
            EventBody::SpanStarted { .. }
            | EventBody::SpanSet { .. }
            | EventBody::SpanProgress { .. }
            | EventBody::SpanEnded { .. }
            | EventBody::Waiting { .. }
            | EventBody::CallStarted { .. }
            | EventBody::CallApproved { .. }
            | EventBody::CallRetried { .. }
            | EventBody::CallCancelled { .. } => {}
        }
        Ok(())
    }

    fn asked(&mut self, ask: &Ask) -> io::Result<()> {
        self.asks.push(ask.clone());
        Ok(())
    }

    fn notice(&mut self, text: &str) -> io::Result<()> {
        self.notice = Some(Line::of(Tone::Warn, text));
        Ok(())
    }

    fn frame(&mut self) -> io::Result<()> {
        self.paint(false)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.paint(true)
    }
}

impl<W: Write> Drop for Live<W> {
    fn drop(&mut self) {
        if self.is_cursor_hidden {
            let _ = self.out.write_all(SHOW_CURSOR.as_bytes());
            let _ = self.out.flush();
        }
    }
}

fn up_rows(rows: usize) -> String {
    format!("\x1b[{rows}A")
}

/// Columns of standard output, where it is a terminal.
pub fn terminal_width() -> Option<usize> {
    let size = terminal_size::terminal_size_of(std::io::stdout());
    size.map(|(width, _)| usize::from(width.0))
}

fn terminal_size() -> Size {
    let size = terminal_size::terminal_size_of(std::io::stderr());
    size.map_or(Size { width: 80, height: 24 }, |(width, height)| Size {
        width: usize::from(width.0),
        height: usize::from(height.0),
    })
}

#[cfg(test)]
mod tests;
