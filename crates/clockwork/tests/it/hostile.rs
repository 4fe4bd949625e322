//! Receivers and addresses that mean harm: where `serve` does not deliver to however it is written, names that mean
//! something else a moment later, and answers without end.

use crate::network::{post, receiver};
use clockwork::{Network, Unsent};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// The machine itself, in every clothing that a URL allows.
const LOOPBACK: &[&str] = &[
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7F.1",
    "0x7f.0.0.1",
    "0x7f.0x0.0x0.0x1",
    "0177.0.0.1",
    "0177.0.0.01",
    "127.0.0.1.",
    "%31%32%37.0.0.1",
    "１２７.0.0.1",
    "127。0。0。1",
    "①②⑦.⓪.⓪.①",
    "user@127.0.0.1",
    "example.com@127.0.0.1",
    "user:example.com@127.0.0.1",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "localhost",
    "LOCALHOST",
    "loc%61lhost",
    "ｌocalhost",
];

/// What else is not the public internet.
const OTHERS: &[&str] = &[
    // Nobody in particular: this machine, for most systems.
    "0.0.0.0",
    "0",
    "0x0",
    "[::]",
    "[::ffff:0.0.0.0]",
    // Private networks.
    "10.0.0.1",
    "167772161",
    "0xa.1",
    "012.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "3232235521",
    "[::ffff:10.0.0.1]",
    "[::ffff:c0a8:1]",
    "[fc00::1]",
    "[fd12:3456:789a::1]",
    // Link-local, and with it the metadata services of clouds.
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "100.100.100.200",
    "192.0.0.192",
    // Translators and tunnels, which carry an IPv4 address.
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::10.0.0.1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:7f00:1::]",
    // Carriers' and laboratories' networks, documentation, multicast, what is reserved.
    "100.64.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "192.88.99.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[ff02::1]",
    "[ff05::2]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[fec0::1]",
    "[100::1]",
];

#[tokio::test]
async fn serve_delivers_to_the_public_internet_alone() {
    let (address, mut came) = receiver(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let port = address.port();
    let serve = Network::new(false, &[]).unwrap();
    assert!(LOOPBACK.len() + OTHERS.len() >= 80);
    for host in LOOPBACK.iter().chain(OTHERS) {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}:{port}/");
            let outcome = post(&serve, &url).await;
            assert!(matches!(outcome, Err(Unsent::Forbidden(_))), "{url}: {outcome:?}");
        }
    }
    assert!(came.try_recv().is_err(), "nobody was connected to");
    let allowed = Network::new(false, &["127.0.0.0/8".to_owned()]).unwrap();
    assert_eq!(post(&allowed, &format!("http://127.0.0.1:{port}/")).await, Ok(200));
    assert_eq!(post(&allowed, &format!("http://localhost:{port}/")).await, Ok(200));
    // What the operator allows is what it is, and nothing beside it.
    assert!(matches!(post(&allowed, &format!("http://10.0.0.1:{port}/")).await, Err(Unsent::Forbidden(_))));
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_what_was_judged_is_connected_to() {
    let (address, mut came) = receiver(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let port = address.port();
    let at = |ip: &str| SocketAddr::new(ip.parse().unwrap(), 0);
    // First something public, then the machine itself: whoever asks twice is led home.
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let rebinding = Network::resolving(false, &["203.0.113.7".to_owned()], move |_| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        let found = vec![at(if first { "203.0.113.7" } else { "127.0.0.1" })];
        Box::pin(async move { Ok(found) })
    })
    .unwrap();
    let url = format!("http://rebinding.example:{port}/");
    // It connects to what was judged, where nobody is.
    let first = tokio::time::timeout(Duration::from_millis(300), post(&rebinding, &url)).await;
    assert!(!matches!(first, Ok(Ok(_))), "{first:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // Asked anew, it is judged anew.
    let second = post(&rebinding, &url).await;
    assert!(matches!(second, Err(Unsent::Forbidden(_))), "{second:?}");

    // Of several addresses those that may not be delivered to are passed over.
    let mixed = Network::resolving(false, &["127.0.0.1".to_owned()], move |_| {
        let found = ["10.0.0.1", "169.254.169.254", "::1", "127.0.0.1"].map(at).to_vec();
        Box::pin(async move { Ok(found) })
    })
    .unwrap();
    assert_eq!(post(&mixed, &format!("http://mixed.example:{port}/")).await, Ok(200));
    assert!(came.try_recv().is_ok() && came.try_recv().is_err());
}

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let (inside, mut reached) = receiver(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    for status in [301, 302, 303, 307, 308] {
        let answer =
            format!("HTTP/1.1 {status} X\r\nLocation: http://{inside}/secret\r\nContent-Length: 0\r\n\r\n");
        let (address, _came) = receiver(answer.leak().as_bytes()).await;
        let network = Network::new(true, &[]).unwrap();
        assert_eq!(post(&network, &format!("http://{address}/")).await, Ok(status));
    }
    assert!(reached.try_recv().is_err());
}

/// A receiver that says this at once and then more of the same for as long as somebody listens.
async fn endless(
    head: &'static [u8],
    more: &'static [u8],
    pause: Duration,
) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, sent) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let count = sent.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let count = count.clone();
            tokio::spawn(async move {
                // Whoever answers before it was asked is not understood.
                let mut asked = Vec::new();
                while !asked.ends_with(b"{}") && stream.read_buf(&mut asked).await.is_ok_and(|read| read > 0)
                {
                }
                let _ = stream.write_all(head).await;
                while stream.write_all(more).await.is_ok() {
                    count.fetch_add(more.len(), Ordering::Relaxed);
                    tokio::time::sleep(pause).await;
                }
            });
        }
    });
    (address, sent)
}

#[tokio::test]
async fn answers_without_end_are_cut() {
    let network = Network::new(true, &[]).unwrap();
    let network = network.patient(Duration::from_secs(10), Duration::from_millis(300));
    // Ten gigabytes are announced, as fast as they can be sent.
    static MUCH: [u8; 65536] = [b'x'; 65536];
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n";
    let (address, sent) = endless(head, &MUCH, Duration::ZERO).await;
    assert_eq!(post(&network, &format!("http://{address}/")).await, Ok(200));
    let read = sent.load(Ordering::Relaxed);
    assert!(read < 16 << 20, "{read} bytes were taken");
    // A head that never ends is no answer.
    let (address, _) = endless(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n", Duration::ZERO).await;
    let outcome = post(&network, &format!("http://{address}/")).await;
    assert!(matches!(outcome, Err(Unsent::Unreachable(_))), "{outcome:?}");
    // So is a chunk that never ends.
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let (address, _) = endless(head, b"1000\r\n", Duration::ZERO).await;
    assert_eq!(post(&network, &format!("http://{address}/")).await, Ok(200));
}

#[tokio::test]
async fn who_dribbles_is_left_after_a_while() {
    let (whole, body) = (Duration::from_millis(500), Duration::from_millis(50));
    let network = Network::new(true, &[]).unwrap().patient(whole, body);
    let pause = Duration::from_millis(5);
    let (address, _) = endless(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"x", pause).await;
    // The head is the receipt; the body is not waited for.
    assert_eq!(post(&network, &format!("http://{address}/")).await, Ok(200));
    // A head that comes byte by byte is none when the time is over.
    let (address, _) = endless(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x", pause).await;
    assert_eq!(post(&network, &format!("http://{address}/")).await, Err(Unsent::TimedOut));
}
