//! The short interface of a service, for models to read and people who look something up: a line for
//! each method, object and error, in the order of the document.

use std::fmt::Write as _;

use super::literal::{first_sentence, line};
use super::module::{Argument, argument, signature};
use super::names::Scope;
use super::plan::{Plan, Space};
use super::shapes::Words;
use crate::{Fields, Method, module_of};

/// The longest sentence behind a line, in characters.
const MAX_SENTENCE: usize = 120;

pub(super) fn write(plan: &Plan<'_>) -> String {
    let mut text = String::new();
    let (module, document) = (module_of(plan.service), plan.document);
    let title = line(&format!("{} {}", document.title, document.version), 100);
    let _ = writeln!(text, "# {title}");
    let about = line(first_sentence(&document.about), MAX_SENTENCE);
    if !about.is_empty() {
        let _ = writeln!(text, "# {about}");
    }
    let _ = writeln!(text, "from hero_rpc import {module}\n");
    methods(plan, &plan.root, &module, &mut text);
    if !plan.used.is_empty() {
        text.push('\n');
    }
    for at in &plan.used {
        let class = &plan.classes[*at];
        let named = &document.named[*at];
        let _ = match &named.fields {
            Fields::Alias(shape) => write!(text, "{class} = {}", plan.hint(shape, Words::Plain)),
            Fields::Record(members) => {
                let members = members.iter().zip(&plan.members[*at]).map(|(member, name)| {
                    let Argument { hint, default, .. } = argument(plan, member, Words::Plain);
                    match default {
                        Some(default) => format!("{name}: {hint} = {default}"),
                        None => format!("{name}: {hint}"),
                    }
                });
                let members: Vec<String> = members.collect();
                write!(text, "class {class}: {}", members.join("; "))
            }
        };
        end_line(&named.about, &mut text);
    }
    if !plan.errors.is_empty() {
        text.push('\n');
    }
    for error in &plan.errors {
        let _ = write!(text, "class {}(RpcError): code = {}", error.name, error.code);
        end_line(error.message, &mut text);
    }
    text
}

fn methods(plan: &Plan<'_>, space: &Space<'_>, path: &str, text: &mut String) {
    for (name, method) in &space.methods {
        let mut scope = Scope::default();
        let params = method.params.iter();
        let names = scope.claim_all(params.clone().map(|param| param.name.as_str()), "param");
        let arguments: Vec<Argument> =
            params.map(|param| argument(plan, param, Words::Plain)).collect();
        let signature = signature(method, &names, &arguments);
        let answer = plan.hint(&plan.expanded(&method.result), Words::Plain);
        let _ = write!(text, "{path}.{name}({signature}) -> {answer}");
        end_line(&sentence(method), text);
    }
    for inner in &space.spaces {
        methods(plan, inner, &format!("{path}.{}", inner.name), text);
    }
}

fn sentence(method: &Method) -> String {
    let about = if method.summary.is_empty() { &method.description } else { &method.summary };
    let deprecated = if method.deprecated { "Deprecated. " } else { "" };
    format!("{deprecated}{}", first_sentence(about))
}

fn end_line(about: &str, text: &mut String) {
    let about = line(first_sentence(about), MAX_SENTENCE);
    if about.is_empty() {
        text.push('\n');
    } else {
        let _ = writeln!(text, "  # {about}");
    }
}
