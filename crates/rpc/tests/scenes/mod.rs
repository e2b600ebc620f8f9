//! What tests are made of: documents (those of `documents/`, large ones, hostile ones), and the demo
//! calendar as a process.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use serde_json::{Map, Value, json};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The documents of `documents/`, and that of the demo calendar, by the names of their services.
pub(crate) fn examples() -> Vec<(String, Value)> {
    let folder = root().join("crates/rpc/tests/documents");
    let mut examples: Vec<(String, Value)> = std::fs::read_dir(folder)
        .expect("the documents are there")
        .map(|entry| {
            let path = entry.expect("it can be listed").path();
            let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
            (name, read(&path))
        })
        .collect();
    examples.push((
        "calendar".to_owned(),
        read(&root().join("flows/demo-services/calendar.openrpc.json")),
    ));
    examples.sort_by(|(one, _), (other, _)| one.cmp(other));
    examples
}

fn read(path: &Path) -> Value {
    let text = std::fs::read(path).expect("the document can be read");
    serde_json::from_slice(&text).expect("the document is JSON")
}

/// A document with so many methods and schemas, which refer to each other.
pub(crate) fn large(methods: usize, schemas: usize) -> Value {
    let reference =
        |at: usize| json!({"$ref": format!("#/components/schemas/Thing{}", at % schemas)});
    let schema = |at: usize| {
        json!({
            "type": "object", "description": format!("The thing number {at}."),
            "required": ["id", "name", "next"],
            "properties": {
                "id": {"type": "integer"}, "name": {"type": "string"},
                "note": {"type": "string"}, "size": {"type": "number", "default": 1.5},
                "state": {"enum": ["new", "old"]}, "tags": {"type": "array", "items": {"type": "string"}},
                "other": reference(at + 1),
                "next": {"type": "array", "items": reference(at + 7)},
            }
        })
    };
    let components: Map<String, Value> =
        (0..schemas).map(|at| (format!("Thing{at}"), schema(at))).collect();
    let method = |at: usize| {
        let name = if at.is_multiple_of(3) {
            format!("group{}.get_{at}", at % 20)
        } else {
            format!("get_{at}")
        };
        json!({
            "name": name, "summary": format!("Gets the thing number {at}."),
            "params": [
                {"name": "id", "required": true, "schema": {"type": "integer"}},
                {"name": "like", "schema": reference(at)},
                {"name": "limit", "schema": {"type": "integer", "default": 50}},
            ],
            "result": {"name": "things", "schema": {"type": "array", "items": reference(at)}},
            "errors": [{"code": at % 20 + 1, "message": format!("Thing number {} missing", at % 20)}],
        })
    };
    let methods: Vec<Value> = (0..methods).map(method).collect();
    json!({
        "openrpc": "1.3.2", "info": {"title": "Large", "version": "1"},
        "methods": methods, "components": {"schemas": components},
    })
}

/// The demo calendar as a process; it ends with this value.
pub(crate) struct Calendar {
    process: Child,
    pub(crate) socket: PathBuf,
}

impl Calendar {
    pub(crate) fn start(sockets: &Path) -> Calendar {
        let mut process = Command::new("python3")
            .arg(root().join("flows/demo-services/calendar.py"))
            .env("PATH_SOCKET", sockets)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the calendar can be started");
        let mut line = String::new();
        let told = process.stdout.as_mut().expect("it is piped");
        BufReader::new(told).read_line(&mut line).expect("it says that it listens");
        assert!(line.contains("listening"), "{line}");
        Calendar { process, socket: sockets.join("calendar/rpc.sock") }
    }

    /// Asks it to end; whether it did so as it should.
    pub(crate) fn stop(&mut self) -> bool {
        let id = self.process.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        asked.is_ok_and(|asked| asked.success())
            && self.process.wait().is_ok_and(|ended| ended.success())
    }
}

impl Drop for Calendar {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What breaks writers of code.
const HOSTILE: &[&str] = &[
    "",
    " ",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "\\",
    "\\\"",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{b}",
    "\u{c}",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\u{202e}",
    "\u{feff}",
    "\u{ad}",
    "é",
    "日本",
    "\u{1f600}",
    "a\nimport os\nos.system('x')",
    "\"\"\"\nimport os\n\"\"\"",
    "x\\\"\"\"; evil()",
    "{evil()}",
    "%s%n",
    "#",
    "# type: ignore",
    "*",
    "/",
    ":",
    "=",
    "->",
    "...",
    "lambda: evil()",
    "__import__('os')",
    "None",
    "True",
    "class",
    "def",
    "import",
    "return",
    "match",
    "type",
    "_",
    "__",
    "print",
    "self",
    "cls",
    "str",
    "int",
    "list",
    "dict",
    "bool",
    "float",
    "tuple",
    "object",
    "property",
    "globals",
    "super",
    "Any",
    "_Any",
    "_rpc",
    "_Client",
    "_Record",
    "_Operation",
    "_Request",
    "_RpcError",
    "_Literal",
    "_list",
    "annotations",
    "__class__",
    "__init__",
    "__name__",
    "__wire__",
    "__dict__",
    "__slots__",
    "__hash__",
    "__eq__",
    "__dataclass_fields__",
    "__builtins__",
    "__getattr__",
    "mro",
    "RpcError",
    "Event",
    "event",
    "event.list",
    "event.Event",
    "event..x",
    ".",
    "..",
    "a.b.c.d.e.f.g.h",
    "start",
    "9lives",
    "-",
    "a-b",
    "a_b",
    "a b",
];

/// A document in which every text is chosen to do harm, and every shape to confuse.
pub(crate) fn hostile(chance: &mut ChaCha8Rng) -> Value {
    let schemas = ["Event", "class", "a\"b", "a~b", "list", "_x", "RpcError", "Event-", "\u{2028}"];
    let methods: Vec<Value> = (0..below(chance, 24)).map(|_| method(chance)).collect();
    let components: Map<String, Value> =
        schemas.iter().map(|name| ((*name).to_owned(), schema(chance, 0))).collect();
    json!({
        "openrpc": "1.3.2",
        "info": {"title": text(chance), "version": text(chance), "description": text(chance)},
        "methods": methods,
        "components": {"schemas": components, "errors": {"E": error(chance)}},
    })
}

fn method(chance: &mut ChaCha8Rng) -> Value {
    let params: Vec<Value> = (0..below(chance, 6))
        .map(|_| {
            json!({
                "name": text(chance), "description": text(chance), "required": below(chance, 2) == 0,
                "schema": schema(chance, 0),
            })
        })
        .collect();
    let passing = ["by-name", "by-position", "either", "\"\"\""][below(chance, 4)];
    let errors = [error(chance), json!({"$ref": "#/components/errors/E"}), json!(7)];
    json!({
        "name": text(chance), "summary": text(chance), "description": text(chance),
        "paramStructure": passing, "params": params, "deprecated": below(chance, 3) == 0,
        "result": {"name": text(chance), "schema": schema(chance, 0)}, "errors": errors,
    })
}

fn schema(chance: &mut ChaCha8Rng, depth: usize) -> Value {
    let references = [
        "#/components/schemas/Event",
        "#/components/schemas/class",
        "#/components/schemas/a\"b",
        "#/components/schemas/a~0b",
        "#/components/schemas/list",
        "#/components/schemas/_x",
        "#",
        "#/",
        "#/methods",
        "#/nowhere",
        "http://x/y",
        "#/components/schemas/%E2%80%A8",
        "",
    ];
    let many = |chance: &mut ChaCha8Rng| -> Vec<Value> {
        (0..below(chance, 4)).map(|_| schema(chance, depth + 1)).collect()
    };
    match if depth > 4 { 99 } else { below(chance, 14) } {
        0 | 1 => json!({"$ref": references[below(chance, references.len())]}),
        2 => json!({"const": plain(chance)}),
        3 => json!({"enum": [plain(chance), plain(chance), plain(chance)]}),
        4 => json!({"oneOf": many(chance)}),
        5 => json!({"allOf": many(chance)}),
        6 => json!({"type": "array", "items": schema(chance, depth + 1)}),
        7 => {
            let items = many(chance);
            let most = items.len();
            json!({"type": "array", "prefixItems": items, "items": false, "minItems": most})
        }
        8 => json!({"type": "object", "additionalProperties": schema(chance, depth + 1)}),
        9 | 10 => {
            let members: Map<String, Value> =
                (0..below(chance, 6)).map(|_| (text(chance), schema(chance, depth + 1))).collect();
            let required: Vec<String> = members.keys().take(2).cloned().collect();
            json!({
                "type": "object", "title": text(chance), "description": text(chance),
                "properties": members, "required": required,
            })
        }
        11 => plain(chance),
        12 => json!({"type": ["string", "null", text(chance)], "default": plain(chance)}),
        _ => {
            let kind = ["string", "integer", "number", "boolean", "null"][below(chance, 5)];
            json!({"type": kind, "format": text(chance), "default": plain(chance), "nullable": below(chance, 4) == 0})
        }
    }
}

fn error(chance: &mut ChaCha8Rng) -> Value {
    let code = [0, 1, -1, 503, -32602, -32004, i64::MIN, i64::MAX][below(chance, 8)];
    json!({"code": code, "message": text(chance), "data": plain(chance)})
}

fn plain(chance: &mut ChaCha8Rng) -> Value {
    match below(chance, 7) {
        0 => json!(null),
        1 => json!(true),
        2 => json!(i64::MIN),
        3 => json!(u64::MAX),
        4 => json!(-1.5e300),
        5 => json!([text(chance)]),
        _ => json!(text(chance)),
    }
}

fn text(chance: &mut ChaCha8Rng) -> String {
    let parts = 1 + below(chance, 3);
    (0..parts).map(|_| HOSTILE[below(chance, HOSTILE.len())]).collect()
}

fn below(chance: &mut ChaCha8Rng, most: usize) -> usize {
    usize::try_from(chance.next_u64() % most as u64).expect("it is small")
}
