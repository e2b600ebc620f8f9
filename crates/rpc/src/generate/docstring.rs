//! What a method says of itself: what it is for, its arguments, and the errors that it may answer.

use super::plan::Plan;
use crate::Method;

/// The longest docstring, in characters.
const MAX_LENGTH: usize = 3_000;

/// The text of a method's docstring; `names` are its params in Python.
pub(super) fn of_method(plan: &Plan<'_>, method: &Method, names: &[String]) -> String {
    let mut text = match (method.summary.as_str(), method.description.as_str()) {
        ("", "") => format!("The method `{}` of the service `{}`.", method.name, plan.service),
        ("", description) => description.to_owned(),
        (summary, "") => summary.to_owned(),
        (summary, description) if description.starts_with(summary) => description.to_owned(),
        (summary, description) => format!("{summary}\n\n{description}"),
    };
    if method.deprecated {
        text.push_str("\n\nDeprecated: it may go away.");
    }
    let about: Vec<String> = method
        .params
        .iter()
        .zip(names)
        .filter(|(param, _)| !param.about.is_empty())
        .map(|(param, name)| format!("    {name}: {}", one_line(&param.about)))
        .collect();
    if !about.is_empty() {
        text += "\n\nArgs:\n";
        text += &about.join("\n");
    }
    let raised: Vec<String> = method
        .errors
        .iter()
        .map(|error| {
            let class = plan.class_of(error.code).unwrap_or("RpcError");
            format!("    {class}: {} (code {})", one_line(&error.message), error.code)
        })
        .collect();
    if !raised.is_empty() {
        text += "\n\nRaises:\n";
        text += &raised.join("\n");
    }
    if let Some((at, _)) = text.char_indices().nth(MAX_LENGTH) {
        text.truncate(at);
        text.push('…');
    }
    text
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
