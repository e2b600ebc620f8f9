//! Where a request comes from, as far as it is counted.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aide::OperationInput;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::serve::Peer;

/// The address, without what one customer of a network can change at will: of IPv6, the first half.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// The address at the other end; that of nobody where the server was not told.
pub(crate) fn address_of(parts: &Parts) -> IpAddr {
    let nobody = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    parts.extensions.get::<Peer>().map_or(nobody, |Peer(address)| *address)
}

/// The address of a request of which nothing else is known.
pub(crate) struct Address(pub(crate) IpAddr);

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Address(address_of(parts)))
    }
}

impl OperationInput for Address {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_one_address() {
        let of = |text: &str| {
            let address: IpAddr = text.parse().expect("an address");
            network_of(address).to_string()
        };
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("2001:db8:1:2:ffff::"), "2001:db8:1:2::");
    }
}
