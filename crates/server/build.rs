//! Has a release build of the crate made anew when the web was. A debug build reads the web as it is.

fn main() {
    // A directory that is not there when this is compiled is not found afterwards either.
    if let Err(error) = std::fs::create_dir_all("../../web/dist") {
        println!("cargo::warning=web/dist cannot be made, and no page is found there: {error}");
    }
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    println!("cargo::rerun-if-changed={}", if is_release { "../../web/dist" } else { "build.rs" });
}
