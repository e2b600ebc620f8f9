//! One operation: what it takes, what it answers, and how to ask for it from a terminal.

use serde_json::{Map, Value};

use super::html::{block, code, escaped, line, paragraphs};
use super::schema::{example, kind, row, table};

/// An operation of the document.
pub(super) struct Operation<'d> {
    pub(super) method: String,
    pub(super) path: &'d str,
    pub(super) about: &'d Value,
}

/// All of them, in the order of the document.
pub(super) fn operations(document: &Value) -> Vec<Operation<'_>> {
    const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
    let paths = document["paths"].as_object().into_iter().flatten();
    let mut operations = Vec::new();
    for (path, item) in paths {
        for method in METHODS {
            if let Some(about) = item.get(method) {
                operations.push(Operation { method: method.to_uppercase(), path, about });
            }
        }
    }
    operations
}

impl<'d> Operation<'d> {
    /// What it is called.
    pub(super) fn id(&self) -> &'d str {
        self.about["operationId"].as_str().unwrap_or_default()
    }

    /// The kind of thing that it is about: the first part of its path.
    pub(super) fn group(&self) -> &'d str {
        self.path.trim_start_matches("/v1/").split('/').next().unwrap_or_default()
    }

    /// What it does, in a sentence.
    pub(super) fn summary(&self) -> &'d str {
        self.about["summary"].as_str().unwrap_or_default()
    }

    /// The badge of its method.
    pub(super) fn badge(&self) -> String {
        let method = escaped(&self.method);
        format!("<span class=\"method {}\">{method}</span>", method.to_lowercase())
    }

    /// All of it.
    pub(super) fn drawn(&self, document: &Value) -> String {
        let id = escaped(self.id());
        let description = self.about["description"].as_str().map(paragraphs).unwrap_or_default();
        format!(
            "<section class=\"operation\" id=\"{id}\"><h3>{} <code class=\"path\">{}</code> \
             <a class=\"anchor\" href=\"#{id}\">{id}</a></h3><p class=\"summary\">{}</p>{description}{}{}{}{}{}\
             </section>",
            self.badge(),
            escaped(self.path),
            line(self.summary()),
            self.scope(),
            self.parameters(),
            self.body(),
            self.answers(),
            self.curl(document),
        )
    }

    fn scope(&self) -> String {
        let requirements = self.about["security"].as_array();
        let Some(requirements) = requirements.filter(|them| !them.is_empty()) else {
            return "<p class=\"scope\">Needs no token.</p>".to_owned();
        };
        let is_optional = requirements.iter().any(|it| it.as_object().is_some_and(Map::is_empty));
        let scopes = requirements[0]["token"].as_array().into_iter().flatten();
        let scopes: Vec<String> = scopes.filter_map(Value::as_str).map(code).collect();
        match (is_optional, scopes.is_empty()) {
            (true, _) => "<p class=\"scope\">Takes a token, or none.</p>".to_owned(),
            (false, true) => "<p class=\"scope\">Needs a token.</p>".to_owned(),
            (false, false) => format!("<p class=\"scope\">Scope {}</p>", scopes.join(", ")),
        }
    }

    fn parameters(&self) -> String {
        let parameters = self.about["parameters"].as_array().into_iter().flatten();
        let drawn = |parameter: &Value| {
            let mut schema = parameter["schema"].clone();
            if let (Some(schema), Some(about)) =
                (schema.as_object_mut(), parameter.get("description"))
            {
                schema.insert("description".to_owned(), about.clone());
            }
            let name = parameter["name"].as_str().unwrap_or_default();
            row(name, parameter["in"].as_str().unwrap_or_default(), &schema)
        };
        let rows: String = parameters.map(drawn).collect();
        if rows.is_empty() { rows } else { format!("<h4>Parameters</h4>{}", table(&rows)) }
    }

    fn body(&self) -> String {
        let content = self.about["requestBody"]["content"].as_object().into_iter().flatten();
        let kinds: Vec<String> = content.map(of_media).collect();
        if kinds.is_empty() {
            return String::new();
        }
        format!("<h4>Body</h4><p class=\"kind\">{}</p>", kinds.join(", "))
    }

    fn answers(&self) -> String {
        let answers = self.about["responses"].as_object().into_iter().flatten();
        let mut answers: Vec<_> = answers.collect();
        answers.sort_by_key(|(status, _)| status.as_str() == "default");
        let rows: String =
            answers.into_iter().map(|(status, answer)| answered(status, answer)).collect();
        format!("<h4>Answers</h4>{}", table(&rows))
    }

    fn curl(&self, document: &Value) -> String {
        let mut words = vec!["curl".to_owned()];
        if self.method != "GET" {
            words.push(format!("-X {}", self.method));
        }
        words.push(format!("\"$SLUICE{}\"", self.path));
        let needs_token = self.about["security"].as_array().is_some_and(|it| !it.is_empty());
        if needs_token {
            words.push("\\\n  -H \"Authorization: Bearer $SLUICE_TOKEN\"".to_owned());
        }
        let content = self.about["requestBody"]["content"].as_object();
        if let Some((media_type, media)) = content.and_then(|content| content.iter().next()) {
            words.push(format!("\\\n  -H 'Content-Type: {media_type}'"));
            let sent = if media_type == "application/json" {
                let value = example(document, &media["schema"], 0).to_string();
                format!("\\\n  -d '{}'", value.replace('\'', "'\\''"))
            } else {
                "\\\n  --data-binary @record.ndjson".to_owned()
            };
            words.push(sent);
        }
        block(&words.join(" "))
    }
}

fn of_media((media_type, media): (&String, &Value)) -> String {
    let is_text = media["schema"]["type"] == "string";
    let kind = if is_text { String::new() } else { format!(": {}", kind(&media["schema"])) };
    format!("{}{kind}", code(media_type))
}

fn answered(status: &str, answer: &Value) -> String {
    let (status, usual) = match status {
        "default" => ("else", "Why the request was not carried out."),
        "204" => (status, "Nothing."),
        status => (status, ""),
    };
    let content = answer["content"].as_object().into_iter().flatten();
    let kinds: Vec<String> = content.map(of_media).collect();
    let told = answer["description"].as_str().filter(|told| !told.is_empty()).unwrap_or(usual);
    let headers = answer["headers"].as_object().into_iter().flatten().map(|(name, _)| code(name));
    let headers: Vec<String> = headers.collect();
    let headers = match headers.len() {
        0 => String::new(),
        _ => format!(" <span class=\"bound\">headers {}</span>", headers.join(", ")),
    };
    format!(
        "<tr><th scope=\"row\">{}</th><td class=\"kind\">{}</td><td>{}{headers}</td></tr>",
        code(status),
        kinds.join("<br>"),
        line(told),
    )
}
