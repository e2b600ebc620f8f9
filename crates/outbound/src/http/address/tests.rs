//! Addresses at and around the edges of each forbidden network, and random ones against another
//! reading of the same rules.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::*;

fn class(text: &str) -> Option<&'static str> {
    forbidden(text.parse().expect("an address"))
}

#[test]
fn what_is_not_public_is_forbidden() {
    for (text, expected) in [
        ("0.0.0.0", "unspecified"),
        ("0.255.255.255", "unspecified"),
        ("10.0.0.0", "private"),
        ("10.255.255.255", "private"),
        ("100.64.0.0", "shared"),
        ("100.127.255.255", "shared"),
        ("100.100.100.200", "metadata"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("169.254.0.1", "link-local"),
        ("169.254.169.254", "metadata"),
        ("172.16.0.0", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.192", "special-purpose"),
        ("192.0.2.1", "documentation"),
        ("192.168.255.255", "private"),
        ("198.19.255.255", "benchmark"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::7f00:1", "reserved"),
        ("::8.8.8.8", "reserved"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:169.254.169.254", "metadata"),
        ("::ffff:0:127.0.0.1", "reserved"),
        ("64:ff9b::10.0.0.1", "private"),
        ("64:ff9b:1::8.8.8.8", "translation"),
        ("100::1", "discard"),
        ("2001::1", "tunnel"),
        ("2001:2::1", "benchmark"),
        ("2001:10::1", "special-purpose"),
        ("2001:2f::1", "special-purpose"),
        ("2001:1ff:ffff::1", "special-purpose"),
        ("2001:db8::1", "documentation"),
        ("2002:7f00:1::1", "loopback"),
        ("2002:a9fe:a9fe::", "metadata"),
        ("2a00::5efe:a00:1", "tunnel"),
        ("2a00::200:5efe:808:808", "tunnel"),
        ("3fff:fff::1", "documentation"),
        ("4000::1", "reserved"),
        ("5f00::1", "reserved"),
        ("fc00::1", "private"),
        ("fd00:ec2::254", "metadata"),
        ("fdff::1", "private"),
        ("fe80::1", "link-local"),
        ("fec0::1", "private"),
        ("ff02::1", "multicast"),
    ] {
        assert_eq!(class(text), Some(expected), "{text}");
    }
}

#[test]
fn what_is_public_is_not_forbidden() {
    for text in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2001:200::1",
        "2606:4700::1111",
        "2a00::1",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
    ] {
        assert_eq!(class(text), None, "{text}");
    }
}

#[test]
fn a_carried_address_is_what_it_carries() {
    let mut chance = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..200_000 {
        let bits = chance.next_u32();
        let inner = Ipv4Addr::from_bits(bits);
        let expected = forbidden(inner.into());
        let low = u128::from(bits);
        for outer in [
            0xffff_u128 << 32 | low,
            0x64_ff9b_u128 << 96 | low,
            0x2002_u128 << 112 | low << 80 | u128::from(chance.next_u64()),
        ] {
            let outer = Ipv6Addr::from_bits(outer);
            assert_eq!(forbidden(outer.into()), expected, "{outer} carries {inner}");
        }
        let compatible = Ipv6Addr::from_bits(low);
        assert!(forbidden(compatible.into()).is_some(), "{compatible}");
    }
}

#[test]
fn what_the_standard_library_knows_is_forbidden() {
    let mut chance = ChaCha8Rng::seed_from_u64(2);
    for _ in 0..200_000 {
        let v4 = Ipv4Addr::from_bits(chance.next_u32());
        let is_local = v4.is_private()
            || v4.is_loopback()
            || v4.is_link_local()
            || v4.is_multicast()
            || v4.is_broadcast()
            || v4.is_documentation()
            || v4.octets()[0] == 0
            || v4.octets()[0] >= 240;
        assert!(!is_local || forbidden(v4.into()).is_some(), "{v4}");
        let high = [0, 0xfc, 0xfd, 0xfe, 0xff, 0x20][chance.next_u32() as usize % 6];
        let bits = u128::from(chance.next_u64()) << 64 | u128::from(chance.next_u64());
        let v6 = Ipv6Addr::from_bits(bits >> 8 | high << 120);
        let is_local = v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_multicast();
        assert!(!is_local || forbidden(v6.into()).is_some(), "{v6}");
    }
}

#[test]
fn a_network_holds_its_own_addresses() {
    let within = |address: &str, network: &str, prefix| {
        let [address, network] = [address, network].map(|text| text.parse().expect("an address"));
        is_within(address, network, prefix)
    };
    assert!(within("127.0.0.1", "127.0.0.0", 8));
    assert!(within("::ffff:127.0.0.1", "127.0.0.0", 8));
    assert!(within("8.8.8.8", "0.0.0.0", 0));
    assert!(within("fd00::5", "fd00::", 64));
    assert!(!within("128.0.0.1", "127.0.0.0", 8));
    assert!(!within("10.0.0.2", "10.0.0.1", 32));
    assert!(!within("fd01::5", "fd00::", 32));
    assert!(!within("10.0.0.1", "::", 0));
}
