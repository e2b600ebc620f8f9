//! A run where there is no terminal: one line for each event that matters, made to be searched.
//!
//! `   0.012s start   rank > paths` — the time since the run began, one word, the span, the rest.

use std::io::{self, BufWriter, Write};

use sluice_model::{Event, EventBody, Outcome, SpanId, SpanStatus, Tree};

use super::attributes::attributes;
use super::failure::headline_text;
use super::log::{draw_log, draw_parting};
use super::question::draw_question;
use super::{Line, Theme, Tone};
use crate::quantity::duration;
use crate::site::Ask;
use crate::view::View;

/// Columns that one attribute's value may take.
const VALUE: usize = 200;
/// How many names of a span's path are written; the innermost ones.
const MAX_NAMES: usize = 16;

/// The lines of a run.
pub struct Plain<W: Write> {
    out: BufWriter<W>,
    theme: Theme,
    tree: Tree,
    started_at_us: u64,
}

impl<W: Write> Plain<W> {
    /// Writes to `out`.
    pub fn new(out: W, theme: Theme) -> Plain<W> {
        Plain { out: BufWriter::new(out), theme, tree: Tree::default(), started_at_us: 0 }
    }

    fn line(&mut self, at_us: u64, rest: Line) -> io::Result<()> {
        let ms = at_us.saturating_sub(self.started_at_us) / 1_000;
        let time = format!("{:>5}.{:03}s ", ms / 1_000, ms % 1_000);
        let line = Line::of(Tone::Dim, &time).join(rest);
        writeln!(self.out, "{}", line.render(self.theme))
    }

    fn ended(&self, span: SpanId, status: &SpanStatus) -> Line {
        let (word, tone) = match status {
            SpanStatus::Ok => ("ok", Tone::Good),
            SpanStatus::Failed { .. } => ("failed", Tone::Bad),
            SpanStatus::Cancelled => ("cancelled", Tone::Warn),
        };
        let mut line = Line::of(tone, &padded(word)).with(Tone::Plain, &self.path(span));
        let Some(span) = self.tree.span(span) else { return line };
        let took = span.ended_at_us.unwrap_or(span.started_at_us) - span.started_at_us;
        line.push(Tone::Dim, &format!("  {}", duration(took)));
        if !span.attributes.is_empty() {
            line.push(Tone::Dim, &format!("  {}", attributes(&span.attributes, VALUE)));
        }
        if let SpanStatus::Failed { failure } = status {
            line.push(Tone::Bad, &format!("  {}", headline_text(failure)));
        }
        line
    }

    /// Names of the span and of those around it.
    fn path(&self, span: SpanId) -> String {
        let mut names = Vec::new();
        let mut at = self.tree.span(span);
        while let Some(span) = at.filter(|_| names.len() <= MAX_NAMES) {
            names.push(span.name.as_str());
            at = self.tree.span(span.parent);
        }
        if names.len() > MAX_NAMES {
            names[MAX_NAMES] = "...";
        }
        names.reverse();
        names.join(" > ")
    }
}

impl<W: Write + Send + 'static> View for Plain<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.tree.apply(event.at_us, &event.body);
        let at_us = event.at_us;
        match &event.body {
            EventBody::RunQueued(start) => {
                self.started_at_us = at_us;
                let mut line =
                    Line::of(Tone::Strong, &padded("run")).with(Tone::Plain, &start.flow);
                if let Some(fork) = &start.forked_from {
                    let from = format!("  goes on where {} was at event {}", fork.run, fork.seq);
                    line.push(Tone::Dim, &from);
                }
                self.line(at_us, line)
            }
            EventBody::AttemptStarted { attempt, .. } if *attempt > 1 => self.line(
                at_us,
                Line::of(Tone::Dim, &padded("attempt")).with(Tone::Dim, &attempt.to_string()),
            ),
            EventBody::AttemptEnded { why, .. } => self.line(at_us, draw_parting(why, at_us)),
            EventBody::SpanStarted { span, attributes: members, .. } => {
                let mut line =
                    Line::of(Tone::Accent, &padded("start")).with(Tone::Plain, &self.path(*span));
                if !members.is_empty() {
                    line.push(Tone::Dim, &format!("  {}", attributes(members, VALUE)));
                }
                self.line(at_us, line)
            }
            EventBody::SpanEnded { span, status } => {
                let line = self.ended(*span, status);
                self.line(at_us, line)
            }
            EventBody::Log { level, message, attributes, stream, .. } => {
                for line in draw_log(*level, *stream, message, attributes) {
                    self.line(at_us, line)?;
                }
                Ok(())
            }
            EventBody::CallRefused { capability, .. } => self
                .line(at_us, Line::of(Tone::Bad, &padded("refused")).with(Tone::Plain, capability)),
            EventBody::RunEnded { outcome, usage } => {
                let (word, tone) = match outcome {
                    Outcome::Succeeded { .. } => ("succeeded", Tone::Good),
                    Outcome::Failed { .. } => ("failed", Tone::Bad),
                    Outcome::Cancelled { .. } => ("cancelled", Tone::Warn),
                    Outcome::TimedOut { .. } => ("timed out", Tone::Bad),
                };
                let mut line = Line::of(Tone::Strong, &padded("run")).with(tone, word);
                line.push(Tone::Dim, &format!("  {}", duration(usage.wall_time_us)));
                self.line(at_us, line)
            }
            EventBody::AttemptStarted { .. }
            | EventBody::SpanSet { .. }
            | EventBody::SpanProgress { .. }
            | EventBody::Waiting { .. }
            | EventBody::CallStarted { .. }
            | EventBody::CallApproved { .. }
            | EventBody::CallRetried { .. }
            | EventBody::CallCancelled { .. }
            | EventBody::CallEnded { .. } => Ok(()),
        }
    }

    fn asked(&mut self, ask: &Ask) -> io::Result<()> {
        for line in draw_question(ask) {
            self.line(ask.created_at_us, line)?;
        }
        Ok(())
    }

    fn notice(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", Line::of(Tone::Warn, text).render(self.theme))
    }

    fn frame(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn padded(word: &str) -> String {
    format!("{word:<7} ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sluice_model::{Attributes, Level, Usage};

    use super::super::samples::{Story, failed};
    use super::*;

    #[test]
    fn each_event_that_matters_is_one_line() {
        let mut story = Story::default();
        story.wait(1_000_000).begin("report").start(1, 0, "rank").wait(1_500).start(2, 1, "paths");
        story.progress(2, 1, Some(2)).set(2, "top", 5).wait(20_000).end(2);
        story.add(EventBody::Log {
            span: SpanId(1),
            level: Level::Warning,
            message: "odd line\nof two".to_owned(),
            attributes: Attributes::from_iter([("line".to_owned(), json!(3))]),
            stream: None,
        });
        story.fail(1, failed("KeyError", "'id'\nsecond line"));
        let failure = Box::new(failed("KeyError", "'id'"));
        let usage = Usage { wall_time_us: 21_500, ..Usage::default() };
        story.add(EventBody::RunEnded { outcome: Outcome::Failed { failure }, usage });

        let mut plain = Plain::new(Vec::new(), Theme { color: false, unicode: true });
        for event in story.events() {
            plain.event(event).expect("memory can be written");
        }
        let bytes = plain.out.into_inner().expect("memory can be written");
        let text = String::from_utf8(bytes).expect("it is text");
        insta::assert_snapshot!(text, @r"
        0.000s run     report
        0.000s start   rank
        0.001s start   rank > paths
        0.021s ok      rank > paths  20ms  top=5
        0.021s warn    odd line
        0.021s         of two  line=3
        0.021s failed  rank  21ms  KeyError: 'id'
        0.021s run     failed  21ms
        ");
    }

    #[test]
    fn a_deep_path_is_shortened() {
        let mut plain = Plain::new(Vec::new(), Theme { color: false, unicode: true });
        let mut story = Story::default();
        for span in 1..=100 {
            story.start(span, span - 1, &span.to_string());
        }
        plain.tree = story.tree().clone();
        let path = plain.path(SpanId(100));
        assert!(path.starts_with("... > 85 > 86"), "{path}");
        assert!(path.ends_with("> 100"), "{path}");
    }
}
