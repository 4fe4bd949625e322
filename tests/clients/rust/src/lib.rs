//! A server of its own for each test, and the SDK pointed at it.
use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
};
use stripe::{Client, ClientBuilder};

/// The platform that every first start knows.
pub const PLATFORM: &str = "sk_test_TollbridgePlatformSecret";

/// `tollbridge dev` in memory on a free port; it ends with the test.
pub struct Server {
    process: Child,
    origin: String,
}

impl Server {
    /// Starts it. The program is `TOLLBRIDGE_BIN`.
    pub fn start() -> Self {
        let program = std::env::var("TOLLBRIDGE_BIN").expect("TOLLBRIDGE_BIN names the server");
        let mut process = Command::new(program)
            .args(["dev", "--port", "0", "--ephemeral"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut told = BufReader::new(process.stderr.take().expect("it has a standard error"));
        let mut log = String::new();
        let origin = loop {
            let mut line = String::new();
            if told.read_line(&mut line).unwrap_or(0) == 0 {
                panic!("the server did not start:\n{log}");
            }
            if let Some((_, at)) = line.split_once("listening on ") {
                break at.split_whitespace().next().unwrap_or_default().to_owned();
            }
            log += &line;
        };
        // Whoever does not read blocks it.
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while told.read(&mut buffer).is_ok_and(|read| read > 0) {}
        });
        Server { process, origin }
    }
    /// The SDK with a key.
    pub fn client(&self, key: &str) -> Client {
        ClientBuilder::new(key).url(self.origin.as_str()).build().expect("the origin is an address")
    }
    /// The SDK of the platform.
    pub fn platform(&self) -> Client {
        self.client(PLATFORM)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
