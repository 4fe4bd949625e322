//! Deliveries over a real socket, and the addresses that are not delivered to.

use crate::world::{self, START, form};
use api::Api;
use base::{Caller, ManualClock, Named as _};
use clockwork::{Egress as _, Letter, Network, Unsent, Worker};
use resources::events::attempt::Attempt;
use std::{net::SocketAddr, sync::Arc, time::Instant};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::{mpsc, watch},
};
use wire::Node;

/// A receiver that answers every request with these bytes; what came is sent on.
pub(crate) async fn receiver(
    answer: &'static [u8],
) -> (SocketAddr, mpsc::UnboundedReceiver<(Instant, String)>) {
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

/// Posts a letter and returns the status of the answer.
pub(crate) async fn post(network: &Network, url: &str) -> Result<u16, Unsent> {
    network.post(letter(url)).await.map(|answer| answer.status)
}

fn letter(url: &str) -> Letter {
    Letter { url: url.parse().unwrap(), headers: http::HeaderMap::new(), body: "{}".into() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_reaches_a_socket_at_once() {
    let (address, mut came) = receiver(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let api: Arc<Api> = world::api(Arc::new(ManualClock::at(START)), true);
    let worker = Worker::new(api.clone(), Arc::new(Network::new(true, &[]).unwrap()));
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
    let query = store::Query::newest("acct_1", false, Attempt::NAME, None, 100);
    let attempts = api.world.store.list(&query).await.unwrap();
    let attempts: Vec<Attempt> = attempts.iter().map(|doc| wire::from_json(&doc.body).unwrap()).collect();
    assert_eq!(attempts.len(), 5);
    let last = &attempts[0];
    assert!(attempts.iter().all(Attempt::delivered));
    assert_eq!(
        (last.response.0.as_ref().unwrap().body.as_str(), last.url.as_str()),
        ("ok", &*format!("http://{address}/hook"))
    );
    let shown: Vec<String> =
        last.request_headers.iter().map(|it| format!("{}: {}", it.name, it.value)).collect();
    assert!(shown.contains(&"authorization: …".to_owned()), "{shown:?}");
    assert!(shown.iter().any(|it| it.starts_with("stripe-signature: t=1700000000,v1=")), "{shown:?}");
}

#[tokio::test]
async fn redirects_are_not_followed_and_long_answers_not_read() {
    let network = Network::new(true, &[]).unwrap();
    let (address, mut came) =
        receiver(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(post(&network, &format!("http://{address}/")).await, Ok(302));
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
    assert_eq!(post(&network, &format!("http://{address}/")).await, Ok(200));
}

#[tokio::test]
async fn nobody_home() {
    let network = Network::new(true, &[]).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let outcome = post(&network, &format!("http://{address}/")).await;
    assert!(matches!(&outcome, Err(Unsent::Unreachable(why)) if why.contains("refused")), "{outcome:?}");
    let (address, _came) = receiver(b"this is not HTTP\r\n\r\n").await;
    let outcome = post(&network, &format!("http://{address}/")).await;
    assert!(matches!(outcome, Err(Unsent::Unreachable(_))), "{outcome:?}");
}
