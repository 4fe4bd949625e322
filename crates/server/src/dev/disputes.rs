//! Banks by hand: a dispute, an inquiry or a warning about any charge of test mode, and how a dispute ends.
use super::map;
use api::{Api, Cx, Object, Outcome, Reply, Stop, access::Connected, done};
use base::{ApiError, Caller, Fut, Named as _};
use resources::payments::{
    charge::Charge,
    dispute::{self, Ask, CaseType, Dispute, Reason, Verdict},
    early_fraud_warning,
};
use wire::{Node, Wire};

/// Where disputes are.
const DISPUTES: &str = "/_tollbridge/disputes";
/// Where warnings are.
const WARNINGS: &str = "/_tollbridge/early_fraud_warnings";

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum What<'p> {
    /// A dispute of a charge.
    Open,
    /// The end of a dispute.
    Decide(&'p str),
    /// A warning about a charge.
    Warn,
}

impl<'p> What<'p> {
    /// What a path asks for; `None` where it is nothing of banks.
    pub(super) fn of(path: &'p str) -> Option<Self> {
        match path {
            DISPUTES => Some(What::Open),
            WARNINGS => Some(What::Warn),
            path => Some(What::Decide(path.strip_prefix(DISPUTES)?.strip_prefix('/')?)),
        }
    }

    /// Does it for the account whose key was shown, or for one that is connected to it.
    pub(super) async fn answer(
        self,
        api: &Api,
        caller: Caller,
        params: Node<'static>,
    ) -> Result<Node<'static>, Stop> {
        let mut params = params;
        let caller = whose(api, caller, params.take("account")).await?;
        match self {
            What::Open => {
                let New { charge, amount, kind, reason } = wire::from_params(&params)?;
                let case = match kind.unwrap_or(Kind::Dispute) {
                    Kind::Dispute => CaseType::Chargeback,
                    Kind::Inquiry => CaseType::Inquiry,
                };
                let reason = reason.unwrap_or(Reason::Fraudulent);
                act(api, &caller, move |cx| {
                    let (charge, ask) = (charge.clone(), Ask { amount, case, ..Ask::new(reason) });
                    Box::pin(async move {
                        let charge: Charge = cx.must("charge", &charge).await?;
                        done(dispute::open(cx, &charge, ask).await?)
                    })
                })
                .await
            }
            What::Decide(id) => {
                let Decision { outcome } = wire::from_params(&params)?;
                let verdict = match outcome {
                    Ending::Won => Verdict::Won,
                    Ending::Lost => Verdict::Lost,
                    Ending::Escalated => Verdict::Escalated,
                };
                let id = id.to_owned();
                act(api, &caller, move |cx| {
                    let id = id.clone();
                    Box::pin(async move {
                        let before: Dispute = cx.must("id", &id).await?;
                        done(dispute::decide(cx, before, verdict).await?)
                    })
                })
                .await
            }
            What::Warn => {
                let Warning { charge, fraud_type } = wire::from_params(&params)?;
                let fraud_type = fraud_type.unwrap_or_else(|| early_fraud_warning::UNAUTHORIZED.to_owned());
                act(api, &caller, move |cx| {
                    let (charge, fraud_type) = (charge.clone(), fraud_type.clone());
                    Box::pin(async move {
                        let charge: Charge = cx.must("charge", &charge).await?;
                        done(early_fraud_warning::warn(cx, &charge, &fraud_type).await?)
                    })
                })
                .await
            }
        }
    }
}

/// Which charge, and how it is objected to.
#[derive(Debug, Wire)]
struct New {
    charge: String,
    amount: Option<i64>,
    kind: Option<Kind>,
    reason: Option<Reason>,
}

/// What the bank does.
#[derive(Debug, Clone, Copy, Wire)]
enum Kind {
    /// It takes the money back.
    Dispute,
    /// It asks.
    Inquiry,
}

/// How a dispute ends.
#[derive(Debug, Wire)]
struct Decision {
    outcome: Ending,
}

#[derive(Debug, Clone, Copy, Wire)]
enum Ending {
    Won,
    Lost,
    /// An inquiry becomes a dispute.
    Escalated,
}

/// Which charge is warned of.
#[derive(Debug, Wire)]
struct Warning {
    charge: String,
    fraud_type: Option<String>,
}

/// The account that is meant: the caller's, or one that is connected to it.
async fn whose(api: &Api, caller: Caller, named: Option<Node<'static>>) -> Result<Caller, Stop> {
    let Some(account) = named.as_ref().and_then(Node::as_str).filter(|it| *it != caller.account) else {
        return Ok(caller);
    };
    let unknown = || ApiError::no_such("account", account, "account");
    if account.is_empty() || account.contains('/') {
        return Err(unknown().into());
    }
    let key = Connected::PLACE.key(Connected::NAME, &caller.account, caller.livemode, account);
    let connected = api.world.peek::<Connected>(&key).await?;
    connected.map(|_| Caller::system(account, caller.livemode)).ok_or_else(|| unknown().into())
}

/// Runs it and answers the object as it is then.
async fn act<T: Object + Clone>(
    api: &Api,
    caller: &Caller,
    decide: impl for<'a, 'c> Fn(&'a mut Cx<'c>) -> Fut<'a, Outcome<T>>,
) -> Result<Node<'static>, Stop> {
    if caller.livemode {
        let message = "Banks are played in test mode alone: send a key that begins with sk_test_.";
        return Err(ApiError::invalid(400, message).into());
    }
    match api.transact(caller, |cx| decide(cx)).await? {
        Reply::Done(it) => {
            let mut out = Vec::new();
            wire::write_struct(&it, &mut out);
            let told = Node::parse(&out).map(Node::into_owned);
            Ok(told.unwrap_or_else(|_| map([("id", super::word(it.id().to_owned()))])))
        }
        Reply::Refused(error) => Err(error.into()),
    }
}
