//! `sluice runtime`: the runtime image that every run starts from.

use super::open;
use crate::cli::{ColorChoice, RuntimeArgs, RuntimeCommand};
use crate::exit::Exit;
use crate::local::image_source;
use crate::out;
use crate::render::Theme;

/// Builds the image, or says where or which it is.
pub fn run(args: &RuntimeArgs, color: ColorChoice) -> anyhow::Result<Exit> {
    let text = match args.command {
        RuntimeCommand::Build => open(Theme::of_stderr(color))?.image_digest().to_owned(),
        RuntimeCommand::Path => image_source()?.cache_dir.display().to_string(),
        RuntimeCommand::Digest => image_source()?.digest(),
    };
    out::data(&format!("{text}\n"))?;
    Ok(Exit::Ok)
}
