//! `tollbridge dispute`: plays the cardholder's bank on a development server that runs.
use super::{
    block_on,
    remote::{Headers, Remote, Where},
};
use crate::Failure;
use clap::{Args, ValueEnum};
use wire::Node;

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
    #[command(flatten)]
    at: Where,
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
    let (path, form) = asked.ask()?;
    let told = block_on(async {
        Remote::new(asked.at.clone())?.ask("POST", &path, &form, &Headers::default()).await?.ok()
    })?;
    let part = |name: &str| told.get(name).and_then(Node::as_str).unwrap_or_default();
    println!("{} {} {}", part("id"), part("charge"), part("status"));
    Ok(())
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
