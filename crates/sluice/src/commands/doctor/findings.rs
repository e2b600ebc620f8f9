//! What can be found out about the machine without running anything.

use std::path::Path;

use rustix::process::{Resource, getrlimit};

use super::Finding;
use crate::cli::Global;
use crate::commands::{async_runtime, store_url};
use crate::local::{LocalRecords, image_source};
use crate::quantity::bytes;
use crate::settings::{CACHE_DIR, cache_dir};
use crate::site::Records as _;

/// The first kernel that tells in one call which pages of an instance were written.
const PAGEMAP_SCAN_SINCE: (u32, u32) = (6, 7);

pub fn version() -> Finding {
    Finding::ok("sluice", env!("CARGO_PKG_VERSION"))
}

pub fn processors() -> Finding {
    let architecture = std::env::consts::ARCH;
    let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let found = format!("{architecture}, {count} to use");
    if matches!(architecture, "x86_64" | "aarch64") {
        Finding::ok("processors", found)
    } else {
        let hint = "flows are compiled for x86_64 and aarch64; elsewhere they are not tested";
        Finding::warning("processors", found, hint)
    }
}

pub fn kernel() -> Finding {
    let uname = rustix::system::uname();
    let release = uname.release().to_string_lossy();
    let found = format!("{} {release}", uname.sysname().to_string_lossy());
    if !cfg!(target_os = "linux") {
        let hint = "instances are reset faster on Linux 6.7 or newer";
        return Finding::warning("kernel", found, hint);
    }
    match kernel_version(&release) {
        Some(version) if version >= PAGEMAP_SCAN_SINCE => {
            Finding::ok("kernel", format!("{found}, with PAGEMAP_SCAN"))
        }
        _ => Finding::warning(
            "kernel",
            format!("{found}, without PAGEMAP_SCAN"),
            "runs start faster on Linux 6.7 or newer, which tells what an instance has written",
        ),
    }
}

/// Instances reserve far more addresses than they use, so a ceiling on addresses is in the way.
pub fn reservations() -> Finding {
    match getrlimit(Resource::As).current {
        None => Finding::ok("addresses", "no ceiling on virtual memory"),
        Some(ceiling) => Finding::problem(
            "addresses",
            format!("virtual memory has a ceiling of {}", bytes(ceiling)),
            "lift it with `ulimit -v unlimited`: instances reserve addresses that they never use",
        ),
    }
}

pub fn cache() -> Finding {
    let dir = match cache_dir() {
        Ok(dir) => dir,
        Err(error) => {
            let hint = "set SLUICE_CACHE_DIR to a directory that you may write";
            return Finding::problem("cache", format!("{error:#}"), hint);
        }
    };
    let shown = dir.display();
    match is_writable(&dir) {
        Ok(()) => Finding::ok("cache", format!("{shown}, {}", bytes(size_of(&dir)))),
        Err(error) => Finding::problem(
            "cache",
            format!("{shown} cannot be written: {error}"),
            &format!("make it writable, or set {CACHE_DIR} to another directory"),
        ),
    }
}

/// Opens the store, which makes it where there is none.
pub fn store(global: &Global) -> Finding {
    let opened = || {
        let url = store_url(global)?;
        async_runtime()?
            .block_on(async { Ok::<_, anyhow::Error>(LocalRecords::open(&url).await?.place()) })
    };
    match opened() {
        Ok(url) => Finding::ok("store", url),
        Err(error) => {
            let hint = "name a place that you may write with --store or SLUICE_STORE";
            Finding::problem("store", format!("{error:#}"), hint)
        }
    }
}

pub fn image() -> Finding {
    match image_source() {
        Ok(image) if image.is_built() => Finding::ok("image", format!("{}, built", image.digest())),
        Ok(image) => Finding::ok("image", format!("{}, not built yet", image.digest())),
        Err(error) => {
            let hint = "see docs/cli.md for what the environment variables hold";
            Finding::problem("image", format!("{error:#}"), hint)
        }
    }
}

/// The first two numbers of a release: `6.18.44-generic`.
fn kernel_version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Whether files can be made there, which permission bits alone do not tell.
fn is_writable(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    let probe = dir.join(format!(".doctor-{}", std::process::id()));
    std::fs::write(&probe, b"")?;
    std::fs::remove_file(&probe)
}

/// Bytes of all files below; what cannot be read counts nothing.
fn size_of(dir: &Path) -> u64 {
    let mut total = 0;
    let mut waiting = vec![dir.to_owned()];
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => waiting.push(entry.path()),
                Ok(metadata) => total += metadata.len(),
                Err(_) => {}
            }
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_of_all_sorts_have_a_version() {
        assert_eq!(kernel_version("6.18.44-fc-v657"), Some((6, 18)));
        assert_eq!(kernel_version("5.15.0"), Some((5, 15)));
        assert_eq!(kernel_version("unknown"), None);
        assert!((6, 18) >= PAGEMAP_SCAN_SINCE && (5, 15) < PAGEMAP_SCAN_SINCE);
    }

    #[test]
    fn the_size_of_a_directory_is_that_of_its_files() {
        let dir = tempfile::tempdir().expect("it can be made");
        std::fs::create_dir(dir.path().join("inner")).expect("it can be made");
        std::fs::write(dir.path().join("inner/file"), [0; 100]).expect("it can be written");
        std::fs::write(dir.path().join("file"), [0; 20]).expect("it can be written");
        assert_eq!(size_of(dir.path()), 120);
    }
}
