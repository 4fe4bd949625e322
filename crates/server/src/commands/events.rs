//! `tollbridge events`: what can be done with an event that has happened.
use super::{
    block_on,
    remote::{Headers, Remote, Where},
};
use crate::Failure;
use clap::{Args, Subcommand};
use wire::Node;

/// What is done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Tell an event again: to whoever listens with `tollbridge listen` or `stripe listen`, or to one webhook endpoint
    Resend(Resend),
}

/// Which event, and to whom.
#[derive(Debug, Args)]
pub(crate) struct Resend {
    /// The event (evt_…)
    id: String,
    /// The connected account whose event it is
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// The webhook endpoint (we_…)
    #[arg(long, value_name = "ENDPOINT")]
    webhook_endpoint: Option<String>,
    #[command(flatten)]
    at: Where,
}

/// Does it.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    let Command::Resend(Resend { id, account, webhook_endpoint, at }) = command;
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    match webhook_endpoint {
        Some(endpoint) => form.append_pair("webhook_endpoint", &endpoint),
        None => form.append_pair("for_stripecli", "true"),
    };
    if let Some(account) = account {
        form.append_pair("account", &account);
    }
    let form = form.finish();
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    let told = block_on(async {
        let path = format!("/v1/events/{id}/retry");
        Remote::new(at)?.ask("POST", &path, &form, &Headers::default()).await?.ok()
    })?;
    let text = |name: &str| told.get(name).and_then(Node::as_str).unwrap_or_default();
    println!("{} {}", text("id"), text("type"));
    Ok(())
}
