//! The walls between crates: who may know whom, and who alone owns a heavy dependency.

use toml::{Table, Value};

use crate::tree::{self, Problem, hold};

/// Every package of the workspace and the packages of ours that it may depend on. A crate that is
/// not in this table fails the test: write down its arrows before its first line. The arrows of
/// crates still to come are settled already.
const ARROWS: &[(&str, &[&str])] = &[
    ("sluice-model", &[]),
    ("sluice-sandbox", &["sluice-model"]),
    ("sluice-rpc", &["sluice-model"]),
    ("sluice-outbound", &["sluice-model"]),
    ("sluice-db", &["sluice-model"]),
    (
        "sluice-executor",
        &["sluice-model", "sluice-sandbox", "sluice-rpc", "sluice-outbound", "sluice-db"],
    ),
    ("sluice-server", &["sluice-model", "sluice-executor", "sluice-rpc", "sluice-db"]),
    ("sluice", ALL),
    ("xtask", ALL),
    ("sluice-tests", ALL),
];

/// For those at the top, which put everything together.
const ALL: &[&str] = &[
    "sluice-model",
    "sluice-sandbox",
    "sluice-rpc",
    "sluice-outbound",
    "sluice-db",
    "sluice-executor",
    "sluice-server",
    "sluice",
];

/// Heavy dependencies and their owners. A `*` at the end stands for any end.
const OWNERS: &[(&str, &[&str])] = &[
    ("wasmtime*", &["sluice-sandbox"]),
    ("wit-*", &["sluice-sandbox"]),
    ("sqlx*", &["sluice-db"]),
    ("axum*", &["sluice-server", "sluice-tests"]),
    ("opentelemetry*", &["sluice-server", "sluice-tests"]),
    ("hyper*", &["sluice-rpc", "sluice-server"]),
    ("chacha20poly1305", &["sluice-outbound"]),
    ("rustls-platform-verifier", &["sluice-outbound"]),
    ("clap*", &["sluice", "xtask", "sluice-tests"]),
    ("anyhow", &["sluice", "xtask", "sluice-tests"]),
];

fn problems_of(path: &str, manifest: &Table) -> Vec<Problem> {
    let name = manifest["package"]["name"].as_str().expect("cargo has read the name before us");
    let Some((_, allowed)) = ARROWS.iter().find(|(package, _)| *package == name) else {
        let what = format!("`{name}` is not in the table of arrows: add it to {}", file!());
        return vec![Problem::of(path, what)];
    };
    let mut problems = Vec::new();
    if manifest.get("lints") != Some(&workspace_true()) {
        problems.push(Problem::of(path, "add `[lints]` with `workspace = true`"));
    }
    for (dependency, value) in dependencies(manifest) {
        let ours = ARROWS.iter().any(|(package, _)| *package == dependency);
        if ours && !allowed.contains(&dependency) {
            let what = format!("`{name}` may not know `{dependency}`: its arrows are {allowed:?}");
            problems.push(Problem::of(path, what));
        }
        let owners = OWNERS.iter().find(|(pattern, _)| matches(pattern, dependency));
        if let Some((_, owners)) = owners.filter(|(_, owners)| !owners.contains(&name)) {
            let what = format!("only {owners:?} may depend on `{dependency}`: ask through them");
            problems.push(Problem::of(path, what));
        }
        if value.get("workspace") != Some(&Value::Boolean(true)) {
            let what = format!(
                "`{dependency}` has a version of its own: move it to `[workspace.dependencies]` \
                 and write `{dependency}.workspace = true`"
            );
            problems.push(Problem::of(path, what));
        }
    }
    problems
}

/// Every dependency of a manifest: normal, for tests, for the build script, for one platform.
fn dependencies(manifest: &Table) -> Vec<(&str, &Value)> {
    let platforms = manifest.get("target").and_then(Value::as_table).into_iter().flatten();
    let tables = platforms.filter_map(|(_, platform)| platform.as_table()).chain([manifest]);
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    tables
        .flat_map(|table| kinds.iter().filter_map(|kind| table.get(*kind)?.as_table()))
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
        .collect()
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

fn workspace_true() -> Value {
    Value::Table(Table::from_iter([("workspace".to_owned(), Value::Boolean(true))]))
}

#[test]
fn crates_keep_their_walls() {
    let manifests = tree::files();
    let problems: Vec<Problem> = manifests
        .iter()
        .filter(|path| path.ends_with("/Cargo.toml"))
        .flat_map(|path| {
            problems_of(path, &tree::required(path).parse().expect("cargo has read it before us"))
        })
        .collect();
    hold("the walls between crates", &problems);
}

#[test]
fn a_breach_of_each_wall_is_found() {
    let found = |manifest: &str| {
        let manifest = format!("{manifest}\n[lints]\nworkspace = true");
        let problems = problems_of("Cargo.toml", &manifest.parse().expect("the example is TOML"));
        problems.iter().map(ToString::to_string).collect::<String>()
    };
    let package = |name: &str| format!("[package]\nname = '{name}'\n");
    let with = |name, rest: &str| found(&(package(name) + rest));
    assert_eq!(with("sluice-sandbox", "[dependencies]\nsluice-model.workspace = true"), "");
    assert!(with("sluice-new", "").contains("not in the table of arrows"));
    assert!(
        with("sluice-model", "[dependencies]\nsluice-db.workspace = true")
            .contains("may not know `sluice-db`")
    );
    assert!(
        with("sluice", "[target.'cfg(unix)'.dev-dependencies]\nwasmtime-wasi.workspace = true")
            .contains("only [\"sluice-sandbox\"]")
    );
    assert!(with("sluice", "[build-dependencies]\nserde = '1'").contains("a version of its own"));
}
