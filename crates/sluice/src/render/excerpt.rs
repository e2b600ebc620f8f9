//! Lines of source with their numbers, and carets under the exact columns.

use super::text::{clean_char, cut, width};
use super::{Line, Tone};

/// Columns of source that are shown of one line.
const MAX_CODE: usize = 120;
/// Columns kept before the mark where the line is too long to show from its beginning.
const LEAD: usize = 40;

/// Lines of source around a place.
pub struct Snippet<'s> {
    /// Number of the first line.
    pub first_line: u32,
    /// The lines, without their ends.
    pub lines: Vec<&'s str>,
    /// The place.
    pub mark: Mark,
}

/// A place in a source: lines and columns from 1, in characters, the end exclusive.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark {
    /// First line.
    pub line: u32,
    /// First column; without it, the whole line is meant.
    pub column: Option<u32>,
    /// Last line.
    pub end_line: Option<u32>,
    /// Column after the last character.
    pub end_column: Option<u32>,
}

impl Snippet<'_> {
    /// Columns that the numbers take.
    pub fn gutter(&self) -> usize {
        let last = self.first_line as usize + self.lines.len().saturating_sub(1);
        last.to_string().len()
    }

    /// The lines, with carets of this tone.
    pub fn draw(&self, tone: Tone) -> Vec<Line> {
        let gutter = self.gutter();
        let mut drawn = vec![bar(gutter)];
        for (number, text) in (self.first_line..).zip(&self.lines) {
            let is_marked = number == self.mark.line;
            let (code, carets) = if is_marked {
                let (code, offset, length) = marked(text, self.mark);
                (code, Some(" ".repeat(offset) + &"^".repeat(length)))
            } else {
                (
                    cut(&text.chars().map(clean_char).collect::<String>(), MAX_CODE, "...")
                        .into_owned(),
                    None,
                )
            };
            let mut line = Line::of(Tone::Dim, &format!("{number:>gutter$} |"));
            if !code.trim_end().is_empty() {
                line.push(Tone::Plain, &format!(" {}", code.trim_end()));
            }
            drawn.push(line);
            if let Some(carets) = carets {
                drawn.push(bar(gutter).with(tone, &format!(" {carets}")));
            }
        }
        drawn
    }
}

/// `orders.py:13:20`, as far as the numbers are known.
pub fn position(path: &str, line: Option<u32>, column: Option<u32>) -> String {
    match (line, column) {
        (None, _) => path.to_owned(),
        (Some(line), None) => format!("{path}:{line}"),
        (Some(line), Some(column)) => format!("{path}:{line}:{column}"),
    }
}

/// `--> place`, before the lines.
pub fn arrow(gutter: usize, place: &str) -> Line {
    Line::of(Tone::Dim, &format!("{}--> ", " ".repeat(gutter))).with(Tone::Plain, place)
}

/// `= label: text`, below the lines; what has several lines is aligned.
pub fn note(gutter: usize, label: &str, tone: Tone, text: &str) -> Vec<Line> {
    const MAX_LINES: usize = 40;
    let margin = " ".repeat(gutter + 1);
    let mut drawn = Vec::new();
    for (place, part) in text.trim_end().split('\n').take(MAX_LINES).enumerate() {
        let line = if place == 0 {
            Line::of(Tone::Dim, &format!("{margin}= ")).with(tone, label).with(Tone::Plain, ": ")
        } else {
            Line::of(Tone::Plain, &format!("{margin}{}", " ".repeat(label.len() + 4)))
        };
        drawn.push(line.with(Tone::Plain, part));
    }
    drawn
}

fn bar(gutter: usize) -> Line {
    Line::of(Tone::Dim, &format!("{}|", " ".repeat(gutter + 1)))
}

/// The marked line as it is shown, and where in it the mark stands, in columns.
fn marked(text: &str, mark: Mark) -> (String, usize, usize) {
    let cells: Vec<String> = text.chars().map(clean_char).collect();
    let (from, to) = range(text, cells.len(), mark);
    let columns = |cells: &[String]| cells.iter().map(|cell| width(cell)).sum::<usize>();

    let mut skipped = 0;
    if columns(&cells[..to]) > MAX_CODE {
        while columns(&cells[skipped..from]) > LEAD {
            skipped += 1;
        }
    }
    let lead = if skipped > 0 { "..." } else { "" };
    let code = cut(&(lead.to_owned() + &cells[skipped..].concat()), MAX_CODE, "...").into_owned();
    let offset = lead.len() + columns(&cells[skipped..from]);
    let length = columns(&cells[from..to]).clamp(1, MAX_CODE.saturating_sub(offset).max(1));
    (code, offset, length)
}

/// The characters that are meant, whatever the numbers say.
fn range(text: &str, count: usize, mark: Mark) -> (usize, usize) {
    let Some(column) = mark.column else {
        let indent = text.chars().take_while(|c| c.is_whitespace()).count();
        return (indent.min(count), count);
    };
    let index = |column: u32| (column.saturating_sub(1) as usize).min(count);
    let from = index(column);
    let to = match (mark.end_line, mark.end_column) {
        (Some(end_line), _) if end_line > mark.line => text.trim_end().chars().count(),
        (_, Some(end_column)) => index(end_column),
        (_, None) => from + 1,
    };
    (from, to.clamp(from, count))
}

#[cfg(test)]
mod tests {
    use super::super::Theme;
    use super::*;

    fn drawn(lines: &[&str], mark: Mark) -> String {
        let snippet = Snippet { first_line: 9, lines: lines.to_vec(), mark };
        let theme = Theme { color: false, unicode: true };
        let lines: Vec<_> = snippet.draw(Tone::Bad).iter().map(|line| line.render(theme)).collect();
        lines.join("\n")
    }

    fn at(line: u32, column: u32, end_column: u32) -> Mark {
        Mark { line, column: Some(column), end_line: Some(line), end_column: Some(end_column) }
    }

    #[test]
    fn carets_stand_under_tabs_wide_characters_and_escapes() {
        let lines = ["def f():", "\tx = \"数据\" + bad(1)", "", "\x1b[2J = 数 + bad"];
        insta::assert_snapshot!(drawn(&lines, at(10, 13, 19)), @r#"
           |
         9 | def f():
        10 |     x = "数据" + bad(1)
           |                  ^^^^^^
        11 |
        12 | \x1b[2J = 数 + bad
        "#);
        insta::assert_snapshot!(drawn(&lines[3..], at(9, 12, 15)), @r"
          |
        9 | \x1b[2J = 数 + bad
          |                ^^^
        ");
    }

    #[test]
    fn numbers_that_lie_do_no_harm() {
        let text = ["x = 1"];
        for mark in [at(9, 0, 0), at(9, 100, 200), at(9, 3, 1), at(9, u32::MAX, u32::MAX)] {
            assert_eq!(drawn(&text, mark).matches('^').count(), 1, "{mark:?}");
        }
        let whole = Mark { line: 9, ..Mark::default() };
        assert_eq!(drawn(&text, whole).matches('^').count(), 5);
        let lines_later = Mark { end_line: Some(12), ..at(9, 3, 1) };
        assert_eq!(drawn(&text, lines_later).matches('^').count(), 3);
        assert_eq!(drawn(&text, at(50, 1, 2)).matches('^').count(), 0);
    }

    #[test]
    fn a_long_line_is_shown_around_its_mark() {
        let text = format!("{}BAD{}", "a".repeat(500), "b".repeat(500));
        let drawn = drawn(&[&text], at(9, 501, 504));
        let (code, carets) =
            drawn.split_once('\n').expect("there is a bar").1.split_once('\n').expect("and carets");
        assert_eq!(code.find("BAD"), carets.find("^^^"));
        assert!(code.len() < 130, "{code}");
    }
}
