//! `tollbridge logs`: the requests of an account, the last ones or as they come.
use super::{
    block_on,
    remote::{Headers, Remote, Where},
    session::{Session, acknowledge},
};
use crate::Failure;
use base::Timestamp;
use clap::{Args, Subcommand};
use wire::Node;

/// Which requests.
#[derive(Debug, Args)]
pub(crate) struct Logs {
    #[command(subcommand)]
    tail: Option<Tail>,
    /// How many of the last requests (development servers tell them)
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    limit: u16,
    #[command(flatten)]
    at: Where,
}

#[derive(Debug, Subcommand)]
enum Tail {
    /// Print requests as they are answered, until it is ended
    Tail(Filters),
}

/// Which of them. A request fits every filter that is given, and of each filter one of its values.
#[derive(Debug, Args)]
struct Filters {
    /// GET, POST or DELETE
    #[arg(long, value_delimiter = ',', value_name = "METHODS")]
    filter_http_method: Vec<String>,
    /// Such as /v1/charges
    #[arg(long, value_delimiter = ',', value_name = "PATHS")]
    filter_request_path: Vec<String>,
    /// SUCCEEDED or FAILED
    #[arg(long, value_delimiter = ',', value_name = "OUTCOMES")]
    filter_request_status: Vec<String>,
    /// Such as 402
    #[arg(long, value_delimiter = ',', value_name = "STATUSES")]
    filter_status_code: Vec<String>,
    /// 2XX, 4XX or 5XX
    #[arg(long, value_delimiter = ',', value_name = "HUNDREDS")]
    filter_status_code_type: Vec<String>,
    /// Where it came from
    #[arg(long, value_delimiter = ',', value_name = "ADDRESSES")]
    filter_ip_address: Vec<String>,
    /// self, connect_in or connect_out: who asked for whom
    #[arg(long, value_delimiter = ',', value_name = "PARTS")]
    filter_account: Vec<String>,
    /// Print each request as one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: Where,
}

/// Prints requests.
pub(crate) fn run(asked: Logs) -> Result<(), Failure> {
    match asked.tail {
        Some(Tail::Tail(filters)) => block_on(tail(filters)),
        None => block_on(last(asked.limit, asked.at)),
    }
}

async fn last(limit: u16, at: Where) -> Result<(), Failure> {
    let form = format!("limit={limit}");
    let answer = Remote::new(at)?.ask("GET", "/_tollbridge/requests", &form, &Headers::default()).await?;
    let told = answer.ok()?;
    if let Some(Node::List(lines)) = told.get("data") {
        lines.iter().rev().for_each(print);
    }
    Ok(())
}

async fn tail(filters: Filters) -> Result<(), Failure> {
    let json = filters.json;
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("device_name", "tollbridge").append_pair("websocket_features[]", "request_logs");
    form.append_pair("filters", &filters.to_json());
    let form = form.finish();
    let mut session = Session::begin(Remote::new(filters.at)?, form).await?;
    session.connect().await?;
    eprintln!("waiting for requests");
    let ended = tokio::select! {
        failure = follow(&mut session, json) => Err(failure),
        () = crate::wiring::asked_to_stop() => Ok(()),
    };
    session.end().await;
    ended
}

async fn follow(session: &mut Session, json: bool) -> Failure {
    loop {
        let message = match session.next().await {
            Ok(message) => message,
            Err(failure) => return failure,
        };
        let text = |name: &str| message.get(name).and_then(Node::as_str).unwrap_or_default();
        session.send(&acknowledge(text("request_log_id"), "", "")).await;
        let payload = text("event_payload");
        match Node::parse(payload.as_bytes()) {
            Ok(_) if json => println!("{payload}"),
            Ok(line) => print(&line),
            Err(_) => {}
        }
    }
}

impl Filters {
    fn to_json(&self) -> String {
        // The server knows a hundred by where it begins.
        let hundreds: Vec<String> =
            self.filter_status_code_type.iter().map(|it| it.to_ascii_uppercase().replace('X', "0")).collect();
        let all = [
            ("filter_account", &self.filter_account),
            ("filter_ip_address", &self.filter_ip_address),
            ("filter_http_method", &self.filter_http_method),
            ("filter_request_path", &self.filter_request_path),
            ("filter_request_status", &self.filter_request_status),
            ("filter_status_code", &self.filter_status_code),
            ("filter_status_code_type", &hundreds),
        ];
        let set = all.into_iter().filter(|(_, values)| !values.is_empty());
        let list =
            |values: &Vec<String>| Node::List(values.iter().map(|it| Node::text(it.clone())).collect());
        Node::Map(set.map(|(name, values)| (name.into(), list(values))).collect()).to_json()
    }
}

/// A request as one line, and what was wrong with it as another.
fn print(line: &Node<'_>) {
    let text = |of: &Node<'_>, name: &str| of.get(name).and_then(Node::as_str).unwrap_or_default().to_owned();
    let number = |name: &str| line.get(name).and_then(Node::as_i64).unwrap_or_default();
    println!(
        "{} [{}] {} {} [{}]",
        Timestamp(number("created_at")).to_iso(),
        number("status"),
        text(line, "method"),
        text(line, "url"),
        text(line, "request_id"),
    );
    if let Some(error) = line.get("error").filter(|error| error.get("type").is_some()) {
        let code = text(error, "code");
        let code = if code.is_empty() { code } else { format!(" {code}") };
        println!("    {}{code}: {}", text(error, "type"), text(error, "message"));
    }
}
