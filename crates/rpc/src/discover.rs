//! Finding services, and asking them for their documents.

use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tokio::task::spawn_blocking;

use crate::{
    Address, CallLimits, Caller, Client, Document, InvalidDocument, RpcFailure, is_service,
};

/// Where services say what they are.
const PAGE: &str = "/openrpc.json";

/// The most services in one directory.
const MAX_SERVICES: usize = 1_000;

/// A service that has a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name: that of its directory.
    pub name: String,
    /// Its socket.
    pub address: Address,
}

/// Where sockets of services are: what `PATH_SOCKET` says, else `hero/var/sockets` at home.
pub fn sockets_directory(path_socket: Option<&str>, home: Option<&Path>) -> Option<PathBuf> {
    match path_socket {
        Some(path) if !path.is_empty() => Some(PathBuf::from(path)),
        _ => home.map(|home| home.join("hero/var/sockets")),
    }
}

/// The services with a socket `SERVICE/rpc.sock` in a directory, by name. A directory that is not
/// there has none. Whether anybody listens is not asked.
pub fn discover(directory: &Path) -> io::Result<Vec<Found>> {
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let Ok(name) = entry?.file_name().into_string() else { continue };
        if !is_service(&name) {
            continue;
        }
        let socket = directory.join(&name).join("rpc.sock");
        let is_socket = socket.metadata().is_ok_and(|about| about.file_type().is_socket());
        if is_socket {
            found.push(Found { address: Address::Unix(socket), name });
        }
    }
    found.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    found.truncate(MAX_SERVICES);
    Ok(found)
}

/// The document of a service, as JSON and as it is understood: by `rpc.discover`, else by
/// `GET /openrpc.json`.
pub async fn document_of(
    client: &Client,
    address: &Address,
    timeout: Duration,
) -> Result<(Value, Document), RpcFailure> {
    let limits = CallLimits {
        timeout,
        answer_bytes: Document::MAX_BYTES,
        answer_values: Document::MAX_VALUES,
        ..CallLimits::default()
    };
    let caller = Caller::default();
    let answer = client.call(address, "rpc.discover", &Value::Null, &caller, limits).await;
    let first = match answer {
        Ok(json) => match read(move || Ok(json)).await {
            Ok(read) => return Ok(read),
            Err(InvalidDocument(why)) => RpcFailure::NotJsonRpc(why),
        },
        Err(failure) if failure.nothing_done() => return Err(failure),
        Err(failure) => failure,
    };
    // What the page lacks is told of the method, which is the one that services should have.
    let Ok(page) = client.get(address, PAGE, limits).await else { return Err(first) };
    let parsed = read(move || Document::json(&page)).await;
    parsed.map_err(|InvalidDocument(why)| RpcFailure::NotJsonRpc(format!("`{PAGE}`: {why}")))
}

/// Reads a document where nobody else waits: a large one takes long.
async fn read(
    json: impl FnOnce() -> Result<Value, InvalidDocument> + Send + 'static,
) -> Result<(Value, Document), InvalidDocument> {
    let reading = spawn_blocking(move || {
        let json = json()?;
        let document = Document::from_value(&json)?;
        Ok((json, document))
    });
    let failed = |error: tokio::task::JoinError| InvalidDocument(error.to_string());
    reading.await.map_err(failed)?
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn services_are_directories_with_a_socket_whose_names_are_words() {
        let directory = tempfile::tempdir().expect("a directory");
        let place = |name: &str| {
            let place = directory.path().join(name);
            std::fs::create_dir(&place).expect("a directory");
            place.join("rpc.sock")
        };
        let sockets: Vec<_> = ["mail", "calendar", "Not-a-word", "a.b"]
            .map(|name| UnixListener::bind(place(name)).expect("a socket"))
            .into();
        std::fs::write(place("file"), "").expect("a file");
        place("empty");
        let found = discover(directory.path()).expect("the directory can be read");
        let names: Vec<_> = found.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["calendar", "mail"]);
        assert_eq!(found[0].address, Address::of_service(directory.path(), "calendar"));
        assert_eq!(discover(&directory.path().join("none")).expect("none"), []);
        drop(sockets);
    }

    #[test]
    fn sockets_are_where_the_environment_says_else_at_home() {
        let home = Path::new("/a");
        assert_eq!(sockets_directory(Some("/s"), Some(home)), Some(PathBuf::from("/s")));
        assert_eq!(
            sockets_directory(Some(""), Some(home)),
            Some(PathBuf::from("/a/hero/var/sockets"))
        );
        assert_eq!(sockets_directory(None, None), None);
    }
}
