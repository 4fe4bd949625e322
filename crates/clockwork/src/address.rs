//! Which addresses may be delivered to. A webhook URL is chosen by whoever has a key, so without this the server
//! could be made to ask its neighbours, the metadata service of its cloud, or itself.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses, such as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    first: IpAddr,
    bits: u8,
}

/// Which addresses may be delivered to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    dev: bool,
    allowed: Vec<Range>,
}

impl Rules {
    /// Rules with these ranges (`10.0.0.0/8`, `fd00::/8`, or one address) allowed beside the public ones. `dev`:
    /// the machine itself and private networks are allowed, too. Errors: a range that cannot be read.
    pub(crate) fn new(dev: bool, allowed: &[String]) -> Result<Self, String> {
        let allowed = allowed.iter().map(|text| Range::parse(text)).collect::<Result<_, _>>()?;
        Ok(Rules { dev, allowed })
    }

    /// Whether an address may be delivered to.
    pub(crate) fn allow(&self, address: IpAddr) -> bool {
        // An IPv4 address in the clothes of IPv6 is judged as what it is.
        let address = address.to_canonical();
        is_public(address)
            || (self.dev && (address.is_loopback() || is_private(address)))
            || self.allowed.iter().any(|range| range.holds(address))
    }
}

impl Range {
    /// Reads `10.0.0.0/8`, `fd00::/8` or one address. Errors: it is none of these.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad =
            || format!("'{text}' is no range of addresses. Write one as 10.0.0.0/8, fd00::/8 or 10.1.2.3.");
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text.trim(), None),
        };
        let first: IpAddr = address.parse().map_err(|_| bad())?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse).map_err(|_| bad())?;
        if bits > most { Err(bad()) } else { Ok(Range { first, bits }) }
    }

    /// Whether an address lies in it.
    pub fn holds(self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(it)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                first.to_bits() & mask == it.to_bits() & mask
            }
            (IpAddr::V6(first), IpAddr::V6(it)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                first.to_bits() & mask == it.to_bits() & mask
            }
            _ => false,
        }
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => it.is_private(),
        IpAddr::V6(it) => it.segments()[0] & 0xfe00 == 0xfc00,
    }
}

/// Whether an address belongs to somebody on the public internet (the registries of special addresses, IANA).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => is_public_v4(it),
        IpAddr::V6(it) => is_public_v6(it),
    }
}

fn is_public_v4(it: Ipv4Addr) -> bool {
    let [a, b, c, _] = it.octets();
    let special = a == 0
        || it.is_private()
        || it.is_loopback()
        || it.is_link_local()
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113)
        || a >= 224;
    !special
}

fn is_public_v6(it: Ipv6Addr) -> bool {
    let [a, b, ..] = it.segments();
    // Only 2000::/3 is given out; in it, tunnels carry an IPv4 address that nobody would have judged.
    let given_out = a & 0xe000 == 0x2000;
    let special = (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) || a == 0x2002 || (a == 0x3fff && b < 0x1000);
    given_out && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(rules: &Rules, address: &str) -> bool {
        rules.allow(address.parse().unwrap())
    }

    #[test]
    fn only_the_public_internet() {
        let serve = Rules::new(false, &[]).unwrap();
        for address in [
            "1.1.1.1",
            "93.184.216.34",
            "100.128.0.1",
            "172.32.0.1",
            "2606:4700:4700::1111",
            "::ffff:8.8.8.8",
        ] {
            assert!(allow(&serve, address), "{address}");
        }
        for address in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "100::1",
            "3fff::1",
            "5f00::1",
        ] {
            assert!(!allow(&serve, address), "{address}");
        }
    }

    #[test]
    fn dev_reaches_the_machine_and_its_networks_but_no_metadata_service() {
        let dev = Rules::new(true, &[]).unwrap();
        for address in
            ["127.0.0.1", "::1", "::ffff:127.0.0.1", "172.18.0.3", "192.168.1.1", "fd00::2", "1.1.1.1"]
        {
            assert!(allow(&dev, address), "{address}");
        }
        for address in ["169.254.169.254", "0.0.0.0", "fe80::1", "224.0.0.1"] {
            assert!(!allow(&dev, address), "{address}");
        }
    }

    #[test]
    fn ranges_of_the_operator() {
        let ranges = ["10.1.0.0/16".to_owned(), " 127.0.0.1 ".to_owned(), "fd00:1::/32".to_owned()];
        let rules = Rules::new(false, &ranges).unwrap();
        for (address, allowed) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("10.2.0.1", false),
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("fd00:1::5", true),
            ("fd00:2::5", false),
        ] {
            assert_eq!(allow(&rules, address), allowed, "{address}");
        }
        let everything = Rules::new(false, &["0.0.0.0/0".to_owned(), "::/0".to_owned()]).unwrap();
        assert!(allow(&everything, "127.0.0.1") && allow(&everything, "::1"));
        for bad in ["10.0.0.0/33", "10.0.0/8", "example.com", "", "::/129", "10.0.0.0/-1", "10.0.0.0/"] {
            assert!(Rules::new(false, &[bad.to_owned()]).is_err(), "{bad}");
        }
    }
}
