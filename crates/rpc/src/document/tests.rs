//! Documents as they are read: what is understood, and what is too much.

use serde_json::{Value, json};

use super::*;

fn read(json: &Value) -> Document {
    Document::from_value(json).expect("it is a document")
}

/// A document with one method that answers a schema, and these schemas with names.
fn answering(schema: &Value, schemas: &Value) -> Document {
    let result = json!({"name": "r", "schema": schema});
    let method = json!({"name": "m", "params": [], "result": result});
    read(&json!({"openrpc": "1.2.6", "methods": [method], "components": {"schemas": schemas}}))
}

fn told(schema: &Value) -> String {
    let document = answering(schema, &json!({}));
    document.told(&document.methods[0].result)
}

#[test]
fn what_is_no_document_says_so_in_a_sentence() {
    for (json, why) in [
        ("nope", "the document is not JSON"),
        ("[]", "it is not an object"),
        ("{}", "it has no `openrpc`"),
        (r#"{"openrpc": "2.0.0", "methods": []}"#, "is `2.0.0`, and 1.2 to 1.4 are known"),
        (r#"{"openrpc": "1.3.2"}"#, "it has no list of `methods`"),
    ] {
        let InvalidDocument(told) = Document::parse(json.as_bytes()).expect_err(json);
        assert!(told.contains(why), "{told}");
    }
    let large = vec![b' '; Document::MAX_BYTES + 1];
    assert!(Document::parse(&large).is_err());
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(Document::parse(deep.as_bytes()).is_err());
}

#[test]
fn schemas_become_shapes_and_what_is_not_understood_is_anything() {
    for (schema, shape) in [
        (json!({"type": "string", "format": "date"}), "a text (date)"),
        (json!({"type": ["integer", "null"]}), "a whole number or null"),
        (json!({"type": "number", "nullable": true}), "a number or null"),
        (json!({"enum": ["a", 1, null]}), "one of \"a\", 1, null"),
        (json!({"const": 1.5}), "a number"),
        (json!({"type": "array", "items": {"type": "boolean"}}), "a list of a truth value"),
        (json!({"items": {}}), "a list of anything"),
        (
            json!({"type": "array", "items": [{"type": "null"}, {}], "minItems": 2, "maxItems": 2}),
            "[null, anything]",
        ),
        (json!({"prefixItems": [{"type": "null"}]}), "a list of anything"),
        (json!({"additionalProperties": {"type": "string"}}), "an object of a text"),
        (json!({"type": "object"}), "an object of anything"),
        (json!({"oneOf": [{"type": "string"}, {"anyOf": [{"type": "null"}]}]}), "a text or null"),
        (json!({"anyOf": [{"type": "string"}, {}]}), "anything"),
        (json!({"type": "color"}), "anything"),
        (json!({"$ref": "#/nowhere"}), "anything"),
        (json!({"$ref": "https://example.com/schema.json"}), "anything"),
        (json!(true), "anything"),
        (json!(7), "anything"),
    ] {
        assert_eq!(told(&schema), shape, "{schema}");
    }
}

#[test]
fn schemas_that_refer_to_themselves_are_read_once() {
    let schemas = json!({
        "Node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}},
        "Loop": {"$ref": "#/components/schemas/Loop"},
        "Both": {"allOf": [{"$ref": "#/components/schemas/Both"}, {"$ref": "#/components/schemas/Node"}]},
    });
    let result = json!({"type": "array", "items": {"anyOf": [
        {"$ref": "#/components/schemas/Node"}, {"$ref": "#/components/schemas/Loop"},
        {"$ref": "#/components/schemas/Both"},
    ]}});
    let document = answering(&result, &schemas);
    assert_eq!(document.told(&document.methods[0].result), "a list of Node or Loop or Both");
    assert_eq!(document.named.len(), 3);
    let Fields::Record(members) = &document.named[0].fields else { panic!("it is an object") };
    assert_eq!(members[0].shape, Shape::Named(0));
}

#[test]
fn methods_keep_what_callers_need() {
    let document = read(&json!({
        "openrpc": "1.4.0",
        "info": {"title": " T ", "version": "1", "description": "D"},
        "methods": [
            {
                "name": "m", "summary": "S", "deprecated": true, "x-idempotent": true, "paramStructure": "by-position",
                "tags": [{"name": "a"}, {"$ref": "#/components/tags/b"}],
                "params": [{"$ref": "#/components/contentDescriptors/p"}, {"schema": {}}],
                "errors": [{"$ref": "#/components/errors/e"}, {"code": "x"}],
            },
            {"name": "look", "x-read-only": true},
            {"name": "m"}, {"name": ""}, {"$ref": "#/nowhere"}, {"name": "n".repeat(200)},
        ],
        "components": {
            "tags": {"b": {"name": "bb"}},
            "contentDescriptors": {
                "p": {"name": "p", "required": true, "schema": {"type": "integer", "default": 3}},
            },
            "errors": {"e": {"code": 5, "message": "five"}},
        },
    }));
    assert_eq!((document.title.as_str(), document.about.as_str()), ("T", "D"));
    let [method, look] = document.methods.as_slice() else { panic!("two methods are sound") };
    assert!(!method.read_only && look.read_only && look.idempotent);
    assert!(method.deprecated && method.idempotent && method.passing == Passing::ByPosition);
    assert_eq!(method.tags, ["a", "bb"]);
    assert_eq!(method.errors, [KnownError { code: 5, message: "five".into() }]);
    assert!(method.params[0].required && method.params[0].default == Some(json!(3)));
    assert_eq!((method.params[1].name.as_str(), &method.result), ("param_2", &Shape::Any));
    assert_eq!(document.left_out.len(), 4, "{:?}", document.left_out);
}

#[test]
fn the_parts_of_an_object_are_one() {
    let schemas = json!({"Base": {"properties": {"id": {"type": "integer"}}, "required": ["id"]}});
    let all = json!({"title": "Whole", "allOf": [
        {"$ref": "#/components/schemas/Base"},
        {"type": "object", "properties": {"name": {"type": "string"}}},
    ]});
    let document = answering(&all, &schemas);
    let Fields::Record(members) = &document.named[0].fields else { panic!("it is an object") };
    let members: Vec<_> = members.iter().map(|m| (m.name.as_str(), m.required)).collect();
    assert_eq!(
        (document.named[0].name.as_str(), members),
        ("Whole", vec![("id", true), ("name", false)])
    );
}

#[test]
fn bombs_are_small_in_the_end() {
    // Each level is the one below twice: 2^60 of them, written out.
    let level = |at: usize| {
        let below = json!({"$ref": format!("#/components/schemas/L{}", at + 1)});
        (
            format!("L{at}"),
            json!({"anyOf": [{"type": "array", "items": below}, {"additionalProperties": below}]}),
        )
    };
    let levels: serde_json::Map<String, Value> = (0..60).map(level).collect();
    let document = answering(&json!({"$ref": "#/components/schemas/L0"}), &Value::Object(levels));
    assert!(crate::Texts::of("bomb", &document).client.len() < 20_000);
    // Ten thousand schemas, each of a thousand parts that are all the same thousand members.
    let members: serde_json::Map<String, Value> =
        (0..1_000).map(|at| (format!("m{at}"), json!({}))).collect();
    let part = json!({"$ref": "#/components/schemas/Part"});
    let whole = json!({"allOf": vec![part; 1_000]});
    let schemas = json!({"Part": {"properties": members}, "Whole": whole});
    let reference = json!({"allOf": [{"$ref": "#/components/schemas/Whole"}]});
    let many = json!({"oneOf": vec![reference; 10_000]});
    let document = answering(&many, &schemas);
    assert!(document.named.len() <= 1_001);
}

/// How many members and defaults a document has, and the bytes of its texts.
fn kept(document: &Document) -> (usize, usize) {
    let params = document.methods.iter().flat_map(|method| &method.params);
    let records = document.named.iter().filter_map(|named| match &named.fields {
        Fields::Record(members) => Some(members),
        Fields::Alias(_) => None,
    });
    let members: Vec<&Member> = params.chain(records.flatten()).collect();
    let told = document.methods.iter().map(|method| method.description.len());
    let errors = document.methods.iter().flat_map(|method| &method.errors);
    let bytes = members.iter().map(|member| {
        let default = member.default.as_ref().map_or(0, |default| default.to_string().len());
        member.name.len() + member.about.len() + default
    });
    let bytes = bytes.chain(told).chain(errors.map(|error| error.message.len())).sum();
    (members.len(), bytes)
}

#[test]
fn what_references_make_of_a_document_has_one_bound() {
    let about = "x".repeat(900);
    let members: serde_json::Map<String, Value> = (0..1_000)
        .map(|at| (format!("m{at}"), json!({"description": about, "default": "d".repeat(190)})))
        .collect();
    let parts: serde_json::Map<String, Value> = std::iter::once((
        "Part".to_owned(),
        json!({"properties": members, "required": ["m1", "m2"]}),
    ))
    .chain((0..5_000).map(|at| {
        (format!("S{at}"), json!({"allOf": [{"$ref": "#/components/schemas/Part"}], "title": at}))
    }))
    .collect();
    let all = |at: usize| json!({"$ref": format!("#/components/schemas/S{at}")});
    let all = json!({"prefixItems": (0..900).map(all).collect::<Vec<_>>(), "minItems": 900, "maxItems": 900});
    let document = answering(&all, &Value::Object(parts));
    let (many, bytes) = kept(&document);
    assert!(many <= 200_000 && bytes <= 8 << 20, "{many} members, {bytes} bytes");
    assert!(document.left_out[0].contains("some of them are anything"), "{:?}", document.left_out);
    // The same by what methods refer to.
    let param = json!({"name": "p", "description": "x".repeat(3_000), "schema": {"default": "d"}});
    let error = json!({"code": 1, "message": "m".repeat(200)});
    let method = |at: usize| {
        json!({
            "name": format!("m{at}"),
            "params": vec![json!({"$ref": "#/components/contentDescriptors/P"}); 200],
            "errors": vec![json!({"$ref": "#/components/errors/E"}); 200],
        })
    };
    let methods: Vec<Value> = (0..400).map(method).collect();
    let document = read(&json!({
        "openrpc": "1.3.0", "methods": methods,
        "components": {"contentDescriptors": {"P": param}, "errors": {"E": error}},
    }));
    let (many, bytes) = kept(&document);
    assert!(many <= 200_000 && bytes <= 8 << 20, "{many} members, {bytes} bytes");
    assert!(document.methods.iter().all(|method| method.params.len() == 200), "none is halved");
    assert!(document.left_out[0].contains("methods are known"), "{:?}", document.left_out);
}

#[test]
fn defaults_are_plain_and_short() {
    let long = "x".repeat(201);
    let schema = |default: Value| json!({"type": "string", "default": default});
    let members =
        json!({"a": schema(json!("b")), "c": schema(json!(long)), "d": schema(json!([1]))});
    let document = answering(&json!({"properties": members}), &json!({}));
    let Fields::Record(members) = &document.named[0].fields else { panic!("it is an object") };
    let defaults: Vec<_> = members.iter().map(|member| member.default.clone()).collect();
    assert_eq!(defaults, [Some(json!("b")), None, None]);
}

#[test]
fn what_is_heavy_is_not_read() {
    let heavy = format!("{{\"openrpc\": \"1.3.2\", \"x\": [{}0]}}", "[],".repeat(500_000));
    let InvalidDocument(told) = Document::parse(heavy.as_bytes()).expect_err("it is heavy");
    assert!(told.contains("2000000 values"), "{told}");
}

#[test]
fn methods_beyond_the_most_are_left_out_and_that_is_said() {
    let methods: Vec<Value> =
        (0..Document::MAX_METHODS + 5).map(|at| json!({"name": format!("m{at}")})).collect();
    let document = read(&json!({"openrpc": "1.3.0", "methods": methods}));
    assert_eq!(document.methods.len(), Document::MAX_METHODS);
    assert_eq!(document.left_out, ["only the first 10000 methods are known"]);
}
