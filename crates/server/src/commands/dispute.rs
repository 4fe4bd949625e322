//! `tollbridge dispute`: plays the cardholder's bank on a development server that runs.
use crate::Failure;
use clap::{Args, ValueEnum};
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};
use wire::Node;

/// From the connection to the answer each step may take this long.
const STEP_MAX: Duration = Duration::from_secs(10);
/// No answer is longer, in bytes.
const READ_MAX: u64 = 1 << 20;

/// What the bank does, and on which server.
#[derive(Debug, Args)]
pub(crate) struct Dispute {
    /// The charge (ch_…) to be disputed, or the dispute (dp_…) to be decided
    id: String,
    /// Why the cardholder objects, such as product_not_received [default: fraudulent]
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
    /// How much of the charge, in minor units [default: what is left of it]
    #[arg(long, value_name = "AMOUNT")]
    amount: Option<u32>,
    /// Only ask about the charge, and take no money
    #[arg(long)]
    inquiry: bool,
    /// How a dispute (dp_…) ends
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<Outcome>,
    /// The connected account whose charge it is
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// The secret key of the platform or of the account itself
    #[arg(long, env = "TOLLBRIDGE_KEY", hide_env_values = true, default_value = super::PLATFORM, value_name = "KEY")]
    key: String,
    /// Where the development server listens
    #[arg(long, default_value = "127.0.0.1:7070", value_name = "ADDRESS:PORT")]
    server: SocketAddr,
}

/// How a dispute ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Outcome {
    /// For the account: the money comes back
    Won,
    /// For the cardholder
    Lost,
    /// An inquiry becomes a dispute
    Escalated,
}

impl Dispute {
    /// The path that is asked, and the form.
    fn ask(&self) -> Result<(String, String), Failure> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        if let Some(account) = &self.account {
            form.append_pair("account", account);
        }
        let opens = self.reason.is_some() || self.amount.is_some() || self.inquiry;
        let path = match self.outcome {
            Some(_) if opens => {
                return Err(Failure(
                    "--outcome ends a dispute; the other flags open one. Use either.".into(),
                ));
            }
            Some(outcome) => {
                let word = outcome.to_possible_value();
                form.append_pair("outcome", word.as_ref().map_or("", |word| word.get_name()));
                let id: String = url::form_urlencoded::byte_serialize(self.id.as_bytes()).collect();
                format!("/_tollbridge/disputes/{id}")
            }
            None => {
                form.append_pair("charge", &self.id);
                if let Some(reason) = &self.reason {
                    form.append_pair("reason", reason);
                }
                if let Some(amount) = self.amount {
                    form.append_pair("amount", &amount.to_string());
                }
                if self.inquiry {
                    form.append_pair("kind", "inquiry");
                }
                "/_tollbridge/disputes".to_owned()
            }
        };
        Ok((path, form.finish()))
    }
}

/// Asks the server, and prints the dispute and where it stands.
pub(crate) fn run(asked: &Dispute) -> Result<(), Failure> {
    if asked.key.bytes().any(|b| b.is_ascii_control() || b == b' ') {
        return Err(Failure("A key has neither blanks nor line breaks.".into()));
    }
    let (path, form) = asked.ask()?;
    let server = asked.server;
    let answer = post(server, &path, &asked.key, &form)
        .map_err(|e| Failure(format!("{server} can't be asked: {e}. Is `tollbridge dev` running there?")))?;
    let told = Node::parse(&answer).map_err(|_| {
        Failure(format!("{server} did not answer as a development server does: see --server."))
    })?;
    let text = |node: &Node<'_>, name: &str| node.get(name).and_then(Node::as_str).map(str::to_owned);
    if let Some(error) = told.get("error") {
        return Err(Failure(text(error, "message").unwrap_or_default()));
    }
    let part = |name| text(&told, name).unwrap_or_default();
    println!("{} {} {}", part("id"), part("charge"), part("status"));
    Ok(())
}

/// The body of the answer.
fn post(server: SocketAddr, path: &str, key: &str, form: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&server, STEP_MAX)?;
    stream.set_read_timeout(Some(STEP_MAX))?;
    stream.set_write_timeout(Some(STEP_MAX))?;
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )?;
    let mut read = Vec::new();
    stream.take(READ_MAX).read_to_end(&mut read)?;
    let head = read.windows(4).position(|part| part == b"\r\n\r\n");
    Ok(head.map_or(Vec::new(), |end| read.split_off(end + 4)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cli;
    use clap::Parser as _;

    fn asked(line: &str) -> Result<(String, String), Failure> {
        let cli = Cli::try_parse_from(line.split(' ')).map_err(|e| Failure(e.to_string()))?;
        let Some(crate::Command::Dispute(asked)) = cli.command else { panic!("another command") };
        asked.ask()
    }

    #[test]
    fn flags_become_what_is_asked() {
        let form = |line| asked(line).unwrap().1;
        assert_eq!(form("tollbridge dispute ch_1"), "charge=ch_1");
        let line = "tollbridge dispute ch_1 --reason duplicate --amount 5 --inquiry --account acct_1";
        assert_eq!(form(line), "account=acct_1&charge=ch_1&reason=duplicate&amount=5&kind=inquiry");
        let (path, form) = asked("tollbridge dispute dp_1 --outcome won").unwrap();
        assert_eq!((path.as_str(), form.as_str()), ("/_tollbridge/disputes/dp_1", "outcome=won"));
        assert!(asked("tollbridge dispute dp_1 --outcome won --inquiry").is_err());
        assert!(asked("tollbridge dispute ch_1 --amount -5").is_err());
    }
}
