//! Errors that are not the failure of a run: drawn, with the exit code that they mean.

use sluice_model::Scrub;

use crate::exit::{Exit, Usage};
use crate::out;
use crate::remote::Refused;
use crate::render::{Line, Theme, Tone, draw_failure};

/// Draws an error, without the secrets that this process knows, and says which exit code it means.
pub fn complain(error: &anyhow::Error, scrub: &Scrub, theme: Theme) -> Exit {
    if out::is_closed_pipe(error) {
        return Exit::ClosedPipe;
    }
    let headline = |text: &str| {
        let text = scrub.text(text);
        Line::new().with(Tone::Bad, "error").with(Tone::Strong, &format!(": {text}"))
    };
    let mut lines = Vec::new();
    let exit = if let Some(usage) = error.downcast_ref::<Usage>() {
        lines.push(headline(&usage.message));
        if let Some(hint) = &usage.hint {
            lines.push(
                Line::new().with(Tone::Accent, "hint").with(Tone::Plain, &format!(": {hint}")),
            );
        }
        Exit::Usage
    } else if let Some(Refused { failure, .. }) = error.downcast_ref::<Refused>() {
        lines.extend(draw_failure(failure, "flow.py"));
        Exit::of_failure(failure)
    } else {
        lines.push(headline(&error.to_string()));
        for cause in error.chain().skip(1) {
            lines.push(Line::of(Tone::Plain, &scrub.text(&format!("  because: {cause}"))));
        }
        Exit::Failed
    };
    out::notes(&lines, theme);
    exit
}
