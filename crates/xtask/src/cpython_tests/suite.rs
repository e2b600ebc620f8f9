//! CPython's test suite, from Debian's packages: pinned by digest, of the interpreter's own version.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};

use crate::places;

/// The version of the packages; the interpreter's own, so that no test knows more than it.
const VERSION: &str = "3.13.15-1";

/// Package, end of its file's name, SHA-256: the suite, and the library in two parts, with which the
/// suite's support modules come.
const PACKAGES: [(&str, &str, &str); 3] = [
    (
        "libpython3.13-testsuite",
        "all.deb",
        "fd51ec8ec591653aa36314be9eeb6405a02e2951106f9a623fe189108c9df269",
    ),
    (
        "libpython3.13-stdlib",
        "amd64.deb",
        "aef0330455c5f87932b757962267bc2550cdd00bee95525ffb5392f38b1e6191",
    ),
    (
        "libpython3.13-minimal",
        "amd64.deb",
        "9d61b08b5afe505b17d9d4c3bc4e0addd48e5e33d6642a501836e4a91e152ec0",
    ),
];

/// Where Debian may have that version, and the key that Debian signs with.
const SOURCES: &str = "\
Types: deb
URIs: http://deb.debian.org/debian
Suites: forky sid
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
";

/// Texts by path, as in `test/support/__init__.py`.
pub(super) type Texts<'a> = BTreeMap<&'a str, &'a str>;

/// The suite's Python files by path, its other files, and the Python files of the library.
#[derive(Default)]
pub(super) struct Suite {
    tests: BTreeMap<String, String>,
    data: BTreeMap<String, Vec<u8>>,
    library: BTreeMap<String, String>,
}

impl Suite {
    /// The suite, downloaded first where the cache does not have it.
    pub(super) fn open() -> anyhow::Result<Suite> {
        let folder = places::cache_dir()?.join("cpython-tests");
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let unpacked = tempfile::tempdir()?;
        for (package, end, digest) in PACKAGES {
            let file = folder.join(format!("{package}_{VERSION}_{end}"));
            if !file.is_file() {
                download(package, &folder)?;
            }
            let bytes = fs::read(&file).with_context(|| file.display().to_string())?;
            let found = hex(&Sha256::digest(bytes));
            ensure!(
                found == digest,
                "{} has the SHA-256 {found} and not {digest}: remove it and try again",
                file.display()
            );
            run(Command::new("dpkg-deb").arg("--extract").arg(&file).arg(unpacked.path()))?;
        }
        let root = unpacked.path().join("usr/lib/python3.13");
        let mut files = BTreeMap::new();
        read(&root, &root, &mut files)?;
        let mut suite = Suite::default();
        for (path, bytes) in files {
            let is_test = path.starts_with("test/");
            let is_source = Path::new(&path).extension().is_some_and(|end| end == "py");
            // A few sources are not UTF-8 on purpose, to test the parser: they are data.
            match String::from_utf8(bytes) {
                Ok(text) if is_test && is_source => drop(suite.tests.insert(path, text)),
                Ok(text) if is_source => drop(suite.library.insert(path, text)),
                Ok(text) if is_test => drop(suite.data.insert(path, text.into_bytes())),
                Err(other) if is_test => drop(suite.data.insert(path, other.into_bytes())),
                _ => {}
            }
        }
        Ok(suite)
    }

    /// What a module of the suite needs: itself, its package, the support modules, and what those
    /// name.
    pub(super) fn closure(&self, module: &str) -> Texts<'_> {
        let outermost = module.split('.').next().unwrap_or(module);
        let own = files_of(&self.tests, &format!("test.{outermost}"));
        let mut wanted: Vec<&str> = below(&self.tests, "test/support/").chain(own).collect();
        wanted.push("test/__init__.py");
        let mut closure = Texts::new();
        while let Some(path) = wanted.pop() {
            let text = self.tests[path].as_str();
            if closure.insert(path, text).is_none() {
                let named = named_modules(text);
                wanted.extend(named.iter().flat_map(|name| files_of(&self.tests, name)));
            }
        }
        closure
    }

    /// The files that the sources may want to read: those of a folder of the suite that one of them
    /// names in quotes, or lies in. As text with a character for each byte.
    pub(super) fn read_by(&self, sources: &Texts<'_>) -> BTreeMap<&str, String> {
        let folders: BTreeSet<&str> =
            self.data.keys().filter_map(|path| path.split('/').nth(1)).collect();
        let wanted = |folder: &&str| {
            let below = format!("test/{folder}/");
            let (single, double) = (format!("'{folder}'"), format!("\"{folder}\""));
            *folder != "support"
                && sources.iter().any(|(path, text)| {
                    path.starts_with(&below) || text.contains(&single) || text.contains(&double)
                })
        };
        let folders = folders.into_iter().filter(wanted).map(|folder| format!("test/{folder}/"));
        let folders: Vec<String> = folders.collect();
        let files = self.data.iter();
        files
            .filter(|(path, _)| folders.iter().any(|folder| path.starts_with(folder)))
            .map(|(path, bytes)| (path.as_str(), bytes.iter().copied().map(char::from).collect()))
            .collect()
    }

    /// The modules of the library that the sources may want to import a second time, and those that
    /// only tests want. The image does not keep the text of what it has imported.
    pub(super) fn library(&self, sources: &Texts<'_>) -> Texts<'_> {
        let wanting = sources.values().filter(|text| text.contains("import_fresh_module("));
        let words = wanting.flat_map(|text| text.split(['\'', '"']).skip(1));
        let words = words.chain(["_pyrepl", "rlcompleter"]);
        words
            .filter(|word| word.chars().all(|c| is_word(c) || c == '.') && !word.is_empty())
            .flat_map(|name| files_of(&self.library, name))
            .map(|path| (path, self.library[path].as_str()))
            .collect()
    }
}

/// The file of a module, or all files of a package.
fn files_of<'a>(files: &'a BTreeMap<String, String>, module: &str) -> Vec<&'a str> {
    let stem = module.replace('.', "/");
    if let Some((path, _)) = files.get_key_value(&format!("{stem}.py")) {
        return vec![path];
    }
    below(files, &format!("{stem}/")).collect()
}

fn below<'a>(
    files: &'a BTreeMap<String, String>,
    folder: &str,
) -> impl Iterator<Item = &'a str> + use<'a> {
    let folder = folder.to_owned();
    files.keys().map(String::as_str).filter(move |path| path.starts_with(&folder))
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Modules of the suite that a source names: `test.name` anywhere (some are imported by a string),
/// and each word of `from test import a, b`. Other test modules only where they are imported.
fn named_modules(source: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for line in source.lines().map(str::trim_start) {
        let import = line.starts_with("from test") || line.starts_with("import test");
        for (at, _) in line.match_indices("test.") {
            let whole = !line[..at].ends_with(|c| is_word(c) || c == '.');
            let name = line[at + 5..].split(|c| !is_word(c)).next().unwrap_or_default();
            if whole && !name.is_empty() && (import || !name.starts_with("test_")) {
                named.insert(format!("test.{name}"));
            }
        }
        if let Some(names) = line.strip_prefix("from test import ") {
            let words = names.split(|c| !is_word(c)).filter(|word| !word.is_empty());
            named.extend(words.map(|word| format!("test.{word}")));
        }
    }
    named
}

/// Downloads a package with an apt that knows nothing of this machine's own packages and sources.
fn download(package: &str, folder: &Path) -> anyhow::Result<()> {
    eprintln!("downloading {package} {VERSION} ...");
    let root = tempfile::tempdir()?;
    let configuration = root.path().join("apt.conf");
    let sources = root.path().join("debian.sources");
    let at = |part: &str| root.path().join(part);
    for part in ["state/lists/partial", "cache/archives/partial", "none"] {
        fs::create_dir_all(at(part))?;
    }
    fs::write(at("state/status"), "")?;
    fs::write(&sources, SOURCES)?;
    let mut settings = String::from(
        "APT::Architecture \"amd64\";\nAPT::Sandbox::User \"root\";\nAcquire::Languages \"none\";\n\
         Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n",
    );
    let paths: [(&str, PathBuf); 6] = [
        ("Dir::State", at("state")),
        ("Dir::State::status", at("state/status")),
        ("Dir::Cache", at("cache")),
        ("Dir::Etc::sourcelist", sources),
        ("Dir::Etc::sourceparts", at("none")),
        ("Dir::Etc::preferencesparts", at("none")),
    ];
    for (setting, path) in paths {
        writeln!(settings, "{setting} \"{}\";", path.display())?;
    }
    fs::write(&configuration, settings)?;

    let apt = || {
        let mut apt = Command::new("apt-get");
        apt.env("APT_CONFIG", &configuration).current_dir(folder).arg("--quiet=2");
        apt
    };
    run(apt().arg("update"))?;
    run(apt().arg("download").arg(format!("{package}={VERSION}"))).with_context(|| {
        format!(
            "Debian no longer serves {package} {VERSION}: put the file into {}, or move the pins in \
             {} to a version that it serves",
            folder.display(),
            file!()
        )
    })
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("{program} did not start: this task needs a Debian system"))?;
    if !output.status.success() {
        bail!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// Every file below a folder, by its path from the root.
fn read(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            read(root, &path, files)?;
        } else if path.is_file() {
            let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
            files.insert(path.strip_prefix(root)?.to_string_lossy().into_owned(), bytes);
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_module_names_comes_with_it() {
        let source = "from test import mapping_tests, support\n\
                      import test.string_tests as strings\n\
                      TESTS = 'test.datetimetester'\n\
                      # like test.test_other, and latest.one\n";
        let named = Vec::from_iter(named_modules(source));
        let expected =
            ["test.datetimetester", "test.mapping_tests", "test.string_tests", "test.support"];
        assert_eq!(named, expected);
    }
}
