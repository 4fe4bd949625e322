//! The other party of a transfer.
use api::{Cx, Object, Place, Stop, access::Connected};
use base::{ApiError, Named};
use wire::Wire;

/// A connected account, as far as money that is sent to it is concerned.
#[derive(Debug, Clone)]
pub(crate) struct Party {
    /// `acct_…`.
    pub(crate) account: String,
    /// The client id of the application that it is connected with.
    pub(crate) application: String,
}

/// The few fields of an account that decide whether it can be sent money.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
struct Receiver {
    id: String,
    capabilities: Option<Capabilities>,
    r#type: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Wire)]
struct Capabilities {
    transfers: Option<String>,
}

impl Named for Receiver {
    const NAME: &'static str = "account";
    const PREFIX: &'static str = "acct";
}
impl Object for Receiver {
    const PLACE: Place = Place::Itself;
    fn id(&self) -> &str {
        &self.id
    }
}

impl Receiver {
    /// In test mode an account that skipped the form can be sent money, too.
    fn can_receive(&self, live: bool) -> bool {
        let active = self.capabilities.as_ref().and_then(|it| it.transfers.as_deref()) == Some("active");
        active || !live && self.r#type.as_deref().is_none_or(|kind| kind == "standard")
    }
}

/// The connected account that `param` names as the receiver of money of the caller. Errors: it is not connected, is
/// the caller itself, or cannot be sent money.
pub(crate) async fn destination(cx: &Cx<'_>, account: &str, param: &str) -> Result<Party, Stop> {
    let live = cx.caller.livemode;
    if account == cx.caller.account {
        let message = "Cannot send money to your own account: the destination must be a connected account.";
        return Err(ApiError::invalid(400, message).param(param).into());
    }
    let connected = cx.peek::<Connected>(account).await?;
    let connected = connected.ok_or_else(|| ApiError::no_such("destination", account, param))?;
    let standing: Receiver = cx.peek_of(account, live, account).await?.unwrap_or_default();
    if !standing.can_receive(live) {
        let message = "Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments";
        return Err(ApiError::invalid(400, message)
            .code("insufficient_capabilities_for_transfer")
            .param(param)
            .into());
    }
    Ok(Party { account: connected.id, application: connected.application })
}
