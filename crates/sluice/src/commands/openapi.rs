//! `sluice openapi`: the description of the API, for what is made of it.

use crate::exit::Exit;
use crate::out;
use crate::render::document;

/// Prints the description that a server of this version answers at `/v1/openapi.json`.
pub fn run() -> anyhow::Result<Exit> {
    out::data(&document(&sluice_server::openapi(), out::data_is_for_people())?)?;
    Ok(Exit::Ok)
}
