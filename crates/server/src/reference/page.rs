//! The pages as wholes.

use serde_json::Value;

use super::html::{escaped, line, paragraphs};
use super::operation::{Operation, operations};
use super::schema::{body, named};

/// What this server is, and where everything is.
pub(super) fn front(document: &Value, has_web: bool) -> String {
    let version = escaped(document["info"]["version"].as_str().unwrap_or_default());
    let summary = line(document["info"]["summary"].as_str().unwrap_or_default());
    let links = "<ul class=\"links\">\
        <li><a href=\"/docs\">The API</a>: every operation, for people</li>\
        <li><a href=\"/v1/openapi.json\">openapi.json</a>: the same for programs</li>\
        <li><code>/mcp</code>: the same for agents, by the Model Context Protocol</li>\
        <li><a href=\"/healthz\">healthz</a>, <a href=\"/readyz\">readyz</a>: whether this server lives, \
        and can work</li></ul>";
    let web = if has_web {
        ""
    } else {
        "<p>This build has no pages to work in. <code>make web</code> in the source makes them; a release build has to \
         be made again after that.</p>"
    };
    let main = format!(
        "<main class=\"front\"><h1>Sluice <span class=\"version\">{version}</span></h1>\
         <p class=\"summary\">{summary}</p>{web}{links}</main>"
    );
    whole("Sluice", &main)
}

/// Every operation and every schema.
pub(super) fn reference(document: &Value) -> String {
    let operations = operations(document);
    let mut groups: Vec<(&str, Vec<&Operation<'_>>)> = Vec::new();
    for operation in &operations {
        match groups.iter_mut().find(|(group, _)| *group == operation.group()) {
            Some((_, members)) => members.push(operation),
            None => groups.push((operation.group(), vec![operation])),
        }
    }
    let index: String = groups.iter().map(|(group, members)| indexed(group, members)).collect();
    let drawn = groups.iter().map(|(group, members)| grouped(document, group, members));
    let drawn: String = drawn.collect();
    let schemas: String = named(document).map(|(name, schema)| defined(name, schema)).collect();
    let info = &document["info"];
    let about = info["description"].as_str().map(paragraphs).unwrap_or_default();
    let version = escaped(info["version"].as_str().unwrap_or_default());
    let main = format!(
        "<nav aria-label=\"Operations\"><a class=\"home\" href=\"/\">Sluice</a>{index}\
         <h2><a href=\"#schemas\">schemas</a></h2></nav>\
         <main><h1>The API <span class=\"version\">{version}</span></h1>{about}\
         <p>For programs: <a href=\"/v1/openapi.json\">openapi.json</a>.</p>{drawn}\
         <h2 id=\"schemas\">Schemas</h2>{schemas}</main>"
    );
    whole("Sluice: the API", &format!("<div class=\"columns\">{main}</div>"))
}

fn indexed(group: &str, members: &[&Operation<'_>]) -> String {
    let entries: String = members.iter().map(|operation| entry(operation)).collect();
    let group = escaped(group);
    format!("<h2><a href=\"#group-{group}\">{group}</a></h2><ul>{entries}</ul>")
}

fn entry(operation: &Operation<'_>) -> String {
    let id = escaped(operation.id());
    let summary = escaped(operation.summary());
    format!("<li><a href=\"#{id}\" title=\"{summary}\">{}{id}</a></li>", operation.badge())
}

fn grouped(document: &Value, group: &str, members: &[&Operation<'_>]) -> String {
    let drawn: String = members.iter().map(|operation| operation.drawn(document)).collect();
    let group = escaped(group);
    format!("<h2 id=\"group-{group}\">{group}</h2>{drawn}")
}

fn defined(name: &str, schema: &Value) -> String {
    let about = schema["description"].as_str().map(paragraphs).unwrap_or_default();
    let name = escaped(name);
    format!(
        "<section class=\"schema\" id=\"schema-{name}\"><h3><code>{name}</code></h3>{about}{}</section>",
        body(schema)
    )
}

fn whole(title: &str, main: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{}</title>\
         <link rel=\"stylesheet\" href=\"/docs/reference.css\"></head><body>{main}</body></html>\n",
        escaped(title)
    )
}
