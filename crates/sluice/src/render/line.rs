//! One line for a terminal. Every text is cleaned when it is put in, so that nothing unclean can
//! be drawn at all.

use std::fmt::Write as _;

use super::text::{clean, cut, width};
use super::theme::{Theme, Tone};

/// Pieces of clean text with their tones.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pieces: Vec<(Tone, String)>,
}

impl Line {
    /// A line with nothing in it.
    pub fn new() -> Line {
        Line::default()
    }

    /// A line of one piece.
    pub fn of(tone: Tone, text: &str) -> Line {
        Line::new().with(tone, text)
    }

    /// Adds a piece at the end.
    pub fn push(&mut self, tone: Tone, text: &str) {
        if !text.is_empty() {
            self.pieces.push((tone, clean(text).into_owned()));
        }
    }

    /// The same with a piece more.
    #[must_use]
    pub fn with(mut self, tone: Tone, text: &str) -> Line {
        self.push(tone, text);
        self
    }

    /// The same with all of another line at its end.
    #[must_use]
    pub fn join(mut self, other: Line) -> Line {
        self.pieces.extend(other.pieces);
        self
    }

    /// Columns that it takes.
    pub fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| width(text)).sum()
    }

    /// The beginning that fits, with an ellipsis where something was cut off.
    #[must_use]
    pub fn fit(self, room: usize, theme: Theme) -> Line {
        if self.width() <= room {
            return self;
        }
        let ellipsis = if width(theme.ellipsis()) <= room { theme.ellipsis() } else { "" };
        let mut left = room - width(ellipsis);
        let mut fitted = Line::new();
        for (tone, text) in self.pieces {
            let kept = cut(&text, left, "").into_owned();
            left -= width(&kept);
            let is_whole = kept.len() == text.len();
            fitted.pieces.push((tone, kept));
            if !is_whole {
                fitted.pieces.push((tone, ellipsis.to_owned()));
                break;
            }
        }
        fitted
    }

    /// The bytes for the terminal, without an end of line.
    pub fn render(&self, theme: Theme) -> String {
        let mut rendered = String::new();
        for (tone, text) in &self.pieces {
            let style = theme.style(*tone);
            // Writing to a String cannot fail.
            let _ = write!(rendered, "{style}{text}{style:#}");
        }
        rendered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEME: Theme = Theme { color: false, unicode: true };

    #[test]
    fn nothing_unclean_gets_into_a_line() {
        let line = Line::of(Tone::Bad, "\x1b[2J").with(Tone::Plain, "a\nb");
        assert_eq!(line.render(THEME), "\\x1b[2Ja\\nb");
    }

    #[test]
    fn a_line_is_cut_across_its_pieces() {
        let line = || Line::of(Tone::Strong, "parse").with(Tone::Dim, " 数据 lines");
        for (room, shown) in [
            (16, "parse 数据 lines"),
            (15, "parse 数据 lin…"),
            (10, "parse 数…"),
            (6, "parse…"),
            (5, "pars…"),
            (1, "…"),
            (0, ""),
        ] {
            assert_eq!(line().fit(room, THEME).render(THEME), shown);
        }
    }
}
