//! What stands on the screen after a number of frames, read by a terminal of a few lines of code.

use sluice_model::{Attributes, Level, SpanId, Usage};

use super::super::samples::Story;
use super::*;

const SIZE: Size = Size { width: 40, height: 8 };

/// Follows the few sequences that `Live` writes; anything else fails the test.
#[derive(Default)]
struct Screen {
    lines: Vec<String>,
    row: usize,
    column: usize,
    is_cursor_hidden: bool,
}

impl Screen {
    fn read(bytes: &[u8]) -> Screen {
        let mut screen = Screen::default();
        let mut text = std::str::from_utf8(bytes).expect("it is text");
        while let Some(c) = text.chars().next() {
            text = &text[c.len_utf8()..];
            match c {
                '\x1b' => {
                    let end = text.find(|c: char| c.is_ascii_alphabetic()).expect("it has an end");
                    screen.obey(&text[1..=end]);
                    text = &text[end + 1..];
                }
                '\r' => screen.column = 0,
                '\n' => {
                    screen.row += 1;
                    screen.column = 0;
                }
                _ => screen.put(c),
            }
        }
        screen
    }

    fn obey(&mut self, sequence: &str) {
        match sequence {
            "?2026h" | "?2026l" => {}
            "?25l" => self.is_cursor_hidden = true,
            "?25h" => self.is_cursor_hidden = false,
            "K" => {
                let column = self.column;
                let line = self.line();
                *line = line.chars().take(column).collect();
            }
            "J" => {
                self.obey("K");
                self.lines.truncate(self.row + 1);
            }
            up => {
                let rows: usize = up.strip_suffix('A').and_then(|n| n.parse().ok()).expect(up);
                self.row = self.row.checked_sub(rows).expect("the cursor stays on the screen");
            }
        }
    }

    fn put(&mut self, c: char) {
        if self.column == SIZE.width {
            self.row += 1;
            self.column = 0;
        }
        let column = self.column;
        let line = self.line();
        let mut kept: Vec<char> = line.chars().collect();
        kept.resize(kept.len().max(column + 1), ' ');
        kept[column] = c;
        *line = kept.into_iter().collect();
        self.column += 1;
    }

    fn line(&mut self) -> &mut String {
        let row = self.row;
        self.lines.resize(self.lines.len().max(row + 1), String::new());
        &mut self.lines[row]
    }

    fn text(&self) -> String {
        self.lines.join("\n")
    }
}

fn live() -> Live<Vec<u8>> {
    Live::with_size(Vec::new(), Theme { color: false, unicode: true }, || SIZE)
}

/// The story as far as it is told, each event in a frame of its own.
fn play(live: &mut Live<Vec<u8>>, story: &Story) {
    for event in story.events() {
        live.event(event).expect("memory can be written");
        live.frame().expect("memory can be written");
    }
}

fn log(message: &str) -> EventBody {
    EventBody::Log {
        span: SpanId(0),
        level: Level::Info,
        message: message.to_owned(),
        attributes: Attributes::new(),
        stream: None,
    }
}

fn end() -> EventBody {
    let outcome = Outcome::Succeeded { output: serde_json::Value::Null };
    EventBody::RunEnded { outcome, usage: Usage::default() }
}

#[test]
fn logs_scroll_up_above_the_tree_and_the_tree_stays_at_the_end() {
    let mut story = Story::default();
    story.begin("report").start(1, 0, "parse").add(log("first")).wait(20_000).end(1);
    story.add(log(&"long ".repeat(12))).start(2, 0, "rank").wait(5_000).add(log("last")).end(2);
    story.add(end());
    let mut live = live();
    play(&mut live, &story);
    live.finish().expect("memory can be written");
    let screen = Screen::read(&live.out);
    assert!(!screen.is_cursor_hidden);
    insta::assert_snapshot!(screen.text(), @r"
    info    first
    info    long long long long long long lo
    ng long long long long long 
    info    last
    ✓ report                           25ms
    ├─ ✓ parse                         20ms
    ╰─ ✓ rank                         5.0ms
    ");
}

#[test]
fn a_large_tree_never_grows_over_the_screen_and_is_whole_at_the_end() {
    let mut story = Story::default();
    story.begin("report").start(1, 0, "work");
    for span in 2..40 {
        story.start(span, 1, &format!("item {span}")).end(span);
    }
    let mut live = live();
    play(&mut live, &story);
    let screen = Screen::read(&live.out);
    assert!(screen.is_cursor_hidden);
    assert!(screen.lines.len() <= SIZE.height, "{}", screen.text());
    assert!(screen.text().contains("35 more finished"), "{}", screen.text());

    story.end(1).add(end());
    for event in &story.events()[story.events().len() - 2..] {
        live.event(event).expect("memory can be written");
    }
    live.finish().expect("memory can be written");
    let screen = Screen::read(&live.out);
    assert!((2..40).all(|span| screen.text().contains(&format!("item {span} "))));
}

#[test]
fn the_cursor_comes_back_even_when_the_end_is_never_shown() {
    struct Shared(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("nobody panicked").write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let bytes = std::sync::Arc::default();
    let out = Shared(std::sync::Arc::clone(&bytes));
    let mut live = Live::with_size(out, Theme { color: false, unicode: true }, || SIZE);
    live.frame().expect("memory can be written");
    assert!(Screen::read(&bytes.lock().expect("nobody panicked")).is_cursor_hidden);
    drop(live);
    assert!(!Screen::read(&bytes.lock().expect("nobody panicked")).is_cursor_hidden);
}
