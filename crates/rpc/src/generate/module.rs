//! The client of a service as a Python module, and its stub: the same declarations, with and without
//! what runs.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::docstring;
use super::literal::{docstring as literal_docstring, first_sentence, line, string};
use super::names::Scope;
use super::plan::{Plan, Space};
use super::shapes::{BUILTINS, Words, default_literal, nullable};
use crate::{Fields, Member, Method, Passing, Shape};

/// What is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A module that runs.
    Client,
    /// A `.pyi`.
    Stub,
}

pub(super) fn write(plan: &Plan<'_>, form: Form) -> String {
    let mut text = String::new();
    head(plan, form, &mut text);
    for class in &plan.errors {
        let _ = writeln!(text, "\n\nclass {}(_RpcError):", class.name);
        let about =
            format!("{} (code {}).", line(class.message, 200).trim_end_matches('.'), class.code);
        let _ = writeln!(text, "    {}", literal_docstring(&about, "    "));
    }
    if form == Form::Client {
        let classes: Vec<String> =
            plan.errors.iter().map(|class| format!("{}: {}", class.code, class.name)).collect();
        let (service, classes) = (string(plan.service), classes.join(", "));
        let _ = writeln!(text, "\n\n_rpc = _Client({service}, __name__, {{{classes}}})");
    }
    for at in &plan.used {
        if let Fields::Alias(shape) = &plan.document.named[*at].fields {
            let _ = writeln!(text, "\n{} = {}", plan.classes[*at], plan.hint(shape, Words::Ours));
        }
    }
    for at in &plan.used {
        if let Fields::Record(members) = &plan.document.named[*at].fields {
            record(plan, form, *at, members, &mut text);
        }
    }
    operations(plan, form, &mut text);
    text
}

fn head(plan: &Plan<'_>, form: Form, text: &mut String) {
    let document = plan.document;
    let mut about = format!("Client of the service `{}`", plan.service);
    if !document.title.is_empty() {
        let title = line(&document.title, 100);
        let _ = write!(about, ": {title} {}", line(&document.version, 40));
    }
    let _ = write!(about, "\n\n{}", first_sentence(&document.about));
    let about = about.trim();
    let about = format!("{about}\n\nMade from its OpenRPC document {}.", document.digest);
    let _ = writeln!(text, "{}", literal_docstring(&about, ""));
    let _ = writeln!(text, "\nfrom __future__ import annotations\n");
    let _ = writeln!(text, "from typing import Any as _Any");
    let _ = writeln!(text, "from typing import Literal as _Literal\n");
    if form == Form::Client {
        let _ = writeln!(text, "from hero_rpc._client import Client as _Client");
    }
    let _ = writeln!(text, "from hero_rpc._errors import RpcError as _RpcError");
    let _ = writeln!(text, "from hero_rpc._record import Record as _Record");
    let _ = writeln!(text, "from sluice._calls import Operation as _Operation");
    let _ = writeln!(text, "from sluice._calls import Request as _Request");
    for name in BUILTINS.iter().filter(|name| plan.shadowed.contains(name)) {
        let _ = writeln!(text, "from builtins import {name} as _{name}");
    }
}

fn record(plan: &Plan<'_>, form: Form, at: usize, members: &[Member], text: &mut String) {
    let named = &plan.document.named[at];
    let _ = writeln!(text, "\n\nclass {}(_Record):", plan.classes[at]);
    let about = if named.about.is_empty() { &plan.classes[at] } else { &named.about };
    let _ = writeln!(text, "    {}\n", literal_docstring(about, "    "));
    let mut tables = String::new();
    for (member, name) in members.iter().zip(&plan.members[at]) {
        let Argument { hint, default, shape } = argument(plan, member, Words::Ours);
        let _ = match &default {
            Some(default) => writeln!(text, "    {name}: {hint} = {default}"),
            None => writeln!(text, "    {name}: {hint}"),
        };
        let need = if default.is_none() { "True" } else { "False" };
        let (wire, table) = (string(&member.name), plan.table(&shape));
        let _ = write!(tables, "\n        ({wire}, \"{name}\", {table}, {need}),");
    }
    if form == Form::Client {
        let _ = writeln!(text, "\n    __wire__ = ({tables}\n    )");
    }
}

/// A param or a member as Python has it.
pub(super) struct Argument {
    pub(super) hint: String,
    /// None where it must be given.
    pub(super) default: Option<String>,
    shape: Shape,
}

impl Argument {
    /// Whether it is always sent; else only where it is given.
    fn is_sent(&self) -> bool {
        self.default.as_deref() != Some("None")
    }
}

pub(super) fn argument(plan: &Plan<'_>, member: &Member, words: Words) -> Argument {
    let shape = plan.expanded(&member.shape);
    let default = member.default.as_ref().and_then(|value| default_literal(plan, &shape, value));
    let default = match (member.required, default) {
        (true, _) => None,
        (false, default) => Some(default.unwrap_or_else(|| "None".to_owned())),
    };
    let hinted =
        if default.as_deref() == Some("None") { nullable(shape.clone()) } else { shape.clone() };
    Argument { hint: plan.hint(&hinted, words), default, shape }
}

/// The names of the functions behind methods: a method at the top is its own.
type Functions = HashMap<*const Method, String>;

fn operations(plan: &Plan<'_>, form: Form, text: &mut String) {
    let mut private = Scope::without(["_rpc"]);
    let mut functions = Functions::new();
    for space in plan.root.all() {
        let is_root = std::ptr::eq(space, &raw const plan.root);
        let path = space.path.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let path = Some(path.trim_matches('_')).filter(|path| !path.is_empty()).unwrap_or("m");
        for (name, method) in &space.methods {
            let function =
                if is_root { name.clone() } else { private.claim(format!("_{path}__{name}")) };
            operation(plan, form, &function, method, text);
            functions.insert(*method, function);
        }
    }
    for space in &plan.root.spaces {
        text.push_str("\n\n");
        namespace(space, &functions, "", text);
    }
}

fn namespace(space: &Space<'_>, functions: &Functions, indent: &str, text: &mut String) {
    let inner = format!("{indent}    ");
    let about = format!("The methods whose names begin with `{}.`.", line(&space.path, 100));
    let _ = writeln!(text, "{indent}class {}:", space.name);
    let _ = writeln!(text, "{inner}{}\n", literal_docstring(&about, &inner));
    for (name, method) in &space.methods {
        let _ = writeln!(text, "{inner}{name} = {}", functions[&std::ptr::from_ref(*method)]);
    }
    for space in &space.spaces {
        text.push('\n');
        namespace(space, functions, &inner, text);
    }
}

fn operation(plan: &Plan<'_>, form: Form, function: &str, method: &Method, text: &mut String) {
    let mut scope = Scope::default();
    let names = scope.claim_all(method.params.iter().map(|param| param.name.as_str()), "param");
    let arguments: Vec<Argument> =
        method.params.iter().map(|param| argument(plan, param, Words::Ours)).collect();
    let result = plan.expanded(&method.result);
    let signature = signature(method, &names, &arguments);
    let answer = plan.hint(&result, Words::Ours);
    let _ = writeln!(text, "\n\n@_Operation\ndef {function}({signature}) -> _Request[{answer}]:");
    let about = docstring::of_method(plan, method, &names);
    let _ = writeln!(text, "    {}", literal_docstring(&about, "    "));
    if form == Form::Stub {
        text.push_str("    ...\n");
        return;
    }
    let called = string(&method.name);
    let table = plan.table(&result);
    if method.passing == Passing::ByPosition {
        let needed = method.params.iter().rposition(|param| param.required).map_or(0, |at| at + 1);
        // One value in brackets is a tuple by its comma alone.
        let values = names.join(", ") + if names.len() == 1 { "," } else { "" };
        let _ =
            writeln!(text, "    return _rpc.by_position({called}, ({values}), {needed}, {table})");
        return;
    }
    let members = |sent: bool| {
        let all = method.params.iter().zip(&names).zip(&arguments);
        let these = all.filter(|(_, argument)| argument.is_sent() == sent);
        let members: Vec<String> =
            these.map(|((param, name), _)| format!("{}: {name}", string(&param.name))).collect();
        members.join(", ")
    };
    let (sent, given) = (members(true), members(false));
    let _ = writeln!(text, "    return _rpc({called}, {{{sent}}}, {{{given}}}, {table})");
}

/// The parameters of a function: by name only, unless the method takes an array.
pub(super) fn signature(method: &Method, names: &[String], arguments: &[Argument]) -> String {
    let by_position = method.passing == Passing::ByPosition;
    let mut parts: Vec<String> = Vec::new();
    if !by_position && !names.is_empty() {
        parts.push("*".to_owned());
    }
    let last_required = method.params.iter().rposition(|param| param.required);
    for (at, (name, Argument { hint, default, .. })) in names.iter().zip(arguments).enumerate() {
        // Python wants what must be given in front of what need not.
        let default =
            default.as_ref().filter(|_| !by_position || last_required.is_none_or(|l| at > l));
        parts.push(match default {
            Some(default) => format!("{name}: {hint} = {default}"),
            None => format!("{name}: {hint}"),
        });
    }
    parts.join(", ")
}
