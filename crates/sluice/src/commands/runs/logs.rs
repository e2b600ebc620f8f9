//! `sluice runs logs`: what a run logged and printed, and nothing else.

use sluice_model::{Event, EventBody, Level};

use crate::cli::{Global, LogsArgs};
use crate::commands::interrupts::Interrupts;
use crate::exit::Exit;
use crate::out;
use crate::render::{Line, Theme, Tone, draw_log, output};
use crate::site::{News, Records};

/// Prints the lines, and goes on until the run ends where that is wanted.
pub async fn logs(args: &LogsArgs, records: &dyn Records, global: &Global) -> anyhow::Result<Exit> {
    let run = records.run(&args.run).await?.run;
    let mut printer = Printer {
        level: args.level.into(),
        json: args.json,
        theme: Theme::of_stdout(global.color),
        started_at_us: 0,
    };
    if !args.follow {
        printer.print(&records.record(&run).await?)?;
        return Ok(Exit::Ok);
    }
    let mut interrupts = Interrupts::listen()?;
    let mut feed = records.feed(&run);
    loop {
        let news = tokio::select! {
            news = feed.next() => news?,
            () = interrupts.next() => return Ok(Exit::Interrupted),
        };
        match news {
            News::Events(events) => printer.print(&events)?,
            News::Notice(text) => {
                out::notes(&[Line::of(Tone::Warn, &text)], Theme::of_stderr(global.color));
            }
            News::End => return Ok(Exit::Ok),
        }
    }
}

struct Printer {
    level: Level,
    json: bool,
    theme: Theme,
    started_at_us: u64,
}

impl Printer {
    fn print(&mut self, events: &[Event]) -> anyhow::Result<()> {
        let mut text = String::new();
        for event in events {
            if let EventBody::RunQueued(_) = &event.body {
                self.started_at_us = event.at_us;
            }
            let EventBody::Log { level, message, attributes, stream, .. } = &event.body else {
                continue;
            };
            if *level < self.level {
                continue;
            }
            if self.json {
                text += &output(&serde_json::to_value(event)?, false);
                continue;
            }
            let ms = event.at_us.saturating_sub(self.started_at_us) / 1_000;
            let time = Line::of(Tone::Dim, &format!("{:>5}.{:03}s ", ms / 1_000, ms % 1_000));
            for line in draw_log(*level, *stream, message, attributes) {
                text += &time.clone().join(line).render(self.theme);
                text.push('\n');
            }
        }
        if !text.is_empty() {
            out::data(&text)?;
        }
        Ok(())
    }
}
