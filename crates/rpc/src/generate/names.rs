//! Names of documents as names of Python: any text in, an identifier out that is no keyword and begins
//! with no underscore; all that begin with one are ours.

use std::collections::{HashMap, HashSet};

/// The longest identifier.
const MAX_LENGTH: usize = 100;

const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Whether a text is a keyword of Python.
pub(crate) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// The identifier nearest to a text; `word` stands in front of what would begin with a digit, and for
/// what has no letter at all.
pub(super) fn identifier(text: &str, word: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let all: String = text.chars().take(MAX_LENGTH).map(plain).collect();
    let bare = all.trim_start_matches('_');
    let hidden = bare.len() < all.len() && text.starts_with('_');
    let mut name = match bare.chars().next() {
        None => word.to_owned(),
        Some(first) if first.is_ascii_digit() => format!("{word}_{bare}"),
        Some(_) => bare.to_owned(),
    };
    if is_keyword(&name) || (hidden && !name.ends_with('_')) {
        name.push('_');
    }
    name
}

/// The same as the name of a class: `event_list` becomes `EventList`.
pub(super) fn class_name(text: &str) -> String {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    let mut name = String::new();
    for part in parts {
        let mut chars = part.chars();
        name.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(chars.as_str());
    }
    name.truncate(MAX_LENGTH);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert_str(0, "Type");
    }
    if is_keyword(&name) { name + "_" } else { name }
}

/// The names of one scope, each given once.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    taken: HashSet<String>,
    /// The number that each name which was wanted twice has next.
    next: HashMap<String, usize>,
}

impl Scope {
    /// A scope in which some names are taken from the start.
    pub(super) fn without<'a>(names: impl IntoIterator<Item = &'a str>) -> Scope {
        let taken = names.into_iter().map(str::to_owned).collect();
        Scope { taken, next: HashMap::new() }
    }

    /// Takes names from the scope.
    pub(super) fn reserve<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        self.taken.extend(names.into_iter().map(str::to_owned));
    }

    /// The name itself where it is free, else with `_`, `_2`, `_3` after it.
    pub(super) fn claim(&mut self, name: String) -> String {
        if self.taken.insert(name.clone()) {
            return name;
        }
        // A number that was given once is never looked at again, however many want the name.
        let next = self.next.entry(name.clone()).or_insert(1);
        loop {
            let longer = if *next == 1 { format!("{name}_") } else { format!("{name}_{next}") };
            *next += 1;
            if self.taken.insert(longer.clone()) {
                return longer;
            }
        }
    }

    /// A name for each text, in the order of the texts. Those that are identifiers as they stand come
    /// first, so that `event_list` is itself whatever else becomes `event_list`.
    pub(super) fn claim_all<'a>(
        &mut self,
        texts: impl Iterator<Item = &'a str> + Clone,
        word: &str,
    ) -> Vec<String> {
        let wanted: Vec<(bool, String)> = texts
            .map(|text| {
                let name = identifier(text, word);
                (name == text, name)
            })
            .collect();
        let mut names = vec![String::new(); wanted.len()];
        for exact in [true, false] {
            for (place, (is_exact, name)) in wanted.iter().enumerate() {
                if *is_exact == exact {
                    names[place] = self.claim(name.clone());
                }
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_an_identifier() {
        for (text, name) in [
            ("event_list", "event_list"),
            ("event-list", "event_list"),
            ("import", "import_"),
            ("None", "None_"),
            ("__class__", "class__"),
            ("_x", "x_"),
            ("2fa", "method_2fa"),
            ("", "method"),
            ("日本", "method"),
            ("a\n\"\"\"b", "a____b"),
        ] {
            assert_eq!(identifier(text, "method"), name, "{text:?}");
        }
        assert_eq!(class_name("event_list.result"), "EventListResult");
        assert_eq!(class_name("none"), "None_");
        assert_eq!(class_name("3d"), "Type3d");
        assert_eq!(class_name("\u{2028}"), "Type");
    }

    #[test]
    fn names_that_meet_are_told_apart_the_same_way_each_time() {
        let mut scope = Scope::without(["taken"]);
        let texts = ["a-b", "a_b", "a.b", "taken", "class", "class_"];
        let names = scope.claim_all(texts.into_iter(), "x");
        assert_eq!(names, ["a_b_", "a_b", "a_b_2", "taken_", "class__", "class_"]);
    }

    #[test]
    fn many_that_want_one_name_are_told_apart_without_a_search() {
        let texts: Vec<String> =
            (0..200_000).map(|at| format!("{}{at}", "x".repeat(100))).collect();
        let names = Scope::default().claim_all(texts.iter().map(String::as_str), "x");
        let last = names.last().map(String::as_str).unwrap_or_default();
        assert!(last.ends_with("x_199999"), "{last}");
    }
}
