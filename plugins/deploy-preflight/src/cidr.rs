//! Subnets: parsing, membership, overlap.

use std::net::IpAddr;

/// A subnet of either family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cidr {
    /// Network bits, aligned to the left of 128.
    bits: u128,
    length: u32,
    v4: bool,
}

impl Cidr {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let (bits, v4) = left(address.parse().ok()?);
        let length: u32 = length.parse().ok()?;
        (length <= if v4 { 32 } else { 128 }).then_some(Self {
            bits: bits & mask(length),
            length,
            v4,
        })
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let (bits, v4) = left(address);
        v4 == self.v4 && bits & mask(self.length) == self.bits
    }

    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let length = self.length.min(other.length);
        self.v4 == other.v4 && self.bits & mask(length) == other.bits & mask(length)
    }

    /// The address that the engine gives to the gateway if nothing else is said.
    pub(crate) fn first(&self) -> IpAddr {
        if self.v4 {
            IpAddr::V4(
                u32::try_from(self.bits >> 96)
                    .unwrap_or_default()
                    .saturating_add(1)
                    .into(),
            )
        } else {
            IpAddr::V6(self.bits.saturating_add(1).into())
        }
    }
}

fn left(address: IpAddr) -> (u128, bool) {
    match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, true),
        IpAddr::V6(address) => (u128::from(address), false),
    }
}

fn mask(length: u32) -> u128 {
    u128::MAX.checked_shl(128 - length).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn membership_and_overlap() {
        let net = Cidr::parse("172.20.0.0/16").unwrap();
        assert!(net.contains("172.20.255.1".parse().unwrap()));
        assert!(!net.contains("172.21.0.1".parse().unwrap()));
        assert!(!net.contains("::1".parse().unwrap()));
        assert_eq!(net.first(), "172.20.0.1".parse::<IpAddr>().unwrap());
        for (other, expected) in [
            ("172.20.5.0/24", true),
            ("172.16.0.0/12", true),
            ("0.0.0.0/0", true),
            ("172.21.0.0/16", false),
            ("fd00::/8", false),
        ] {
            let other = Cidr::parse(other).unwrap();
            assert_eq!(net.overlaps(&other), expected, "{other:?}");
            assert_eq!(other.overlaps(&net), expected, "{other:?}");
        }
        assert_eq!(
            Cidr::parse("fd00::/8").unwrap().first(),
            "fd00::1".parse::<IpAddr>().unwrap()
        );
        for wrong in ["172.20.0.0", "172.20.0.0/33", "x/8", "1.2.3.4/-1", ""] {
            assert_eq!(Cidr::parse(wrong), None, "{wrong}");
        }
    }
}
