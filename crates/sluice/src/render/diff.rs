//! Two texts, and what changed from the one to the other.

use similar::{ChangeTag, TextDiff};

use super::{Line, Tone};

/// Lines that are drawn at most.
const MOST_LINES: usize = 2_000;

/// The changes as `diff -u` shows them, with so many lines around each; nothing where there is none.
/// `names` say what the texts are.
pub fn draw_diff(old: &str, new: &str, names: (&str, &str), around: usize) -> Vec<Line> {
    let diff = TextDiff::from_lines(old, new);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(around) {
        if lines.is_empty() {
            lines.push(Line::of(Tone::Bad, &format!("--- {}", names.0)));
            lines.push(Line::of(Tone::Good, &format!("+++ {}", names.1)));
        }
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let range = |from: usize, to: usize| format!("{},{}", from + 1, to - from);
        lines.push(Line::of(
            Tone::Accent,
            &format!(
                "@@ -{} +{} @@",
                range(first.old_range().start, last.old_range().end),
                range(first.new_range().start, last.new_range().end)
            ),
        ));
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, tone) = match change.tag() {
                ChangeTag::Delete => ("-", Tone::Bad),
                ChangeTag::Insert => ("+", Tone::Good),
                ChangeTag::Equal => (" ", Tone::Plain),
            };
            let text = change.value().trim_end_matches(['\n', '\r']);
            lines.push(Line::of(tone, sign).with(tone, text));
        }
    }
    if lines.len() > MOST_LINES {
        let more = lines.len() - MOST_LINES;
        lines.truncate(MOST_LINES);
        lines.push(Line::of(Tone::Dim, &format!("... {more} lines more")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::Theme;
    use super::*;

    #[test]
    fn changes_are_shown_with_the_lines_around_them() {
        let theme = Theme { color: false, unicode: true };
        let old = "a\nb\nc\nd\ne\nf\n";
        let lines = draw_diff(old, "a\nb\nc\nD\x1b[2J\ne\nf\n", ("version 1", "version 2"), 1);
        let drawn: Vec<_> = lines.iter().map(|line| line.render(theme)).collect();
        let expected =
            ["--- version 1", "+++ version 2", "@@ -3,3 +3,3 @@", " c", "-d", "+D\\x1b[2J", " e"];
        assert_eq!(drawn, expected);
        assert!(draw_diff(old, old, ("", ""), 3).is_empty());
    }
}
