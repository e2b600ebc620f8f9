//! What `file.py:flow-name` means: a source, and one of its flows.

use std::path::{Path, PathBuf};

use sluice_model::{Code, Failure, FlowDescription};

use crate::exit::Usage;
use crate::nearest::suggestion;

/// A source and, where it was said, which of its flows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The file.
    pub path: PathBuf,
    /// The flow's name.
    pub flow: Option<String>,
}

impl Target {
    /// Reads `file.py` or `file.py:flow-name`, and what `--flow` says.
    pub fn parse(text: &str, flow: Option<&str>) -> Result<Target, Usage> {
        let named = match text.rsplit_once(':') {
            // A file of that whole name is meant before a flow of another.
            Some((path, name))
                if !path.is_empty() && !name.is_empty() && !Path::new(text).exists() =>
            {
                Some((path, name))
            }
            _ => None,
        };
        let (path, named) = named.map_or((text, None), |(path, name)| (path, Some(name)));
        if let (Some(named), Some(flow)) = (named, flow)
            && named != flow
        {
            return Err(Usage::new(format!("which flow: `{named}` or `{flow}`?"))
                .hint("name it once, behind the file or with --flow"));
        }
        Ok(Target { path: path.into(), flow: named.or(flow).map(str::to_owned) })
    }
}

/// The flow of that name, or the only one there is.
pub fn choose<'f>(
    flows: &'f [FlowDescription],
    name: Option<&str>,
) -> Result<&'f FlowDescription, Box<Failure>> {
    let names = || flows.iter().map(|flow| flow.name.as_str());
    let failure = match (flows, name) {
        ([], _) => Failure::new(Code::FlowMissing, "the source has no flow")
            .hint("put `@flow` above a function, with `from sluice import flow`"),
        (_, Some(name)) => match flows.iter().find(|flow| flow.name == name) {
            Some(flow) => return Ok(flow),
            None => Failure {
                hint: suggestion(name, names()),
                ..Failure::new(Code::FlowNotFound, format!("the source has no flow `{name}`"))
            },
        },
        ([flow], None) => return Ok(flow),
        (_, None) => {
            let message = format!("the source has {} flows, and none was named", flows.len());
            let names: Vec<_> = names().map(|name| format!("`{name}`")).collect();
            Failure::new(Code::FlowAmbiguous, message)
                .hint(format!("name one with --flow: {}", names.join(", ")))
        }
    };
    Err(Box::new(failure))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn flows(names: &[&str]) -> Vec<FlowDescription> {
        let flow = |name: &&str| FlowDescription {
            name: (*name).to_owned(),
            function: String::new(),
            line: 1,
            summary: String::new(),
            doc: String::new(),
            input: Value::Null,
            output: Value::Null,
            uses: Vec::new(),
            steps: Vec::new(),
            is_async: false,
        };
        names.iter().map(flow).collect()
    }

    #[test]
    fn a_flow_is_named_behind_the_file_or_by_its_option() {
        let parse = |text, flow| Target::parse(text, flow).expect("it is clear");
        let target = |path: &str, flow: Option<&str>| Target {
            path: path.into(),
            flow: flow.map(str::to_owned),
        };
        assert_eq!(parse("a.py", None), target("a.py", None));
        assert_eq!(parse("a.py:b", None), target("a.py", Some("b")));
        assert_eq!(parse("a.py", Some("b")), target("a.py", Some("b")));
        assert_eq!(parse("a.py:b", Some("b")), target("a.py", Some("b")));
        assert_eq!(parse("a.py:", None), target("a.py:", None));
        assert!(Target::parse("a.py:b", Some("c")).is_err());
        let odd = tempfile::Builder::new().suffix(":x").tempfile().expect("it can be made");
        let odd = odd.path().to_str().expect("it is text");
        assert_eq!(parse(odd, None), target(odd, None));
    }

    #[test]
    fn a_flow_that_cannot_be_chosen_is_told_apart() {
        let refused = |names: &[&str], name| {
            let flows = flows(names);
            let failure = choose(&flows, name).expect_err("there is no choice");
            (failure.code, failure.hint.unwrap_or_default())
        };
        assert_eq!(choose(&flows(&["a", "b"]), Some("b")).expect("it is there").name, "b");
        assert_eq!(choose(&flows(&["a"]), None).expect("it is the only one").name, "a");
        assert_eq!(refused(&[], Some("a")).0, Code::FlowMissing);
        assert_eq!(
            refused(&["square", "sum"], Some("sqare")),
            (Code::FlowNotFound, "did you mean `square`?".to_owned())
        );
        assert_eq!(
            refused(&["square", "sum"], None),
            (Code::FlowAmbiguous, "name one with --flow: `square`, `sum`".to_owned())
        );
    }
}
