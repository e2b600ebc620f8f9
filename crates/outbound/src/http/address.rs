//! Addresses that no flow may connect to: whatever is not the public internet. An address that carries
//! another one is what it carries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The first that holds says what an address is.
const FORBIDDEN_V4: &[(Ipv4Addr, u32, &str)] = &[
    (Ipv4Addr::new(169, 254, 169, 254), 32, METADATA),
    (Ipv4Addr::new(100, 100, 100, 200), 32, METADATA),
    (Ipv4Addr::new(168, 63, 129, 16), 32, METADATA),
    (Ipv4Addr::UNSPECIFIED, 8, "unspecified"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "shared"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "special-purpose"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "tunnel"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "benchmark"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::BROADCAST, 32, "broadcast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

/// As for version 4. What is in none of them and not in `2000::/3` is reserved.
const FORBIDDEN_V6: &[(Ipv6Addr, u32, &str)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, "unspecified"),
    (Ipv6Addr::LOCALHOST, 128, "loopback"),
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), 128, METADATA),
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254), 128, METADATA),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, "translation"),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, "discard"),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, "private"),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, "link-local"),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, "private"),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, "multicast"),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, "tunnel"),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, "benchmark"),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "special-purpose"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "documentation"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "documentation"),
];

const METADATA: &str = "metadata";

/// Which kind of address it is, where no flow may connect to it; nothing for the public internet.
pub fn forbidden(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => forbidden_v4(address),
        IpAddr::V6(address) => forbidden_v6(address),
    }
}

/// Whether an address is in a network. A version 4 address is the same whether it is mapped or not.
pub(super) fn is_within(address: IpAddr, network: IpAddr, prefix: u32) -> bool {
    match (address.to_canonical(), network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            same_start(address.to_bits().into(), network.to_bits().into(), 32, prefix)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            same_start(address.to_bits(), network.to_bits(), 128, prefix)
        }
        _ => false,
    }
}

fn forbidden_v4(address: Ipv4Addr) -> Option<&'static str> {
    let bits = u128::from(address.to_bits());
    FORBIDDEN_V4
        .iter()
        .find(|(network, prefix, _)| same_start(bits, network.to_bits().into(), 32, *prefix))
        .map(|(_, _, class)| *class)
}

fn forbidden_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(carried) = carried(address) {
        return forbidden_v4(carried);
    }
    let bits = address.to_bits();
    let known = FORBIDDEN_V6
        .iter()
        .find(|(network, prefix, _)| same_start(bits, network.to_bits(), 128, *prefix));
    match known {
        Some((_, _, class)) => Some(class),
        None if bits >> 125 != 1 => Some("reserved"),
        // ISATAP: the machine behind it is in some site's own network.
        None if matches!(address.segments()[4..6], [0 | 0x200, 0x5efe]) => Some("tunnel"),
        None => None,
    }
}

/// The version 4 address that is reached through one of version 6: mapped, NAT64 and 6to4.
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(of(high, low))
        }
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

fn same_start(one: u128, other: u128, width: u32, prefix: u32) -> bool {
    prefix == 0 || (one ^ other) >> (width - prefix) == 0
}

#[cfg(test)]
mod tests;
