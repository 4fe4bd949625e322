//! Who answers for a negative balance of a connected account.
use api::{Cx, Object, Place, Stop};
use base::Named;
use wire::Wire;

/// The few fields of an account that say so.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
struct Liable {
    id: String,
    controller: Option<Controller>,
    r#type: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Wire)]
struct Controller {
    losses: Option<Losses>,
}

#[derive(Debug, Clone, PartialEq, Wire)]
struct Losses {
    payments: Option<String>,
}

impl Named for Liable {
    const NAME: &'static str = "account";
    const PREFIX: &'static str = "acct";
}
impl Object for Liable {
    const PLACE: Place = Place::Itself;
    fn id(&self) -> &str {
        &self.id
    }
}

impl Liable {
    fn platform_answers(&self) -> bool {
        let losses = self.controller.as_ref().and_then(|it| it.losses.as_ref()?.payments.as_deref());
        match losses {
            Some(who) => who == "application",
            None => self.r#type.as_deref().is_some_and(|kind| kind == "custom" || kind == "express"),
        }
    }
}

/// Whether the platform answers for what an account owes, so that its balance may become negative at the platform's
/// wish.
pub(crate) async fn platform_answers(cx: &Cx<'_>, account: &str) -> Result<bool, Stop> {
    let live = cx.caller.livemode;
    Ok(cx.peek_of::<Liable>(account, live, account).await?.is_some_and(|it| it.platform_answers()))
}
