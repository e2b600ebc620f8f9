//! A question of a run to a person, and how it is answered.

use serde_json::Value;

use super::attributes::attributes;
use super::{Line, Tone};
use crate::schema::{Schema, unwrapped};
use crate::site::Ask;

/// Columns that the value of a detail may take.
const VALUE: usize = 80;
/// Members of an answer that are named.
const MOST_MEMBERS: usize = 8;

/// The question, and the command that answers it.
pub fn draw_question(ask: &Ask) -> Vec<Line> {
    let mut line =
        Line::of(Tone::Warn, &format!("{:<8}", "asks")).with(Tone::Strong, &ask.question.question);
    if !ask.question.details.is_empty() {
        line.push(Tone::Dim, &format!("  {}", attributes(&ask.question.details, VALUE)));
    }
    let how = how_to_answer(ask.ask.as_str(), &ask.question.schema);
    vec![line, Line::of(Tone::Dim, &format!("{:<8}", "")).with(Tone::Accent, &how)]
}

/// The command that answers a question of this schema, with values to be filled in.
pub fn how_to_answer(ask: &str, schema: &Value) -> String {
    let top = unwrapped(schema);
    let schema = Schema::new(&top);
    let words = schema.words(&top);
    let value = match words.as_str() {
        "boolean" => "yes".to_owned(),
        "text" => "'...'".to_owned(),
        "integer" => "3".to_owned(),
        "number" => "2.5".to_owned(),
        _ if schema.parameters().next().is_some() => {
            let member = |(name, schema_of): (&str, &Value)| match schema.words(schema_of).as_str()
            {
                "boolean" => format!("-i {name}=true"),
                "text" => format!("-i {name}='...'"),
                "integer" | "number" => format!("-i {name}=3"),
                _ => format!("-i {name}=JSON"),
            };
            let members = schema.parameters().take(MOST_MEMBERS).map(member);
            members.collect::<Vec<_>>().join(" ")
        }
        _ => match words.split(" or ").next() {
            // One of several texts: as it stands, without its quotes.
            Some(first) if first.starts_with('"') => first.trim_matches('"').to_owned(),
            _ => "JSON".to_owned(),
        },
    };
    format!("sluice asks answer {ask} {value}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_way_to_answer_follows_from_the_schema() {
        let how = |schema| {
            let how = how_to_answer("ask_1", &schema);
            how.trim_start_matches("sluice asks answer ask_1 ").to_owned()
        };
        assert_eq!(how(json!({"type": "boolean"})), "yes");
        assert_eq!(how(json!({"type": "string"})), "'...'");
        assert_eq!(how(json!({"enum": ["red", "blue"]})), "red");
        assert_eq!(how(json!({})), "JSON");
        let decision = json!({
            "$ref": "#/$defs/Decision",
            "$defs": {"Decision": {"type": "object", "properties": {
                "approve": {"type": "boolean"}, "reason": {"type": "string"},
            }}},
        });
        assert_eq!(how(decision), "-i approve=true -i reason='...'");
    }
}
