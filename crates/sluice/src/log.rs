//! The log of processes that go on for long: lines of text or JSON on standard error, as much as the
//! environment asks for, and without secrets.

use std::io::{self, Stderr, Write};

use clap::ValueEnum;
use sluice_model::Scrub;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The variables that say what is logged: a level, or `target=level` and so on. The first that is set
/// counts.
const FILTERS: [&str; 2] = ["SLUICE_LOG", "RUST_LOG"];

/// What is logged where no variable says it.
const USUAL: &str = "warn";

/// What a line of the log is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// Logs to standard error from now on. A second time in the same process changes nothing.
pub fn to_stderr(format: LogFormat, scrub: Scrub) {
    let asked = FILTERS.iter().find_map(|name| std::env::var(name).ok());
    let filter = asked.and_then(|words| EnvFilter::try_new(words).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new(USUAL));
    let writer = Scrubbed { scrub, target: io::stderr as fn() -> Stderr };
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let _ = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}

/// Writes lines without secrets. Each line comes as one piece.
struct Scrubbed<M> {
    scrub: Scrub,
    target: M,
}

/// The writer of one line.
struct Line<W> {
    scrub: Scrub,
    target: W,
}

impl<'w, M: MakeWriter<'w>> MakeWriter<'w> for Scrubbed<M> {
    type Writer = Line<M::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        Line { scrub: self.scrub.clone(), target: self.target.make_writer() }
    }
}

impl<W: Write> Write for Line<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.target.write_all(&self.scrub.bytes(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("nobody panics").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(is_json: bool, secret: &str) -> String {
        let scrub = Scrub::new();
        scrub.add([secret]);
        let kept = Kept::default();
        let target = kept.clone();
        let writer = Scrubbed { scrub, target: move || target.clone() };
        let layer = tracing_subscriber::fmt::layer().with_ansi(false);
        let say = || {
            let span = tracing::error_span!("request", secret);
            let _entered = span.enter();
            tracing::error!(secret, debug = ?secret, "it says {secret}");
        };
        if is_json {
            let layer = layer.json().with_writer(writer);
            tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), say);
        } else {
            let layer = layer.with_writer(writer);
            tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), say);
        }
        let bytes = kept.0.lock().expect("nobody panics").clone();
        String::from_utf8(bytes).expect("it is text")
    }

    #[test]
    fn no_line_holds_a_secret() {
        let token = format!("slt_{}", "7canary-".repeat(6));
        for secret in ["7canary-é\"\\ /x", &token] {
            for is_json in [false, true] {
                let line = logged(is_json, secret);
                assert!(line.contains("it says [redacted]"), "{line}");
                assert!(!line.contains("canary"), "{line}");
            }
        }
    }
}
