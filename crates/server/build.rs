//! Has the crate built anew when the web was.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}
