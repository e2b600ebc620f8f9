//! `sluice version`: what is installed.

use serde::Serialize;

use crate::cli::VersionArgs;
use crate::exit::Exit;
use crate::local::image_source;
use crate::out;
use crate::render::document;

/// What `--json` prints.
#[derive(Serialize)]
struct Installed {
    version: &'static str,
    os: &'static str,
    architecture: &'static str,
    image_digest: String,
}

/// Prints the version.
pub fn run(args: &VersionArgs) -> anyhow::Result<Exit> {
    let version = env!("CARGO_PKG_VERSION");
    if args.json {
        let installed = Installed {
            version,
            os: std::env::consts::OS,
            architecture: std::env::consts::ARCH,
            image_digest: image_source()?.digest(),
        };
        out::data(&document(&installed, out::data_is_for_people())?)?;
    } else {
        out::data(&format!("sluice {version}\n"))?;
    }
    Ok(Exit::Ok)
}
