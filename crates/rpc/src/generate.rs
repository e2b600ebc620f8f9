//! Python from documents: the client that runs in the guest, its stub for editors, and a short
//! interface for models. Every text of a document goes through `literal` or `names` on its way, so
//! none of it becomes code; the same document makes the same text.

mod docstring;
mod interface;
mod literal;
mod module;
mod names;
mod plan;
mod shapes;

use crate::Document;
use module::Form;
use plan::Plan;

pub(crate) use names::is_keyword;

/// What a document becomes. The same document makes the same texts. It takes long where the document is
/// large: make it once, where nobody else waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// A Python module with every method of the service, its objects as dataclasses, and its errors.
    pub client: String,
    /// The same for editors and type checkers: a `.pyi`, without anything that runs.
    pub stub: String,
    /// The same for those who write flows: a line for each method, object and error.
    pub interface: String,
}

impl Texts {
    /// Those of a service with this document.
    pub fn of(service: &str, document: &Document) -> Texts {
        let plan = Plan::of(service, document);
        Texts {
            client: module::write(plan.anew(), Form::Client),
            stub: module::write(plan.anew(), Form::Stub),
            interface: interface::write(plan.anew()),
        }
    }
}

#[cfg(test)]
mod tests;
