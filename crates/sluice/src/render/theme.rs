//! What the terminal can show: colours or none, symbols or ASCII. One place chooses each.

use std::io::IsTerminal as _;

use anstyle::{AnsiColor, Style};

use crate::cli::ColorChoice;

/// What a piece of text is, from which its colour follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Just text.
    Plain,
    /// What the eye should find first.
    Strong,
    /// What it may pass over.
    Dim,
    /// It went well.
    Good,
    /// It did not.
    Bad,
    /// It may not.
    Warn,
    /// It is going on, or it is a hint.
    Accent,
}

/// What one stream can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Whether colours may be used.
    pub color: bool,
    /// Whether characters beyond ASCII may be used.
    pub unicode: bool,
}

impl Theme {
    /// The theme of standard output.
    pub fn of_stdout(choice: ColorChoice) -> Theme {
        Theme::of_stream(choice, std::io::stdout().is_terminal())
    }

    /// The theme of standard error.
    pub fn of_stderr(choice: ColorChoice) -> Theme {
        Theme::of_stream(choice, std::io::stderr().is_terminal())
    }

    fn of_stream(choice: ColorChoice, is_terminal: bool) -> Theme {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let color = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                let dumb = set("TERM").is_some_and(|term| term == "dumb");
                is_terminal && !dumb && set("NO_COLOR").is_none()
            }
        };
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
        Theme { color, unicode: locale.is_some_and(|locale| is_utf8(&locale)) }
    }

    /// How a tone looks.
    pub fn style(self, tone: Tone) -> Style {
        let style = Style::new();
        if !self.color {
            return style;
        }
        let colored = |color: AnsiColor| style.fg_color(Some(color.into()));
        match tone {
            Tone::Plain => style,
            Tone::Strong => style.bold(),
            Tone::Dim => style.dimmed(),
            Tone::Good => colored(AnsiColor::Green),
            Tone::Bad => colored(AnsiColor::Red).bold(),
            Tone::Warn => colored(AnsiColor::Yellow),
            Tone::Accent => colored(AnsiColor::Cyan),
        }
    }

    fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.unicode { unicode } else { ascii }
    }

    /// It went well.
    pub fn done(self) -> &'static str {
        self.pick("✓", "+")
    }

    /// It failed.
    pub fn failed(self) -> &'static str {
        self.pick("✗", "x")
    }

    /// It was given up.
    pub fn cancelled(self) -> &'static str {
        self.pick("⊘", "-")
    }

    /// It is going on; turns with each frame.
    pub fn spinner(self, frame: usize) -> &'static str {
        const DOTS: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
        const STROKES: [&str; 4] = ["|", "/", "-", "\\"];
        if self.unicode { DOTS[frame / 2 % 10] } else { STROKES[frame / 2 % 4] }
    }

    /// Something was left out.
    pub fn ellipsis(self) -> &'static str {
        self.pick("…", "...")
    }

    /// In front of a child that has siblings after it.
    pub fn branch(self) -> &'static str {
        self.pick("├─ ", "|- ")
    }

    /// In front of the last child.
    pub fn last_branch(self) -> &'static str {
        self.pick("╰─ ", "`- ")
    }

    /// Below a child that has siblings after it.
    pub fn trunk(self) -> &'static str {
        self.pick("│  ", "|  ")
    }

    /// The part of a bar that is done, and the part that is not.
    pub fn bar(self) -> (&'static str, &'static str) {
        (self.pick("━", "#"), self.pick("─", "."))
    }
}

fn is_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_says_whether_symbols_can_be_shown() {
        assert!(is_utf8("en_GB.UTF-8"));
        assert!(is_utf8("C.utf8"));
        assert!(!is_utf8("C"));
        assert!(!is_utf8("de_DE.ISO-8859-1"));
    }

    #[test]
    fn without_colour_nothing_but_the_text_is_written() {
        let plain = Theme { color: false, unicode: true };
        assert!(plain.style(Tone::Bad).is_plain());
        assert_eq!(super::super::Line::of(Tone::Bad, "x").render(plain), "x");
        let colored = Theme { color: true, unicode: true };
        assert_eq!(super::super::Line::of(Tone::Good, "x").render(colored), "\x1b[32mx\x1b[0m");
    }
}
