//! Generated clients: they type-check strictly, run, and call; and no text of a document is code.

mod scenes;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use sluice_rpc::{Document, Texts, module_of};

/// How many hostile documents are made into clients.
const HOSTILE: u64 = 400;

/// How many of them are type-checked, which takes long.
const TYPE_CHECKED: u64 = 60;

fn run(command: &mut Command) -> String {
    let output = command.output().expect("the command can be started");
    let told = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{command:?}: {told}");
    told
}

/// The environment with the SDK and its development tools.
fn python_env() -> PathBuf {
    let script = scenes::root().join("scripts/python-env.sh");
    let told = Command::new(script).output().expect("the script can be started");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    PathBuf::from(String::from_utf8_lossy(&told.stdout).trim())
}

fn hostile(seed: u64) -> Document {
    let json = scenes::hostile(&mut ChaCha8Rng::seed_from_u64(seed));
    Document::from_value(&json).expect("it is a document, for all its faults")
}

fn script(name: &str) -> PathBuf {
    scenes::root().join("crates/rpc/tests/python").join(name)
}

fn write(folder: &Path, service: &str, document: &Document) {
    let module = module_of(service);
    let Texts { client, stub, interface } = Texts::of(service, document);
    for (file, text) in [
        (format!("services/{module}.py"), client),
        (format!("stubs/{module}.pyi"), stub),
        (format!("{module}.txt"), interface),
    ] {
        fs::write(folder.join(file), text).expect("it is written");
    }
}

fn scratch() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a directory");
    for (package, file) in [("services", "__init__.py"), ("stubs", "__init__.pyi")] {
        let package = folder.path().join(package);
        fs::create_dir(&package).expect("a directory");
        fs::write(package.join(file), "").expect("it is written");
    }
    folder
}

#[test]
fn clients_type_check_strictly_and_call_a_service() {
    let folder = scratch();
    let mut documents = scenes::examples();
    documents.push(("large".to_owned(), scenes::large(600, 300)));
    for (service, json) in &documents {
        let document = Document::from_value(json).expect("it is a document");
        assert_eq!(document.left_out, [] as [&str; 0], "{service}");
        write(folder.path(), service, &document);
    }
    fs::copy(script("uses.py"), folder.path().join("uses.py")).expect("it is copied");
    let env = python_env();
    for seed in 0..TYPE_CHECKED {
        write(folder.path(), &format!("hostile{seed}"), &hostile(seed));
    }
    let mut mypy = Command::new(env.join("bin/mypy"));
    mypy.current_dir(folder.path()).env("MYPYPATH", scenes::root().join("python-runtime"));
    mypy.args(["--strict", "--cache-dir"]).arg(env.join("mypy-cache-of-clients"));
    run(mypy.arg("."));
    let sockets = tempfile::tempdir().expect("a directory");
    let calendar = scenes::Calendar::start(sockets.path());
    let mut command = Command::new(env.join("bin/python"));
    command.arg(script("calls.py")).arg(folder.path()).arg(&calendar.socket);
    print_measured(&run(&mut command));
}

#[expect(clippy::print_stdout, reason = "figures for whoever asks for the output of the test")]
fn print_measured(told: &str) {
    println!("{told}");
}

#[test]
fn no_text_of_a_document_becomes_code() {
    let folder = scratch();
    for seed in 0..HOSTILE {
        let document = hostile(seed);
        write(folder.path(), &format!("hostile{seed}"), &document);
        assert_eq!(Texts::of("a", &document), Texts::of("a", &hostile(seed)), "seed {seed}");
    }
    let sdk = scenes::root().join("python-runtime");
    run(Command::new("python3").arg(script("structure.py")).arg(folder.path()).arg(sdk));
}
