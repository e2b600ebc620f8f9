//! Addresses that nobody may connect to, in every way of writing them that is known.

use std::net::Ipv4Addr;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// Addresses that nobody may connect to.
pub(crate) fn forbidden_v4() -> Vec<Ipv4Addr> {
    let mut chance = ChaCha8Rng::seed_from_u64(5);
    let mut all: Vec<Ipv4Addr> = [
        "127.0.0.1",
        "127.0.0.3",
        "127.1.2.3",
        "127.255.255.254",
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "169.254.169.254",
        "169.254.1.1",
        "172.16.0.1",
        "172.31.255.254",
        "192.0.0.192",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
    ]
    .map(|it| it.parse().expect("an address"))
    .to_vec();
    all.extend((0..10).map(|_| Ipv4Addr::from_bits(0x7f00_0000 | chance.next_u32() >> 8)));
    all.retain(|it| *it != Ipv4Addr::new(127, 0, 0, 2));
    all
}

/// A host in every spelling that some reader takes for this address.
pub(crate) fn spellings(address: Ipv4Addr) -> Vec<String> {
    let bits = address.to_bits();
    let [a, b, c, d] = address.octets();
    let (tail3, tail2) = (bits & 0xff_ffff, bits & 0xffff);
    let (high, low) = (bits >> 16, bits & 0xffff);
    let plain = address.to_string();
    let full_width: String = plain
        .chars()
        .map(|it| char::from_u32(it as u32 + 0xfee0).filter(|_| it.is_ascii_digit()).unwrap_or(it))
        .collect();
    let percent = percent(&plain).to_lowercase();
    vec![
        plain.clone(),
        format!("{plain}."),
        format!("{plain}.."),
        format!("{bits}"),
        format!("{bits}."),
        format!("0x{bits:x}"),
        format!("0X{bits:08X}"),
        format!("0x00000000{bits:08x}"),
        format!("0{bits:o}"),
        format!("000000{bits:o}"),
        format!("{}", u64::from(bits) + (1 << 32)),
        format!("{a}.{tail3}"),
        format!("{a}.{b}.{tail2}"),
        format!("0x{a:x}.{tail3}"),
        format!("0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("000{a:o}.000{b:o}.000{c:o}.000{d:o}"),
        format!("0x{a:x}.0{b:o}.{c}.{d}"),
        // Padded ones are octal, and another address but for their first part.
        format!("127.{b:03}.{c:03}.{d:03}"),
        format!("{}.{}.{}.{}", u32::from(a) + 256, b, c, d),
        plain.replace('.', "。"),
        plain.replace('.', "．"),
        plain.replace('.', "｡"),
        plain.replace('.', "%2e"),
        plain.replace('.', "%E3%80%82"),
        full_width,
        percent,
        format!("[::ffff:{plain}]"),
        format!("[::ffff:{high:x}:{low:x}]"),
        format!("[0:0:0:0:0:ffff:{high:x}:{low:x}]"),
        format!("[0000:0000:0000:0000:0000:FFFF:{high:04X}:{low:04X}]"),
        format!("[::{plain}]"),
        format!("[::{high:x}:{low:x}]"),
        format!("[::ffff:0:{plain}]"),
        format!("[64:ff9b::{plain}]"),
        format!("[64:ff9b::{high:x}:{low:x}]"),
        format!("[64:ff9b:1::{plain}]"),
        format!("[2002:{high:x}:{low:x}::]"),
        format!("[2002:{high:x}:{low:x}::1]"),
        format!("[2001::{:x}:{:x}]", high ^ 0xffff, low ^ 0xffff),
        format!("[2001:0:0:0:0:0:{high:x}:{low:x}]"),
        format!("[fe80::5efe:{plain}]"),
        format!("[2a00::5efe:{plain}]"),
        format!("[2a00::200:5efe:{plain}]"),
        format!("[::ffff:{plain}%25lo]"),
        format!("[::ffff:{plain}%lo]"),
        format!("[::ffff:{plain}"),
        format!("::ffff:{plain}"),
    ]
}

/// Every byte percent-encoded.
pub(crate) fn percent(text: &str) -> String {
    text.bytes().flat_map(|byte| ["%".to_owned(), format!("{byte:02X}")]).collect()
}

/// Whole addresses in which readers disagree about the host.
pub(crate) fn tricks(host: &str, port: u16) -> Vec<String> {
    vec![
        format!("http://{host}:{port}/"),
        format!("HTTP://{host}:{port}/"),
        format!("http://{host}:0{port}/"),
        format!("http://{host}/"),
        format!("https://{host}:{port}/"),
    ]
}

/// Such addresses that have more than a host in them.
pub(crate) fn authorities(host: &str, port: u16) -> Vec<String> {
    vec![
        format!("http://allowed.example@{host}:{port}/"),
        format!("http://user:pass@{host}:{port}/"),
        format!("http://{host}:{port}@allowed.example/"),
        format!("http://{host}:{port}\\@allowed.example/"),
        format!("http://allowed.example\\@{host}:{port}/"),
        format!("http://{host}:{port}#@allowed.example/"),
        format!("http://{host}:{port}?@allowed.example/"),
        format!("http://{host}:{port}/@allowed.example/"),
        format!("http://allowed.example:80@{host}:{port}/"),
        format!("http://allowed.example%40{host}:{port}/"),
        format!("http://@{host}:{port}/"),
        format!("http://:@{host}:{port}/"),
        format!("http://allowed.example &@{host}:{port}# @x/"),
        format!("http:{host}:{port}/"),
        format!("http:/{host}:{port}/"),
        format!("http:///{host}:{port}/"),
        format!("http:\\\\{host}:{port}/"),
        format!("//{host}:{port}/"),
        format!("{host}:{port}/"),
        format!(" http://{host}:{port}/"),
        format!("\u{1}http://{host}:{port}/"),
        format!("ht\ttp://{host}:{port}/"),
        format!("http://{host}\t:{port}/"),
        format!("http://{host}\r\n:{port}/"),
        format!("http://{host}%00.allowed.example:{port}/"),
        format!("http://{host}%0d%0a:{port}/"),
        format!("http://{host}%2f:{port}/"),
        format!("http://{host}%23.allowed.example:{port}/"),
        format!("ftp://{host}:{port}/"),
        format!("gopher://{host}:{port}/_GET"),
        format!("dict://{host}:{port}/"),
        format!("file://{host}/etc/passwd"),
        format!("ws://{host}:{port}/"),
        format!("jar:http://{host}:{port}!/"),
        format!("view-source:http://{host}:{port}/"),
        format!("url:http://{host}:{port}/"),
        format!("unix:/run/{host}.sock"),
    ]
}
