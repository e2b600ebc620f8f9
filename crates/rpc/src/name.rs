//! Names of services: words that can be directories, parts of grants, and Python modules.

/// The longest name of a service, in bytes.
const MAX_BYTES: usize = 64;

/// Whether a text can be the name of a service: a lower-case letter, then letters, digits, `-` and `_`.
pub fn is_service(name: &str) -> bool {
    name.len() <= MAX_BYTES
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// What the module of a service is called in `from hero_rpc import ...`: its name, with `_` for each
/// `-`, and with a `_` after it where it is a keyword of Python.
pub fn module_of(service: &str) -> String {
    let name = service.replace('-', "_");
    if crate::generate::is_keyword(&name) { name + "_" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        for name in ["calendar", "my-mail", "a2_b", "x"] {
            assert!(is_service(name), "{name}");
        }
        for name in ["", "_client", "Mail", "a.b", "../x", "a b", "2a", &"a".repeat(65)] {
            assert!(!is_service(name), "{name}");
        }
        assert_eq!(module_of("my-mail"), "my_mail");
        assert_eq!(module_of("import"), "import_");
    }
}
