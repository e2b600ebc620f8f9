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

/// A Python module with every method of a service, its objects as dataclasses, and its errors.
pub fn client(service: &str, document: &Document) -> String {
    module::write(&Plan::of(service, document), Form::Client)
}

/// The same for editors and type checkers: a `.pyi`, without anything that runs.
pub fn stub(service: &str, document: &Document) -> String {
    module::write(&Plan::of(service, document), Form::Stub)
}

/// The same for those who write flows: a line for each method, object and error.
pub fn interface(service: &str, document: &Document) -> String {
    interface::write(&Plan::of(service, document))
}

#[cfg(test)]
mod tests;
