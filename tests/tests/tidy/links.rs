//! Every relative link of the documents leads somewhere.

use std::path::Path;

use crate::tree::{self, Problem, hold};

/// The targets of a document's inline links that are paths, with their lines. What is in a fenced
/// block is an example.
fn links(document: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut links = Vec::new();
    for (line, number) in document.lines().zip(1..) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for rest in line.split("](").skip(1) {
            let target = rest.split([')', ' ']).next().unwrap_or_default();
            let path = target.split('#').next().unwrap_or_default();
            if !path.is_empty() && !path.contains(':') {
                links.push((number, path));
            }
        }
    }
    links
}

#[test]
fn every_link_resolves() {
    let mut problems = Vec::new();
    for path in tree::sources(&["md"]) {
        let folder = tree::root().join(Path::new(&path).parent().unwrap_or(Path::new("")));
        for (line, target) in links(&tree::required(&path)) {
            if !folder.join(target).exists() {
                let what = format!("the link leads nowhere: `{target}`");
                problems.push(Problem::at(&path, line, what));
            }
        }
    }
    hold("links of the documents", &problems);
}

#[test]
fn links_are_found_where_they_stand() {
    let document = "See [a](a.md#top) and ![b](img/b.png \"B\").\n\
                    [c](https://example.com/c.md) [d](#d)\n\
                    ```\n[e](e.md)\n```\n[f](../f.md)";
    assert_eq!(links(document), [(1, "a.md"), (1, "img/b.png"), (6, "../f.md")]);
}
