//! A flow as its source describes it.

use sluice_model::FlowDescription;

use super::{Line, Tone};
use crate::schema::Schema;

/// What it is called with, what it does in a sentence, and what it asks for.
pub fn draw_flow(flow: &FlowDescription) -> Vec<Line> {
    let mut lines = vec![signature(flow)];
    if !flow.summary.is_empty() {
        lines.extend(flow.summary.lines().map(|line| Line::of(Tone::Plain, &format!("  {line}"))));
    }
    for (label, words) in [("steps", &flow.steps), ("uses", &flow.uses)] {
        if !words.is_empty() {
            let label = Line::of(Tone::Dim, &format!("  {label}: "));
            lines.push(label.with(Tone::Plain, &words.join(", ")));
        }
    }
    lines
}

/// `report(log: text, top: integer = 5) -> Report`.
fn signature(flow: &FlowDescription) -> Line {
    let schema = Schema::new(&flow.input);
    let mut line = Line::of(Tone::Strong, &flow.name).with(Tone::Plain, "(");
    for (place, (name, parameter)) in schema.parameters().enumerate() {
        line.push(Tone::Plain, if place > 0 { ", " } else { "" });
        line.push(Tone::Plain, name);
        line.push(Tone::Dim, ": ");
        line.push(Tone::Accent, &schema.words(parameter));
        if let Some(default) = parameter.get("default") {
            line.push(Tone::Dim, &format!(" = {default}"));
        } else if !schema.is_required(name) {
            line.push(Tone::Dim, " = ...");
        }
    }
    let output = Schema::new(&flow.output).words(&flow.output);
    line.with(Tone::Plain, ") -> ").with(Tone::Accent, &output)
}
