//! Starts the real binary on a free port, and talks to it.
use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// The platform's secret key.
pub(crate) const PLATFORM: &str = "sk_test_TollbridgePlatformSecret";
/// The platform's publishable key.
pub(crate) const PLATFORM_PUBLIC: &str = "pk_test_TollbridgePlatformPublic";
/// The seller's own secret key.
pub(crate) const SELLER: &str = "sk_test_TollbridgeSellerSecret01";
/// The development client id of the platform's application.
pub(crate) const CLIENT: &str = "ca_32D88BD1qLklliziD7gYQvctJIhWBSQ7";

/// A running server with data of its own.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) origin: String,
    /// Where it answers operators, if that is another address.
    pub(crate) operators: Option<String>,
    /// The keys that the first start of `serve` shows.
    pub(crate) keys: Vec<String>,
    /// What it said after that.
    said: Arc<Mutex<Vec<String>>>,
    /// Goes away with the server, unless the data stays.
    data: Option<tempfile::TempDir>,
    agent: ureq::Agent,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    headers: Vec<(String, String)>,
}

impl Answer {
    /// The text of a string member, found by its name: enough for flat answers.
    pub(crate) fn text(&self, name: &str) -> String {
        let key = format!("\"{name}\":\"");
        let rest = self.body.split_once(&key).map(|(_, rest)| rest).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    }
    /// Every value of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }
}

impl Server {
    /// Starts `tollbridge dev` with these further arguments.
    pub(crate) fn start(more: &[&str]) -> Self {
        Self::run("dev", more, &[])
    }
    /// Starts `tollbridge serve` on loopback with these further arguments, and signs its administrator up.
    pub(crate) fn serve(more: &[&str]) -> Self {
        let mut server = Self::node(more);
        let until = Instant::now() + Duration::from_secs(30);
        while server.keys.len() < 2 {
            assert!(Instant::now() < until, "it shows no keys: {:?}", server.said());
            std::thread::sleep(Duration::from_millis(5));
            let shown = |line: &String| ["sk_test_", "pk_test_"].iter().any(|it| line.contains(it));
            server.keys =
                server.said().iter().filter(|line| shown(line)).map(|line| line.trim().into()).collect();
        }
        server
    }
    /// The same where somebody may be signed up already.
    pub(crate) fn node(more: &[&str]) -> Self {
        Self::run("serve", &[&["--listen", "127.0.0.1:0"], more].concat(), &[])
    }
    /// As [`Server::start`], with these variables of the environment.
    pub(crate) fn start_in(environment: &[(&str, &str)], more: &[&str]) -> Self {
        Self::run("dev", more, environment)
    }
    /// Starts `tollbridge dev` over data that stays.
    pub(crate) fn start_over(data: &std::path::Path) -> Self {
        Self::run_over(data, "dev", &[], &[])
    }
    fn run(command: &str, more: &[&str], environment: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut server = Self::run_over(data.path(), command, more, environment);
        server.data = Some(data);
        server
    }
    fn run_over(data: &std::path::Path, command: &str, more: &[&str], environment: &[(&str, &str)]) -> Self {
        let port: &[&str] = if command == "dev" { &["--port", "0"] } else { &[] };
        let mut child = Command::new(env!("CARGO_BIN_EXE_tollbridge"))
            .arg(command)
            .args(port)
            .arg("--data")
            .arg(data)
            .args(more)
            .env("TOLLBRIDGE_ADMIN_EMAIL", "admin@example.com")
            .env("TOLLBRIDGE_ADMIN_PASSWORD", "a long password")
            .envs(environment.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut operators = None;
        let origin = loop {
            let line = lines.next().expect("the server ended before it listened").unwrap();
            if let Some(metrics) = line.strip_prefix("metrics at ") {
                operators = metrics.strip_suffix("/metrics").map(str::to_owned);
            }
            if let Some((_, origin)) = line.split_once("listening on ") {
                break origin.trim().to_owned();
            }
        };
        // A full pipe would stop it.
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = said.clone();
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| heard.lock().unwrap().push(line));
        });
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(30)))
            .allow_non_standard_methods(true)
            .build()
            .into();
        Server { child, origin, operators, keys: Vec::new(), said, data: None, agent }
    }

    /// What it has said since it listened.
    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }
    /// Asks at the operators' own address.
    pub(crate) fn operator(&self, path: &str) -> Answer {
        self.send_to(self.operators.as_deref().unwrap(), "GET", path, &[], "")
    }
    /// Sends a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }
    /// Waits until it has ended by itself.
    pub(crate) fn ended(&mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }
    /// Sends a request with these headers.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], form: &str) -> Answer {
        self.send_to(&self.origin, method, path, headers, form)
    }
    fn send_to(
        &self,
        origin: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        form: &str,
    ) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{origin}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = if form.is_empty() {
            self.agent.run(request.body(()).unwrap()).unwrap()
        } else {
            let named = headers.iter().any(|(name, _)| *name == "content-type");
            let form_type = "application/x-www-form-urlencoded";
            let request = if named { request } else { request.header("content-type", form_type) };
            self.agent.run(request.body(form.to_owned()).unwrap()).unwrap()
        };
        let text = |value: &ureq::http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        Answer {
            headers,
            status: answer.status().as_u16(),
            body: answer.body_mut().read_to_string().unwrap(),
        }
    }
    /// Sends a request with a key.
    pub(crate) fn ask(&self, key: &str, method: &str, path: &str, form: &str) -> Answer {
        self.send(method, path, &[("authorization", &format!("Bearer {key}"))], form)
    }
    /// Connects the seller and returns an access token.
    pub(crate) fn token(&self, scope: &str) -> String {
        let codes = format!("client_id={CLIENT}&account=acct_seller&scope={scope}&count=1");
        let minted = self.ask(PLATFORM, "POST", "/_tollbridge/codes", &codes);
        let code = minted.body.split('"').find(|part| part.starts_with("ac_")).expect("a code").to_owned();
        let swapped =
            self.ask(PLATFORM, "POST", "/oauth/token", &format!("grant_type=authorization_code&code={code}"));
        assert_eq!(swapped.status, 200, "{}", swapped.body);
        swapped.text("access_token")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
