//! Which addresses a granted *name* may lead to.
//!
//! A name is granted for what it stands for on the public network. That it
//! resolves to the machine itself, to its neighbours or to a cloud's metadata
//! service is how a grant gets abused, so such addresses need the operator's
//! word.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The public network.
    Public,
    /// Needs `private-addresses: true`, or a grant of the address itself.
    Private(&'static str),
    /// A cloud's metadata service: only by a grant of the address itself.
    Metadata,
    /// Never a destination.
    Never(&'static str),
}

/// Says where an address leads; what is wrapped in it counts.
#[must_use]
pub fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(v4) => reach_v4(v4),
        IpAddr::V6(v6) => reach_v6(v6),
    }
}

fn reach_v4(v4: Ipv4Addr) -> Reach {
    match v4.octets() {
        [169, 254, 169, 254] | [169, 254, 170, 2] | [100, 100, 100, 200] => Reach::Metadata,
        [0, ..] => Reach::Never("an unspecified address"),
        [127, ..] => Reach::Private("a loopback address"),
        [10, ..] | [192, 168, ..] | [172, 16..=31, ..] => Reach::Private("a private address"),
        [169, 254, ..] => Reach::Private("a link-local address"),
        [100, 64..=127, ..] => Reach::Private("a shared (carrier) address"),
        [192, 0, 0, _] | [198, 18..=19, ..] => Reach::Private("a reserved address"),
        [224..=239, ..] => Reach::Never("a multicast address"),
        [240..=255, ..] => Reach::Never("a reserved or broadcast address"),
        _ => Reach::Public,
    }
}

fn reach_v6(v6: Ipv6Addr) -> Reach {
    let wrapped = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        reach_v4(Ipv4Addr::new(a, b, c, d))
    };
    match v6.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Reach::Never("an unspecified address"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Reach::Private("a loopback address"),
        // v4-compatible, v4-mapped, v4-translated and the two NAT64 prefixes.
        [0, 0, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low] => wrapped(high, low),
        // 6to4 carries the address of its gateway.
        [0x2002, high, low, ..] => wrapped(high, low),
        [0x2001, 0, ..] => Reach::Never("a Teredo address"),
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => Reach::Metadata,
        [0xfc00..=0xfdff, ..] => Reach::Private("a private (unique local) address"),
        [0xfe80..=0xfebf, ..] => Reach::Private("a link-local address"),
        [0xfec0..=0xfeff, ..] => Reach::Private("a site-local address"),
        [0xff00..=0xffff, ..] => Reach::Never("a multicast address"),
        _ => Reach::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Reach {
        reach(text.parse().unwrap())
    }

    #[test]
    fn the_public_network_is_public() {
        for address in [
            "1.1.1.1",
            "100.63.0.1",
            "172.32.0.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
        ] {
            assert_eq!(at(address), Reach::Public, "{address}");
        }
    }

    #[test]
    fn every_way_to_write_loopback_is_private() {
        for address in [
            "127.0.0.1",
            "127.9.9.9",
            "::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
        ] {
            assert_eq!(
                at(address),
                Reach::Private("a loopback address"),
                "{address}"
            );
        }
    }

    #[test]
    fn private_ranges_need_a_word() {
        for address in [
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "169.254.1.1",
            "198.18.0.1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(matches!(at(address), Reach::Private(_)), "{address}");
        }
    }

    #[test]
    fn metadata_services_are_apart() {
        for address in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "169.254.170.2",
            "fd00:ec2::254",
        ] {
            assert_eq!(at(address), Reach::Metadata, "{address}");
        }
    }

    #[test]
    fn some_addresses_are_never_a_destination() {
        for address in [
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "255.255.255.255",
            "ff02::1",
            "2001::1",
        ] {
            assert!(matches!(at(address), Reach::Never(_)), "{address}");
        }
    }
}
