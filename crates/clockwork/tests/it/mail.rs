//! Messages, from the commit that causes them to a server of mail.
use crate::world::{self, SELLER, START, form};
use api::{Api, Mails};
use base::{Caller, ManualClock, Named as _};
use clockwork::{Network, Privacy, Relay, Smtp, Worker};
use resources::mail::{Message, Status};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    sync::{Notify, mpsc, watch},
};
use tokio_rustls::{TlsAcceptor, rustls};

/// Long enough for any machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came to the server.
#[derive(Debug, Default, Clone)]
struct Came {
    from: String,
    to: String,
    data: String,
    signed_in: Option<String>,
    private: bool,
}

impl Came {
    fn header(&self, name: &str) -> &str {
        let lead = format!("{name}: ");
        self.data.lines().find_map(|line| line.strip_prefix(lead.as_str())).unwrap_or_default()
    }
}

/// A server of mail.
struct Sink {
    address: SocketAddr,
    came: mpsc::UnboundedReceiver<Came>,
    certificate: Vec<u8>,
    /// Lets a letter that begins with `hold` be answered.
    go_on: Arc<Notify>,
}

#[derive(Clone)]
struct Server {
    told: mpsc::UnboundedSender<Came>,
    acceptor: TlsAcceptor,
    go_on: Arc<Notify>,
}

impl Server {
    /// Says what a server says, until the other side leaves or wants to go on in private.
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        private: bool,
        greet: bool,
    ) -> Option<S> {
        let mut stream = BufReader::new(stream);
        let mut it = Came { private, ..Came::default() };
        if greet {
            stream.write_all(b"220 sink ready\r\n").await.ok()?;
        }
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let line = line.trim_end();
            let answer = match line.split(' ').next().unwrap_or_default() {
                "EHLO" if private => "250-sink\r\n250 AUTH PLAIN\r\n",
                "EHLO" => "250-sink\r\n250 STARTTLS\r\n",
                "STARTTLS" => {
                    stream.write_all(b"220 go on\r\n").await.ok()?;
                    return Some(stream.into_inner());
                }
                "AUTH" => {
                    it.signed_in = line.split(' ').nth(2).map(str::to_owned);
                    "235 welcome\r\n"
                }
                "MAIL" => {
                    it.from = line.to_owned();
                    "250 ok\r\n"
                }
                "RCPT" => {
                    it.to = line.to_owned();
                    if line.contains("nobody") { "550 no such mailbox\r\n" } else { "250 ok\r\n" }
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await.ok()?;
                    loop {
                        let mut line = String::new();
                        stream.read_line(&mut line).await.ok()?;
                        if line == ".\r\n" {
                            break;
                        }
                        it.data.push_str(&line);
                    }
                    let (busy, held) = (it.to.contains("busy"), it.to.contains("hold"));
                    self.told.send(it.clone()).ok()?;
                    if held {
                        self.go_on.notified().await;
                    }
                    if busy { "451 try again\r\n" } else { "250 taken\r\n" }
                }
                "QUIT" => "221 bye\r\n",
                _ => "250 ok\r\n",
            };
            stream.write_all(answer.as_bytes()).await.ok()?;
        }
    }
}

impl Sink {
    async fn open(wrapped: bool) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (told, came) = mpsc::unbounded_channel();
        let go_on = Arc::new(Notify::new());
        let server = Server { told, acceptor: TlsAcceptor::from(Arc::new(config)), go_on: go_on.clone() };
        let sink = Sink {
            address: listener.local_addr().unwrap(),
            came,
            certificate: made.cert.pem().into_bytes(),
            go_on,
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move {
                    let (plain, greet) = if wrapped {
                        (Some(stream), true)
                    } else {
                        (server.talk(stream, false, true).await, false)
                    };
                    if let Some(plain) = plain
                        && let Ok(private) = server.acceptor.accept(plain).await
                    {
                        server.talk(private, true, greet).await;
                    }
                });
            }
        });
        sink
    }
    fn relay(&self, privacy: Privacy) -> Relay {
        Relay {
            host: "localhost".into(),
            port: self.address.port(),
            privacy,
            trusted: None,
            sign_in: None,
            from: "billing@tollbridge.example".into(),
            hello: "tollbridge.example".into(),
        }
    }
    async fn next(&mut self) -> Came {
        tokio::time::timeout(PATIENCE, self.came.recv()).await.expect("no mail came").unwrap()
    }
}

struct Bench {
    api: Arc<Api>,
    clock: Arc<ManualClock>,
    stop: watch::Sender<bool>,
    wake: Arc<dyn Fn() + Send + Sync>,
    worker: tokio::task::JoinHandle<()>,
}

impl Bench {
    fn new(mails: Mails, relay: Relay) -> Self {
        let clock = Arc::new(ManualClock::at(START));
        Bench::on(world::mailing(clock.clone(), false, mails), clock, relay)
    }
    fn on(api: Arc<Api>, clock: Arc<ManualClock>, relay: Relay) -> Self {
        let network = Arc::new(Network::new(true, &[]).unwrap());
        let worker = Worker::mailing(api.clone(), network, Some(Arc::new(Smtp::new(relay).unwrap())));
        let (wake, (stop, stopped)) = (worker.waker(), watch::channel(false));
        Bench { api, clock, stop, wake, worker: tokio::spawn(worker.run(stopped)) }
    }
    async fn charge(&self, email: &str) {
        let fields =
            [("amount", "1234"), ("currency", "usd"), ("source", "tok_visa"), ("receipt_email", email)];
        let params = fields.iter().map(|(name, value)| ((*name).into(), form(value))).collect();
        let caller = Caller::session(SELLER, false);
        self.api.call_as(&caller, "POST", "/v1/charges", wire::Node::Map(params)).await.unwrap();
    }
    async fn last(&self) -> Message {
        let query = store::Query::newest(SELLER, false, Message::NAME, None, 1);
        let found = self.api.world.store.list(&query).await.unwrap();
        wire::from_json(&found[0].body).unwrap()
    }
    async fn until(&self, holds: impl Fn(&Message) -> bool) -> Message {
        let wait = async {
            loop {
                let it = self.last().await;
                if holds(&it) {
                    return it;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("the message does not come to stand there")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_reaches_its_server_and_is_tried_again() {
    let mut sink = Sink::open(false).await;
    let bench = Bench::new(Mails::All, sink.relay(Privacy::None));
    bench.charge("ann@example.com").await;
    let came = sink.next().await;
    let it = bench.until(|it| it.status == Status::Sent).await;
    assert!(came.from.contains("<billing@tollbridge.example>") && came.to.contains("<ann@example.com>"));
    assert_eq!((came.header("Message-ID"), came.header("Subject")), (&*it.message_id, &*it.subject));
    assert!(came.data.contains("multipart/alternative") && came.data.contains("text/html"), "{}", came.data);
    assert!(came.data.contains("$12.34"), "{}", came.data);
    assert!(!came.private && (it.attempts, it.problem) == (1, None));

    bench.charge("busy@example.com").await;
    let first = sink.next().await;
    let it = bench.until(|it| it.to.starts_with("busy") && it.attempts == 1).await;
    assert_eq!((it.status, it.next_attempt), (Status::Waiting, Some(START.plus(60))));
    assert!(it.problem.unwrap().contains("451"));
    bench.clock.advance(61);
    (bench.wake)();
    let again = sink.next().await;
    assert_eq!(first.header("Message-ID"), again.header("Message-ID"));

    for wrong in ["nobody@example.com", "two@at@example.com"] {
        bench.charge(wrong).await;
        let it = bench.until(|it| it.to == wrong && it.status == Status::Failed).await;
        assert!(it.problem.is_some() && it.next_attempt.is_none());
    }
    bench.stop.send(true).unwrap();
    bench.worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_dies_meanwhile_hands_over_again_under_the_same_name() {
    let mut sink = Sink::open(false).await;
    let bench = Bench::new(Mails::All, sink.relay(Privacy::None));
    bench.charge("hold@example.com").await;
    let first = sink.next().await;
    bench.worker.abort();
    assert!(bench.worker.await.unwrap_err().is_cancelled());
    sink.go_on.notify_one();
    let next = Bench::on(bench.api, bench.clock, sink.relay(Privacy::None));
    // Whoever claimed it is gone for so long that it is anybody's again.
    next.clock.advance(3_600);
    (next.wake)();
    let again = sink.next().await;
    sink.go_on.notify_one();
    assert_eq!(first.header("Message-ID"), again.header("Message-ID"));
    next.until(|it| it.status == Status::Sent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_secret_travels_in_private_alone() {
    for privacy in [Privacy::StartTls, Privacy::Tls] {
        let mut sink = Sink::open(privacy == Privacy::Tls).await;
        let sign_in = Some(("tollbridge".to_owned(), "hunter2".to_owned()));
        let relay = Relay {
            trusted: Some(sink.certificate.clone()),
            sign_in: sign_in.clone(),
            ..sink.relay(privacy)
        };
        let bench = Bench::new(Mails::All, relay);
        bench.charge("ann@example.com").await;
        let came = sink.next().await;
        assert!(came.private);
        // "\0tollbridge\0hunter2" in base64.
        assert_eq!(came.signed_in.as_deref(), Some("AHRvbGxicmlkZ2UAaHVudGVyMg=="));
        bench.until(|it| it.status == Status::Sent).await;

        // A server whose certificate nobody vouches for hears nothing.
        let bench = Bench::new(Mails::All, Relay { sign_in, ..sink.relay(privacy) });
        bench.charge("ann@example.com").await;
        let it = bench.until(|it| it.attempts == 1).await;
        assert!(it.status == Status::Waiting && !it.problem.unwrap().contains("hunter2"));
        assert!(sink.came.try_recv().is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_test_mode_stay_where_only_those_of_live_mode_leave() {
    let mut sink = Sink::open(false).await;
    let bench = Bench::new(Mails::Live, sink.relay(Privacy::None));
    bench.charge("ann@example.com").await;
    assert_eq!(bench.last().await.status, Status::Kept);
    assert_eq!(bench.api.world.store.next_due(resources::mail::QUEUE).await.unwrap(), None);
    assert!(sink.came.try_recv().is_err());
}
