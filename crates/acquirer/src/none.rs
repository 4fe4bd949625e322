//! Live mode without an acquirer.
use crate::{
    Abandoned, Acquirer, Answer, Authorization, Decline, Fault, Movement, RefundAnswer, RiskLevel,
    simulator::find,
};
use base::Fut;

/// Stands where no acquirer is configured: it moves nothing and says so.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoAcquirer;

impl Acquirer for NoAcquirer {
    /// A known test card is declined as such, which helps more than the truth about the configuration.
    fn authorize<'a>(&'a self, ask: Authorization<'a>) -> Fut<'a, Result<Answer, Fault>> {
        let answer = match find(ask.card.number) {
            Some(_) if ask.livemode => {
                Ok(Answer::Declined(Decline::LiveModeTestCard.refuse_charge(RiskLevel::Normal)))
            }
            _ => Err(Fault::NotConfigured),
        };
        Box::pin(std::future::ready(answer))
    }
    fn capture<'a>(&'a self, _: Movement<'a>) -> Fut<'a, Result<(), Fault>> {
        Box::pin(std::future::ready(Err(Fault::NotConfigured)))
    }
    fn void<'a>(&'a self, _: Movement<'a>) -> Fut<'a, Result<(), Fault>> {
        Box::pin(std::future::ready(Err(Fault::NotConfigured)))
    }
    fn refund<'a>(&'a self, _: Movement<'a>) -> Fut<'a, Result<RefundAnswer, Fault>> {
        Box::pin(std::future::ready(Err(Fault::NotConfigured)))
    }
    /// Nothing was ever asked.
    fn abandon<'a>(&'a self, _: &'a str, _: bool) -> Fut<'a, Result<Abandoned, Fault>> {
        Box::pin(std::future::ready(Ok(Abandoned::Nothing)))
    }
}
