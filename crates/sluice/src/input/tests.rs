//! What the forms of `-i` mean under a schema.

use std::io::Write as _;

use serde_json::json;

use super::*;

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "top": {"type": "integer"},
            "ratio": {"type": "number"},
            "loud": {"type": "boolean"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "order": {"$ref": "#/$defs/Order"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "blob": {"type": "string", "contentEncoding": "base64"},
            "any": {},
        },
        "required": ["name"],
        "additionalProperties": false,
        "$defs": {"Order": {"type": "object"}},
    })
}

fn assembled(parts: &[&str]) -> anyhow::Result<Value> {
    let parts: Vec<_> = parts.iter().map(|text| Part::parse(text)).collect();
    assemble(&parts, Schema::new(&schema()))
}

fn refused(parts: &[&str]) -> String {
    let error = assembled(parts).expect_err("the input is wrong");
    let usage = error.downcast_ref::<Usage>().expect("it is the user's mistake");
    format!("{}\n{}", usage.message, usage.hint.as_deref().unwrap_or_default())
}

fn file(content: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    file.write_all(content).expect("a temporary file can be written");
    file
}

#[test]
fn values_take_the_type_of_their_parameter() {
    let input = assembled(&[
        "name=42",
        "top=3",
        "ratio=2.5",
        "loud=true",
        "tags=[\"a\", \"b\"]",
        "order={\"id\": 7}",
        "any={\"x\": null}",
    ]);
    assert_eq!(
        input.expect("every value fits"),
        json!({
            "name": "42",
            "top": 3,
            "ratio": 2.5,
            "loud": true,
            "tags": ["a", "b"],
            "order": {"id": 7},
            "any": {"x": null},
        })
    );
}

#[test]
fn where_text_is_one_of_several_types_json_wins_and_quotes_make_text() {
    let note =
        |value: &str| assembled(&[&format!("note={value}")]).expect("it fits")["note"].clone();
    assert_eq!(note("null"), json!(null));
    assert_eq!(note("\"null\""), json!("null"));
    assert_eq!(note("call me"), json!("call me"));
}

#[test]
fn a_value_may_have_any_sign_in_it_and_begin_with_an_at() {
    let name =
        |value: &str| assembled(&[&format!("name={value}")]).expect("it fits")["name"].clone();
    assert_eq!(name(""), json!(""));
    assert_eq!(name("a=b=c"), json!("a=b=c"));
    assert_eq!(name("@@home"), json!("@home"));
    assert_eq!(name(" spaced "), json!(" spaced "));
}

#[test]
fn files_are_text_json_or_bytes_as_the_parameter_wants() {
    let text = file("line\nline — two\n".as_bytes());
    let list = file(b"\xef\xbb\xbf[\"x\"]\n");
    let bytes = file(&[0xff, 0x00, 0x10, 0x80]);
    let input = assembled(&[
        &format!("name=@{}", text.path().display()),
        &format!("tags=@{}", list.path().display()),
        &format!("blob=@{}", bytes.path().display()),
    ]);
    assert_eq!(
        input.expect("every file fits"),
        json!({"name": "line\nline — two\n", "tags": ["x"], "blob": "/wAQgA=="})
    );
    let refusal = refused(&[&format!("name=@{}", bytes.path().display())]);
    assert!(refusal.contains("is not UTF-8 at byte 0"), "{refusal}");
}

#[test]
fn documents_and_pairs_combine_and_the_later_wins() {
    let document = file(br#"{"name": "Ada", "top": 1, "unknown": true}"#);
    let path = document.path().display().to_string();
    let name = |parts: &[&str]| assembled(parts).expect("it fits")["name"].clone();
    assert_eq!(name(&["name=Bob", &path]), json!("Ada"));
    assert_eq!(name(&[&path, "name=Bob"]), json!("Bob"));
    // What a document holds is for the flow to judge: it may be made for another version.
    assert_eq!(assembled(&[&path]).expect("it fits")["unknown"], json!(true));
}

#[test]
fn mistakes_say_what_would_be_right() {
    insta::assert_snapshot!(refused(&["nmae=Ada"]), @r"
    the flow has no parameter `nmae`
    did you mean `name`?
    ");
    insta::assert_snapshot!(refused(&["top=five"]), @r"
    `top` takes integer, and `five` is not: expected ident at line 1 column 2
    write it as JSON, in quotes for the shell: -i 'top=3'
    ");
    insta::assert_snapshot!(refused(&["tags=a,b"]), @r#"
    `tags` takes list of text, and `a,b` is not: expected value at line 1 column 1
    write it as JSON, in quotes for the shell: -i 'tags=["a", "b"]'
    "#);
    let refusal = refused(&["no such file.json"]);
    assert!(refusal.starts_with("cannot read the input `no such file.json`"), "{refusal}");
    let list = file(b"[1]");
    let refusal = refused(&[&list.path().display().to_string()]);
    assert!(refusal.contains("holds a list, not a JSON object"), "{refusal}");
    let broken = file(b"{,}");
    let refusal = refused(&[&broken.path().display().to_string()]);
    assert!(refusal.contains("is not JSON"), "{refusal}");
}

#[test]
fn base64_is_that_of_the_standard() {
    for (bytes, text) in
        [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
    {
        assert_eq!(base64(bytes.as_bytes()), text);
    }
}
