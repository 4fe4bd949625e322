//! Deliveries over a real socket, and the addresses that are not delivered to.

use crate::world::{self, START, form};
use api::Api;
use base::{Caller, ManualClock};
use clockwork::{Egress as _, Letter, Network, Unsent, Worker};
use std::{net::SocketAddr, sync::Arc, time::Instant};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::{mpsc, watch},
};
use wire::Node;

/// A receiver that answers every request with these bytes; what came is sent on.
async fn receiver(answer: &'static [u8]) -> (SocketAddr, mpsc::UnboundedReceiver<(Instant, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, came) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let sender = sender.clone();
            tokio::spawn(async move {
                let mut read = Vec::new();
                loop {
                    let whole = std::str::from_utf8(&read).ok().and_then(|text| {
                        let (head, body) = text.split_once("\r\n\r\n")?;
                        let length = head.to_ascii_lowercase();
                        let length: usize =
                            length.split("content-length: ").nth(1)?.lines().next()?.parse().ok()?;
                        (body.len() >= length).then(|| text.to_owned())
                    });
                    if let Some(text) = whole {
                        read.clear();
                        let _ = sender.send((Instant::now(), text));
                        if stream.write_all(answer).await.is_err() {
                            return;
                        }
                    } else if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
            });
        }
    });
    (address, came)
}

fn letter(url: &str) -> Letter {
    Letter { url: url.parse().unwrap(), headers: http::HeaderMap::new(), body: "{}".into() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_reaches_a_socket_at_once() {
    let (address, mut came) = receiver(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let api: Arc<Api> = world::api(Arc::new(ManualClock::at(START)), true);
    let worker = Worker::new(api.clone(), Arc::new(Network::new(true, &[]).unwrap()));
    let log = worker.log();
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(worker.run(stopped));
    let call = async |path: &str, params: Vec<(&'static str, Node<'static>)>| {
        let params = Node::Map(params.into_iter().map(|(name, node)| (name.into(), node)).collect());
        api.call_as(&Caller::session("acct_1", false), "POST", path, params).await.unwrap()
    };
    let url = format!("http://user:secret@{address}/hook?x=1");
    call("/v1/webhook_endpoints", vec![("url", form(&url)), ("enabled_events", Node::List(vec![form("*")]))])
        .await;
    let mut delays = Vec::new();
    for _ in 0..5 {
        call("/v1/customers", vec![("name", form("Zoë"))]).await;
        let committed = Instant::now();
        let (at, text) = came.recv().await.unwrap();
        delays.push(at.saturating_duration_since(committed));
        assert!(text.starts_with("POST /hook?x=1 HTTP/1.1\r\n"), "{text}");
        let lower = text.to_ascii_lowercase();
        for header in [
            "content-type: application/json; charset=utf-8",
            "authorization: basic ",
            "stripe-signature: t=1700000000,v1=",
        ] {
            assert!(lower.contains(header), "{header} in {text}");
        }
        assert!(text.contains("\r\nStripe-Signature: "), "{text}");
        assert!(lower.contains(&format!("host: {address}")) && !text.contains("secret@"));
        assert!(text.contains("\"name\":\"Zoë\""));
    }
    // The promise is 100 ms on an idle machine. A busy one may be late now and then, but not always.
    delays.sort();
    assert!(delays[0].as_millis() < 100, "{delays:?}");
    stop.send(true).unwrap();
    worker.await.unwrap();
    assert!(log.recent().iter().all(|it| it.status == Some(200)));
}

#[tokio::test]
async fn redirects_are_not_followed_and_long_answers_not_read() {
    let network = Network::new(true, &[]).unwrap();
    let (address, mut came) =
        receiver(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(network.post(letter(&format!("http://{address}/"))).await, Ok(302));
    assert!(came.recv().await.unwrap().1.starts_with("POST / "));
    assert!(came.try_recv().is_err());
    // A receipt that never ends is a receipt after 64 KiB.
    static ENDLESS: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
        let mut answer = b"HTTP/1.1 204 OK\r\nContent-Length: 99999999\r\n\r\n".to_vec();
        answer[9..12].copy_from_slice(b"200");
        answer.resize(answer.len() + 100_000, b'x');
        answer
    });
    let (address, _came) = receiver(&ENDLESS).await;
    assert_eq!(network.post(letter(&format!("http://{address}/"))).await, Ok(200));
}

#[tokio::test]
async fn nobody_home() {
    let network = Network::new(true, &[]).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let outcome = network.post(letter(&format!("http://{address}/"))).await;
    assert!(matches!(&outcome, Err(Unsent::Unreachable(why)) if why.contains("refused")), "{outcome:?}");
    let (address, _came) = receiver(b"this is not HTTP\r\n\r\n").await;
    let outcome = network.post(letter(&format!("http://{address}/"))).await;
    assert!(matches!(outcome, Err(Unsent::Unreachable(_))), "{outcome:?}");
}

#[tokio::test]
async fn serve_reaches_no_private_address_however_it_is_written() {
    let (address, mut came) = receiver(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let port = address.port();
    let serve = Network::new(false, &[]).unwrap();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::]",
        "0.0.0.0",
        "0",
        "１２７.0.0.1",
        "user@127.0.0.1",
    ] {
        let outcome = serve.post(letter(&format!("http://{host}:{port}/"))).await;
        assert!(matches!(outcome, Err(Unsent::Forbidden(_))), "{host}: {outcome:?}");
    }
    assert!(came.try_recv().is_err());
    let allowed = Network::new(false, &["127.0.0.0/8".to_owned()]).unwrap();
    assert_eq!(allowed.post(letter(&format!("http://127.0.0.1:{port}/"))).await, Ok(200));
    assert_eq!(allowed.post(letter(&format!("http://localhost:{port}/"))).await, Ok(200));
}
