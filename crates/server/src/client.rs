//! Who is really there: the peer of the connection, or the client that a trusted proxy speaks for.
use clockwork::Range;
use http::{HeaderMap, HeaderName};
use std::net::IpAddr;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Its address.
    pub(crate) address: IpAddr,
    /// Whether it speaks TLS with this program.
    pub(crate) tls: bool,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// Their address.
    pub(crate) address: IpAddr,
    /// Whether they came by TLS; not known behind a proxy that does not say.
    pub(crate) secure: Option<bool>,
}

/// Proxies whose word is taken for whom they speak for. Everybody else could write the same headers.
#[derive(Debug, Default)]
pub(crate) struct Proxies(Vec<Range>);

impl Proxies {
    /// Proxies in these ranges. Errors: a range that cannot be read.
    pub(crate) fn new(ranges: &[String]) -> Result<Self, String> {
        ranges.iter().map(|text| Range::parse(text)).collect::<Result<_, _>>().map(Proxies)
    }

    fn trusted(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.holds(address.to_canonical()))
    }

    /// Who asks through this peer.
    pub(crate) fn client(&self, peer: Peer, headers: &HeaderMap) -> Client {
        let secure = peer.tls.then_some(true);
        if self.0.is_empty() || !self.trusted(peer.address) {
            return Client { address: peer.address, secure };
        }
        // Each proxy adds whom it heard from at the end. What stands before the first stranger, the stranger may have
        // written.
        let mut address = peer.address;
        let hops = headers.get_all(FORWARDED_FOR).iter().rev();
        for hop in hops.flat_map(|line| line.to_str().unwrap_or("?").rsplit(',')) {
            let Some(heard) = parse(hop.trim()) else { break };
            address = heard;
            if !self.trusted(heard) {
                break;
            }
        }
        let protocol =
            headers.get_all(FORWARDED_PROTO).iter().next_back().and_then(|line| line.to_str().ok());
        let protocol = protocol.and_then(|line| line.rsplit(',').next()).map(str::trim);
        let said = match protocol {
            Some(it) if it.eq_ignore_ascii_case("https") => Some(true),
            Some(it) if it.eq_ignore_ascii_case("http") => Some(false),
            _ => None,
        };
        Client { address, secure: said.or(secure) }
    }
}

/// An address as proxies write it: bare, or with a port.
fn parse(hop: &str) -> Option<IpAddr> {
    let plain = hop.parse().ok().or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|it| it.ip()));
    plain.or_else(|| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn ask(peer: &str, lines: &[(&HeaderName, &'static str)]) -> (String, Option<bool>) {
        let proxies = Proxies::new(&["10.0.0.0/8".into(), "fd00::/8".into()]).unwrap();
        let headers: HeaderMap =
            lines.iter().map(|(name, value)| ((*name).clone(), HeaderValue::from_static(value))).collect();
        let peer = Peer { address: peer.parse().unwrap(), tls: false };
        let Client { address, secure } = proxies.client(peer, &headers);
        (address.to_string(), secure)
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let lines = [(&FORWARDED_FOR, "203.0.113.9"), (&FORWARDED_PROTO, "https")];
        assert_eq!(ask("198.51.100.1", &lines), ("198.51.100.1".into(), None));
        assert_eq!(ask("10.1.2.3", &lines), ("203.0.113.9".into(), Some(true)));
        assert_eq!(ask("::ffff:10.1.2.3", &lines), ("203.0.113.9".into(), Some(true)));
        assert_eq!(ask("fd00::1", &lines), ("203.0.113.9".into(), Some(true)));
    }

    #[test]
    fn what_a_client_wrote_itself_does_not_count() {
        let forged = [(&FORWARDED_FOR, "1.1.1.1, 203.0.113.9, 10.9.9.9"), (&FORWARDED_PROTO, "https, http")];
        assert_eq!(ask("10.1.2.3", &forged), ("203.0.113.9".into(), Some(false)));
        let in_two_lines = [(&FORWARDED_FOR, "1.1.1.1"), (&FORWARDED_FOR, "203.0.113.9")];
        assert_eq!(ask("10.1.2.3", &in_two_lines), ("203.0.113.9".into(), None));
        let broken = [(&FORWARDED_FOR, "1.1.1.1, unknown, 10.9.9.9")];
        assert_eq!(ask("10.1.2.3", &broken), ("10.9.9.9".into(), None));
        assert_eq!(ask("10.1.2.3", &[]), ("10.1.2.3".into(), None));
    }

    #[test]
    fn ports_and_brackets_are_understood() {
        for (written, means) in [
            ("203.0.113.9:4711", "203.0.113.9"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
        ] {
            assert_eq!(parse(written), means.parse().ok());
        }
        assert_eq!(parse("_hidden"), None);
    }
}
