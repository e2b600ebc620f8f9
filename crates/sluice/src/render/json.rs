//! Data on standard output: JSON, made fit for a terminal only where it goes to one.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::Value;
use sluice_model::Event;

use super::text::clean_json;
use crate::site::Ask;
use crate::view::View;

/// What a flow returned: laid out for a person, or in one line for a program.
pub fn output(value: &Value, is_for_people: bool) -> String {
    if is_for_people { clean_json(&format!("{value:#}\n")) } else { format!("{value}\n") }
}

/// A document about something, laid out.
pub fn document(value: &impl Serialize, is_for_people: bool) -> serde_json::Result<String> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    Ok(if is_for_people { clean_json(&text) } else { text })
}

/// The events of a run, a line of JSON each.
pub struct Ndjson<W: Write> {
    out: BufWriter<W>,
    is_for_people: bool,
}

impl<W: Write> Ndjson<W> {
    /// Writes to `out`; escapes what a terminal would obey where people read it.
    pub fn new(out: W, is_for_people: bool) -> Ndjson<W> {
        Ndjson { out: BufWriter::new(out), is_for_people }
    }
}

impl<W: Write + Send + 'static> View for Ndjson<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let line = serde_json::to_string(event)?;
        let line = if self.is_for_people { clean_json(&line) } else { line };
        writeln!(self.out, "{line}")
    }

    fn asked(&mut self, _ask: &Ask) -> io::Result<()> {
        Ok(())
    }

    fn notice(&mut self, _text: &str) -> io::Result<()> {
        Ok(())
    }

    fn frame(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_program_gets_one_line_and_a_person_a_layout_without_surprises() {
        let value = json!({"text": "a\u{9b}31m", "list": [1, 2]});
        assert_eq!(output(&value, false), "{\"text\":\"a\u{9b}31m\",\"list\":[1,2]}\n");
        insta::assert_snapshot!(output(&value, true), @r#"
        {
          "text": "a\u009b31m",
          "list": [
            1,
            2
          ]
        }
        "#);
    }
}
