//! The web's folders: each may use those below it, and features do not know each other.

use crate::tree::{self, Problem, hold};

/// From the bottom to the top.
const FOLDERS: &[&str] = &["base", "api", "model", "ui", "features", "app"];

/// Where they are.
const SOURCES: &str = "web/src/";

/// The folder of a path below `web/src/`, and the feature, where it is one.
fn place(path: &str) -> Option<(usize, Option<&str>)> {
    let mut parts = path.split('/');
    let folder = parts.next()?;
    let rank = FOLDERS.iter().position(|known| *known == folder)?;
    Some((rank, if folder == "features" { parts.next() } else { None }))
}

/// What a line imports, by a relative path.
fn imported(line: &str) -> Vec<&str> {
    let quoted = |text: &'_ str| -> Option<&'_ str> {
        let text = line.get(line.len() - text.len()..)?;
        let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        text[1..].split(quote).next()
    };
    ["from ", "import(", "import "]
        .into_iter()
        .flat_map(|word| line.match_indices(word).map(move |(at, _)| at + word.len()))
        .filter_map(|at| quoted(&line[at..]))
        .filter(|path| path.starts_with('.'))
        .collect()
}

/// A relative path from a file, below `web/src/`; none where it leads out of there.
fn resolved(from: &str, to: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in to.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn wrong(path: &str, text: &str) -> Vec<Problem> {
    let Some(inner) = path.strip_prefix(SOURCES) else { return Vec::new() };
    let Some((rank, feature)) = place(inner) else {
        let what = format!("it is in none of the web's folders: {}", FOLDERS.join(", "));
        return vec![Problem::of(path, what)];
    };
    let mut problems = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for to in imported(line) {
            let Some((other, other_feature)) = resolved(inner, to)
                .as_deref()
                .and_then(|to| place(to).map(|(rank, feature)| (rank, feature.map(str::to_owned))))
            else {
                continue;
            };
            let is_other_feature =
                feature.is_some() && other_feature.is_some() && feature != other_feature.as_deref();
            if other > rank || is_other_feature {
                let what = format!(
                    "`{}` does not know `{to}`: what both need stands below them",
                    FOLDERS[rank]
                );
                problems.push(Problem::at(path, number + 1, what));
            }
        }
    }
    problems
}

#[test]
fn each_folder_of_the_web_uses_those_below_it() {
    let mut files = tree::sources(&["ts", "svelte"]);
    files.retain(|path| path.starts_with(SOURCES));
    let problems = files.iter().flat_map(|path| wrong(path, &tree::required(path)));
    hold("arrows of the web", &problems.collect::<Vec<_>>());
}

#[test]
fn an_arrow_that_points_up_is_found() {
    let is_wrong = |path: &str, line: &str| !wrong(&format!("web/src/{path}"), line).is_empty();
    assert!(is_wrong("base/a.ts", "import { b } from \"../api/b\";"));
    assert!(is_wrong("features/run/a.svelte", "  import B from \"../runs/B.svelte\";"));
    assert!(is_wrong("ui/a.ts", "const page = import('../features/run/Page.svelte');"));
    assert!(is_wrong("stores/a.ts", ""));
    assert!(!is_wrong("features/run/tree/a.ts", "import { b } from \"../bar\";"));
    assert!(!is_wrong(
        "app/a.ts",
        "import \"../ui/theme.css\"; import(\"../features/run/P.svelte\")"
    ));
    assert!(!is_wrong(
        "model/a.ts",
        "import { b } from \"../base/b\"; import { test } from \"vitest\";"
    ));
}
