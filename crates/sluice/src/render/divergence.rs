//! Where a replay and its record part: what is recorded, and what the flow did instead.

use serde_json::Value;
use sluice_model::{Event, Failure};

use super::diff::draw_diff;
use super::{Line, Tone};

/// Lines of each side around what differs.
const AROUND: usize = 4;

/// Both sides, without a headline: as a diff of what each did.
pub fn draw_sides(failure: &Failure) -> Vec<Line> {
    let side = |name: &str| failure.details.get(name).map(laid_out).unwrap_or_default();
    let (recorded, asked) = (side("recorded"), side("asked"));
    if recorded.is_empty() && asked.is_empty() {
        return Vec::new();
    }
    let at = failure.details.get("seq").and_then(Value::as_u64);
    let at = at.map(|seq| format!(", event {seq}")).unwrap_or_default();
    indented(draw_diff(&recorded, &asked, (&format!("recorded{at}"), "now"), AROUND))
}

/// One event of a record, as it is written there.
pub fn draw_event(event: &Event) -> Vec<Line> {
    let value = serde_json::to_value(&event.body).unwrap_or_default();
    let text = laid_out(&value);
    indented(text.lines().map(|line| Line::of(Tone::Plain, line)).collect())
}

fn indented(lines: Vec<Line>) -> Vec<Line> {
    lines.into_iter().map(|line| Line::of(Tone::Plain, "  ").join(line)).collect()
}

fn laid_out(value: &Value) -> String {
    if value.is_null() { String::new() } else { format!("{value:#}\n") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sluice_model::Code;

    use super::super::Theme;
    use super::*;

    #[test]
    fn both_sides_stand_under_each_other() {
        let failure = Failure::new(Code::ReplayDiverged, "another step")
            .detail("seq", 12)
            .detail("recorded", json!({"kind": "span_started", "name": "load"}))
            .detail("asked", json!({"kind": "span_started", "name": "read"}));
        let theme = Theme { color: false, unicode: true };
        let drawn: Vec<_> = draw_sides(&failure).iter().map(|line| line.render(theme)).collect();
        insta::assert_snapshot!(drawn.join("\n"), @r#"
          --- recorded, event 12
          +++ now
          @@ -1,4 +1,4 @@
           {
             "kind": "span_started",
          -  "name": "load"
          +  "name": "read"
           }
        "#);
        assert!(draw_sides(&Failure::new(Code::ReplayDiverged, "")).is_empty());
    }
}
