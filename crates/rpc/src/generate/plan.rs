//! Every name of a client, settled before a line of it is written: the same document, the same names.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::names::{Scope, class_name, identifier};
use super::shapes::BUILTINS;
use crate::{Document, Fields, Method, Shape};

/// The most classes of errors.
const MAX_ERRORS: usize = 200;

/// How many words of an error's message its class is named by.
const MAX_ERROR_WORDS: usize = 6;

/// How deep names with dots are namespaces; what is deeper is one word.
const MAX_DEPTH: usize = 6;

/// What all hints of one text together may take, in bytes; about, since tables say the same once more.
const MAX_HINT_BYTES: usize = 8 << 20;

/// Codes of JSON-RPC itself, which have classes in `hero_rpc`.
const STANDARD: [i64; 5] = [-32700, -32600, -32601, -32602, -32603];

/// A document with the names that it has in Python.
pub(super) struct Plan<'a> {
    pub(super) service: &'a str,
    pub(super) document: &'a Document,
    /// The methods without a dot, and the namespaces of the others.
    pub(super) root: Space<'a>,
    /// The class of each named object, and the name of each named set of values.
    pub(super) classes: Vec<String>,
    /// The members of each named object, in the document's order.
    pub(super) members: Vec<Vec<String>>,
    /// Which schemas with names a method leads to, in the document's order.
    pub(super) used: Vec<usize>,
    /// With the largest code first.
    pub(super) errors: Vec<ErrorClass<'a>>,
    /// The builtins of hints that are something else in this client.
    pub(super) shadowed: Vec<&'static str>,
    /// What hints may still take of `MAX_HINT_BYTES`.
    pub(super) hint_bytes: Cell<usize>,
}

/// Methods, and further spaces, under one name.
#[derive(Default)]
pub(super) struct Space<'a> {
    /// In Python.
    pub(super) name: String,
    /// With dots, as methods are called.
    pub(super) path: String,
    pub(super) methods: Vec<(String, &'a Method)>,
    pub(super) spaces: Vec<Space<'a>>,
}

/// An error that has a class.
pub(super) struct ErrorClass<'a> {
    pub(super) name: String,
    pub(super) code: i64,
    pub(super) message: &'a str,
}

impl<'a> Plan<'a> {
    pub(super) fn of(service: &'a str, document: &'a Document) -> Plan<'a> {
        // `annotations` is what the first import of the module is called.
        let mut top = Scope::without(["annotations"]);
        let root = space(&mut top, String::new(), branch(&document.methods));
        let errors = errors(&mut top, &document.methods);
        let used = used(document);
        let mut classes = vec![String::new(); document.named.len()];
        for at in &used {
            classes[*at] = top.claim(class_name(&document.named[*at].name));
        }
        let names: HashSet<&str> = used.iter().map(|at| classes[*at].as_str()).collect();
        let mut members = vec![Vec::new(); document.named.len()];
        for at in &used {
            let Fields::Record(fields) = &document.named[*at].fields else { continue };
            let mut scope = Scope::without(["self"]);
            let wanted = fields.iter().map(|field| identifier(&field.name, "member"));
            scope.reserve(wanted.filter_map(|name| names.get(name.as_str()).copied()));
            members[*at] =
                scope.claim_all(fields.iter().map(|field| field.name.as_str()), "member");
        }
        let mut taken: HashSet<&str> = members.iter().flatten().map(String::as_str).collect();
        root.collect(&mut taken);
        let shadowed = BUILTINS.into_iter().filter(|name| taken.contains(name)).collect();
        let hint_bytes = Cell::new(MAX_HINT_BYTES);
        Plan { service, document, root, classes, members, used, errors, shadowed, hint_bytes }
    }

    /// The same for one more text.
    pub(super) fn anew(&self) -> &Plan<'a> {
        self.hint_bytes.set(MAX_HINT_BYTES);
        self
    }

    /// The class of an error, where its code has one.
    pub(super) fn class_of(&self, code: i64) -> Option<&str> {
        let found = self.errors.binary_search_by(|class| code.cmp(&class.code));
        found.ok().map(|at| self.errors[at].name.as_str())
    }
}

impl<'a> Space<'a> {
    fn collect<'s>(&'s self, taken: &mut HashSet<&'s str>) {
        taken.extend(self.methods.iter().map(|(name, _)| name.as_str()));
        for space in &self.spaces {
            taken.insert(&space.name);
            space.collect(taken);
        }
    }

    /// This space and all within, outermost first.
    pub(super) fn all(&self) -> Vec<&Space<'a>> {
        let mut all = vec![self];
        for space in &self.spaces {
            all.extend(space.all());
        }
        all
    }
}

/// Methods by the parts of their names, before the parts have names in Python.
#[derive(Default)]
struct Branch<'a> {
    methods: Vec<(&'a str, &'a Method)>,
    branches: Vec<(&'a str, Branch<'a>)>,
    places: HashMap<&'a str, usize>,
}

fn branch(methods: &[Method]) -> Branch<'_> {
    let mut root = Branch::default();
    for method in methods {
        let mut parts = method.name.splitn(MAX_DEPTH, '.').collect::<Vec<_>>();
        let last = parts.pop().unwrap_or_default();
        let mut at = &mut root;
        for part in parts {
            let place = *at.places.entry(part).or_insert_with(|| {
                at.branches.push((part, Branch::default()));
                at.branches.len() - 1
            });
            at = &mut at.branches[place].1;
        }
        at.methods.push((last, method));
    }
    root
}

/// The names of a branch: its methods first, then the spaces within.
fn space<'a>(scope: &mut Scope, path: String, branch: Branch<'a>) -> Space<'a> {
    let Branch { methods, branches, .. } = branch;
    let names = scope.claim_all(methods.iter().map(|(part, _)| *part), "method");
    let methods = names.into_iter().zip(methods.into_iter().map(|(_, method)| method)).collect();
    let names = scope.claim_all(branches.iter().map(|(part, _)| *part), "methods");
    let spaces = names.into_iter().zip(branches).map(|(name, (part, branch))| {
        let path = if path.is_empty() { part.to_owned() } else { format!("{path}.{part}") };
        Space { name, ..space(&mut Scope::default(), path, branch) }
    });
    let spaces = spaces.collect();
    Space { name: String::new(), path, methods, spaces }
}

/// A class for each code, named by the first message that it has.
fn errors<'a>(top: &mut Scope, methods: &'a [Method]) -> Vec<ErrorClass<'a>> {
    let mut by_code: BTreeMap<i64, &str> = BTreeMap::new();
    for error in methods.iter().flat_map(|method| &method.errors) {
        if by_code.len() < MAX_ERRORS && !STANDARD.contains(&error.code) {
            by_code.entry(error.code).or_insert(&error.message);
        }
    }
    let one = |(code, message): (i64, &'a str)| {
        let words: Vec<&str> = message
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .take(MAX_ERROR_WORDS)
            .collect();
        let name = match words.as_slice() {
            [] => format!("Error{}", code.unsigned_abs()),
            words => class_name(&words.join("_")),
        };
        ErrorClass { name: top.claim(name), code, message }
    };
    by_code.into_iter().rev().map(one).collect()
}

/// The objects and fixed sets of values that methods lead to.
fn used(document: &Document) -> Vec<usize> {
    let mut seen = vec![false; document.named.len()];
    let mut to_see: Vec<&Shape> = Vec::new();
    for method in &document.methods {
        to_see.extend(method.params.iter().map(|param| &param.shape));
        to_see.push(&method.result);
    }
    while let Some(shape) = to_see.pop() {
        match shape {
            Shape::List(inner) | Shape::Map(inner) => to_see.push(inner),
            Shape::Tuple(shapes) | Shape::Union(shapes) => to_see.extend(shapes),
            Shape::Named(at) if !seen[*at] => {
                seen[*at] = true;
                match &document.named[*at].fields {
                    Fields::Record(members) => {
                        to_see.extend(members.iter().map(|member| &member.shape));
                    }
                    Fields::Alias(shape) => to_see.push(shape),
                }
            }
            _ => {}
        }
    }
    let has_name = |at: &usize| {
        let fields = &document.named[*at].fields;
        seen[*at] && matches!(fields, Fields::Record(_) | Fields::Alias(Shape::Choice(_)))
    };
    (0..document.named.len()).filter(has_name).collect()
}
